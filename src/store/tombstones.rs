//! Owns the keyed marks of who was erased: of member numbers, so that the next list does not bring
//! the person back, and of addresses to which nothing may be mailed. A mark cannot be turned back
//! into what it stands for, and only the holder of the keys can compare one.

use std::collections::HashMap;

use rusqlite::Connection;

use super::StoreError;
use crate::link::Keyring;

/// Of what a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tomb {
    /// A member number.
    Number,
    /// An address.
    Address,
}

impl Tomb {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Address => "address",
        }
    }

    /// The mark of a number or address. An address's case does not count.
    #[must_use]
    pub fn mark(self, ring: &Keyring, text: &str) -> [u8; 32] {
        match self {
            Self::Number => ring.mark("erased-number", text.trim().as_bytes()),
            Self::Address => ring.mark("erased-address", text.to_lowercase().as_bytes()),
        }
    }
}

/// Puts a mark, or replaces its reason.
pub fn put(
    c: &Connection,
    tomb: Tomb,
    mark: &[u8],
    reason: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO tombstone (mark, kind, reason, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (mark) DO UPDATE SET reason = excluded.reason, at = excluded.at",
    )?
    .execute((mark, tomb.as_str(), reason, at_ms))?;
    Ok(())
}

/// Every mark of one kind, with its reason.
pub fn all(c: &Connection, tomb: Tomb) -> Result<HashMap<Vec<u8>, String>, StoreError> {
    let mut statement = c.prepare("SELECT mark, reason FROM tombstone WHERE kind = ?1")?;
    let rows = statement.query_map([tomb.as_str()], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes a mark away. Returns whether it was there.
pub fn remove(c: &Connection, mark: &[u8]) -> Result<bool, StoreError> {
    Ok(c.execute("DELETE FROM tombstone WHERE mark = ?1", [mark])? == 1)
}
