//! Owns the pages and the door of payment by card: sending a payer to the provider, what they see
//! when they come back, the provider's webhook, and the demonstration's payment page. The calls to
//! the provider happen here, outside any transaction; what they mean is `actions::checkouts`'.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, Presented};
use super::renewal::shown;
use super::{Site, reply};
use crate::actions::checkouts::{self, Fate, Opening};
use crate::actions::{Action, Door, Evidence, apply};
use crate::card::{About, CardError, Checkout, Provider, Status, WebhookError};
use crate::compose::{CardPage, CardShows, Page};
use crate::config::Association;
use crate::domain::checkout::{CheckoutState, Word, page_ends};
use crate::domain::money::Cents;
use crate::domain::words::Lang;
use crate::ids::{CheckoutId, MessageId, RenewalId};
use crate::link::Purpose;
use crate::store::checkouts::CheckoutRow;
use crate::store::{Lane, StoreError, checkouts as rows, renewals};

/// A press makes a new try, after an old one was taken back at most once; once more where another
/// tab was quicker.
const ROUNDS_MAX: usize = 3;
/// An event carries one payment page's description, some 6 KB.
const WEBHOOK_OCTETS_MAX: usize = 256 * 1024;

/// Who pays, and what.
pub(super) struct Payer {
    /// What is paid.
    pub renewal: RenewalId,
    /// The message by whose link they came.
    pub mid: MessageId,
    /// The association that bills.
    pub issuer: Association,
    /// Language of the pages.
    pub lang: Lang,
    /// The renewal's own page: what is offered beside the card.
    pub back: String,
}

/// POST behind a renewal's link: pay what is owed by card.
pub(super) async fn press(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Renew).await {
        Ok(Ok(token)) => token.message,
        // The link's own page says that it has expired, and offers a fresh one.
        Ok(Err(_)) => return reply::see(&own_page(&ask), ask.chosen),
        Err(answer) => return answer,
    };
    let (context, now) = (site.context.clone(), site.clock.now());
    let shown = match site.store.read(move |c| shown(c, &context, mid, now)).await {
        Ok(Some(shown)) => shown,
        Ok(None) => return ask.page(&site, 404, &Page::Damaged),
        Err(e) => return reply::trouble(&site, &e, ask.chosen.unwrap_or(ask.accepted)),
    };
    if shown.is_closed(&site, ask.now) {
        return reply::see(&own_page(&ask), ask.chosen);
    }
    let payer = Payer {
        renewal: shown.view.row.renewal.id,
        mid,
        lang: ask.lang(shown.own_lang()),
        issuer: shown.issuer,
        back: own_page(&ask),
    };
    pay(&site, &ask, &payer).await
}

/// GET there: the page is one step back.
pub(super) async fn back(ask: Ask) -> Response {
    reply::see(&own_page(&ask), ask.chosen)
}

fn own_page(ask: &Ask) -> String {
    ask.path.trim_end_matches("/card").to_owned()
}

/// Sends the payer to the payment page: a new one, or the one there is.
pub(super) async fn pay(site: &Site, ask: &Ask, payer: &Payer) -> Response {
    let Some(provider) = site.card.clone() else {
        return ask.page(site, 404, &Page::NotFound);
    };
    // Money that its original took may not be known to a copy.
    if site.outbox.guard.held().is_some() {
        return payers_page(site, payer, 503, CardShows::Down, Cents::ZERO);
    }
    for _ in 0..ROUNDS_MAX {
        match opening(site, &provider, payer).await {
            Ok(Opening::Show(url)) => return go(&url),
            Ok(Opening::Call(row)) => return call(site, &provider, payer, &row).await,
            Ok(Opening::Retract(row)) => {
                if let Err(answer) = retract(site, &provider, payer, &row).await {
                    return answer;
                }
            }
            Ok(Opening::Nothing) => {
                return payers_page(site, payer, 409, CardShows::NothingOwed, Cents::ZERO);
            }
            Err(e) => return reply::trouble(site, &e, payer.lang),
        }
    }
    payers_page(site, payer, 503, CardShows::Down, Cents::ZERO)
}

async fn opening(
    site: &Site,
    provider: &Arc<Provider>,
    payer: &Payer,
) -> Result<Opening, StoreError> {
    let (context, provider) = (site.context.clone(), provider.name());
    let (renewal, mid, lang) = (payer.renewal, payer.mid, payer.lang);
    let (fresh, now) = (CheckoutId::draw(&site.random), site.clock.now());
    site.store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: true };
            apply(c, &context, &proof, &evidence)?;
            checkouts::open(c, &context, renewal, provider, fresh, &evidence)
        })
        .await
}

