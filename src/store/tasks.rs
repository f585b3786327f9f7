//! Owns the lines that wait for a person at a desk. A line is opened once per cause, which names an
//! event (`overdue/<invoice>`, `says-paid/<ledger line>`) and never a condition: the same event
//! told twice, or told again after the desk closed its line, opens nothing.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};
use serde_json::Value;

use super::StoreError;
use crate::domain::words::TaskKind;
use crate::ids::{PersonId, RenewalId, TaskId};

/// A line to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// The event behind it; the store takes each once.
    pub cause: &'a str,
    /// Code of the association whose desk must act.
    pub issuer: &'a str,
    /// What it is about.
    pub kind: TaskKind,
    /// The member, where it is about one.
    pub person: Option<PersonId>,
    /// The renewal, where it is about one.
    pub renewal: Option<RenewalId>,
    /// What the line shows: an object of rows, amounts and codes. No contact data.
    pub data: &'a Value,
    /// When, in milliseconds.
    pub at_ms: i64,
}

/// A line as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Row.
    pub id: TaskId,
    /// The event behind it.
    pub cause: String,
    /// Code of the association whose desk must act.
    pub issuer: String,
    /// What it is about.
    pub kind: TaskKind,
    /// The member, where it is about one.
    pub person: Option<PersonId>,
    /// The renewal, where it is about one.
    pub renewal: Option<RenewalId>,
    /// What the line shows.
    pub data: Value,
    /// Since when, in milliseconds.
    pub opened_ms: i64,
    /// When it was closed; `None` while it waits.
    pub closed_ms: Option<i64>,
    /// Who closed it: a person's name, or `relance`.
    pub closed_by: String,
    /// What came of it.
    pub outcome: String,
}

const COLUMNS: &str = "id, cause, issuer, kind, person, renewal, data, opened_at, closed_at, \
                       closed_by, outcome";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<Task> {
    let fault = |column, what: String| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
    };
    let kind: String = r.get(3)?;
    let data: String = r.get(6)?;
    Ok(Task {
        id: TaskId(r.get(0)?),
        cause: r.get(1)?,
        issuer: r.get(2)?,
        kind: TaskKind::parse(&kind)
            .ok_or_else(|| fault(3, format!("unknown kind of task {kind}")))?,
        person: r.get::<_, Option<i64>>(4)?.map(PersonId),
        renewal: r.get::<_, Option<i64>>(5)?.map(RenewalId),
        data: serde_json::from_str(&data).map_err(|e| fault(6, e.to_string()))?,
        opened_ms: r.get(7)?,
        closed_ms: r.get(8)?,
        closed_by: r.get(9)?,
        outcome: r.get(10)?,
    })
}

/// Opens a line; `None` where its cause has had one already, open or closed.
pub fn open(c: &Connection, task: &NewTask<'_>) -> Result<Option<TaskId>, StoreError> {
    let added = c
        .prepare_cached(
            "INSERT INTO task (cause, issuer, kind, person, renewal, data, opened_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (cause) DO NOTHING",
        )?
        .execute((
            task.cause,
            task.issuer,
            task.kind.as_str(),
            task.person.map(|p| p.0),
            task.renewal.map(|r| r.0),
            task.data.to_string(),
            task.at_ms,
        ))?;
    Ok((added == 1).then(|| TaskId(c.last_insert_rowid())))
}

