//! Owns what a card's money is in the books: what a try asks for, the payment that a success is,
//! and what goes back of it. Recording, spreading over lines and telling the desk are
//! `payments`'.

use rusqlite::Connection;
use serde_json::json;

use super::super::invoices::{self, BillTo};
use super::super::letters;
use super::super::payers::is_for_payer;
use super::super::payments::{self, Money, PaidBy, Recorded, Refusal};
use super::super::{Applied, Context, Evidence, RenewalView, association};
use super::{Fate, refund, said};
use crate::card::{About, MoneyBack};
use crate::domain::bill::Bill;
use crate::domain::billing::Terms;
use crate::domain::checkout::{Back, Odd, Wanted, Word, to_take_back};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal, sum};
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{InvoiceId, RenewalId};
use crate::store::checkouts::{self, CheckoutRow};
use crate::store::payments::{self as kept, Payment};
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, invoices as documents, renewals};

/// What is owed, as a try quotes it.
pub(super) struct Debt {
    pub wanted: Wanted,
    /// The lines, as JSON: what an invoice would say.
    pub lines: String,
}

/// What a renewal owes now: what is left of its invoices, else its bill by what the member chose;
/// `None` where nothing is owed, or nothing may be taken.
pub(super) fn debt(c: &Connection, view: &RenewalView) -> Result<Option<Debt>, StoreError> {
    let renewal = &view.row.renewal;
    match renewal.state {
        RenewalState::Paid | RenewalState::NotRenewing | RenewalState::WithDesk => return Ok(None),
        RenewalState::Open | RenewalState::Pledged | RenewalState::Lapsed => {}
    }
    let owed = documents::standing(c, renewal.id)?;
    let (bill, left) = if owed.is_empty() {
        let Some(bill) = view.owed.clone() else { return Ok(None) };
        let left = bill.total();
        (bill, left)
    } else {
        let lines = owed.iter().flat_map(|i| i.bill.lines.clone()).collect();
        (Bill { lines }, left_of(c, &owed)?)
    };
    if left <= Cents::ZERO {
        return Ok(None);
    }
    let invoice = owed.first().map(|i| i.id.0);
    let wanted = Wanted { invoice, version: renewal.version, amount: left };
    Ok(Some(Debt { wanted, lines: json!(bill).to_string() }))
}

fn left_of(c: &Connection, owed: &[Invoice]) -> Result<Cents, StoreError> {
    let mut left = 0;
    for invoice in owed {
        left += invoice.bill.total().get() - sum(&kept::applied_to(c, invoice.id)?).get();
    }
    Ok(Cents::new(left).unwrap_or_default())
}

/// The money is there and is what was asked: recorded against the renewal's invoices, or against
/// one that is issued now, as it was quoted.
pub(super) fn take(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    view: &RenewalView,
    about: &About,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    said(c, context, row, "card-paid", &json!({"session": about.session}), evidence)?;
    let mut owed = documents::standing(c, row.renewal)?;
    if owed.is_empty() {
        let quoted: Bill = serde_json::from_str(&row.lines)
            .map_err(|e| StoreError::GiveUp(format!("what a checkout quoted: {e}")))?;
        let to = BillTo::member(&view.member);
        let issued = invoices::issue(c, context, &view.row, &view.member, &quoted, &to, evidence)?;
        owed.push(issued);
    }
    record(c, context, row, view, about, &owed, evidence)
}

/// The money is there, and a person must look at it: it waits in the books, on the desk's list.
pub(super) fn set_aside(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    view: &RenewalView,
    about: &About,
    odd: Odd,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let Word::Paid { cents, currency } = &about.word else { return Ok(()) };
    let data = json!({
        "why": odd.as_str(),
        "provider": row.provider,
        "session": about.session,
        "checkout": row.id.to_string(),
        "cents": cents,
        "currency": currency,
        "asked_cents": row.amount.get(),
    });
    said(c, context, row, "card-odd", &data, evidence)?;
    if *currency == row.currency {
        if odd == Odd::Double {
            let owed = documents::standing(c, row.renewal)?;
            let whom = match paid_by_whom(c, row)? {
                PaidBy::Billed => {
                    owed.iter().find_map(|i| i.payer).map_or(PaidBy::Member, PaidBy::Payer)
                }
                member => member,
            };
            let Some(money) = money(context, view, about, whom, evidence)? else { return Ok(()) };
            return refund::begin(c, context, &row.provider, &money, evidence);
        }
        // Sent for invoices that owe nothing more it is known as the second payment that it is.
        let paid = odd == Odd::Session;
        let known = if paid { documents::standing(c, row.renewal)? } else { Vec::new() };
        return record(c, context, row, view, about, &known, evidence);
    }
    // Money of another currency is in no book of ours.
    let task = NewTask {
        cause: &cause(&row.provider, &about.session),
        issuer: &view.row.issuer,
        kind: TaskKind::Credit,
        person: Some(view.row.person),
        renewal: Some(row.renewal),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    Ok(())
}

fn record(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    view: &RenewalView,
    about: &About,
    owed: &[Invoice],
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let by = paid_by_whom(c, row)?;
    let Some(money) = money(context, view, about, by, evidence)? else { return Ok(()) };
    let ids: Vec<InvoiceId> = owed.iter().map(|i| i.id).collect();
    match payments::record(c, context, &money, &ids, evidence)? {
        Recorded::New { .. } | Recorded::Already(_) => Ok(()),
        Recorded::Refused(why) => Err(refused(&why)),
    }
}

/// The money that the provider says is there.
fn money<'a>(
    context: &Context,
    view: &'a RenewalView,
    about: &'a About,
    by: PaidBy,
    evidence: &Evidence<'_>,
) -> Result<Option<Money<'a>>, StoreError> {
    let Word::Paid { cents, .. } = &about.word else { return Ok(None) };
    let issuer = association(context, &view.row.issuer)?;
    Ok(Some(Money {
        issuer: &view.row.issuer,
        method: Method::Card,
        external: Some(&about.session),
        amount: Cents::new(*cents).unwrap_or_default(),
        received_on: Terms::at(&context.config, issuer, evidence.at).on,
        reference: about.payment.as_deref().unwrap_or_default(),
        by,
    }))
}