/// Takes an older payment page back. `Err` is the answer: then nobody is sent to a second one.
async fn retract(
    site: &Site,
    provider: &Arc<Provider>,
    payer: &Payer,
    row: &CheckoutRow,
) -> Result<(), Response> {
    let down = || payers_page(site, payer, 503, CardShows::Down, row.amount);
    let session = row.session.clone().unwrap_or_default();
    let status = match provider.expire(&session).await {
        Ok(Status { word: Word::Waiting, .. })
        | Err(CardError::Retry(_) | CardError::Unknown(_)) => return Err(down()),
        Err(e) => {
            tracing::error!(checkout = %row.id, reason = %e, "card.not_taken_back");
            return Err(down());
        }
        Ok(status) => status,
    };
    let Status { word, payment, at } = status;
    let about = About { checkout: row.id, session, word, payment, at };
    let told = tell(site, provider.name(), about).await;
    told.map_err(|e| reply::trouble(site, &e, payer.lang))
}

/// Calls the provider with a try that is committed, once more where no answer came.
async fn call(site: &Site, provider: &Arc<Provider>, payer: &Payer, row: &CheckoutRow) -> Response {
    let checkout = match checkout(site, payer, row) {
        Ok(checkout) => checkout,
        Err(answer) => return answer,
    };
    let mut opened = provider.open(&checkout).await;
    if let Err(CardError::Retry(_)) = opened {
        opened = provider.open(&checkout).await;
    }
    crate::faults::point("card.called");
    let (id, context, lang) = (row.id, site.context.clone(), row.lang);
    let now = site.clock.now();
    let evidence = Evidence { door: Door::Web, mid: None, lang, at: now, answers: "" };
    match opened {
        Ok(session) => {
            let url = session.url.clone();
            let write =
                move |c: &rusqlite::Connection| checkouts::opened(c, id, &session, &evidence);
            match site.store.write(Lane::Front, write).await {
                Ok(true) => go(&url),
                // The provider's word was quicker than its answer.
                Ok(false) => reply::see(&format!("/card/return/{id}"), None),
                Err(e) => reply::trouble(site, &e, payer.lang),
            }
        }
        Err(e) => {
            tracing::error!(checkout = %id, reason = %e, "card.not_opened");
            if !matches!(e, CardError::Retry(_)) {
                let write =
                    move |c: &rusqlite::Connection| checkouts::failed(c, &context, id, &evidence);
                if let Err(e) = site.store.write(Lane::Front, write).await {
                    return reply::trouble(site, &e, payer.lang);
                }
            }
            payers_page(site, payer, 503, CardShows::Down, row.amount)
        }
    }
}

fn checkout(site: &Site, payer: &Payer, row: &CheckoutRow) -> Result<Checkout, Response> {
    let description = site.composer.card_line(&payer.issuer, row.lang).map_err(|e| {
        tracing::error!(reason = %e, "web.page_failed");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })?;
    let base = payer.issuer.link_base.as_deref().filter(|base| !base.is_empty());
    let base = base.unwrap_or(&site.context.config.relance.web.base_url);
    Ok(Checkout {
        id: row.id,
        amount: row.amount,
        currency: row.currency.clone(),
        description,
        lang: row.lang,
        ends: page_ends(row.created),
        site: base.to_owned(),
    })
}

/// Off to the provider's page (303).
fn go(url: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_owned())]).into_response()
}

fn payers_page(
    site: &Site,
    payer: &Payer,
    status: u16,
    shows: CardShows,
    amount: Cents,
) -> Response {
    let page = CardPage { issuer: &payer.issuer, shows, amount, back: &payer.back };
    reply::page(site, status, &Page::Card(page), payer.lang)
}

/// What the provider says, applied. Wakes the outbox: somebody waits for a receipt.
async fn tell(site: &Site, provider: &'static str, about: About) -> Result<(), StoreError> {
    let (context, now) = (site.context.clone(), site.clock.now());
    let told = site
        .store
        .write(Lane::Front, move |c| {
            let lang = Lang::En;
            let evidence = Evidence { door: Door::Card, mid: None, lang, at: now, answers: "" };
            checkouts::tell(c, &context, provider, &about, &evidence)
        })
        .await;
    site.outbox.wake();
    told.map(|_| ())
}

/// A try with what its pages show.
struct Seen {
    row: CheckoutRow,
    issuer: Association,
    fate: Fate,
}

async fn seen(site: &Site, ask: &Ask, text: &str) -> Result<Seen, Response> {
    let not_found = || ask.page(site, 404, &Page::NotFound);
    let id = CheckoutId::parse(text).ok_or_else(not_found)?;
    let context = site.context.clone();
    let found = site
        .store
        .read(move |c| {
            let Some(row) = rows::by_id(c, id)? else { return Ok(None) };
            let Some(renewal) = renewals::by_id(c, row.renewal)? else { return Ok(None) };
            let issuer = context.config.association(&renewal.issuer).cloned();
            // Asked while the payer waits for the provider's word: only what is paid has one.
            let paid = row.state == CheckoutState::Paid;
            let fate = if paid { checkouts::fate(c, &row)? } else { Fate::Settles };
            Ok(issuer.map(|issuer| Seen { row, issuer, fate }))
        })
        .await;
    match found {
        Ok(Some(seen)) => Ok(seen),
        Ok(None) => Err(not_found()),
        Err(e) => Err(reply::trouble(site, &e, ask.chosen.unwrap_or(ask.accepted))),
    }
}

