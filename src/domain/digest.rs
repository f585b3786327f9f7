//! Owns what a desk's digest holds: which lines, in which order, how many of them, and whether
//! there is anything to tell at all. Takes what the store found; says nothing in words.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::words::{Lang, TaskKind};
use crate::ids::{FiringId, MessageRow, PersonId, TaskId};

/// Lines of one section in one digest: what a person reads in one go. The rest is counted and
/// stands in the command that the section names.
pub const LINES_MAX: usize = 20;
/// So long after the last one a digest goes out whatever it holds: a week less half a day, since
/// clocks change and mornings differ.
const SILENCE_HOURS_MAX: i64 = 6 * 24 + 12;

/// One act of a desk, for which a link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A held firing, or what is held of one: send or cancel.
    Firing,
    /// A message in doubt: it left, or send it again.
    Message,
    /// An address that nothing is mailed to: lift that.
    Address,
    /// A line that waits: close it, with what came of it.
    Task,
    /// A mail that was kept and not passed on: it is answered.
    Mail,
    /// Any act of a member, on the member's behalf.
    Member,
    /// The last day's list: looking only.
    LastDay,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 7] = [
        Self::Firing,
        Self::Message,
        Self::Address,
        Self::Task,
        Self::Mail,
        Self::Member,
        Self::LastDay,
    ];

    /// Stable text form, as in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Message => "message",
            Self::Address => "address",
            Self::Task => "task",
            Self::Mail => "mail",
            Self::Member => "member",
            Self::LastDay => "last-day",
        }
    }

    /// The act with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }

    /// Whether the link is spent by acting. A desk acts for many members by one link.
    #[must_use]
    pub const fn is_once(self) -> bool {
        !matches!(self, Self::Member | Self::LastDay)
    }
}

/// An act on one thing: what a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Handle {
    /// What is done.
    pub act: Act,
    /// Row of what it is done to; 0 for an act on none.
    pub target: i64,
}

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
    /// When the waiting ends; `None`: only by a person.
    pub until: Option<Timestamp>,
}

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

/// The sections that hold lines, the most urgent first: what stands still, then whom nobody can
/// reach, then what members wait for, then the desk's own books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Mailings that wait for a decision.
    Firings,
    /// Messages in doubt.
    InDoubt,
    /// Addresses that bounce.
    Unreachable,
    /// Changed situations.
    Situations,
    /// Answers to the insurance questions to follow up.
    Insurance,
    /// Members to call.
    Calls,
    /// Mails that wait for an answer.
    Mails,
    /// Members who say that they have paid.
    SaysPaid,
    /// Intents to pay that are overdue.
    Overdue,
    /// Paid twice, and money applied to nothing.
    Credits,
    /// Where list and member disagree.
    Conflicts,
    /// Cheques and transfers to come.
    Expected,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 12] = [
        Self::Firings,
        Self::InDoubt,
        Self::Unreachable,
        Self::Situations,
        Self::Insurance,
        Self::Calls,
        Self::Mails,
        Self::SaysPaid,
        Self::Overdue,
        Self::Credits,
        Self::Conflicts,
        Self::Expected,
    ];

    /// Stable text form, for templates and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firings => "firings",
            Self::InDoubt => "in-doubt",
            Self::Unreachable => "unreachable",
            Self::Situations => "situations",
            Self::Insurance => "insurance",
            Self::Calls => "calls",
            Self::Mails => "mails",
            Self::SaysPaid => "says-paid",
            Self::Overdue => "overdue",
            Self::Credits => "credits",
            Self::Conflicts => "conflicts",
            Self::Expected => "expected",
        }
    }

    /// The section in which a line of another part stands.
    #[must_use]
    pub const fn of(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Situation => Self::Situations,
            TaskKind::Insurance => Self::Insurance,
            TaskKind::ExpectedCheque => Self::Expected,
            TaskKind::SaysPaid => Self::SaysPaid,
            TaskKind::Credit | TaskKind::DoublePayment => Self::Credits,
            TaskKind::Conflict => Self::Conflicts,
            TaskKind::Call => Self::Calls,
            TaskKind::Forward => Self::Mails,
            TaskKind::Overdue => Self::Overdue,
        }
    }
}

/// One section with its lines, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Which.
    pub section: Section,
    /// At most [`LINES_MAX`].
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: i64,
}

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

/// Brings lines into order: sections by urgency, empty ones left out, each with its first lines
/// and the number of the rest. `found` gives for a section its oldest lines and how many there
/// are in all; `most` is how many of them are listed.
#[must_use]
pub fn listings(mut found: BTreeMap<Section, (Vec<Item>, i64)>, most: usize) -> Vec<Listing> {
    Section::ALL
        .into_iter()
        .filter_map(|section| {
            let (mut items, all) = found.remove(&section)?;
            items.truncate(most);
            let more = (all - count(&items)).max(0);
            (!items.is_empty()).then_some(Listing { section, items, more })
        })
        .collect()
}

fn count(items: &[Item]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
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
    use super::*;

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
