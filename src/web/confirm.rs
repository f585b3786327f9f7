//! Owns the page that confirms what an unverified reply asked for, or a new address.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rusqlite::Connection;

use super::ask::{Ask, Presented};
use super::renewal::{self, nonce, shown};
use super::subscription::{self, subject};
use super::{Site, reply};
use crate::actions::payload::{Payload, Side, Wish};
use crate::actions::{self, Action, Context, Door, Evidence};
use crate::compose::{
    AddressPage, ConfirmPage, CoverNote, FormFault, Page, PersonFacts, Said, mask,
};
use crate::config::Association;
use crate::domain::answer::{Answer, Choice};
use crate::domain::member::Member;
use crate::domain::words::RenewalState;
use crate::ids::MessageId;
use crate::link::{Purpose, Token};
use crate::store::corrections::{self, AddressChange};
use crate::store::{Lane, StoreError, attempts, messages, people};

/// What the link would do, with its facts.
enum Asked {
    Renew(Box<renewal::Shown>),
    Stop(Box<subscription::Subject>),
    Address(Box<NewAddress>),
}

/// A new address that waits, and to which end of it the link went.
struct NewAddress {
    change: AddressChange,
    side: Side,
    member: Member,
    issuer: Association,
}

/// GET: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let token = match ask.verify(&site, &text, Purpose::Confirm).await {
        Ok(token) => token,
        Err(answer) => return answer,
    };
    let mid = match fresh(&ask, &site, token) {
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
        Ok(Asked::Address(new)) => address_page(&site, &ask, &new),
        Err(answer) => answer,
    }
}

/// A week has passed: what was asked then is asked anew, by the notice's own link.
fn fresh(ask: &Ask, site: &Site, token: Result<Token, Token>) -> Result<MessageId, Response> {
    token.map(|t| t.message).map_err(|_| ask.page(site, 410, &Page::Damaged))
}

async fn load(site: &Site, ask: &Ask, mid: MessageId) -> Result<Asked, Response> {
    let (context, now) = (site.context.clone(), ask.now);
    let found = site
        .store
        .read(move |c| {
            let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(None) };
            let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
            let payload = Payload::from_json(&message.payload);
            if payload.side.is_some() {
                let found = new_address(c, &context, &payload)?;
                return Ok(found.map(|a| Asked::Address(Box::new(a))));
            }
            Ok(match payload.wish {
                Some(Wish::Renew) => {
                    shown(c, &context, mid, now)?.map(|s| Asked::Renew(Box::new(s)))
                }
                Some(Wish::Stop) => subject(c, &context, mid)?.map(|s| Asked::Stop(Box::new(s))),
                None => None,
            })
        })
        .await;
    ask.found(site, found)
}

fn new_address(
    c: &Connection,
    context: &Context,
    payload: &Payload,
) -> Result<Option<NewAddress>, StoreError> {
    let (Some(id), Some(side)) = (payload.change, payload.side) else { return Ok(None) };
    let Some(change) = corrections::address_change(c, id)? else { return Ok(None) };
    let Some(member) = people::by_id(c, change.person)? else { return Ok(None) };
    let issuer = context.config.association(&change.issuer).cloned();
    Ok(issuer.map(|issuer| NewAddress { change, side, member, issuer }))
}

fn address_page(site: &Site, ask: &Ask, new: &NewAddress) -> Response {
    let NewAddress { change, side, member, issuer } = new;
    let mine = match side {
        Side::New => change.address_confirmed,
        Side::Old => change.was_confirmed,
    };
    let state = match change.state.as_str() {
        "waiting" if mine => "confirmed",
        "waiting" => "asked",
        "done" => "done",
        _ => "refused",
    };
    // Whoever holds a mistyped new address should learn nothing of the member.
    let known = *side == Side::Old;
    let page = AddressPage {
        issuer,
        person: PersonFacts {
            member_no: "",
            given_name: if known { &member.given_name } else { "" },
            family_name: if known { &member.family_name } else { "" },
            category: "",
            insured: false,
            state: RenewalState::Open,
            cover: CoverNote::Nothing,
            zone: "",
        },
        address_masked: &mask(&change.address),
        old_side: known,
        state,
        nonce: &nonce(site),
    };
    reply::page(site, 200, &Page::Address(page), ask.lang(member.reads(issuer.language)))
}

/// POST: does it.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let (token, form) = match ask.posted(&site, &text, Purpose::Confirm, body).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let mid = match fresh(&ask, &site, token) {
        Ok(mid) => mid,
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
        (Asked::Address(new), act @ ("confirm" | "refuse")) => {
            let yes = act == "confirm";
            let lang = ask.lang(new.member.reads(new.issuer.language));
            let action = move |c: &Connection, context: &Context, evidence: &Evidence<'_>| {
                let (change, side) = (new.change.id, new.side);
                let action = Action::ConfirmAddress { change, side, yes };
                actions::apply(c, context, &action, evidence)
            };
            let path = ask.path.clone();
            done(&site, &ask, mid, lang, action, &path).await
        }
        _ => ask.page(&site, 400, &Page::BadForm(&[FormFault::Incomplete])),
    }
}

async fn renew(site: &Site, ask: &Ask, shown: &renewal::Shown, mid: MessageId) -> Response {
    let (lang, renewal) = (ask.lang(shown.own_lang()), shown.view.row.renewal.id);
    let action = move |c: &Connection, context: &Context, evidence: &Evidence<'_>| {
        let answer = &Answer::plain(Choice::Invoice);
        actions::apply(c, context, &Action::Answer { renewal, answer, form: None }, evidence)
    };
    // The member's own page shows what was done, by a link of this same message.
    let url = renewal::own_url(site, mid);
    done(site, ask, mid, lang, action, &url).await
}

/// Acts in one transaction, with the click as proof that the mail arrived, and leads on.
async fn done<F>(
    site: &Site,
    ask: &Ask,
    mid: MessageId,
    lang: crate::domain::words::Lang,
    action: F,
    url: &str,
) -> Response
where
    F: FnOnce(&Connection, &Context, &Evidence<'_>) -> Result<actions::Applied, StoreError>
        + Send
        + 'static,
{
    let (context, now) = (site.context.clone(), site.clock.now());
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let at = actions::insurance::asked_at(c, &context, mid, now)?;
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: true };
            actions::apply(c, &context, &proof, &evidence)?;
            action(c, &context, &evidence)
        })
        .await;
    match applied {
        Ok(_) => {
            site.outbox.wake();
            reply::see(url, ask.chosen)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}
