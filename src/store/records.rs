//! Owns everything that is kept about one person: which tables hold it, and the rows of them. A
//! table that is about people and stands in no list here fails a test, so that nothing new is
//! forgotten when somebody asks what we know of them, or asks us to forget it.

use data_encoding::HEXLOWER;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::StoreError;
use crate::ids::{MessageId, PersonId};

/// One row, by column.
pub type Record = Map<String, Value>;

/// Where rows about a person are.
#[derive(Debug)]
pub struct Source {
    /// The table.
    pub table: &'static str,
    /// Which rows: `?1` is the person.
    of_person: &'static str,
    /// When a row came about, in milliseconds; empty where it has no time.
    pub at: &'static str,
}

impl Source {
    /// Which rows are a person's: `?1` is the person.
    pub(super) const fn condition(&self) -> &'static str {
        self.of_person
    }
}

const fn source(table: &'static str, of_person: &'static str, at: &'static str) -> Source {
    Source { table, of_person, at }
}

const RENEWALS: &str = "renewal IN (SELECT id FROM renewal WHERE person = ?1)";
const INVOICES: &str = "invoice IN (SELECT i.id FROM invoice i JOIN renewal r ON r.id = i.renewal
    WHERE r.person = ?1)";

/// Every table that is about people, in the order in which they are told.
pub const SOURCES: &[Source] = &[
    source("person", "id = ?1", ""),
    source("membership", "person = ?1", ""),
    source("renewal", "person = ?1", "opened_at"),
    source("answer", RENEWALS, "at"),
    source("earlier_word", RENEWALS, "at"),
    source("declaration", RENEWALS, "at"),
    source("outcome", RENEWALS, "at"),
    source("certificate", "person = ?1", "at"),
    source("correction", "person = ?1", "at"),
    source("ruling", "person = ?1", "at"),
    source("address_change", "person = ?1", "at"),
    source("invoice", RENEWALS, "issued_at"),
    source("invoice_line", INVOICES, ""),
    source("invoice_tax", INVOICES, ""),
    source("invoice_share", INVOICES, ""),
    source("allocation", INVOICES, ""),
    source(
        "payment",
        "id IN (SELECT payment FROM allocation a JOIN invoice i ON i.id = a.invoice
           JOIN renewal r ON r.id = i.renewal WHERE r.person = ?1)",
        "at",
    ),
    source(
        "payer",
        "id IN (SELECT payer FROM invoice i JOIN renewal r ON r.id = i.renewal
           WHERE r.person = ?1)",
        "",
    ),
    source("checkout", RENEWALS, "created_at"),
    source(
        "card_refund",
        "payment IN (SELECT p.id FROM payment p JOIN checkout k ON k.session = p.external
           JOIN renewal r ON r.id = k.renewal WHERE p.method = 'card' AND r.person = ?1)",
        "created_at",
    ),
    source("unsubscription", "person = ?1", "at"),
    source(
        "address",
        "address IN (SELECT lower(email) FROM person WHERE id = ?1
           UNION SELECT lower(email2) FROM person WHERE id = ?1)",
        "",
    ),
    source("message", "person = ?1", "created_at"),
    source("attempt", "message IN (SELECT id FROM message WHERE person = ?1)", "started_at"),
    source("inbound", "person = ?1", "at"),
    source("waiting_mail", "inbound IN (SELECT id FROM inbound WHERE person = ?1)", ""),
    source("task", "person = ?1", "opened_at"),
    source("deed", "person = ?1", "at"),
    source("ledger", "subject = (SELECT subject FROM person WHERE id = ?1)", "at"),
];

/// Tables about nobody, and why.
#[cfg(test)]
const ABOUT_NOBODY: &[(&str, &str)] = &[
    ("meta", "the store's own facts"),
    ("migration", "the schema's history"),
    ("firing", "a calendar's instant"),
    ("mailbox", "a cursor"),
    ("parsing", "a cursor"),
    ("answered", "keyed marks that cannot be turned back, for a day"),
    ("import", "a list's digest and cursor"),
    ("webhook", "a provider's event ids"),
    ("remittance", "sums"),
    ("remitted", "which payments a sum has"),
    ("tombstone", "keyed marks that cannot be turned back"),
    ("digest", "a desk's instant"),
    ("desk_link", "a desk's act"),
    ("revoked_link", "ids of links"),
    ("forecast", "counts"),
    ("relay_log", "attempts that a relay's log names"),
];

/// Whether this store has such a table.
pub fn has(c: &Connection, table: &str) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
        .query_row([table], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Every row about a person, by source, in the order of the rows.
pub fn of_person(
    c: &Connection,
    person: PersonId,
) -> Result<Vec<(&'static Source, Vec<Record>)>, StoreError> {
    let mut all = Vec::new();
    for source in SOURCES {
        if has(c, source.table)? {
            all.push((source, rows(c, source, person)?));
        }
    }
    Ok(all)
}

fn rows(c: &Connection, source: &Source, person: PersonId) -> Result<Vec<Record>, StoreError> {
    let order = if source.at.is_empty() { "1" } else { source.at };
    let sql = format!("SELECT * FROM {} WHERE {} ORDER BY {order}", source.table, source.of_person);
    objects(c, &sql, person.0)
}

/// Every row of a query with one number in it, by column.
pub(super) fn objects(c: &Connection, sql: &str, id: i64) -> Result<Vec<Record>, StoreError> {
    let mut statement = c.prepare(sql)?;
    let names: Vec<String> = statement.column_names().iter().map(|n| (*n).to_owned()).collect();
    let mut rows = statement.query([id])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let mut record = Record::new();
        for (at, name) in names.iter().enumerate() {
            record.insert(name.clone(), value(name, row.get_ref(at)?));
        }
        out.push(record);
    }
    Ok(out)
}

/// Columns that are true or false; SQLite has numbers for both.
const BOOLEANS: [&str; 4] = ["pli", "home", "missing", "bounce_hard"];

fn value(name: &str, value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) if BOOLEANS.contains(&name) => (n != 0).into(),
        // As people see them in logs and commands.
        ValueRef::Integer(n) if name == "mid" => MessageId::from_i64(n).to_string().into(),
        ValueRef::Integer(n) => n.into(),
        ValueRef::Real(n) => n.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(octets) => HEXLOWER.encode(octets).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    fn store() -> Connection {
        let mut c = Connection::open_in_memory().unwrap();
        migrate::run(&mut c, 0).unwrap();
        c
    }

    #[test]
    fn every_table_is_told_or_is_about_nobody() {
        let c = store();
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        let mut statement = c.prepare(sql).unwrap();
        let tables = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
        for table in tables.map(Result::unwrap) {
            let told = SOURCES.iter().any(|s| s.table == table);
            let nobody = ABOUT_NOBODY.iter().any(|(name, _)| *name == table);
            assert!(told != nobody, "{table}: add it to SOURCES, or to ABOUT_NOBODY with a reason");
        }
    }

    #[test]
    fn every_source_can_be_read() {
        let c = store();
        for (source, rows) in of_person(&c, PersonId(1)).unwrap() {
            assert!(rows.is_empty(), "{}", source.table);
        }
    }
}
