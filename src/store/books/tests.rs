use std::collections::BTreeSet;

use super::*;
use crate::actions::bench::Bench;
use crate::actions::payments::{self, Money, Recorded};
use crate::actions::{Action, Applied, apply, remittances};
use crate::domain::answer::{Answer, Choice};
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal};
use crate::domain::remittance::Beneficiary;
use crate::ids::{InvoiceId, PaymentId, RenewalId};
use crate::store::invoices;

const TOTAL: i64 = 96_255;

fn invoice(bench: &Bench, n: i64) -> (RenewalId, InvoiceId) {
    let renewal = bench.member(n, &["OPPI+", "CIP"]);
    let action = Action::Answer { renewal, answer: &Answer::plain(Choice::Invoice), form: None };
    let (c, context) = (&bench.c, &bench.context);
    assert_eq!(apply(c, context, &action, &bench.evidence()).unwrap(), Applied::Done);
    (renewal, invoices::standing(c, renewal).unwrap()[0].id)
}

fn pay(bench: &Bench, amount: i64, ids: &[InvoiceId]) -> PaymentId {
    let money = Money {
        issuer: "OPPI",
        method: Method::Cheque,
        external: None,
        amount: Cents::new(amount).unwrap(),
        received_on: "2026-12-01".parse().unwrap(),
        reference: "",
        by: payments::PaidBy::Billed,
    };
    match payments::record(&bench.c, &bench.context, &money, ids, &bench.evidence()).unwrap() {
        Recorded::New { payment, .. } => payment,
        other => panic!("{other:?}"),
    }
}

/// Six members of OPPI: paid in full (1), in part (2), too much (3), bounced (4), taken back with
/// the money freed (5), not renewing without ever having owed (6); what was paid handed over.
fn books() -> Bench {
    let bench = Bench::new();
    let owed: Vec<(RenewalId, InvoiceId)> = (1..=5).map(|n| invoice(&bench, n)).collect();
    pay(&bench, TOTAL, &[owed[0].1]);
    pay(&bench, 30_000, &[owed[1].1]);
    pay(&bench, TOTAL + 500, &[owed[2].1]);
    let bad = pay(&bench, TOTAL, &[owed[3].1]);
    pay(&bench, 10_000, &[owed[4].1]);
    let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
    let on = "2026-12-10".parse().unwrap();
    payments::reverse(c, context, bad, None, Reversal::Bounced, on, None, &evidence).unwrap();
    let leave = Answer::plain(Choice::NotRenewing);
    let sixth = bench.member(6, &["OPPI+", "CIP"]);
    for renewal in [owed[4].0, sixth] {
        let action = Action::Answer { renewal, answer: &leave, form: None };
        assert_eq!(apply(c, context, &action, &evidence).unwrap(), Applied::Done);
    }
    for to in [Beneficiary::Insurer, Beneficiary::Body("CIP")] {
        remittances::freeze(c, context, "OPPI", to, bench.now).unwrap().unwrap();
    }
    bench
}

#[test]
fn what_the_acts_write_adds_up() {
    let bench = books();
    assert_eq!(discrepancies(&bench.c).unwrap(), []);
    let totals = totals(&bench.c, "2027").unwrap();
    let [oppi] = &totals[..] else { panic!("{totals:?}") };
    assert_eq!(
        *oppi,
        Totals {
            issuer: "OPPI".into(),
            invoiced: 5 * TOTAL,
            credited: -TOTAL,
            received: 3 * TOTAL + 40_500,
            went_back: -TOTAL,
            applied: 2 * TOTAL + 30_000,
            unapplied: 10_500,
            outstanding: 2 * TOTAL - 30_000,
        }
    );
}

