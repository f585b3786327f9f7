//! Owns until when what names people is kept: from the months of the config and the day. Pure.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::config::RetentionSection;

/// A kind of thing that is forgotten in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kept {
    /// Sender, subject and text of mails that came in.
    Inbound,
    /// Addresses of mails that went out.
    Attempts,
    /// Addresses of card checkouts, and notes of card events.
    Checkouts,
    /// What stands in closed desk lines, and what desks noted.
    Tasks,
    /// Corrections and address changes that are over.
    Corrections,
}

impl Kept {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Inbound, Self::Attempts, Self::Checkouts, Self::Tasks, Self::Corrections];

    /// Stable text form, as in the config's keys, the ledger and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Attempts => "attempt",
            Self::Checkouts => "checkout",
            Self::Tasks => "task",
            Self::Corrections => "correction",
        }
    }

    /// The months that the config says; 0: for ever.
    #[must_use]
    pub const fn months(self, config: &RetentionSection) -> u32 {
        match self {
            Self::Inbound => config.inbound_months,
            Self::Attempts => config.attempt_months,
            Self::Checkouts => config.checkout_months,
            Self::Tasks => config.task_months,
            Self::Corrections => config.correction_months,
        }
    }
}

/// What came about before this instant is forgotten; `None`: nothing of that kind ever is.
#[must_use]
pub fn before(kept: Kept, config: &RetentionSection, now: Timestamp) -> Option<Timestamp> {
    let months = i32::try_from(kept.months(config)).ok().filter(|months| *months > 0)?;
    let then = now.to_zoned(TimeZone::UTC).checked_sub(months.months()).ok()?;
    Some(then.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_of_the_calendar() {
        let config = RetentionSection { task_months: 0, inbound_months: 1, ..Default::default() };
        let now = "2027-03-31T12:00:00Z".parse().unwrap();
        let at = |kept| before(kept, &config, now).map(|t| t.to_string());
        assert_eq!(at(Kept::Inbound).as_deref(), Some("2027-02-28T12:00:00Z"));
        assert_eq!(at(Kept::Attempts).as_deref(), Some("2024-03-31T12:00:00Z"));
        assert_eq!(at(Kept::Tasks), None, "0 keeps for ever");
    }
}
