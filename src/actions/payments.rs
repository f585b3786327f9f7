//! Owns the acts on money: recording what came in, taking back what went back, applying what waits,
//! and what a renewal becomes by it. Each act is one ledger line for the money and one for each
//! renewal that it touched. Money never crosses from one association to another, and what settles
//! nothing waits with its payment, on the desk's list.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::payload::Payload;
use super::{Context, Evidence, invoices, letters, note, person};
use crate::compose::InvoiceWhy;
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::{self, Allocation, Method, Owed, Reversal};
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{InvoiceId, PayerId, PaymentId, PersonId, RenewalId};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::payments::{self as kept, NewPayment, Payment};
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents, renewals};

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
    /// Who paid in a member's place.
    pub payer: Option<PayerId>,
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
    /// More is to go back than is left.
    #[error("only {0} of it is left")]
    MoreThanLeft(Cents),
    /// What went back cannot go back again.
    #[error("payment {0} is itself money that went back")]
    IsReversal(i64),
}

/// Records money that came in, for these invoices: spread over their lines by the config's order.
/// Without an invoice it waits. Paid in full, a renewal is `paid`; each member gets a receipt for
/// what was settled of theirs.
pub fn record(
    c: &Connection,
    context: &Context,
    money: &Money<'_>,
    for_invoices: &[InvoiceId],
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    if money.amount.get() <= 0 {
        return Ok(Recorded::Refused(Refusal::NotPositive));
    }
    if let Some(external) = money.external
        && let Some(known) = kept::by_external(c, money.issuer, money.method, external)?
    {
        return Ok(Recorded::Already(known.id));
    }
    let named = match named(c, money.issuer, for_invoices)? {
        Ok(named) => named,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
    let owed = owed(c, &named)?;
    let order = &context.config.relance.payment.order;
    let shares = payment::allocate(money.amount, &owed, order);
    let data = json!({
        "issuer": money.issuer,
        "method": money.method.as_str(),
        "external": money.external,
        "cents": money.amount.get(),
        "on": money.received_on.to_string(),
        "applied": told(c, &shares)?,
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
            payer: money.payer,
            reverses: None,
            at_ms,
            seq,
        },
    )?;
    for share in &shares {
        kept::apply(c, id, share, at_ms)?;
    }
    let touched = touched(c, &shares)?;
    for renewal in &touched {
        settled(c, context, *renewal, Some(id), "payment", evidence)?;
        receipt(c, *renewal, id, seq, evidence)?;
    }
    let unapplied = kept::unapplied(c, id)?;
    if unapplied > Cents::ZERO {
        let twice = !named.is_empty() && shares.is_empty();
        let kind = if twice { TaskKind::DoublePayment } else { TaskKind::Credit };
        let about = touched.iter().chain(named.iter().map(|i| &i.renewal)).copied().next();
        waits(c, &credit_cause(id), kind, money.issuer, id, unapplied, about, evidence)?;
    }
    Ok(Recorded::New { payment: id, unapplied })
}

fn credit_cause(payment: PaymentId) -> String {
    format!("credit/{}", payment.0)
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
    let (member, _) = person(c, row.person)?;
    let payload = Payload { payment: Some(payment.0), ..Payload::default() };
    let at_ms = evidence.at.as_millisecond();
    let message = NewMessage {
        // One payment may be for many members: each has a message of their own.
        cause: &format!("led/{seq}/receipt/{}", renewal.0),
        kind: "receipt",
        priority: 0,
        person: Some(member.id),
        renewal: Some(renewal),
        issuer: &row.issuer,
        firing: None,
        recipient: Recipient::Member,
        payload: &payload.to_json(),
        due_ms: at_ms,
    };
    messages::add(c, &message, at_ms)?;
    Ok(())
}

/// Money that settles nothing: a line for the desk.
#[expect(clippy::too_many_arguments, reason = "what such a line shows")]
fn waits(
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

/// Takes back what a cheque that bounced, a refund or a chargeback takes back: first what settles
/// nothing, then what was applied last. What is owed again is owed: the renewal is `pledged`, and
/// the desk's list has a line. `amount` left out: all that is left of it.
#[expect(
    clippy::too_many_arguments,
    reason = "what a bank or provider says of money that went back"
)]
pub fn reverse(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    amount: Option<Cents>,
    why: Reversal,
    on: Date,
    external: Option<&str>,
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    let Some(original) = kept::by_id(c, payment)? else {
        return Ok(Recorded::Refused(Refusal::NotHere(format!("payment {}", payment.0))));
    };
    if original.reverses.is_some() {
        return Ok(Recorded::Refused(Refusal::IsReversal(payment.0)));
    }
    if let Some(external) = external
        && let Some(known) = kept::by_external(c, &original.issuer, original.method, external)?
    {
        return Ok(Recorded::Already(known.id));
    }
    let left = kept::left(c, payment)?;
    let amount = amount.unwrap_or(left);
    if amount <= Cents::ZERO {
        return Ok(Recorded::Refused(Refusal::NotPositive));
    }
    if amount > left {
        return Ok(Recorded::Refused(Refusal::MoreThanLeft(left)));
    }
    let unapplied = kept::unapplied(c, payment)?;
    let taken = payment::take_back(amount, unapplied, &kept::applied_of(c, payment)?);
    let id = goes_back(c, context, &original, amount, why, on, external, &taken, evidence)?;
    for renewal in touched(c, &taken)? {
        let state = settled(c, context, renewal, Some(payment), "payment-reversed", evidence)?;
        owed_again(c, context, renewal, state, id, why, evidence)?;
    }
    let at_ms = evidence.at.as_millisecond();
    if kept::unapplied(c, payment)? <= Cents::ZERO {
        tasks::close_cause(c, &credit_cause(payment), "relance", why.as_str(), at_ms)?;
    }
    Ok(Recorded::New { payment: id, unapplied: kept::unapplied(c, payment)? })
}

