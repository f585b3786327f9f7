//! Owns the act of handing over: freezing what one body collected for another, or for the insurer.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::Context;
use crate::domain::money::Cents;
use crate::domain::remittance::{self, Beneficiary, Collected};
use crate::store::remittances::{self as kept, Batch, Which};
use crate::store::{StoreError, ledger};

/// A list of what was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its number, where it is frozen.
    pub batch: Option<i64>,
    /// Its rows, oldest first.
    pub rows: Vec<Collected>,
    /// What they come to.
    pub total: Cents,
}

/// What waits to be handed over, or a frozen batch; `None` where there is no such batch.
pub fn list(
    c: &Connection,
    context: &Context,
    collector: &str,
    beneficiary: Beneficiary<'_>,
    batch: Option<i64>,
) -> Result<Option<List>, StoreError> {
    let season = &context.config.relance.season;
    let (which, kept_total) = match batch {
        None => (Which::Pending, None),
        Some(n) => match kept::batch(c, collector, beneficiary, &season.id, n)? {
            Some(batch) => (Which::Batch(batch.id), Some(batch.total)),
            None => return Ok(None),
        },
    };
    let through = season.cover_until;
    let rows = kept::collected(c, collector, beneficiary, &season.id, through, which)?;
    let total = remittance::total(&rows);
    if kept_total.is_some_and(|kept| kept != total) {
        return Err(StoreError::GiveUp("a frozen batch no longer comes to its total".into()));
    }
    Ok(Some(List { batch, rows, total }))
}

