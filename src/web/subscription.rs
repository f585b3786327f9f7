//! Owns the page that stops reminders, and the one-click POST of RFC 8058: no cookie, no login,
//! at once.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;

use super::ask::{Ask, Presented, message_of};
use super::renewal::nonce;
use super::{Site, reply};
use crate::actions::{self, Action, Context, Door, Evidence};
use crate::compose::{Bill, FormFault, Page, UnsubscribePage, mask};
use crate::config::Association;
use crate::domain::billing::{self, Terms};
use crate::domain::member::Member;
use crate::ids::MessageId;
use crate::link::Purpose;
use crate::store::{Lane, StoreError, attempts, messages, people};

/// What an unsubscribing link is about, owned.
pub(super) struct Subject {
    pub member: Member,
    pub issuer: Association,
}

pub(super) fn subject(
    c: &Connection,
    context: &Context,
    mid: MessageId,
) -> Result<Option<Subject>, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(None) };
    let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
    let Some(id) = message.person else { return Ok(None) };
    let member = people::by_id(c, id)?;
    let issuer = context.config.association(&message.issuer).cloned();
    Ok(member.zip(issuer).map(|(member, issuer)| Subject { member, issuer }))
}

/// GET: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Unsubscribe).await {
        Ok(token) => message_of(&token),
        Err(answer) => return answer,
    };
    match load(&site, &ask, mid).await {
        Ok(subject) => render(&site, &ask, &subject),
        Err(answer) => answer,
    }
}

async fn load(site: &Site, ask: &Ask, mid: MessageId) -> Result<Subject, Response> {
    let context = site.context.clone();
    let found = site.store.read(move |c| subject(c, &context, mid)).await;
    ask.found(site, found)
}

pub(super) fn render(site: &Site, ask: &Ask, subject: &Subject) -> Response {
    let Subject { member, issuer } = subject;
    let terms = Terms::at(&site.context.config, issuer, ask.now);
    let bill = billing::bill(&site.context.config, member, issuer, &terms);
    let page = UnsubscribePage {
        issuer,
        address_masked: &member.email.as_deref().map(mask).unwrap_or_default(),
        insured: bill.as_ref().is_some_and(Bill::insures),
        nonce: &nonce(site),
    };
    let stopped = member.unsubscribed.contains(&issuer.code);
    let page = if stopped { Page::Unsubscribed(page) } else { Page::Unsubscribe(page) };
    reply::page(site, 200, &page, ask.lang(member.reads(issuer.language)))
}

/// POST: the page's form, or a mail provider's one-click.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Unsubscribe).await {
        Ok(token) => message_of(&token),
        Err(answer) => return answer,
    };
    let octets = match ask.body(&site, body).await {
        Ok(octets) => octets,
        Err(answer) => return answer,
    };
    let subject = match load(&site, &ask, mid).await {
        Ok(subject) => subject,
        Err(answer) => return answer,
    };
    let one_click = is_one_click(&octets);
    let act = form_urlencoded::parse(&octets).find(|(name, _)| name == "act");
    let stop = match act.as_ref().map(|(_, value)| value.as_ref()) {
        _ if one_click => true,
        Some("unsubscribe") => true,
        Some("resubscribe") => false,
        _ => return ask.page(&site, 400, &Page::BadForm(&[FormFault::Incomplete])),
    };
    match apply(&site, &ask, &subject, mid, stop).await {
        Ok(()) if one_click => (StatusCode::OK, "unsubscribed\n").into_response(),
        Ok(()) => reply::see(&ask.path, ask.chosen),
        Err(e) => reply::trouble(&site, &e, ask.chosen.unwrap_or(ask.accepted)),
    }
}

/// RFC 8058 §3.1: `List-Unsubscribe=One-Click`, urlencoded or as a part of multipart/form-data.
fn is_one_click(body: &[u8]) -> bool {
    let urlencoded = form_urlencoded::parse(body)
        .any(|(name, value)| name == "List-Unsubscribe" && value == "One-Click");
    let text = String::from_utf8_lossy(body);
    urlencoded
        || (text.contains("name=\"List-Unsubscribe\"")
            && text.lines().any(|line| line.trim() == "One-Click"))
}

pub(super) async fn apply(
    site: &Site,
    ask: &Ask,
    subject: &Subject,
    mid: MessageId,
    stop: bool,
) -> Result<(), StoreError> {
    let (context, now) = (site.context.clone(), site.clock.now());
    let (person, issuer) = (subject.member.id, subject.issuer.code.clone());
    let lang = ask.lang(subject.member.reads(subject.issuer.language));
    site.store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: false };
            actions::apply(c, &context, &proof, &evidence)?;
            let action = if stop {
                Action::Unsubscribe { person, issuer: &issuer }
            } else {
                Action::Resubscribe { person, issuer: &issuer }
            };
            actions::apply(c, &context, &action, &evidence)
        })
        .await?;
    site.outbox.wake();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_click_in_both_forms() {
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        for (body, want) in [
            ("List-Unsubscribe=One-Click", true),
            ("a=b&List-Unsubscribe=One-Click", true),
            (multipart, true),
            ("List-Unsubscribe=Two", false),
            ("", false),
        ] {
            assert_eq!(is_one_click(body.as_bytes()), want, "{body}");
        }
    }
}
