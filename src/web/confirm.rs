//! Owns the page that confirms what an unverified reply asked for.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;

use super::ask::{Ask, Presented};
use super::renewal::{self, nonce, shown};
use super::subscription::{self, subject};
use super::{Site, reply};
use crate::actions::payload::{Payload, Wish};
use crate::actions::{self, Action, Door, Evidence};
use crate::compose::{ConfirmPage, FormFault, Page, Said};
use crate::domain::answer::Choice;
use crate::ids::MessageId;
use crate::link::Purpose;
use crate::store::{Lane, attempts, messages};

/// What the link would do, with its facts.
enum Asked {
    Renew(Box<renewal::Shown>),
    Stop(Box<subscription::Subject>),
}

/// GET: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let mid = match verify(&ask, &site, &text) {
        Ok(mid) => mid,
        Err(answer) => return answer,
    };
    match load(&site, &ask, mid).await {
        Ok(Asked::Renew(shown)) => {
            let lang = ask.lang(shown.own_lang());
            let page = ConfirmPage {
                issuer: &shown.issuer,
                person: shown.person(),
                asked: Said::RenewedByInvoice,
                version: shown.view.row.renewal.version,
                nonce: &nonce(&site),
            };
            reply::page(&site, 200, &Page::Confirm(page), lang)
        }
        Ok(Asked::Stop(subject)) => subscription::render(&site, &ask, &subject),
        Err(answer) => answer,
    }
}

fn verify(ask: &Ask, site: &Site, text: &str) -> Result<MessageId, Response> {
    match ask.verify(site, text, Purpose::Confirm)? {
        Ok(token) => Ok(token.message),
        // A week has passed: what was asked then is asked anew, by the notice's own link.
        Err(_) => Err(ask.page(site, 410, &Page::Damaged)),
    }
}

async fn load(site: &Site, ask: &Ask, mid: MessageId) -> Result<Asked, Response> {
    let (context, now) = (site.context.clone(), ask.now);
    let found = site
        .store
        .read(move |c| {
            let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(None) };
            let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
            Ok(match Payload::from_json(&message.payload).wish {
                Some(Wish::Renew) => {
                    shown(c, &context, mid, now)?.map(|s| Asked::Renew(Box::new(s)))
                }
                Some(Wish::Stop) => subject(c, &context, mid)?.map(|s| Asked::Stop(Box::new(s))),
                None => None,
            })
        })
        .await;
    match found {
        Ok(Some(asked)) => Ok(asked),
        Ok(None) => Err(ask.page(site, 404, &Page::Damaged)),
        Err(e) => Err(reply::trouble(site, &e, ask.chosen.unwrap_or(ask.accepted))),
    }
}

/// POST: does it.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let mid = match verify(&ask, &site, &text) {
        Ok(mid) => mid,
        Err(answer) => return answer,
    };
    let form = match ask.form(&site, body).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let asked = match load(&site, &ask, mid).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    match (asked, form.get("act")) {
        (Asked::Renew(shown), "confirm") => renew(&site, &ask, &shown, mid).await,
        (Asked::Stop(subject), act @ ("unsubscribe" | "resubscribe" | "confirm")) => {
            let stop = act != "resubscribe";
            match subscription::apply(&site, &ask, &subject, mid, stop).await {
                Ok(()) => reply::see(&ask.path, ask.chosen),
                Err(e) => reply::trouble(&site, &e, ask.chosen.unwrap_or(ask.accepted)),
            }
        }
        _ => ask.page(&site, 400, &Page::BadForm(&[FormFault::Incomplete])),
    }
}

async fn renew(site: &Site, ask: &Ask, shown: &renewal::Shown, mid: MessageId) -> Response {
    let lang = ask.lang(shown.own_lang());
    let (context, now, id) = (site.context.clone(), site.clock.now(), shown.view.row.renewal.id);
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: true };
            actions::apply(c, &context, &proof, &evidence)?;
            let action =
                Action::Answer { renewal: id, choice: Choice::Invoice, reason: "", form: None };
            actions::apply(c, &context, &action, &evidence)
        })
        .await;
    match applied {
        Ok(_) => {
            site.outbox.wake();
            // The member's own page shows what was done, by a link of this same message.
            let url = renewal::own_url(site, mid);
            reply::see(&url, ask.chosen)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}
