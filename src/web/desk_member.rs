//! Owns the page by which a desk acts for a member: asks the number, shows the member's renewal
//! with a banner, and takes what the member asked for, with the desk's name and the channel.

use axum::response::Response;
use jiff::Timestamp;
use rusqlite::Connection;

use super::ask::Ask;
use super::desk::{Door, by};
use super::renewal::nonce;
use super::{Site, reply};
use crate::actions::desk::{self, Wanted};
use crate::actions::{self, Applied, Context};
use crate::compose::{Bill, CoverNote, DeskTyped, DeskView, MemberCase, PersonFacts, Typed};
use crate::config::Association;
use crate::domain::billing::{self, Terms};
use crate::domain::desk::{Channel, Fault, Form, signature};
use crate::domain::digest::Who;
use crate::domain::member::Member;
use crate::domain::season;
use crate::domain::words::RenewalState;
use crate::store::{Lane, StoreError, people, renewals};

/// A member as a desk sees one, owned.
struct Found {
    member: Member,
    who: Who,
    bill: Option<Bill>,
    state: RenewalState,
    version: i64,
    answered: Option<Timestamp>,
}

fn find(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    number: &str,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let Some(member) = desk::member_of(c, issuer, number)? else { return Ok(None) };
    let who = Who {
        member_no: member.member_no.clone(),
        name: format!("{} {}", member.given_name, member.family_name),
        phone: people::contact(c, member.id)?.phone,
    };
    let season = &context.config.relance.season.id;
    let renewal = renewals::find(c, member.id, &issuer.code, season)?;
    let view = match &renewal {
        Some(renewal) => actions::view_of_renewal(c, context, renewal.id, now)?,
        None => None,
    };
    let (bill, answered) = if let Some(view) = view {
        (view.owed, view.given.last().map(|given| given.at))
    } else {
        let terms = Terms::at(&context.config, issuer, now);
        (billing::bill(&context.config, &member, issuer, &terms), None)
    };
    let (state, version) = renewal.map_or((RenewalState::Open, 0), |r| (r.state, r.version));
    Ok(Some(Found { member, who, bill, state, version, answered }))
}

async fn load(
    site: &Site,
    ask: &Ask,
    door: &Door,
    number: &str,
) -> Result<Option<Found>, Response> {
    let (context, issuer, now) = (site.context.clone(), door.issuer.clone(), ask.now);
    let number = number.to_owned();
    let found = site.store.read(move |c| find(c, &context, &issuer, &number, now)).await;
    found.map_err(|e| door.trouble(site, ask, &e))
}

/// GET: asks the number, or shows the member.
pub(super) async fn show(site: &Site, ask: &Ask, door: &Door, query: Option<&str>) -> Response {
    let query = query.unwrap_or_default();
    let number = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "member");
    let Some((_, number)) = number else {
        return door.page(site, ask, 200, DeskView::Find, DeskTyped::default(), &[]);
    };
    match load(site, ask, door, &number).await {
        Ok(Some(found)) => render(site, ask, door, &found, 200, DeskTyped::default(), &[]),
        Ok(None) => unknown(site, ask, door, &number),
        Err(answer) => answer,
    }
}

fn unknown(site: &Site, ask: &Ask, door: &Door, number: &str) -> Response {
    let typed = DeskTyped { member_no: number, ..DeskTyped::default() };
    door.page(site, ask, 404, DeskView::Find, typed, &[Fault::NoMember])
}

fn render(
    site: &Site,
    ask: &Ask,
    door: &Door,
    found: &Found,
    status: u16,
    typed: DeskTyped<'_>,
    faults: &[Fault],
) -> Response {
    let Found { member, who, bill, state, version, answered } = found;
    let person = PersonFacts {
        member_no: &member.member_no,
        given_name: &member.given_name,
        family_name: &member.family_name,
        category: member.membership(&door.issuer.code).map_or("", |m| &m.category),
        insured: bill.as_ref().is_some_and(Bill::insures),
        state: *state,
        cover: CoverNote::default(),
        zone: season::deadline_zone(&site.context.config.relance.season, member),
    };
    let view = DeskView::Member(MemberCase {
        person,
        who,
        address: member.email.as_deref().unwrap_or_default(),
        bill: bill.as_ref(),
        answered: *answered,
        stopped: member.unsubscribed.contains(&door.issuer.code),
        version: *version,
        nonce: &nonce(site),
    });
    door.page(site, ask, status, view, typed, faults)
}

/// POST: does what the member asked for.
pub(super) async fn act(site: &Site, ask: &Ask, door: &Door, form: &Typed) -> Response {
    let number = form.get("member");
    let found = match load(site, ask, door, number).await {
        Ok(Some(found)) => found,
        Ok(None) => return unknown(site, ask, door, number),
        Err(answer) => return answer,
    };
    let signed = Form { staff: form.get("staff"), note: form.get("note"), ..Form::default() };
    let typed = DeskTyped { form: signed, channel: form.get("channel"), member_no: number };
    let (wanted, channel, version, key) = match read(form) {
        Ok(read) => read,
        Err(faults) => return render(site, ask, door, &found, 400, typed, &faults),
    };
    let (context, link, person) = (site.context.clone(), door.link.clone(), found.member.id);
    let (by, key) = (by(site, form, channel.as_str()), key.to_owned());
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let form = (version, key.as_str());
            desk::act_for_member(c, &context, &link, person, wanted, channel, form, &by)
        })
        .await;
    match applied {
        Ok(Applied::Conflict | Applied::Stale | Applied::Closed) => {
            match load(site, ask, door, number).await {
                Ok(Some(now)) => render(site, ask, door, &now, 409, typed, &[Fault::Changed]),
                Ok(None) => unknown(site, ask, door, number),
                Err(answer) => answer,
            }
        }
        Ok(_) => {
            site.outbox.wake();
            see(ask, number)
        }
        Err(e) => door.trouble(site, ask, &e),
    }
}

/// What the form asks for, by which channel, on which version, under which key.
fn read(form: &Typed) -> Result<(Wanted, Channel, i64, &str), Vec<Fault>> {
    let mut faults = signature(form.get("staff"), form.get("note"), false);
    let channel = Channel::parse(form.get("channel"));
    if channel.is_none() {
        faults.push(Fault::NoChannel);
    }
    let wanted = Wanted::parse(form.get("wanted"));
    if wanted.is_none() {
        faults.push(Fault::NoDeed);
    }
    let (version, key) = (form.get("version").parse(), form.get("nonce"));
    match (wanted, channel, version) {
        (Some(wanted), Some(channel), Ok(version))
            if faults.is_empty() && !key.is_empty() && key.len() <= KEY_OCTETS_MAX =>
        {
            Ok((wanted, channel, version, key))
        }
        _ => {
            if faults.is_empty() {
                // The page was cut or changed on its way: it is shown anew.
                faults.push(Fault::Changed);
            }
            Err(faults)
        }
    }
}

/// Longest idempotency key taken: ours are a third of it.
const KEY_OCTETS_MAX: usize = 64;

/// After the POST: the member's page again.
fn see(ask: &Ask, number: &str) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("member", number);
    if let Some(lang) = ask.chosen {
        query.append_pair("lang", lang.as_str());
    }
    reply::see(&format!("{}?{}", ask.path, query.finish()), None)
}
