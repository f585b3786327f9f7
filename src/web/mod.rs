//! Owns the members' pages: listening, limits, routes. Never decides what a page may do: that is
//! `actions/`'. GET and HEAD change nothing: every act is a POST.

mod ask;
mod card;
mod confirm;
mod desk;
mod desk_member;
mod front;
pub mod guesses;
mod invoice;
pub mod limits;
pub mod listen;
mod payer;
mod renewal;
mod reply;
mod season;
mod subscription;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};

use crate::actions::Context;
use crate::bell::Bell;
use crate::card::Provider;
use crate::clock::Clock;
use crate::compose::{Composer, FormFault, Page};
use crate::domain::hold::HoldReason;
use crate::hold::missing;
use crate::ids::Random;
use crate::link::Token;
use crate::outbox::Outbox;
use crate::store::Store;
use ask::Ask;
use guesses::Guesses;
use limits::WebLimits;

/// What the pages need.
#[derive(Clone)]
pub struct Site {
    /// Facts and acts.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// Words and markup.
    pub composer: Composer,
    /// The calendar.
    pub clock: Clock,
    /// For nonces.
    pub random: Random,
    /// Woken after an act: somebody waits for a confirmation.
    pub outbox: Outbox,
    /// Woken after a desk let a mailing go.
    pub scheduler: Bell,
    /// Who takes payments by card, where anybody does.
    pub card: Option<Arc<Provider>>,
    /// Counts of who asked how often; in memory, so that a scanner writes nothing.
    pub limits: Arc<WebLimits>,
    /// Failures with type-in codes; in memory likewise.
    pub guesses: Arc<Guesses>,
}

/// The pages: `/`, `/season` (dates and senders), `/r/TOKEN` (renewal), `/i/TOKEN` (one
/// invoice), `/p/TOKEN` (a payer's), `/u/TOKEN` (reminders),
/// `/c/TOKEN` (confirming), `/d/TOKEN` (a desk's), and `/card/…`, whose addresses prove nothing.
pub fn router(site: Site) -> Router {
    let policy = reply::policy(site.card.as_deref().and_then(Provider::page_origin));
    Router::new()
        .route("/", get(front::show).post(front::sign_in))
        .route("/season", get(season::show))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
        .route("/r/{token}", get(renewal::show).post(renewal::act))
        .route("/r/{token}/card", get(card::back).post(card::press))
        .route("/card/return/{checkout}", get(card::returned))
        .route("/card/demo/{checkout}", get(card::demo).post(card::demo_press))
        .route("/card/webhook/stripe", post(card::webhook))
        .route("/r/{token}/invoice", get(invoice::own))
        .route("/i/{token}", get(invoice::show).post(invoice::act))
        .route("/p/{token}", get(payer::show))
        .route("/p/{token}/{number}", get(payer::show_one).post(payer::act))
        .route("/u/{token}", get(subscription::show).post(subscription::act))
        .route("/c/{token}", get(confirm::show).post(confirm::act))
        .route("/d/{token}", get(desk::show).post(desk::act))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(site.clone(), guard))
        .layer(middleware::from_fn_with_state(policy, reply::headers))
        .with_state(site)
}

/// Counts the client, except for the one-click POST of RFC 8058, which comes from the servers of
/// a few mail providers, and the payment provider's, which comes from its own. Any other POST that
/// a page of somebody else's sends through a visitor's browser is refused: no link is stolen so,
/// but codes could be guessed from many addresses. Browsers say so (Fetch Metadata); `Origin` says
/// nothing here, since our own forms come without one (`no-referrer`).
async fn guard(
    axum::extract::State(site): axum::extract::State<Site>,
    request: Request,
    next: Next,
) -> Response {
    let ask = Ask::of(&site, &request);
    let path = request.uri().path();
    let of_servers = path.starts_with("/u/") || path.starts_with("/card/webhook/");
    let of_servers = of_servers && request.method() == axum::http::Method::POST;
    let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|s| s == "cross-site");
    if !of_servers && from_elsewhere && request.method() == axum::http::Method::POST {
        return ask.page(&site, 403, &Page::BadForm(&[FormFault::Unreadable]));
    }
    if !of_servers && let Err(wait) = site.limits.client(ask.client, crate::clock::monotonic()) {
        return ask.too_many(&site, wait);
    }
    // What is written under a wrong clock is false evidence: when somebody answered is what counts.
    let acts = !request.method().is_safe();
    if acts && site.outbox.guard.look().is_some_and(|held| held.reason.is_clock()) {
        return ask.page(&site, 503, &Page::ServerTrouble);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND && set_back(&site, &ask.path).await {
        return ask.page(&site, 503, &Page::ServerTrouble);
    }
    response
}

/// Whether a link that leads nowhere is one of ours all the same: then this store was set back.
async fn set_back(site: &Site, path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let (Some("r" | "i" | "u" | "c" | "d" | "p"), Some(text)) = (parts.next(), parts.next()) else {
        return false;
    };
    let Ok(token) = Token::read(text, &site.context.ring) else { return false };
    let days = site.context.config.relance.season.link_days;
    let missing = site.store.read(move |c| missing(c, &[token], days)).await;
    let Ok(Some(token)) = missing else { return false };
    site.outbox.guard.hold(HoldReason::SetBack, &format!("{} on the web", token.message));
    true
}

async fn not_found(ask: Ask, axum::extract::State(site): axum::extract::State<Site>) -> Response {
    ask.page(&site, 404, &Page::NotFound)
}

async fn wrong_method(
    ask: Ask,
    axum::extract::State(site): axum::extract::State<Site>,
) -> Response {
    ask.page(&site, 405, &Page::WrongMethod)
}
