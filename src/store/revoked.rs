//! Owns the links that were taken back before their time. Never says who took them back: that is
//! in the ledger.

use rusqlite::Connection;

use super::StoreError;
use crate::ids::MessageId;

/// Takes back every link of one attempt. False where that was done before.
pub fn revoke(c: &Connection, mid: MessageId, at_ms: i64) -> Result<bool, StoreError> {
    let new = c
        .prepare_cached(
            "INSERT INTO revoked_link (mid, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute((mid.to_i64(), at_ms))?;
    Ok(new == 1)
}

/// Whether its links were taken back.
pub fn is_revoked(c: &Connection, mid: MessageId) -> Result<bool, StoreError> {
    let mut statement = c.prepare_cached("SELECT 1 FROM revoked_link WHERE mid = ?1")?;
    Ok(statement.exists([mid.to_i64()])?)
}
