//! Owns a person's decision on a message in doubt, refused or held: whoever decides, a desk by its
//! link or an operator by command.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use crate::domain::words::MessageState;
use crate::ids::MessageRow;
use crate::link::Keyring;
use crate::store::{StoreError, ledger, messages, people};

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It left: it was in the relay's log, or the member has it.
    Sent,
    /// It goes out again, as a next attempt.
    Resend,
    /// It will not go out.
    Cancelled,
}

/// What deciding came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// Done now.
    Done,
    /// It is neither in doubt nor refused nor held.
    Settled,
    /// There is no such message.
    Missing,
}

/// Decides on a message, with the ledger's line.
pub fn resolve(
    c: &Connection,
    ring: &Keyring,
    id: MessageRow,
    verdict: Verdict,
    at: Timestamp,
) -> Result<Resolved, StoreError> {
    let at_ms = at.as_millisecond();
    let open = [MessageState::Unknown, MessageState::Refused, MessageState::Held];
    let Some(view) = messages::by_id(c, id)? else { return Ok(Resolved::Missing) };
    if !open.contains(&view.state) {
        return Ok(Resolved::Settled);
    }
    let what = match verdict {
        Verdict::Sent => {
            messages::shift(c, id, &open, MessageState::Sent, "by a person", at_ms)?;
            "resolved-sent"
        }
        Verdict::Cancelled => {
            messages::shift(c, id, &open, MessageState::Cancelled, "by a person", at_ms)?;
            "resolved-cancelled"
        }
        Verdict::Resend => {
            messages::reopen(c, id, at_ms, at_ms)?;
            "resolved-resend"
        }
    };
    let subject = match view.person {
        Some(person) => people::contact(c, person)?.subject,
        None => String::new(),
    };
    let data = json!({"message": id.0, "was": view.state, "attempt": view.attempt});
    ledger::append(c, ring, at_ms, &subject, what, &data)?;
    Ok(Resolved::Done)
}
