//! Owns what an outcome does to a message: the row, the attempt, the next try. Pure decisions at
//! the top, their writing below; all of it in the caller's transaction.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::json;

use super::inherited;
use super::letter::Letter;
use super::transport::{Outcome, RelayReply};
use crate::actions::payload::Payload;
use crate::actions::{self, Action, Context, Door, Evidence};
use crate::compose::DeskTopic;
use crate::config::InDoubt;
use crate::domain::suppression::Fault;
use crate::domain::words::{Lang, MessageState};
use crate::ids::{FiringId, MessageId, MessageRow};
use crate::store::attempts::{self, AttemptStart, Verdict};
use crate::store::messages::{self, Claim};
use crate::store::{StoreError, firings, holds, ledger};

/// First wait after a refusal for now; doubled with each.
const RETRY_FIRST_MIN: i64 = 5;
/// Longest wait between two tries.
const RETRY_MAX_MIN: i64 = 4 * 60;
/// What is in doubt goes out again by itself up to this attempt, where config wants that: a relay
/// that takes mail and never says so must not fill a member's mailbox.
const IN_DOUBT_ATTEMPT_MAX: u32 = 3;
/// A message that waits for its place under a rate limit is looked at again so much later.
const RATE_WAIT_S: i64 = 2;
/// Limits are by the minute.
pub(super) const RATE_WINDOW_MS: i64 = 60_000;
/// From so many attempts of one firing on, its share of dead addresses says something.
const FIRING_SAMPLE_MIN: i64 = 20;
/// Above this share (one in …) the rest of the firing waits for a person: one broken directory
/// at a city hall must not silence its members.
const FIRING_DEAD_ONE_IN: i64 = 3;

/// Minutes to wait before try `tries + 1`: 5, 10, 20, … 240, and up to a fifth more by `jitter`
/// (0 to 255), so that a thousand deferred messages do not come back together.
#[must_use]
pub fn backoff(tries: u32, jitter: u8) -> SignedDuration {
    let minutes = RETRY_FIRST_MIN
        .saturating_mul(1i64.checked_shl(tries.saturating_sub(1)).unwrap_or(i64::MAX))
        .clamp(RETRY_FIRST_MIN, RETRY_MAX_MIN);
    let seconds = minutes * 60;
    SignedDuration::from_secs(seconds + seconds * i64::from(jitter) / (255 * 5))
}

/// RFC 3463 statuses that say that the address is dead, whatever the time of day.
#[must_use]
pub fn is_dead(status: &str) -> bool {
    matches!(status, "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1")
}

/// How many more may come back before a firing's health is worth another look, which takes a
/// glance at each of its messages: half of what would make it sick. The other half is for what is
/// opened again meanwhile, and so does not count as sent.
#[must_use]
fn slack(dead: i64, total: i64) -> i64 {
    if total < FIRING_SAMPLE_MIN { 0 } else { (total / FIRING_DEAD_ONE_IN - dead).max(0) / 2 }
}

/// What claiming came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// `sending` is in this transaction: send it once it is committed.
    Ours,
    /// Compose it again: what it shows has changed, or a rate limit holds it back.
    Later,
    /// Nothing to send.
    Gone,
}

/// Claims a letter in the caller's transaction, if all that it says still holds.
pub fn claim(
    c: &Connection,
    context: &Context,
    letter: &Letter,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let now_ms = now.as_millisecond();
    if holds::held(c)?.is_some() {
        return Ok(Claimed::Later);
    }
    match super::entitled::recheck(c, context, letter, now)? {
        super::entitled::Still::Good => {}
        super::entitled::Still::Changed => return Ok(Claimed::Later),
        super::entitled::Still::Cancel(reason) => {
            cancel(c, letter.view.id, reason, now)?;
            return Ok(Claimed::Gone);
        }
    }
    if let Some(evidence) = inherited::already_left(c, &letter.view, letter.mid)? {
        inherited::record(c, letter, evidence, now)?;
        return Ok(Claimed::Gone);
    }
    if letter.view.priority > 0 && over_rate(c, context, &letter.address, now_ms)? {
        postpone(c, letter, now_ms)?;
        return Ok(Claimed::Gone);
    }
    if messages::claim(c, letter.view.id, now_ms)? == Claim::Gone {
        return Ok(Claimed::Gone);
    }
    start(c, letter, now_ms)?;
    Ok(Claimed::Ours)
}

/// Writes that an attempt begins.
pub(super) fn start(c: &Connection, letter: &Letter, at_ms: i64) -> Result<(), StoreError> {
    let start = AttemptStart {
        mid: letter.mid,
        message: letter.view.id,
        n: letter.view.attempt,
        address: &letter.address,
        header_id: &letter.header_id,
        digest: &letter.composed.digest,
        template: &letter.template,
        // What a desk gets has other people's words in its subject.
        subject: if letter.view.to_desk { "" } else { &letter.composed.subject },
        renewal_version: letter.renewal_version,
    };
    attempts::start(c, &start, at_ms)
}

