//! Whatever is recorded, applied, bounced, refunded and taken back over the invoices of two payers of
//! two associations: of what came in, what is applied, what waits and what went back come to it, to
//! the cent, for each association by itself.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::bench::Bench;
use super::super::{Action, apply};
use super::*;
use crate::actions::invoices::{Why, credit_by_desk};
use crate::domain::answer::{Answer, Choice, Employer};
use crate::domain::payment::{Across, Reversal};

/// Associations, each with a payer of three members.
const ISSUERS: [&str; 2] = ["OPPI", "CIP"];
const MEMBERS: usize = 3;
/// Runs: each is a store of its own.
const CASES: u32 = 24;

/// One thing that happens. Numbers are taken modulo what is there.
#[derive(Debug, Clone)]
enum Event {
    /// Money of a payer, for all that is open or for one invoice.
    Record { issuer: usize, cents: i64, invoice: Option<usize> },
    /// Money that names no payer and no invoice.
    Unnamed { issuer: usize, cents: i64 },
    /// What waits of a payment is applied to an invoice.
    Allocate { payment: usize, invoice: usize },
    /// Money goes back, all of it or some.
    Back { payment: usize, cents: Option<i64>, why: Reversal },
    /// An invoice is taken back, with another in its place or without.
    Credit { invoice: usize, reissue: bool },
}

fn event() -> impl Strategy<Value = Event> {
    let (issuer, any_one) = (0..ISSUERS.len(), 0usize..12);
    let cents = prop_oneof![1i64..1_000, 1i64..300_000, Just(96_255i64)];
    let why =
        prop_oneof![Just(Reversal::Bounced), Just(Reversal::Refund), Just(Reversal::Chargeback)];
    let (some, one) = (proptest::option::of(any_one.clone()), any_one);
    let part = proptest::option::of(1i64..200_000);
    prop_oneof![
        4 => (issuer.clone(), cents.clone(), some)
            .prop_map(|(issuer, cents, invoice)| Event::Record { issuer, cents, invoice }),
        1 => (issuer, cents).prop_map(|(issuer, cents)| Event::Unnamed { issuer, cents }),
        3 => (one.clone(), one.clone())
            .prop_map(|(payment, invoice)| Event::Allocate { payment, invoice }),
        3 => (one.clone(), part, why)
            .prop_map(|(payment, cents, why)| Event::Back { payment, cents, why }),
        1 => (one, any::<bool>()).prop_map(|(invoice, reissue)| Event::Credit { invoice, reissue }),
    ]
}

/// Two associations, a payer of three members each; gives the payers.
fn begin(across: Across) -> (Bench, Vec<PayerId>) {
    let mut bench = Bench::new();
    let mut config = (*bench.context.config).clone();
    config.relance.payment.across = across;
    bench.context.config = std::sync::Arc::new(config);
    for (n, issuer) in (0..).flat_map(|n| ISSUERS.map(|i| (n, i))).take(MEMBERS * 2) {
        let of = i64::try_from(ISSUERS.iter().position(|i| *i == issuer).unwrap()).unwrap();
        let renewal = bench.member(1 + n + 10 * of, &[&format!("{issuer}+")]);
        let employer = Employer {
            name: "City of Example".into(),
            email: "accounts@city.test".into(),
            purchase_order: String::new(),
        };
        let answer = &Answer { employer: Some(employer), ..Answer::plain(Choice::Invoice) };
        let action = Action::Answer { renewal, answer, form: None };
        apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap();
    }
    let payers = rows::by_email(&bench.c, "accounts@city.test").unwrap();
    let of = |issuer: &&str| payers.iter().find(|p| p.issuer == **issuer).unwrap().id;
    let payers = ISSUERS.iter().map(of).collect();
    (bench, payers)
}

/// What stands there of something, by a number that may be too large; `None` of nothing.
fn pick<T>(all: Vec<T>, n: usize) -> Option<T> {
    let len = all.len().max(1);
    all.into_iter().nth(n % len)
}

