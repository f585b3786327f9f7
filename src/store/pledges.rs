//! Owns what the calendar must know of a promise to pay: by which day, and whether somebody says
//! that it is kept already. Never writes.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::domain::eligibility::Promise;
use crate::ids::RenewalId;

/// The promise behind a renewal: the day of its latest invoice that no credit note took back.
pub fn of_renewal(c: &Connection, renewal: RenewalId) -> Result<Promise, StoreError> {
    let due_on: Option<String> = c
        .prepare_cached(
            "SELECT i.due_on FROM invoice i WHERE i.renewal = ?1 AND i.kind = 'invoice'
               AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)
             ORDER BY i.id DESC LIMIT 1",
        )?
        .query_row([renewal.0], |r| r.get(0))
        .optional()?;
    let says_paid = c
        .prepare_cached(
            "SELECT 1 FROM task WHERE renewal = ?1 AND kind = 'says-paid' AND closed_at IS NULL",
        )?
        .exists([renewal.0])?;
    Ok(Promise { due_on: due_on.and_then(|day| day.parse::<Date>().ok()), says_paid })
}
