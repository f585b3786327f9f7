//! Owns the renewal's page: what a link shows, and what its forms do.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::ask::{Ask, Form, Presented};
use super::{Site, reply};
use crate::actions::{self, Action, Applied, Context, Door, Evidence, RenewalView};
use crate::compose::{
    Bill, Conflict, ConflictPage, DonePage, ExpiredPage, FormFault, Page, PersonFacts,
    REASON_CHARS_MAX, RenewalPage, Said, mask,
};
use crate::config::Association;
use crate::domain::answer::{self, Choice, Given};
use crate::domain::season;
use crate::domain::words::{Lang, RenewalState};
use crate::ids::{MessageId, RenewalId};
use crate::link::{Purpose, Token};
use crate::store::{Lane, StoreError, attempts, messages};

/// What a link leads to, owned.
pub(super) struct Shown {
    pub view: RenewalView,
    pub issuer: Association,
}

/// Reads what a link's message is about; `None` where it is not here, or shows no renewal.
pub(super) fn shown(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    now: Timestamp,
) -> Result<Option<Shown>, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else {
        tracing::error!(message = %mid, "web.token_of_nothing_here");
        return Ok(None);
    };
    let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
    let Some(id) = message.renewal else { return Ok(None) };
    let Some(view) = actions::view_of_renewal(c, context, id, now)? else { return Ok(None) };
    let issuer = context.config.association(&view.row.issuer).cloned();
    Ok(issuer.map(|issuer| Shown { view, issuer }))
}

impl Shown {
    /// The language that the member reads first.
    pub fn own_lang(&self) -> Lang {
        self.view.member.reads(self.issuer.language)
    }

    pub fn person(&self) -> PersonFacts<'_> {
        let member = &self.view.member;
        PersonFacts {
            member_no: &member.member_no,
            given_name: &member.given_name,
            family_name: &member.family_name,
            category: member.membership(&self.issuer.code).map_or("", |m| &m.category),
            insured: self.view.bill.as_ref().is_some_and(Bill::insures),
            state: self.view.row.renewal.state,
            cover: crate::compose::CoverNote::Nothing,
        }
    }

    fn masked(&self) -> String {
        self.view.member.email.as_deref().map(mask).unwrap_or_default()
    }

    fn id(&self) -> RenewalId {
        self.view.row.renewal.id
    }
}

pub(super) fn nonce(site: &Site) -> String {
    BASE64URL_NOPAD.encode(&site.random.bytes::<16>())
}

/// Path of the renewal's page by a link of that message, good for an undo's day.
pub(super) fn own_url(site: &Site, mid: MessageId) -> String {
    let day = SignedDuration::from_hours(answer::UNDO_HOURS_MAX);
    let until = site.clock.now().checked_add(day).unwrap_or(Timestamp::MAX);
    let token = Token { purpose: Purpose::Renew, message: mid, expires_h: Token::hours(until) };
    format!("/r/{}", token.to_url(&site.context.ring))
}

/// GET: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let token = match ask.verify(&site, &text, Purpose::Renew) {
        Ok(token) => token,
        Err(answer) => return answer,
    };
    let mid = token.map_or_else(|t| t.message, |t| t.message);
    let shown = match load(&site, &ask, mid).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    if token.is_err() {
        expired(&site, &ask, &shown, false)
    } else {
        render(&site, &ask, &shown, "", &[])
    }
}

async fn load(site: &Site, ask: &Ask, mid: MessageId) -> Result<Shown, Response> {
    let (context, now) = (site.context.clone(), ask.now);
    match site.store.read(move |c| shown(c, &context, mid, now)).await {
        Ok(Some(shown)) => Ok(shown),
        Ok(None) => Err(ask.page(site, 404, &Page::Damaged)),
        Err(e) => Err(reply::trouble(site, &e, ask.chosen.unwrap_or(ask.accepted))),
    }
}

/// The page for where the renewal stands.
fn render(site: &Site, ask: &Ask, shown: &Shown, reason: &str, faults: &[FormFault]) -> Response {
    let lang = ask.lang(shown.own_lang());
    let open = shown.view.row.renewal.state == RenewalState::Open;
    let (Some(bill), true) = (&shown.view.bill, open) else {
        return done(site, ask, shown, lang);
    };
    let page = RenewalPage {
        issuer: &shown.issuer,
        person: shown.person(),
        address_masked: &shown.masked(),
        bill,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
        reason,
        faults,
    };
    let status = if faults.is_empty() { 200 } else { 400 };
    reply::page(site, status, &Page::Renewal(page), lang)
}

fn done(site: &Site, ask: &Ask, shown: &Shown, lang: Lang) -> Response {
    let Some((said, at)) = last(&shown.view.given) else {
        return ask.page(site, 404, &Page::NotFound);
    };
    let owes = shown.view.bill.as_ref().is_some_and(|b| b.total().get() > 0);
    let said = if said == Said::RenewedByInvoice && !owes { Said::Renewed } else { said };
    let undo_until = undo_until(&site.context, &shown.view, ask.now);
    let bill: Option<&Bill> = shown.view.bill.as_ref().filter(|_| said == Said::RenewedByInvoice);
    let page = DonePage {
        issuer: &shown.issuer,
        person: shown.person(),
        said,
        at,
        bill,
        undo_until,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
    };
    reply::page(site, 200, &Page::Done(page), lang)
}

fn last(given: &[Given]) -> Option<(Said, Timestamp)> {
    given.last().map(|g| (said(g.choice), g.at))
}

