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
    /// `notice`, `reminder`, `last-call`, `lapse` or `payment-reminder`: which message goes out.
    pub kind: StepKind,
    /// Five fields: minute, hour, day of month, month, day of week (names only: `Mon-Fri`).
    /// Day of month and day of week must both match. 00:00 to 03:59 is not allowed, since
    /// clocks change then. Either this or `offset`.
    #[serde(default)]
    pub cron: Option<String>,
    /// So many days before or after a date of the season. Either this or `cron`.
    #[serde(default)]
    pub offset: Option<Offset>,
    /// Of those whom the step is for: `billed` (all of them), `insured` (whose cover could end) or
    /// `not-insured`; left out: `insured` for a last call, else `billed`.
    #[serde(default)]
    pub audience: Option<Audience>,
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

impl Schedule {
    /// Who gets it, of those whom its kind is for.
    #[must_use]
    pub fn audience(&self) -> Audience {
        self.audience.unwrap_or(match self.kind {
            StepKind::LastCall => Audience::Insured,
            _ => Audience::Billed,
        })
    }
}

/// `offset`: a day counted from a date of the season, and a time of that day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// How many days.
    pub days: u16,
    /// The date that it comes before: `opens`, `cover_from`, `declare_by`, `pay_by`, `lapses` or
    /// `closes`. Either this or `after`.
    #[serde(default)]
    pub before: Option<SeasonDate>,
    /// The date that it comes after.
    #[serde(default)]
    pub after: Option<SeasonDate>,
    /// Local time, hour and minute; 00:00 to 03:59 is not allowed, since clocks change then.
    #[serde(default = "default_at")]
    pub at: String,
}

fn default_at() -> String {
    "09:00".into()
}

/// A date of the season, by its key in `[season]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeasonDate {
    /// `season.opens`
    Opens,
    /// `season.cover_from`
    CoverFrom,
    /// `season.declare_by`
    DeclareBy,
    /// `season.pay_by`
    PayBy,
    /// `season.lapses`
    Lapses,
    /// `season.closes`
    Closes,
}

impl SeasonDate {
    /// Its key in `[season]`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::CoverFrom => "cover_from",
            Self::DeclareBy => "declare_by",
            Self::PayBy => "pay_by",
            Self::Lapses => "lapses",
            Self::Closes => "closes",
        }
    }
}

/// Who gets a step, of those whom its kind is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody who is billed.
    Billed,
    /// Whose bill carries insurance.
    Insured,
    /// Whose bill carries none.
    NotInsured,
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
    /// Ends the membership of those who have not answered, and tells them how to come back.
    Lapse,
    /// To those who promised to pay and whose invoice is past its day.
    PaymentReminder,
}

impl StepKind {
    /// Every kind, in the order in which a season has them.
    pub const ALL: [Self; 5] =
        [Self::Notice, Self::Reminder, Self::LastCall, Self::Lapse, Self::PaymentReminder];

    /// The kind with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it asks for an answer to the renewal: of these a member gets one at a time.
    #[must_use]
    pub const fn asks(self) -> bool {
        matches!(self, Self::Notice | Self::Reminder | Self::LastCall)
    }

    /// Stable text form; also the name of the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Reminder => "reminder",
            Self::LastCall => "last-call",
            Self::Lapse => "lapse",
            Self::PaymentReminder => "payment-reminder",
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
