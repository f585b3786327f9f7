//! Owns the capability of a page that no mail opened: a message that nobody is sent, with one attempt
//! whose id the page's links derive from like any other. Cancelled from the start and without an
//! address, so that nothing ever sends it and no count of mail has it.

use rusqlite::Connection;

use super::StoreError;
use crate::ids::{MessageId, PersonId, RenewalId};

/// The kind of one that a code opened.
pub const SIGN_IN: &str = "sign-in";
/// The kind of a payer's lasting one.
pub const PAYER_LINK: &str = "payer-link";

/// What a page's links derive from.
#[derive(Debug, Clone)]
pub struct Capability<'a> {
    /// Makes it unique.
    pub cause: &'a str,
    /// [`SIGN_IN`] or [`PAYER_LINK`].
    pub kind: &'a str,
    /// Id of its one attempt.
    pub mid: MessageId,
    /// Whose page and which renewal, where it is a member's.
    pub of: Option<(PersonId, RenewalId)>,
    /// Who bills.
    pub issuer: &'a str,
    /// What the page has to know.
    pub payload: &'a str,
}

/// Writes it unless its cause has one. Returns whether it is new.
pub fn keep(c: &Connection, new: &Capability<'_>, at_ms: i64) -> Result<bool, StoreError> {
    let (person, renewal) = new.of.map(|(person, renewal)| (person.0, renewal.0)).unzip();
    let n = c
        .prepare_cached(
            "INSERT INTO message (cause, kind, priority, person, renewal, issuer, recipient, state,
               due_at, reason, opened_at, created_at, changed_at, payload)
             VALUES (?1, ?2, 0, ?3, ?4, ?5, 'member', 'cancelled', ?6, 'by-code', ?6, ?6, ?6, ?7)
             ON CONFLICT (cause) DO NOTHING",
        )?
        .execute((new.cause, new.kind, person, renewal, new.issuer, at_ms, new.payload))?;
    if n == 0 {
        return Ok(false);
    }
    c.prepare_cached(
        "INSERT INTO attempt (mid, message, n, address, domain, header_id, state, started_at,
           ended_at, digest, template)
         VALUES (?1, ?2, 1, '', '', '', 'not-sent', ?3, ?3, zeroblob(0), '')",
    )?
    .execute((new.mid.to_i64(), c.last_insert_rowid(), at_ms))?;
    Ok(true)
}