/// Whoever came by a payer's link is the payer; by their own, the member.
fn paid_by_whom(c: &Connection, row: &CheckoutRow) -> Result<PaidBy, StoreError> {
    let message = row.mid.map(|mid| letters::origin(c, mid)).transpose()?.flatten();
    let payers = message.is_some_and(|m| is_for_payer(&m.kind));
    Ok(if payers { PaidBy::Billed } else { PaidBy::Member })
}

fn refused(why: &Refusal) -> StoreError {
    StoreError::GiveUp(format!("a payment by card: {why}"))
}

/// What went back of a payment, or came again, by the provider's word.
pub(super) fn back(
    c: &Connection,
    context: &Context,
    provider: &str,
    back: &MoneyBack,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some((row, payment)) = paid_by(c, provider, &back.payment)? else {
        return Ok(Applied::Nothing);
    };
    let told = Cents::new(back.cents).filter(|_| back.currency == row.currency);
    let Some(told) = told else { return Ok(Applied::Nothing) };
    let issuer = association(context, &payment.issuer)?;
    let on = Terms::at(&context.config, issuer, evidence.at).on;
    if back.how == Back::Reinstated {
        return again(c, context, &row, &payment, back, told, evidence);
    }
    let amount = to_take_back(back.how, told, payment.amount, kept::left(c, payment.id)?);
    if amount <= Cents::ZERO {
        return Ok(Applied::Already);
    }
    let (why, external) = match back.how {
        Back::RefundedInAll => (Reversal::Refund, format!("{}:{}", back.id, told.get())),
        Back::Disputed | Back::Reinstated => (Reversal::Chargeback, back.id.clone()),
    };
    let taken = payments::reverse(
        c,
        context,
        payment.id,
        Some(amount),
        why,
        on,
        Some(&external),
        evidence,
    )?;
    match taken {
        Recorded::New { unapplied, .. } => {
            if why == Reversal::Refund && unapplied <= Cents::ZERO {
                refund::heard(c, context, &payment, &back.id, evidence)?;
            }
            Ok(Applied::Done)
        }
        Recorded::Already(_) => Ok(Applied::Already),
        Recorded::Refused(why) => Err(refused(&why)),
    }
}

/// Money that was disputed is ours again: it settles what it settled before, or waits.
fn again(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    payment: &Payment,
    back: &MoneyBack,
    told: Cents,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let issuer = association(context, &payment.issuer)?;
    let ids: Vec<InvoiceId> = standing(c, row.renewal)?;
    let money = Money {
        issuer: &payment.issuer,
        method: Method::Card,
        external: Some(&format!("{}:again", back.id)),
        amount: told,
        received_on: Terms::at(&context.config, issuer, evidence.at).on,
        reference: &payment.reference,
        by: payment.payer.map_or(PaidBy::Member, PaidBy::Payer),
    };
    match payments::record(c, context, &money, &ids, evidence)? {
        Recorded::New { .. } => Ok(Applied::Done),
        Recorded::Already(_) => Ok(Applied::Already),
        Recorded::Refused(why) => Err(refused(&why)),
    }
}

fn standing(c: &Connection, renewal: RenewalId) -> Result<Vec<InvoiceId>, StoreError> {
    Ok(documents::standing(c, renewal)?.into_iter().map(|i| i.id).collect())
}

/// The payment that the provider knows by that name, and the try that it came by.
fn paid_by(
    c: &Connection,
    provider: &str,
    reference: &str,
) -> Result<Option<(CheckoutRow, Payment)>, StoreError> {
    for payment in kept::by_reference(c, Method::Card, reference)? {
        let session = payment.external.clone().unwrap_or_default();
        if let Some(row) = checkouts::by_session(c, provider, &session)? {
            return Ok(Some((row, payment)));
        }
    }
    Ok(None)
}

/// What became of a try's money.
pub fn fate(c: &Connection, row: &CheckoutRow) -> Result<Fate, StoreError> {
    let Some(session) = &row.session else { return Ok(Fate::Settles) };
    let Some(renewal) = renewals::by_id(c, row.renewal)? else { return Ok(Fate::Settles) };
    let payment = kept::by_external(c, &renewal.issuer, Method::Card, session)?;
    let odd = match &payment {
        Some(payment) if refund::goes_back(c, payment.id)? => return Ok(Fate::GoesBack),
        Some(payment) => kept::applied_of(c, payment.id)?.is_empty(),
        None => tasks::has(c, &cause(&row.provider, session))?,
    };
    Ok(if odd { Fate::Odd } else { Fate::Settles })
}

/// The event behind a desk's line about money of another currency.
fn cause(provider: &str, session: &str) -> String {
    format!("card/{provider}/{session}")
}
