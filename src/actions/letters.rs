//! Owns the messages that acts leave behind for members and desks. Each is written once per
//! cause, with priority over the calendar's: somebody waits for it.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::payload::{Payload, Wish};
use super::{Applied, Context, Door, Evidence, note, person};
use crate::compose::Said;
use crate::domain::billing;
use crate::domain::member::Member;
use crate::domain::{season, sign_in};
use crate::ids::{InvoiceId, MessageId, MessageRow, PersonId, RenewalId};
use crate::store::messages::{self, MessageView, NewMessage, Recipient};
use crate::store::{StoreError, attempts, desk, inbounds, ledger, renewals};

/// Automatic answers to one address on one day: enough for a person who tries things out, too
/// few for two machines to keep each other busy.
const ANSWERS_PER_DAY_MAX: i64 = 5;
/// Confirmations to one member on one day: more than anybody changes their mind. Whoever has one
/// of our links could otherwise have us flood its owner by switching back and forth; what comes
/// beyond it is done and in the ledger, and no longer mailed.
const CONFIRMATIONS_PER_DAY_MAX: i64 = 10;
/// Mails without a token that are forwarded one by one on one day; the rest are kept and counted
/// (we are no relay for spam).
const STRAY_FORWARDS_PER_DAY_MAX: i64 = 50;

/// Mails of or about one member that are passed between member and desk on one day, each way:
/// more than people write, and the end of it where two programs thank each other. What comes
/// beyond it is kept, not passed on.
const PASSED_PER_DAY_MAX: i64 = 10;

/// Notes to one desk on one day: beyond it there is one fault behind many, and one look at the
/// lists tells more than another mail.
const DESK_NOTES_PER_DAY_MAX: i64 = 20;

/// What a message to a member is made of.
pub(super) struct Parts<'a> {
    /// Ledger line that caused it.
    pub seq: i64,
    pub kind: &'a str,
    pub member: &'a Member,
    pub renewal: Option<RenewalId>,
    pub issuer: &'a str,
    pub payload: &'a Payload,
}

/// Queues a message to a member.
pub(super) fn to_member(
    c: &Connection,
    parts: &Parts<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let mut payload = parts.payload.clone();
    if let Door::Behalf { channel, .. } = evidence.door {
        payload.channel = channel.as_str().into();
    }
    let message = Caused {
        seq: parts.seq,
        tail: &format!("{}/member", parts.kind),
        kind: parts.kind,
        recipient: Recipient::Member,
        who: Some(parts.member.id),
        renewal: parts.renewal,
        issuer: parts.issuer,
        payload: &payload,
    };
    queue(c, &message, evidence.at)
}

/// A message that a line of the ledger causes, for whoever waits for it now.
pub(super) struct Caused<'a> {
    pub seq: i64,
    /// Tells it from all else that the line causes: `confirmation/member`.
    pub tail: &'a str,
    pub kind: &'a str,
    pub recipient: Recipient,
    pub who: Option<PersonId>,
    pub renewal: Option<RenewalId>,
    pub issuer: &'a str,
    pub payload: &'a Payload,
}

/// Queues it, due at once.
pub(super) fn queue(c: &Connection, message: &Caused<'_>, at: Timestamp) -> Result<(), StoreError> {
    let at_ms = at.as_millisecond();
    let message = NewMessage {
        cause: &format!("{}/{}", ledger::cause(c, message.seq)?, message.tail),
        kind: message.kind,
        priority: 0,
        person: message.who,
        renewal: message.renewal,
        issuer: message.issuer,
        firing: None,
        recipient: message.recipient,
        payload: &message.payload.to_json(),
        due_ms: at_ms,
    };
    messages::add(c, &message, at_ms)?;
    Ok(())
}

/// Queues the confirmation of an act, within the day's cap.
pub(super) fn confirm(
    c: &Connection,
    context: &Context,
    subject: &str,
    parts: &Parts<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let who = format!("confirmed/{subject}");
    if within_cap(c, context, &who, CONFIRMATIONS_PER_DAY_MAX, evidence.at)? {
        to_member(c, parts, evidence)?;
    }
    Ok(())
}