const fn said(choice: Option<Choice>) -> Said {
    match choice {
        Some(Choice::Invoice) => Said::RenewedByInvoice,
        Some(Choice::NotRenewing) => Said::NotRenewing,
        None => Said::Undone,
    }
}

fn undo_until(context: &Context, view: &RenewalView, now: Timestamp) -> Option<Timestamp> {
    let deadline = season::deadline(&context.config.relance.season);
    let given = view.given.last()?;
    let state = view.state_to_undo();
    if !answer::may_undo(state, Some(given), deadline, now) {
        return None;
    }
    let day = given.at.checked_add(SignedDuration::from_hours(answer::UNDO_HOURS_MAX)).ok()?;
    Some(if state == RenewalState::Pledged { day.min(deadline) } else { day })
}

fn expired(site: &Site, ask: &Ask, shown: &Shown, sent: bool) -> Response {
    let page =
        ExpiredPage { issuer: &shown.issuer, address_masked: &shown.masked(), nonce: &nonce(site) };
    let page = if sent { Page::FreshLinkSent(page) } else { Page::Expired(page) };
    reply::page(site, if sent { 200 } else { 410 }, &page, ask.lang(shown.own_lang()))
}

/// What a form asks for.
enum Asked {
    Answer { choice: Choice, version: i64, nonce: String, reason: String },
    Undo,
    Keep,
}

/// POST: acts, in one transaction, and shows what was done.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let token = match ask.verify(&site, &text, Purpose::Renew) {
        Ok(token) => token,
        Err(answer) => return answer,
    };
    let form = match ask.form(&site, body).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let mid = token.map_or_else(|t| t.message, |t| t.message);
    let shown = match load(&site, &ask, mid).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    if token.is_err() {
        return fresh_link(&site, &ask, &shown, mid).await;
    }
    match read(&form) {
        Ok(Asked::Keep) => reply::see(&ask.path, ask.chosen),
        Ok(asked) => apply(&site, &ask, shown, mid, asked).await,
        Err(fault) => render(&site, &ask, &shown, form.get("reason"), &[fault]),
    }
}

fn read(form: &Form) -> Result<Asked, FormFault> {
    match form.get("act") {
        "undo" => return Ok(Asked::Undo),
        "keep" => return Ok(Asked::Keep),
        "" | "replace" => {}
        _ => return Err(FormFault::UnknownChoice),
    }
    let choice = match form.get("choice") {
        "" => return Err(FormFault::NoChoice),
        text => Choice::parse(text).ok_or(FormFault::UnknownChoice)?,
    };
    let version = form.get("version").parse().map_err(|_| FormFault::Incomplete)?;
    let nonce = form.get("nonce");
    if nonce.is_empty() || nonce.len() > 64 {
        return Err(FormFault::Incomplete);
    }
    let reason = form.get("reason").trim();
    if reason.chars().count() > usize::try_from(REASON_CHARS_MAX).unwrap_or(usize::MAX) {
        return Err(FormFault::ReasonTooLong);
    }
    Ok(Asked::Answer { choice, version, nonce: nonce.into(), reason: reason.into() })
}

async fn apply(site: &Site, ask: &Ask, shown: Shown, mid: MessageId, asked: Asked) -> Response {
    let lang = ask.lang(shown.own_lang());
    let (context, renewal) = (site.context.clone(), shown.id());
    // The form's body is complete: that is when the act counts.
    let now = site.clock.now();
    let choice = match &asked {
        Asked::Answer { choice, .. } => Some(*choice),
        Asked::Undo | Asked::Keep => None,
    };
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: true };
            actions::apply(c, &context, &proof, &evidence)?;
            let action = match &asked {
                Asked::Answer { choice, version, nonce, reason } => Action::Answer {
                    renewal,
                    choice: *choice,
                    reason,
                    form: Some((*version, nonce)),
                },
                Asked::Undo | Asked::Keep => Action::TakeBack { renewal },
            };
            actions::apply(c, &context, &action, &evidence)
        })
        .await;
    match applied {
        Ok(Applied::Conflict | Applied::Stale) => {
            let stale = matches!(applied, Ok(Applied::Stale));
            match load(site, ask, mid).await {
                Ok(now) => conflict(site, ask, &now, choice, stale),
                Err(answer) => answer,
            }
        }
        Ok(applied) => {
            if applied == Applied::Done {
                site.outbox.wake();
            }
            reply::see(&ask.path, ask.chosen)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}

/// Shows both answers and asks; nothing was changed.
fn conflict(
    site: &Site,
    ask: &Ask,
    shown: &Shown,
    choice: Option<Choice>,
    stale: bool,
) -> Response {
    let (Some(asked), Some((recorded, at))) = (choice, last(&shown.view.given)) else {
        return reply::see(&ask.path, ask.chosen);
    };
    let conflict = if stale || recorded == Said::Undone {
        Conflict::Changed { meanwhile: Some(recorded), at }
    } else {
        Conflict::Answered { recorded, at }
    };
    let page = ConflictPage {
        issuer: &shown.issuer,
        person: shown.person(),
        asked,
        conflict,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
    };
    reply::page(site, 409, &Page::Conflict(page), ask.lang(shown.own_lang()))
}

/// A fresh link for an expired one, to the address on file.
async fn fresh_link(site: &Site, ask: &Ask, shown: &Shown, mid: MessageId) -> Response {
    let lang = ask.lang(shown.own_lang());
    let (context, now) = (site.context.clone(), site.clock.now());
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            actions::apply(c, &context, &Action::FreshLink { expired: mid }, &evidence)
        })
        .await;
    match applied {
        Ok(_) => {
            site.outbox.wake();
            expired(site, ask, shown, true)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}
