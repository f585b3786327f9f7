//! Owns what whoever pays in members' places is told, and how they stand: their lasting link, each
//! new invoice with all that is open, the receipt of their money. Of a member they learn name, number
//! and invoice.

use data_encoding::HEXLOWER;
use rusqlite::Connection;

use super::letters::{self, Caused};
use super::payload::Payload;
use super::{Context, Evidence, RenewalView};
use crate::compose::{OpenInvoice, PaidShare, PayerAccount, PayerPayment};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment;
use crate::ids::{MessageId, PayerId, PaymentId, RenewalId};
use crate::store::capabilities::{self, Capability, PAYER_LINK};
use crate::store::messages::Recipient;
use crate::store::payers::Payer;
use crate::store::{StoreError, invoices, payers, payments, people, renewals};

/// Whether a message of that kind goes to who pays in members' places, or its link is theirs.
#[must_use]
pub fn is_for_payer(kind: &str) -> bool {
    kind.starts_with("payer-")
}

/// The id from which a payer's lasting link derives: one a payer, as long as their row.
#[must_use]
pub fn link(context: &Context, payer: &Payer) -> MessageId {
    context.ring.message_id(&link_cause(context, payer), 1)
}

/// By a keyed mark of the address: after a store was set back another payer may get the row, and an
/// older link must not open their page.
fn link_cause(context: &Context, payer: &Payer) -> String {
    let mark = context.ring.mark(PAYER_LINK, payer.email.as_bytes());
    format!("{PAYER_LINK}/{}/{}", payer.issuer, HEXLOWER.encode(&mark))
}

/// Makes the link work, unless it does.
fn open_link(
    c: &Connection,
    context: &Context,
    payer: &Payer,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let cause = link_cause(context, payer);
    let payload = Payload { payer: Some(payer.id.0), ..Payload::default() }.to_json();
    let new = Capability {
        cause: &cause,
        kind: PAYER_LINK,
        mid: link(context, payer),
        of: None,
        issuer: &payer.issuer,
        payload: &payload,
    };
    capabilities::keep(c, &new, evidence.at.as_millisecond())?;
    Ok(())
}

/// What of an invoice is open.
pub fn left(c: &Connection, invoice: &Invoice) -> Result<Cents, StoreError> {
    let paid = payment::sum(&payments::applied_to(c, invoice.id)?);
    let left = if invoice.stands() { invoice.bill.total().get() - paid.get() } else { 0 };
    Ok(Cents::new(left.max(0)).unwrap_or_default())
}

/// The invoices of a payer of which something is open, oldest first, each with how much.
pub fn open(c: &Connection, payer: PayerId) -> Result<Vec<(Invoice, Cents)>, StoreError> {
    let mut open = Vec::new();
    for invoice in invoices::of_payer(c, payer)? {
        let left = left(c, &invoice)?;
        if left > Cents::ZERO {
            open.push((invoice, left));
        }
    }
    Ok(open)
}

/// For whom an invoice is: name and number.
fn member(c: &Connection, invoice: &Invoice) -> Result<(String, String), StoreError> {
    let row = renewals::by_id(c, invoice.renewal)?;
    let member = row.map(|row| people::by_id(c, row.person)).transpose()?.flatten();
    Ok(member.map_or_else(Default::default, |m| {
        (format!("{} {}", m.given_name, m.family_name).trim().to_owned(), m.member_no)
    }))
}

/// How a payer stands now.
pub fn account(c: &Connection, payer: &Payer) -> Result<PayerAccount, StoreError> {
    let mut all = Vec::new();
    for (invoice, left) in open(c, payer.id)? {
        let (name, member_no) = member(c, &invoice)?;
        all.push(OpenInvoice {
            left,
            due_on: invoice.due_on(),
            number: invoice.number,
            name,
            member_no,
            purchase_order: invoice.purchase_order,
        });
    }
    Ok(PayerAccount { name: payer.name.clone(), open: all })
}

/// What a payment went to; `None` where there is none.
pub fn paid(c: &Connection, id: PaymentId) -> Result<Option<PayerPayment>, StoreError> {
    let Some(row) = payments::by_id(c, id)? else { return Ok(None) };
    let mut shares: Vec<PaidShare> = Vec::new();
    for share in payments::applied_of(c, id)? {
        let Some(invoice) = invoices::by_id(c, share.invoice)? else { continue };
        if let Some(own) = shares.iter_mut().find(|s| s.number == invoice.number) {
            own.amount = [own.amount, share.amount].into_iter().sum();
            continue;
        }
        let (name, member_no) = member(c, &invoice)?;
        shares.push(PaidShare { number: invoice.number, name, member_no, amount: share.amount });
    }
    Ok(Some(PayerPayment {
        payment: id.0,
        method: row.method,
        received_on: row.received_on,
        amount: row.amount,
        shares,
        unapplied: payments::unapplied(c, id)?,
    }))
}

/// Queues a new invoice for who pays it.
pub(super) fn send_invoice(
    c: &Connection,
    context: &Context,
    seq: i64,
    view: &RenewalView,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let payer = invoice.payer.map(|id| payers::by_id(c, id)).transpose()?.flatten();
    let Some(payer) = payer else { return Ok(()) };
    open_link(c, context, &payer, evidence)?;
    let payload = Payload { invoice: Some(invoice.id.0), ..Payload::default() };
    let parts = letters::Parts {
        seq,
        kind: "payer-invoice",
        member: &view.member,
        renewal: Some(view.row.renewal.id),
        issuer: &view.row.issuer,
        payload: &payload,
    };
    letters::to_member(c, &parts, evidence)
}

/// Queues what a payer must know of a payment of theirs: `payer-receipt`, `payer-returned` or
/// `payer-refund`. About nobody in particular: one payment is for many members.
pub(super) fn tell(
    c: &Connection,
    context: &Context,
    kind: &str,
    payer: PayerId,
    payment: PaymentId,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let Some(payer) = payers::by_id(c, payer)? else { return Ok(()) };
    open_link(c, context, &payer, evidence)?;
    let payload =
        Payload { payment: Some(payment.0), payer: Some(payer.id.0), ..Payload::default() };
    let told = Caused {
        seq,
        tail: kind,
        kind,
        recipient: Recipient::Member,
        who: None,
        renewal: None,
        issuer: &payer.issuer,
        payload: &payload,
    };
    letters::queue(c, &told, evidence.at)
}

/// Tells a member that their payer has paid; no amounts.
pub(super) fn tell_member(
    c: &Connection,
    payer: PayerId,
    renewal: RenewalId,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let Some(row) = renewals::by_id(c, renewal)? else { return Ok(()) };
    let payload = Payload { payer: Some(payer.0), ..Payload::default() };
    let told = Caused {
        seq,
        tail: &format!("paid-by-payer/{}", renewal.0),
        kind: "paid-by-payer",
        recipient: Recipient::Member,
        who: Some(row.person),
        renewal: Some(renewal),
        issuer: &row.issuer,
        payload: &payload,
    };
    letters::queue(c, &told, evidence.at)
}