fn show(site: &Site, ask: &Ask, seen: &Seen, shows: CardShows) -> Response {
    let page = CardPage { issuer: &seen.issuer, shows, amount: seen.row.amount, back: "" };
    reply::page(site, 200, &Page::Card(page), ask.lang(seen.row.lang))
}

/// Where a payer comes back to: shows where the try stands, and nothing about anybody. The
/// address proves nothing, so it does nothing.
pub(super) async fn returned(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Response {
    let seen = match seen(&site, &ask, &text).await {
        Ok(seen) => seen,
        Err(answer) => return answer,
    };
    let left = query.is_some_and(|q| q.split('&').any(|part| part == "left=1"));
    let shows = match seen.row.state {
        CheckoutState::New | CheckoutState::Open if left => CardShows::Left,
        CheckoutState::New | CheckoutState::Open => CardShows::Waiting,
        CheckoutState::Paid => match seen.fate {
            Fate::Settles => CardShows::Paid,
            Fate::GoesBack => CardShows::Back,
            Fate::Odd => CardShows::Desk,
        },
        CheckoutState::Expired | CheckoutState::Failed => CardShows::Ended,
    };
    show(&site, &ask, &seen, shows)
}

/// The demonstration's payment page; elsewhere there is none.
pub(super) async fn demo(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    match demonstrated(&site, &ask, &text).await {
        Ok(seen) if seen.row.state == CheckoutState::Open => {
            show(&site, &ask, &seen, CardShows::Demo)
        }
        Ok(seen) => reply::see(&format!("/card/return/{}", seen.row.id), ask.chosen),
        Err(answer) => answer,
    }
}

/// What was pressed there.
pub(super) async fn demo_press(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let seen = match demonstrated(&site, &ask, &text).await {
        Ok(seen) => seen,
        Err(answer) => return answer,
    };
    let form = match ask.form(&site, body).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let row = &seen.row;
    let over = site.clock.now() >= page_ends(row.created);
    let word = match form.get("act") {
        "leave" => return go(&format!("/card/return/{}?left=1", row.id)),
        _ if over => Word::Expired,
        "pay" => Word::Paid { cents: row.amount.get(), currency: row.currency.clone() },
        _ => Word::Failed,
    };
    let session = row.session.clone().unwrap_or_default();
    let about = About { checkout: row.id, session, word, payment: None, at: None };
    match tell(&site, "demo", about).await {
        Ok(()) => reply::see(&format!("/card/return/{}", row.id), ask.chosen),
        Err(e) => reply::trouble(&site, &e, ask.lang(row.lang)),
    }
}

async fn demonstrated(site: &Site, ask: &Ask, text: &str) -> Result<Seen, Response> {
    let demo = site.card.as_deref().filter(|provider| matches!(provider, Provider::Demo));
    let Some(demo) = demo else { return Err(ask.page(site, 404, &Page::NotFound)) };
    let seen = seen(site, ask, text).await?;
    let ours = seen.row.provider == demo.name();
    if ours { Ok(seen) } else { Err(ask.page(site, 404, &Page::NotFound)) }
}

/// The provider's webhook: believed by its signature alone, answered after COMMIT. Anything but
/// 2xx has the provider tell it again, for days.
pub(super) async fn webhook(State(site): State<Site>, headers: HeaderMap, body: Body) -> Response {
    let Some(provider) = site.card.clone() else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(body) = axum::body::to_bytes(body, WEBHOOK_OCTETS_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let signature = headers.get("stripe-signature").and_then(|v| v.to_str().ok());
    let now = site.clock.now();
    let event = match provider.verify_webhook(signature, &body, now) {
        Ok(event) => event,
        Err(WebhookError::None) => return StatusCode::NOT_FOUND.into_response(),
        Err(e) => {
            tracing::warn!(reason = %e, "card.webhook_refused");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    crate::faults::point("card.webhook");
    let (context, name) = (site.context.clone(), provider.name());
    let (id, kind) = (event.id.clone(), event.kind.clone());
    let told = site
        .store
        .write(Lane::Front, move |c| {
            let lang = Lang::En;
            let evidence = Evidence { door: Door::Card, mid: None, lang, at: now, answers: "" };
            checkouts::hear(c, &context, name, &event, &evidence)
        })
        .await;
    crate::faults::point("card.told");
    match told {
        Ok(applied) => {
            tracing::info!(event = id, kind, ?applied, "card.webhook");
            site.outbox.wake();
            StatusCode::OK.into_response()
        }
        Err(e) => {
            tracing::error!(event = id, kind, reason = %e, "card.webhook_not_kept");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
