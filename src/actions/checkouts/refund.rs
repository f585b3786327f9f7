//! Owns giving back what was paid twice by card: the second success goes into the books and waits for
//! the provider to return it. The call itself is `card::watch`'s, outside any transaction, under a key
//! that never changes, so that it goes back once however often it is asked for. A desk has to look
//! only where the provider refuses.

use rusqlite::Connection;
use serde_json::json;

use super::super::payload::Payload;
use super::super::payments::{self, Money, Recorded};
use super::super::{Context, Evidence, association, letters, note, payers, person};
use crate::domain::billing::Terms;
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal};
use crate::domain::words::TaskKind;
use crate::ids::{PaymentId, PersonId, RenewalId};
use crate::store::card_refunds::{self as rows, CardRefund};
use crate::store::payments::{self as kept, Payment};
use crate::store::{StoreError, checkouts, renewals};

/// What is asked of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The row.
    pub refund: CardRefund,
    /// The provider's name for the payment; empty where it gave none.
    pub reference: String,
    /// How much goes back; nothing where the desk has dealt with it meanwhile.
    pub amount: Cents,
}

/// The money is there, and the debt was paid before: it is on its way back.
pub(super) fn begin(
    c: &Connection,
    context: &Context,
    provider: &str,
    money: &Money<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    if let Recorded::New { payment, .. } = payments::record_passing(c, context, money, evidence)? {
        // The page's name is the provider's own, and no second page has it.
        let key = format!("refund-{}", money.external.unwrap_or_default());
        rows::add(c, payment, provider, &key, evidence.at.as_millisecond())?;
    }
    Ok(())
}

/// Those that wait, a few at a time.
pub fn waiting(c: &Connection, limit: i64) -> Result<Vec<Asked>, StoreError> {
    let mut all = Vec::new();
    for refund in rows::waiting(c, limit)? {
        let Some(payment) = kept::by_id(c, refund.payment)? else { continue };
        let amount = kept::unapplied(c, payment.id)?;
        all.push(Asked { refund, reference: payment.reference, amount });
    }
    Ok(all)
}

/// The provider gives it back; `name` is its name for that. What a webhook was quicker to tell is
/// not taken back twice. Whoever paid is told.
pub fn done(
    c: &Connection,
    context: &Context,
    asked: &Asked,
    name: &str,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let id = asked.refund.payment;
    if !rows::end(c, id, "done", name, evidence.at.as_millisecond())? {
        return Ok(());
    }
    let Some(payment) = kept::by_id(c, id)? else { return Ok(()) };
    let left = kept::unapplied(c, id)?.min(asked.amount);
    if left > Cents::ZERO {
        let issuer = association(context, &payment.issuer)?;
        let on = Terms::at(&context.config, issuer, evidence.at).on;
        let why = Reversal::Refund;
        payments::reverse(c, context, id, Some(left), why, on, Some(name), evidence)?;
    }
    tell(c, context, &asked.refund, &payment, name, asked.amount, evidence)
}

/// A webhook says that all of it went back, and the books do: where the provider's answer was lost
/// with a process that died, nothing is left to ask for, and whoever paid is told now.
pub(super) fn heard(
    c: &Connection,
    context: &Context,
    payment: &Payment,
    name: &str,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let Some(refund) = rows::of(c, payment.id)? else { return Ok(()) };
    if !rows::end(c, payment.id, "done", name, evidence.at.as_millisecond())? {
        return Ok(());
    }
    tell(c, context, &refund, payment, name, payment.amount, evidence)
}

fn tell(
    c: &Connection,
    context: &Context,
    refund: &CardRefund,
    payment: &Payment,
    name: &str,
    amount: Cents,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let id = payment.id;
    let (renewal, who) = whose(c, refund, payment)?;
    let data = json!({
        "issuer": payment.issuer,
        "payment": id.0,
        "provider": refund.provider,
        "refund": name,
        "cents": amount.get(),
    });
    let whom = who.map(|who| person(c, who)).transpose()?;
    let subject = whom.as_ref().map_or("", |(_, subject)| subject);
    let seq = note(c, context, subject, "card-refunded", &data, evidence)?;
    match (payment.payer, &whom) {
        (Some(payer), _) => payers::tell(c, context, "payer-refund", payer, id, seq, evidence),
        (None, Some((member, _))) => {
            let payload = Payload { payment: Some(id.0), ..Payload::default() };
            let parts = letters::Parts {
                seq,
                kind: "refund",
                member,
                renewal,
                issuer: &payment.issuer,
                payload: &payload,
            };
            letters::to_member(c, &parts, evidence)
        }
        (None, None) => Ok(()),
    }
}

/// The provider will not: a desk has to see to it, unless it went back otherwise meanwhile.
pub fn refused(
    c: &Connection,
    context: &Context,
    asked: &Asked,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let id = asked.refund.payment;
    if !rows::end(c, id, "refused", "", evidence.at.as_millisecond())? {
        return Ok(());
    }
    let Some(payment) = kept::by_id(c, id)? else { return Ok(()) };
    let waits = kept::unapplied(c, id)?;
    let data = json!({"issuer": payment.issuer, "payment": id.0, "cents": waits.get()});
    note(c, context, "", "card-refund-refused", &data, evidence)?;
    if waits <= Cents::ZERO {
        return Ok(());
    }
    let (renewal, _) = whose(c, &asked.refund, &payment)?;
    let (cause, kind) = (payments::credit_cause(id), TaskKind::DoublePayment);
    payments::waits(c, &cause, kind, &payment.issuer, id, waits, renewal, evidence)
}

/// Whether a payment by card that settles nothing goes back by itself, or has.
pub(super) fn goes_back(c: &Connection, payment: PaymentId) -> Result<bool, StoreError> {
    Ok(rows::of(c, payment)?.is_some_and(|refund| refund.state != "refused"))
}

/// For whose renewal it was paid.
fn whose(
    c: &Connection,
    refund: &CardRefund,
    payment: &Payment,
) -> Result<(Option<RenewalId>, Option<PersonId>), StoreError> {
    debug_assert_eq!(payment.method, Method::Card);
    let session = payment.external.as_deref().unwrap_or_default();
    let Some(row) = checkouts::by_session(c, &refund.provider, session)? else {
        return Ok((None, None));
    };
    let person = renewals::by_id(c, row.renewal)?.map(|r| r.person);
    Ok((Some(row.renewal), person))
}
