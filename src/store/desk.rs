//! Owns a desk's links, what was done by them and by whom, the mails that wait for it, and the
//! lines that a digest lists. Times are milliseconds.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::digest::{Act, Handle};
use crate::domain::words::TaskKind;
use crate::ids::{FiringId, MessageId, MessageRow, PersonId, TaskId};

/// A link as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Its id: what its token carries.
    pub id: MessageId,
    /// What it is good for.
    pub handle: Handle,
    /// Code of the association whose desk has it.
    pub issuer: String,
    /// When it was used; `None`: not yet.
    pub used_ms: Option<i64>,
    /// What was done by it.
    pub did: String,
    /// The ledger's line of that.
    pub deed: Option<i64>,
}

/// Makes a link, once.
pub fn add_link(
    c: &Connection,
    id: MessageId,
    handle: Handle,
    issuer: &str,
    digest: Option<i64>,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO desk_link (id, act, target, issuer, digest, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
    )?
    .execute((id.to_i64(), handle.act.as_str(), handle.target, issuer, digest, at_ms))?;
    Ok(())
}

fn link(r: &SqlRow<'_>) -> rusqlite::Result<Option<LinkRow>> {
    let act: String = r.get(1)?;
    let Some(act) = Act::parse(&act) else { return Ok(None) };
    Ok(Some(LinkRow {
        id: MessageId::from_i64(r.get(0)?),
        handle: Handle { act, target: r.get(2)? },
        issuer: r.get(3)?,
        used_ms: r.get(4)?,
        did: r.get(5)?,
        deed: r.get(6)?,
    }))
}

const LINK: &str = "id, act, target, issuer, used_at, did, deed";

/// The link with that id.
pub fn link_by_id(c: &Connection, id: MessageId) -> Result<Option<LinkRow>, StoreError> {
    let sql = format!("SELECT {LINK} FROM desk_link WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.to_i64()], link).optional()?.flatten())
}

/// The links of one digest.
pub fn links_of(c: &Connection, digest: i64) -> Result<Vec<LinkRow>, StoreError> {
    let sql = format!("SELECT {LINK} FROM desk_link WHERE digest = ?1");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([digest], link)?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Spends a link. `false` where it was spent before.
pub fn use_link(
    c: &Connection,
    id: MessageId,
    did: &str,
    deed: i64,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "UPDATE desk_link SET used_at = ?2, did = ?3, deed = ?4
             WHERE id = ?1 AND used_at IS NULL",
        )?
        .execute((id.to_i64(), at_ms, did, deed))?;
    Ok(n == 1)
}

/// Who did what a ledger line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    /// Name, as typed.
    pub staff: String,
    /// By which channel a member had asked for it; empty where none did.
    pub channel: String,
    /// What was noted.
    pub note: String,
}

/// Keeps who did what a ledger line says.
pub fn keep_deed(
    c: &Connection,
    ledger: i64,
    issuer: &str,
    person: Option<PersonId>,
    deed: &Deed,
    salt: &[u8],
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO deed (ledger, issuer, person, staff, channel, note, salt, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        ledger,
        issuer,
        person.map(|p| p.0),
        &deed.staff,
        &deed.channel,
        &deed.note,
        salt,
        at_ms,
    ))?;
    Ok(())
}

/// Who did what that ledger line says; `None` where it was erased.
pub fn deed(c: &Connection, ledger: i64) -> Result<Option<Deed>, StoreError> {
    Ok(c.prepare_cached("SELECT staff, channel, note FROM deed WHERE ledger = ?1")?
        .query_row([ledger], |r| Ok(Deed { staff: r.get(0)?, channel: r.get(1)?, note: r.get(2)? }))
        .optional()?)
}

/// Notes that a kept mail was not passed on and waits for a person.
pub fn add_waiting(
    c: &Connection,
    inbound: i64,
    issuer: &str,
    why: &str,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO waiting_mail (inbound, issuer, why) VALUES (?1, ?2, ?3)
         ON CONFLICT (inbound) DO NOTHING",
    )?
    .execute((inbound, issuer, why))?;
    Ok(())
}

/// Whether a kept mail waits for a person still.
pub fn is_waiting(c: &Connection, inbound: i64) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM waiting_mail WHERE inbound = ?1 AND settled_at IS NULL")?
        .query_row([inbound], |_| Ok(()))
        .optional()?
        .is_some())
}

/// A person has answered a kept mail. `false` where it waited no more.
pub fn settle_waiting(c: &Connection, inbound: i64, at_ms: i64) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "UPDATE waiting_mail SET settled_at = ?2 WHERE inbound = ?1 AND settled_at IS NULL",
        )?
        .execute((inbound, at_ms))?;
    Ok(n == 1)
}

/// A page of lines and how many there are in all.
pub type Page<T> = (Vec<T>, i64);

