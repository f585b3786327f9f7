//! Owns attempts: each has its own id, address, Message-ID, outcome and, apart, what bounced.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::ids::{FiringId, MessageId, MessageRow};

/// An attempt about to be sent.
#[derive(Debug, Clone)]
pub struct AttemptStart<'a> {
    /// Its id.
    pub mid: MessageId,
    /// The message's row.
    pub message: MessageRow,
    /// Its number, from 1.
    pub n: u32,
    /// Where it goes.
    pub address: &'a str,
    /// Its Message-ID, without angle brackets.
    pub header_id: &'a str,
    /// SHA-256 of what is sent.
    pub digest: &'a [u8; 32],
    /// Version of template and words.
    pub template: &'a str,
    /// Its subject, by which somebody may know it again; empty for a desk's.
    pub subject: &'a str,
    /// Version of the renewal that it shows.
    pub renewal_version: Option<i64>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// `sent`, `refused`, `deferred`, `unknown`, `not-sent`.
    pub state: &'a str,
    /// Reply code; 0 for none.
    pub code: u16,
    /// The relay's words.
    pub text: &'a str,
}

/// An attempt as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are AttemptStart's and Verdict's")]
pub struct Attempt {
    pub mid: MessageId,
    pub message: MessageRow,
    pub n: u32,
    pub address: String,
    pub header_id: String,
    pub state: String,
    pub started_ms: i64,
    pub code: Option<u16>,
    pub relay_text: String,
    pub renewal_version: Option<i64>,
    pub evidence: String,
    pub bounced_ms: Option<i64>,
    pub bounce_status: String,
    pub subject: String,
}

/// Writes the attempt, or starts the same one anew after a refusal for now: id, number and
/// Message-ID stay.
pub fn start(c: &Connection, a: &AttemptStart<'_>, at_ms: i64) -> Result<(), StoreError> {
    let domain = a.address.rsplit('@').next().unwrap_or_default();
    c.prepare_cached(
        "INSERT INTO attempt (mid, message, n, address, domain, header_id, state, started_at,
           digest, template, renewal_version, subject)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sending', ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (mid) DO UPDATE SET state = 'sending', started_at = excluded.started_at,
           ended_at = NULL, code = NULL, relay_text = '', address = excluded.address,
           domain = excluded.domain, digest = excluded.digest, template = excluded.template,
           renewal_version = excluded.renewal_version, subject = excluded.subject",
    )?
    .execute((
        a.mid.to_i64(),
        a.message.0,
        a.n,
        a.address,
        domain,
        a.header_id,
        at_ms,
        a.digest.as_slice(),
        a.template,
        a.renewal_version,
        a.subject,
    ))?;
    Ok(())
}

/// Writes how it ended.
pub fn end(c: &Connection, mid: MessageId, v: Verdict<'_>, at_ms: i64) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE attempt SET state = ?2, code = nullif(?3, 0), relay_text = ?4, ended_at = ?5
         WHERE mid = ?1",
    )?
    .execute((mid.to_i64(), v.state, v.code, v.text, at_ms))?;
    Ok(())
}

const COLUMNS: &str = "mid, message, n, address, header_id, state, started_at, code, relay_text,
    renewal_version, evidence, bounced_at, bounce_status, subject";

fn attempt(r: &SqlRow<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        mid: MessageId::from_i64(r.get(0)?),
        message: MessageRow(r.get(1)?),
        n: r.get(2)?,
        address: r.get(3)?,
        header_id: r.get(4)?,
        state: r.get(5)?,
        started_ms: r.get(6)?,
        code: r.get(7)?,
        relay_text: r.get(8)?,
        renewal_version: r.get(9)?,
        evidence: r.get(10)?,
        bounced_ms: r.get(11)?,
        bounce_status: r.get(12)?,
        subject: r.get(13)?,
    })
}

/// The attempt with that id.
pub fn by_mid(c: &Connection, mid: MessageId) -> Result<Option<Attempt>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attempt WHERE mid = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([mid.to_i64()], attempt).optional()?)
}

/// Every attempt of a message, oldest first.
pub fn of_message(c: &Connection, message: MessageRow) -> Result<Vec<Attempt>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attempt WHERE message = ?1 ORDER BY n");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([message.0], attempt)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Attempts that were `sending` when the process died.
pub fn interrupted(c: &Connection) -> Result<Vec<Attempt>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM attempt a WHERE a.state = 'sending' AND EXISTS
           (SELECT 1 FROM message m WHERE m.id = a.message AND m.state = 'sending')"
    );
    let mut statement = c.prepare(&sql)?;
    let rows = statement.query_map([], attempt)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes what proves that an attempt in doubt left.
pub fn prove(c: &Connection, mid: MessageId, evidence: &str) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE attempt SET state = 'sent', evidence = ?2 WHERE mid = ?1")?
        .execute((mid.to_i64(), evidence))?;
    Ok(())
}

/// Notes that it came back. One attempt counts one report.
pub fn bounced(
    c: &Connection,
    mid: MessageId,
    status: &str,
    hard: bool,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE attempt SET bounced_at = ?2, bounce_status = ?3, bounce_hard = ?4
         WHERE mid = ?1 AND bounced_at IS NULL",
    )?
    .execute((mid.to_i64(), at_ms, status, hard))?;
    Ok(())
}

/// Whether another mail of that firing to that address came back.
pub fn came_back(
    c: &Connection,
    firing: FiringId,
    address: &str,
    but: MessageId,
) -> Result<bool, StoreError> {
    Ok(c.prepare_cached(CAME_BACK)?.query_row((firing.0, address, but.to_i64()), |r| r.get(0))?)
}

/// By the address: a firing has as many mails as there are members, and there are as many reports.
const CAME_BACK: &str = "SELECT EXISTS (SELECT 1 FROM attempt a INDEXED BY attempt_returned
       JOIN message m ON m.id = a.message
       WHERE lower(a.address) = lower(?2) AND a.bounced_at IS NOT NULL AND a.mid <> ?3
         AND m.firing = ?1)";

/// Attempts that began after `since_ms`, in all or to one domain: what rate limits count.
pub fn started_since(
    c: &Connection,
    since_ms: i64,
    domain: Option<&str>,
) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "SELECT count(*) FROM attempt WHERE started_at > ?1 AND domain <> ''
           AND (?2 IS NULL OR domain = ?2)",
    )?
    .query_row((since_ms, domain), |r| r.get(0))?)
}

/// How many attempts came back.
pub fn bounced_count(c: &Connection) -> Result<i64, StoreError> {
    Ok(c.query_row("SELECT count(*) FROM attempt WHERE bounced_at IS NOT NULL", [], |r| r.get(0))?)
}
