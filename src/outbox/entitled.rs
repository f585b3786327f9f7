//! Owns who gets a message now, what they owe, or why nobody does: at drafting, and again in the
//! transaction that claims.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::elsewhere::elsewhere;
use super::letter::{Letter, overtaken};
use crate::actions::Context;
use crate::actions::payers::is_for_payer;
use crate::actions::payload::Payload;
use crate::compose::{Bill, DeskTopic};
use crate::config::{Association, Audience, InsuranceContact, StepKind};
use crate::domain::billing::{self, Terms};
use crate::domain::eligibility::{self, Promise, Step};
use crate::domain::member::{Member, Renewal};
use crate::domain::words::RenewalState;
use crate::store::messages::MessageView;
use crate::store::{StoreError, people, pledges, renewals};

/// The step of the season that a message of this kind is.
#[must_use]
pub fn step_of(kind: &str) -> Option<StepKind> {
    StepKind::parse(kind)
}

/// The step that a message is, on that day. Its name stands in its cause; what a member asked for
/// belongs to no schedule.
fn step(context: &Context, view: &MessageView, kind: StepKind, day: Date) -> Step {
    // cal/SEASON/ISSUER/STEP/LOCAL/MEMBER
    let mut parts = view.cause.split('/').skip(3);
    let (name, local) = (parts.next(), parts.next());
    let schedule = name
        .filter(|_| view.firing.is_some())
        .and_then(|name| context.config.step(&view.issuer, name));
    let nominal = schedule.and(local).and_then(|local| local.split('T').next()?.parse().ok());
    let audience = schedule.map_or(Audience::Billed, crate::config::Schedule::audience);
    Step { kind, audience, day, nominal }
}

/// On whom a letter's going depends.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub view: &'a MessageView,
    pub member: Option<&'a Member>,
    pub renewal: Option<&'a Renewal>,
    pub promise: Promise,
}

pub(super) fn promise(c: &Connection, renewal: Option<&Renewal>) -> Result<Promise, StoreError> {
    match renewal {
        Some(r) if r.state == RenewalState::Pledged => pledges::of_renewal(c, r.id),
        _ => Ok(Promise::default()),
    }
}

/// Whose desk reads what is for a desk: while it is closed, its deputy's. A digest goes to its own
/// all the same, and a copy to the deputy.
pub(super) fn reader<'a>(
    context: &'a Context,
    issuer: &'a Association,
    view: &MessageView,
    day: Date,
) -> &'a Association {
    if view.kind == "digest" {
        let deputy = Payload::from_json(&view.payload).deputy;
        return context.config.association(&deputy).unwrap_or(issuer);
    }
    context.config.desk_on(issuer, day)
}

/// Who gets it now, and what they owe; or why nobody does. Decided at drafting, and again in the
/// transaction that claims.
pub(super) fn entitled(
    context: &Context,
    issuer: &Association,
    about: &About<'_>,
    now: Timestamp,
) -> Result<(String, Option<Bill>), &'static str> {
    let About { view, member, renewal, promise } = *about;
    let terms = Terms::at(&context.config, issuer, now);
    if view.to_desk {
        let bill = member.and_then(|m| billing::bill(&context.config, m, issuer, &terms));
        let desk = &reader(context, issuer, view, terms.on).desk.email;
        let address = insurance_contact(context, view).map_or(desk, |c| &c.email);
        return Ok((address.clone(), bill));
    }
    if member.is_none() && is_for_payer(&view.kind) {
        // Of many members; where it goes stands elsewhere.
        return Ok((String::new(), None));
    }
    let Some(member) = member else { return Err("not-here") };
    if let Some(kind) = step_of(&view.kind) {
        let config = &context.config;
        let bill = if kind == StepKind::Lapse {
            eligibility::told_of_lapse(config, issuer, member, renewal, &terms)
        } else {
            let step = step(context, view, kind, terms.on);
            eligibility::decide(config, issuer, step, member, renewal, promise)
        };
        let bill = bill.map_err(eligibility::Excluded::as_str)?;
        let address = member.email.clone().ok_or("no-address")?;
        return Ok((address, Some(bill)));
    }
    if member.status == "deceased" {
        return Err("not-active");
    }
    let bill = billing::bill(&context.config, member, issuer, &terms);
    if view.kind.starts_with("address-change") || view.kind == "payer-invoice" {
        // Where it goes stands elsewhere: there may be no address on file at all.
        return Ok((String::new(), bill));
    }
    let address = member.email.clone().ok_or("no-address")?;
    if member.suspended {
        return Err("address-suspended");
    }
    Ok((address, bill))
}

/// Who gets a note about an insurance declaration, where that is not the desk.
pub(super) fn insurance_contact<'a>(
    context: &'a Context,
    view: &MessageView,
) -> Option<&'a InsuranceContact> {
    let topic = Payload::from_json(&view.payload).topic;
    let contact = context.config.relance.insurance.as_ref()?.contact.as_ref()?;
    (DeskTopic::parse(&topic) == Some(DeskTopic::InsuranceFollowUp)).then_some(contact)
}

/// What a letter finds in the transaction that would claim it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Still {
    /// All holds: send these octets.
    Good,
    /// Something that it shows has changed: compose again.
    Changed,
    /// It must not go: the reason.
    Cancel(&'static str),
}

/// Looks again, with the store as it is now.
pub fn recheck(
    c: &Connection,
    context: &Context,
    letter: &Letter,
    now: Timestamp,
) -> Result<Still, StoreError> {
    let view = &letter.view;
    let Some(issuer) = context.config.association(&view.issuer) else { return Ok(Still::Changed) };
    let member = view.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    let renewal =
        view.renewal.map(|id| renewals::by_id(c, id)).transpose()?.flatten().map(|r| r.renewal);
    let elsewhere = match elsewhere(c, view, &Payload::from_json(&view.payload))? {
        Ok(elsewhere) => elsewhere.map(|to| to.address),
        Err(reason) => return Ok(Still::Cancel(reason)),
    };
    if let Some(reason) = overtaken(c, view)? {
        return Ok(Still::Cancel(reason));
    }
    let promise = promise(c, renewal.as_ref())?;
    let about = About { view, member: member.as_ref(), renewal: renewal.as_ref(), promise };
    Ok(match entitled(context, issuer, &about, now) {
        Err(reason) => Still::Cancel(reason),
        Ok((address, _)) if elsewhere.as_ref().unwrap_or(&address) != &letter.address => {
            Still::Changed
        }
        Ok(_) if renewal.map(|r| r.version) != letter.renewal_version => Still::Changed,
        Ok(_) => Still::Good,
    })
}
