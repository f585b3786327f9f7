//! Owns the lines that need a person, one kind each.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Act, Handle};
use crate::domain::words::TaskKind;
use crate::ids::{FiringId, MessageRow, PersonId, TaskId};

/// A member, as a desk's line names one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Who {
    /// Member number.
    pub member_no: String,
    /// Given and family name.
    pub name: String,
    /// Telephone; empty for none on file.
    pub phone: String,
}

/// A line that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Item {
    /// A firing, or what is left of one, stands still.
    Firing(HeldFiring),
    /// Of a message it cannot be known whether it left.
    InDoubt(InDoubt),
    /// Nothing is mailed to a member's address.
    Unreachable(Unreachable),
    /// A line of another part.
    Task(TaskLine),
    /// A mail that was kept and not passed on.
    Mail(KeptMail),
}

/// A firing that stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldFiring {
    /// Row.
    #[serde(skip)]
    pub id: FiringId,
    /// Name of its step.
    pub step: String,
    /// When it was due.
    pub due: Timestamp,
    /// Messages held of it; 0 where it was not planned yet.
    pub held: i64,
    /// Why it stands still.
    pub why: Held,
    /// When the waiting ends, and what happens then; `None`: only a person ends it.
    pub until: Option<(Timestamp, Then)>,
    /// Code of the association whose desk decides too, and from when; `None` where there is none.
    pub deputy: Option<(String, Timestamp)>,
}

/// Why a firing stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Nobody was there to send it in time.
    Late,
    /// Its count differs too much from the approved one.
    Surprising,
    /// It was due before the store was made.
    BeforeUs,
    /// No notice of the season has gone out.
    NoNotice,
    /// Too many of its addresses are dead.
    DeadAddresses,
}

impl Held {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Late, Self::Surprising, Self::BeforeUs, Self::NoNotice, Self::DeadAddresses];

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Surprising => "surprising",
            Self::BeforeUs => "before-us",
            Self::NoNotice => "no-notice",
            Self::DeadAddresses => "dead-addresses",
        }
    }
}

/// What happens to a firing when nobody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It goes out.
    Sent,
    /// It does not.
    Cancelled,
}

impl Then {
    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
        }
    }
}

/// When the deputy takes over a firing that stands still: half-way to the end of its waiting, so that
/// both desks have as long; a day after it began to wait where only a person ends it.
#[must_use]
pub fn takes_over(since: Timestamp, until: Option<Timestamp>) -> Timestamp {
    let wait = match until {
        Some(until) => until.duration_since(since) / 2,
        None => SignedDuration::from_hours(DEPUTY_HOURS),
    };
    since.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A desk has a day, as long as the longest time between two of its digests on weekdays.
const DEPUTY_HOURS: i64 = 24;

/// A message of which it cannot be known whether it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InDoubt {
    /// Row.
    #[serde(skip)]
    pub id: MessageRow,
    /// What kind of message.
    pub kind: String,
    /// To whom; `None`: to a desk.
    pub who: Option<Who>,
    /// Since when.
    pub since: Timestamp,
}

/// A member to whose address nothing is mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreachable {
    /// Row.
    #[serde(skip)]
    pub id: PersonId,
    /// The member.
    pub who: Who,
    /// The address.
    pub address: String,
    /// Why: `address-dead`, `bounces`, or a person's words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Another address on file; empty for none.
    pub other_address: String,
    /// Employer; empty for none on file.
    pub employer: String,
}

/// A line that another part left for the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskLine {
    /// Row.
    #[serde(skip)]
    pub id: TaskId,
    /// What it is about.
    pub kind: TaskKind,
    /// About whom; `None`: about no member.
    pub who: Option<Who>,
    /// Since when.
    pub since: Timestamp,
    /// Money that it is about, in cents; `None` where it is about none.
    pub cents: Option<i64>,
    /// A number or a code by which the thing is known outside: an invoice's.
    pub reference: String,
}

/// A mail that was kept and not passed on. Its text is behind the link only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptMail {
    /// Row.
    #[serde(skip)]
    pub id: i64,
    /// Who wrote.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// When it came.
    pub received: Timestamp,
}

impl Item {
    /// What its link is good for.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        let (act, target) = match self {
            Self::Firing(f) => (Act::Firing, f.id.0),
            Self::InDoubt(m) => (Act::Message, m.id.0),
            Self::Unreachable(u) => (Act::Address, u.id.0),
            Self::Task(t) => (Act::Task, t.id.0),
            Self::Mail(m) => (Act::Mail, m.id),
        };
        Handle { act, target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deputy_takes_over_half_way_or_after_a_day() {
        for (since, until, want) in [
            ("2026-11-03T14:00:00Z", Some("2026-11-06T14:00:00Z"), "2026-11-05T02:00:00Z"),
            ("2026-11-03T14:00:00Z", Some("2026-11-03T16:00:00Z"), "2026-11-03T15:00:00Z"),
            ("2026-11-03T14:00:00Z", None, "2026-11-04T14:00:00Z"),
        ] {
            let at = |text: &str| text.parse::<Timestamp>().unwrap();
            assert_eq!(takes_over(at(since), until.map(at)), at(want), "{since} {until:?}");
        }
    }
}
