//! Owns what came in: the cursor of each mailbox, every mail read with its outcome, and the
//! counts that keep loops and killer mails bounded.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::ids::{MessageId, PersonId};

/// A mailbox's cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRow {
    /// UIDVALIDITY; 0 for a Maildir.
    pub validity: i64,
    /// Highest UID whose effects are kept.
    pub last_uid: i64,
    /// Mail received before this instant (ms) was there first and is ignored.
    pub watermark_ms: i64,
    /// Why reading stands still; empty while it does not.
    pub held: String,
}

/// A mail and what it came to.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the columns of `inbound`")]
pub struct NewInbound<'a> {
    pub mailbox: &'a str,
    pub validity: i64,
    pub key: &'a str,
    /// SHA-256 of the raw octets.
    pub digest: &'a [u8],
    /// Keyed mark of Message-ID, From and text.
    pub mark: &'a [u8],
    pub received_ms: i64,
    pub kind: &'a str,
    pub outcome: &'a str,
    pub mid: Option<MessageId>,
    pub person: Option<PersonId>,
    pub sender: &'a str,
    pub sender_name: &'a str,
    pub subject: &'a str,
    pub header_id: &'a str,
    /// The words, kept only where a desk must read them; of an auto-reply its return date.
    pub text: &'a str,
}

/// A kept mail, for composing what passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are NewInbound's")]
pub struct InboundRow {
    pub id: i64,
    pub received_ms: i64,
    pub sender: String,
    pub sender_name: String,
    pub subject: String,
    pub header_id: String,
    pub text: String,
    pub outcome: String,
    pub mid: Option<MessageId>,
}

/// The cursor, if the mailbox was met before.
pub fn mailbox(c: &Connection, name: &str) -> Result<Option<MailboxRow>, StoreError> {
    Ok(c.prepare_cached("SELECT validity, last_uid, watermark, held FROM mailbox WHERE name = ?1")?
        .query_row([name], |r| {
            Ok(MailboxRow {
                validity: r.get(0)?,
                last_uid: r.get(1)?,
                watermark_ms: r.get(2)?,
                held: r.get(3)?,
            })
        })
        .optional()?)
}

/// Sets the cursor.
pub fn set_mailbox(c: &Connection, name: &str, m: &MailboxRow) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO mailbox (name, validity, last_uid, watermark, held)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET validity = excluded.validity,
           last_uid = excluded.last_uid, watermark = excluded.watermark, held = excluded.held",
    )?
    .execute((name, m.validity, m.last_uid, m.watermark_ms, &m.held))?;
    Ok(())
}

/// Lets held mailboxes be read: what looks new in them is taken for new. Returns how many.
pub fn resume(c: &Connection) -> Result<usize, StoreError> {
    Ok(c.execute("UPDATE mailbox SET held = 'resumed' WHERE held NOT IN ('', 'resumed')", [])?)
}

/// Moves the cursor to `uid`, never back.
pub fn advance(c: &Connection, name: &str, validity: i64, uid: i64) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE mailbox SET last_uid = max(last_uid, ?3) WHERE name = ?1 AND validity = ?2",
    )?
    .execute((name, validity, uid))?;
    Ok(())
}

/// Counts a try to parse, in a commit of its own before parsing; gives the new count.
pub fn count_parse(
    c: &Connection,
    mailbox: &str,
    validity: i64,
    key: &str,
) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "INSERT INTO parsing (mailbox, validity, key, tries) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (mailbox, validity, key) DO UPDATE SET tries = tries + 1 RETURNING tries",
    )?
    .query_row((mailbox, validity, key), |r| r.get(0))?)
}

/// Takes a counted try back: it was not the mail's fault that it came to no end.
pub fn uncount(c: &Connection, mailbox: &str, validity: i64, key: &str) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM parsing WHERE mailbox = ?1 AND validity = ?2 AND key = ?3")?
        .execute((mailbox, validity, key))?;
    Ok(())
}

/// Whether a try to parse was counted that did not come to an end.
pub fn was_counted(
    c: &Connection,
    mailbox: &str,
    validity: i64,
    key: &str,
) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM parsing WHERE mailbox = ?1 AND validity = ?2 AND key = ?3")?
        .query_row((mailbox, validity, key), |_| Ok(()))
        .optional()?
        .is_some())
}

/// Whether that very mail, by place, was read.
pub fn seen_key(
    c: &Connection,
    mailbox: &str,
    validity: i64,
    key: &str,
) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM inbound WHERE mailbox = ?1 AND validity = ?2 AND key = ?3")?
        .query_row((mailbox, validity, key), |_| Ok(()))
        .optional()?
        .is_some())
}

