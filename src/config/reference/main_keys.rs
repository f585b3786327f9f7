//! Owns the keys of `relance.toml` that say how the daemon runs: state, pages, mail, cards, words.

use super::Need::Required;
use super::{Form, Key, Need, default, optional, required, table};

const PER_MINUTE: Form = Form::Int(1, 1_000_000);
const PER_MINUTE_OR_NONE: Form = Form::Int(0, 1_000_000);
const MONTHS: Form = Form::Int(0, 1200);
const TLS: Form = Form::Word(&["none", "implicit", "starttls"]);

pub(super) const KEYS: &[Key] = &[
    table("state", Need::Optional, "Where state lives."),
    default(
        "state.dir",
        Form::Path,
        r#""/var/lib/relance""#,
        "The state folder, where neither `--state` nor `$STATE_DIRECTORY` names one.",
    ),
    table("web", Required, "The members' pages."),
    required(
        "web.listen",
        Form::Listen,
        r#""127.0.0.1:8080""#,
        "Address and port of the members' pages; put a TLS reverse proxy before it.",
    ),
    required(
        "web.base_url",
        Form::Url,
        r#""https://renew.cip.example.ca""#,
        "What members see in their browser, without a slash at the end. An association may have \
         its own (`link_base`).",
    ),
    default(
        "web.trusted_proxies",
        Form::Ips,
        "[]",
        "Addresses of reverse proxies whose `X-Forwarded-For` is believed.",
    ),
    default(
        "web.client_requests_per_minute",
        PER_MINUTE,
        "600",
        "Requests a minute from one client address before it waits. Loose: a whole city hall may \
         sit behind one address.",
    ),
    default(
        "web.token_requests_per_minute",
        PER_MINUTE,
        "30",
        "Requests a minute for one link before it waits.",
    ),
    default(
        "web.bad_tokens_per_minute",
        PER_MINUTE,
        "20",
        "Damaged links a minute from one client address before it waits.",
    ),
    default(
        "web.code_failures_per_hour",
        Form::Int(1, 100_000),
        "300",
        "Wrong type-in codes an hour over all members before the front page takes none, and, \
         counted apart, wrong proofs before a renewal's page does; one member number has five of \
         each.",
    ),
    table("admin", Need::Optional, "The operator's own listener: health and metrics."),
    default(
        "admin.listen",
        Form::Listen,
        r#""127.0.0.1:9125""#,
        "Loopback address and port of `/healthz`, `/readyz` and `/metrics`.",
    ),
    table("mail", Required, "Domains and trust of our mail."),
    required(
        "mail.bounce_domain",
        Form::Domain,
        r#""bounce.cip.example.ca""#,
        "Domain of the envelope sender `b+TOKEN@…`: bounces come back there.",
    ),
    required(
        "mail.reply_domain",
        Form::Domain,
        r#""reply.cip.example.ca""#,
        "Domain of `Reply-To: r+TOKEN@…`: replies come back there.",
    ),
    default(
        "mail.bounce_local",
        Form::LocalPart,
        r#""b""#,
        "Local part before the `+` of the envelope sender.",
    ),
    default(
        "mail.reply_local",
        Form::LocalPart,
        r#""r""#,
        "Local part before the `+` of the reply address.",
    ),
    default(
        "mail.verify_local",
        Form::LocalPart,
        r#""verify""#,
        "Local part of the address in the reply domain to which members forward a mail that they \
         doubt; they are told whether we sent it.",
    ),
    default(
        "mail.authserv_id",
        Form::Line { empty: true },
        r#""""#,
        "The authserv-id that our own MX writes into `Authentication-Results` (RFC 8601 §2.5). \
         Empty: no reply's sender can be verified, so each reply is confirmed by mail first.",
    ),
    table("smtp", Required, "How mail leaves."),
    required(
        "smtp.transport",
        Form::Word(&["smtp", "maildir"]),
        r#""smtp""#,
        "`smtp`, or `maildir` for a rehearsal.",
    ),
    default("smtp.host", Form::Line { empty: true }, r#""""#, "The relay's host name."),
    default("smtp.port", Form::Int(1, 65535), "587", "The relay's port."),
    default("smtp.tls", TLS, r#""starttls""#, "`none` (loopback only), `implicit` or `starttls`."),
    optional(
        "smtp.ca_file",
        Form::Path,
        r#""/etc/relance/relay-ca.pem""#,
        "A PEM file of certificate authorities to trust besides the system's.",
    ),
    default(
        "smtp.username",
        Form::Line { empty: true },
        r#""""#,
        "User name at the relay; empty for a relay that asks none.",
    ),
    optional(
        "smtp.password_file",
        Form::Path,
        r#""smtp-password""#,
        "File that holds the password; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.",
    ),
    default(
        "smtp.helo",
        Form::Line { empty: true },
        r#""""#,
        "Name we give in EHLO; empty: the host's own.",
    ),
    default(
        "smtp.connections",
        Form::Int(1, 50),
        "4",
        "Open connections at most, 1 to 50. One is kept for answers to people.",
    ),
    default(
        "smtp.messages_per_minute",
        PER_MINUTE_OR_NONE,
        "0",
        "Messages a minute to the relay; 0: no limit.",
    ),
    default(
        "smtp.domain_messages_per_minute",
        PER_MINUTE_OR_NONE,
        "0",
        "Messages a minute to one recipient domain; 0: no limit.",
    ),
    default(
        "smtp.retry_days_max",
        Form::Int(1, 30),
        "4",
        "Days during which a deferred message is tried again.",
    ),
    default(
        "smtp.in_doubt",
        Form::Word(&["hold", "resend"]),
        r#""hold""#,
        "What happens to a message of which it cannot be known whether it left: `hold` or \
         `resend`.",
    ),
    optional(
        "smtp.maildir",
        Form::Path,
        r#""/var/lib/relance/outgoing""#,
        "Folder for `transport = \"maildir\"`.",
    ),
    table("inbox", Required, "How mail comes in."),
    required(
        "inbox.source",
        Form::Word(&["imap", "maildir", "none"]),
        r#""none""#,
        "`imap`, `maildir`, or `none` for a rehearsal.",
    ),
    default("inbox.host", Form::Line { empty: true }, r#""""#, "The IMAP server's host name."),
    default("inbox.port", Form::Int(1, 65535), "993", "The IMAP server's port."),
    default("inbox.tls", TLS, r#""implicit""#, "`none` (loopback only), `implicit` or `starttls`."),
    optional(
        "inbox.ca_file",
        Form::Path,
        r#""/etc/relance/imap-ca.pem""#,
        "A PEM file of certificate authorities to trust besides the system's.",
    ),
    default("inbox.username", Form::Line { empty: true }, r#""""#, "User name at the IMAP server."),
    optional(
        "inbox.password_file",
        Form::Path,
        r#""imap-password""#,
        "File that holds the password; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.",
    ),
    default("inbox.mailbox", Form::Line { empty: false }, r#""INBOX""#, "The mailbox's name."),
    default("inbox.poll_s", Form::Int(5, 3600), "120", "Seconds between two looks, beside IDLE."),
    optional(
        "inbox.maildir",
        Form::Path,
        r#""/var/mail/relance""#,
        "Folder for `source = \"maildir\"`.",
    ),
    default(
        "inbox.rescan_mails_max",
        Form::Int(0, 1_000_000),
        "500",
        "When the mailbox was rebuilt and more unseen mails than this wait, they wait for \
         `relance inbox resume`.",
    ),
    table("card", Need::Optional, "Payment by card."),
    default(
        "card.provider",
        Form::Word(&["none", "demo", "stripe"]),
        r#""none""#,
        "Who takes payments by card: `none`, `demo` (a page of our own that charges nobody; `run` \
         takes it in a simulation only) or `stripe`.",
    ),
    default(
        "card.currency",
        Form::Line { empty: false },
        r#""CAD""#,
        "Currency of every amount, as three letters of ISO 4217; it must have hundredths.",
    ),
    optional(
        "card.secret_key_file",
        Form::Path,
        r#""card-secret-key""#,
        "File that holds Stripe's secret or restricted key; a bare name is looked up in \
         `$CREDENTIALS_DIRECTORY`.",
    ),
    optional(
        "card.webhook_secret_file",
        Form::Path,
        r#""card-webhook-secret""#,
        "File that holds the signing secret of the webhook endpoint; a bare name is looked up in \
         `$CREDENTIALS_DIRECTORY`.",
    ),
    default(
        "card.api_base",
        Form::Url,
        r#""https://api.stripe.com""#,
        "Where Stripe's API answers; another address than Stripe's own is for tests.",
    ),
    default(
        "card.page_base",
        Form::Url,
        r#""https://checkout.stripe.com""#,
        "Where the payment page lies: Stripe's, or your own domain for it. Browsers are let go \
         there and nowhere else.",
    ),
    optional(
        "card.ca_file",
        Form::Path,
        r#""/etc/relance/card-ca.pem""#,
        "A PEM file of certificate authorities to trust besides the system's.",
    ),
    table("words", Need::Optional, "Templates and words of one's own."),
    optional(
        "words.templates_dir",
        Form::Path,
        r#""/etc/relance/templates""#,
        "Folder of templates that replace those of the same name in the binary.",
    ),
    optional(
        "words.locales_dir",
        Form::Path,
        r#""/etc/relance/locales""#,
        "Folder of Fluent files (`en-CA/…`, `fr-CA/…`) whose messages replace those of the binary.",
    ),
    table("desk", Need::Optional, "The desks' digests and their links."),
    default(
        "desk.link_days",
        Form::Int(1, 365),
        "30",
        "How long a link in a digest works, in days after it was mailed. What still waits comes \
         with a fresh link in each digest.",
    ),
    table("retention", Need::Optional, "How long what names people is kept."),
    default(
        "retention.inbound_months",
        MONTHS,
        "24",
        "Months after which sender, subject and text of a mail that came in are forgotten; when \
         it came and what it led to stays. Two seasons, so that a desk can look back at the last \
         one. 0: never.",
    ),
    default(
        "retention.attempt_months",
        MONTHS,
        "36",
        "Months after which the address of a mail that went out is forgotten; that it went, when \
         and about what stays. As long as somebody may dispute that a last call was sent. 0: \
         never.",
    ),
    default(
        "retention.checkout_months",
        MONTHS,
        "24",
        "Months after which the addresses of card checkouts and the notes of card events are \
         forgotten; payments stay. Past every chargeback. 0: never.",
    ),
    default(
        "retention.task_months",
        MONTHS,
        "24",
        "Months after which what stands in a closed desk line is forgotten; that it was there \
         stays. 0: never.",
    ),
    default(
        "retention.correction_months",
        MONTHS,
        "24",
        "Months after which a correction that the list has taken over, or an address change that \
         is over, is forgotten. 0: never.",
    ),
    table("host", Need::Optional, "How this host is recognised, so that a copy does not mail."),
    optional(
        "host.identity_file",
        Form::Path,
        r#""/etc/relance/host-identity""#,
        "File whose content names this host, where `/etc/machine-id` does not (containers).",
    ),
];
