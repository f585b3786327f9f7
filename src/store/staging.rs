//! Owns imports on their way: begun, applied in chunks, resumable after a kill.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::absent::Absent;
use super::people::Row;
use crate::ids::PersonId;

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

/// What the store has of the person of a row, and of their membership there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    person: PersonId,
    /// In the shape of a row; without a membership, its part is empty.
    row: Row,
    /// Whether the membership is there and not over.
    stands: bool,
}

/// What a row would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// As [`apply`] would tell.
    pub change: ImportChange,
    /// Whether a value that is stored already would become another.
    pub differs: bool,
}

/// What applying a row would do. Only a person's `first` row is compared with what is stored of the
/// person: it would have mended that for those after it.
pub fn compare(
    c: &Connection,
    row: &Row,
    absent: &Absent,
    first: bool,
) -> Result<Compared, StoreError> {
    let new = Compared { change: ImportChange::Added, differs: false };
    let Some(stored) = stored(c, row)? else { return Ok(new) };
    let Stored { person, row: mut before, stands } = stored;
    let (row, _) = super::corrections::seen(c, person, kept(row, absent, &before), absent)?;
    let (row, _) = super::rulings::seen(c, person, row)?;
    if !first {
        before = row.as_ref().clone().in_membership_of(&before);
    }
    if !stands {
        before = before.in_membership_of(&row);
    }
    let differs = before != *row;
    let change = match (stands, differs) {
        (false, _) => ImportChange::Added,
        (true, true) => ImportChange::Changed,
        (true, false) => ImportChange::Unchanged,
    };
    Ok(Compared { change, differs })
}

/// A row of the list, with what the list has no column for as it is stored.
fn kept<'r>(row: &'r Row, absent: &Absent, stored: &Row) -> Cow<'r, Row> {
    let mut row = Cow::Borrowed(row);
    if *absent != Absent::default() {
        absent.keep(row.to_mut(), stored);
    }
    row
}

/// Applies one row: person and membership, whichever is new or differs; what the list has no column
/// for stays. `subject` and `salt` are fresh random values for a person who is new.
pub fn apply(
    c: &Connection,
    row: &Row,
    absent: &Absent,
    subject: &str,
    salt: &[u8],
) -> Result<ImportChange, StoreError> {
    let stored = stored(c, row)?;
    let mut counts = Cow::Borrowed(row);
    if let Some(stored) = &stored {
        let kept = kept(row, absent, &stored.row);
        let person = stored.person;
        counts = super::corrections::over(c, person, kept, absent)?;
        counts = super::rulings::over(c, person, counts)?;
        if stored.stands && stored.row == *counts {
            return Ok(ImportChange::Unchanged);
        }
    }
    let row = counts.as_ref();
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
    let stood = stored.is_some_and(|stored| stored.stands);
    Ok(if stood { ImportChange::Changed } else { ImportChange::Added })
}

/// What the store has of the person of a row; `None` where there is no such person.
fn stored(c: &Connection, like: &Row) -> Result<Option<Stored>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT p.member_no, p.given_name, p.family_name, p.email, p.email2, p.language,
           p.province, p.zone, p.status, p.phone, p.street, p.city, p.postal_code, p.country,
           p.employer, coalesce(m.association, ''), coalesce(m.category, ''), coalesce(m.pli, 0),
           coalesce(m.home, 0), m.since, coalesce(m.missing, 1) = 0, p.id
         FROM person p LEFT JOIN membership m ON m.person = p.id AND m.association = ?2
         WHERE p.member_no = ?1",
    )?
    .query_row((&like.member_no, &like.association), |r| {
        let row = Row {
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
        };
        Ok(Stored { person: PersonId(r.get(21)?), row, stands: r.get(20)? })
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
