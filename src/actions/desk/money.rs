//! Owns a desk's word that money came in for an invoice that its line waits for.

use rusqlite::Connection;

use super::super::payers;
use super::super::payments::{self, Money, PaidBy, Recorded};
use super::super::{Context, Door, Evidence, association};
use super::By;
use super::case::{CaseView, look};
use crate::domain::desk::Received;
use crate::domain::money::Cents;
use crate::ids::{InvoiceId, TaskId};
use crate::store::desk::LinkRow;
use crate::store::{StoreError, invoices as documents, tasks};

/// What money for an invoice pays: that one, and then whatever else its payer has open.
fn paid_with(c: &Connection, first: InvoiceId) -> Result<Vec<InvoiceId>, StoreError> {
    let payer = documents::by_id(c, first)?.and_then(|invoice| invoice.payer);
    let rest = payer.map(|payer| payers::open(c, payer)).transpose()?.unwrap_or_default();
    let rest = rest.into_iter().map(|(invoice, _)| invoice.id).filter(|id| *id != first);
    Ok([first].into_iter().chain(rest).collect())
}

/// Records it; the line is closed once nothing is owed any more. `false` where nothing of it is
/// owed, or the invoice is not this desk's.
pub(super) fn receive(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    received: Received,
    reference: &str,
    by: &By,
) -> Result<bool, StoreError> {
    let CaseView::Money { invoice, .. } = look(c, context, link, by.at)? else {
        return Ok(false);
    };
    let issuer = association(context, &link.issuer)?;
    let money = Money {
        issuer: &link.issuer,
        method: received.method,
        external: None,
        amount: received.amount,
        received_on: received.on,
        reference,
        by: PaidBy::Billed,
    };
    let evidence = Evidence {
        door: Door::Desk,
        mid: None,
        lang: issuer.desk.language,
        at: by.at,
        answers: "",
    };
    let recorded = payments::record(c, context, &money, &paid_with(c, invoice)?, &evidence)?;
    if matches!(recorded, Recorded::Refused(_)) {
        return Ok(false);
    }
    // What else the payer has open may have taken its part, by the order that config says.
    let left = documents::by_id(c, invoice)?.map(|i| payers::left(c, &i)).transpose()?;
    if left.is_none_or(|left| left == Cents::ZERO) {
        let (id, at_ms) = (TaskId(link.handle.target), by.at.as_millisecond());
        tasks::close(c, id, &by.deed.staff, "received", at_ms)?;
    }
    Ok(true)
}
