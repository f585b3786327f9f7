//! Owns the renewal's page: what a link shows, and what its forms do, be it in the member's hand or
//! in a desk's. Reading a form is `form`'s, showing is `render`'s, acting is `act`'s.

mod act;
mod form;
pub(super) mod render;
mod standing;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::ask::{Ask, Presented, message_of};
use super::desk_member::Stead;
use super::{Site, desk_member, reply};
use crate::actions::{self, Context, RenewalView};
use crate::compose::{
    Behalf, CoverNote, ExpiredPage, FormFault, Page, PersonFacts, SeasonClosedPage, Typed, mask,
};
use crate::config::Association;
use crate::domain::offer::Offer;
use crate::domain::words::{Lang, RenewalState};
use crate::domain::{answer, season, sign_in};
use crate::ids::{MessageId, RenewalId};
use crate::link::{Purpose, Token};
use crate::store::{StoreError, attempts, corrections, messages, revoked};

/// Whose hand is on the page.
pub(super) enum Hand {
    /// The member's, by a link of that message.
    Member(MessageId),
    /// A desk's, in the member's place.
    Desk(Box<Stead>),
}

/// What a link leads to, owned.
pub(super) struct Shown {
    pub view: RenewalView,
    pub issuer: Association,
    pub hand: Hand,
    /// A new address that waits to be confirmed, masked; empty for none.
    waiting: String,
    /// The day before which no reminder goes out.
    remind_on: Option<Date>,
    /// Today, where the association is.
    today: Date,
    /// The zone by which the deadline falls for them.
    deadline_zone: String,
    /// Invoices, money, insurance.
    standing: standing::Standing,
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
    shown_to(c, context, view, Hand::Member(mid), now)
}

/// The page of a renewal in that hand; `None` where its association is in no config.
pub(super) fn shown_to(
    c: &Connection,
    context: &Context,
    view: RenewalView,
    hand: Hand,
    now: Timestamp,
) -> Result<Option<Shown>, StoreError> {
    let Some(issuer) = context.config.association(&view.row.issuer).cloned() else {
        return Ok(None);
    };
    let waiting = corrections::waiting(c, view.row.person)?;
    let zone = season::zone(&issuer.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Ok(Some(Shown {
        waiting: waiting.map(|w| mask(&w.address)).unwrap_or_default(),
        remind_on: view.row.renewal.remind_on,
        today: zone.to_datetime(now).date(),
        deadline_zone: season::deadline_zone(&context.config.relance.season, &view.member)
            .to_owned(),
        standing: standing::read(c, context, &view, &zone)?,
        view,
        issuer,
        hand,
    }))
}

impl Shown {
    /// The language that whoever holds the page reads first.
    pub fn own_lang(&self) -> Lang {
        match self.hand {
            Hand::Member(_) => self.view.member.reads(self.issuer.language),
            Hand::Desk(_) => self.issuer.desk.language,
        }
    }

    /// For whom a desk has it open; `None` in the member's hand.
    pub fn behalf(&self) -> Option<Behalf<'_>> {
        let Hand::Desk(stead) = &self.hand else { return None };
        let state = self.view.row.renewal.state;
        Some(Behalf { who: &stead.who, address: &stead.address, state, stopped: stead.stopped })
    }

    pub fn person(&self) -> PersonFacts<'_> {
        let member = &self.view.member;
        PersonFacts {
            member_no: &member.member_no,
            given_name: &member.given_name,
            family_name: &member.family_name,
            category: member.membership(&self.issuer.code).map_or("", |m| &m.category),
            insured: self.insured(),
            state: self.view.row.renewal.state,
            cover: CoverNote::Nothing,
            zone: &self.deadline_zone,
        }
    }

    /// Whether insurance goes with the renewal: by the answer that stands, else by what is offered.
    fn insured(&self) -> bool {
        match &self.view.owed {
            Some(owed) if self.view.row.renewal.state != RenewalState::Open => owed.insures(),
            _ => self.view.offer.as_ref().is_some_and(Offer::bill_insures),
        }
    }

    fn masked(&self) -> String {
        self.view.member.email.as_deref().map(mask).unwrap_or_default()
    }

    /// Whether the link's season is over for whoever would still answer. What was answered in this
    /// season stays to be seen and paid after its end.
    pub fn is_closed(&self, site: &Site, now: Timestamp) -> bool {
        let (season, row) = (&site.context.config.relance.season, &self.view.row);
        let unanswered = matches!(row.renewal.state, RenewalState::Open | RenewalState::Lapsed);
        !season::takes_answers(season, &row.season, now) && (row.season != season.id || unanswered)
    }

    /// Whether there is anything to answer here, or an answer to show.
    fn is_answerable(&self, site: &Site, now: Timestamp) -> bool {
        let state = self.view.row.renewal.state;
        let unanswered = matches!(state, RenewalState::Open | RenewalState::Lapsed);
        !self.is_closed(site, now) && (!unanswered || self.view.offer.is_some())
    }

    /// Whether this season's link can stand in for one of another season.
    fn has_next(&self, site: &Site, now: Timestamp) -> bool {
        let (config, row) = (&site.context.config, &self.view.row);
        row.season != config.relance.season.id
            && sign_in::successor(config, &self.view.member, &row.issuer, now).is_some()
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
    let token = match ask.verify(&site, &text, Purpose::Renew).await {
        Ok(token) => token,
        Err(answer) => return answer,
    };
    let mid = message_of(&token);
    match load(&site, &ask, mid).await {
        Ok(shown) if shown.is_closed(&site, ask.now) => closed(&site, &ask, &shown),
        Ok(shown) if token.is_err() => match why_gone(&site, &ask, mid).await {
            Ok(why) => gone(&site, &ask, &shown, &why),
            Err(answer) => answer,
        },
        Ok(shown) => render::page(&site, &ask, &shown, &render::Sent::nothing(ask.saved)),
        Err(answer) => answer,
    }
}

