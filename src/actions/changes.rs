//! Owns what the season does when the member list says otherwise than an invoice: an unpaid one is
//! replaced, the rest is the desk's.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::invoices::{self, Why};
use super::morning::Look;
use super::{Context, Evidence, person};
use crate::domain::change::{self, Change, Then};
use crate::domain::invoice::Invoice;
use crate::domain::payment;
use crate::domain::words::TaskKind;
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents, payments as money};

/// Compares the invoices that stand with the member list: once a day and association, a few at a
/// time; gives how many differed, zero once all is done.
pub fn look(c: &Connection, context: &Context, now: Timestamp) -> Result<usize, StoreError> {
    let season = &context.config.relance.season.id;
    let look = Look {
        name: "changes",
        find: |issuer: &str, _, most| documents::differing(c, season, issuer, most),
        deal: |row: &RenewalRow, invoice: &Invoice, _, evidence: &Evidence<'_>| {
            settle(c, context, row, invoice, evidence)
        },
    };
    look.at(c, context, now)
}

fn settle(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let member = person(c, row.person)?.0;
    let paid = payment::sum(&money::applied_to(c, invoice.id)?).get();
    let change = match change::decide(&invoice.bill, &member, paid) {
        Then::Stand => return Ok(()),
        Then::Replace => {
            let (number, why) = (&invoice.number, Why::Situation);
            match invoices::credit_by_desk(c, context, number, why, true, evidence)? {
                Ok(_) => return Ok(()),
                // Nothing is owed in the new category: what then holds, a person says.
                Err(_) => Change::Category,
            }
        }
        Then::Desk(change) => change,
    };
    let data = json!({"change": change.as_str(), "number": invoice.number, "paid_cents": paid});
    let task = NewTask {
        cause: &documents::changed_cause(&invoice.number),
        issuer: &row.issuer,
        kind: TaskKind::Situation,
        person: Some(row.person),
        renewal: Some(row.renewal.id),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::super::payments::{self, Money};
    use super::super::{Action, apply};
    use super::*;
    use crate::domain::answer::{Answer, Choice};
    use crate::domain::payment::Method;
    use crate::domain::words::RenewalState;
    use crate::ids::RenewalId;

    fn pledged(n: i64, bench: &Bench) -> RenewalId {
        let renewal = bench.member(n, &["OPPI+", "CIP"]);
        let action =
            Action::Answer { renewal, answer: &Answer::plain(Choice::Invoice), form: None };
        apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap();
        renewal
    }

    fn pay(bench: &Bench, renewal: RenewalId) {
        let invoice = documents::standing(&bench.c, renewal).unwrap().remove(0);
        let money = Money {
            issuer: "OPPI",
            method: Method::Cheque,
            external: None,
            amount: invoice.bill.total(),
            received_on: "2026-12-01".parse().unwrap(),
            reference: "",
            by: payments::PaidBy::Billed,
        };
        let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
        payments::record(c, context, &money, &[invoice.id], &evidence).unwrap();
    }

    fn list_says(bench: &Bench, sql: &str) {
        bench.c.execute_batch(sql).unwrap();
    }

    fn look_at(bench: &Bench, day: u8) -> usize {
        let now = format!("2026-12-{day:02}T15:00:00Z").parse().unwrap();
        let mut all = 0;
        loop {
            match look(&bench.c, &bench.context, now).unwrap() {
                0 => return all,
                n => all += n,
            }
        }
    }

    fn situations(bench: &Bench) -> Vec<String> {
        let open = tasks::open_of(&bench.c, "OPPI").unwrap();
        open.iter()
            .filter(|t| t.kind == TaskKind::Situation)
            .map(|t| t.data["change"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_candidate_who_became_full_gets_a_new_invoice_unless_they_paid() {
        let bench = Bench::new();
        let (unpaid, paid) = (pledged(1, &bench), pledged(2, &bench));
        pay(&bench, paid);
        list_says(
            &bench,
            "UPDATE membership SET category = 'candidate' WHERE association = 'OPPI'",
        );
        assert_eq!(look_at(&bench, 2), 2);
        let standing = documents::standing(&bench.c, unpaid).unwrap();
        // 245.00 and 315.00 with 13 %, the candidates' premium 95.00 with 8 %.
        assert_eq!(standing[0].bill.total().get(), (24_500 + 31_500) * 113 / 100 + 9_500 + 760);
        assert_eq!(standing[0].number, "OPPI-2027-00004");
        assert_eq!(bench.state(unpaid), RenewalState::Pledged);
        assert!(bench.mailed().contains(&"invoice".to_owned()), "and is told");
        assert_eq!(documents::standing(&bench.c, paid).unwrap()[0].number, "OPPI-2027-00002");
        assert_eq!(
            (bench.state(paid), situations(&bench)),
            (RenewalState::Paid, vec!["category".to_owned()])
        );
        assert_eq!(look_at(&bench, 2) + look_at(&bench, 3), 0, "once");
        bench.ledger();
    }

    #[test]
    fn a_transfer_with_a_paid_invoice_is_the_desks() {
        let bench = Bench::new();
        let renewal = pledged(1, &bench);
        pay(&bench, renewal);
        list_says(&bench, "UPDATE membership SET missing = 1 WHERE association = 'OPPI'");
        assert_eq!(look_at(&bench, 2), 1);
        assert_eq!(situations(&bench), ["membership-gone"]);
        assert_eq!(bench.state(renewal), RenewalState::Paid, "until the desk says so");
        // It takes the invoice back: the money waits for the other body's invoice, or goes back.
        let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
        let (number, why) = ("OPPI-2027-00001", Why::Transfer);
        let done = invoices::credit_by_desk(c, context, number, why, false, &evidence);
        done.unwrap().unwrap();
        let kinds: Vec<_> = tasks::open_of(c, "OPPI").unwrap().iter().map(|t| t.kind).collect();
        assert_eq!(kinds, [TaskKind::Credit, TaskKind::Situation], "by the clock of the bench");
        assert_eq!(money::list(c, None).unwrap().len(), 1);
    }

    #[test]
    fn whoever_is_not_active_any_more_is_the_desks() {
        for status in ["on-leave", "honorary", "deceased"] {
            let bench = Bench::new();
            let renewal = pledged(1, &bench);
            list_says(&bench, &format!("UPDATE person SET status = '{status}'"));
            assert_eq!(look_at(&bench, 2), 1, "{status}");
            assert_eq!(situations(&bench), ["not-active"], "{status}");
            assert_eq!(documents::standing(&bench.c, renewal).unwrap().len(), 1);
            assert_eq!(look_at(&bench, 3), 0, "{status}");
        }
    }
}