/// Rows that somebody altered, and every rule that must say so.
const ALTERED: [(&str, &[&str]); 19] = [
    (
        "UPDATE invoice SET total_cents = total_cents + 1 WHERE id = 1",
        &["invoice-total", "invoice-shares", "renewal-state", "ledger-lines", "ledger-totals"],
    ),
    ("UPDATE invoice_share SET cents = cents - 1 WHERE invoice = 2", &["invoice-shares"]),
    (
        "UPDATE invoice_tax SET cents = cents + 1 WHERE invoice = 2 AND line = 2 AND ord = 1",
        &["invoice-total"],
    ),
    (
        "UPDATE invoice SET n = 9, number = 'OPPI-2027-00009' WHERE id = 2",
        &["series", "ledger-lines", "ledger-applied"],
    ),
    (
        "UPDATE invoice SET number = 'OPPI-2027-00077' WHERE id = 4",
        &["series-number", "ledger-lines", "ledger-applied"],
    ),
    (
        "UPDATE invoice SET corrects = 2 WHERE kind = 'credit-note'",
        &["credit-note", "line-settled", "renewal-state"],
    ),
    (
        "UPDATE invoice_line SET cents = cents - 1 WHERE invoice = 6 AND ord = 1",
        &["invoice-total", "credit-note-lines"],
    ),
    (
        "UPDATE allocation SET cents = cents + 1 WHERE id = 1",
        &["line-settled", "payment-split", "remittance", "ledger-applied"],
    ),
    (
        "INSERT INTO allocation (payment, invoice, line, cents, at) VALUES (1, 5, 1, -1, 0)",
        &["line-settled", "reversal-exact", "ledger-applied"],
    ),
    (
        "UPDATE payment SET cents = cents - 100000 WHERE id = 1",
        &["reversal", "payment-split", "ledger-lines", "ledger-totals"],
    ),
    ("UPDATE payment SET issuer = 'CIP' WHERE id = 1", &["payment-issuer", "ledger-totals"]),
    ("UPDATE payment SET reverses = 6 WHERE id = 1", &["reversal"]),
    (
        "DELETE FROM allocation WHERE payment = (SELECT id FROM payment WHERE cents < 0) AND line = 1",
        &["payment-split", "ledger-applied"],
    ),
    ("UPDATE renewal SET state = 'pledged' WHERE id = 1", &["renewal-state"]),
    ("UPDATE renewal SET state = 'paid' WHERE id = 6", &["renewal-state"]),
    (
        "UPDATE renewal SET person = 1, season = '2027-b' WHERE id = 2",
        &["dues-once", "premium-once"],
    ),
    ("UPDATE remittance SET cents = cents + 1 WHERE id = 1", &["remittance", "ledger-totals"]),
    (
        "UPDATE remitted SET remittance = 2 WHERE allocation = (SELECT min(allocation) FROM remitted WHERE remittance = 1)",
        &["remittance", "remittance-rows"],
    ),
    (
        "UPDATE ledger SET data = json_set(data, '$.cents', 1) WHERE kind = 'invoiced' AND seq = 1",
        &["ledger-lines", "ledger-totals"],
    ),
];

#[test]
fn whatever_is_altered_is_found() {
    let (mut broken, mut missed) = (BTreeSet::new(), Vec::new());
    for (sql, want) in ALTERED {
        let bench = books();
        let changed = bench.c.execute(sql, []).unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert!(changed > 0, "{sql}");
        let found = discrepancies(&bench.c).unwrap();
        let named: BTreeSet<&str> = found.iter().map(|d| d.rule).collect();
        for rule in want {
            if !named.contains(rule) {
                missed.push(format!("{sql}: {rule} in {named:?}"));
            }
        }
        broken.extend(want);
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert_eq!(broken, rules().into_iter().collect(), "each rule has broken at least once");
}

#[test]
fn it_says_which_row() {
    let bench = books();
    let sql = "UPDATE invoice SET total_cents = 1 WHERE id = 3";
    bench.c.execute(sql, []).unwrap();
    let found = discrepancies(&bench.c).unwrap();
    let first = &found[0];
    assert_eq!(
        (first.rule, first.row.as_str(), first.should.as_str(), first.is.as_str()),
        ("invoice-total", "OPPI-2027-00003", "96255", "1")
    );
}
