//! Owns the keys of `relance.toml`.

use super::Need::Required;
use super::{Form, Key, Need, default, optional, required, table};

const PER_MINUTE: Form = Form::Int(1, 1_000_000);
const PER_MINUTE_OR_NONE: Form = Form::Int(0, 1_000_000);
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
    required(
        "season.lapses",
        Form::Date,
        r#""2027-03-01""#,
        "Day at whose end an unanswered membership lapses.",
    ),
    optional(
        "season.pay_by",
        Form::Date,
        r#""2027-02-26""#,
        "Last day to pay what was promised by cheque or on invoice; left out: `lapses`.",
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
    table("host", Need::Optional, "How this host is recognised, so that a copy does not mail."),
    optional(
        "host.identity_file",
        Form::Path,
        r#""/etc/relance/host-identity""#,
        "File whose content names this host, where `/etc/machine-id` does not (containers).",
    ),
];
