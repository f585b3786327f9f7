//! Owns the logical dump of a SQLite file: what it says, not how its pages lie. Two dumps are
//! equal exactly when every table holds the same rows. Opens read-only.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Opens a database that another process may be writing.
pub fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database file")
}

/// Every table's schema and rows, in a fixed order.
pub fn dump(path: &Path) -> String {
    let db = open(path);
    // One snapshot for all tables.
    db.execute_batch("BEGIN").expect("a read transaction");
    let mut query = db
        .prepare(
            "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        )
        .expect("every database has a schema");
    let tables: Vec<(String, String)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("the schema can be read");
    let mut out = String::new();
    for (name, sql) in tables {
        let _ = writeln!(out, "== {name}: {sql}");
        for row in rows(&db, &name) {
            let _ = writeln!(out, "{row}");
        }
    }
    out
}

/// The rows of a query, each value as in [`dump`], separated by ` | `.
pub fn query(path: &Path, sql: &str) -> Vec<String> {
    read(&open(path), sql)
}

/// Sorted as text: a table need not have a column that orders it.
fn rows(db: &Connection, table: &str) -> Vec<String> {
    let mut rows = read(db, &format!("SELECT * FROM \"{table}\""));
    rows.sort();
    rows
}

/// As [`query`], on a connection that is open already.
pub fn read(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).expect("a query that fits the schema");
    let columns = statement.column_count();
    statement
        .query_map([], |row| {
            (0..columns)
                .map(|i| row.get_ref(i).map(shown))
                .collect::<Result<Vec<_>, _>>()
                .map(|values| values.join(" | "))
        })
        .and_then(Iterator::collect)
        .expect("the rows can be read")
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("x{}", data_encoding::HEXLOWER.encode(bytes)),
    }
}
