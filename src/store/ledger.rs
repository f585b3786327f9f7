//! Owns the ledger: an append-only chain of acts, each line's hash an HMAC over the one before it
//! and its own content. Holds no contact data.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::link::Keyring;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// Position, from 1, without gaps.
    pub seq: i64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Random id of the person; empty for acts about none.
    pub subject: String,
    /// What: `answered`, `taken-back`, `unsubscribed`, `address-suspended` …
    pub kind: String,
    /// Amounts, states, digests, as a JSON object.
    pub data: String,
}

/// Where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The first line that is wrong or missing.
    pub seq: i64,
    /// What is wrong.
    pub why: &'static str,
}

/// Appends one line and returns its number. Reads the chain's head in the caller's transaction.
pub fn append(
    c: &Connection,
    ring: &Keyring,
    at_ms: i64,
    subject: &str,
    kind: &str,
    data: &serde_json::Value,
) -> Result<i64, StoreError> {
    let (last, previous) = head(c)?;
    let line = LedgerLine {
        seq: last + 1,
        at_ms,
        subject: subject.to_owned(),
        kind: kind.to_owned(),
        data: data.to_string(),
    };
    let hash = ring.chain(&previous, &canonical(&line));
    c.prepare_cached(
        "INSERT INTO ledger (seq, at, subject, kind, data, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((line.seq, at_ms, subject, kind, &line.data, hash.as_slice()))?;
    Ok(line.seq)
}

/// The last line's number and hash; 0 and nothing for an empty ledger.
pub fn head(c: &Connection) -> Result<(i64, Vec<u8>), StoreError> {
    Ok(c.prepare_cached("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")?
        .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?
        .unwrap_or_default())
}

/// Whether nothing has ever been written.
pub fn is_empty(c: &Connection) -> Result<bool, StoreError> {
    Ok(head(c)?.0 == 0)
}

/// Whether the last line was made with these keys: a look that costs nothing, unlike [`verify`].
pub fn is_continued_by(c: &Connection, ring: &Keyring) -> Result<bool, StoreError> {
    let (last, kept) = head(c)?;
    let Some(line) = lines(c, last - 1)?.pop() else { return Ok(true) };
    let previous = hash_at(c, last - 1)?.unwrap_or_default();
    Ok(ring.chain(&previous, &canonical(&line)).as_slice() == kept)
}

/// The hash of one line.
pub fn hash_at(c: &Connection, seq: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(c.query_row("SELECT hash FROM ledger WHERE seq = ?1", [seq], |r| r.get(0)).optional()?)
}

/// By what that which a line causes is known: its number and some of its hash. After a store was
/// set back another act gets the number: a link that was mailed for the first must not open a page
/// of whoever did the second.
pub fn cause(c: &Connection, seq: i64) -> Result<String, StoreError> {
    let hash = hash_at(c, seq)?.unwrap_or_default();
    Ok(format!("led/{seq}.{}", HEXLOWER.encode(hash.get(..8).unwrap_or(&hash))))
}

/// The line behind a cause that [`cause`] began; `None` for any other.
#[must_use]
pub fn line_of(cause: &str) -> Option<i64> {
    let line = cause.strip_prefix("led/")?.split(['.', '/']).next()?;
    line.parse().ok()
}

/// One line.
pub fn at(c: &Connection, seq: i64) -> Result<Option<LedgerLine>, StoreError> {
    Ok(some(c, seq - 1, 1)?.pop().filter(|line| line.seq == seq))
}

/// At most `limit` lines from `after`, in order.
pub fn some(c: &Connection, after: i64, limit: i64) -> Result<Vec<LedgerLine>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT seq, at, subject, kind, data FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2 + 0",
    )?;
    let rows = statement.query_map((after, limit), line)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every line about one person, in order.
