//! Owns declarations: the answers to the insurance questions, as they were given. Rows are only
//! added; a correction is a next version. The one place where the answers stand.

use rusqlite::{Connection, Row as SqlRow};

use super::StoreError;
use crate::ids::{MessageId, PersonId, RenewalId};

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclarationRow {
    /// Number, from 1.
    pub version: i64,
    /// Version of the questions that were shown.
    pub questions: String,
    /// Id of each question, and whether it was answered yes, in order.
    pub answers: Vec<(String, bool)>,
    /// Language of the page.
    pub language: String,
    /// `web` or `desk`.
    pub door: String,
    /// Who typed it in for the member; empty for the member.
    pub staff: String,
    /// How the member asked them to; empty for the member.
    pub channel: String,
    /// The message by whose link it came.
    pub mid: Option<MessageId>,
    /// When it counts, in milliseconds.
    pub at_ms: i64,
    /// Its line in the ledger.
    pub ledger: i64,
}

fn row(r: &SqlRow<'_>) -> rusqlite::Result<DeclarationRow> {
    let answers: String = r.get(2)?;
    Ok(DeclarationRow {
        version: r.get(0)?,
        questions: r.get(1)?,
        answers: serde_json::from_str(&answers).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, e.into())
        })?,
        language: r.get(3)?,
        door: r.get(4)?,
        staff: r.get(5)?,
        channel: r.get(6)?,
        mid: r.get::<_, Option<i64>>(7)?.map(MessageId::from_i64),
        at_ms: r.get(8)?,
        ledger: r.get(9)?,
    })
}

/// Every version for a renewal, oldest first.
pub fn of(c: &Connection, renewal: RenewalId) -> Result<Vec<DeclarationRow>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT version, questions, answers, language, door, staff, channel, mid,
           at, ledger FROM declaration WHERE renewal = ?1 ORDER BY version",
    )?;
    let rows = statement.query_map([renewal.0], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps one version.
pub fn add(
    c: &Connection,
    renewal: RenewalId,
    declaration: &DeclarationRow,
) -> Result<(), StoreError> {
    let answers = serde_json::to_string(&declaration.answers)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    c.prepare_cached(
        "INSERT INTO declaration (renewal, version, questions, answers, language, door, staff,
           channel, mid, at, ledger) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute((
        renewal.0,
        declaration.version,
        &declaration.questions,
        answers,
        &declaration.language,
        &declaration.door,
        &declaration.staff,
        &declaration.channel,
        declaration.mid.map(MessageId::to_i64),
        declaration.at_ms,
        declaration.ledger,
    ))?;
    Ok(())
}

/// The person's own salt: without it a digest in the ledger tells nothing.
pub fn salt(c: &Connection, person: PersonId) -> Result<Vec<u8>, StoreError> {
    Ok(c.prepare_cached("SELECT salt FROM person WHERE id = ?1")?
        .query_row([person.0], |r| r.get(0))?)
}
