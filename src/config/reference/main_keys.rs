//! Owns the keys of `relance.toml`.

use super::Need::Required;
use super::{Form, Key, Need, default, optional, optional_tables, required, table, tables};

const PER_MINUTE: Form = Form::Int(1, 1_000_000);
const PER_MINUTE_OR_NONE: Form = Form::Int(0, 1_000_000);
const MONTHS: Form = Form::Int(0, 1200);
const TLS: Form = Form::Word(&["none", "implicit", "starttls"]);

pub(super) const KEYS: &[Key] = &[
    table("federation", Required, "Who the federation is."),
    required(
        "federation.name",
        Form::Text,
        r#"{ en = "Federation of Example Associations" }"#,
        "The federation's name in both languages.",
    ),
    required(
        "federation.national",
        Form::Code,
        r#""CIP""#,
        "Code of the national association, whose desk is the deputy of every other.",
    ),
    table("season", Required, "The season being renewed."),
    required(
        "season.id",
        Form::Id,
        r#""2027""#,
        "Short name of the season, part of every cause: never change it once a step has fired.",
    ),
    required(
        "season.opens",
        Form::Date,
        r#""2026-11-01""#,
        "First day on which a step of this season may fire.",
    ),
    required(
        "season.cover_from",
        Form::Date,
        r#""2027-01-01""#,
        "First day of the membership year and of the insurance cover.",
    ),
    required(
        "season.cover_until",
        Form::Date,
        r#""2027-12-31""#,
        "Last day of the membership year and of the insurance cover.",
    ),
    required(
        "season.declare_by",
        Form::Date,
        r#""2026-12-31""#,
        "Last day, inclusive, to pay the premium or declare the intent to pay. The deadline is \
         the instant at which the next day begins in `deadline_zone`.",
    ),
    required(
        "season.deadline_zone",
        Form::Zone,
        r#""America/Toronto""#,
        "Time zone of the deadline (IANA name).",
    ),
    optional(
        "season.deadline_by",
        Form::Word(&["policy", "member"]),
        r#""policy""#,
        "Whose clock the deadline goes by: `policy`, that of `deadline_zone`, for everybody; \
         `member`, each member's own, by the member list or else their province, as far as it is \
         known.",
    ),
    required(
        "season.lapses",
        Form::Date,
        r#""2027-03-01""#,
        "Day at whose end an unanswered membership lapses.",
    ),
    optional(
        "season.pay_by",
        Form::Date,
        r#""2027-01-31""#,
        "Last day to pay what was promised by cheque or on invoice: the season's invoices are due \
         on it. One that is issued less than `payment.due_days` before it is due so many days \
         after its own day; left out: so is every one, and steps that count from it count from \
         `lapses`.",
    ),
    optional(
        "season.closes",
        Form::Date,
        r#""2027-06-30""#,
        "Last day of late renewals, where the season ends: no step fires after it; left out: \
         `lapses`.",
    ),
    optional(
        "season.late_from",
        Form::Date,
        r#""2027-03-02""#,
        "First day on which a renewal is late, so that a late fee may be due; left out: the day \
         after `lapses`.",
    ),
    default(
        "season.surprise_percent_max",
        Form::Int(0, 100),
        "20",
        "A firing whose count differs from the approved forecast by more than so many per cent of \
         it is held until a person decides.",
    ),
    default(
        "season.surprise_recipients_max",
        Form::Int(0, 1_000_000),
        "20",
        "A difference of no more than so many recipients is never a surprise.",
    ),
    default(
        "season.link_days",
        Form::Int(1, 1000),
        "150",
        "How long a renewal link works, in days after it was mailed.",
    ),
    default(
        "season.sample_data",
        Form::Bool,
        "false",
        "True while the fees or question texts are the invented ones of the sample: `check` and \
         `doctor` warn until it is false.",
    ),
    table(
        "insurance",
        Need::Optional,
        "Professional liability insurance: who carries it, what is asked, and what happens at the \
         deadline. Left out where no category offers it.",
    ),
    required(
        "insurance.insurer",
        Form::Text,
        r#"{ en = "Example Insurance Company", fr = "Compagnie d’assurance Exemple" }"#,
        "The insurer's name in both languages.",
    ),
    required(
        "insurance.broker",
        Form::Text,
        r#"{ en = "Example Brokers", fr = "Courtiers Exemple" }"#,
        "The broker's name in both languages.",
    ),
    optional(
        "insurance.webinar_url",
        Form::Url,
        r#""https://learning.example.ca/pli-webinar""#,
        "Where members learn what the insurance is: the recording of the broker's webinar, say.",
    ),
    table(
        "insurance.contact",
        Need::Optional,
        "Who follows up the answers that call for it; left out: the desk of the association that \
         bills the member.",
    ),
    required(
        "insurance.contact.name",
        Form::Text,
        r#"{ en = "Insurance desk", fr = "Service d’assurance" }"#,
        "What members call them, in both languages.",
    ),
    required(
        "insurance.contact.email",
        Form::Email,
        r#""insurance@cip.example.ca""#,
        "Their address: they are told that an answer calls for follow-up, never which.",
    ),
    default(
        "insurance.contact.language",
        Form::Word(&["en", "fr"]),
        r#""en""#,
        "Language of what is written to them.",
    ),
    optional(
        "insurance.certificate_by",
        Form::Text,
        r#"{ en = "Example Brokers", fr = "Courtiers Exemple" }"#,
        "Who issues the certificate of insurance, in both languages; left out: the broker.",
    ),
    default(
        "insurance.certificate_days",
        Form::Int(1, 120),
        "10",
        "Within how many working days after the premium was received the certificate comes.",
    ),
    required(
        "insurance.questions_version",
        Form::Id,
        r#""2027-1""#,
        "Name of this wording of the questions, part of every declaration: a new one for each \
         change of a text.",
    ),
    Key {
        need: Need::Optional,
        ..tables("insurance.question[]", "What a member declares before cover is renewed.")
    },
    required(
        "insurance.question[].id",
        Form::Id,
        r#""claims""#,
        "Lasting name of the question, part of every declaration.",
    ),
    required(
        "insurance.question[].text",
        Form::Prose,
        r#"{ en = "Has a claim been made against you?", fr = "Une réclamation a-t-elle été présentée contre vous?" }"#,
        "What is asked, in both languages; answered by yes or no.",
    ),
    default(
        "insurance.question[].follow_up_on",
        Form::Word(&["yes", "no"]),
        r#""yes""#,
        "The answer that calls for follow-up: `yes` or `no`. It never blocks.",
    ),
    optional(
        "insurance.declaration_until",
        Form::Date,
        r#""2027-01-31""#,
        "Last day, inclusive, on which a pending declaration may still be made; left out: until \
         the season's `lapses`. Cover whose declaration is still missing then is interrupted.",
    ),
    default(
        "insurance.overdue_pledge",
        Form::Word(&["keep", "interrupt"]),
        r#""keep""#,
        "What happens to cover when a pledge stays unpaid: `keep`, or `interrupt` once \
         `unpaid_pledge_ends` is over.",
    ),
    optional(
        "insurance.unpaid_pledge_ends",
        Form::Date,
        r#""2027-02-28""#,
        "Last day, inclusive, on which an unpaid pledge keeps cover, where `overdue_pledge` is \
         `interrupt`.",
    ),
    default(
        "insurance.mail_counts_by",
        Form::Word(&["mx", "internaldate"]),
        r#""mx""#,
        "When a mail counts as received: `mx`, the time in the trace line that our own MX wrote \
         on top, or `internaldate`, when the mailbox had it.",
    ),
    table(
        "payment",
        Need::Optional,
        "By when invoices are to be paid, and what a payment settles first.",
    ),
    default(
        "payment.due_days",
        Form::Int(1, 365),
        "30",
        "Days from an invoice's own day to the one by which it is to be paid, unless \
         `season.pay_by` is later.",
    ),
    default(
        "payment.order",
        Form::Words(&["premium", "own-dues", "other-dues", "penalty"]),
        r#"["premium", "own-dues", "other-dues", "penalty"]"#,
        "What a payment settles first, where it does not settle all: `premium`, `own-dues`, \
         `other-dues`, `penalty`, each once.",
    ),
    default(
        "payment.across",
        Form::Word(&["oldest", "lines"]),
        r#""oldest""#,
        "Where a payment is for several invoices, a payer's say: `oldest` pays one invoice after \
         another, the oldest first, or as they were named; `lines` pays what `order` names first \
         on all of them, then the next.",
    ),
    optional_tables(
        "payment.instalment[]",
        "Dated shares in which an invoice may be paid. Left out: all of it by its day.",
    ),
    required(
        "payment.instalment[].due",
        Form::Date,
        r#""2027-01-31""#,
        "Day by which the share is to be paid; for an invoice issued later, the invoice's own.",
    ),
    required(
        "payment.instalment[].percent",
        Form::Int(1, 100),
        "100",
        "The share, in percent of the invoice; all of them come to 100.",
    ),
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
        "Wrong type-in codes an hour over all members before the front page takes none; one \
         member number has five.",
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
