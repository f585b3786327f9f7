//! Owns the keys of `schedules.toml`.

use super::Need::Optional;
use super::{Form, Key, default, optional, optional_tables, required, table, tables};

/// Dates of the season from which a step can be counted.
const DATES: Form =
    Form::Word(&["opens", "cover_from", "declare_by", "pay_by", "lapses", "closes"]);

pub(super) const KEYS: &[Key] = &[
    tables("schedule[]", "One `[[schedule]]`."),
    required(
        "schedule[].id",
        Form::Id,
        r#""oppi-notice""#,
        "Unique name. Part of every firing's key: never change it once it has fired.",
    ),
    required(
        "schedule[].association",
        Form::Code,
        r#""OPPI""#,
        "Code of the association that issues the messages.",
    ),
    required(
        "schedule[].step",
        Form::Id,
        r#""notice""#,
        "Name of the step, unique per association: `notice`, `reminder-1`. Part of every cause: \
         never change it once it has fired.",
    ),
    required(
        "schedule[].kind",
        Form::Word(&["notice", "reminder", "last-call", "lapse", "payment-reminder"]),
        r#""notice""#,
        "`notice`, `reminder`, `last-call`, `lapse` or `payment-reminder`: which message goes out.",
    ),
    optional(
        "schedule[].cron",
        Form::Cron,
        r#""0 9 2 11 *""#,
        "Five fields: minute, hour, day of month, month, day of week (names only: `Mon-Fri`). Day \
         of month and day of week must both match. 00:00 to 03:59 is not allowed, since clocks \
         change then. Either this or `offset`.",
    ),
    table(
        "schedule[].offset",
        Optional,
        "So many days before or after a date of the season. Either this or `cron`.",
    ),
    required("schedule[].offset.days", Form::Int(0, 400), "14", "How many days."),
    optional(
        "schedule[].offset.before",
        DATES,
        r#""declare_by""#,
        "The date that it comes before: `opens`, `cover_from`, `declare_by`, `pay_by`, `lapses` or \
         `closes`. Either this or `after`.",
    ),
    optional("schedule[].offset.after", DATES, r#""lapses""#, "The date that it comes after."),
    default(
        "schedule[].offset.at",
        Form::Time,
        r#""09:00""#,
        "Local time, hour and minute; 00:00 to 03:59 is not allowed, since clocks change then.",
    ),
    optional(
        "schedule[].audience",
        Form::Word(&["billed", "insured", "not-insured"]),
        r#""insured""#,
        "Of those whom the step is for: `billed` (all of them), `insured` (whose cover could end) \
         or `not-insured`; left out: `insured` for a last call, else `billed`.",
    ),
    optional(
        "schedule[].zone",
        Form::Zone,
        r#""America/Toronto""#,
        "Time zone of the rule (IANA name); left out: the association's.",
    ),
    default(
        "schedule[].late_hours_max",
        Form::Int(0, 720),
        "24",
        "A firing missed by at most so many hours goes out late; later it is held for the desk.",
    ),
    default(
        "schedule[].hold_hours_max",
        Form::Int(1, 720),
        "72",
        "A held firing waits so many hours for the desk.",
    ),
    default(
        "schedule[].if_unanswered",
        Form::Word(&["send", "cancel"]),
        r#""cancel""#,
        "What happens to a firing held for lateness when nobody answers in time: `send` or \
         `cancel`.",
    ),
    optional_tables("digest[]", "One `[[digest]]`."),
    required(
        "digest[].id",
        Form::Id,
        r#""oppi-digest""#,
        "Unique name. Part of every digest's key: never change it once one was sent.",
    ),
    required(
        "digest[].association",
        Form::Code,
        r#""OPPI""#,
        "Code of the association whose desk gets it.",
    ),
    required("digest[].cron", Form::Cron, r#""30 7 * * Mon-Fri""#, "Five fields, as a schedule's."),
    optional(
        "digest[].zone",
        Form::Zone,
        r#""America/Toronto""#,
        "Time zone of the rule (IANA name); left out: the association's.",
    ),
    default(
        "digest[].quiet",
        Form::Bool,
        "false",
        "Whether a digest goes out also when there is nothing to tell. One that is a week after \
         the last always goes: a desk that hears nothing must not wonder whether we run.",
    ),
];
