//! Owns renewals and the answers given to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::answer::{Choice, Given, Situation};
use crate::domain::member::Renewal;
use crate::domain::words::{Cover, RenewalState};
use crate::ids::{PersonId, RenewalId};

/// One renewal with its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalRow {
    /// Row, state, version.
    pub renewal: Renewal,
    /// Whose.
    pub person: PersonId,
    /// Code of the association that bills.
    pub issuer: String,
    /// Season's id.
    pub season: String,
}

/// One accepted answer on its way into the store.
#[derive(Debug, Clone)]
pub struct AnswerRow<'a> {
    /// The form's nonce; empty for other doors.
    pub nonce: &'a str,
    /// `None`: the answer before is taken back.
    pub choice: Option<Choice>,
    /// What the member wrote beside it.
    pub reason: &'a str,
    /// Insurance, where it was asked.
    pub cover: Option<Cover>,
    /// Codes of optional bodies that were left out.
    pub dropped: &'a [String],
    /// What changed in the member's life.
    pub situation: Option<Situation>,
    /// Keyed digest of all that was sent.
    pub body: &'a str,
    /// `web`, `mail`, `desk`.
    pub door: &'a str,
    /// Language of the page or mail.
    pub language: &'a str,
    /// Message by whose link or address it came, as [`crate::ids::MessageId::to_i64`].
    pub mid: Option<i64>,
    /// When.
    pub at_ms: i64,
}

fn row(r: &SqlRow<'_>) -> rusqlite::Result<RenewalRow> {
    let state: String = r.get(4)?;
    Ok(RenewalRow {
        renewal: Renewal {
            id: RenewalId(r.get(0)?),
            state: RenewalState::parse(&state).ok_or_else(|| {
                rusqlite::Error::FromSqlConversionFailure(
                    4,
                    rusqlite::types::Type::Text,
                    format!("unknown renewal state {state}").into(),
                )
            })?,
            version: r.get(5)?,
            remind_on: day(r, 6)?,
        },
        person: PersonId(r.get(1)?),
        issuer: r.get(2)?,
        season: r.get(3)?,
    })
}

/// A day that may be missing; one that cannot be read is none.
fn day(r: &SqlRow<'_>, at: usize) -> rusqlite::Result<Option<Date>> {
    Ok(r.get::<_, Option<String>>(at)?.and_then(|day| day.parse().ok()))
}

const COLUMNS: &str = "id, person, issuer, season, state, version, remind_on";

/// The renewal with that row.
pub fn by_id(c: &Connection, id: RenewalId) -> Result<Option<RenewalRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM renewal WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

/// What a person owes an issuer for a season, if it was opened.
pub fn find(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    season: &str,
) -> Result<Option<Renewal>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM renewal WHERE person = ?1 AND issuer = ?2 AND season = ?3");
    Ok(c.prepare_cached(&sql)?
        .query_row((person.0, issuer, season), row)
        .optional()?
        .map(|r| r.renewal))
}

/// The renewals of an issuer and season whose person lies in a range of rows, by person.
pub fn of_persons(
    c: &Connection,
    issuer: &str,
    season: &str,
    (first, last): (PersonId, PersonId),
) -> Result<BTreeMap<PersonId, Renewal>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM renewal
         WHERE person BETWEEN ?1 AND ?2 AND issuer = ?3 AND season = ?4"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((first.0, last.0, issuer, season), row)?;
    rows.map(|found| found.map(|r| (r.person, r.renewal)).map_err(StoreError::from)).collect()
}

