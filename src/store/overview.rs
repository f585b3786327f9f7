//! Owns counts over the whole season by association, for whoever shows where it stands.

use rusqlite::Connection;

use super::StoreError;
use crate::ids::MessageId;

/// `(association, kind, state, n)` of all messages.
pub fn messages(c: &Connection) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT issuer, kind, state, count(*) FROM message GROUP BY issuer, kind, state
         ORDER BY issuer, kind, state",
    )?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `(association, state, door, n)` of a season's renewals; the door is that of the last answer,
/// empty where there was none.
pub fn renewals(
    c: &Connection,
    season: &str,
) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT r.issuer, r.state, coalesce(a.door, ''), count(*) FROM renewal r
         LEFT JOIN answer a ON a.renewal = r.id AND a.version =
           (SELECT max(l.version) FROM answer l WHERE l.renewal = r.id)
         WHERE r.season = ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )?;
    let rows =
        statement.query_map([season], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `(association, members who stopped its reminders)`.
pub fn stopped(c: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    pairs(c, "SELECT association, count(*) FROM unsubscription GROUP BY 1 ORDER BY 1")
}

/// `(association, attempts that came back)`.
pub fn bounced(c: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    pairs(
        c,
        "SELECT m.issuer, count(*) FROM attempt a JOIN message m ON m.id = a.message
         WHERE a.bounced_at IS NOT NULL GROUP BY 1 ORDER BY 1",
    )
}

fn pairs(c: &Connection, sql: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement = c.prepare_cached(sql)?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a mail came to and which message it answered, by its key in a mailbox.
pub fn outcome(
    c: &Connection,
    mailbox: &str,
    key: &str,
) -> Result<Option<(String, Option<MessageId>)>, StoreError> {
    use rusqlite::OptionalExtension;
    Ok(c.prepare_cached("SELECT outcome, mid FROM inbound WHERE mailbox = ?1 AND key = ?2")?
        .query_row((mailbox, key), |r| {
            Ok((r.get(0)?, r.get::<_, Option<i64>>(1)?.map(MessageId::from_i64)))
        })
        .optional()?)
}
