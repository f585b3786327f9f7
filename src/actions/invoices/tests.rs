use super::super::bench::Bench;
use super::super::{Action, Applied, apply};
use super::*;
use crate::domain::answer::Choice;
use crate::domain::words::RenewalState;
use crate::store::ledger;

fn answer(bench: &Bench, renewal: RenewalId, choice: Choice) -> Applied {
    let action = Action::Answer { renewal, choice, reason: "", form: None };
    apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap()
}

fn numbers(bench: &Bench, renewal: RenewalId) -> Vec<(String, i64)> {
    let all = kept::of_renewal(&bench.c, renewal).unwrap();
    all.iter().map(|i| (i.number.clone(), i.bill.total().get())).collect()
}

fn expected(bench: &Bench) -> usize {
    let open = tasks::open_of(&bench.c, "OPPI").unwrap();
    open.iter().filter(|t| t.kind == TaskKind::ExpectedCheque).count()
}

#[test]
fn renewing_on_invoice_issues_one_and_its_confirmation_carries_it() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    assert_eq!(answer(&bench, renewal, Choice::Invoice), Applied::Done);
    assert_eq!(answer(&bench, renewal, Choice::Invoice), Applied::Already);
    let invoices = kept::of_renewal(&bench.c, renewal).unwrap();
    let [invoice] = &invoices[..] else { panic!("{invoices:?}") };
    assert_eq!(invoice.number, "OPPI-2027-00001");
    assert_eq!(invoice.issued_on.to_string(), "2026-11-03");
    assert_eq!(invoice.due_on().to_string(), "2027-01-31");
    // 360.00 + 315.00 at 13 %, 185.00 at 8 %.
    assert_eq!(invoice.bill.total().get(), 36_000 + 31_500 + 18_500 + 4_680 + 4_095 + 1_480);
    assert_eq!((invoice.bill_to.as_str(), invoice.place.as_str()), ("Camille Roy", "ON"));
    assert_eq!(bench.state(renewal), RenewalState::Pledged);
    assert_eq!(expected(&bench), 1);
    assert_eq!(bench.mailed(), ["confirmation"]);
    assert_eq!(bench.ledger(), ["invoiced", "answered"]);
    let data = &ledger::lines(&bench.c, 0).unwrap()[0].data;
    assert!(!data.contains("Camille") && data.contains("OPPI-2027-00001"), "{data}");
}

#[test]
fn a_series_has_no_gaps_and_each_issuer_its_own() {
    let bench = Bench::new();
    for n in 1..=3 {
        let renewal = bench.member(n, &["OPPI"]);
        answer(&bench, renewal, Choice::Invoice);
    }
    let other = bench.member(4, &["SPPI", "CIP"]);
    answer(&bench, other, Choice::Invoice);
    let all = kept::list(&bench.c, "2027", None).unwrap();
    let all: Vec<&str> = all.iter().map(|i| i.number.as_str()).collect();
    assert_eq!(all, ["OPPI-2027-00001", "OPPI-2027-00002", "OPPI-2027-00003", "SPPI-2027-00001"]);
    assert!(kept::is_whole(&bench.c, "OPPI", "2027").unwrap());
    assert_eq!(kept::list(&bench.c, "2027", Some("SPPI")).unwrap().len(), 1);
}

#[test]
fn a_changed_fee_or_rate_never_alters_an_issued_invoice() {
    let mut bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    answer(&bench, renewal, Choice::Invoice);
    let before = kept::standing(&bench.c, renewal).unwrap();
    let mut config = (*bench.context.config).clone();
    for tax in &mut config.taxes {
        tax.rate = crate::domain::bill::Rate::parse("99").unwrap();
    }
    for body in &mut config.associations {
        for category in &mut body.categories {
            (category.dues_cents, category.premium_cents) = (1, 2);
        }
    }
    bench.context.config = std::sync::Arc::new(config);
    assert_eq!(kept::standing(&bench.c, renewal).unwrap(), before);
    let view = super::super::view_of_renewal(&bench.c, &bench.context, renewal, bench.now);
    assert_eq!(view.unwrap().unwrap().bill.as_ref(), Some(&before[0].bill));
}

#[test]
fn taking_back_issues_a_credit_note() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    answer(&bench, renewal, Choice::Invoice);
    let undo = Action::TakeBack { renewal };
    assert_eq!(apply(&bench.c, &bench.context, &undo, &bench.evidence()).unwrap(), Applied::Done);
    let total = 96_255;
    assert_eq!(
        numbers(&bench, renewal),
        [("OPPI-2027-00001".to_owned(), total), ("OPPI-2027-00002".to_owned(), -total)]
    );
    let documents = kept::of_renewal(&bench.c, renewal).unwrap();
    assert_eq!(documents[1].corrects.as_ref().unwrap().1, "OPPI-2027-00001");
    assert_eq!(documents[0].corrected_by.as_deref(), Some("OPPI-2027-00002"));
    assert_eq!(standing_bill(&bench.c, renewal).unwrap(), None);
    assert_eq!((bench.state(renewal), expected(&bench)), (RenewalState::Open, 0));
    // And again: a new one, never the old one back.
    answer(&bench, renewal, Choice::Invoice);
    assert_eq!(kept::standing(&bench.c, renewal).unwrap()[0].number, "OPPI-2027-00003");
    assert_eq!(expected(&bench), 1);
    bench.ledger();
}

#[test]
fn not_renewing_after_a_pledge_takes_the_invoice_back() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    answer(&bench, renewal, Choice::Invoice);
    answer(&bench, renewal, Choice::NotRenewing);
    assert!(kept::standing(&bench.c, renewal).unwrap().is_empty());
    assert_eq!(bench.state(renewal), RenewalState::NotRenewing);
    assert_eq!(kept::outstanding_cents(&bench.c, "2027", "OPPI").unwrap(), 0);
}

#[test]
fn nothing_to_pay_is_paid_at_once_without_an_invoice() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI", "CIP"]);
    bench.c.execute("UPDATE membership SET category = 'student'", []).unwrap();
    assert_eq!(answer(&bench, renewal, Choice::Invoice), Applied::Done);
    assert_eq!(bench.state(renewal), RenewalState::Paid);
    assert!(numbers(&bench, renewal).is_empty());
    assert_eq!(expected(&bench), 0);
}

#[test]
fn nobody_is_billed_twice() {
    let bench = Bench::new();
    let renewal = bench.member(1, &["OPPI+", "CIP"]);
    answer(&bench, renewal, Choice::Invoice);
    let (row, member) = (bench.row(renewal), bench.person(renewal));
    let bill = standing_bill(&bench.c, renewal).unwrap().unwrap();
    let to = BillTo::member(&member);
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    let again = issue(c, context, &row, &member, &bill, &to, &evidence).unwrap();
    assert_eq!(again.number, "OPPI-2027-00001");
    assert_eq!(numbers(&bench, renewal).len(), 1);
}
