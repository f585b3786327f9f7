//! Owns what the life of a store before it was set back has sent already: a message of which a
//! person or the relay's log says so is written down as sent, and never mailed.

use jiff::Timestamp;
use rusqlite::Connection;

use super::letter::Letter;
use super::settle;
use crate::domain::hold::{self, Waiting};
use crate::domain::words::MessageState;
use crate::ids::MessageId;
use crate::store::firings::{self, APPROVED};
use crate::store::messages::{self, Claim, MessageView};
use crate::store::{StoreError, attempts, holds};

/// What says that it left: the relay's log, or what a person assumes of that time.
pub const LOGGED: &str = "relay-log";
const ASSUMED: &str = "assumed";

/// What says that a waiting message left, if anything does.
pub fn already_left(
    c: &Connection,
    view: &MessageView,
    mid: MessageId,
) -> Result<Option<&'static str>, StoreError> {
    if holds::is_logged(c, mid)? {
        return Ok(Some(LOGGED));
    }
    let Some(assumed) = holds::assumed(c)? else { return Ok(None) };
    let firing = view.firing.map(|id| firings::by_id(c, id)).transpose()?.flatten();
    let waiting = Waiting {
        firing: firing.map(|f| (f.due_ms, f.reason == APPROVED)),
        due_ms: view.due_ms,
        opened_ms: view.opened_ms,
        attempt: view.attempt,
    };
    Ok(hold::was_sent(&assumed, &waiting).then_some(ASSUMED))
}

/// Writes it down as sent, with its id: links of that time lead somewhere again.
pub(super) fn record(
    c: &Connection,
    letter: &Letter,
    evidence: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now_ms = now.as_millisecond();
    if messages::claim(c, letter.view.id, now_ms)? == Claim::Gone {
        return Ok(());
    }
    // Of that time: rate limits count what leaves now.
    settle::start(c, letter, letter.view.due_ms.min(now_ms - settle::RATE_WINDOW_MS))?;
    settle::end(c, letter.mid, "sent", 0, "", now_ms)?;
    attempts::prove(c, letter.mid, evidence)?;
    let sending = [MessageState::Sending];
    messages::shift(c, letter.view.id, &sending, MessageState::Sent, "", now_ms)?;
    Ok(())
}

/// What is in doubt and stands in the relay's log was sent. Returns how many.
pub fn settle_logged(c: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let mut settled = 0;
    for view in messages::list(c, Some(MessageState::Unknown), i64::MAX)? {
        for attempt in attempts::of_message(c, view.id)? {
            if attempt.n == view.attempt && holds::is_logged(c, attempt.mid)? {
                attempts::prove(c, attempt.mid, LOGGED)?;
                let unknown = [MessageState::Unknown];
                let now_ms = now.as_millisecond();
                messages::shift(c, view.id, &unknown, MessageState::Sent, "", now_ms)?;
                settled += 1;
            }
        }
    }
    Ok(settled)
}
