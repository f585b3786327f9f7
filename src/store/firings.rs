//! Owns firings: nominal local instants of schedules, each at most once, with their cursor.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::{StoreError, meta};
use crate::ids::FiringId;

/// Where a firing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringState {
    /// Its recipients are being counted, to be compared with the approved forecast.
    Counting,
    /// Its messages are being written, chunk by chunk.
    Planning,
    /// All of them are written.
    Done,
    /// Waits for the desk.
    Held,
    /// Will not happen.
    Cancelled,
}

impl FiringState {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Planning => "planning",
            Self::Done => "done",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "counting" => Self::Counting,
            "planning" => Self::Planning,
            "done" => Self::Done,
            "cancelled" => Self::Cancelled,
            // Whatever cannot be read waits for a person.
            _ => Self::Held,
        }
    }
}

/// A firing whose time has come.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the columns, named as in the config")]
pub struct NewFiring<'a> {
    pub schedule: &'a str,
    /// Nominal local date and time, `2026-11-02T09:00`.
    pub local: &'a str,
    pub zone: &'a str,
    pub due_ms: i64,
    pub season: &'a str,
    pub issuer: &'a str,
    pub step: &'a str,
    pub kind: &'a str,
    pub state: FiringState,
    pub reason: &'a str,
    pub hold_until_ms: Option<i64>,
}

/// A firing as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are NewFiring's, and its progress")]
pub struct FiringRow {
    pub id: FiringId,
    pub schedule: String,
    pub local: String,
    pub zone: String,
    pub due_ms: i64,
    pub season: String,
    pub issuer: String,
    pub step: String,
    pub kind: String,
    pub state: FiringState,
    /// Last person planned.
    pub cursor: i64,
    pub planned: i64,
    pub excluded: i64,
    pub reason: String,
    pub hold_until_ms: Option<i64>,
    /// Local date of the last daily pass over it.
    pub replanned_on: String,
    /// Recipients found when it was last compared with its approved forecast.
    pub counted: Option<i64>,
}

/// The reason of a firing whose count differs too much from the approved forecast.
pub const SURPRISING: &str = "surprising count";
/// The reason of a firing that a person let go.
pub const APPROVED: &str = "approved";

const COLUMNS: &str =
    "id, schedule, local, zone, due_at, season, issuer, step, kind, state, cursor,
    planned, excluded, reason, hold_until, replanned_on, counted";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<FiringRow> {
    let state: String = r.get(9)?;
    Ok(FiringRow {
        id: FiringId(r.get(0)?),
        schedule: r.get(1)?,
        local: r.get(2)?,
        zone: r.get(3)?,
        due_ms: r.get(4)?,
        season: r.get(5)?,
        issuer: r.get(6)?,
        step: r.get(7)?,
        kind: r.get(8)?,
        state: FiringState::parse(&state),
        cursor: r.get(10)?,
        planned: r.get(11)?,
        excluded: r.get(12)?,
        reason: r.get(13)?,
        hold_until_ms: r.get(14)?,
        replanned_on: r.get(15)?,
        counted: r.get(16)?,
    })
}

/// Writes a firing unless its key is taken. Returns its row where it is new.
pub fn add(c: &Connection, f: &NewFiring<'_>, at_ms: i64) -> Result<Option<FiringId>, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO firing (schedule, local, zone, due_at, season, issuer, step, kind, state,
               reason, hold_until, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (schedule, local) DO NOTHING",
        )?
        .execute((
            f.schedule,
            f.local,
            f.zone,
            f.due_ms,
            f.season,
            f.issuer,
            f.step,
            f.kind,
            f.state.as_str(),
            f.reason,
            f.hold_until_ms,
            at_ms,
        ))?;
    Ok((n == 1).then(|| FiringId(c.last_insert_rowid())))
}

/// Whether a notice of the season has gone out to an association’s members, or is going; or, where
/// that was missed, a later step in its place.
pub fn noticed(c: &Connection, issuer: &str, season: &str) -> Result<bool, StoreError> {
    Ok(c.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM firing WHERE issuer = ?1 AND season = ?2
           AND kind IN ('notice', 'reminder', 'last-call') AND state IN ('planning', 'done'))",
    )?
    .query_row((issuer, season), |r| r.get(0))?)
}

/// Whether the schedule fired for that nominal instant already.
pub fn exists(c: &Connection, schedule: &str, local: &str) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM firing WHERE schedule = ?1 AND local = ?2")?
        .query_row((schedule, local), |_| Ok(()))
        .optional()?
        .is_some())
}

/// One firing.
pub fn by_id(c: &Connection, id: FiringId) -> Result<Option<FiringRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM firing WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

