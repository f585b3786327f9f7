//! Owns the facts with which a desk's digest and pages are tried: each kind of line, each decision.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::sample::{LETTER, noon};
use super::{
    Behalf, DeskPage, DeskTyped, DeskView, FiringCase, LastDayList, LineMore, MemberCase, Page,
    PersonFacts, Typed,
};
use crate::config::Association;
use crate::domain::answer::Situation;
use crate::domain::change::Change;
use crate::domain::correction::Field;
use crate::domain::desk::{Case, Deed, Fault, Form};
use crate::domain::digest::{
    Act, Before, CameBack, Digest, Handle, Happened, Held, HeldFiring, InDoubt, Item, KeptMail,
    Listing, Section, Standing, TaskLine, Then, Unreachable, Went, Who,
};
use crate::domain::money::Cents;
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{FiringId, MessageRow, PersonId, TaskId};

/// What a desk's samples borrow from.
#[derive(Debug, Clone)]
pub(super) struct DeskSample {
    /// Everything that a digest can hold.
    pub full: Digest,
    /// Nothing.
    pub quiet: Digest,
    /// An address for each line of the full one.
    pub links: BTreeMap<Handle, String>,
    who: Who,
    /// One line of each kind of case.
    cases: Vec<(&'static str, Case, Item)>,
    renewed: Vec<(Who, Timestamp)>,
    open: Vec<(String, Cents)>,
}

impl DeskSample {
    pub(super) fn new(url: impl Fn(Handle) -> String) -> Self {
        let who = Who {
            member_no: "10442".into(),
            name: "Maëlle O’Exemple-Tremblay".into(),
            phone: "514-555-0142".into(),
        };
        let full = full(&who);
        let handles = full.listings.iter().flat_map(|l| &l.items).map(Item::handle);
        let more = [Act::Member, Act::LastDay].map(|act| Handle { act, target: 0 });
        let links = handles.chain(more).map(|h| (h, url(h))).collect();
        let cases = cases(&full);
        let renewed = vec![(who.clone(), noon(5))];
        let open = vec![("OEI-2027-000042".to_owned(), amount(55_575))];
        Self { quiet: quiet(), links, cases, renewed, open, who, full }
    }

    /// Every page of a desk, by name.
    pub(super) fn pages<'a>(
        &'a self,
        issuer: &'a Association,
        person: PersonFacts<'a>,
        [blank, filled]: [&'a Typed; 2],
    ) -> Vec<(String, Page<'a>)> {
        let page = |view, faults| desk_page(issuer, view, faults);
        let held = self.full.listings.iter().flat_map(|l| &l.items);
        let held: Vec<&HeldFiring> = held
            .filter_map(|item| if let Item::Firing(firing) = item { Some(firing) } else { None })
            .collect();
        let firing = FiringCase { line: held[0], all: 1204, en: 1100, fr: 104 };
        let mut all = vec![
            ("desk-firing".to_owned(), page(DeskView::Firing(firing), &[])),
            ("desk-firing-faulty".to_owned(), page(DeskView::Firing(firing), Fault::ALL)),
            ("desk-settled".to_owned(), page(DeskView::Settled, &[])),
            ("desk-expired".to_owned(), page(DeskView::Expired, &[])),
            ("desk-find".to_owned(), page(DeskView::Find, &[])),
            ("desk-last-day".to_owned(), page(DeskView::LastDay(self.last_day()), &[])),
        ];
        for line in held {
            let view = DeskView::Firing(FiringCase { line, ..firing });
            all.push((format!("desk-firing-{}", line.why.as_str()), page(view, &[])));
        }
        let nobody = LastDayList {
            undecided: &[],
            more: 0,
            renewed_today: &[],
            listings: &[],
            ..self.last_day()
        };
        all.push(("desk-last-day-done".to_owned(), page(DeskView::LastDay(nobody), &[])));
        all.extend(self.case_pages(issuer));
        for (act, deed) in DEEDS {
            let view = DeskView::Done {
                act,
                deed,
                staff: "A. Exemple",
                note: "Vu au téléphone.",
                at: noon(5),
            };
            let name = format!("desk-done-{}-{}", act.as_str(), deed.as_str());
            all.push((name, page(view, &[])));
        }
        for (name, closed, typed) in [("no-bill", false, blank), ("closed", true, filled)] {
            let state = if closed { RenewalState::Lapsed } else { RenewalState::Open };
            let member = MemberCase {
                person: PersonFacts { state, ..person },
                behalf: self.behalf(state),
                closed,
                typed,
                version: 2,
                nonce: "n0nce",
            };
            let faults: &[Fault] = if closed { &[Fault::NoStaff, Fault::NoChannel] } else { &[] };
            all.push((format!("desk-member-{name}"), page(DeskView::Member(member), faults)));
        }
        all
    }

