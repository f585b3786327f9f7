//! Owns what reports and proofs do to an address: a score with decay, suspension, lifting.
//! A report touches only the address of its own attempt, once.

use rusqlite::Connection;
use serde_json::json;

use super::payload::Payload;
use super::{Applied, Context, Evidence, letters, note, person};
use crate::compose::DeskTopic;
use crate::domain::words::MessageState;
use crate::ids::MessageId;
use crate::store::{StoreError, addresses, attempts, messages};

/// At this score an address is suspended.
pub const SCORE_LIMIT: f64 = 3.0;
/// A report that says the address is dead, without our own token to vouch for it.
pub const SCORE_HARD: f64 = 1.5;
/// A full mailbox, a policy, a server in trouble.
pub const SCORE_SOFT: f64 = 0.5;
/// Days after which a score has halved: last season's trouble weighs little in this one.
pub const HALF_LIFE_DAYS: f64 = 30.0;

/// A score as it weighs `elapsed_ms` later.
#[must_use]
pub fn decayed(score: f64, elapsed_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few years fit 52 bits")]
    let days = elapsed_ms.max(0) as f64 / 86_400_000.0;
    score * (-days / HALF_LIFE_DAYS).exp2()
}

/// An attempt came back.
pub(super) fn bounced(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    status: &str,
    hard: bool,
    vouched: bool,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(Applied::Nothing) };
    if attempt.bounced_ms.is_some() {
        return Ok(Applied::Already);
    }
    let at_ms = evidence.at.as_millisecond();
    attempts::bounced(c, mid, status, hard, at_ms)?;
    let message = messages::by_id(c, attempt.message)?;
    let subject = match message.as_ref().and_then(|m| m.person) {
        Some(id) => person(c, id)?.1,
        None => String::new(),
    };
    let mut data = json!({"mid": mid.to_string(), "status": status, "hard": hard});
    note(c, context, &subject, "bounced", &data, evidence)?;

    let (before, scored_ms, already) = addresses::score(c, &attempt.address)?;
    let score = decayed(before, at_ms - scored_ms) + if hard { SCORE_HARD } else { SCORE_SOFT };
    let suspend = (hard && vouched) || score >= SCORE_LIMIT;
    let reason = suspend.then_some(if hard { "address-dead" } else { "bounces" });
    addresses::set_score(c, &attempt.address, score, at_ms, reason)?;
    if suspend && !already {
        data["shared_by"] = addresses::sharing(c, &attempt.address)?.len().into();
        let seq = note(c, context, &subject, "address-suspended", &data, evidence)?;
        if let Some(message) = message.filter(|m| m.person.is_some() && !m.to_desk) {
            let payload = Payload {
                topic: DeskTopic::AddressSuspended.as_str().into(),
                attempt: mid.to_string(),
                ..Payload::default()
            };
            let (issuer, who) = (&message.issuer, message.person);
            letters::tell_desk(c, context, seq, issuer, who, &payload, evidence.at)?;
        }
    }
    Ok(Applied::Done)
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
    let in_doubt = [MessageState::Unknown, MessageState::Sending];
    if current && messages::shift(c, attempt.message, &in_doubt, MessageState::Sent, what, at_ms)? {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_fade() {
        assert!((decayed(2.0, 30 * 86_400_000) - 1.0).abs() < 1e-9);
        assert!((decayed(2.0, -5) - 2.0).abs() < 1e-9, "a clock behind the score adds nothing");
        const { assert!(2.0 * SCORE_HARD >= SCORE_LIMIT, "two unvouched hard reports suspend") };
        assert!(decayed(SCORE_HARD, 365 * 86_400_000) < 0.01);
    }
}
