//! Owns second successes by card on their way back to whoever paid: at most one a payment.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::ids::PaymentId;

/// One on its way, or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRefund {
    /// The payment that goes back.
    pub payment: PaymentId,
    /// Whose payment page it was.
    pub provider: String,
    /// The provider's idempotency key.
    pub key: String,
    /// `waiting`, `done`, `refused`.
    pub state: String,
    /// Since when, in milliseconds.
    pub created_ms: i64,
}

const COLUMNS: &str = "payment, provider, key, state, created_at";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<CardRefund> {
    Ok(CardRefund {
        payment: PaymentId(r.get(0)?),
        provider: r.get(1)?,
        key: r.get(2)?,
        state: r.get(3)?,
        created_ms: r.get(4)?,
    })
}

/// Adds one that waits for the provider.
pub fn add(
    c: &Connection,
    payment: PaymentId,
    provider: &str,
    key: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO card_refund (payment, provider, key, state, created_at, changed_at)
         VALUES (?1, ?2, ?3, 'waiting', ?4, ?4)",
    )?
    .execute((payment.0, provider, key, at_ms))?;
    Ok(())
}

/// That of a payment.
pub fn of(c: &Connection, payment: PaymentId) -> Result<Option<CardRefund>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM card_refund WHERE payment = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([payment.0], row).optional()?)
}

/// Those that wait, the longest untouched first.
pub fn waiting(c: &Connection, limit: i64) -> Result<Vec<CardRefund>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM card_refund WHERE state = 'waiting'
         ORDER BY changed_at, payment LIMIT ?1"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// It is over; `name`: the provider's for the refund, empty for none. `false` where it was before.
pub fn end(
    c: &Connection,
    payment: PaymentId,
    state: &str,
    name: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let ended = c
        .prepare_cached(
            "UPDATE card_refund SET state = ?2, name = ?3, changed_at = ?4
             WHERE payment = ?1 AND state = 'waiting'",
        )?
        .execute((payment.0, state, name, at_ms))?;
    Ok(ended == 1)
}

/// It was asked about and waits on: its turn comes again after the others.
pub fn touch(c: &Connection, payment: PaymentId, at_ms: i64) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE card_refund SET changed_at = ?2 WHERE payment = ?1")?
        .execute((payment.0, at_ms))?;
    Ok(())
}