/// Confirms an act to its member in those words, within the day's cap, as an answer to the mail that
/// asked for it. `invoice`: the document that goes with them.
pub(super) fn say(
    c: &Connection,
    context: &Context,
    act: &Act<'_>,
    (said, invoice): (Said, Option<InvoiceId>),
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let payload = Payload {
        said: said.as_str().into(),
        invoice: invoice.map(|id| id.0),
        in_reply_to: evidence.answers.into(),
        ..Payload::default()
    };
    let parts = Parts {
        seq: act.seq,
        kind: "confirmation",
        member: act.member,
        renewal: act.renewal,
        issuer: act.issuer,
        payload: &payload,
    };
    confirm(c, context, act.subject, &parts, evidence)
}

/// An act that its member is told of.
pub(super) struct Act<'a> {
    /// Its line in the ledger.
    pub seq: i64,
    pub member: &'a Member,
    pub subject: &'a str,
    pub renewal: Option<RenewalId>,
    pub issuer: &'a str,
}

/// A fresh link for an expired one: one a day and link, however often the page is asked. For a
/// link of a season that is over, one of this season, while that takes renewals.
pub(super) fn fresh_link(
    c: &Connection,
    context: &Context,
    expired: MessageId,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = origin(c, expired)? else { return Ok(Applied::Nothing) };
    let (Some(id), Some(renewal)) = (view.person, view.renewal) else {
        return Ok(Applied::Nothing);
    };
    let (member, subject) = person(c, id)?;
    let at_ms = evidence.at.as_millisecond();
    let day = evidence.at.strftime("%Y-%m-%d").to_string();
    let season = &context.config.relance.season;
    let current = renewals::by_id(c, renewal)?.is_some_and(|row| row.season == season.id);
    let (issuer, renewal) = if current {
        (view.issuer, renewal)
    } else {
        let next = sign_in::successor(&context.config, &member, &view.issuer, evidence.at);
        let Some(issuer) = next else { return Ok(Applied::Nothing) };
        let renewal = renewals::open(c, id, &issuer, &season.id, at_ms)?;
        (issuer, renewal)
    };
    let message = NewMessage {
        cause: &format!("fresh/{expired}/{day}"),
        kind: "fresh-link",
        priority: 0,
        person: Some(id),
        renewal: Some(renewal),
        issuer: &issuer,
        firing: None,
        recipient: Recipient::Member,
        payload: &Payload::default().to_json(),
        due_ms: at_ms,
    };
    if messages::add(c, &message, at_ms)?.is_none() {
        return Ok(Applied::Already);
    }
    let data = json!({"issuer": issuer, "mid": expired.to_string()});
    note(c, context, &subject, "fresh-link", &data, evidence)?;
    Ok(Applied::Done)
}

/// Mails the address on file the link to a renewal's page, within the day's cap.
pub(super) fn own_link(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(row) = renewals::by_id(c, renewal)? else { return Ok(Applied::Nothing) };
    let (member, subject) = person(c, row.person)?;
    if member.email.is_none() {
        return Ok(Applied::Nothing);
    }
    let data = json!({"issuer": row.issuer, "door": evidence.door.as_str()});
    let seq = note(c, context, &subject, "fresh-link", &data, evidence)?;
    let parts = Parts {
        seq,
        kind: "fresh-link",
        member: &member,
        renewal: Some(renewal),
        issuer: &row.issuer,
        payload: &Payload::default(),
    };
    confirm(c, context, &subject, &parts, evidence)?;
    Ok(Applied::Done)
}

/// Mails the address on file a link that does what a reply asked for.
pub(super) fn ask_to_confirm(
    c: &Connection,
    context: &Context,
    message: MessageRow,
    wish: Wish,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let said = match wish {
        Wish::Renew => Said::RenewedByInvoice,
        Wish::Stop => Said::Unsubscribed,
    };
    let payload = Payload { said: said.as_str().into(), wish: Some(wish), ..Payload::default() };
    answer_mail(c, context, message, "confirm-request", payload, evidence)
}

