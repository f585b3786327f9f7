//! Owns what happens to an invoice that is not paid by its day: a line for the desk, a second copy for
//! the member and, where the config has one, a fee by an invoice of its own. What becomes of cover
//! is the insurance section's; nothing is cancelled here.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::invoices::{self, BillTo};
use super::morning::Look;
use super::{Context, Evidence, payments, person};
use crate::compose::InvoiceWhy;
use crate::domain::bill::Bill;
use crate::domain::billing::{self, Terms};
use crate::domain::invoice::Invoice;
use crate::domain::payment;
use crate::domain::words::TaskKind;
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents, payments as money};

/// Notices invoices that were to be paid before today and are not: once a day and association, a few
/// at a time; gives how many there were, zero once all is done. A renewal that waits for the desk,
/// or whose payment is being looked for, is left in peace.
pub fn look(c: &Connection, context: &Context, now: Timestamp) -> Result<usize, StoreError> {
    let season = &context.config.relance.season.id;
    let look = Look {
        name: "overdue",
        find: |issuer: &str, today, most| documents::overdue(c, season, issuer, today, most),
        deal: |row: &RenewalRow, invoice: &Invoice, today, evidence: &Evidence<'_>| {
            notice(c, context, row, invoice, today, evidence)
        },
    };
    look.at(c, context, now)
}

fn notice(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    invoice: &Invoice,
    today: jiff::civil::Date,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let paid = payment::sum(&money::applied_to(c, invoice.id)?);
    let missing = invoice.owed_before(today).get() - paid.get();
    let due = invoice.shares.iter().filter(|s| s.due_on < today).map(|s| s.due_on).max();
    let due = due.unwrap_or(invoice.issued_on);
    let data = json!({"number": invoice.number, "cents": missing, "due_on": due.to_string()});
    let task = NewTask {
        cause: &documents::overdue_cause(&invoice.number, due),
        issuer: &row.issuer,
        kind: TaskKind::Overdue,
        person: Some(row.person),
        renewal: Some(row.renewal.id),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    payments::mail_document(c, context, row, invoice, InvoiceWhy::SecondCopy, evidence)?;
    fee(c, context, row, invoice, evidence)
}

/// Once a renewal, however many shares are late.
fn fee(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let issuer = super::association(context, &row.issuer)?;
    let had = documents::of_renewal(c, row.renewal.id)?.iter().any(Invoice::is_penalty);
    if issuer.overdue_fee_cents <= 0 || had || invoice.is_penalty() {
        return Ok(());
    }
    let member = person(c, row.person)?.0;
    let on = Terms::at(&context.config, issuer, evidence.at).on;
    let line = billing::penalty(&context.config, &member, issuer, issuer.overdue_fee_cents, on);
    let (bill, to) = (Bill { lines: vec![line] }, BillTo::as_on(invoice));
    let fee = invoices::issue_another(c, context, row, &member, &bill, &to, evidence)?;
    payments::mail_document(c, context, row, &fee, InvoiceWhy::LateFee, evidence)
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::super::{Action, apply};
    use super::*;
    use crate::domain::answer::Choice;
    use crate::ids::RenewalId;

    fn pledged() -> (Bench, RenewalId) {
        let bench = Bench::new();
        let renewal = bench.member(1, &["OPPI+", "CIP"]);
        let answer = &crate::domain::answer::Answer::plain(Choice::Invoice);
        let action = Action::Answer { renewal, answer, form: None };
        apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap();
        (bench, renewal)
    }

    fn at(bench: &Bench, now: &str) -> usize {
        look(&bench.c, &bench.context, now.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_last_day_counts_to_its_end_and_each_day_is_noticed_once() {
        let (bench, renewal) = pledged();
        assert_eq!(at(&bench, "2027-02-01T04:59:59Z"), 0, "31 January in Toronto");
        assert_eq!(at(&bench, "2027-02-01T13:59:59Z"), 0, "before nine");
        assert_eq!(at(&bench, "2027-02-01T14:00:00Z"), 1);
        assert_eq!(at(&bench, "2027-02-01T14:01:00Z"), 0);
        assert_eq!(at(&bench, "2027-03-01T15:00:00Z"), 0);
        assert_eq!(bench.mailed(), ["confirmation", "invoice"]);
        let overdue: Vec<_> = tasks::open_of(&bench.c, "OPPI")
            .unwrap()
            .into_iter()
            .filter(|t| t.kind == TaskKind::Overdue)
            .collect();
        assert_eq!(overdue[0].data["cents"], 96_255);
        assert_eq!(documents::standing(&bench.c, renewal).unwrap().len(), 1, "no fee by default");
        bench.ledger();
    }

    #[test]
    fn a_fee_is_an_invoice_of_its_own_and_comes_once() {
        let (mut bench, renewal) = pledged();
        let mut config = (*bench.context.config).clone();
        config.associations[1].overdue_fee_cents = 2_500;
        bench.context.config = std::sync::Arc::new(config);
        assert_eq!(at(&bench, "2027-02-01T15:00:00Z"), 1);
        let standing = documents::standing(&bench.c, renewal).unwrap();
        let numbers: Vec<_> =
            standing.iter().map(|i| (i.number.as_str(), i.bill.total().get())).collect();
        assert_eq!(numbers, [("OPPI-2027-00001", 96_255), ("OPPI-2027-00002", 2_500)]);
        assert_eq!(at(&bench, "2027-03-04T15:00:00Z"), 1, "the fee's own day");
        assert_eq!(at(&bench, "2027-06-01T15:00:00Z"), 0);
        assert_eq!(documents::standing(&bench.c, renewal).unwrap().len(), 2);
        assert_eq!(bench.mailed(), ["confirmation", "invoice", "invoice", "invoice"]);
    }

    #[test]
    fn who_waits_for_the_desk_is_left_in_peace() {
        let (bench, renewal) = pledged();
        let data = json!({});
        let task = NewTask {
            cause: "says-paid/1",
            issuer: "OPPI",
            kind: TaskKind::SaysPaid,
            person: None,
            renewal: Some(renewal),
            data: &data,
            at_ms: 0,
        };
        let task = tasks::open(&bench.c, &task).unwrap().unwrap();
        assert_eq!(at(&bench, "2027-02-01T15:00:00Z"), 0);
        tasks::close(&bench.c, task, "Ann", "not found", 1).unwrap();
        assert_eq!(at(&bench, "2027-02-02T15:00:00Z"), 1);
    }
}
