//! Owns the keys of `relance.toml` that say what the season is: federation, dates, money, insurance.

use super::Need::Required;
use super::{Form, Key, Need, default, optional, optional_tables, required, table, tables};

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
    default(
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
    optional(
        "insurance.news",
        Form::Prose,
        r#"{ en = "Two questions are asked before insurance is taken.", fr = "Deux questions précèdent la souscription de l’assurance." }"#,
        "What changes in the insurance this year, in both languages: whoever carries it or may \
         take it reads it in notice, reminders and last call, and on the page before the questions.",
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
];
