//! Owns the acts on tries to pay by card. A try is committed before the provider is called; what
//! the provider then says, by answer, by webhook or when asked, is applied here once, with its
//! ledger line. The calls themselves are the shells' (`web::card`, `card::watch`), outside any
//! transaction.

use rusqlite::Connection;
use serde_json::json;

use super::answers::{RenewalView, view_of_renewal};
use super::{Applied, Context, Evidence, note, person};
use crate::card::{About, Event, Session, Told};
use crate::domain::checkout::{self, CheckoutState, Heard, Odd, Press, Standing, Wanted, Word};
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{CheckoutId, MessageId, RenewalId};
use crate::store::checkouts::{self, CheckoutRow};
use crate::store::tasks::{self, NewTask};
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
    let Some(debt) = debt(&view) else { return Ok(Opening::Nothing) };
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

/// What is owed, as a try quotes it.
struct Debt {
    wanted: Wanted,
    lines: String,
}

/// What a renewal owes now; `None` where nothing is, or none may be taken.
fn debt(view: &RenewalView) -> Option<Debt> {
    let renewal = &view.row.renewal;
    match renewal.state {
        RenewalState::Paid | RenewalState::NotRenewing | RenewalState::WithDesk => return None,
        RenewalState::Open | RenewalState::Pledged | RenewalState::Lapsed => {}
    }
    let bill = view.bill.as_ref().filter(|bill| bill.total().get() > 0)?;
    let wanted = Wanted { invoice: None, version: renewal.version, amount: bill.total() };
    Some(Debt { wanted, lines: json!(bill).to_string() })
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
        Some(Told::Back(_)) | None => Ok(Applied::Nothing),
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
    // A receipt is written as the payment page was read.
    let evidence = &Evidence { lang: row.lang, ..*evidence };
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
            take_money(c, context, &row, &view, about, evidence)?;
        }
        Heard::Look(odd) => look(c, context, &row, &view, about, odd, evidence)?,
    }
    Ok(Applied::Done)
}

/// The money is there and is what was asked.
fn take_money(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    view: &RenewalView,
    about: &About,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let more = json!({"session": about.session, "paid_at": about.at.map(|at| at.to_string())});
    said(c, context, row, "card-paid", &more, evidence)?;
    renewals::paid(c, &view.row.renewal, evidence.at.as_millisecond())
}

/// The money is there, and a person must look at it: a line for the desk.
fn look(
    c: &Connection,
    context: &Context,
    row: &CheckoutRow,
    view: &RenewalView,
    about: &About,
    odd: Odd,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let at_ms = evidence.at.as_millisecond();
    if odd != Odd::Session {
        checkouts::settle(c, row.id, CheckoutState::Paid, Some(&about.session), at_ms)?;
    }
    let (cents, currency) = match &about.word {
        Word::Paid { cents, currency } => (*cents, currency.as_str()),
        _ => (0, ""),
    };
    let data = json!({
        "why": odd.as_str(),
        "provider": row.provider,
        "session": about.session,
        "checkout": row.id.to_string(),
        "cents": cents,
        "currency": currency,
        "asked_cents": row.amount.get(),
    });
    let kind = match odd {
        Odd::Double | Odd::Session => TaskKind::DoublePayment,
        Odd::Amount | Odd::NotOwed => TaskKind::Credit,
    };
    let task = NewTask {
        cause: &cause(&row.provider, &about.session),
        issuer: &view.row.issuer,
        kind,
        person: Some(view.row.person),
        renewal: Some(row.renewal),
        data: &data,
        at_ms,
    };
    if tasks::open(c, &task)?.is_some() {
        said(c, context, row, "card-odd", &data, evidence)?;
    }
    Ok(())
}

/// The event behind a desk's line about the money of one payment page.
fn cause(provider: &str, session: &str) -> String {
    format!("card/{provider}/{session}")
}

/// Whether a desk has, or had, to look at this try's money.
pub fn is_odd(c: &Connection, row: &CheckoutRow) -> Result<bool, StoreError> {
    match &row.session {
        Some(session) => tasks::has(c, &cause(&row.provider, session)),
        None => Ok(false),
    }
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
