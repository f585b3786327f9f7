//! Owns the outbox: one row a cause, and its state machine
//! `queued → sending → sent | refused | deferred | unknown`, besides `held` and `cancelled`.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::words::MessageState;
use crate::ids::{FiringId, MessageId, MessageRow, PersonId, RenewalId};

/// Whom a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The member, at the address on file when it is claimed.
    Member,
    /// The issuer's desk.
    Desk,
}

impl Recipient {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Desk => "desk",
        }
    }
}

/// A message to be written, once per cause.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// What makes it unique.
    pub cause: &'a str,
    /// Step kind, or `confirmation`, `fresh-link`, `confirm-request`, `forward`, `desk-answer`.
    pub kind: &'a str,
    /// 0: somebody waits for it. 1: the calendar's.
    pub priority: i64,
    /// About whom.
    pub person: Option<PersonId>,
    /// About which renewal.
    pub renewal: Option<RenewalId>,
    /// In whose name.
    pub issuer: &'a str,
    /// By which firing.
    pub firing: Option<FiringId>,
    /// To whom.
    pub recipient: Recipient,
    /// Facts that cannot be read again at claim time, as JSON.
    pub payload: &'a str,
    /// Not before.
    pub due_ms: i64,
}

/// One message as the outbox and commands see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are NewMessage's, and the state's own")]
pub struct MessageView {
    pub id: MessageRow,
    pub cause: String,
    pub kind: String,
    pub priority: i64,
    pub person: Option<PersonId>,
    pub renewal: Option<RenewalId>,
    pub issuer: String,
    pub firing: Option<FiringId>,
    pub to_desk: bool,
    pub payload: String,
    pub state: MessageState,
    pub due_ms: i64,
    /// Number of the current attempt, from 1.
    pub attempt: u32,
    /// Times that the current attempt was claimed.
    pub tries: u32,
    pub reason: String,
    /// When the current attempt was opened.
    pub opened_ms: i64,
}

/// What claiming found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours: `sending` is in this transaction.
    Claimed,
    /// Not waiting any more: somebody else has it, or it was cancelled.
    Gone,
}

const COLUMNS: &str = "id, cause, kind, priority, person, renewal, issuer, firing, recipient,
    payload, state, due_at, attempt, tries, reason, opened_at";

fn view(r: &SqlRow<'_>) -> rusqlite::Result<MessageView> {
    let state: String = r.get(10)?;
    let recipient: String = r.get(8)?;
    Ok(MessageView {
        id: MessageRow(r.get(0)?),
        cause: r.get(1)?,
        kind: r.get(2)?,
        priority: r.get(3)?,
        person: r.get::<_, Option<i64>>(4)?.map(PersonId),
        renewal: r.get::<_, Option<i64>>(5)?.map(RenewalId),
        issuer: r.get(6)?,
        firing: r.get::<_, Option<i64>>(7)?.map(FiringId),
        to_desk: recipient == "desk",
        payload: r.get(9)?,
        state: MessageState::parse(&state).unwrap_or(MessageState::Held),
        due_ms: r.get(11)?,
        attempt: r.get(12)?,
        tries: r.get(13)?,
        reason: r.get(14)?,
        opened_ms: r.get(15)?,
    })
}

/// Writes a message unless its cause has one. Returns the row where it is new.
pub fn add(
    c: &Connection,
    message: &NewMessage<'_>,
    at_ms: i64,
) -> Result<Option<MessageRow>, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO message (cause, kind, priority, person, renewal, issuer, firing,
               recipient, payload, state, due_at, opened_at, created_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'queued', ?10, ?11, ?11, ?11)
             ON CONFLICT (cause) DO NOTHING",
        )?
        .execute((
            message.cause,
            message.kind,
            message.priority,
            message.person.map(|p| p.0),
            message.renewal.map(|r| r.0),
            message.issuer,
            message.firing.map(|f| f.0),
            message.recipient.as_str(),
            message.payload,
            message.due_ms,
            at_ms,
        ))?;
    Ok((n == 1).then(|| MessageRow(c.last_insert_rowid())))
}

/// One message.
pub fn by_id(c: &Connection, id: MessageRow) -> Result<Option<MessageView>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], view).optional()?)
}

