//! Owns when a store must not mail: it is a copy, lives elsewhere, was set back, or the clock
//! cannot be right. A hold ends by a person only.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::words::vocabulary;

/// A clock so far behind the ledger's last line is wrong. Less is what a clock loses before it is
/// set, or what the setting takes back.
pub const BEHIND_MAX: SignedDuration = SignedDuration::from_mins(10);
/// The calendar may run away from the clock of the boot by less than this: whoever sets a clock by
/// an hour sets it wrong, since neither summer time nor a leap second moves UTC.
pub const JUMP_MIN: SignedDuration = SignedDuration::from_hours(1);

vocabulary! {
    /// Why nothing is sent.
    HoldReason {
        /// The store is a backup that was put back, or runs beside its original.
        Copy = "copy",
        /// It was made on another host.
        Elsewhere = "elsewhere",
        /// The clock is behind what was written already.
        ClockBehind = "clock-behind",
        /// The clock was set by an hour or more while the machine ran.
        ClockJumped = "clock-jumped",
        /// A link of ours came back whose message is not here: this store was set back.
        SetBack = "set-back" }
}

impl HoldReason {
    /// Whether what is written now would bear a wrong time.
    #[must_use]
    pub const fn is_clock(self) -> bool {
        matches!(self, Self::ClockBehind | Self::ClockJumped)
    }

    /// What happened, for an operator.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Copy => "this store is a copy: what its original sent since then is not in it",
            Self::Elsewhere => "this state was made on another host",
            Self::ClockBehind => "the clock is behind the ledger's last line",
            Self::ClockJumped => "the clock was set by an hour or more",
            Self::SetBack => "a link that is ours came back, and its message is not in this store",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn cure(self) -> &'static str {
        match self {
            Self::Copy | Self::SetBack => {
                "see to it that no other daemon has this state; then: relance adopt --assume-sent-until INSTANT (when the original stopped), or --relay-log FILE"
            }
            Self::Elsewhere => {
                "if this is a copy, stop this daemon: members would get everything twice. If the state has moved, stop the daemon that it came from and run: relance adopt"
            }
            Self::ClockBehind | Self::ClockJumped => {
                "set the clock (timedatectl), then run: relance adopt"
            }
        }
    }
}

/// What holds a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub reason: HoldReason,
    /// In milliseconds: what is older was written by the life of the store before.
    pub since_ms: i64,
    /// Particulars, about no person; empty for none.
    #[serde(default)]
    pub detail: String,
}

impl Held {
    /// One line for an operator.
    #[must_use]
    pub fn told(&self) -> String {
        let what = self.reason.what();
        if self.detail.is_empty() { what.to_owned() } else { format!("{what} ({})", self.detail) }
    }
}

/// The calendar and the clock that counts from the machine's start, which nobody sets, read
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The calendar.
    pub calendar: Timestamp,
    /// Milliseconds since the start, time asleep included.
    pub boot_ms: i64,
}

impl Reading {
    /// Milliseconds by which the calendar is ahead of the clock of the boot: stands still while
    /// nobody sets the calendar.
    #[must_use]
    pub fn bearing_ms(&self) -> i64 {
        self.calendar.as_millisecond() - self.boot_ms
    }
}

/// Whether somebody set the calendar by [`JUMP_MIN`] or more, either way, between two bearings of
/// one boot.
#[must_use]
pub fn jumped(before_ms: i64, after_ms: i64) -> bool {
    i128::from(before_ms.abs_diff(after_ms)) >= JUMP_MIN.as_millis()
}

/// Whether the clock cannot be right, since that line was written already.
#[must_use]
pub fn behind(last_line: Option<Timestamp>, now: Timestamp) -> bool {
    last_line.is_some_and(|last| last.duration_since(now) > BEHIND_MAX)
}

/// Whether a link that verifies and whose message is not here tells of a store that was set back.
/// Once it was adopted, the links of its lost time keep coming for as long as a link works: only
/// one that was certainly made since then tells of it again. `expires_h` in hours since the epoch,
/// the greatest for never.
#[must_use]
pub fn alarms(expires_h: u32, adopted: Option<Timestamp>, link_days_max: u32) -> bool {
    let Some(adopted) = adopted else { return true };
    let latest = SignedDuration::from_hours(24 * i64::from(link_days_max) + 1);
    let lost_until = adopted.checked_add(latest).unwrap_or(Timestamp::MAX);
    expires_h != u32::MAX && i64::from(expires_h) * 3600 > lost_until.as_second()
}

/// What a person said when they adopted a store that had been set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumed {
    /// What was due before was sent by the life before.
    pub until_ms: i64,
    /// When this life began: what was written since is its own.
    pub born_ms: i64,
    /// When they said so.
    pub at_ms: i64,
}

