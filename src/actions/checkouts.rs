//! Owns the acts on tries to pay by card. A try is committed before the provider is called; what
//! the provider then says, by answer, by webhook or when asked, is applied here once, with its
//! ledger line. The calls themselves are the shells' (`web::card`, `card::watch`), outside any
//! transaction.

mod money;
pub mod refund;

pub use money::fate;

use rusqlite::Connection;
use serde_json::json;

use super::answers::view_of_renewal;
use super::{Applied, Context, Evidence, note, person};
use crate::card::{About, Event, Session, Told};
use crate::domain::checkout::{self, CheckoutState, Heard, Odd, Press, Standing, Word};
use crate::ids::{CheckoutId, MessageId, RenewalId};
use crate::store::checkouts::{self, CheckoutRow};
use crate::store::{StoreError, renewals};

/// What a press of “pay by card” calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// Send the payer to this payment page.
    Show(String),
    /// Call the provider with this try, then say [`opened`] or [`failed`].
    Call(Box<CheckoutRow>),
    /// Take this older try's page back at the provider, [`tell`] what became of it, ask again.
    Retract(Box<CheckoutRow>),
    /// Nothing is owed here, or it takes no payment in the state it is in.
    Nothing,
}

/// Weighs a press and commits a new try where one is needed. `fresh` is its name then.
pub fn open(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    provider: &str,
    fresh: CheckoutId,
    evidence: &Evidence<'_>,
) -> Result<Opening, StoreError> {
    let Some(view) = view_of_renewal(c, context, renewal, evidence.at)? else {
        return Ok(Opening::Nothing);
    };
    let Some(debt) = money::debt(c, &view)? else {
        return Ok(Opening::Nothing);
    };
    let mut there = checkouts::under_way(c, renewal)?;
    // Another provider was configured meanwhile: the old one cannot be asked any more.
    for foreign in there.extract_if(.., |row| row.provider != provider) {
        end(c, context, &foreign, CheckoutState::Expired, evidence)?;
    }
    let there = there.into_iter().next();
    let under_way = there.as_ref().map(CheckoutRow::under_way);
    match (checkout::press(under_way.as_ref(), &debt.wanted, evidence.at), there) {
        (Press::Show, Some(old)) => return Ok(Opening::Show(old.url)),
        (Press::CallAgain, Some(old)) => return Ok(Opening::Call(Box::new(old))),
        (Press::Replace, Some(old)) => return Ok(Opening::Retract(Box::new(old))),
        (Press::GiveUp, Some(old)) => end(c, context, &old, CheckoutState::Failed, evidence)?,
        _ => {}
    }
    let row = CheckoutRow {
        id: fresh,
        renewal,
        invoice: debt.wanted.invoice,
        version: debt.wanted.version,
        provider: provider.into(),
        session: None,
        url: String::new(),
        amount: debt.wanted.amount,
        currency: context.config.relance.card.currency.clone(),
        lines: debt.lines,
        lang: evidence.lang,
        mid: evidence.mid,
        state: CheckoutState::New,
        created: evidence.at,
    };
    checkouts::add(c, &row)?;
    said(c, context, &row, "card-begun", &json!({}), evidence)?;
    Ok(Opening::Call(Box::new(row)))
}

/// The provider has made the payment page. `false`: the try has ended meanwhile.
pub fn opened(
    c: &Connection,
    id: CheckoutId,
    session: &Session,
    evidence: &Evidence<'_>,
) -> Result<bool, StoreError> {
    checkouts::opened(c, id, &session.id, &session.url, evidence.at.as_millisecond())
}

/// The provider will never make a page for this try.
pub fn failed(
    c: &Connection,
    context: &Context,
    id: CheckoutId,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    match checkouts::by_id(c, id)? {
        Some(row) if row.state == CheckoutState::New => {
            end(c, context, &row, CheckoutState::Failed, evidence)
        }
        _ => Ok(()),
    }
}

/// An event of the provider's, once however often it is told.
pub fn hear(
    c: &Connection,
    context: &Context,
    provider: &str,
    event: &Event,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let at_ms = evidence.at.as_millisecond();
    if !checkouts::heard(c, provider, &event.id, &event.kind, at_ms)? {
        return Ok(Applied::Already);
    }
    match &event.told {
        Some(Told::Page(about)) => tell(c, context, provider, about, evidence),
        Some(Told::Back(back)) => money::back(c, context, provider, back, evidence),
        None => Ok(Applied::Nothing),
    }
}

/// What the provider says of one payment page, unasked or asked.
pub fn tell(
    c: &Connection,
    context: &Context,
    provider: &str,
    about: &About,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let row = checkouts::by_id(c, about.checkout)?.filter(|row| row.provider == provider);
    let Some(row) = row else { return Ok(Applied::Nothing) };
    let Some(view) = view_of_renewal(c, context, row.renewal, evidence.at)? else {
        return Ok(Applied::Nothing);
    };
    // A payment counts from when it was made, as the provider says: the word of one before a
    // deadline may come after it. A receipt is written as the payment page was read.
    let made = about.at.filter(|at| *at >= row.created && *at <= evidence.at);
    let counts = made.filter(|_| matches!(about.word, Word::Paid { .. })).unwrap_or(evidence.at);
    let evidence = &Evidence { lang: row.lang, at: counts, ..*evidence };
    let standing = Standing {
        state: row.state,
        session: row.session.as_deref(),
        amount: row.amount,
        currency: &row.currency,
        renewal: view.row.renewal.state,
    };
    match checkout::hear(&standing, &about.session, &about.word) {
        Heard::Nothing => return Ok(Applied::Already),
        Heard::Ends(state) => end(c, context, &row, state, evidence)?,
        Heard::Record => {
            let at_ms = evidence.at.as_millisecond();
            checkouts::settle(c, row.id, CheckoutState::Paid, Some(&about.session), at_ms)?;
            money::take(c, context, &row, &view, about, evidence)?;
        }
        Heard::Look(odd) => {
            let at_ms = evidence.at.as_millisecond();
            if odd != Odd::Session {
                checkouts::settle(c, row.id, CheckoutState::Paid, Some(&about.session), at_ms)?;
            }
            money::set_aside(c, context, &row, &view, about, odd, evidence)?;
        }
    }
    Ok(Applied::Done)
}

/// What became of the money of a try that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It settles what it was paid for.
    Settles,
    /// It was paid twice, and goes back by itself.
    GoesBack,
    /// It settles nothing: a desk has to look at it, or gave it back.
    Odd,
}

/// A try ends unpaid. The renewal stays as it was.
fn end(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    state: CheckoutState,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    checkouts::settle(c, row.id, state, None, evidence.at.as_millisecond())?;
    said(c, context, row, "card-ended", &json!({"state": state.as_str()}), evidence)
}

/// The ledger's line.
fn said(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    kind: &str,
    more: &serde_json::Value,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let renewal = renewals::by_id(c, row.renewal)?
        .ok_or_else(|| StoreError::GiveUp("a checkout names a renewal that is not here".into()))?;
    let (_, subject) = person(c, renewal.person)?;
    let mut data = json!({
        "checkout": row.id.to_string(),
        "provider": row.provider,
        "renewal": row.renewal.0,
        "issuer": renewal.issuer,
        "cents": row.amount.get(),
        "currency": row.currency,
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m: MessageId| m.to_string()),
    });
    if let (Some(data), Some(more)) = (data.as_object_mut(), more.as_object()) {
        data.extend(more.clone());
    }
    note(c, context, &subject, kind, &data, evidence)?;
    Ok(())
}