    /// The page of each kind of line.
    fn case_pages<'a>(&'a self, issuer: &'a Association) -> Vec<(String, Page<'a>)> {
        let page = |view| desk_page(issuer, view, &[]);
        let mut all = Vec::new();
        for (name, case, item) in &self.cases {
            let today = jiff::civil::date(2026, 12, 4);
            let line = |more| page(DeskView::Line { case: *case, item, more, today });
            if let (Case::Situation | Case::Conflict, Item::Task(task)) = (case, item) {
                // Of which nothing is left but to say that it is done.
                let (case, more) = (Case::Task(task.kind), LineMore::Nothing);
                let view = DeskView::Line { case, item, more, today };
                all.push((format!("desk-{name}"), page(view)));
            }
            match case {
                Case::Situation => {
                    let said = Situation::ALL.map(Situation::as_str);
                    let differs = Change::ALL.map(Change::as_str);
                    for what in said.into_iter().chain(differs) {
                        let words = if what == "other" { LETTER } else { "" };
                        let more = LineMore::Situation { what, words, category: "full" };
                        all.push((format!("desk-situation-{what}"), line(more)));
                    }
                }
                Case::Conflict => {
                    for field in Field::ALL {
                        let (ours, theirs) = ("12, rue de l’Exemple", "14, rue <Exemple>");
                        let more = LineMore::Conflict { field, ours, theirs };
                        all.push((format!("desk-conflict-{}", field.as_str()), line(more)));
                    }
                }
                Case::Address => {
                    all.push((format!("desk-{name}"), line(LineMore::Shared("10443, 10555"))));
                }
                Case::Mail => all.push((format!("desk-{name}"), line(LineMore::Text(LETTER)))),
                Case::Credit { .. } => {
                    all.push((format!("desk-{name}"), line(LineMore::Open(&self.open))));
                }
                _ => all.push((format!("desk-{name}"), line(LineMore::Nothing))),
            }
        }
        all
    }

    /// For whom a desk has a member's page open.
    pub(super) fn behalf(&self, state: RenewalState) -> Behalf<'_> {
        let open = state == RenewalState::Open;
        let address = if open { "" } else { "m.exemple@example.org" };
        Behalf { who: &self.who, address, state, stopped: !open }
    }

    fn last_day(&self) -> LastDayList<'_> {
        LastDayList {
            now: noon(4),
            undecided: std::slice::from_ref(&self.who),
            more: 12,
            renewed_today: &self.renewed,
            listings: &self.full.listings[..2],
        }
    }
}

/// Every decision and what it is made about.
const DEEDS: [(Act, Deed); 19] = [
    (Act::Firing, Deed::Send),
    (Act::Firing, Deed::Cancel),
    (Act::Message, Deed::Left),
    (Act::Message, Deed::Resend),
    (Act::Message, Deed::Cancel),
    (Act::Address, Deed::Lift),
    (Act::Task, Deed::Done),
    (Act::Task, Deed::Dropped),
    (Act::Mail, Deed::Answered),
    (Act::Task, Deed::Received),
    (Act::Task, Deed::Category),
    (Act::Task, Deed::Leave),
    (Act::Task, Deed::Moved),
    (Act::Task, Deed::Ended),
    (Act::Task, Deed::Refused),
    (Act::Task, Deed::Ours),
    (Act::Task, Deed::Theirs),
    (Act::Task, Deed::Applied),
    (Act::Task, Deed::Refunded),
];

fn amount(cents: i64) -> Cents {
    Cents::new(cents).unwrap_or_default()
}

/// One of them; with faults, what was typed is shown again.
fn desk_page<'a>(issuer: &'a Association, view: DeskView<'a>, faults: &'a [Fault]) -> Page<'a> {
    let typed = if faults.is_empty() {
        DeskTyped::default()
    } else {
        let form = Form { staff: "A. & B.", note: "</textarea>", ..Form::default() };
        DeskTyped { form, member_no: "1\"" }
    };
    Page::Desk(DeskPage { issuer, view, typed, faults })
}

fn cases(full: &Digest) -> Vec<(&'static str, Case, Item)> {
    let items = full.listings.iter().flat_map(|l| &l.items);
    items
        .filter_map(|item| {
            let (name, case) = match item {
                Item::Firing(_) => return None,
                Item::InDoubt(_) => ("message", Case::Message),
                Item::Unreachable(_) => ("address", Case::Address),
                Item::Task(task) if task.kind == TaskKind::ExpectedCheque => {
                    let owed = amount(55_575);
                    (task.kind.as_str(), Case::Money { kind: task.kind, owed })
                }
                Item::Task(task) => {
                    let case = match task.kind {
                        TaskKind::Situation => Case::Situation,
                        TaskKind::Conflict => Case::Conflict,
                        TaskKind::Credit => Case::Credit { waits: amount(123_456) },
                        kind => Case::Task(kind),
                    };
                    (task.kind.as_str(), case)
                }
                Item::Mail(_) => ("mail", Case::Mail),
            };
            Some((name, case, item.clone()))
        })
        .fold(Vec::new(), |mut kept, case| {
            if kept.iter().all(|(name, ..)| *name != case.0) {
                kept.push(case);
            }
            kept
        })
}