/// What is planned for an old firing so long after adopting is for somebody new, whom the life
/// before cannot have written to: until then lists are read in again, and steps planned again.
const PLANNED_AGAIN_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A message that waits, as far as this asks.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// When its firing was due, and whether a person let that firing go; `None` for a message
    /// that no firing made.
    pub firing: Option<(i64, bool)>,
    /// Not to go before, in milliseconds.
    pub due_ms: i64,
    /// When its present attempt was opened.
    pub opened_ms: i64,
    /// The attempt's number, from 1.
    pub attempt: u32,
}

/// Whether the life before is taken to have sent it.
#[must_use]
pub fn was_sent(assumed: &Assumed, message: &Waiting) -> bool {
    let inherited = message.opened_ms < assumed.born_ms;
    match message.firing {
        Some((due_ms, _)) if inherited => due_ms < assumed.until_ms,
        // Planned again for a firing that the life before had: unless a person asked for it.
        Some((due_ms, approved)) => {
            let again_until = assumed.at_ms + PLANNED_AGAIN_MAX.as_secs() * 1000;
            let asked_for = approved || message.attempt > 1;
            due_ms < assumed.until_ms && message.opened_ms < again_until && !asked_for
        }
        None => inherited && message.due_ms < assumed.until_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_is_behind_by_more_than_it_loses() {
        let now = at("2026-11-24T12:00:00Z");
        for (last, wrong) in [
            (None, false),
            (Some("2026-11-24T11:00:00Z"), false),
            (Some("2026-11-24T12:10:00Z"), false),
            (Some("2026-11-24T12:10:00.001Z"), true),
            (Some("2026-11-25T12:00:00Z"), true),
        ] {
            assert_eq!(behind(last.map(at), now), wrong, "{last:?}");
        }
    }

    #[test]
    fn a_jump_is_an_hour_either_way() {
        let reading = |calendar: &str, boot_ms| Reading { calendar: at(calendar), boot_ms };
        let before = reading("2026-11-24T12:00:00Z", 5_000_000).bearing_ms();
        for (calendar, boot_ms, jump) in [
            // Both went on: a day of work, and a day asleep.
            ("2026-11-24T12:00:01Z", 5_001_000, false),
            ("2026-11-25T12:00:00Z", 91_400_000, false),
            ("2026-11-24T12:59:59Z", 5_000_000, false),
            ("2026-11-24T13:00:00Z", 5_000_000, true),
            ("2026-11-24T11:00:01Z", 5_000_000, false),
            ("2026-11-24T11:00:00Z", 5_000_000, true),
            ("2026-11-23T12:00:00Z", 5_000_000, true),
        ] {
            assert_eq!(jumped(before, reading(calendar, boot_ms).bearing_ms()), jump, "{calendar}");
        }
    }

    #[test]
    fn links_of_the_lost_time_alarm_once() {
        let adopted = at("2026-11-24T12:00:00Z");
        let hours = |text: &str| u32::try_from(at(text).as_second() / 3600).unwrap();
        assert!(alarms(u32::MAX, None, 90));
        assert!(alarms(1, None, 90));
        assert!(!alarms(u32::MAX, Some(adopted), 90), "nobody knows when it was made");
        assert!(!alarms(hours("2027-02-20T12:00:00Z"), Some(adopted), 90));
        assert!(alarms(hours("2027-02-23T12:00:00Z"), Some(adopted), 90));
    }

    #[test]
    fn what_the_life_before_sent() {
        let assumed = Assumed { until_ms: 1000, born_ms: 5000, at_ms: 6000 };
        let day = PLANNED_AGAIN_MAX.as_secs() * 1000;
        for (firing, due_ms, opened_ms, attempt, sent, why) in [
            (None, 900, 800, 1, true, "a confirmation of then"),
            (None, 1000, 800, 1, false, "due only after the original stopped"),
            (None, 900, 5000, 1, false, "an answer given to this life"),
            (Some((900, false)), 900, 800, 1, true, "it waited in the copy"),
            (Some((900, true)), 900, 800, 1, true, "approved before, and it waited"),
            (Some((900, false)), 900, 6500, 1, true, "planned again"),
            (Some((900, false)), 900, 6000 + day, 1, false, "somebody new"),
            (Some((900, true)), 900, 6500, 1, false, "a desk let it go now"),
            (Some((900, false)), 900, 6500, 2, false, "a person asked for a second"),
            (Some((1000, false)), 1000, 6500, 1, false, "a step of this life"),
            (Some((1000, false)), 1000, 800, 1, false, "due after the original stopped"),
        ] {
            let message = Waiting { firing, due_ms, opened_ms, attempt };
            assert_eq!(was_sent(&assumed, &message), sent, "{why}");
        }
    }
}