/// The messages of one priority that are due, in order.
pub fn due(
    c: &Connection,
    priority: i64,
    now_ms: i64,
    limit: i64,
) -> Result<Vec<MessageView>, StoreError> {
    // An expression, since SQLite plans anew for every other value of a bare `LIMIT ?3`.
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE state IN ('queued', 'deferred') AND priority = ?1
         AND due_at <= ?2 ORDER BY due_at, id LIMIT ?3 + 0"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((priority, now_ms, limit), view)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next message that is not due yet comes due.
pub fn next_due(c: &Connection, now_ms: i64) -> Result<Option<i64>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT min(d) FROM (
           SELECT min(due_at) AS d FROM message
             WHERE state IN ('queued', 'deferred') AND priority = 0 AND due_at > ?1
           UNION ALL SELECT min(due_at) FROM message
             WHERE state IN ('queued', 'deferred') AND priority = 1 AND due_at > ?1)",
    )?
    .query_row([now_ms], |r| r.get(0))?)
}

/// Takes a waiting message for sending: `queued | deferred → sending`.
pub fn claim(c: &Connection, id: MessageRow, at_ms: i64) -> Result<Claim, StoreError> {
    let n = c
        .prepare_cached(
            "UPDATE message SET state = 'sending', tries = tries + 1, changed_at = ?2
             WHERE id = ?1 AND state IN ('queued', 'deferred')",
        )?
        .execute((id.0, at_ms))?;
    Ok(if n == 1 { Claim::Claimed } else { Claim::Gone })
}

/// Moves a message to `state`, from one of `from`. Returns whether it moved.
pub fn shift(
    c: &Connection,
    id: MessageRow,
    from: &[MessageState],
    state: MessageState,
    reason: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let now: Option<String> = c
        .prepare_cached("SELECT state FROM message WHERE id = ?1")?
        .query_row([id.0], |r| r.get(0))
        .optional()?;
    let now = now.map(|state| MessageState::parse(&state).unwrap_or(MessageState::Held));
    if !now.is_some_and(|state| from.contains(&state)) {
        return Ok(false);
    }
    c.prepare_cached("UPDATE message SET state = ?2, reason = ?3, changed_at = ?4 WHERE id = ?1")?
        .execute((id.0, state.as_str(), reason, at_ms))?;
    Ok(true)
}

/// Puts a message that was not sent back in the queue: for `due_ms`, with or without counting the
/// try.
pub fn put_back(
    c: &Connection,
    id: MessageRow,
    state: MessageState,
    due_ms: i64,
    count_try: bool,
    reason: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE message SET state = ?2, due_at = ?3, tries = tries - iif(?4, 0, 1), reason = ?5,
           changed_at = ?6 WHERE id = ?1 AND state = 'sending'",
    )?
    .execute((id.0, state.as_str(), due_ms, count_try, reason, at_ms))?;
    Ok(())
}

/// A message of the calendar that a member got, or is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In whose name.
    pub issuer: String,
    /// When it was planned.
    pub at_ms: i64,
    /// When its firing was due; `None` where the member had asked for it.
    pub due_ms: Option<i64>,
    /// Which step it is: the kind's text form.
    pub kind: String,
}

/// The calendar's messages and the invoices since `since_ms` to the persons in a range of rows,
/// without those of the firing `but`.
pub fn steps_of(
    c: &Connection,
    (first, last): (PersonId, PersonId),
    since_ms: i64,
    but: FiringId,
) -> Result<BTreeMap<PersonId, Vec<Step>>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT m.person, m.issuer, m.created_at, f.due_at, m.kind
         FROM message m LEFT JOIN firing f ON f.id = m.firing
         WHERE m.person BETWEEN ?1 AND ?2 AND (m.priority = 1 OR m.kind = 'invoice')
           AND m.recipient = 'member' AND m.created_at >= ?3 AND m.state <> 'cancelled' AND m.firing IS NOT ?4",
    )?;
    let mut rows = statement.query((first.0, last.0, since_ms, but.0))?;
    let mut found: BTreeMap<PersonId, Vec<Step>> = BTreeMap::new();
    while let Some(r) = rows.next()? {
        found.entry(PersonId(r.get(0)?)).or_default().push(Step {
            issuer: r.get(1)?,
            at_ms: r.get(2)?,
            due_ms: r.get(3)?,
            kind: r.get(4)?,
        });
    }
    Ok(found)
}

/// A message that reached a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The message.
    pub id: MessageRow,
    /// Its attempt.
    pub mid: MessageId,
    /// Kind.
    pub kind: String,
    /// Number of the member.
    pub member_no: String,
    /// About which renewal.
    pub renewal: RenewalId,
}

