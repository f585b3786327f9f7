//! Owns who pays in members' places: one row an address and association.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::ids::PayerId;

/// Who pays in a member's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// Row.
    pub id: PayerId,
    /// Code of the association that bills.
    pub issuer: String,
    /// Name, as invoices are made out.
    pub name: String,
    /// Where they go.
    pub email: String,
    /// Language in which they are written to first.
    pub language: String,
}

const COLUMNS: &str = "id, issuer, name, email, language";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<Payer> {
    Ok(Payer {
        id: PayerId(r.get(0)?),
        issuer: r.get(1)?,
        name: r.get(2)?,
        email: r.get(3)?,
        language: r.get(4)?,
    })
}

/// The payer with that row.
pub fn by_id(c: &Connection, id: PayerId) -> Result<Option<Payer>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payer WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

/// Those with that address, one an association that bills them.
pub fn by_email(c: &Connection, email: &str) -> Result<Vec<Payer>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payer WHERE email = lower(?1) ORDER BY issuer");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([email], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Names an existing payer of an issuer by address, or adds one. The name that was given last
/// stands.
pub fn named(
    c: &Connection,
    issuer: &str,
    name: &str,
    email: &str,
    language: &str,
    at_ms: i64,
) -> Result<PayerId, StoreError> {
    let id = c
        .prepare_cached(
            "INSERT INTO payer (issuer, name, email, language, created_at)
             VALUES (?1, ?2, lower(?3), ?4, ?5)
             ON CONFLICT (issuer, email) DO UPDATE SET name = excluded.name
             RETURNING id",
        )?
        .query_row((issuer, name, email, language, at_ms), |r| r.get(0))
        .optional()?;
    id.map(PayerId).ok_or_else(|| StoreError::GiveUp("a payer was not kept".into()))
}
