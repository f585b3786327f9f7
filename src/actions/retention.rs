//! Owns forgetting in time as an act: a bounded number of rows and the ledger's line that says how
//! many, in one transaction.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::Context;
use crate::domain::retention::{Kept, before};
use crate::store::{StoreError, ledger, retention};

/// Rows of one transaction: a few milliseconds.
const CHUNK: usize = 200;

/// How many rows of each kind are due to be forgotten, by kind.
pub fn due(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<Vec<(Kept, i64)>, StoreError> {
    let mut out = Vec::new();
    for kept in Kept::ALL {
        let Some(before) = before(kept, &context.config.relance.retention, now) else { continue };
        out.push((kept, retention::due(c, kept, before.as_millisecond())?));
    }
    Ok(out)
}

/// Forgets the next rows of one kind. Returns how many; 0: none are left.
pub fn forget(
    c: &Connection,
    context: &Context,
    kept: Kept,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(before) = before(kept, &context.config.relance.retention, now) else { return Ok(0) };
    let n = retention::forget(c, kept, before.as_millisecond(), CHUNK)?;
    if n > 0 {
        let data = json!({"kept": kept.as_str(), "before": before.to_string(), "rows": n});
        ledger::append(c, &context.ring, now.as_millisecond(), "", "forgotten", &data)?;
    }
    Ok(n)
}