/// Up to `limit` messages of the calendar that were sent, after the message `after`.
pub fn reached_after(
    c: &Connection,
    after: MessageRow,
    limit: i64,
) -> Result<Vec<Reached>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT m.id, a.mid, m.kind, p.member_no, m.renewal
         FROM message m JOIN attempt a ON a.message = m.id AND a.n = m.attempt
         JOIN person p ON p.id = m.person
         WHERE m.id > ?1 AND m.state = 'sent' AND m.priority = 1 AND m.recipient = 'member'
           AND m.renewal IS NOT NULL ORDER BY m.id LIMIT ?2 + 0",
    )?;
    let rows = statement.query_map((after.0, limit), |r| {
        Ok(Reached {
            id: MessageRow(r.get(0)?),
            mid: MessageId::from_i64(r.get(1)?),
            kind: r.get(2)?,
            member_no: r.get(3)?,
            renewal: RenewalId(r.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Moves a waiting message's time, and nothing else.
pub fn postpone(c: &Connection, id: MessageRow, due_ms: i64) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE message SET due_at = ?2 WHERE id = ?1 AND state IN ('queued', 'deferred')",
    )?
    .execute((id.0, due_ms))?;
    Ok(())
}

/// Opens a next numbered attempt of the same row: only by an act that stands in the ledger, or by
/// configuration.
pub fn reopen(c: &Connection, id: MessageRow, due_ms: i64, at_ms: i64) -> Result<(), StoreError> {
    c.execute(
        "UPDATE message SET state = 'queued', attempt = attempt + 1, tries = 0, reason = '',
           due_at = ?2, opened_at = ?3, changed_at = ?3
         WHERE id = ?1 AND state IN ('unknown', 'refused', 'held', 'cancelled', 'sent')",
        (id.0, due_ms, at_ms),
    )?;
    Ok(())
}

/// The rows in `state`, oldest first; all states where `None`.
pub fn list(
    c: &Connection,
    state: Option<MessageState>,
    limit: i64,
) -> Result<Vec<MessageView>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE (?1 IS NULL OR state = ?1) ORDER BY id LIMIT ?2"
    );
    let mut statement = c.prepare(&sql)?;
    let rows = statement.query_map((state.map(MessageState::as_str), limit), view)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many messages stand in each state, by kind: `(kind, state, n)`.
pub fn tally(c: &Connection) -> Result<Vec<(String, String, i64)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT kind, state, count(*) FROM message GROUP BY kind, state ORDER BY kind, state",
    )?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Holds what is left of a firing. Returns how many messages.
pub fn hold_firing(
    c: &Connection,
    firing: FiringId,
    reason: &str,
    at_ms: i64,
) -> Result<usize, StoreError> {
    Ok(c.execute(
        "UPDATE message SET state = 'held', reason = ?2, changed_at = ?3
         WHERE firing = ?1 AND state IN ('queued', 'deferred')",
        (firing.0, reason, at_ms),
    )?)
}

/// Lets held messages of a firing go. Returns how many.
pub fn release_firing(c: &Connection, firing: FiringId, at_ms: i64) -> Result<usize, StoreError> {
    Ok(c.execute(
        "UPDATE message SET state = 'queued', reason = '', changed_at = ?2
         WHERE firing = ?1 AND state = 'held'",
        (firing.0, at_ms),
    )?)
}

/// Held messages of a firing will not go out. Returns how many.
pub fn cancel_firing(
    c: &Connection,
    firing: FiringId,
    reason: &str,
    at_ms: i64,
) -> Result<usize, StoreError> {
    Ok(c.execute(
        "UPDATE message SET state = 'cancelled', reason = ?2, changed_at = ?3
         WHERE firing = ?1 AND state = 'held'",
        (firing.0, reason, at_ms),
    )?)
}

/// How many of one firing's messages were refused or came back hard, and how many went out. Looks
/// at each of them: [`super::firings::spend_slack`] says when that is worth it.
pub fn firing_health(c: &Connection, firing: FiringId) -> Result<(i64, i64), StoreError> {
    let (refused, total): (i64, i64) = c
        .prepare_cached(
            "SELECT coalesce(sum(state = 'refused'), 0),
                    coalesce(sum(state IN ('sent', 'refused', 'unknown')), 0)
             FROM message WHERE firing = ?1",
        )?
        .query_row([firing.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let returned: i64 = c
        .prepare_cached(
            "SELECT count(*) FROM attempt a JOIN message m ON m.id = a.message AND m.attempt = a.n
             WHERE a.bounced_at IS NOT NULL AND a.bounce_hard AND m.firing = ?1
               AND m.state <> 'refused'",
        )?
        .query_row([firing.0], |r| r.get(0))?;
    Ok((refused + returned, total))
}
