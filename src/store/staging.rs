//! Owns imports on their way: rows staged first, applied in chunks, resumable after a kill.

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

/// Begins an import of a file with that digest, or finds the one that a kill interrupted.
pub fn begin(
    c: &Connection,
    digest: &str,
    complete: bool,
    at_ms: i64,
) -> Result<ImportId, StoreError> {
    let open: Option<i64> = c
        .query_row(
            "SELECT id FROM import
             WHERE digest = ?1 AND state IN ('staging', 'applying') AND complete = ?2",
            (digest, complete),
            |r| r.get(0),
        )
        .optional()?;
    if let Some(id) = open {
        return Ok(ImportId(id));
    }
    c.execute(
        "INSERT INTO import (digest, started_at, state, complete) VALUES (?1, ?2, 'staging', ?3)",
        (digest, at_ms, complete),
    )?;
    Ok(ImportId(c.last_insert_rowid()))
}

/// Stages rows with their line numbers; staged again, nothing changes.
pub fn stage(c: &Connection, import: ImportId, rows: &[(i64, Row)]) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached(
        "INSERT INTO import_row (import, line, row, member_no) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )?;
    for (line, row) in rows {
        let json = serde_json::to_string(row).map_err(|e| StoreError::GiveUp(e.to_string()))?;
        statement.execute((import.0, line, json, &row.member_no))?;
    }
    Ok(())
}

/// All rows are staged: from now on they are applied, whatever dies.
pub fn staged(c: &Connection, import: ImportId) -> Result<(), StoreError> {
    c.execute(
        "UPDATE import SET state = 'applying' WHERE id = ?1 AND state = 'staging'",
        [import.0],
    )?;
    Ok(())
}

/// The next staged rows not applied yet.
pub fn pending(
    c: &Connection,
    import: ImportId,
    limit: i64,
) -> Result<Vec<(i64, Row)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT line, row FROM import_row WHERE import = ?1
           AND line > (SELECT applied FROM import WHERE id = ?1) ORDER BY line LIMIT ?2",
    )?;
    let mut rows = statement.query((import.0, limit))?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        let json: String = r.get(1)?;
        let row = serde_json::from_str(&json).map_err(|e| StoreError::GiveUp(e.to_string()))?;
        out.push((r.get(0)?, row));
    }
    Ok(out)
}

/// A staged row as all rows of its person together have it: of what they say of the person, the
/// first that says anything counts, so that no row undoes another, now or the next time.
pub fn settled(c: &Connection, import: ImportId, row: Row) -> Result<Row, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT row FROM import_row WHERE import = ?1 AND member_no = ?2 ORDER BY line",
    )?;
    let mut rows = statement.query((import.0, &row.member_no))?;
    let mut all: Option<Row> = None;
    while let Some(r) = rows.next()? {
        let json: String = r.get(0)?;
        let next: Row =
            serde_json::from_str(&json).map_err(|e| StoreError::GiveUp(e.to_string()))?;
        all = Some(match all {
            None => next,
            Some(first) => first.or(next),
        });
    }
    let Row { association, category, pli, home, since, .. } = row;
    Ok(match all {
        Some(all) => Row { association, category, pli, home, since, ..all },
        None => return Err(StoreError::GiveUp("a staged row is gone".into())),
    })
}

/// Applies one row: person and membership, whichever is new or differs. `subject` and `salt` are
/// fresh random values for a person who is new.
pub fn apply(
    c: &Connection,
    row: &Row,
    subject: &str,
    salt: &[u8],
) -> Result<ImportChange, StoreError> {
    let row = super::rulings::over(c, super::corrections::over(c, row)?)?;
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

/// With a complete list: memberships that are not in it go missing. Returns them: member number
/// and association.
pub fn mark_missing(c: &Connection, import: ImportId) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = c.prepare(
        "UPDATE membership SET missing = 1 WHERE missing = 0 AND NOT EXISTS (
           SELECT 1 FROM import_row i JOIN person p ON p.id = membership.person
           WHERE i.import = ?1 AND i.member_no = p.member_no
             AND json_extract(i.row, '$.association') = membership.association)
         RETURNING (SELECT member_no FROM person WHERE id = membership.person), association",
    )?;
    let rows = statement.query_map([import.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let mut ended = rows.collect::<Result<Vec<_>, _>>()?;
    ended.sort();
    Ok(ended)
}

/// The import is over; its rows are not needed any more. Older ones that died half-way are over
/// too: this list is newer, and the planner must not wait for them.
pub fn finish(c: &Connection, import: ImportId) -> Result<(), StoreError> {
    let done = c.execute(
        "UPDATE import SET state = 'done' WHERE id = ?1 AND state = 'applying'",
        [import.0],
    )?;
    if done == 0 {
        return Err(StoreError::GiveUp("a newer list was imported meanwhile".into()));
    }
    c.execute(
        "UPDATE import SET state = 'superseded'
         WHERE id < ?1 AND state IN ('staging', 'applying')",
        [import.0],
    )?;
    c.execute("DELETE FROM import_row WHERE import <= ?1", [import.0])?;
    Ok(())
}

/// Forgets an import of which nothing was applied, with all that was staged of it.
pub fn discard(c: &Connection, import: ImportId) -> Result<(), StoreError> {
    c.execute(
        "DELETE FROM import_row WHERE import = ?1
           AND EXISTS (SELECT 1 FROM import WHERE id = ?1 AND state = 'staging')",
        [import.0],
    )?;
    c.execute("DELETE FROM import WHERE id = ?1 AND state = 'staging'", [import.0])?;
    Ok(())
}

/// Whether an import is between its first and last applied row: the planner waits for it.
pub fn is_applying(c: &Connection) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM import WHERE state = 'applying'")?
        .query_row([], |_| Ok(()))
        .optional()?
        .is_some())
}