/// Freezes what waits into a numbered batch, with a ledger line. `None` where nothing waits.
pub fn freeze(
    c: &Connection,
    context: &Context,
    collector: &str,
    beneficiary: Beneficiary<'_>,
    now: Timestamp,
) -> Result<Option<List>, StoreError> {
    let Some(list) = list(c, context, collector, beneficiary, None)? else { return Ok(None) };
    if list.rows.is_empty() {
        return Ok(None);
    }
    let (season, at_ms) = (&context.config.relance.season.id, now.as_millisecond());
    let Batch { n, .. } =
        kept::freeze(c, collector, beneficiary, season, &list.rows, list.total, at_ms)?;
    let data = json!({
        "from": collector,
        "to": beneficiary.as_str(),
        "season": season,
        "batch": n,
        "rows": list.rows.len(),
        "cents": list.total.get(),
    });
    ledger::append(c, &context.ring, at_ms, "", "remitted", &data)?;
    Ok(Some(List { batch: Some(n), ..list }))
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::super::payments::{self, Money, Recorded};
    use super::super::{Action, apply};
    use super::*;
    use crate::domain::answer::{Answer, Choice};
    use crate::domain::payment::{Method, Reversal};
    use crate::ids::{InvoiceId, PaymentId};
    use crate::store::invoices;

    const CIP: Beneficiary<'_> = Beneficiary::Body("CIP");
    /// CIP's dues with 13 %.
    const DUES: i64 = 31_500 + 4_095;

    fn invoice(bench: &Bench, n: i64) -> InvoiceId {
        let renewal = bench.member(n, &["OPPI+", "CIP"]);
        let action =
            Action::Answer { renewal, answer: &Answer::plain(Choice::Invoice), form: None };
        apply(&bench.c, &bench.context, &action, &bench.evidence()).unwrap();
        invoices::standing(&bench.c, renewal).unwrap()[0].id
    }

    fn pay(bench: &Bench, amount: i64, invoices: &[InvoiceId]) -> PaymentId {
        let money = Money {
            issuer: "OPPI",
            method: Method::Cheque,
            external: None,
            amount: Cents::new(amount).unwrap(),
            received_on: "2026-12-01".parse().unwrap(),
            reference: "",
            by: payments::PaidBy::Billed,
        };
        let (c, context) = (&bench.c, &bench.context);
        match payments::record(c, context, &money, invoices, &bench.evidence()).unwrap() {
            Recorded::New { payment, .. } => payment,
            other => panic!("{other:?}"),
        }
    }

    fn frozen(bench: &Bench, to: Beneficiary<'_>) -> Option<List> {
        freeze(&bench.c, &bench.context, "OPPI", to, bench.now).unwrap()
    }

    fn pending(bench: &Bench, to: Beneficiary<'_>) -> List {
        list(&bench.c, &bench.context, "OPPI", to, None).unwrap().unwrap()
    }

    #[test]
    fn each_is_given_its_own_and_all_of_it() {
        let bench = Bench::new();
        let both = [invoice(&bench, 1), invoice(&bench, 2)];
        pay(&bench, 2 * 96_255, &both);
        let (dues, premiums) = (pending(&bench, CIP), pending(&bench, Beneficiary::Insurer));
        assert_eq!((dues.rows.len(), dues.total.get()), (2, 2 * DUES));
        assert_eq!((premiums.rows.len(), premiums.total.get()), (2, 2 * (18_500 + 1_480)));
        let own = pending(&bench, Beneficiary::Body("OPPI")).total.get();
        assert_eq!(own + dues.total.get() + premiums.total.get(), 2 * 96_255);
        let row = &dues.rows[0];
        assert_eq!((row.member_no.as_str(), row.invoice.as_str()), ("1001", "OPPI-2027-00001"));
        assert_eq!((row.part.amount.get(), row.part.taxes[0].amount.get()), (31_500, 4_095));
        assert_eq!(row.paid_through.unwrap().to_string(), "2027-12-31");
        assert_eq!(remittance::taxes(&dues.rows), ["HST"]);
    }

    #[test]
    fn a_batch_is_frozen_and_what_goes_back_is_in_the_next() {
        let bench = Bench::new();
        let first = invoice(&bench, 1);
        let payment = pay(&bench, 96_255, &[first]);
        let batch = frozen(&bench, CIP).unwrap();
        assert_eq!((batch.batch, batch.total.get()), (Some(1), DUES));
        assert_eq!(frozen(&bench, CIP), None, "nothing new");
        assert!(pending(&bench, CIP).rows.is_empty());

        let (c, context, evidence) = (&bench.c, &bench.context, bench.evidence());
        let on = "2027-01-05".parse().unwrap();
        let why = Reversal::Bounced;
        payments::reverse(c, context, payment, None, why, on, None, &evidence).unwrap();
        let second = invoice(&bench, 2);
        pay(&bench, 96_255, &[second]);
        let next = frozen(&bench, CIP).unwrap();
        let cents: Vec<i64> = next.rows.iter().map(|r| r.part.total().get()).collect();
        assert_eq!((next.batch, cents), (Some(2), vec![-DUES, DUES]));
        assert_eq!(next.rows[0].reverses, Some((payment, Reversal::Bounced)));
        assert_eq!(next.rows[0].paid_through, None);

        // The first batch is as it was, whatever became of its rows.
        let again = list(c, context, "OPPI", CIP, Some(1)).unwrap().unwrap();
        assert_eq!((again.total.get(), again.rows.len()), (DUES, 1));
        assert_eq!(list(c, context, "OPPI", CIP, Some(9)).unwrap(), None);
        assert!(bench.ledger().contains(&"remitted".to_owned()));
    }

    #[test]
    fn part_payments_add_up_to_the_cent() {
        let bench = Bench::new();
        let id = invoice(&bench, 1);
        let mut sum = 0;
        for amount in [33_333, 33_333, 29_589] {
            pay(&bench, amount, &[id]);
            sum += frozen(&bench, CIP).map_or(0, |list| list.total.get());
        }
        assert_eq!(sum, DUES);
        let (mut net, mut tax) = (0, 0);
        for n in 1.. {
            let Some(batch) = list(&bench.c, &bench.context, "OPPI", CIP, Some(n)).unwrap() else {
                break;
            };
            net += batch.rows.iter().map(|r| r.part.amount.get()).sum::<i64>();
            tax += batch.rows.iter().map(|r| r.part.taxes[0].amount.get()).sum::<i64>();
        }
        assert_eq!((net, tax), (31_500, 4_095));
    }
}