/// Up to `limit` open renewals of an issuer and season after the renewal `after`.
pub fn open_after(
    c: &Connection,
    issuer: &str,
    season: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<RenewalRow>, StoreError> {
    // An expression, since SQLite plans anew for every other value of a bare `LIMIT ?4`.
    let sql = format!(
        "SELECT {COLUMNS} FROM renewal WHERE state = 'open' AND issuer = ?1 AND season = ?2
           AND id > ?3 ORDER BY id LIMIT ?4 + 0"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, season, after, limit), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends an open renewal without an answer. Returns whether it was open.
pub fn lapse(c: &Connection, id: RenewalId, at_ms: i64) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "UPDATE renewal SET state = 'lapsed', changed_at = ?2 WHERE id = ?1 AND state = 'open'",
        )?
        .execute((id.0, at_ms))?;
    Ok(n == 1)
}

/// Up to `limit` open renewals whose member asked to be reminded on `day` or before, and was not.
pub fn to_remind(
    c: &Connection,
    issuer: &str,
    season: &str,
    day: Date,
    limit: i64,
) -> Result<Vec<RenewalRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM renewal WHERE issuer = ?1 AND remind_on <= ?2 AND season = ?3
           AND reminded_on IS NOT remind_on ORDER BY remind_on, id LIMIT ?4 + 0"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, day.to_string(), season, limit), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first day on which a member who has not answered asked to be reminded, and was not.
pub fn next_remind(c: &Connection, issuer: &str, season: &str) -> Result<Option<Date>, StoreError> {
    let day: Option<String> = c
        .prepare_cached(
            "SELECT min(remind_on) FROM renewal WHERE issuer = ?1 AND remind_on IS NOT NULL
               AND season = ?2 AND reminded_on IS NOT remind_on",
        )?
        .query_row((issuer, season), |r| r.get(0))?;
    Ok(day.and_then(|day| day.parse().ok()))
}

/// Notes that the wish to be reminded was served, or came to nothing.
pub fn reminded(c: &Connection, id: RenewalId) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE renewal SET reminded_on = remind_on WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Opens it, or gives what is there.
pub fn open(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    season: &str,
    at_ms: i64,
) -> Result<RenewalId, StoreError> {
    if let Some(found) = find(c, person, issuer, season)? {
        return Ok(found.id);
    }
    add(c, person, issuer, season, at_ms)
}

/// Opens one that is not there.
pub fn add(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    season: &str,
    at_ms: i64,
) -> Result<RenewalId, StoreError> {
    c.prepare_cached(
        "INSERT INTO renewal (person, issuer, season, state, opened_at, changed_at)
         VALUES (?1, ?2, ?3, 'open', ?4, ?4)",
    )?
    .execute((person.0, issuer, season, at_ms))?;
    Ok(RenewalId(c.last_insert_rowid()))
}

/// Keeps an accepted answer, and moves the renewal on by one version.
pub fn keep_answer(
    c: &Connection,
    renewal: &Renewal,
    state: RenewalState,
    answer: &AnswerRow<'_>,
) -> Result<i64, StoreError> {
    let version = renewal.version + 1;
    let moved = c
        .prepare_cached(
            "UPDATE renewal SET state = ?1, version = ?2, changed_at = ?3
             WHERE id = ?4 AND version = ?5",
        )?
        .execute((state.as_str(), version, answer.at_ms, renewal.id.0, renewal.version))?;
    if moved != 1 {
        return Err(StoreError::GiveUp("the renewal changed inside one transaction".into()));
    }
    c.prepare_cached(
        "INSERT INTO answer (renewal, version, nonce, choice, reason, door, language, mid, at,
           cover, dropped, situation, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute((
        renewal.id.0,
        version,
        answer.nonce,
        answer.choice.map(Choice::as_str),
        answer.reason,
        answer.door,
        answer.language,
        answer.mid,
        answer.at_ms,
        answer.cover.map(Cover::as_str),
        answer.dropped.join(" "),
        answer.situation.map(Situation::as_str),
        answer.body,
    ))?;
    Ok(version)
}

/// The day before which no reminder goes out; `None` where none was asked for.
pub fn remind_on(c: &Connection, renewal: RenewalId) -> Result<Option<Date>, StoreError> {
    let day: Option<String> = c
        .prepare_cached("SELECT remind_on FROM renewal WHERE id = ?1")?
        .query_row([renewal.0], |r| r.get(0))?;
    Ok(day.and_then(|day| day.parse().ok()))
}

/// No reminder before that day.
pub fn set_remind_on(c: &Connection, renewal: RenewalId, day: Date) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE renewal SET remind_on = ?2 WHERE id = ?1")?
        .execute((renewal.0, day.to_string()))?;
    Ok(())
}

/// Moves a renewal to another state without an answer: money came in, or went back. What was
/// drafted or shown from the version before it is looked at again.
pub fn shift(
    c: &Connection,
    id: RenewalId,
    state: RenewalState,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let moved = c
        .prepare_cached(
            "UPDATE renewal SET state = ?2, version = version + 1, changed_at = ?3
             WHERE id = ?1 AND state <> ?2",
        )?
        .execute((id.0, state.as_str(), at_ms))?;
    Ok(moved == 1)
}

/// What was chosen last beside renewing: insurance, and the bodies that were left out.
pub fn chosen(c: &Connection, id: RenewalId) -> Result<(Option<Cover>, Vec<String>), StoreError> {
    let found: Option<(Option<String>, String)> = c
        .prepare_cached(
            "SELECT cover, dropped FROM answer WHERE renewal = ?1 ORDER BY version DESC LIMIT 1",
        )?
        .query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (cover, dropped) = found.unwrap_or_default();
    let dropped = dropped.split_whitespace().map(str::to_owned).collect();
    Ok((cover.as_deref().and_then(Cover::parse), dropped))
}

/// The accepted answers, oldest first.
pub fn answers(c: &Connection, renewal: RenewalId) -> Result<Vec<Given>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT version, nonce, choice, at, body, cover, dropped FROM answer
         WHERE renewal = ?1 ORDER BY version",
    )?;
    let rows = statement.query_map([renewal.0], |r| {
        let (choice, cover): (Option<String>, Option<String>) = (r.get(2)?, r.get(5)?);
        let dropped: String = r.get(6)?;
        Ok(Given {
            base_version: r.get::<_, i64>(0)? - 1,
            nonce: r.get(1)?,
            choice: choice.as_deref().and_then(Choice::parse),
            body: r.get(4)?,
            cover: cover.as_deref().and_then(Cover::parse),
            dropped: dropped.split_whitespace().map(str::to_owned).collect(),
            at: Timestamp::from_millisecond(r.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many renewals stand in each state, by issuer: `(issuer, state, n)`.
pub fn tally(c: &Connection, season: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT issuer, state, count(*) FROM renewal WHERE season = ?1
         GROUP BY issuer, state ORDER BY issuer, state",
    )?;
    let rows = statement.query_map([season], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