/// Mails that wait: `(inbound, sender, subject, received)`.
pub fn waiting(
    c: &Connection,
    issuer: &str,
    until_ms: i64,
    limit: usize,
) -> Result<Page<(i64, String, String, i64)>, StoreError> {
    const FROM: &str = "FROM waiting_mail w JOIN inbound i ON i.id = w.inbound
         WHERE w.issuer = ?1 AND w.settled_at IS NULL AND i.at <= ?2";
    let all = count(c, FROM, (issuer, until_ms))?;
    let sql =
        format!("SELECT i.id, i.sender, i.subject, i.received {FROM} ORDER BY i.id LIMIT {limit}");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement
        .query_map((issuer, until_ms), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    Ok((rows.collect::<Result<_, _>>()?, all))
}

fn count(c: &Connection, from: &str, parameters: impl rusqlite::Params) -> Result<i64, StoreError> {
    let sql = format!("SELECT count(*) {from}");
    Ok(c.prepare_cached(&sql)?.query_row(parameters, |r| r.get(0))?)
}

/// Firings of an issuer that stand still, or of which messages do: `(firing, messages held, since)`.
pub fn held_firings(
    c: &Connection,
    issuer: &str,
    until_ms: i64,
) -> Result<Vec<(FiringId, i64, i64)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT f.id, coalesce(h.n, 0), coalesce(h.since, f.created_at) FROM firing f
         LEFT JOIN (SELECT firing, count(*) AS n, min(changed_at) AS since FROM message
                    WHERE state = 'held' AND firing IS NOT NULL GROUP BY firing) h
           ON h.firing = f.id
         WHERE f.issuer = ?1 AND f.created_at <= ?2 AND (f.state = 'held' OR h.n > 0)
         ORDER BY f.due_at, f.id",
    )?;
    let rows = statement
        .query_map((issuer, until_ms), |r| Ok((FiringId(r.get(0)?), r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// As [`held_firings`], of one firing: messages held, since when it waits.
pub fn held_of(c: &Connection, firing: FiringId) -> Result<(i64, i64), StoreError> {
    Ok(c.prepare_cached(
        "SELECT coalesce(h.n, 0), coalesce(h.since, f.created_at) FROM firing f
         LEFT JOIN (SELECT firing, count(*) AS n, min(changed_at) AS since FROM message
                    WHERE state = 'held' AND firing = ?1 GROUP BY firing) h ON h.firing = f.id
         WHERE f.id = ?1",
    )?
    .query_row([firing.0], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

/// Whom the held messages of one firing are for.
pub fn held_persons(c: &Connection, firing: FiringId) -> Result<Vec<PersonId>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT person FROM message
         WHERE firing = ?1 AND state = 'held' AND person IS NOT NULL ORDER BY person",
    )?;
    let rows = statement.query_map([firing.0], |r| Ok(PersonId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A message in doubt: its row, kind, person, and since when.
pub type Doubt = (MessageRow, String, Option<PersonId>, i64);

/// Messages in doubt.
pub fn in_doubt(
    c: &Connection,
    issuer: &str,
    until_ms: i64,
    limit: usize,
) -> Result<Page<Doubt>, StoreError> {
    const FROM: &str = "FROM message WHERE state = 'unknown' AND issuer = ?1 AND changed_at <= ?2";
    let all = count(c, FROM, (issuer, until_ms))?;
    let sql =
        format!("SELECT id, kind, person, changed_at {FROM} ORDER BY changed_at, id LIMIT {limit}");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, until_ms), |r| {
        let person: Option<i64> = r.get(2)?;
        Ok((MessageRow(r.get(0)?), r.get(1)?, person.map(PersonId), r.get(3)?))
    })?;
    Ok((rows.collect::<Result<_, _>>()?, all))
}

/// Members of whose renewal with an issuer nothing is known and to whose address nothing is
/// mailed: `(person, reason, since)`. Who has answered need not be reached.
pub fn unreachable(
    c: &Connection,
    issuer: &str,
    season: &str,
    until_ms: i64,
    limit: usize,
) -> Result<Page<(PersonId, String, i64)>, StoreError> {
    const FROM: &str = "FROM address a JOIN person p ON lower(p.email) = a.address
           JOIN membership m ON m.person = p.id AND m.association = ?1 AND m.missing = 0
         WHERE a.suspended_at IS NOT NULL AND a.suspended_at <= ?3 AND p.status <> 'deceased'
           AND coalesce((SELECT r.state FROM renewal r WHERE r.person = p.id AND r.season = ?2
             AND r.issuer = ?1), iif(EXISTS (SELECT 1 FROM renewal r WHERE r.person = p.id
               AND r.season = ?2), 'elsewhere', 'open')) = 'open'";
    let all = count(c, FROM, (issuer, season, until_ms))?;
    let sql = format!(
        "SELECT p.id, a.reason, a.suspended_at {FROM} ORDER BY a.suspended_at, p.id LIMIT {limit}"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, season, until_ms), |r| {
        Ok((PersonId(r.get(0)?), r.get(1)?, r.get(2)?))
    })?;
    Ok((rows.collect::<Result<_, _>>()?, all))
}

/// Who answered since an instant that they renew, and when, the latest first.
pub fn renewed_since(
    c: &Connection,
    issuer: &str,
    season: &str,
    since_ms: i64,
    limit: usize,
) -> Result<Vec<(PersonId, i64)>, StoreError> {
    let sql = format!(
        "SELECT r.person, a.at FROM renewal r
         JOIN answer a ON a.renewal = r.id AND a.version = r.version
         WHERE r.issuer = ?1 AND r.season = ?2 AND r.changed_at >= ?3 AND a.at >= ?3
           AND a.choice IN ('invoice', 'card') ORDER BY a.at DESC, r.id LIMIT {limit}"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement
        .query_map((issuer, season, since_ms), |r| Ok((PersonId(r.get(0)?), r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Open lines of some kinds, the oldest first.
pub fn tasks(
    c: &Connection,
    issuer: &str,
    kinds: &[TaskKind],
    until_ms: i64,
    limit: usize,
) -> Result<Page<TaskId>, StoreError> {
    // Words of our own, never a person's.
    let words: Vec<String> = kinds.iter().map(|k| format!("'{k}'")).collect();
    let from = format!(
        "FROM task WHERE issuer = ?1 AND closed_at IS NULL AND opened_at <= ?2 AND kind IN ({})",
        words.join(", ")
    );
    let all = count(c, &from, (issuer, until_ms))?;
    let sql = format!("SELECT id {from} ORDER BY opened_at, id LIMIT {limit}");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((issuer, until_ms), |r| Ok(TaskId(r.get(0)?)))?;
    Ok((rows.collect::<Result<_, _>>()?, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let mut c = Connection::open_in_memory().unwrap();
        super::super::migrate::run(&mut c, 0).unwrap();
        c
    }

    #[test]
    fn a_link_is_made_once_and_spent_once() {
        let c = store();
        let (id, handle) = (MessageId([9; 8]), Handle { act: Act::Task, target: 5 });
        add_link(&c, id, handle, "OPPI", None, 10).unwrap();
        add_link(&c, id, Handle { act: Act::Firing, target: 6 }, "CIP", None, 11).unwrap();
        let row = link_by_id(&c, id).unwrap().unwrap();
        assert_eq!((row.handle, row.issuer.as_str(), row.used_ms), (handle, "OPPI", None));
        assert!(use_link(&c, id, "closed", 7, 20).unwrap());
        assert!(!use_link(&c, id, "closed", 8, 30).unwrap());
        let row = link_by_id(&c, id).unwrap().unwrap();
        assert_eq!((row.used_ms, row.did.as_str(), row.deed), (Some(20), "closed", Some(7)));
        assert_eq!(link_by_id(&c, MessageId([8; 8])).unwrap(), None);
    }

    #[test]
    fn whoever_answered_need_not_be_reached() {
        let c = store();
        c.execute_batch(
            "INSERT INTO address (address, scored_at, suspended_at, reason)
             VALUES ('a@x.example', 0, 5, 'bounces'), ('b@x.example', 0, 6, 'address-dead'),
                    ('c@x.example', 0, 7, 'bounces'), ('d@x.example', 0, 99, 'bounces');",
        )
        .unwrap();
        for (id, letter) in [(1, "A"), (2, "b"), (3, "c"), (4, "d")] {
            c.execute(
                "INSERT INTO person (id, member_no, subject, salt, given_name, family_name, email,
                   province, status) VALUES (?1, ?1, ?1, x'00', '', '', ?2, 'ON', 'active')",
                (id, format!("{letter}@x.example")),
            )
            .unwrap();
            c.execute(
                "INSERT INTO membership (person, association, category, pli, home)
                 VALUES (?1, 'OPPI', 'full', 0, 1), (?1, 'CIP', 'full', 0, 0)",
                [id],
            )
            .unwrap();
        }
        c.execute_batch(
            "INSERT INTO renewal (person, issuer, season, state, opened_at, changed_at)
             VALUES (1, 'OPPI', '2027', 'open', 0, 0), (2, 'OPPI', '2027', 'pledged', 0, 0);",
        )
        .unwrap();
        let of = |issuer| {
            let (rows, all) = unreachable(&c, issuer, "2027", 50, 20).unwrap();
            assert_eq!(i64::try_from(rows.len()), Ok(all));
            rows.into_iter().map(|(id, ..)| id.0).collect::<Vec<_>>()
        };
        assert_eq!(of("OPPI"), [1, 3], "open, or nothing known; later ones later");
        assert_eq!(of("CIP"), [3], "who is billed by another is that desk's");
        let (first, all) = unreachable(&c, "OPPI", "2027", 50, 1).unwrap();
        assert_eq!((first.len(), all), (1, 2));
    }
}