fn full(who: &Who) -> Digest {
    let mut listings = messages(who);
    for (n, kind) in (1..).zip(TaskKind::ALL) {
        let section = Section::of(*kind);
        match listings.iter_mut().find(|l| l.section == section) {
            Some(listing) => listing.items.push(task(who, n, *kind)),
            None => listings.push(listed(section, vec![task(who, n, *kind)], 0)),
        }
    }
    let mail = Item::Mail(KeptMail {
        id: 5,
        from: "inconnu@example.net".into(),
        subject: "Question <sur> ma prime".into(),
        received: noon(4),
    });
    if let Some(mails) = listings.iter_mut().find(|l| l.section == Section::Mails) {
        mails.items.push(mail);
    }
    Digest {
        since: Some(noon(3)),
        until: noon(4),
        listings,
        happened: happened(),
        last_day: true,
        pause: Some(noon(3)),
        head: (812, "5f1d0a".repeat(10)),
    }
}

fn listed(section: Section, items: Vec<Item>, more: i64) -> Listing {
    Listing { section, items, more }
}

/// What stands still, and whom nothing reaches.
fn messages(who: &Who) -> Vec<Listing> {
    let firings = (1..).zip(Held::ALL).map(|(id, why)| {
        let dead = why == Held::DeadAddresses;
        let until = match why {
            Held::Late => Some((noon(7), Then::Sent)),
            Held::BeforeUs => Some((noon(7), Then::Cancelled)),
            _ => None,
        };
        Item::Firing(HeldFiring {
            id: FiringId(id),
            step: if dead { "reminder-1" } else { "special" }.into(),
            due: noon(4),
            held: if dead { 37 } else { 0 },
            why,
            until,
            deputy: (why != Held::Surprising).then(|| ("CEI".to_owned(), noon(5))),
        })
    });
    let in_doubt = |id, who| {
        Item::InDoubt(InDoubt { id: MessageRow(id), kind: "notice".into(), who, since: noon(4) })
    };
    let unreachable = |id, [phone, other, employer]: [&str; 3]| {
        Item::Unreachable(Unreachable {
            id: PersonId(id),
            who: Who { phone: phone.into(), ..who.clone() },
            address: "m.exemple@example.org".into(),
            reason: "address-dead".into(),
            since: noon(3),
            other_address: other.into(),
            employer: employer.into(),
        })
    };
    let ways = ["514-555-0142", "maelle@example.net", "Ville d’Exemple"];
    vec![
        listed(Section::Firings, firings.collect(), 0),
        listed(Section::InDoubt, vec![in_doubt(1, Some(who.clone())), in_doubt(2, None)], 0),
        listed(Section::Unreachable, vec![unreachable(1, ways), unreachable(2, [""; 3])], 1204),
    ]
}

fn task(who: &Who, id: i64, kind: TaskKind) -> Item {
    let money = matches!(kind, TaskKind::Credit | TaskKind::ExpectedCheque);
    let number = if kind == TaskKind::ExpectedCheque { "OEI-2027-000042" } else { "" };
    Item::Task(TaskLine {
        id: TaskId(id),
        kind,
        who: (kind != TaskKind::Credit).then(|| who.clone()),
        since: noon(2),
        cents: money.then_some(123_456),
        reference: number.into(),
    })
}

fn happened() -> Happened {
    Happened {
        went: vec![
            Went { step: "notice".into(), en: 1100, fr: 104 },
            Went { step: "reminder-1".into(), en: 3, fr: 0 },
        ],
        back: CameBack { hard: 1, soft: 2, complaints: 1, absent: 9, answers: 61, forwarded: 4 },
        standing: Standing {
            open: 1000,
            pledged: 150,
            paid: 40,
            not_renewing: 9,
            with_desk: 4,
            lapsed: 1,
        },
        before: Some(Before { season: "2026".into(), renewed: 177, paid: 51, not_renewing: 7 }),
        corrections: 3,
    }
}

fn quiet() -> Digest {
    Digest {
        since: None,
        until: noon(4),
        listings: Vec::new(),
        happened: Happened::default(),
        last_day: false,
        pause: None,
        head: (0, String::new()),
    }
}
