//! Owns what is known against addresses: a score, a suspension, its reason. Addresses are told
//! apart without regard to case, as mail servers do: a list that is written differently next year
//! must not lift what stands against one.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::ids::PersonId;

/// Reasons that reports give; any other is a person's.
pub const REPORTED: [&str; 2] = ["address-dead", "bounces"];

/// An address that nothing is mailed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// The address.
    pub address: String,
    /// Why: `address-dead`, `bounces`, or a person's words.
    pub reason: String,
    /// Since when, in milliseconds.
    pub since_ms: i64,
    /// Numbers of the members behind it.
    pub members: Vec<String>,
}

/// Numbers of the persons who share an address on file.
pub fn sharing(c: &Connection, address: &str) -> Result<Vec<PersonId>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT id FROM person WHERE lower(email) = lower(?1) OR lower(email2) = lower(?1) ORDER BY id")?;
    let rows = statement.query_map([address], |r| Ok(PersonId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The score of an address and when it was reckoned; 0 for one without a blemish.
pub fn score(c: &Connection, address: &str) -> Result<(f64, i64, bool), StoreError> {
    Ok(c.prepare_cached(
        "SELECT score, scored_at, suspended_at IS NOT NULL FROM address WHERE address = lower(?1)",
    )?
    .query_row([address], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
    .optional()?
    .unwrap_or_default())
}

/// Whether nothing is mailed to an address.
pub fn is_suspended(c: &Connection, address: &str) -> Result<bool, StoreError> {
    Ok(score(c, address)?.2)
}

/// Why and since when nothing is mailed to an address; `None` where it is mailed to.
pub fn suspension(c: &Connection, address: &str) -> Result<Option<(String, i64)>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT reason, suspended_at FROM address
         WHERE address = lower(?1) AND suspended_at IS NOT NULL",
    )?
    .query_row([address], |r| Ok((r.get(0)?, r.get(1)?)))
    .optional()?)
}

/// Keeps a new score, and suspends where `suspend` gives a reason.
pub fn set_score(
    c: &Connection,
    address: &str,
    score: f64,
    at_ms: i64,
    suspend: Option<&str>,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO address (address, score, scored_at, suspended_at, reason)
         VALUES (lower(?1), ?2, ?3, iif(?4 IS NULL, NULL, ?3), coalesce(?4, ''))
         ON CONFLICT (address) DO UPDATE SET score = excluded.score, scored_at = excluded.scored_at,
           suspended_at = coalesce(address.suspended_at, excluded.suspended_at),
           reason = iif(address.suspended_at IS NULL, excluded.reason, address.reason)",
    )?
    .execute((address, score, at_ms, suspend))?;
    Ok(())
}

/// Lifts a suspension and forgets the score. Returns whether the address was suspended.
pub fn lift(c: &Connection, address: &str) -> Result<bool, StoreError> {
    let suspended = score(c, address)?.2;
    c.prepare_cached("DELETE FROM address WHERE address = lower(?1)")?.execute([address])?;
    Ok(suspended)
}

/// As [`lift`], of what reports brought about only: what a person put on the list, a person takes
/// off it.
pub fn lift_reported(c: &Connection, address: &str) -> Result<bool, StoreError> {
    let reason: Option<String> = c
        .prepare_cached(
            "SELECT reason FROM address WHERE address = lower(?1) AND suspended_at IS NOT NULL",
        )?
        .query_row([address], |r| r.get(0))
        .optional()?;
    if reason.is_some_and(|r| !REPORTED.contains(&r.as_str())) {
        return Ok(false);
    }
    lift(c, address)
}

/// Every suspended address, by address, with the members behind it.
pub fn suppressed(c: &Connection) -> Result<Vec<Suppressed>, StoreError> {
    let mut statement = c.prepare(
        "SELECT a.address, a.reason, a.suspended_at, p.member_no
         FROM address a LEFT JOIN person p ON lower(p.email) = a.address OR lower(p.email2) = a.address
         WHERE a.suspended_at IS NOT NULL ORDER BY a.address, p.member_no",
    )?;
    let mut rows = statement.query([])?;
    let mut out: Vec<Suppressed> = Vec::new();
    while let Some(r) = rows.next()? {
        let address: String = r.get(0)?;
        let member: Option<String> = r.get(3)?;
        match out.last_mut().filter(|last| last.address == address) {
            Some(last) => last.members.extend(member),
            None => out.push(Suppressed {
                address,
                reason: r.get(1)?,
                since_ms: r.get(2)?,
                members: member.into_iter().collect(),
            }),
        }
    }
    Ok(out)
}