/// Takes a waiting message out of the queue for good.
pub fn cancel(
    c: &Connection,
    id: MessageRow,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let waiting = [MessageState::Queued, MessageState::Deferred];
    messages::shift(c, id, &waiting, MessageState::Cancelled, reason, now.as_millisecond())?;
    Ok(())
}

fn over_rate(
    c: &Connection,
    context: &Context,
    address: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let smtp = &context.config.relance.smtp;
    let minute_ago = now_ms - RATE_WINDOW_MS;
    let all = i64::from(smtp.messages_per_minute);
    if all > 0 && attempts::started_since(c, minute_ago, None)? >= all {
        return Ok(true);
    }
    let one = i64::from(smtp.domain_messages_per_minute);
    let domain = address.rsplit('@').next().unwrap_or_default();
    Ok(one > 0 && attempts::started_since(c, minute_ago, Some(domain))? >= one)
}

fn postpone(c: &Connection, letter: &Letter, now_ms: i64) -> Result<(), StoreError> {
    messages::postpone(c, letter.view.id, now_ms + RATE_WAIT_S * 1000)
}

/// What is kept of a letter while it is sent.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// The row.
    pub view: messages::MessageView,
    /// The attempt.
    pub mid: MessageId,
}

/// Writes what became of it.
pub fn settle(
    c: &Connection,
    context: &Context,
    sent: &InFlight,
    outcome: &Outcome,
    jitter: u8,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now_ms = now.as_millisecond();
    let id = sent.view.id;
    let sending = [MessageState::Sending];
    // A click, a reply or a report may have proved meanwhile that it left: while the relay's last
    // word is waited for, a member reads. What the connection came to says nothing against that.
    if !matches!(outcome, Outcome::Sent(_))
        && messages::by_id(c, id)?.is_some_and(|m| m.state == MessageState::Sent)
    {
        return Ok(());
    }
    match outcome {
        Outcome::Sent(text) => {
            messages::shift(c, id, &sending, MessageState::Sent, "", now_ms)?;
            end(c, sent.mid, "sent", 250, text, now_ms)
        }
        Outcome::Unknown(text) => {
            messages::shift(c, id, &sending, MessageState::Unknown, text, now_ms)?;
            end(c, sent.mid, "unknown", 0, text, now_ms)?;
            let due = now_ms + backoff(sent.view.attempt, jitter).as_secs() * 1000;
            send_again(c, context, sent, due, now).map(drop)
        }
        Outcome::RelayDown(reply) => {
            let queued = MessageState::Queued;
            messages::put_back(c, id, queued, now_ms, false, &reply.text, now_ms)?;
            end(c, sent.mid, "not-sent", reply.code, &reply.text, now_ms)
        }
        Outcome::Refused(reply) => {
            messages::shift(c, id, &sending, MessageState::Refused, &reply.text, now_ms)?;
            end(c, sent.mid, "refused", reply.code, &reply.text, now_ms)?;
            refused(c, context, sent, reply, now)
        }
        Outcome::Deferred(reply) => {
            let given_up = now.duration_since(opened(sent))
                > SignedDuration::from_hours(
                    24 * i64::from(context.config.relance.smtp.retry_days_max),
                );
            if given_up {
                let reason = format!("gave up: {}", reply.text);
                messages::shift(c, id, &sending, MessageState::Refused, &reason, now_ms)?;
                return end(c, sent.mid, "refused", reply.code, &reply.text, now_ms);
            }
            let due = now_ms + backoff(sent.view.tries + 1, jitter).as_secs() * 1000;
            messages::put_back(c, id, MessageState::Deferred, due, true, &reply.text, now_ms)?;
            end(c, sent.mid, "deferred", reply.code, &reply.text, now_ms)
        }
    }
}

/// Opens a next attempt of what is in doubt, where config wants rather two than none. Returns
/// whether it did.
fn send_again(
    c: &Connection,
    context: &Context,
    sent: &InFlight,
    due_ms: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let wanted = context.config.relance.smtp.in_doubt == InDoubt::Resend;
    // What a copy has in flight, its original has settled.
    let wanted = wanted && holds::held(c)?.is_none();
    if !wanted || sent.view.attempt >= IN_DOUBT_ATTEMPT_MAX {
        return Ok(false);
    }
    let now_ms = now.as_millisecond();
    let data = json!({"mid": sent.mid.to_string(), "by": "config"});
    ledger::append(c, &context.ring, now_ms, "", "sent-again", &data)?;
    messages::reopen(c, sent.view.id, due_ms, now_ms)?;
    Ok(true)
}

