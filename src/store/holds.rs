//! Owns what holds the store from mailing, and what a person said when they let it go on. The hold
//! itself stands in `meta`: a store of any age has that.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{StoreError, attempts, desk, ledger, meta};
use crate::domain::hold::{Assumed, Held};
use crate::ids::MessageId;

/// Why nothing is sent, as JSON; absent while all is well.
const HELD: &str = "held";
/// When the last hold ended, in milliseconds.
const ENDED: &str = "hold-ended";
/// When a store that had been set back was last adopted, in milliseconds.
const ADOPTED: &str = "adopted";
/// What is assumed since then, as JSON.
const ASSUMED: &str = "assumed";
/// Which boot this is, and how far the calendar was ahead of its clock when the daemon last
/// started: `BOOT-ID MILLISECONDS`.
const BEARING: &str = "bearing";

fn json<T: serde::de::DeserializeOwned>(
    c: &Connection,
    key: &str,
) -> Result<Option<T>, StoreError> {
    let text = meta::get(c, key)?;
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|e| StoreError::GiveUp(format!("meta {key}: {e}")))
    };
    text.map(read).transpose()
}

fn set_json<T: serde::Serialize>(c: &Connection, key: &str, value: &T) -> Result<(), StoreError> {
    let text = serde_json::to_string(value).map_err(|e| StoreError::GiveUp(e.to_string()))?;
    meta::set(c, key, &text)
}

/// What holds it, if anything.
pub fn held(c: &Connection) -> Result<Option<Held>, StoreError> {
    json(c, HELD)
}

/// Holds it, in place of any reason before.
pub fn hold(c: &Connection, held: &Held) -> Result<(), StoreError> {
    set_json(c, HELD, held)
}

/// Lets it go on.
pub fn release(c: &Connection, at_ms: i64) -> Result<(), StoreError> {
    meta::set(c, ENDED, &at_ms.to_string())?;
    meta::remove(c, HELD)
}

/// When the last hold ended.
pub fn ended(c: &Connection) -> Result<Option<Timestamp>, StoreError> {
    instant(c, ENDED)
}

fn instant(c: &Connection, key: &str) -> Result<Option<Timestamp>, StoreError> {
    let text = meta::get(c, key)?;
    Ok(text.and_then(|t| t.parse().ok()).and_then(|ms| Timestamp::from_millisecond(ms).ok()))
}

/// When the store was last adopted after having been set back.
pub fn adopted(c: &Connection) -> Result<Option<Timestamp>, StoreError> {
    instant(c, ADOPTED)
}

/// Keeps that it was.
pub fn set_adopted(c: &Connection, at_ms: i64) -> Result<(), StoreError> {
    meta::set(c, ADOPTED, &at_ms.to_string())
}

/// What is taken to have been sent, if a person said so.
pub fn assumed(c: &Connection) -> Result<Option<Assumed>, StoreError> {
    json(c, ASSUMED)
}

/// Keeps what a person said.
pub fn assume(c: &Connection, assumed: &Assumed) -> Result<(), StoreError> {
    set_json(c, ASSUMED, assumed)
}

/// The boot and bearing (ms) of the daemon's last start.
pub fn bearing(c: &Connection) -> Result<Option<(String, i64)>, StoreError> {
    let text = meta::get(c, BEARING)?.unwrap_or_default();
    let parts = text.split_once(' ');
    Ok(parts.and_then(|(boot, ms)| Some((boot.to_owned(), ms.parse().ok()?))))
}

/// Keeps them.
pub fn set_bearing(c: &Connection, boot: &str, bearing_ms: i64) -> Result<(), StoreError> {
    meta::set(c, BEARING, &format!("{boot} {bearing_ms}"))
}

/// The calendar may be anywhere at the next start.
pub fn forget_bearing(c: &Connection) -> Result<(), StoreError> {
    meta::remove(c, BEARING)
}

/// Notes an attempt that a relay's log names.
pub fn log(c: &Connection, mid: MessageId) -> Result<(), StoreError> {
    c.prepare_cached("INSERT INTO relay_log (mid) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([mid.to_i64()])?;
    Ok(())
}

/// Whether a relay's log names it.
pub fn is_logged(c: &Connection, mid: MessageId) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT EXISTS (SELECT 1 FROM relay_log WHERE mid = ?1)")?
        .query_row([mid.to_i64()], |r| r.get(0))?)
}

/// Whether a link of that message leads somewhere here: an attempt, or what a desk may do.
pub fn is_here(c: &Connection, mid: MessageId) -> Result<bool, StoreError> {
    Ok(attempts::by_mid(c, mid)?.is_some() || desk::link_by_id(c, mid)?.is_some())
}

/// When the ledger's last line was written.
pub fn last_line(c: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let line = ledger::at(c, ledger::head(c)?.0)?;
    Ok(line.and_then(|line| Timestamp::from_millisecond(line.at_ms).ok()))
}
