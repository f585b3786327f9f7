//! Owns the page by which a desk acts for a member: asks the number, then gives the member's own page
//! into the desk's hand (`renewal`). Knows nothing of what that page offers or does.

use axum::response::Response;
use jiff::Timestamp;
use rusqlite::Connection;

use super::ask::Ask;
use super::desk::Door;
use super::renewal::render::{self, Sent};
use super::renewal::{self, Hand, Shown, nonce};
use super::{Site, reply};
use crate::actions::{self, Context, desk};
use crate::compose::{DeskPage, DeskTyped, DeskView, FormFault, MemberCase, Page, Typed};
use crate::domain::desk::Fault;
use crate::domain::digest::Who;
use crate::store::desk::LinkRow;
use crate::store::{StoreError, people};

/// In whose place a desk stands, and by which link.
pub(super) struct Stead {
    pub link: LinkRow,
    pub who: Who,
    /// Address on file; empty for none.
    pub address: String,
    /// Whether reminders are stopped.
    pub stopped: bool,
}

/// The member's page in a desk's hand; `None` where the association has no such member.
pub(super) async fn find(
    site: &Site,
    ask: &Ask,
    link: &LinkRow,
    number: &str,
) -> Result<Option<Shown>, StoreError> {
    let (context, link, now) = (site.context.clone(), link.clone(), ask.now);
    let number = number.to_owned();
    site.store.read(move |c| read(c, &context, link, &number, now)).await
}

fn read(
    c: &Connection,
    context: &Context,
    link: LinkRow,
    number: &str,
    now: Timestamp,
) -> Result<Option<Shown>, StoreError> {
    let Some(issuer) = context.config.association(&link.issuer) else { return Ok(None) };
    let Some(member) = desk::member_of(c, issuer, number)? else { return Ok(None) };
    let stead = Stead {
        who: Who {
            member_no: member.member_no.clone(),
            name: format!("{} {}", member.given_name, member.family_name),
            phone: people::contact(c, member.id)?.phone,
        },
        address: member.email.clone().unwrap_or_default(),
        stopped: member.unsubscribed.contains(&issuer.code),
        link,
    };
    let view = actions::view_of_member(c, context, member, &issuer.code, now)?;
    renewal::shown_to(c, context, view, Hand::Desk(Box::new(stead)), now)
}

/// GET: asks the number, or shows the member's page.
pub(super) async fn show(site: &Site, ask: &Ask, door: &Door, query: Option<&str>) -> Response {
    let query = query.unwrap_or_default();
    let number = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "member");
    let Some((_, number)) = number else {
        return door.page(site, ask, 200, DeskView::Find, DeskTyped::default(), &[]);
    };
    match find(site, ask, &door.link, &number).await {
        Ok(Some(shown)) => render::page(site, ask, &shown, &Sent::nothing(ask.saved)),
        Ok(None) => unknown(site, ask, door, &number),
        Err(e) => door.trouble(site, ask, &e),
    }
}

fn unknown(site: &Site, ask: &Ask, door: &Door, number: &str) -> Response {
    let typed = DeskTyped { member_no: number, ..DeskTyped::default() };
    door.page(site, ask, 404, DeskView::Find, typed, &[Fault::NoMember])
}

/// The page of a member who has nothing to answer here.
pub(super) fn bare(site: &Site, ask: &Ask, shown: &Shown, sent: &Sent) -> Response {
    let Some(behalf) = shown.behalf() else { return ask.page(site, 404, &Page::Damaged) };
    let view = DeskView::Member(MemberCase {
        person: shown.person(),
        behalf,
        closed: shown.is_closed(site, ask.now),
        typed: &sent.typed,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
    });
    let faults: Vec<Fault> = sent
        .faults
        .iter()
        .filter_map(|fault| match *fault {
            FormFault::Signature(fault) => Some(fault),
            _ => None,
        })
        .collect();
    let status = if sent.faults.is_empty() { 200 } else { 400 };
    let (issuer, typed) = (&shown.issuer, DeskTyped::default());
    let page = Page::Desk(DeskPage { issuer, view, typed, faults: &faults });
    reply::page(site, status, &page, ask.lang(shown.own_lang()))
}

/// POST: does what the member asked for.
pub(super) async fn act(site: &Site, ask: &Ask, door: &Door, form: Typed) -> Response {
    let number = form.get("member");
    match find(site, ask, &door.link, number).await {
        Ok(Some(shown)) => renewal::answered(site, ask, shown, form).await,
        Ok(None) => unknown(site, ask, door, number),
        Err(e) => door.trouble(site, ask, &e),
    }
}

/// After the POST: the member's page again.
pub(super) fn see(ask: &Ask, number: &str, saved: bool) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("member", number);
    if saved {
        query.append_pair("saved", "1");
    }
    if let Some(lang) = ask.chosen {
        query.append_pair("lang", lang.as_str());
    }
    reply::see(&format!("{}?{}", ask.path, query.finish()), None)
}
