//! Owns what a desk's digest holds: which lines, in which order, how many of them, and whether
//! there is anything to tell at all. Takes what the store found; says nothing in words.

mod act;
mod line;
mod section;

pub use act::{Act, Handle};
pub use line::{
    Held, HeldFiring, InDoubt, Item, KeptMail, TaskLine, Then, Unreachable, Who, takes_over,
};
pub use section::{Listing, Section, listings};

use jiff::{SignedDuration, Timestamp};
use section::count;
use serde::Serialize;

use super::words::Lang;

/// Lines of one section in one digest: what a person reads in one go. The rest is counted and
/// stands in the command that the section names.
pub const LINES_MAX: usize = 20;
/// So long after the last one a digest goes out whatever it holds: a week less half a day, since
/// clocks change and mornings differ.
const SILENCE_HOURS_MAX: i64 = 6 * 24 + 12;

/// How many went out of one step, or of one other kind of message, by first language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Went {
    /// The step's name, or the message's kind.
    pub step: String,
    /// English first.
    pub en: i64,
    /// French first.
    pub fr: i64,
}

/// What came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CameBack {
    /// Reports that the address is dead.
    pub hard: i64,
    /// Reports of other trouble: a full mailbox, a policy.
    pub soft: i64,
    /// Complaints.
    pub complaints: i64,
    /// Out-of-office notes.
    pub absent: i64,
    /// Answers of members, by page or mail.
    pub answers: i64,
    /// Mails passed on to the desk.
    pub forwarded: i64,
}

/// Where renewals stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are RenewalState's words")]
pub struct Standing {
    pub open: i64,
    pub pledged: i64,
    pub paid: i64,
    pub not_renewing: i64,
    pub with_desk: i64,
    pub lapsed: i64,
}

impl Standing {
    /// Renewed: promised or paid.
    #[must_use]
    pub const fn renewed(&self) -> i64 {
        self.pledged + self.paid
    }

    /// All that were opened.
    #[must_use]
    pub const fn all(&self) -> i64 {
        self.renewed() + self.open + self.not_renewing + self.with_desk + self.lapsed
    }
}

/// What is known of the season before on the same day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Before {
    /// That season's id.
    pub season: String,
    /// Renewed by then.
    pub renewed: i64,
    /// Of them, paid by then.
    pub paid: i64,
    /// Had said that they do not renew.
    pub not_renewing: i64,
}

/// What happened since the digest before, and where things stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// What went out.
    pub went: Vec<Went>,
    /// What came back.
    pub back: CameBack,
    /// Where renewals stand now.
    pub standing: Standing,
    /// On the same day of the season before, where known.
    pub before: Option<Before>,
    /// Corrections of members that the list does not have yet.
    pub corrections: i64,
}

/// Everything that one digest tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// Lines that need a person, by urgency.
    pub listings: Vec<Listing>,
    /// What happened.
    pub happened: Happened,
    /// Whether today is the last day before the deadline.
    pub last_day: bool,
    /// When a person let a store go on that had been held, if one did since then.
    pub pause: Option<Timestamp>,
    /// The ledger's last line: its number and hash, in hexadecimal.
    pub head: (i64, String),
}

impl Digest {
    /// Whether there is anything to tell. Lines alone count every time: they wait for somebody.
    #[must_use]
    pub fn tells(&self) -> bool {
        let back = self.happened.back;
        let came = back.hard + back.soft + back.complaints + back.absent;
        let came = came + back.answers + back.forwarded;
        let news = self.last_day || self.pause.is_some() || came > 0;
        news || !self.listings.is_empty() || !self.happened.went.is_empty()
    }

    /// Code of the association whose desk decides too, where a mailing has stood still for so long.
    #[must_use]
    pub fn deputy(&self, now: Timestamp) -> Option<&str> {
        self.listings.iter().flat_map(|l| &l.items).find_map(|item| match item {
            Item::Firing(HeldFiring { deputy: Some((code, from)), .. }) if *from <= now => {
                Some(code.as_str())
            }
            _ => None,
        })
    }

    /// How many lines need a person.
    #[must_use]
    pub fn waiting(&self) -> i64 {
        self.listings.iter().map(|l| count(&l.items) + l.more).sum()
    }
}

/// Whether a digest goes out: it has something to tell, config wants it anyway, or the desk has
/// heard nothing for a week.
#[must_use]
pub fn goes(tells: bool, quiet: bool, last_sent: Option<Timestamp>, now: Timestamp) -> bool {
    let silence = SignedDuration::from_hours(SILENCE_HOURS_MAX);
    tells || quiet || last_sent.is_none_or(|at| now.duration_since(at) >= silence)
}

