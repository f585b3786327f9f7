//! Owns what reports do to an address: how much each weighs, how that fades, and when nothing is
//! mailed there any more. Pure: what is known of the address, the report and its time.
//!
//! Suspending saves us nothing, for a season mails an address three times. It is how the desk
//! learns, in time for the last call, that a member is not reached. So the weights follow the
//! calendar of a season: an autumn notice, a reminder some five weeks later, a last call soon
//! after. Two mailings in a row that the mailbox could not take suspend it; one never does, since
//! mailboxes are full for a weekend and servers down for one.

/// At this score an address is suspended.
pub const SCORE_LIMIT: f64 = 3.0;
/// The address is said to be dead, by a report that our own token does not vouch for: whoever saw
/// the mail can forge one. Two in one season suspend, however far apart.
pub const SCORE_HARD: f64 = 2.5;
/// The mailbox or its server took nothing: two suspend where no more than a half-life lies between
/// them, as between notice and reminder.
pub const SCORE_SOFT: f64 = 2.0;
/// Refused for the mail or its sender. No number of them in one season suspends: the fault is ours
/// or of a filter that others share, and stopping would hide it from who can mend it.
pub const SCORE_OURS: f64 = 0.5;
/// Days after which a score has halved: a mailing or two later trouble still counts, next season it
/// is forgotten.
pub const HALF_LIFE_DAYS: f64 = 60.0;
/// Reports that follow one that counted within so many days tell of the same trouble. Servers try
/// for five days (RFC 5321 §4.5.4.1), two associations mail the same person in one week, and the
/// members behind one address come back together.
pub const SAME_TROUBLE_DAYS: i64 = 7;

const DAY_MS: i64 = 86_400_000;

/// Reasons (`docs/mailroom.md`) for which a mail comes back that lie with the mail or its sender,
/// not with the mailbox.
pub const OURS: &[&str] = &[
    "too-big",
    "rate-limited",
    "authentication",
    "spam",
    "virus",
    "content",
    "blocked",
    "sender-refused",
    "relay-denied",
    "policy",
    "protocol",
];

/// Where the fault lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The address is dead.
    Address,
    /// The mailbox or its server takes nothing for now.
    Mailbox,
    /// The mail or its sender was refused.
    Ours,
}

impl Fault {
    /// Of a report, by its reason.
    #[must_use]
    pub fn of(hard: bool, reason: &str) -> Self {
        match hard {
            true => Self::Address,
            false if OURS.contains(&reason) => Self::Ours,
            false => Self::Mailbox,
        }
    }

    const fn weight(self) -> f64 {
        match self {
            Self::Address => SCORE_HARD,
            Self::Mailbox => SCORE_SOFT,
            Self::Ours => SCORE_OURS,
        }
    }
}

/// What stands against an address.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    /// Its score as it was reckoned.
    pub score: f64,
    /// When, in milliseconds.
    pub at_ms: i64,
}

/// One report about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Where the fault lies.
    pub fault: Fault,
    /// Whether our own envelope token vouches for it.
    pub vouched: bool,
    /// Whether another mail of the same mailing to the same address came back before: a family or
    /// an office behind one address has one mailbox that is full.
    pub repeated: bool,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// What stands against the address now.
    pub standing: Standing,
    /// Whether this report added anything.
    pub counted: bool,
    /// Why nothing is mailed there any more; `None` where it is.
    pub suspend: Option<&'static str>,
}

/// Weighs a report.
#[must_use]
pub fn weigh(before: Standing, report: Report, at_ms: i64) -> Weighed {
    let weight = report.fault.weight();
    let elapsed_ms = at_ms - before.at_ms;
    let faded = decayed(before.score, elapsed_ms);
    let recent = before.score > 0.0 && elapsed_ms < SAME_TROUBLE_DAYS * DAY_MS;
    let same = report.repeated || recent;
    // Of one trouble the worst report counts. What counted already keeps its time: a mail a day
    // must not put off for ever what next counts.
    let (score, counted) = match same {
        true if weight > before.score => (weight, true),
        true => (faded, false),
        false => (faded + weight, true),
    };
    let standing = if counted { Standing { score, at_ms } } else { before };
    let dead = report.fault == Fault::Address;
    let suspend = (dead && report.vouched) || score >= SCORE_LIMIT;
    Weighed {
        standing,
        counted,
        suspend: suspend.then_some(if dead { "address-dead" } else { "bounces" }),
    }
}

/// Whether an address is in trouble: suspended, or mail came back from it within the time that one
/// trouble takes.
#[must_use]
pub fn in_trouble(standing: Standing, suspended: bool, now_ms: i64) -> bool {
    let recent = now_ms - standing.at_ms < SAME_TROUBLE_DAYS * DAY_MS;
    suspended || standing.score > 0.0 && recent
}