fn happen(bench: &Bench, payers: &[PayerId], event: &Event) {
    let (c, context, evidence) = (&bench.c, &bench.context, &bench.evidence());
    let invoices = || documents::list(c, "2027", None).unwrap();
    let payments = || kept::list(c, None).unwrap();
    let money = |issuer: usize, cents, by| Money {
        issuer: ISSUERS[issuer],
        method: Method::Cheque,
        external: None,
        amount: Cents::new(cents).unwrap(),
        received_on: "2026-12-01".parse().unwrap(),
        reference: "",
        by,
    };
    // Whatever is refused (another association's invoice, more than is left) changes nothing.
    match event {
        Event::Record { issuer, cents, invoice } => {
            let named = invoice.and_then(|n| pick(invoices(), n)).map(|i| i.id);
            let money = money(*issuer, *cents, PaidBy::Payer(payers[*issuer]));
            record(c, context, &money, named.as_slice(), evidence).unwrap();
        }
        Event::Unnamed { issuer, cents } => {
            record(c, context, &money(*issuer, *cents, PaidBy::Billed), &[], evidence).unwrap();
        }
        Event::Allocate { payment, invoice } => {
            let (Some(payment), Some(invoice)) =
                (pick(payments(), *payment), pick(invoices(), *invoice))
            else {
                return;
            };
            allocate(c, context, payment.id, &[invoice.id], evidence).unwrap();
        }
        Event::Back { payment, cents, why } => {
            let Some(payment) = pick(payments(), *payment) else { return };
            let (amount, on) = (cents.and_then(Cents::new), "2026-12-10".parse().unwrap());
            reverse(c, context, payment.id, amount, *why, on, None, evidence).unwrap();
        }
        Event::Credit { invoice, reissue } => {
            let Some(invoice) = pick(invoices(), *invoice) else { return };
            let done =
                credit_by_desk(c, context, &invoice.number, Why::Mistake, *reissue, evidence);
            done.unwrap().ok();
        }
    }
}

/// In cents: what came in, what went back, what is applied, what waits.
fn books(bench: &Bench, issuer: &str) -> [i64; 4] {
    let mut books = [0; 4];
    for payment in kept::list(&bench.c, Some(issuer)).unwrap() {
        if payment.reverses.is_some() {
            books[1] -= payment.amount.get();
            continue;
        }
        books[0] += payment.amount.get();
        books[3] += kept::unapplied(&bench.c, payment.id).unwrap().get();
    }
    for invoice in documents::list(&bench.c, "2027", Some(issuer)).unwrap() {
        let applied = kept::applied_to(&bench.c, invoice.id).unwrap();
        books[2] += payment::sum(&applied).get();
        for on in applied {
            let line = &invoice.bill.lines[usize::try_from(on.line - 1).unwrap()];
            assert!((0..=line.total().get()).contains(&on.amount.get()), "{}", invoice.number);
        }
        let paid = payers::left(&bench.c, &invoice).unwrap() == Cents::ZERO && invoice.stands();
        let state = bench.state(invoice.renewal);
        assert!(!paid || state == RenewalState::Paid, "{} {state}", invoice.number);
    }
    books
}

#[test]
fn of_what_came_in_every_cent_is_somewhere() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let all = (
        prop_oneof![Just(Across::Invoices), Just(Across::Lines)],
        prop::collection::vec(event(), 1..24),
    );
    let run = runner.run(&all, |(across, events)| {
        let (bench, payers) = begin(across);
        for event in &events {
            happen(&bench, &payers, event);
            for issuer in ISSUERS {
                let [came, went, applied, waits] = books(&bench, issuer);
                prop_assert_eq!(came, applied + waits + went, "{} after {:?}", issuer, event);
                prop_assert!(waits >= 0 && applied >= 0);
            }
        }
        bench.ledger();
        Ok(())
    });
    run.unwrap();
}