/// Firings in that state, by due time.
pub fn in_state(c: &Connection, state: FiringState) -> Result<Vec<FiringRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM firing WHERE state = ?1 ORDER BY due_at, id");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([state.as_str()], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every firing, by due time.
pub fn all(c: &Connection) -> Result<Vec<FiringRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM firing ORDER BY due_at, id");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The done firings of an issuer in a season, latest first.
pub fn done(c: &Connection, issuer: &str, season: &str) -> Result<Vec<FiringRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM firing WHERE issuer = ?1 AND season = ?2 AND state = 'done'
         ORDER BY due_at DESC, id DESC"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, season), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The latest firing of a schedule that waits for a person.
pub fn held_of(c: &Connection, schedule: &str) -> Result<Option<FiringRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM firing WHERE schedule = ?1 AND state = 'held'
         ORDER BY due_at DESC LIMIT 1"
    );
    Ok(c.prepare_cached(&sql)?.query_row([schedule], row).optional()?)
}

/// Ends a count: the firing is planned, or held with a reason.
pub fn counted(
    c: &Connection,
    id: FiringId,
    recipients: i64,
    state: FiringState,
    reason: &str,
) -> Result<bool, StoreError> {
    let n = c.execute(
        "UPDATE firing SET state = ?2, counted = ?3, reason = iif(?4 = '', reason, ?4)
         WHERE id = ?1 AND state = 'counting'",
        (id.0, state.as_str(), recipients, reason),
    )?;
    Ok(n == 1)
}

/// How far one chunk of planning came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the columns")]
pub struct Progress {
    pub cursor: i64,
    /// In this chunk.
    pub planned: i64,
    /// In this chunk.
    pub excluded: i64,
}

/// Moves the cursor on after a chunk. `done_on`: it was the last, on that local day, whose daily
/// pass it was.
pub fn advance(
    c: &Connection,
    id: FiringId,
    progress: Progress,
    done_on: Option<&str>,
) -> Result<(), StoreError> {
    let Progress { cursor, planned, excluded } = progress;
    c.prepare_cached(
        "UPDATE firing SET cursor = ?2, planned = planned + ?3, excluded = excluded + ?4,
           state = iif(?5 IS NULL, state, 'done'), replanned_on = coalesce(?5, replanned_on)
         WHERE id = ?1 AND state = 'planning'",
    )?
    .execute((id.0, cursor, planned, excluded, done_on))?;
    Ok(())
}

/// Starts a daily pass: the same firing is planned again from the first member, or counted before;
/// causes keep everybody at one message.
pub fn replan(
    c: &Connection,
    id: FiringId,
    state: FiringState,
    on: &str,
) -> Result<(), StoreError> {
    c.execute(
        "UPDATE firing SET state = ?3, cursor = 0, excluded = 0, replanned_on = ?2
         WHERE id = ?1 AND state = 'done'",
        (id.0, on, state.as_str()),
    )?;
    Ok(())
}

/// Decides a held firing. Returns whether it was held.
pub fn release(
    c: &Connection,
    id: FiringId,
    state: FiringState,
    reason: &str,
) -> Result<bool, StoreError> {
    let n = c.execute(
        "UPDATE firing SET state = ?2, reason = ?3, hold_until = NULL
         WHERE id = ?1 AND state = 'held'",
        (id.0, state.as_str(), reason),
    )?;
    Ok(n == 1)
}

/// Notes that a person has looked at a firing and lets it go: nothing of it is held again.
pub fn approve(c: &Connection, id: FiringId) -> Result<(), StoreError> {
    c.execute("UPDATE firing SET reason = ?2 WHERE id = ?1", (id.0, APPROVED))?;
    Ok(())
}

/// The latest firing of each step of a season that has written a message or still may: a schedule
/// that is renamed or gone is seen by it.
pub fn fired_steps(c: &Connection, season: &str) -> Result<Vec<FiringRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, max(due_at) FROM firing
         WHERE season = ?1 AND (planned > 0 OR state IN ('counting', 'planning', 'held'))
         GROUP BY schedule, issuer, step ORDER BY schedule"
    );
    let mut statement = c.prepare(&sql)?;
    let rows = statement.query_map([season], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes one from what [`set_slack`] kept for a firing. `false`: none was left.
pub fn spend_slack(c: &Connection, id: FiringId) -> Result<bool, StoreError> {
    let left = c
        .prepare_cached(
            "UPDATE meta SET value = value - 1 WHERE key = ?1 AND CAST(value AS INTEGER) > 0",
        )?
        .execute([slack_key(id)])?;
    Ok(left == 1)
}

/// Keeps how many more of a firing's messages may come back before its health is looked at again.
pub fn set_slack(c: &Connection, id: FiringId, slack: i64) -> Result<(), StoreError> {
    meta::set(c, &slack_key(id), &slack.to_string())
}

fn slack_key(id: FiringId) -> String {
    format!("firing-slack/{}", id.0)
}