/// Counts by step and language, in the order in which steps were met.
#[must_use]
pub fn went(counts: impl IntoIterator<Item = (String, Lang, i64)>) -> Vec<Went> {
    let mut out: Vec<Went> = Vec::new();
    for (step, lang, n) in counts {
        let at = out.iter().position(|w| w.step == step).unwrap_or_else(|| {
            out.push(Went { step, en: 0, fr: 0 });
            out.len() - 1
        });
        match lang {
            Lang::En => out[at].en += n,
            Lang::Fr => out[at].fr += n,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::words::TaskKind;
    use crate::ids::TaskId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn mail(id: i64) -> Item {
        let received = at("2026-11-04T12:00:00Z");
        Item::Mail(KeptMail { id, from: "a@b.example".into(), subject: String::new(), received })
    }

    fn empty() -> Digest {
        Digest {
            since: None,
            until: at("2026-11-05T12:30:00Z"),
            listings: Vec::new(),
            happened: Happened::default(),
            last_day: false,
            pause: None,
            head: (0, String::new()),
        }
    }

    #[test]
    fn sections_are_in_order_of_urgency_bounded_and_never_empty() {
        let task = |id, kind| {
            Item::Task(TaskLine {
                id: TaskId(id),
                kind,
                who: None,
                since: at("2026-11-04T12:00:00Z"),
                cents: Some(100),
                reference: String::new(),
            })
        };
        let found = BTreeMap::from([
            (Section::Expected, (vec![task(1, TaskKind::ExpectedCheque)], 1)),
            (Section::Mails, ((1..=30).map(mail).collect(), 44)),
            (Section::Calls, (Vec::new(), 0)),
            (Section::Situations, (vec![task(2, TaskKind::Situation)], 3)),
        ]);
        let listed = listings(found, LINES_MAX);
        let shape: Vec<_> = listed.iter().map(|l| (l.section, l.items.len(), l.more)).collect();
        assert_eq!(
            shape,
            [(Section::Situations, 1, 2), (Section::Mails, 20, 24), (Section::Expected, 1, 0)]
        );
        assert_eq!(listed[1].items[0].handle(), Handle { act: Act::Mail, target: 1 });
        let digest = Digest { listings: listed, ..empty() };
        assert_eq!(digest.waiting(), 3 + 44 + 1);
        assert!(digest.tells());
    }

    #[test]
    fn the_order_of_sections_is_theirs() {
        assert!(Section::ALL.is_sorted());
        for kind in TaskKind::ALL {
            assert!(Section::ALL.contains(&Section::of(*kind)), "{kind}");
        }
        for act in Act::ALL {
            assert_eq!(Act::parse(act.as_str()), Some(act));
        }
    }

    #[test]
    fn anything_that_happened_is_told() {
        let with = |change: fn(&mut Digest)| {
            let mut digest = empty();
            change(&mut digest);
            digest.tells()
        };
        assert!(!with(|_| {}));
        assert!(!with(|d| d.happened.standing.open = 5), "what stands still is no news");
        assert!(with(|d| d.last_day = true));
        assert!(with(|d| d.pause = Some(d.until)));
        assert!(with(|d| d.happened.back.hard = 1));
        assert!(with(|d| d.happened.back.absent = 1));
        assert!(with(|d| d.happened.back.answers = 1));
        assert!(with(|d| d.happened.went = went([("notice".into(), Lang::Fr, 1)])));
    }

    #[test]
    fn one_goes_each_week_whatever_it_holds() {
        let now = at("2026-11-16T12:30:00Z");
        let ago = |hours| Some(now.saturating_sub(SignedDuration::from_hours(hours)).unwrap());
        for (tells, quiet, last, want) in [
            (true, false, ago(1), true),
            (false, true, ago(1), true),
            (false, false, ago(24), false),
            (false, false, ago(72), false),
            (false, false, ago(155), false),
            // A week in which the clocks went forward.
            (false, false, ago(167), true),
            (false, false, ago(168), true),
            (false, false, None, true),
        ] {
            assert_eq!(goes(tells, quiet, last, now), want, "{tells} {quiet} {last:?}");
        }
    }

    #[test]
    fn languages_of_one_step_stand_in_one_line() {
        let counts =
            [("notice", Lang::En, 3), ("reminder-1", Lang::Fr, 1), ("notice", Lang::Fr, 2)];
        let told = went(counts.map(|(step, lang, n)| (step.to_owned(), lang, n)));
        assert_eq!(told[0], Went { step: "notice".into(), en: 3, fr: 2 });
        assert_eq!(told[1], Went { step: "reminder-1".into(), en: 0, fr: 1 });
    }
}