pub fn about(c: &Connection, subject: &str) -> Result<Vec<LedgerLine>, StoreError> {
    let mut statement = c.prepare(
        "SELECT seq, at, subject, kind, data FROM ledger WHERE subject = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([subject], line)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn line(r: &SqlRow<'_>) -> rusqlite::Result<LedgerLine> {
    Ok(LedgerLine {
        seq: r.get(0)?,
        at_ms: r.get(1)?,
        subject: r.get(2)?,
        kind: r.get(3)?,
        data: r.get(4)?,
    })
}

/// Every line from `after`, in order.
pub fn lines(c: &Connection, after: i64) -> Result<Vec<LedgerLine>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT seq, at, subject, kind, data FROM ledger WHERE seq > ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([after], line)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Walks the chain: the number of lines, or the first break.
pub fn verify(c: &Connection, ring: &Keyring) -> Result<Result<i64, Break>, StoreError> {
    verify_from(c, ring, 0)
}

/// As [`verify`], from after one line on: where these keys took over in a copy.
pub fn verify_from(
    c: &Connection,
    ring: &Keyring,
    after: i64,
) -> Result<Result<i64, Break>, StoreError> {
    let mut statement = c.prepare(
        "SELECT seq, at, subject, kind, data, hash FROM ledger WHERE seq > ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([after])?;
    let (mut last, mut previous) = (after, hash_at(c, after)?.unwrap_or_default());
    while let Some(r) = rows.next()? {
        let line = line(r)?;
        if line.seq != last + 1 {
            return Ok(Err(Break { seq: last + 1, why: "a line is missing" }));
        }
        let kept: Vec<u8> = r.get(5)?;
        if ring.chain(&previous, &canonical(&line)).as_slice() != kept {
            return Ok(Err(Break { seq: line.seq, why: "the line was altered, or moved" }));
        }
        (last, previous) = (line.seq, kept);
    }
    Ok(Ok(last))
}

/// The bytes that are hashed: each field with its length before it, so that no two lines share
/// them.
fn canonical(line: &LedgerLine) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + line.data.len());
    out.extend_from_slice(&line.seq.to_be_bytes());
    out.extend_from_slice(&line.at_ms.to_be_bytes());
    for field in [&line.subject, &line.kind, &line.data] {
        out.extend_from_slice(&(field.len() as u64).to_be_bytes());
        out.extend_from_slice(field.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    fn filled() -> (Connection, Keyring) {
        let mut c = Connection::open_in_memory().unwrap();
        super::super::migrate::run(&mut c, 0).unwrap();
        let ring = Keyring::generate(&Random::seeded(3), "2026-11-01T00:00:00Z".parse().unwrap());
        for n in 1..=5 {
            append(&c, &ring, n, "subject", "answered", &serde_json::json!({"cents": n})).unwrap();
        }
        (c, ring)
    }

    #[test]
    fn an_untouched_chain_holds() {
        let (c, ring) = filled();
        assert_eq!(verify(&c, &ring).unwrap(), Ok(5));
        assert!(is_continued_by(&c, &ring).unwrap());
    }

    #[test]
    fn another_line_of_a_number_causes_something_else() {
        let (c, ring) = filled();
        let first = cause(&c, 5).unwrap();
        assert_eq!(first, cause(&c, 5).unwrap());
        c.execute("DELETE FROM ledger WHERE seq = 5", []).unwrap();
        append(&c, &ring, 5, "somebody else", "answered", &serde_json::json!({})).unwrap();
        assert_ne!(first, cause(&c, 5).unwrap());
    }

    #[test]
    fn the_keys_of_another_store_are_told() {
        let (c, ring) = filled();
        let other = Keyring::generate(&Random::seeded(4), "2026-11-01T00:00:00Z".parse().unwrap());
        assert!(!is_continued_by(&c, &other).unwrap());
        c.execute("DELETE FROM ledger WHERE seq > 1", []).unwrap();
        assert!(is_continued_by(&c, &ring).unwrap());
        assert!(!is_continued_by(&c, &other).unwrap());
        c.execute("DELETE FROM ledger", []).unwrap();
        assert!(is_continued_by(&c, &other).unwrap(), "an empty ledger is anybody's");
    }

    #[test]
    fn any_tampering_is_found() {
        for (sql, seq) in [
            ("UPDATE ledger SET data = '{\"cents\":9}' WHERE seq = 3", 3),
            ("UPDATE ledger SET at = 77 WHERE seq = 2", 2),
            ("DELETE FROM ledger WHERE seq = 4", 4),
            ("DELETE FROM ledger WHERE seq = 1", 1),
            (
                "UPDATE ledger SET seq = 99 WHERE seq = 2; UPDATE ledger SET seq = 2 WHERE seq = 3;
              UPDATE ledger SET seq = 3 WHERE seq = 99",
                2,
            ),
        ] {
            let (c, ring) = filled();
            c.execute_batch(sql).unwrap();
            assert_eq!(verify(&c, &ring).unwrap().unwrap_err().seq, seq, "{sql}");
        }
        let (c, _) = filled();
        let other = Keyring::generate(&Random::seeded(4), "2026-11-01T00:00:00Z".parse().unwrap());
        assert_eq!(verify(&c, &other).unwrap().unwrap_err().seq, 1);
    }
}
