//! Owns the shape of `schedules.toml`: which step of the season fires when, for whom, and when each
//! desk hears what happened.
//! Every doc comment below is the config reference's text for its key.

use serde::Deserialize;

/// One `[[schedule]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Unique name. Part of every firing's key: never change it once it has fired.
    pub id: String,
    /// Code of the association that issues the messages.
    pub association: String,
    /// Name of the step, unique per association: `notice`, `reminder-1`. Part of every cause:
    /// never change it once it has fired.
    pub step: String,
    /// `notice`, `reminder` or `last-call`: which message goes out.
    pub kind: StepKind,
    /// Five fields: minute, hour, day of month, month, day of week (names only: `Mon-Fri`).
    /// Day of month and day of week must both match. 00:00 to 03:59 is not allowed, since
    /// clocks change then.
    pub cron: String,
    /// Time zone of the rule (IANA name); left out: the association's.
    #[serde(default)]
    pub zone: Option<String>,
    /// A firing missed by at most so many hours goes out late; later it is held for the desk.
    #[serde(default = "default_late_hours")]
    pub late_hours_max: u32,
    /// A held firing waits so many hours for the desk.
    #[serde(default = "default_hold_hours")]
    pub hold_hours_max: u32,
    /// What happens to a firing held for lateness when nobody answers in time: `send` or
    /// `cancel`.
    #[serde(default)]
    pub if_unanswered: IfUnanswered,
}

fn default_late_hours() -> u32 {
    24
}
fn default_hold_hours() -> u32 {
    72
}

/// Which message a step sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The season's notice, to everybody who is billed.
    Notice,
    /// To those who have not answered.
    Reminder,
    /// To those who have not answered and whose cover would end.
    LastCall,
}

impl StepKind {
    /// Stable text form; also the name of the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Reminder => "reminder",
            Self::LastCall => "last-call",
        }
    }
}

/// What happens to a held firing when nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IfUnanswered {
    /// It goes out.
    Send,
    /// It does not.
    #[default]
    Cancel,
}

/// One `[[digest]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Unique name. Part of every digest's key: never change it once one was sent.
    pub id: String,
    /// Code of the association whose desk gets it.
    pub association: String,
    /// Five fields, as a schedule's.
    pub cron: String,
    /// Time zone of the rule (IANA name); left out: the association's.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether a digest goes out also when there is nothing to tell. One that is a week after the
    /// last always goes: a desk that hears nothing must not wonder whether we run.
    #[serde(default)]
    pub quiet: bool,
}
