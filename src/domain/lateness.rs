//! Owns what becomes of firings that were missed: late, held, or overtaken by a later one.

use jiff::{SignedDuration, Timestamp};

use crate::config::{IfUnanswered, StepKind};

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

/// A firing of one association that is due and was never looked at.
#[derive(Debug, Clone, Copy)]
pub struct Missed {
    /// Which step.
    pub kind: StepKind,
    /// What its own bound says.
    pub verdict: Firing,
}

/// Whether a missed firing still makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its own bound decides.
    Stands,
    /// Another of the list says the same better: its place in it.
    Superseded(usize),
    /// The deadline that it warns of has passed.
    DeadlinePassed,
}

/// What becomes of the firings that one association missed, in order of due time. A reminder or
/// payment reminder gives way to a later one, a reminder also to a notice that goes out only now
/// or to a lapse; a last call is nothing after its deadline. A notice is owed to everybody.
#[must_use]
pub fn fates(missed: &[Missed], now: Timestamp, deadline: Timestamp) -> Vec<Fate> {
    let goes = |m: &Missed| m.verdict == Firing::Go;
    missed
        .iter()
        .enumerate()
        .map(|(n, m)| {
            let last = |wanted: &dyn Fn(&Missed) -> bool| missed.iter().rposition(wanted);
            let later = |at: &usize| *at > n;
            match m.kind {
                StepKind::LastCall if now >= deadline => Fate::DeadlinePassed,
                StepKind::Reminder => last(&|o| o.kind == StepKind::Lapse && goes(o))
                    .filter(later)
                    .or_else(|| last(&|o| o.kind == StepKind::Notice && goes(o)))
                    .or_else(|| last(&|o| o.kind == StepKind::Reminder).filter(later))
                    .map_or(Fate::Stands, Fate::Superseded),
                StepKind::LastCall | StepKind::PaymentReminder => {
                    last(&|o| o.kind == m.kind).filter(later).map_or(Fate::Stands, Fate::Superseded)
                }
                StepKind::Notice | StepKind::Lapse => Fate::Stands,
            }
        })
        .collect()
}

/// Whether a firing that waits for a person, since it was late, is overtaken by a step of the
/// same association that is due now.
#[must_use]
pub const fn overtaken(waiting: StepKind, by: StepKind) -> bool {
    match waiting {
        StepKind::Reminder => matches!(by, StepKind::Reminder | StepKind::Lapse),
        StepKind::LastCall => matches!(by, StepKind::LastCall | StepKind::Lapse),
        StepKind::PaymentReminder => matches!(by, StepKind::PaymentReminder),
        StepKind::Notice | StepKind::Lapse => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_that_makes_sense() {
        use Fate::{DeadlinePassed, Stands, Superseded};
        use StepKind::{Lapse, LastCall, Notice, PaymentReminder, Reminder};
        let now: Timestamp = "2027-01-15T14:00:00Z".parse().unwrap();
        let (before, after) =
            ("2027-01-01T05:00:00Z".parse().unwrap(), "2027-03-02T05:00:00Z".parse().unwrap());
        let held = Firing::Hold { until: now };
        type Case<'a> = (&'a str, &'a [(StepKind, Firing)], Timestamp, &'a [Fate]);
        let table: [Case<'_>; 11] = [
            ("one reminder", &[(Reminder, Firing::Go)], after, &[Stands]),
            ("two", &[(Reminder, held), (Reminder, Firing::Go)], after, &[Superseded(1), Stands]),
            (
                "three, all late",
                &[(Reminder, held), (Reminder, held), (Reminder, held)],
                after,
                &[Superseded(2), Superseded(2), Stands],
            ),
            (
                "the notice goes out only now",
                &[(Notice, Firing::Go), (Reminder, Firing::Go)],
                after,
                &[Stands, Superseded(0)],
            ),
            ("or waits", &[(Notice, held), (Reminder, Firing::Go)], after, &[Stands, Stands]),
            (
                "the last call is for some only",
                &[(Reminder, Firing::Go), (LastCall, Firing::Go)],
                after,
                &[Stands, Stands],
            ),
            (
                "after its deadline",
                &[(Reminder, Firing::Go), (LastCall, Firing::Go)],
                before,
                &[Stands, DeadlinePassed],
            ),
            (
                "two last calls",
                &[(LastCall, held), (LastCall, held)],
                after,
                &[Superseded(1), Stands],
            ),
            ("lapsed", &[(Reminder, held), (Lapse, Firing::Go)], before, &[Superseded(1), Stands]),
            ("a lapse that waits", &[(Reminder, held), (Lapse, held)], before, &[Stands, Stands]),
            (
                "payment reminders are apart",
                &[(PaymentReminder, held), (Reminder, Firing::Go), (PaymentReminder, Firing::Go)],
                after,
                &[Superseded(2), Stands, Stands],
            ),
        ];
        for (name, missed, deadline, want) in table {
            let missed: Vec<Missed> = missed
                .iter()
                .map(|(kind, verdict)| Missed { kind: *kind, verdict: *verdict })
                .collect();
            assert_eq!(fates(&missed, now, deadline), want, "{name}");
        }
    }

    #[test]
    fn what_waits_is_overtaken_by_its_like() {
        use StepKind::{Lapse, LastCall, Notice, PaymentReminder, Reminder};
        for (waiting, by, want) in [
            (Reminder, Reminder, true),
            (Reminder, LastCall, false),
            (Reminder, Lapse, true),
            (LastCall, Reminder, false),
            (Notice, Reminder, false),
            (Notice, Lapse, false),
            (PaymentReminder, PaymentReminder, true),
            (PaymentReminder, Lapse, false),
        ] {
            assert_eq!(overtaken(waiting, by), want, "{waiting:?} by {by:?}");
        }
    }

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