/// Whether the same octets, or the same (Message-ID, From, text), were read before.
pub fn seen_content(c: &Connection, digest: &[u8], mark: &[u8]) -> Result<bool, StoreError> {
    let by_digest = c
        .prepare_cached("SELECT 1 FROM inbound WHERE digest = ?1 LIMIT 1")?
        .query_row([digest], |_| Ok(()))
        .optional()?;
    if by_digest.is_some() {
        return Ok(true);
    }
    Ok(c.prepare_cached("SELECT 1 FROM inbound WHERE mark = ?1 LIMIT 1")?
        .query_row([mark], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Keeps a mail and forgets its count. Returns its row, `None` where the place is taken.
pub fn keep(c: &Connection, m: &NewInbound<'_>, at_ms: i64) -> Result<Option<i64>, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO inbound (mailbox, validity, key, digest, mark, received, at, kind,
               outcome, mid, person, sender, sender_name, subject, header_id, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (mailbox, validity, key) DO NOTHING",
        )?
        .execute(rusqlite::params![
            m.mailbox,
            m.validity,
            m.key,
            m.digest,
            m.mark,
            m.received_ms,
            at_ms,
            m.kind,
            m.outcome,
            m.mid.map(MessageId::to_i64),
            m.person.map(|p| p.0),
            m.sender,
            m.sender_name,
            m.subject,
            m.header_id,
            m.text,
        ])?;
    let id = (n == 1).then(|| c.last_insert_rowid());
    c.prepare_cached("DELETE FROM parsing WHERE mailbox = ?1 AND validity = ?2 AND key = ?3")?
        .execute((m.mailbox, m.validity, m.key))?;
    Ok(id)
}

/// Notes a mail of the backlog, so that it is never read.
pub fn ignore(
    c: &Connection,
    mailbox: &str,
    validity: i64,
    key: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO inbound (mailbox, validity, key, digest, mark, received, at, kind, outcome)
         VALUES (?1, ?2, ?3, zeroblob(0), zeroblob(0), ?4, ?4, 'other', 'backlog')
         ON CONFLICT (mailbox, validity, key) DO NOTHING",
    )?
    .execute((mailbox, validity, key, at_ms))?;
    Ok(())
}

/// One kept mail.
pub fn by_id(c: &Connection, id: i64) -> Result<Option<InboundRow>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT id, received, sender, sender_name, subject, header_id, text, outcome, mid
         FROM inbound WHERE id = ?1",
    )?
    .query_row([id], |r| {
        Ok(InboundRow {
            id: r.get(0)?,
            received_ms: r.get(1)?,
            sender: r.get(2)?,
            sender_name: r.get(3)?,
            subject: r.get(4)?,
            header_id: r.get(5)?,
            text: r.get(6)?,
            outcome: r.get(7)?,
            mid: r.get::<_, Option<i64>>(8)?.map(MessageId::from_i64),
        })
    })
    .optional()?)
}

/// A kept mail as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are NewInbound's")]
pub struct Listed {
    pub received_ms: i64,
    pub kind: String,
    pub outcome: String,
    /// Number of the member whose message it is about.
    pub member_no: Option<String>,
    pub sender: String,
    pub subject: String,
    pub text: String,
}

/// The `limit` mails that were read last, in the order in which they were read.
pub fn newest(c: &Connection, limit: u32) -> Result<Vec<Listed>, StoreError> {
    let mut statement = c.prepare(
        "SELECT received, kind, outcome, member_no, sender, subject, text
         FROM (SELECT i.*, p.member_no FROM inbound i LEFT JOIN person p ON p.id = i.person
               WHERE i.outcome <> 'backlog' ORDER BY i.id DESC LIMIT ?1)
         ORDER BY id",
    )?;
    let rows = statement.query_map([limit], |r| {
        Ok(Listed {
            received_ms: r.get(0)?,
            kind: r.get(1)?,
            outcome: r.get(2)?,
            member_no: r.get(3)?,
            sender: r.get(4)?,
            subject: r.get(5)?,
            text: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many mails came to what: `(kind, outcome, n)`.
pub fn tally(c: &Connection) -> Result<Vec<(String, String, i64)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT kind, outcome, count(*) FROM inbound GROUP BY kind, outcome ORDER BY kind, outcome",
    )?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts an automatic answer to an address (by its keyed mark) on a day; `false` where `cap` is
/// reached and nothing was counted.
pub fn may_answer(c: &Connection, mark: &[u8], day: &str, cap: i64) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO answered (mark, day, n) VALUES (?1, ?2, 1)
             ON CONFLICT (mark, day) DO UPDATE SET n = n + 1 WHERE n < ?3",
        )?
        .execute((mark, day, cap))?;
    Ok(n == 1)
}
