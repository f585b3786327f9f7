//! Owns the facts with which a desk's digest and pages are tried: each kind of line, each decision.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::sample::{LETTER, noon};
use super::{
    Behalf, DeskPage, DeskTyped, DeskView, FiringCase, LastDayList, MemberCase, Page, PersonFacts,
    Typed,
};
use crate::config::Association;
use crate::domain::desk::{Case, Deed, Fault, Form};
use crate::domain::digest::{
    Act, Before, CameBack, Digest, Handle, Happened, HeldFiring, InDoubt, Item, KeptMail, Listing,
    Section, Standing, TaskLine, Unreachable, Went, Who,
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
        Self { quiet: quiet(), links, cases, renewed: vec![(who.clone(), noon(5))], who, full }
    }

    /// Every page of a desk, by name.
    pub(super) fn pages<'a>(
        &'a self,
        issuer: &'a Association,
        person: PersonFacts<'a>,
        [blank, filled]: [&'a Typed; 2],
    ) -> Vec<(String, Page<'a>)> {
        let page = |view, faults| desk_page(issuer, view, faults);
        let firing = FiringCase {
            step: "reminder-1",
            due: noon(4),
            until: Some(noon(6)),
            all: 1204,
            en: 1100,
            fr: 104,
        };
        let mut all = vec![
            ("desk-firing".to_owned(), page(DeskView::Firing(firing), &[])),
            ("desk-firing-faulty".to_owned(), page(DeskView::Firing(firing), Fault::ALL)),
            ("desk-settled".to_owned(), page(DeskView::Settled, &[])),
            ("desk-expired".to_owned(), page(DeskView::Expired, &[])),
            ("desk-find".to_owned(), page(DeskView::Find, &[])),
            ("desk-last-day".to_owned(), page(DeskView::LastDay(self.last_day()), &[])),
        ];
        let nobody = LastDayList {
            undecided: &[],
            more: 0,
            renewed_today: &[],
            listings: &[],
            ..self.last_day()
        };
        all.push(("desk-last-day-done".to_owned(), page(DeskView::LastDay(nobody), &[])));
        for (name, case, item) in &self.cases {
            let shared = if *case == Case::Address { "10443, 10555" } else { "" };
            let text = if *case == Case::Mail { LETTER } else { "" };
            let today = jiff::civil::date(2026, 12, 4);
            let view = DeskView::Line { case: *case, item, shared, text, today };
            all.push((format!("desk-{name}"), page(view, &[])));
        }
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
const DEEDS: [(Act, Deed); 10] = [
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
];

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
                    let owed = Cents::new(55_575).unwrap_or_default();
                    (task.kind.as_str(), Case::Money { kind: task.kind, owed })
                }
                Item::Task(task) => (task.kind.as_str(), Case::Task(task.kind)),
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
    listings.extend([listed(Section::Mails, vec![mail], 0)]);
    Digest {
        since: Some(noon(3)),
        until: noon(4),
        listings,
        happened: happened(),
        last_day: true,
        head: (812, "5f1d0a".repeat(10)),
    }
}

fn listed(section: Section, items: Vec<Item>, more: i64) -> Listing {
    Listing { section, items, more }
}

/// What stands still, and whom nothing reaches.
fn messages(who: &Who) -> Vec<Listing> {
    let firing = |id, held, until| {
        let step = if held > 0 { "reminder-1" } else { "special" };
        Item::Firing(HeldFiring { id: FiringId(id), step: step.into(), due: noon(4), held, until })
    };
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
        listed(Section::Firings, vec![firing(1, 37, None), firing(2, 0, Some(noon(7)))], 0),
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
        head: (0, String::new()),
    }
}