/// Explains how this works.
pub(super) fn help(
    c: &Connection,
    context: &Context,
    message: MessageRow,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let payload = Payload { said: Said::Help.as_str().into(), ..Payload::default() };
    answer_mail(c, context, message, "confirmation", payload, evidence)
}

/// Answers a mail to the address on file, within the day's cap.
fn answer_mail(
    c: &Connection,
    context: &Context,
    message: MessageRow,
    kind: &str,
    payload: Payload,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = messages::by_id(c, message)? else { return Ok(Applied::Nothing) };
    let Some(id) = view.person else { return Ok(Applied::Nothing) };
    let (member, subject) = person(c, id)?;
    let Some(address) = &member.email else { return Ok(Applied::Nothing) };
    if !within_cap(c, context, address, ANSWERS_PER_DAY_MAX, evidence.at)? {
        return Ok(Applied::Nothing);
    }
    let data = json!({"issuer": view.issuer, "kind": kind, "said": payload.said});
    let seq = note(c, context, &subject, "replied", &data, evidence)?;
    let payload = Payload { in_reply_to: evidence.answers.into(), ..payload };
    let parts = Parts {
        seq,
        kind,
        member: &member,
        renewal: view.renewal,
        issuer: &view.issuer,
        payload: &payload,
    };
    to_member(c, &parts, evidence)?;
    Ok(Applied::Done)
}

/// Says whether a mail is ours, to the address on file, within the day's cap.
pub(super) fn verify(
    c: &Connection,
    context: &Context,
    id: PersonId,
    about: Option<MessageId>,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let (member, subject) = person(c, id)?;
    let Some(address) = &member.email else { return Ok(Applied::Nothing) };
    let issuer = match about {
        Some(mid) => origin(c, mid)?.map(|m| m.issuer),
        None => billing::home(&context.config, &member).map(|m| m.association.clone()),
    };
    let issuer = issuer.unwrap_or_else(|| context.config.relance.federation.national.clone());
    if !within_cap(c, context, address, ANSWERS_PER_DAY_MAX, evidence.at)? {
        return Ok(Applied::Nothing);
    }
    let attempt = about.map(|mid| mid.to_string());
    let data = json!({"issuer": issuer, "ours": about.is_some(), "mid": attempt});
    let seq = note(c, context, &subject, "verified", &data, evidence)?;
    let payload = Payload {
        attempt: attempt.unwrap_or_default(),
        in_reply_to: evidence.answers.into(),
        ..Payload::default()
    };
    let parts = Parts {
        seq,
        kind: "verify-answer",
        member: &member,
        renewal: None,
        issuer: &issuer,
        payload: &payload,
    };
    to_member(c, &parts, evidence)?;
    Ok(Applied::Done)
}

/// Passes a kept mail to the desk of the association it concerns; a stray one to the national
/// desk, within the day's cap.
pub(super) fn forward(
    c: &Connection,
    context: &Context,
    inbound: i64,
    message: Option<MessageRow>,
    why: &str,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let about = match message {
        Some(row) => messages::by_id(c, row)?,
        None => None,
    };
    let national = &context.config.relance.federation.national;
    let issuer = about.as_ref().map_or(national, |m| &m.issuer).clone();
    if about.is_none()
        && !within_cap(c, context, "strays", STRAY_FORWARDS_PER_DAY_MAX, evidence.at)?
    {
        desk::add_waiting(c, inbound, &issuer, why)?;
        return Ok(Applied::Nothing);
    }
    let who = about.as_ref().and_then(|m| m.person);
    let subject = who.map(|id| person(c, id)).transpose()?.map_or_else(String::new, |p| p.1);
    let passed = format!("to-desk/{subject}");
    if who.is_some() && !within_cap(c, context, &passed, PASSED_PER_DAY_MAX, evidence.at)? {
        desk::add_waiting(c, inbound, &issuer, why)?;
        return Ok(Applied::Nothing);
    }
    let data = json!({"issuer": issuer, "why": why, "inbound": inbound});
    let seq = note(c, context, &subject, "forwarded", &data, evidence)?;
    let payload = Payload { inbound: Some(inbound), why: why.into(), ..Payload::default() };
    let renewal = about.as_ref().and_then(|m| m.renewal);
    let forwarded = Caused {
        seq,
        tail: "forward/desk",
        kind: "forward",
        recipient: Recipient::Desk,
        who,
        renewal,
        issuer: &issuer,
        payload: &payload,
    };
    queue(c, &forwarded, evidence.at)?;
    Ok(Applied::Done)
}