async fn load(site: &Site, ask: &Ask, mid: MessageId) -> Result<Shown, Response> {
    let (context, now) = (site.context.clone(), site.clock.now());
    let found = site.store.read(move |c| shown(c, &context, mid, now)).await;
    ask.found(site, found)
}

/// The page as it stands now, in the same hand.
async fn again(site: &Site, ask: &Ask, shown: &Shown) -> Result<Shown, Response> {
    match &shown.hand {
        Hand::Member(mid) => load(site, ask, *mid).await,
        Hand::Desk(stead) => {
            let found = desk_member::find(site, ask, &stead.link, &stead.who.member_no).await;
            ask.found(site, found)
        }
    }
}

/// After the POST: the page again; `saved`: it says that corrections were saved.
fn see(ask: &Ask, hand: &Hand, saved: bool) -> Response {
    match hand {
        Hand::Member(_) if saved => reply::saved(&ask.path, ask.chosen),
        Hand::Member(_) => reply::see(&ask.path, ask.chosen),
        Hand::Desk(stead) => desk_member::see(ask, &stead.who.member_no, saved),
    }
}

/// What a page says of a link that opens the renewal no more.
enum Gone {
    Expired,
    Revoked,
    /// A fresh one is on its way.
    Followed,
}

/// Why a link opens the renewal no more.
async fn why_gone(site: &Site, ask: &Ask, mid: MessageId) -> Result<Gone, Response> {
    let found = site.store.read(move |c| revoked::is_revoked(c, mid).map(Some)).await;
    Ok(if ask.found(site, found)? { Gone::Revoked } else { Gone::Expired })
}

fn gone(site: &Site, ask: &Ask, shown: &Shown, gone: &Gone) -> Response {
    let page =
        ExpiredPage { issuer: &shown.issuer, address_masked: &shown.masked(), nonce: &nonce(site) };
    let (status, page) = match gone {
        Gone::Expired => (410, Page::Expired(page)),
        Gone::Revoked => (410, Page::Revoked(page)),
        Gone::Followed => (200, Page::FreshLinkSent(page)),
    };
    reply::page(site, status, &page, ask.lang(shown.own_lang()))
}

fn closed(site: &Site, ask: &Ask, shown: &Shown) -> Response {
    let page = SeasonClosedPage {
        issuer: &shown.issuer,
        closed: &shown.view.row.season,
        has_next: shown.has_next(site, ask.now),
        address_masked: &shown.masked(),
        nonce: &nonce(site),
    };
    reply::page(site, 410, &Page::SeasonClosed(page), ask.lang(shown.own_lang()))
}

/// POST: acts, in one transaction, and shows what was done.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let (token, typed) = match ask.posted(&site, &text, Purpose::Renew, body).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let mid = message_of(&token);
    match load(&site, &ask, mid).await {
        Ok(shown) if shown.is_closed(&site, ask.now) && !shown.has_next(&site, ask.now) => {
            closed(&site, &ask, &shown)
        }
        Ok(shown) if token.is_err() || shown.is_closed(&site, ask.now) => {
            act::fresh_link(&site, &ask, &shown, mid).await
        }
        Ok(shown) => answered(&site, &ask, shown, typed).await,
        Err(answer) => answer,
    }
}

/// Does what a form asks for, in whoever's hand the page is.
pub(super) async fn answered(site: &Site, ask: &Ask, shown: Shown, typed: Typed) -> Response {
    let number = &shown.view.member.member_no;
    let member = matches!(shown.hand, Hand::Member(_));
    let proves = member && !typed.get("proof").trim().is_empty();
    // Counted before it is looked at; whoever was right, or was not asked, has guessed nothing.
    let may_prove = !proves || site.limits.proofs.begin(number, crate::clock::monotonic()).is_ok();
    let read = form::read(&shown, &site.context.config, may_prove, &typed);
    let wrong = |faults: &Vec<_>| faults.iter().any(|f| matches!(f, FormFault::ProofWrong(_)));
    if proves && may_prove && !read.as_ref().is_err_and(wrong) {
        site.limits.proofs.succeeded(number);
    }
    match read {
        Ok(form::Asked::Keep) => see(ask, &shown.hand, false),
        Ok(asked) => act::apply(site, ask, shown, asked, typed).await,
        Err(faults) => render::faulty(site, ask, &shown, &typed, faults),
    }
}