/// Whether that event has opened a line, be it closed since.
pub fn has(c: &Connection, cause: &str) -> Result<bool, StoreError> {
    let found = c
        .prepare_cached("SELECT 1 FROM task WHERE cause = ?1")?
        .query_row([cause], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Closes a line; `false` where it is closed already or not here.
pub fn close(
    c: &Connection,
    id: TaskId,
    by: &str,
    outcome: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let closed = c
        .prepare_cached(
            "UPDATE task SET closed_at = ?2, closed_by = ?3, outcome = ?4
             WHERE id = ?1 AND closed_at IS NULL",
        )?
        .execute((id.0, at_ms, by, outcome))?;
    Ok(closed == 1)
}

/// Closes every open line of one kind about a renewal, and says how many there were.
pub fn close_for(
    c: &Connection,
    renewal: RenewalId,
    kind: TaskKind,
    by: &str,
    outcome: &str,
    at_ms: i64,
) -> Result<usize, StoreError> {
    Ok(c.prepare_cached(
        "UPDATE task SET closed_at = ?3, closed_by = ?4, outcome = ?5
         WHERE renewal = ?1 AND kind = ?2 AND closed_at IS NULL",
    )?
    .execute((renewal.0, kind.as_str(), at_ms, by, outcome))?)
}

/// Closes the open line of a cause and of whatever followed from it (`<cause>/…`).
pub fn close_cause(
    c: &Connection,
    cause: &str,
    by: &str,
    outcome: &str,
    at_ms: i64,
) -> Result<usize, StoreError> {
    Ok(c.prepare_cached(
        "UPDATE task SET closed_at = ?2, closed_by = ?3, outcome = ?4
         WHERE (cause = ?1 OR (cause >= ?1 || '/' AND cause < ?1 || '0')) AND closed_at IS NULL",
    )?
    .execute((cause, at_ms, by, outcome))?)
}

/// The line with that row.
pub fn by_id(c: &Connection, id: TaskId) -> Result<Option<Task>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

/// The open lines of one desk, oldest first.
pub fn open_of(c: &Connection, issuer: &str) -> Result<Vec<Task>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM task WHERE issuer = ?1 AND closed_at IS NULL
         ORDER BY opened_at, id"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([issuer], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every line about a person, open or closed, oldest first.
pub fn about(c: &Connection, person: PersonId) -> Result<Vec<Task>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE person = ?1 ORDER BY opened_at, id");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([person.0], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn store() -> Connection {
        let mut c = Connection::open_in_memory().unwrap();
        super::super::migrate::run(&mut c, 0).unwrap();
        c.execute_batch(
            "INSERT INTO person (id, member_no, subject, salt, given_name, family_name, province,
               status) VALUES (1, '1001', 's', x'00', 'A', 'B', 'ON', 'active');
             INSERT INTO renewal (id, person, issuer, season, state, opened_at, changed_at)
             VALUES (5, 1, 'OPPI', '2027', 'pledged', 0, 0);",
        )
        .unwrap();
        c
    }

    fn task<'a>(cause: &'a str, kind: TaskKind, data: &'a Value, at_ms: i64) -> NewTask<'a> {
        NewTask {
            cause,
            issuer: "OPPI",
            kind,
            person: Some(PersonId(1)),
            renewal: Some(RenewalId(5)),
            data,
            at_ms,
        }
    }

    #[test]
    fn a_cause_has_one_line_even_after_it_was_closed() {
        let c = store();
        let data = json!({"cents": 5});
        let new = task("overdue/1", TaskKind::Overdue, &data, 10);
        let id = open(&c, &new).unwrap().unwrap();
        assert_eq!(open(&c, &new).unwrap(), None);
        let line = by_id(&c, id).unwrap().unwrap();
        assert_eq!((line.kind, &line.data, line.closed_ms), (TaskKind::Overdue, &data, None));
        assert!(close(&c, id, "Ann", "paid by telephone", 20).unwrap());
        assert!(!close(&c, id, "Bob", "again", 30).unwrap());
        assert_eq!(open(&c, &new).unwrap(), None);
        let line = by_id(&c, id).unwrap().unwrap();
        assert_eq!((line.closed_ms, line.closed_by.as_str()), (Some(20), "Ann"));
        assert_eq!(line.outcome, "paid by telephone");
        assert!(!close(&c, TaskId(99), "Ann", "", 1).unwrap());
    }

    #[test]
    fn a_desk_sees_its_open_lines_oldest_first() {
        let c = store();
        let none = json!({});
        let late = open(&c, &task("b", TaskKind::Credit, &none, 20)).unwrap().unwrap();
        let early = open(&c, &task("a", TaskKind::ExpectedCheque, &none, 10)).unwrap().unwrap();
        open(&c, &NewTask { issuer: "CIP", ..task("c", TaskKind::Call, &none, 5) }).unwrap();
        let ids: Vec<TaskId> = open_of(&c, "OPPI").unwrap().iter().map(|t| t.id).collect();
        assert_eq!(ids, [early, late]);
        let n = close_for(&c, RenewalId(5), TaskKind::ExpectedCheque, "relance", "paid", 30);
        assert_eq!(n.unwrap(), 1);
        let ids: Vec<TaskId> = open_of(&c, "OPPI").unwrap().iter().map(|t| t.id).collect();
        assert_eq!(ids, [late]);
        assert_eq!(about(&c, PersonId(1)).unwrap().len(), 3);
    }
}
