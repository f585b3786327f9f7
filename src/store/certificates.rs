//! Owns certificates of insurance: where each person's lies, one a season. A new address replaces
//! the one before.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::ids::PersonId;

/// Where the certificate lies, if it was imported.
pub fn url(c: &Connection, person: PersonId, season: &str) -> Result<Option<String>, StoreError> {
    Ok(c.prepare_cached("SELECT url FROM certificate WHERE person = ?1 AND season = ?2")?
        .query_row((person.0, season), |r| r.get(0))
        .optional()?)
}

/// Keeps it. Returns whether that changed anything.
pub fn set(
    c: &Connection,
    person: PersonId,
    season: &str,
    url: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO certificate (person, season, url, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (person, season) DO UPDATE SET url = excluded.url, at = excluded.at
             WHERE certificate.url <> excluded.url",
        )?
        .execute((person.0, season, url, at_ms))?;
    Ok(n > 0)
}