#[expect(clippy::too_many_arguments, reason = "a reversal and what it takes back")]
fn goes_back(
    c: &Connection,
    context: &Context,
    original: &Payment,
    amount: Cents,
    why: Reversal,
    on: Date,
    external: Option<&str>,
    taken: &[Allocation],
    evidence: &Evidence<'_>,
) -> Result<PaymentId, StoreError> {
    let data = json!({
        "issuer": original.issuer,
        "payment": original.id.0,
        "why": why.as_str(),
        "external": external,
        "cents": amount.negated().get(),
        "on": on.to_string(),
        "applied": told(c, taken)?,
        "door": evidence.door.as_str(),
    });
    let seq = note(c, context, "", "money-back", &data, evidence)?;
    let at_ms = evidence.at.as_millisecond();
    let id = kept::add(
        c,
        &NewPayment {
            issuer: &original.issuer,
            method: original.method,
            external,
            amount: amount.negated(),
            received_on: on,
            reference: &original.reference,
            payer: original.payer,
            reverses: Some((original.id, why)),
            at_ms,
            seq,
        },
    )?;
    for share in taken {
        kept::apply(c, id, share, at_ms)?;
    }
    Ok(id)
}

/// What is owed again stands on the desk's list; who thought it paid is told, unless they have
/// the money back.
fn owed_again(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    state: RenewalState,
    reversal: PaymentId,
    why: Reversal,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    if state == RenewalState::Paid {
        return Ok(());
    }
    let row = here(c, renewal)?;
    let data = json!({"why": why.as_str(), "payment": reversal.0});
    let task = NewTask {
        cause: &format!("owed-again/{}/{}", reversal.0, renewal.0),
        issuer: &row.issuer,
        kind: TaskKind::ExpectedCheque,
        person: Some(row.person),
        renewal: Some(renewal),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    let Some(invoice) = documents::standing(c, renewal)?.into_iter().next() else { return Ok(()) };
    if why == Reversal::Refund {
        return Ok(());
    }
    mail_document(c, context, &row, &invoice, InvoiceWhy::Returned, evidence)
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

/// Applies what waits of a payment to these invoices.
pub fn allocate(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    for_invoices: &[InvoiceId],
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    let Some(original) = kept::by_id(c, payment)? else {
        return Ok(Recorded::Refused(Refusal::NotHere(format!("payment {}", payment.0))));
    };
    if original.reverses.is_some() {
        return Ok(Recorded::Refused(Refusal::IsReversal(payment.0)));
    }
    let named = match named(c, &original.issuer, for_invoices)? {
        Ok(named) => named,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
    apply_waiting(c, context, payment, &named, evidence)?;
    let (unapplied, at_ms) = (kept::unapplied(c, payment)?, evidence.at.as_millisecond());
    if unapplied <= Cents::ZERO {
        tasks::close_cause(c, &credit_cause(payment), "relance", "applied", at_ms)?;
    }
    Ok(Recorded::New { payment, unapplied })
}

fn apply_waiting(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    invoices: &[Invoice],
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let order = &context.config.relance.payment.order;
    let shares = payment::allocate(kept::unapplied(c, payment)?, &owed(c, invoices)?, order);
    if shares.is_empty() {
        return Ok(());
    }
    let data = json!({"payment": payment.0, "applied": told(c, &shares)?});
    let seq = note(c, context, "", "money-applied", &data, evidence)?;
    for share in &shares {
        kept::apply(c, payment, share, evidence.at.as_millisecond())?;
    }
    for renewal in touched(c, &shares)? {
        settled(c, context, renewal, Some(payment), "payment", evidence)?;
        receipt(c, renewal, payment, seq, evidence)?;
    }
    Ok(())
}

/// Frees what was applied to an invoice that a credit note takes back; gives the payments.
pub(super) fn release(
    c: &Connection,
    context: &Context,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<Vec<PaymentId>, StoreError> {
    let payments = kept::on(c, invoice.id)?;
    for payment in &payments {
        let applied = kept::applied_of(c, *payment)?;
        let own = applied.into_iter().filter(|a| a.invoice == invoice.id);
        let freed: Vec<Allocation> =
            own.map(|a| Allocation { amount: a.amount.negated(), ..a }).collect();
        let data = json!({"payment": payment.0, "applied": told(c, &freed)?});
        note(c, context, "", "money-freed", &data, evidence)?;
        for share in &freed {
            kept::apply(c, *payment, share, evidence.at.as_millisecond())?;
        }
    }
    Ok(payments)
}

/// What was freed counts towards the invoice that replaces the old one; what is left of it waits
/// for the desk.
pub(super) fn carry_over(
    c: &Connection,
    context: &Context,
    freed: &[PaymentId],
    renewal: RenewalId,
    instead: Option<&Invoice>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    for payment in freed {
        if let Some(invoice) = instead {
            apply_waiting(c, context, *payment, std::slice::from_ref(invoice), evidence)?;
        }
        let unapplied = kept::unapplied(c, *payment)?;
        let original = kept::by_id(c, *payment)?;
        if let (Some(original), true) = (original, unapplied > Cents::ZERO) {
            // A second credit of one payment is another event than the first.
            let head = crate::store::ledger::head(c)?.0;
            let cause = format!("{}/{head}", credit_cause(*payment));
            let (kind, about) = (TaskKind::Credit, Some(renewal));
            waits(c, &cause, kind, &original.issuer, *payment, unapplied, about, evidence)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
