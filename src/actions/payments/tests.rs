use super::super::bench::Bench;
use super::super::{Action, Applied, apply};
use super::*;
use crate::domain::answer::{Answer, Choice};
use crate::domain::bill::LineKind;
use crate::domain::payment::Reversal;

fn cents(value: i64) -> Cents {
    Cents::new(value).unwrap()
}

/// The total of an Ontarian's invoice from OPPI: two dues at 13 %, the premium at 8 %.
const TOTAL: i64 = 96_255;
const PREMIUM: i64 = 18_500 + 1_480;

/// A pledged renewal and its invoice.
fn pledged(bench: &Bench, n: i64) -> (RenewalId, Invoice) {
    let renewal = bench.member(n, &["OPPI+", "CIP"]);
    let answer = &crate::domain::answer::Answer::plain(Choice::Invoice);
    let action = Action::Answer { renewal, answer, form: None };
    assert_eq!(apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap(), Applied::Done);
    (renewal, documents::standing(&bench.c, renewal).unwrap().remove(0))
}

fn cheque(amount: i64) -> Money<'static> {
    Money {
        issuer: "OPPI",
        method: Method::Cheque,
        external: None,
        amount: cents(amount),
        received_on: "2026-12-01".parse().unwrap(),
        reference: "cheque 117",
        by: PaidBy::Billed,
    }
}

fn pay(bench: &Bench, money: &Money<'_>, invoices: &[InvoiceId]) -> (PaymentId, i64) {
    match record(&bench.c, &bench.context, money, invoices, &bench.evidence()).unwrap() {
        Recorded::New { payment, unapplied } => (payment, unapplied.get()),
        other => panic!("{other:?}"),
    }
}

fn back(bench: &Bench, payment: PaymentId, amount: Option<i64>, why: Reversal) -> Recorded {
    let on = "2026-12-10".parse().unwrap();
    let amount = amount.map(cents);
    reverse(&bench.c, &bench.context, payment, amount, why, on, None, &bench.evidence()).unwrap()
}

fn open_tasks(bench: &Bench) -> Vec<&'static str> {
    tasks::open_of(&bench.c, "OPPI").unwrap().iter().map(|t| t.kind.as_str()).collect()
}

fn receipts(bench: &Bench) -> usize {
    bench.mailed().iter().filter(|kind| *kind == "receipt").count()
}

/// For every payment: what is applied and what is not come to what is left of it; no line has more
/// than it owes.
fn adds_up(bench: &Bench) {
    for payment in kept::list(&bench.c, None).unwrap() {
        if payment.reverses.is_some() {
            continue;
        }
        let applied = payment::sum(&kept::applied_of(&bench.c, payment.id).unwrap());
        let unapplied = kept::unapplied(&bench.c, payment.id).unwrap();
        let left = kept::left(&bench.c, payment.id).unwrap();
        assert_eq!(applied.get() + unapplied.get(), left.get(), "payment {}", payment.id.0);
        assert!(unapplied.get() >= 0 && left.get() >= 0);
    }
    for invoice in documents::list(&bench.c, "2027", None).unwrap() {
        for on in kept::applied_to(&bench.c, invoice.id).unwrap() {
            let line = &invoice.bill.lines[usize::try_from(on.line - 1).unwrap()];
            assert!((0..=line.total().get()).contains(&on.amount.get()), "{}", invoice.number);
            assert!(invoice.stands() || on.amount == Cents::ZERO, "{}", invoice.number);
        }
    }
    bench.ledger();
}

#[test]
fn paid_in_parts_the_premium_comes_first() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    let (_, unapplied) = pay(&bench, &cheque(20_000), &[invoice.id]);
    assert_eq!(unapplied, 0);
    let applied = kept::applied_to(&bench.c, invoice.id).unwrap();
    let line = |n: usize| invoice.bill.lines[n - 1].kind;
    let shares: Vec<_> =
        applied.iter().map(|a| (line(usize::try_from(a.line).unwrap()), a.amount.get())).collect();
    assert_eq!(shares, [(LineKind::Dues, 20), (LineKind::Premium, PREMIUM)]);
    assert_eq!(bench.state(renewal), RenewalState::Pledged);
    assert_eq!((receipts(&bench), open_tasks(&bench)), (1, vec!["expected-cheque"]));

    pay(&bench, &cheque(TOTAL - 20_000), &[invoice.id]);
    assert_eq!(bench.state(renewal), RenewalState::Paid);
    assert_eq!((receipts(&bench), open_tasks(&bench)), (2, vec![]));
    assert_eq!(
        bench.ledger(),
        ["invoiced", "answered", "money-in", "payment", "money-in", "payment"]
    );
    adds_up(&bench);
}