/// A score as it weighs `elapsed_ms` later.
#[must_use]
pub fn decayed(score: f64, elapsed_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few years fit 52 bits")]
    let days = elapsed_ms.max(0) as f64 / DAY_MS as f64;
    score * (-days / HALF_LIFE_DAYS).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAD: Report = Report { fault: Fault::Address, vouched: false, repeated: false };
    const FULL: Report = Report { fault: Fault::Mailbox, vouched: true, repeated: false };
    const SPAM: Report = Report { fault: Fault::Ours, vouched: true, repeated: false };

    /// What reports on these days come to: score in hundredths, and on which day it is suspended.
    fn season(reports: &[(i64, Report)]) -> (i64, Option<i64>) {
        let mut standing = Standing::default();
        for (day, report) in reports {
            let weighed = weigh(standing, *report, day * DAY_MS);
            standing = weighed.standing;
            if weighed.suspend.is_some() {
                return (hundredths(standing.score), Some(*day));
            }
        }
        (hundredths(standing.score), None)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few hundred")]
    fn hundredths(score: f64) -> i64 {
        (score * 100.0).round() as i64
    }

    #[test]
    fn seasons() {
        // Days of the sample's notice, reminder and last call.
        let (notice, reminder, last) = (306, 342, 351);
        let again = Report { repeated: true, ..FULL };
        let vouched = Report { vouched: true, ..DEAD };
        for (what, reports, want) in [
            ("dead, and our token says so", vec![(notice, vouched)], (250, Some(notice))),
            ("dead, says anybody", vec![(notice, DEAD)], (250, None)),
            ("dead twice, says anybody", vec![(notice, DEAD), (last, DEAD)], (399, Some(last))),
            ("full once", vec![(notice, FULL)], (200, None)),
            (
                "full at notice and reminder",
                vec![(notice, FULL), (reminder, FULL)],
                (332, Some(reminder)),
            ),
            ("full a half-life apart", vec![(0, FULL), (60, FULL)], (300, Some(60))),
            ("full last season and this", vec![(notice, FULL), (notice + 365, FULL)], (203, None)),
            ("full in spring and autumn", vec![(120, FULL), (notice, FULL)], (223, None)),
            ("five members, one mailing", vec![(notice, FULL); 5], (200, None)),
            (
                "five members, reports over two weeks",
                vec![(0, FULL), (4, again), (8, again), (12, again), (14, again)],
                (200, None),
            ),
            ("two associations in one week", vec![(0, FULL), (6, FULL)], (200, None)),
            ("an answer a day comes back", (0..7).map(|day| (day, FULL)).collect(), (200, None)),
            ("full, then dead", vec![(0, FULL), (3, DEAD)], (250, None)),
            ("dead, then full", vec![(0, DEAD), (3, FULL)], (250, None)),
            (
                "called spam three times",
                vec![(notice, SPAM), (reminder, SPAM), (last, SPAM)],
                (125, None),
            ),
            ("full, and later called spam", vec![(notice, FULL), (reminder, SPAM)], (182, None)),
            ("spam, and full the day after", vec![(0, SPAM), (1, FULL)], (200, None)),
        ] {
            assert_eq!(season(&reports), want, "{what}");
        }
    }

    #[test]
    fn what_a_report_tells() {
        let before = Standing { score: 2.0, at_ms: 0 };
        let weighed = weigh(before, FULL, DAY_MS);
        assert_eq!((weighed.standing, weighed.counted), (before, false));
        let reason = |report| weigh(Standing { score: 3.0, at_ms: 0 }, report, 8 * DAY_MS).suspend;
        assert_eq!((reason(DEAD), reason(FULL)), (Some("address-dead"), Some("bounces")));
        for (hard, why, want) in [
            (true, "unknown-user", Fault::Address),
            (false, "mailbox-full", Fault::Mailbox),
            (false, "unknown", Fault::Mailbox),
            (false, "blocked", Fault::Ours),
        ] {
            assert_eq!(Fault::of(hard, why), want, "{why}");
        }
    }

    #[test]
    fn trouble_passes() {
        let standing = Standing { score: 2.0, at_ms: 0 };
        for (standing, suspended, day, want) in [
            (standing, false, 6, true),
            (standing, false, 7, false),
            (standing, true, 70, true),
            (Standing::default(), false, 0, false),
        ] {
            assert_eq!(in_trouble(standing, suspended, day * DAY_MS), want, "{standing:?} {day}");
        }
    }

    #[test]
    fn scores_fade() {
        assert!((decayed(2.0, 60 * DAY_MS) - 1.0).abs() < 1e-9);
        assert!((decayed(2.0, -5) - 2.0).abs() < 1e-9, "a clock behind the score adds nothing");
    }
}
