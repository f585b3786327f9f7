//! Owns what becomes of a firing that was missed.

use jiff::{SignedDuration, Timestamp};

use crate::config::IfUnanswered;

/// What to do with a firing whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// Plan it now.
    Go,
    /// Missed by more than its bound: the desk decides before `until`.
    Hold {
        /// When waiting ends.
        until: Timestamp,
    },
}

/// Late within the bound goes; later is held.
#[must_use]
pub fn decide(due: Timestamp, now: Timestamp, late_hours_max: u32, hold_hours_max: u32) -> Firing {
    let late = now.duration_since(due);
    if late <= SignedDuration::from_hours(i64::from(late_hours_max)) {
        Firing::Go
    } else {
        let until = now
            .checked_add(SignedDuration::from_hours(i64::from(hold_hours_max)))
            .unwrap_or(Timestamp::MAX);
        Firing::Hold { until }
    }
}

/// What becomes of a hold that nobody answered in time; `None` while it still waits.
#[must_use]
pub fn after_hold(until: Timestamp, now: Timestamp, rule: IfUnanswered) -> Option<IfUnanswered> {
    (now >= until).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        let due: Timestamp = "2026-11-02T14:00:00Z".parse().unwrap();
        let at = |hours: i64| due.checked_add(SignedDuration::from_hours(hours)).unwrap();
        for (late, go) in [(0, true), (24, true), (25, false), (960, false)] {
            assert_eq!(decide(due, at(late), 24, 72) == Firing::Go, go, "{late} h late");
        }
        assert_eq!(decide(due, at(48), 24, 72), Firing::Hold { until: at(120) });
        assert_eq!(after_hold(at(120), at(119), IfUnanswered::Send), None);
        assert_eq!(after_hold(at(120), at(120), IfUnanswered::Send), Some(IfUnanswered::Send));
    }
}
