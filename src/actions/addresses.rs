//! Owns what reports and proofs do to an address: its score and suspension as `domain::suppression`
//! weighs them, and lifting. A report touches only the address of its own attempt, once.

use rusqlite::Connection;
use serde_json::json;

use super::payload::Payload;
use super::{Applied, Context, Evidence, letters, note, person};
use crate::compose::DeskTopic;
use crate::config::Config;
use crate::domain::suppression::{self, Fault, Report, Standing, Weighed};
use crate::domain::words::MessageState;
use crate::ids::MessageId;
use crate::store::messages::MessageView;
use crate::store::{StoreError, addresses, attempts, messages};

/// What a report says.
pub(super) struct Came<'a> {
    pub status: &'a str,
    pub fault: Fault,
    pub vouched: bool,
}

/// An attempt came back.
pub(super) fn bounced(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    came: &Came<'_>,
    doubted: bool,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(Applied::Nothing) };
    if attempt.bounced_ms.is_some() {
        return Ok(Applied::Already);
    }
    let at_ms = evidence.at.as_millisecond();
    let hard = came.fault == Fault::Address;
    attempts::bounced(c, mid, came.status, hard, at_ms)?;
    let message = messages::by_id(c, attempt.message)?;
    let subject = match message.as_ref().and_then(|m| m.person) {
        Some(id) => person(c, id)?.1,
        None => String::new(),
    };
    let mut data = json!({"mid": mid.to_string(), "status": came.status, "hard": hard});
    note(c, context, &subject, "bounced", &data, evidence)?;
    let Some(message) = message.filter(|_| !doubted) else { return Ok(Applied::Done) };

    let (score, scored_ms, already) = addresses::score(c, &attempt.address)?;
    let repeated = match message.firing {
        Some(firing) => attempts::came_back(c, firing, &attempt.address, mid)?,
        None => false,
    };
    let report = Report { fault: came.fault, vouched: came.vouched, repeated };
    let before = Standing { score, at_ms: scored_ms };
    let Weighed { standing, counted, suspend } = suppression::weigh(before, report, at_ms);
    addresses::set_score(c, &attempt.address, standing.score, standing.at_ms, suspend)?;
    let suspended = suspend.is_some() && !already;
    let seq = if suspended {
        data["shared_by"] = addresses::sharing(c, &attempt.address)?.len().into();
        Some(note(c, context, &subject, "address-suspended", &data, evidence)?)
    } else {
        None
    };
    if message.to_desk {
        if counted || suspended {
            desk_unreached(c, context, mid, &message, evidence)?;
        }
    } else if let (Some(seq), Some(_)) = (seq, message.person) {
        let payload = about(DeskTopic::AddressSuspended, mid);
        let (issuer, who) = (&message.issuer, message.person);
        letters::tell_desk(c, context, seq, issuer, who, &payload, evidence.at)?;
    }
    Ok(Applied::Done)
}

fn about(topic: DeskTopic, mid: MessageId) -> Payload {
    Payload { topic: topic.as_str().into(), attempt: mid.to_string(), ..Payload::default() }
}

/// Mail to a desk came back: what members asked reaches nobody there. The national desk is told;
/// where it is itself the one, only the operator can be.
fn desk_unreached(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    message: &MessageView,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let national = &context.config.relance.federation.national;
    let data = json!({"mid": mid.to_string(), "issuer": message.issuer});
    let seq = note(c, context, "", "desk-unreached", &data, evidence)?;
    // The note goes to the national desk whichever desk a mail was for: a note about it would come
    // back as well.
    let own = |code: &str| context.config.association(code).map(|a| a.desk.email.to_lowercase());
    if own(national) == own(&message.issuer) {
        tracing::error!(message = %mid, association = %message.issuer, "desk.national_unreached");
        return Ok(());
    }
    let payload = Payload { desk: message.issuer.clone(), ..about(DeskTopic::DeskUnreached, mid) };
    letters::tell_desk(c, context, seq, national, None, &payload, evidence.at)
}

/// Codes of the associations whose desk is not reached: mail to it came back of late.
pub fn unreached_desks(
    c: &Connection,
    config: &Config,
    now_ms: i64,
) -> Result<Vec<String>, StoreError> {
    let mut codes = Vec::new();
    for association in &config.associations {
        let (score, at_ms, suspended) = addresses::score(c, &association.desk.email)?;
        if suppression::in_trouble(Standing { score, at_ms }, suspended, now_ms) {
            codes.push(association.code.clone());
        }
    }
    Ok(codes)
}

/// A verified token came back: what was in doubt has left. A human act also lifts a suspension,
/// for the address that this message reached and no other.
pub(super) fn proof(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    what: &str,
    human: bool,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(Applied::Nothing) };
    let at_ms = evidence.at.as_millisecond();
    let mut applied = Applied::Already;
    let view = letters::origin(c, mid)?;
    let subject = match view.as_ref().and_then(|m| m.person) {
        Some(id) => person(c, id)?.1,
        None => String::new(),
    };
    let current = view.as_ref().is_some_and(|m| m.attempt == attempt.n);
    let in_doubt: &[MessageState] = match (current, attempt.state.as_str()) {
        (true, _) => &[MessageState::Unknown, MessageState::Sending],
        // A next attempt was opened because of the doubt, and nothing of it has left yet.
        (false, "unknown") => &[MessageState::Queued, MessageState::Deferred],
        (false, _) => &[],
    };
    if messages::shift(c, attempt.message, in_doubt, MessageState::Sent, what, at_ms)? {
        attempts::prove(c, mid, what)?;
        let data = json!({"mid": mid.to_string(), "by": what});
        note(c, context, &subject, "proved-sent", &data, evidence)?;
        applied = Applied::Done;
    }
    if human && addresses::lift_reported(c, &attempt.address)? {
        let data = json!({"mid": mid.to_string(), "by": what});
        note(c, context, &subject, "address-lifted", &data, evidence)?;
        applied = Applied::Done;
    }
    Ok(applied)
}
