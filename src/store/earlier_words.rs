//! Owns words of members that were read after a later act of theirs. They change nothing that
//! stands; for insurance each counts at its own time.

use rusqlite::Connection;

use super::StoreError;
use crate::domain::answer::Choice;
use crate::ids::RenewalId;

/// Whether this word is here already.
pub fn is_kept(
    c: &Connection,
    renewal: RenewalId,
    choice: Choice,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM earlier_word
               WHERE renewal = ?1 AND choice = ?2 AND at = ?3)";
    Ok(c.prepare_cached(sql)?.query_row((renewal.0, choice.as_str(), at_ms), |r| r.get(0))?)
}

/// Keeps one. `ledger`: its line; `mid`: the message that it answers.
pub fn keep(
    c: &Connection,
    ledger: i64,
    renewal: RenewalId,
    choice: Choice,
    door: &str,
    mid: Option<i64>,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO earlier_word (ledger, renewal, choice, door, mid, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((ledger, renewal.0, choice.as_str(), door, mid, at_ms))?;
    Ok(())
}
