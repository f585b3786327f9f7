//! Owns ending a hold: a person says that this store lives here, and what its life before has
//! sent. One transaction, one line in the ledger.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use crate::domain::hold::{Assumed, Held};
use crate::domain::words::MessageState;
use crate::ids::MessageId;
use crate::link::Keyring;
use crate::outbox::{LOGGED, already_left, settle_logged};
use crate::store::firings::{self, FiringState};
use crate::store::{StoreError, holds, ledger, messages, meta};

/// What a person says.
#[derive(Debug, Default)]
pub struct Word {
    /// What was due before was sent.
    pub sent_until: Option<Timestamp>,
    /// What the relay's log names was sent.
    pub logged: Vec<MessageId>,
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// Why it was held.
    pub reason: String,
    /// Waiting messages that are taken as sent, since the relay's log names them.
    pub logged: usize,
    /// Those that are taken as sent by their time.
    pub assumed: usize,
    /// Messages in doubt that the relay's log settles.
    pub settled: usize,
    /// Messages that wait and go out.
    pub to_go: usize,
    /// Messages that stay in doubt.
    pub unknown: i64,
    /// Firings that wait for a person, due before `sent_until`: some may have gone.
    pub held_firings: Vec<i64>,
}

/// Lets the store go on, on the host of that name.
pub fn adopt(
    c: &Connection,
    ring: &Keyring,
    held: &Held,
    host: &str,
    word: &Word,
    now: Timestamp,
) -> Result<Adopted, StoreError> {
    let now_ms = now.as_millisecond();
    for mid in &word.logged {
        holds::log(c, *mid)?;
    }
    if let Some(until) = word.sent_until {
        let until_ms = until.as_millisecond();
        let born_ms = held.since_ms;
        holds::assume(c, &Assumed { until_ms, born_ms, at_ms: now_ms })?;
    }
    let mut adopted = Adopted {
        reason: held.reason.to_string(),
        settled: settle_logged(c, now)?,
        ..count(c, ring, word.sent_until)?
    };
    adopted.unknown = in_doubt(c)?;
    meta::set(c, meta::HOST, host)?;
    holds::release(c, now_ms)?;
    holds::forget_bearing(c)?;
    if !held.reason.is_clock() {
        holds::set_adopted(c, now_ms)?;
    }
    let data = json!({
        "reason": held.reason, "sent_until": word.sent_until, "named": word.logged.len(),
        "logged": adopted.logged, "assumed": adopted.assumed, "settled": adopted.settled,
        "to_go": adopted.to_go, "unknown": adopted.unknown,
    });
    ledger::append(c, ring, now_ms, "", "adopted", &data)?;
    Ok(adopted)
}

fn in_doubt(c: &Connection) -> Result<i64, StoreError> {
    let unknown = MessageState::Unknown.as_str();
    Ok(messages::tally(c)?.iter().filter(|(_, state, _)| state == unknown).map(|t| t.2).sum())
}

fn count(
    c: &Connection,
    ring: &Keyring,
    sent_until: Option<Timestamp>,
) -> Result<Adopted, StoreError> {
    let (mut logged, mut assumed, mut to_go) = (0, 0, 0);
    for state in [MessageState::Queued, MessageState::Deferred] {
        for view in messages::list(c, Some(state), i64::MAX)? {
            let mid = ring.message_id(&view.cause, view.attempt);
            match already_left(c, &view, mid)? {
                Some(LOGGED) => logged += 1,
                Some(_) => assumed += 1,
                None => to_go += 1,
            }
        }
    }
    let until_ms = sent_until.map_or(i64::MIN, Timestamp::as_millisecond);
    let held = firings::in_state(c, FiringState::Held)?;
    let held_firings = held.iter().filter(|f| f.due_ms < until_ms).map(|f| f.id.0).collect();
    let (reason, settled, unknown) = (String::new(), 0, 0);
    Ok(Adopted { reason, logged, assumed, settled, to_go, unknown, held_firings })
}
