//! Owns the acts on money: recording what came in, taking back what went back, applying what waits,
//! and what a renewal becomes by it. Each act is one ledger line for the money and one for each
//! renewal that it touched. Money never crosses from one association to another, and what settles
//! nothing waits with its payment, on the desk's list.

mod back;
mod waiting;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::invoices::{self, BillTo};
use super::letters::{self, Caused};
use super::payload::Payload;
use super::{Context, Evidence, note, payers, person};
use crate::compose::InvoiceWhy;
use crate::config::PaymentSection;
use crate::domain::invoice::Invoice;
use crate::domain::member::Member;
use crate::domain::money::Cents;
use crate::domain::payment::{self, Allocation, Method, Owed};
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{InvoiceId, PayerId, PaymentId, PersonId, RenewalId};
use crate::store::messages::Recipient;
use crate::store::payments::{self as kept, NewPayment, Payment};
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents, payers as rows, renewals};

pub use back::reverse;
pub use waiting::allocate;
pub(super) use waiting::{carry_over, release};

/// Money as it came.
#[derive(Debug, Clone, Copy)]
pub struct Money<'a> {
    /// Code of the association that got it.
    pub issuer: &'a str,
    /// How it came.
    pub method: Method,
    /// The id by which another system knows it: recorded once, however often it is told.
    pub external: Option<&'a str>,
    /// How much.
    pub amount: Cents,
    /// The day on which it came.
    pub received_on: Date,
    /// Number of the cheque, say; empty for none.
    pub reference: &'a str,
    /// Who paid.
    pub by: PaidBy,
}

/// Who paid: whoever did gets the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidBy {
    /// To whom its invoices are made out, where that is one payer; else the members.
    Billed,
    /// The member.
    Member,
    /// Who pays in members' places. For no invoice in particular: for all that they have open.
    Payer(PayerId),
}

/// What recording came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    New {
        /// Its row.
        payment: PaymentId,
        /// What of it settles nothing and waits for the desk.
        unapplied: Cents,
    },
    /// It was told before; nothing was written.
    Already(PaymentId),
    /// Nothing was written.
    Refused(Refusal),
}

/// Why money was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An amount of nothing or less.
    #[error("the amount is not above zero")]
    NotPositive,
    /// No such invoice or payment.
    #[error("{0} is not here")]
    NotHere(String),
    /// A cheque to one association settles no invoice of another.
    #[error("{0} is an invoice of another association")]
    OtherIssuer(String),
    /// Whoever pays here and there is a payer of each.
    #[error("that is a payer of {0}, and the money is another association's")]
    OtherPayer(String),
    /// More is to go back than is left.
    #[error("only {0} of it is left")]
    MoreThanLeft(Cents),
    /// What went back cannot go back again.
    #[error("payment {0} is itself money that went back")]
    IsReversal(i64),
}

/// Records money that came in, for these invoices: spread over their lines by the config's order.
/// Without an invoice and a payer it waits. Paid in full, a renewal is `paid`. A payer gets one
/// receipt, and each member word that theirs is paid; else each member gets a receipt for what was
/// settled of theirs.
pub fn record(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    for_invoices: &[InvoiceId],
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    record_about(c, context, money, for_invoices, None, evidence)
}

/// Records money that came in for a member: for what they owe, or, where nothing was invoiced yet,
/// for an invoice that is issued now: whoever pays renews. Money of whoever does not renew, waits for
/// the desk's decision or owes nothing waits with them.
pub fn record_for(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    member: &Member,
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    if let Some(done) = told_before(c, money)? {
        return Ok(done);
    }
    let (season, at_ms) = (&context.config.relance.season.id, evidence.at.as_millisecond());
    let id = renewals::open(c, member.id, money.issuer, season, at_ms)?;
    let row = here(c, id)?;
    let mut owed: Vec<InvoiceId> = documents::standing(c, id)?.into_iter().map(|i| i.id).collect();
    let renews = matches!(
        row.renewal.state,
        RenewalState::Open | RenewalState::Pledged | RenewalState::Lapsed
    );
    if owed.is_empty() && renews {
        let bill = invoices::bill_now(c, context, &row, member, evidence)?;
        if let Some(bill) = bill {
            let to = BillTo::member(member);
            owed.push(invoices::issue(c, context, &row, member, &bill, &to, evidence)?.id);
        }
    }
    record_about(c, context, money, &owed, Some(id), evidence)
}