/// Tells a desk what it must know; on a bad day no more than a cap, since `relance doctor`, the
/// lists and the ledger have all of it.
pub fn tell_desk(
    c: &Connection,
    context: &Context,
    seq: i64,
    issuer: &str,
    who: Option<PersonId>,
    payload: &Payload,
    at: Timestamp,
) -> Result<(), StoreError> {
    let desk = format!("desk-note/{issuer}");
    if !within_cap(c, context, &desk, DESK_NOTES_PER_DAY_MAX, at)? {
        return Ok(());
    }
    let told = Caused {
        seq,
        tail: "desk-note/desk",
        kind: "desk-note",
        recipient: Recipient::Desk,
        who,
        renewal: None,
        issuer,
        payload,
    };
    queue(c, &told, at)
}

/// Passes a desk's answer on to the member whose mail it answers.
pub(super) fn desk_answer(
    c: &Connection,
    context: &Context,
    inbound: i64,
    message: MessageRow,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(forward) = messages::by_id(c, message)? else { return Ok(Applied::Nothing) };
    let Some(id) = forward.person else { return Ok(Applied::Nothing) };
    let (member, subject) = person(c, id)?;
    let passed = format!("to-member/{subject}");
    if !within_cap(c, context, &passed, PASSED_PER_DAY_MAX, evidence.at)? {
        desk::add_waiting(c, inbound, &forward.issuer, "desk-answer")?;
        return Ok(Applied::Nothing);
    }
    let asked = Payload::from_json(&forward.payload).inbound;
    let in_reply_to = match asked {
        Some(row) => inbounds::by_id(c, row)?.map_or_else(String::new, |m| m.header_id),
        None => String::new(),
    };
    let data = json!({"issuer": forward.issuer, "inbound": inbound});
    let seq = note(c, context, &subject, "desk-answered", &data, evidence)?;
    let payload = Payload { inbound: Some(inbound), in_reply_to, ..Payload::default() };
    let parts = Parts {
        seq,
        kind: "desk-answer",
        member: &member,
        renewal: forward.renewal,
        issuer: &forward.issuer,
        payload: &payload,
    };
    to_member(c, &parts, evidence)?;
    Ok(Applied::Done)
}

/// When people are written to about what need not wake them: by day where the association is, now
/// or the next morning.
pub(super) fn polite(context: &Context, issuer: &str, now: Timestamp) -> Timestamp {
    let association = context.config.association(issuer);
    association.map_or(now, |a| season::daytime(now, &a.zone))
}

/// The message of an attempt.
pub(super) fn origin(c: &Connection, mid: MessageId) -> Result<Option<MessageView>, StoreError> {
    match attempts::by_mid(c, mid)? {
        Some(attempt) => messages::by_id(c, attempt.message),
        None => Ok(None),
    }
}

/// Whether `who` has something left of the day's cap; counts it.
pub(super) fn within_cap(
    c: &Connection,
    context: &Context,
    who: &str,
    cap: i64,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let mark = context.ring.mark("answered", who.to_ascii_lowercase().as_bytes());
    let day = at.strftime("%Y-%m-%d").to_string();
    inbounds::may_answer(c, &mark, &day, cap)
}
