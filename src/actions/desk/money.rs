//! Owns a desk's word that money came in for an invoice that its line waits for.

use rusqlite::Connection;

use super::super::payments::{self, Money, Recorded};
use super::super::{Context, Door, Evidence, association};
use super::By;
use super::case::{CaseView, look};
use crate::domain::desk::Received;
use crate::ids::TaskId;
use crate::store::desk::LinkRow;
use crate::store::{StoreError, tasks};

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
    let CaseView::Money { invoice, owed, .. } = look(c, context, link, by.at)? else {
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
        payer: None,
    };
    let evidence = Evidence {
        door: Door::Desk,
        mid: None,
        lang: issuer.desk.language,
        at: by.at,
        answers: "",
    };
    let recorded = payments::record(c, context, &money, &[invoice], &evidence)?;
    if matches!(recorded, Recorded::Refused(_)) {
        return Ok(false);
    }
    if received.amount >= owed {
        let (id, at_ms) = (TaskId(link.handle.target), by.at.as_millisecond());
        tasks::close(c, id, &by.deed.staff, "received", at_ms)?;
    }
    Ok(true)
}
