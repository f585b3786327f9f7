//! Owns a desk's decision about money that settles nothing: it is applied to an invoice of the same
//! association, or it was paid back.

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::super::payments::{self, Recorded};
use super::super::{Context, Door, Evidence, association, letters, note, person};
use super::{By, open_line};
use crate::compose::Said;
use crate::domain::desk::refund;
use crate::domain::money::Cents;
use crate::domain::payment::Reversal;
use crate::ids::PaymentId;
use crate::store::desk::LinkRow;
use crate::store::tasks::Task;
use crate::store::{StoreError, invoices, payments as kept};

/// The payment behind a line; `None` for money that is in no book of ours.
pub(super) fn behind(task: &Task) -> Option<PaymentId> {
    task.data["payment"].as_i64().map(PaymentId)
}

/// Applies it to the invoice with that number: the member gets a receipt. `false` where there is no
/// such invoice of this association, or nothing of it is owed.
pub(super) fn apply(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    number: &str,
    by: &By,
) -> Result<bool, StoreError> {
    let Some((_, payment)) = open(c, link)? else { return Ok(false) };
    let invoice = invoices::by_number(c, number)?;
    let Some(invoice) = invoice.filter(|i| i.issuer == link.issuer && i.stands()) else {
        return Ok(false);
    };
    let before = kept::unapplied(c, payment)?;
    let evidence = evidence(context, link, by)?;
    // Its line is closed with the last of the money.
    let applied = payments::allocate(c, context, payment, &[invoice.id], &evidence)?;
    Ok(matches!(applied, Recorded::New { unapplied, .. } if unapplied < before))
}

/// Records that so much of it was paid back on that day, and tells the member. `false` where less
/// than that waits.
pub(super) fn pay_back(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    (amount, on): (Cents, Date),
    by: &By,
) -> Result<bool, StoreError> {
    let Some((task, payment)) = open(c, link)? else { return Ok(false) };
    let Some(amount) = refund(kept::unapplied(c, payment)?, Some(amount)) else { return Ok(false) };
    let evidence = evidence(context, link, by)?;
    let why = Reversal::Refund;
    let back = payments::reverse(c, context, payment, Some(amount), why, on, None, &evidence)?;
    if !matches!(back, Recorded::New { .. }) {
        return Ok(false);
    }
    let Some(id) = task.person else { return Ok(true) };
    let (member, subject) = person(c, id)?;
    let data = json!({"issuer": link.issuer, "payment": payment.0, "cents": amount.get()});
    let seq = note(c, context, &subject, "refunded", &data, &evidence)?;
    let (renewal, issuer) = (task.renewal, link.issuer.as_str());
    let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
    letters::say(c, context, &act, (Said::Refunded, None), &evidence)?;
    Ok(true)
}

fn open(c: &Connection, link: &LinkRow) -> Result<Option<(Task, PaymentId)>, StoreError> {
    let task = open_line(c, link)?;
    Ok(task.and_then(|task| behind(&task).map(|payment| (task, payment))))
}

fn evidence<'a>(context: &Context, link: &LinkRow, by: &By) -> Result<Evidence<'a>, StoreError> {
    let lang = association(context, &link.issuer)?.desk.language;
    Ok(Evidence { door: Door::Desk, mid: None, lang, at: by.at, answers: "" })
}