/// What there is to say of money before anything is looked up for it.
fn told_before(c: &Connection, money: &Money<'_>) -> Result<Option<Recorded>, StoreError> {
    if money.amount.get() <= 0 {
        return Ok(Some(Recorded::Refused(Refusal::NotPositive)));
    }
    let Some(external) = money.external else { return Ok(None) };
    let known = kept::by_external(c, money.issuer, money.method, external)?;
    Ok(known.map(|known| Recorded::Already(known.id)))
}

/// The payment with that row, if it is money that came in.
fn original(c: &Connection, id: PaymentId) -> Result<Result<Payment, Refusal>, StoreError> {
    Ok(match kept::by_id(c, id)? {
        None => Err(Refusal::NotHere(format!("payment {}", id.0))),
        Some(found) if found.reverses.is_some() => Err(Refusal::IsReversal(id.0)),
        Some(found) => Ok(found),
    })
}

/// Records money that goes back at once: it settles nothing, and no desk has to look at it.
pub(super) fn record_passing(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    if let Some(done) = told_before(c, money)? {
        return Ok(done);
    }
    let payer = if let PaidBy::Payer(id) = money.by { Some(id) } else { None };
    let (payment, _) = put(c, context, money, payer, &[], evidence)?;
    Ok(Recorded::New { payment, unapplied: money.amount })
}

