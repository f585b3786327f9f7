//! Owns imports on their way: begun, applied in chunks, resumable after a kill.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::people::Row;

/// An import's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportId(pub i64);

/// What applying one row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportChange {
    /// A new membership.
    Added,
    /// Something differs from before.
    Changed,
    /// Nothing new.
    Unchanged,
}

/// An import that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Its row.
    pub id: ImportId,
    /// The last line applied so far.
    pub applied: i64,
}

/// Begins an import of a file with that digest, or finds the one that a kill interrupted. From now
/// on the planner waits until it is finished.
pub fn begin(
    c: &Connection,
    digest: &str,
    complete: bool,
    at_ms: i64,
) -> Result<Begun, StoreError> {
    let open = c
        .query_row(
            "SELECT id, applied FROM import
             WHERE digest = ?1 AND state = 'applying' AND complete = ?2",
            (digest, complete),
            |r| Ok(Begun { id: ImportId(r.get(0)?), applied: r.get(1)? }),
        )
        .optional()?;
    if let Some(begun) = open {
        return Ok(begun);
    }
    c.execute(
        "INSERT INTO import (digest, started_at, state, complete) VALUES (?1, ?2, 'applying', ?3)",
        (digest, at_ms, complete),
    )?;
    Ok(Begun { id: ImportId(c.last_insert_rowid()), applied: 0 })
}

/// Applies one row: person and membership, whichever is new or differs. `subject` and `salt` are
/// fresh random values for a person who is new.
pub fn apply(
    c: &Connection,
    row: &Row,
    subject: &str,
    salt: &[u8],
) -> Result<ImportChange, StoreError> {
    let row = super::corrections::over(c, row)?;
    let row = row.as_ref();
    let before = current(c, row)?;
    match &before {
        Some(kept) if kept == row => return Ok(ImportChange::Unchanged),
        _ => {}
    }
    let person = c
        .prepare_cached(
            "INSERT INTO person (member_no, subject, salt, given_name, family_name, email, email2,
               language, province, zone, status, phone, street, city, postal_code, country,
               employer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (member_no) DO UPDATE SET given_name = excluded.given_name,
               family_name = excluded.family_name, email = excluded.email,
               email2 = excluded.email2, language = excluded.language,
               province = excluded.province, zone = excluded.zone, status = excluded.status,
               phone = excluded.phone, street = excluded.street, city = excluded.city,
               postal_code = excluded.postal_code, country = excluded.country,
               employer = excluded.employer
             RETURNING id",
        )?
        .query_row(
            rusqlite::params![
                row.member_no,
                subject,
                salt,
                row.given_name,
                row.family_name,
                row.email,
                row.email2,
                row.language,
                row.province,
                row.zone,
                row.status,
                row.phone,
                row.street,
                row.city,
                row.postal_code,
                row.country,
                row.employer,
            ],
            |r| r.get::<_, i64>(0),
        )?;
    c.prepare_cached(
        "INSERT INTO membership (person, association, category, pli, home, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (person, association) DO UPDATE SET category = excluded.category,
           pli = excluded.pli, home = excluded.home, since = excluded.since, missing = 0",
    )?
    .execute((person, &row.association, &row.category, row.pli, row.home, &row.since))?;
    Ok(if before.is_some() { ImportChange::Changed } else { ImportChange::Added })
}

/// The membership as the store has it, in the shape of a row; `None` where there is none.
pub fn current(c: &Connection, like: &Row) -> Result<Option<Row>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT p.member_no, p.given_name, p.family_name, p.email, p.email2, p.language,
           p.province, p.zone, p.status, p.phone, p.street, p.city, p.postal_code, p.country,
           p.employer, m.association, m.category, m.pli, m.home, m.since
         FROM person p JOIN membership m ON m.person = p.id
         WHERE p.member_no = ?1 AND m.association = ?2 AND m.missing = 0",
    )?
    .query_row((&like.member_no, &like.association), |r| {
        Ok(Row {
            member_no: r.get(0)?,
            given_name: r.get(1)?,
            family_name: r.get(2)?,
            email: r.get(3)?,
            email2: r.get(4)?,
            language: r.get(5)?,
            province: r.get(6)?,
            zone: r.get(7)?,
            status: r.get(8)?,
            phone: r.get(9)?,
            street: r.get(10)?,
            city: r.get(11)?,
            postal_code: r.get(12)?,
            country: r.get(13)?,
            employer: r.get(14)?,
            association: r.get(15)?,
            category: r.get(16)?,
            pli: r.get(17)?,
            home: r.get(18)?,
            since: r.get(19)?,
        })
    })
    .optional()?)
}

/// Moves the cursor of an import to `line`.
pub fn applied(c: &Connection, import: ImportId, line: i64) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE import SET applied = ?2 WHERE id = ?1")?.execute((import.0, line))?;
    Ok(())
}

/// A membership that stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its row.
    pub membership: i64,
    /// Whose.
    pub member_no: String,
    /// Where.
    pub association: String,
}

/// Up to `limit` memberships that are not missing, after the row `after`.
pub fn kept_after(c: &Connection, after: i64, limit: i64) -> Result<Vec<Kept>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT m.id, p.member_no, m.association FROM membership m JOIN person p ON p.id = m.person
         WHERE m.id > ?1 AND m.missing = 0 ORDER BY m.id LIMIT ?2 + 0",
    )?;
    let rows = statement.query_map((after, limit), |r| {
        Ok(Kept { membership: r.get(0)?, member_no: r.get(1)?, association: r.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// These memberships are not in a complete list.
pub fn mark_missing(c: &Connection, missing: &[Kept]) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached("UPDATE membership SET missing = 1 WHERE id = ?1")?;
    for one in missing {
        statement.execute([one.membership])?;
    }
    Ok(())
}

/// The import is over. Older ones that died half-way are over too: this list is newer, and the
/// planner must not wait for them.
pub fn finish(c: &Connection, import: ImportId) -> Result<(), StoreError> {
    let done = c.execute(
        "UPDATE import SET state = 'done' WHERE id = ?1 AND state = 'applying'",
        [import.0],
    )?;
    if done == 0 {
        return Err(StoreError::GiveUp("a newer list was imported meanwhile".into()));
    }
    c.execute(
        "UPDATE import SET state = 'superseded' WHERE id < ?1 AND state = 'applying'",
        [import.0],
    )?;
    Ok(())
}

/// Whether an import is between its first and last applied row: the planner waits for it.
pub fn is_applying(c: &Connection) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM import WHERE state = 'applying'")?
        .query_row([], |_| Ok(()))
        .optional()?
        .is_some())
}
