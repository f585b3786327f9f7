//! Owns money that went back: a cheque that bounced, a refund, a chargeback.

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::super::{Context, Evidence, note, payers};
use super::{
    Recorded, Refusal, credit_cause, here, mail_document, original, settled, told, touched,
};
use crate::compose::InvoiceWhy;
use crate::domain::money::Cents;
use crate::domain::payment::{self, Allocation, Reversal};
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{PaymentId, RenewalId};
use crate::store::payments::{self as kept, NewPayment, Payment};
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents};

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
    let original = match original(c, payment)? {
        Ok(original) => original,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
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
    let (id, seq) = goes_back(c, context, &original, amount, why, on, external, &taken, evidence)?;
    for renewal in touched(c, &taken)? {
        let state = settled(c, context, renewal, Some(payment), "payment-reversed", evidence)?;
        owed_again(c, context, renewal, state, id, why, evidence)?;
    }
    if let Some(payer) = original.payer.filter(|_| why != Reversal::Refund) {
        payers::tell(c, context, "payer-returned", payer, payment, seq, evidence)?;
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
) -> Result<(PaymentId, i64), StoreError> {
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
    Ok((id, seq))
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