fn record_about(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    for_invoices: &[InvoiceId],
    about: Option<RenewalId>,
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    if let Some(done) = told_before(c, money)? {
        return Ok(done);
    }
    let named = match meant(c, money, for_invoices)? {
        Ok(named) => named,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
    let payer = match money.by {
        PaidBy::Billed => one_payer(&named),
        PaidBy::Member => None,
        PaidBy::Payer(id) => Some(id),
    };
    let shares = spread(context, money.amount, &owed(c, &named)?);
    let (id, seq) = put(c, context, money, payer, &shares, evidence)?;
    let touched = touched(c, &shares)?;
    settle_all(c, context, &touched, (id, payer), seq, evidence)?;
    let unapplied = kept::unapplied(c, id)?;
    if unapplied > Cents::ZERO {
        let twice = !named.is_empty() && shares.is_empty();
        let kind = if twice { TaskKind::DoublePayment } else { TaskKind::Credit };
        let known = touched.iter().chain(named.iter().map(|i| &i.renewal)).copied().next();
        let about = about.or(known);
        waits(c, &credit_cause(id), kind, money.issuer, id, unapplied, about, evidence)?;
    }
    Ok(Recorded::New { payment: id, unapplied })
}

/// Into the books, with its ledger line.
fn put(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    payer: Option<PayerId>,
    shares: &[Allocation],
    evidence: &Evidence<'_>,
) -> Result<(PaymentId, i64), StoreError> {
    let data = json!({
        "issuer": money.issuer,
        "method": money.method.as_str(),
        "external": money.external,
        "cents": money.amount.get(),
        "on": money.received_on.to_string(),
        "applied": told(c, shares)?,
        "door": evidence.door.as_str(),
    });
    let seq = note(c, context, "", "money-in", &data, evidence)?;
    let at_ms = evidence.at.as_millisecond();
    let id = kept::add(
        c,
        &NewPayment {
            issuer: money.issuer,
            method: money.method,
            external: money.external,
            amount: money.amount,
            received_on: money.received_on,
            reference: money.reference,
            payer,
            reverses: None,
            at_ms,
            seq,
        },
    )?;
    for share in shares {
        kept::apply(c, id, share, at_ms)?;
    }
    Ok((id, seq))
}

/// Those to whom the invoices are made out, if that is one payer.
fn one_payer(invoices: &[Invoice]) -> Option<PayerId> {
    let first = invoices.first()?.payer;
    first.filter(|_| invoices.iter().all(|i| i.payer == first))
}

/// By the config's order.
fn spread(context: &Context, amount: Cents, owed: &[Owed]) -> Vec<Allocation> {
    let PaymentSection { order, across, .. } = &context.config.relance.payment;
    payment::spread(amount, owed, order, *across)
}

/// What renewals become by a payment; whoever paid is told.
fn settle_all(
    c: &Connection,
    context: &Context,
    renewals: &BTreeSet<RenewalId>,
    (id, payer): (PaymentId, Option<PayerId>),
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    for renewal in renewals {
        let state = settled(c, context, *renewal, Some(id), "payment", evidence)?;
        match payer {
            None => receipt(c, *renewal, id, seq, evidence)?,
            Some(payer) if state == RenewalState::Paid => {
                payers::tell_member(c, payer, *renewal, seq, evidence)?;
            }
            Some(_) => {}
        }
    }
    match payer {
        Some(payer) => payers::tell(c, context, "payer-receipt", payer, id, seq, evidence),
        None => Ok(()),
    }
}

pub(super) fn credit_cause(payment: PaymentId) -> String {
    format!("credit/{}", payment.0)
}

/// The invoices that money is for: those that were named, else all that its payer has open.
fn meant(
    c: &Connection,
    money: &Money<'_>,
    for_invoices: &[InvoiceId],
) -> Result<Result<Vec<Invoice>, Refusal>, StoreError> {
    let PaidBy::Payer(id) = money.by else { return named(c, money.issuer, for_invoices) };
    match rows::by_id(c, id)? {
        None => return Ok(Err(Refusal::NotHere(format!("payer {}", id.0)))),
        Some(payer) if payer.issuer != money.issuer => {
            return Ok(Err(Refusal::OtherPayer(payer.issuer)));
        }
        Some(_) => {}
    }
    if for_invoices.is_empty() {
        Ok(Ok(payers::open(c, id)?.into_iter().map(|(invoice, _)| invoice).collect()))
    } else {
        named(c, money.issuer, for_invoices)
    }
}

/// The invoices that money was sent for; all must be the association's own.
fn named(
    c: &Connection,
    issuer: &str,
    ids: &[InvoiceId],
) -> Result<Result<Vec<Invoice>, Refusal>, StoreError> {
    let mut named = Vec::new();
    for id in ids {
        match documents::by_id(c, *id)? {
            None => return Ok(Err(Refusal::NotHere(format!("invoice {}", id.0)))),
            Some(other) if other.issuer != issuer => {
                return Ok(Err(Refusal::OtherIssuer(other.number)));
            }
            Some(invoice) => named.push(invoice),
        }
    }
    Ok(Ok(named))
}

/// The lines of those that stand, with what was paid of each so far.
fn owed(c: &Connection, invoices: &[Invoice]) -> Result<Vec<Owed>, StoreError> {
    let mut owed = Vec::new();
    for invoice in invoices.iter().filter(|i| i.stands()) {
        let applied = kept::applied_to(c, invoice.id)?;
        owed.extend(payment::owed(invoice, |line| {
            applied.iter().find(|a| a.line == line).map_or(Cents::ZERO, |a| a.amount)
        }));
    }
    Ok(owed)
}

/// Shares as the ledger tells them: by number, never by name.
fn told(c: &Connection, shares: &[Allocation]) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for share in shares {
        let number = documents::by_id(c, share.invoice)?.map(|i| i.number);
        all.push(json!({"invoice": number, "line": share.line, "cents": share.amount.get()}));
    }
    Ok(all)
}

