//! Owns the schema's history: numbered `.sql` files, each applied once, its checksum kept.
//! A file that was applied and then edited is refused, and so is a newer schema.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::faults;

/// Number and text, in order.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("migrations/0001_start.sql")),
    (2, include_str!("migrations/0002_season.sql")),
    (3, include_str!("migrations/0003_calendar.sql")),
    (4, include_str!("migrations/0004_records.sql")),
    (5, include_str!("migrations/0005_desk.sql")),
    (6, include_str!("migrations/0006_behalf.sql")),
    (7, include_str!("migrations/0007_card_refund.sql")),
    (8, include_str!("migrations/0008_earlier.sql")),
    (9, include_str!("migrations/0009_relay_log.sql")),
    (10, include_str!("migrations/0010_links.sql")),
    (11, include_str!("migrations/0011_import.sql")),
    (12, include_str!("migrations/0012_finding.sql")),
];

const _: () = {
    let mut n = 1;
    while n < MIGRATIONS.len() {
        assert!(MIGRATIONS[n - 1].0 < MIGRATIONS[n].0, "in the order of their numbers");
        n += 1;
    }
};

/// The newest schema that this binary knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Brings the file to [`SCHEMA_VERSION`], each step in a transaction of its own.
pub(crate) fn run(connection: &mut Connection, now_ms: i64) -> Result<(), StoreError> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
           number INTEGER PRIMARY KEY, checksum TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
    )?;
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    for (number, sql) in MIGRATIONS {
        let checksum = HEXLOWER.encode(&Sha256::digest(sql.as_bytes()));
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let applied: Option<String> = {
            let mut statement =
                transaction.prepare("SELECT checksum FROM migration WHERE number = ?1")?;
            let mut rows = statement.query([number])?;
            rows.next()?.map(|r| r.get(0)).transpose()?
        };
        match applied {
            Some(kept) if kept == checksum => {}
            Some(_) => {
                return Err(StoreError::GiveUp(format!(
                    "migration {number} was applied from another text: this binary and this state do not belong together"
                )));
            }
            None => {
                transaction.execute_batch(sql)?;
                transaction.execute(
                    "INSERT INTO migration (number, checksum, at) VALUES (?1, ?2, ?3)",
                    (number, checksum, now_ms),
                )?;
            }
        }
        faults::point("store.migrating");
        transaction.commit()?;
        faults::point("store.migrated");
    }
    Ok(())
}

/// The schema of a file that [`run`] would have to change; `None` for one that is new or current.
pub(super) fn outdated(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'";
    if connection.query_row(tables, [], |r| r.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let applied: i64 = connection.query_row("SELECT count(*) FROM migration", [], |r| r.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    Ok((applied > 0 && applied < known).then_some(version(connection)?))
}

/// The schema of a file, as far as migrations brought it; 0 for an empty one.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT coalesce(max(number), 0) FROM migration", [], |r| r.get(0))?)
}

/// Refuses a file that [`run`] would have to change.
pub(super) fn refuse_older(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    match found.cmp(&SCHEMA_VERSION) {
        std::cmp::Ordering::Less => Err(StoreError::Older { found, known: SCHEMA_VERSION }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::Newer { found, known: SCHEMA_VERSION }),
    }
}

/// Makes a current store one that lacks a migration, which has made one table only.
#[cfg(test)]
pub(super) fn forget_one(connection: &Connection) {
    let forget = "DROP TABLE relay_log; DELETE FROM migration WHERE number = 9";
    connection.execute_batch(forget).expect("it was applied");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applied_once_and_a_newer_schema_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, 1).unwrap();
        run(&mut connection, 2).unwrap();
        let at: i64 = connection
            .query_row("SELECT at FROM migration WHERE number = 1", [], |r| r.get(0))
            .unwrap();
        assert_eq!(at, 1);
        connection.execute("INSERT INTO migration VALUES (999, 'x', 0)", []).unwrap();
        assert!(matches!(run(&mut connection, 3), Err(StoreError::Newer { found: 999, .. })));
    }

    #[test]
    fn an_edited_migration_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, 1).unwrap();
        connection.execute("UPDATE migration SET checksum = 'other'", []).unwrap();
        assert!(matches!(run(&mut connection, 2), Err(StoreError::GiveUp(_))));
    }
}