#[test]
fn too_much_waits_and_twice_is_told_apart() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    let (first, over) = pay(&bench, &cheque(TOTAL + 500), &[invoice.id]);
    assert_eq!((over, open_tasks(&bench)), (500, vec!["credit"]));
    let (second, over) = pay(&bench, &cheque(TOTAL), &[invoice.id]);
    assert_eq!((over, open_tasks(&bench)), (TOTAL, vec!["credit", "double-payment"]));
    assert_eq!(bench.state(renewal), RenewalState::Paid);
    assert_eq!(receipts(&bench), 1, "none for money that settled nothing");
    adds_up(&bench);
    // The desk pays both back: the lines close, and nothing is owed again.
    for (payment, amount) in [(first, Some(500)), (second, None)] {
        assert!(matches!(back(&bench, payment, amount, Reversal::Refund), Recorded::New { .. }));
    }
    assert_eq!((bench.state(renewal), open_tasks(&bench)), (RenewalState::Paid, vec![]));
    adds_up(&bench);
}

#[test]
fn a_bounced_cheque_reopens_all_that_it_covered() {
    let bench = Bench::new();
    let nine: Vec<(RenewalId, Invoice)> = (1..=9).map(|n| pledged(&bench, n)).collect();
    let ids: Vec<InvoiceId> = nine.iter().map(|(_, i)| i.id).collect();
    let (payment, unapplied) = pay(&bench, &cheque(9 * TOTAL), &ids);
    assert_eq!(unapplied, 0);
    assert!(nine.iter().all(|(r, _)| bench.state(*r) == RenewalState::Paid));
    assert_eq!(receipts(&bench), 9);
    adds_up(&bench);

    assert!(matches!(back(&bench, payment, None, Reversal::Bounced), Recorded::New { .. }));
    assert!(nine.iter().all(|(r, _)| bench.state(*r) == RenewalState::Pledged));
    assert_eq!(open_tasks(&bench), ["expected-cheque"; 9]);
    let mailed = bench.mailed();
    assert_eq!(mailed.iter().filter(|k| *k == "invoice").count(), 9, "each is told");
    assert_eq!(
        documents::outstanding_cents(&bench.c, "2027", "OPPI").unwrap(),
        9 * TOTAL,
        "exactly as before"
    );
    adds_up(&bench);
    assert_eq!(
        back(&bench, payment, None, Reversal::Bounced),
        Recorded::Refused(Refusal::NotPositive)
    );
}

#[test]
fn one_refund_out_of_nine() {
    let bench = Bench::new();
    let nine: Vec<(RenewalId, Invoice)> = (1..=9).map(|n| pledged(&bench, n)).collect();
    let ids: Vec<InvoiceId> = nine.iter().map(|(_, i)| i.id).collect();
    let (payment, _) = pay(&bench, &cheque(9 * TOTAL), &ids);
    // One of them leaves: the desk takes the invoice back, then pays the employer.
    let number = &nine[4].1.number;
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    let done =
        invoices::credit_by_desk(c, context, number, invoices::Why::Situation, false, &evidence);
    let (note, instead) = done.unwrap().unwrap();
    assert_eq!((note.bill.total().get(), instead), (-TOTAL, None));
    assert_eq!(bench.state(nine[4].0), RenewalState::Open);
    assert_eq!(open_tasks(&bench), ["credit"]);
    adds_up(&bench);
    back(&bench, payment, Some(TOTAL), Reversal::Refund);
    assert!(open_tasks(&bench).is_empty());
    let paid = |n: usize| bench.state(nine[n].0) == RenewalState::Paid;
    assert!((0..9).filter(|n| *n != 4).all(paid), "the others stay paid");
    adds_up(&bench);
}

#[test]
fn a_new_invoice_takes_over_what_was_paid() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    pay(&bench, &cheque(TOTAL), &[invoice.id]);
    // Retired since: the dues are fewer.
    bench.c.execute("UPDATE membership SET category = 'retired', pli = 0", []).unwrap();
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    let why = invoices::Why::Situation;
    let done = invoices::credit_by_desk(c, context, &invoice.number, why, true, &evidence);
    let (_, instead) = done.unwrap().unwrap();
    let instead = instead.unwrap();
    assert_eq!(instead.bill.total().get(), (11_000 + 9_500) * 113 / 100);
    assert_eq!(bench.state(renewal), RenewalState::Paid);
    assert_eq!(open_tasks(&bench), ["credit"], "the rest waits");
    assert_eq!(documents::outstanding_cents(c, "2027", "OPPI").unwrap(), 0);
    adds_up(&bench);
    let again = invoices::credit_by_desk(c, context, &invoice.number, why, true, &evidence);
    assert!(matches!(again.unwrap(), Err(invoices::Refusal::NotOwed(_))));
}

#[test]
fn told_twice_recorded_once() {
    let bench = Bench::new();
    let (_, invoice) = pledged(&bench, 1);
    let money = Money { method: Method::Ams, external: Some("A-7"), ..cheque(100) };
    let (payment, _) = pay(&bench, &money, &[invoice.id]);
    let again = record(&bench.c, &bench.context, &money, &[invoice.id], &bench.evidence());
    assert_eq!(again.unwrap(), Recorded::Already(payment));
    let other = Money { method: Method::Card, ..money };
    assert_ne!(pay(&bench, &other, &[invoice.id]).0, payment, "another system's id");
}

