//! Owns reading the ledger for the membership system: lines after a cursor, whose they are, and
//! the rows that they brought about.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::{StoreError, attempts, records};
use crate::domain::export::{Line, Rows};
use crate::ids::MessageId;

/// A line with all that its events are made of.
#[derive(Debug, Clone)]
pub struct Told {
    /// The line.
    pub line: Line,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Whose; `None` for nobody's, or of somebody erased.
    pub member_no: Option<String>,
    /// What it brought about.
    pub rows: Rows,
}

/// Up to `limit` lines after `seq`, in order.
pub fn after(c: &Connection, seq: i64, limit: i64) -> Result<Vec<Told>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT l.seq, l.at, l.kind, l.data, p.member_no FROM ledger l
         LEFT JOIN person p ON p.subject = l.subject AND p.erased_at IS NULL
         WHERE l.seq > ?1 ORDER BY l.seq LIMIT ?2",
    )?;
    let mut found = statement.query((seq, limit))?;
    let mut out = Vec::new();
    while let Some(r) = found.next()? {
        let data: String = r.get(3)?;
        let line = Line {
            seq: r.get(0)?,
            kind: r.get(2)?,
            data: serde_json::from_str(&data).unwrap_or_default(),
        };
        let rows = rows(c, &line)?;
        out.push(Told { at_ms: r.get(1)?, member_no: r.get(4)?, rows, line });
    }
    Ok(out)
}

fn rows(c: &Connection, line: &Line) -> Result<Rows, StoreError> {
    let mut rows = Rows::default();
    let mut statement =
        c.prepare_cached("SELECT field, was, value FROM correction WHERE ledger = ?1 ORDER BY id")?;
    let found = statement.query_map([line.seq], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    rows.corrections = found.collect::<Result<_, _>>()?;
    rows.payments = records::objects(
        c,
        "SELECT issuer, cents, method, received_on, external, reverses, id AS payment
         FROM payment WHERE ledger = ?1 ORDER BY id",
        line.seq,
    )?;
    rows.invoices = records::objects(
        c,
        "SELECT i.issuer, i.season, i.kind, i.number, i.total_cents AS cents, i.issued_on, i.due_on,
           o.number AS corrects
         FROM invoice i LEFT JOIN invoice o ON o.id = i.corrects WHERE i.ledger = ?1 ORDER BY i.id",
        line.seq,
    )?;
    let mid = line.data.get("mid").and_then(Value::as_str).and_then(MessageId::from_hex);
    if line.kind.starts_with("address-")
        && let Some(mid) = mid
    {
        rows.address = attempts::by_mid(c, mid)?.map(|a| a.address).filter(|a| !a.is_empty());
    }
    Ok(rows)
}

/// Whose number a payment or invoice is for, where the line names nobody.
pub fn owner(c: &Connection, facts: &Map<String, Value>) -> Result<Option<String>, StoreError> {
    let Some(payment) = facts.get("payment").and_then(Value::as_i64) else { return Ok(None) };
    let sql = "SELECT min(p.member_no), max(p.member_no) FROM allocation a
         JOIN invoice i ON i.id = a.invoice JOIN renewal r ON r.id = i.renewal
         JOIN person p ON p.id = r.person WHERE a.payment = ?1 AND p.erased_at IS NULL";
    let found: Option<(Option<String>, Option<String>)> =
        c.prepare_cached(sql)?.query_row([payment], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    // A cheque for several members is nobody's alone.
    Ok(found.and_then(|(first, last)| if first == last { first } else { None }))
}