fn opened(sent: &InFlight) -> Timestamp {
    Timestamp::from_millisecond(sent.view.opened_ms).unwrap_or(Timestamp::MAX)
}

pub(super) fn end(
    c: &Connection,
    mid: MessageId,
    state: &str,
    code: u16,
    text: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    attempts::end(c, mid, Verdict { state, code, text }, now_ms)
}

/// A dead address counts against it, unless so many of the same firing are dead that the fault is
/// more likely elsewhere: then the rest waits for a person and nobody is suspended.
fn refused(
    c: &Connection,
    context: &Context,
    sent: &InFlight,
    reply: &RelayReply,
    now: Timestamp,
) -> Result<(), StoreError> {
    if hold_sick_firing(c, context, sent.view.firing, now)? || !is_dead(&reply.status) {
        return Ok(());
    }
    let action = Action::Bounced {
        mid: sent.mid,
        status: &reply.status,
        fault: Fault::Address,
        vouched: true,
        doubted: false,
    };
    let evidence =
        Evidence { door: Door::Mail, mid: Some(sent.mid), lang: Lang::En, at: now, answers: "" };
    actions::apply(c, context, &action, &evidence)?;
    Ok(())
}

/// Holds what is left of a firing whose refusals and hard bounces pass the ratio, unless a person
/// has let it go already. Returns whether it is sick.
pub fn hold_sick_firing(
    c: &Connection,
    context: &Context,
    firing: Option<FiringId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(firing) = firing else { return Ok(false) };
    if firings::by_id(c, firing)?.is_some_and(|f| f.reason == firings::APPROVED) {
        return Ok(false);
    }
    if firings::spend_slack(c, firing)? {
        return Ok(false);
    }
    let (dead, total) = messages::firing_health(c, firing)?;
    if total < FIRING_SAMPLE_MIN || dead * FIRING_DEAD_ONE_IN <= total {
        firings::set_slack(c, firing, slack(dead, total))?;
        return Ok(false);
    }
    let now_ms = now.as_millisecond();
    let held = messages::hold_firing(c, firing, "too-many-dead-addresses", now_ms)?;
    if held > 0 {
        let data = json!({"firing": firing.0, "dead": dead, "of": total, "held": held});
        let seq = ledger::append(c, &context.ring, now_ms, "", "firing-held", &data)?;
        if let Some(row) = firings::by_id(c, firing)? {
            let payload = Payload {
                topic: DeskTopic::MessagesHeld.as_str().into(),
                firing: Some(firing.0),
                ..Payload::default()
            };
            actions::tell_desk(c, context, seq, &row.issuer, None, &payload, now)?;
        }
    }
    Ok(true)
}

/// What was `sending` when the process died is in doubt: it stays `unknown`, or goes out again as
/// a next attempt where config says so. Returns how many.
pub fn recover(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<(usize, usize), StoreError> {
    let now_ms = now.as_millisecond();
    let (mut unknown, mut resent) = (0, 0);
    for attempt in attempts::interrupted(c)? {
        let reason = "the process died while it was being sent";
        let sending = [MessageState::Sending];
        messages::shift(c, attempt.message, &sending, MessageState::Unknown, reason, now_ms)?;
        end(c, attempt.mid, "unknown", 0, reason, now_ms)?;
        let view = messages::by_id(c, attempt.message)?;
        let sent = view.map(|view| InFlight { view, mid: attempt.mid });
        let again = sent.map(|sent| send_again(c, context, &sent, now_ms, now)).transpose()?;
        if again == Some(true) {
            resent += 1;
        } else {
            unknown += 1;
        }
    }
    Ok((unknown, resent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_four_hours() {
        let minutes: Vec<i64> = (1..=9).map(|t| backoff(t, 0).as_mins()).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 240, 240, 240]);
        assert_eq!(backoff(1, 255).as_mins(), 6);
        assert_eq!(backoff(u32::MAX, 0).as_mins(), 240);
        assert_eq!(backoff(0, 0).as_mins(), 5);
    }

    #[test]
    fn a_firing_is_looked_at_again_before_it_can_be_sick() {
        for (dead, total, looks) in
            [(0, 19, 0), (0, 20, 3), (6, 20, 0), (7, 20, 0), (0, 9000, 1500)]
        {
            assert_eq!(slack(dead, total), looks, "{dead} of {total}");
            // One more than is counted may be dead already: a report is weighed before it is kept.
            let (worst, left) = (dead + looks + 1, slack(dead, total));
            assert!(left == 0 || worst * FIRING_DEAD_ONE_IN <= total, "{dead} of {total}");
        }
    }

    #[test]
    fn a_full_mailbox_is_not_a_dead_address() {
        for (status, dead) in [("5.1.1", true), ("5.2.2", false), ("5.7.1", false), ("", false)] {
            assert_eq!(is_dead(status), dead, "{status}");
        }
    }
}
