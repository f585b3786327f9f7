//! Owns what a person approved of a forecast, and what earlier seasons came to.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::domain::gate::Count;

/// A forecast that a person approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastRow {
    /// Schedule's id.
    pub schedule: String,
    /// Nominal local time.
    pub local: String,
    /// Season's id.
    pub season: String,
    /// What was approved.
    pub count: Count,
    /// Name of who approved it.
    pub by: String,
    /// When.
    pub at_ms: i64,
    /// Its line in the ledger.
    pub ledger: i64,
}

/// Keeps an approved forecast, in place of an earlier one of the same firing.
pub fn keep(c: &Connection, row: &ForecastRow) -> Result<(), StoreError> {
    c.execute(
        "INSERT INTO forecast (schedule, local, season, recipients, answered, by, at, ledger)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (schedule, local) DO UPDATE SET recipients = excluded.recipients,
           answered = excluded.answered, by = excluded.by, at = excluded.at,
           ledger = excluded.ledger",
        (
            &row.schedule,
            &row.local,
            &row.season,
            row.count.recipients,
            row.count.answered,
            &row.by,
            row.at_ms,
            row.ledger,
        ),
    )?;
    Ok(())
}

/// What was approved for a firing.
pub fn of_firing(c: &Connection, schedule: &str, local: &str) -> Result<Option<Count>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT recipients, answered FROM forecast WHERE schedule = ?1 AND local = ?2",
    )?
    .query_row((schedule, local), |r| Ok(Count { recipients: r.get(0)?, answered: r.get(1)? }))
    .optional()?)
}

/// The season before this one, as the store remembers it.
pub fn season_before(c: &Connection, season: &str) -> Result<Option<String>, StoreError> {
    Ok(c.query_row(
        "SELECT season FROM firing WHERE season <> ?1
           AND due_at < coalesce((SELECT min(due_at) FROM firing WHERE season = ?1), 1 << 62)
         ORDER BY due_at DESC LIMIT 1",
        [season],
        |r| r.get(0),
    )
    .optional()?)
}

/// How many each step of a season was written to, by association and step.
pub fn reached(
    c: &Connection,
    season: &str,
) -> Result<BTreeMap<(String, String), i64>, StoreError> {
    let mut statement = c.prepare(
        "SELECT issuer, step, sum(planned) FROM firing
         WHERE season = ?1 AND state <> 'cancelled' GROUP BY issuer, step",
    )?;
    let rows = statement.query_map([season], |r| Ok(((r.get(0)?, r.get(1)?), r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
