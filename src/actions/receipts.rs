//! Owns the facts of a receipt: what one payment settled of one renewal, as it was then, and what is
//! owed now.

use rusqlite::Connection;

use crate::compose::{Bill, ReceiptFacts};
use crate::domain::money::Cents;
use crate::domain::payment::{self, Allocation};
use crate::ids::{PaymentId, RenewalId};
use crate::store::{StoreError, invoices, payments};

/// What the member is told, and the lines that were settled. `None` where the payment settled
/// nothing of this renewal.
pub fn of(
    c: &Connection,
    payment: PaymentId,
    renewal: RenewalId,
) -> Result<Option<(ReceiptFacts, Bill)>, StoreError> {
    let Some(paid) = payments::by_id(c, payment)? else { return Ok(None) };
    let put = payments::put_on(c, payment, renewal)?;
    let shares: Vec<Allocation> = put.iter().map(|(share, _)| *share).collect();
    let (mut settled, mut numbers) = (Bill::default(), Vec::new());
    for invoice in invoices::of_renewal(c, renewal)? {
        let before = |line| {
            let own = put.iter().find(|(s, _)| s.invoice == invoice.id && s.line == line);
            own.map_or(Cents::ZERO, |(_, before)| *before)
        };
        let own = payment::settled_bill(&invoice, &shares, before);
        if !own.lines.is_empty() {
            numbers.push(invoice.number);
            settled.lines.extend(own.lines);
        }
    }
    if settled.lines.is_empty() {
        return Ok(None);
    }
    let mut left = 0;
    for invoice in invoices::standing(c, renewal)? {
        let applied = payment::sum(&payments::applied_to(c, invoice.id)?);
        left += invoice.bill.total().get() - applied.get();
    }
    // What is left of an employer's cheque is no member's business.
    let alone = settled.total().get() + payments::unapplied(c, payment)?.get() == paid.amount.get();
    let unapplied = if alone { payments::unapplied(c, payment)? } else { Cents::ZERO };
    let facts = ReceiptFacts {
        payment: payment.0,
        method: paid.method,
        received_on: paid.received_on,
        invoices: numbers,
        left: Cents::new(left.max(0)).unwrap_or_default(),
        unapplied,
    };
    Ok(Some((facts, settled)))
}
