//! Owns where a message goes that is not for the member's address on file alone.

use rusqlite::Connection;

use crate::actions::payers::is_for_payer;
use crate::actions::payload::{Payload, Side};
use crate::compose::mask;
use crate::domain::invoice::Invoice;
use crate::ids::{InvoiceId, PayerId};
use crate::store::messages::MessageView;
use crate::store::payers::Payer;
use crate::store::{StoreError, addresses, corrections, invoices, payers};

/// A message about a member that does not go to the address on file alone.
pub(super) struct Elsewhere {
    pub address: String,
    /// The new address that is asked about.
    pub asked: String,
    /// Who pays in the member's place.
    pub payer: Option<Payer>,
}

/// Where a message goes that is not for the member's address on file: the invoice to its payer
/// while it is owed, a new address's question while it waits.
pub(super) fn elsewhere(
    c: &Connection,
    view: &MessageView,
    payload: &Payload,
) -> Result<Result<Option<Elsewhere>, &'static str>, StoreError> {
    if is_for_payer(&view.kind) {
        return to_payer(c, view, payload);
    }
    let (Some(id), Some(side)) = (payload.change, payload.side) else { return Ok(Ok(None)) };
    let waiting = corrections::address_change(c, id)?.filter(|change| change.state == "waiting");
    let Some(change) = waiting.filter(|change| Some(change.person) == view.person) else {
        return Ok(Err("answered"));
    };
    let address = if side == Side::New { change.address.clone() } else { change.was };
    if addresses::is_suspended(c, &address)? {
        return Ok(Err("address-suspended"));
    }
    // Whoever reads the old mailbox may be a stranger by now.
    let asked = if side == Side::New { change.address } else { mask(&change.address) };
    Ok(Ok(Some(Elsewhere { address, asked, payer: None })))
}

fn to_payer(
    c: &Connection,
    view: &MessageView,
    payload: &Payload,
) -> Result<Result<Option<Elsewhere>, &'static str>, StoreError> {
    let invoice = payload.invoice.map(|id| invoices::by_id(c, InvoiceId(id))).transpose()?;
    let payer = match view.kind.as_str() {
        "payer-invoice" => invoice.flatten().filter(Invoice::stands).and_then(|i| i.payer),
        _ => payload.payer.map(PayerId),
    };
    let Some(payer) = payer else { return Ok(Err("owed-no-more")) };
    let Some(payer) = payers::by_id(c, payer)? else { return Ok(Err("no-address")) };
    if addresses::is_suspended(c, &payer.email)? {
        return Ok(Err("address-suspended"));
    }
    let address = payer.email.clone();
    Ok(Ok(Some(Elsewhere { address, asked: String::new(), payer: Some(payer) })))
}
