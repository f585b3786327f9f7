//! Owns the capability of a page that was opened by code: a message that no mail carries, with
//! one attempt whose id the page's links derive from like any other. Cancelled from the start and
//! without an address, so that nothing ever sends it and no count of mail has it.

use rusqlite::Connection;

use super::StoreError;
use crate::ids::{MessageId, PersonId, RenewalId};

/// The message's kind.
pub const KIND: &str = "sign-in";

/// What a page that was opened by code derives from.
#[derive(Debug, Clone)]
pub struct SignIn<'a> {
    /// Makes it unique: one a renewal and day.
    pub cause: &'a str,
    /// Id of its one attempt.
    pub mid: MessageId,
    /// Whose page.
    pub person: PersonId,
    /// Which renewal.
    pub renewal: RenewalId,
    /// Who bills.
    pub issuer: &'a str,
}

/// Writes it unless its cause has one. Returns whether it is new.
pub fn keep(c: &Connection, s: &SignIn<'_>, at_ms: i64) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO message (cause, kind, priority, person, renewal, issuer, recipient, state,
               due_at, reason, opened_at, created_at, changed_at)
             VALUES (?1, ?2, 0, ?3, ?4, ?5, 'member', 'cancelled', ?6, 'by-code', ?6, ?6, ?6)
             ON CONFLICT (cause) DO NOTHING",
        )?
        .execute((s.cause, KIND, s.person.0, s.renewal.0, s.issuer, at_ms))?;
    if n == 0 {
        return Ok(false);
    }
    c.prepare_cached(
        "INSERT INTO attempt (mid, message, n, address, domain, header_id, state, started_at,
           ended_at, digest, template)
         VALUES (?1, ?2, 1, '', '', '', 'not-sent', ?3, ?3, zeroblob(0), '')",
    )?
    .execute((s.mid.to_i64(), c.last_insert_rowid(), at_ms))?;
    Ok(true)
}