#[test]
fn money_never_crosses_from_one_body_to_another() {
    let bench = Bench::new();
    let (_, invoice) = pledged(&bench, 1);
    let money = Money { issuer: "SPPI", ..cheque(100) };
    let refused = record(&bench.c, &bench.context, &money, &[invoice.id], &bench.evidence());
    let refusal = Refusal::OtherIssuer(invoice.number);
    assert_eq!(refused.unwrap(), Recorded::Refused(refusal));
    assert!(kept::list(&bench.c, None).unwrap().is_empty());
}

#[test]
fn money_without_a_name_waits_until_the_desk_applies_it() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    let (payment, unapplied) = pay(&bench, &cheque(TOTAL), &[]);
    assert_eq!(unapplied, TOTAL);
    assert_eq!(open_tasks(&bench), ["expected-cheque", "credit"]);
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    allocate(c, context, payment, &[invoice.id], &evidence).unwrap();
    assert_eq!((bench.state(renewal), open_tasks(&bench)), (RenewalState::Paid, vec![]));
    assert_eq!(receipts(&bench), 1);
    adds_up(&bench);
}

#[test]
fn a_chargeback_of_part_leaves_the_premium_paid() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    let (payment, _) = pay(&bench, &cheque(TOTAL), &[invoice.id]);
    back(&bench, payment, Some(30_000), Reversal::Chargeback);
    assert_eq!(bench.state(renewal), RenewalState::Pledged);
    let applied = kept::applied_to(&bench.c, invoice.id).unwrap();
    let premium = applied.iter().find(|a| a.line == 3).unwrap();
    assert_eq!(premium.amount.get(), PREMIUM, "what was settled first goes back last");
    let left = back(&bench, payment, Some(TOTAL), Reversal::Chargeback);
    assert_eq!(left, Recorded::Refused(Refusal::MoreThanLeft(cents(TOTAL - 30_000))));
    adds_up(&bench);
}

#[test]
fn a_receipt_separates_dues_premium_and_taxes() {
    let bench = Bench::new();
    let (renewal, invoice) = pledged(&bench, 1);
    let (first, _) = pay(&bench, &cheque(PREMIUM + 11_300), &[invoice.id]);
    let (second, _) = pay(&bench, &cheque(TOTAL), &[invoice.id]);
    let (facts, settled) = super::super::receipts::of(&bench.c, first, renewal).unwrap().unwrap();
    assert_eq!(settled.net_of(LineKind::Premium).get(), 18_500);
    assert_eq!(settled.net_of(LineKind::Dues).get(), 10_000);
    let taxes: Vec<_> =
        settled.taxes().iter().map(|t| (t.tax.to_owned(), t.amount.get())).collect();
    assert_eq!(taxes, [("HST".to_owned(), 1_300), ("PREMIUM-TAX".to_owned(), 1_480)]);
    assert_eq!((facts.left, facts.unapplied), (Cents::ZERO, Cents::ZERO));
    let (facts, rest) = super::super::receipts::of(&bench.c, second, renewal).unwrap().unwrap();
    assert_eq!(rest.total().get() + settled.total().get(), TOTAL);
    assert_eq!(facts.unapplied.get(), PREMIUM + 11_300);
    assert_eq!(facts.invoices, [invoice.number]);
}

#[test]
fn whoever_pays_elsewhere_renews() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    let member = bench.person(renewal);
    let money = Money { method: Method::Ams, external: Some("A-1"), ..cheque(TOTAL) };
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    let done = record_for(c, context, &money, &member, &evidence).unwrap();
    assert!(matches!(done, Recorded::New { unapplied: Cents::ZERO, .. }), "{done:?}");
    assert_eq!(bench.state(renewal), RenewalState::Paid);
    assert!(matches!(
        record_for(c, context, &money, &member, &evidence).unwrap(),
        Recorded::Already(_)
    ));
    assert_eq!(documents::standing(c, renewal).unwrap().len(), 1);
    // Paid once more: nothing is owed, so it waits.
    let again = Money { external: Some("A-2"), ..money };
    let done = record_for(c, context, &again, &member, &evidence).unwrap();
    assert!(matches!(done, Recorded::New { unapplied, .. } if unapplied.get() == TOTAL));
    assert_eq!(open_tasks(&bench), ["double-payment"]);
    adds_up(&bench);
}

#[test]
fn money_of_whoever_does_not_renew_waits_with_them() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    let action =
        Action::Answer { renewal, answer: &Answer::plain(Choice::NotRenewing), form: None };
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    apply(c, context, &action, &evidence).unwrap();
    let member = bench.person(renewal);
    record_for(c, context, &cheque(TOTAL), &member, &evidence).unwrap();
    assert_eq!(bench.state(renewal), RenewalState::NotRenewing);
    let task = tasks::open_of(c, "OPPI").unwrap().remove(0);
    assert_eq!((task.kind, task.renewal), (TaskKind::Credit, Some(renewal)));
    assert!(documents::of_renewal(c, renewal).unwrap().is_empty());
}
