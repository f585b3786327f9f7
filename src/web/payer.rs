//! Owns the pages of whoever pays in members' places: one lasting link to all that they have open, and
//! from there each invoice. Nothing of a member is on them but name, number and invoice.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use rusqlite::Connection;

use super::ask::{Ask, Presented};
use super::invoice::{self, Shown};
use super::{Site, reply};
use crate::actions::payers;
use crate::actions::payload::Payload;
use crate::compose::{Page, PayerAccount, PayerPage};
use crate::domain::words::Lang;
use crate::ids::{MessageId, PayerId};
use crate::link::Purpose;
use crate::store::payers::{self as rows, Payer};
use crate::store::{StoreError, attempts, messages};

/// The payer behind a lasting link.
fn payer(c: &Connection, mid: MessageId) -> Result<Option<Payer>, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(None) };
    let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
    match Payload::from_json(&message.payload).payer {
        Some(id) => rows::by_id(c, PayerId(id)),
        None => Ok(None),
    }
}

fn listed(c: &Connection, mid: MessageId) -> Result<Option<(Payer, PayerAccount)>, StoreError> {
    match payer(c, mid)? {
        Some(payer) => payers::account(c, &payer).map(|account| Some((payer, account))),
        None => Ok(None),
    }
}

/// GET: lists what is open, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Payer).await {
        Ok(Ok(token) | Err(token)) => token.message,
        Err(answer) => return answer,
    };
    let found = site.store.read(move |c| listed(c, mid)).await;
    let (payer, account) = match ask.found(&site, found) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Some(issuer) = site.context.config.association(&payer.issuer) else {
        return ask.page(&site, 404, &Page::Damaged);
    };
    let paths: Vec<String> =
        account.open.iter().map(|i| format!("{}/{}", ask.path, i.number)).collect();
    let lang = Lang::parse(&payer.language).unwrap_or(issuer.language);
    let card = site.card.is_some();
    let page = PayerPage { issuer, account: &account, paths: &paths, card };
    reply::page(&site, 200, &Page::Payer(page), ask.lang(lang))
}

async fn one(site: &Site, ask: &Ask, mid: MessageId, number: String) -> Result<Shown, Response> {
    let context = site.context.clone();
    let found = site
        .store
        .read(move |c| match payer(c, mid)? {
            Some(payer) => invoice::of_payer(c, &context, &payer, &number),
            None => Ok(None),
        })
        .await;
    match found {
        Ok(None) => Err(ask.page(site, 404, &Page::NotFound)),
        found => ask.found(site, found),
    }
}

/// The list that an invoice's page was opened from.
fn list_of(ask: &Ask) -> &str {
    ask.path.rsplit_once('/').map_or("", |(list, _)| list)
}

/// GET of one invoice in the list.
pub(super) async fn show_one(
    ask: Ask,
    State(site): State<Site>,
    Path((text, number)): Path<(String, String)>,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Payer).await {
        Ok(Ok(token) | Err(token)) => token.message,
        Err(answer) => return answer,
    };
    match one(&site, &ask, mid, number).await {
        Ok(shown) => invoice::render_payers(&site, &ask, &shown, list_of(&ask)),
        Err(answer) => answer,
    }
}

/// POST there: pays it by card.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Path((text, number)): Path<(String, String)>,
    body: Body,
) -> Response {
    let (token, form) = match ask.posted(&site, &text, Purpose::Payer, body).await {
        Ok((Ok(token) | Err(token), form)) => (token, form),
        Err(answer) => return answer,
    };
    match one(&site, &ask, token.message, number).await {
        Ok(shown) => invoice::pay(&site, &ask, shown, token.message, &form, list_of(&ask)).await,
        Err(answer) => answer,
    }
}