fn touched(c: &Connection, shares: &[Allocation]) -> Result<BTreeSet<RenewalId>, StoreError> {
    let mut renewals = BTreeSet::new();
    for share in shares {
        renewals.extend(documents::by_id(c, share.invoice)?.map(|i| i.renewal));
    }
    Ok(renewals)
}

/// What a renewal is by what is owed and paid now: paid in full, or owed again; with a ledger line of
/// that kind.
pub(super) fn settle(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    kind: &str,
    evidence: &Evidence<'_>,
) -> Result<RenewalState, StoreError> {
    settled(c, context, id, None, kind, evidence)
}

fn settled(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    payment: Option<PaymentId>,
    kind: &str,
    evidence: &Evidence<'_>,
) -> Result<RenewalState, StoreError> {
    let row = here(c, id)?;
    let at_ms = evidence.at.as_millisecond();
    let standing = documents::standing(c, id)?;
    let mut left = 0;
    for invoice in &standing {
        left += invoice.bill.total().get() - payment::sum(&kept::applied_to(c, invoice.id)?).get();
    }
    let state = match row.renewal.state {
        was if standing.is_empty() => was,
        _ if left <= 0 => RenewalState::Paid,
        RenewalState::Paid | RenewalState::Open | RenewalState::Lapsed => RenewalState::Pledged,
        was => was,
    };
    renewals::shift(c, id, state, at_ms)?;
    if state == RenewalState::Paid {
        invoices::nothing_expected(c, id, evidence)?;
    }
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": id.0,
        "payment": payment.map(|p| p.0),
        "left": left,
        "state": state.as_str(),
    });
    note(c, context, &person(c, row.person)?.1, kind, &data, evidence)?;
    Ok(state)
}

fn here(c: &Connection, id: RenewalId) -> Result<RenewalRow, StoreError> {
    renewals::by_id(c, id)?
        .ok_or_else(|| StoreError::GiveUp("an invoice names a renewal that is not here".into()))
}

/// Mails a member what was received and what it settles.
fn receipt(
    c: &Connection,
    renewal: RenewalId,
    payment: PaymentId,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let row = here(c, renewal)?;
    let payload = Payload { payment: Some(payment.0), ..Payload::default() };
    let told = Caused {
        seq,
        // One payment may be for many members: each has a message of their own.
        tail: &format!("receipt/{}", renewal.0),
        kind: "receipt",
        recipient: Recipient::Member,
        who: Some(row.person),
        renewal: Some(renewal),
        issuer: &row.issuer,
        payload: &payload,
    };
    letters::queue(c, &told, evidence.at)
}

/// Money that settles nothing: a line for the desk.
#[expect(clippy::too_many_arguments, reason = "what such a line shows")]
pub(super) fn waits(
    c: &Connection,
    cause: &str,
    kind: TaskKind,
    issuer: &str,
    payment: PaymentId,
    unapplied: Cents,
    about: Option<RenewalId>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let who: Option<PersonId> = about.map(|id| here(c, id)).transpose()?.map(|row| row.person);
    let data = json!({"payment": payment.0, "cents": unapplied.get()});
    let task = NewTask {
        cause,
        issuer,
        kind,
        person: who,
        renewal: about,
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    Ok(())
}

/// Mails an invoice or credit note by itself, with a ledger line that says so.
pub(super) fn mail_document(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    invoice: &Invoice,
    why: InvoiceWhy,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let (member, subject) = person(c, row.person)?;
    let data = json!({"issuer": row.issuer, "number": invoice.number, "why": why.as_str()});
    let seq = note(c, context, &subject, "document-mailed", &data, evidence)?;
    let payload = Payload {
        invoice: Some(invoice.id.0),
        invoice_why: why.as_str().into(),
        ..Payload::default()
    };
    let parts = letters::Parts {
        seq,
        kind: "invoice",
        member: &member,
        renewal: Some(row.renewal.id),
        issuer: &row.issuer,
        payload: &payload,
    };
    letters::to_member(c, &parts, evidence)
}

#[cfg(test)]
mod balance;
#[cfg(test)]
mod tests;
