//! Owns writing a digest whose time has come: its row, its message, and a link for each line that
//! needs a person. Once for each nominal instant, whatever dies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::super::Context;
use super::super::payload::Payload;
use super::gather::{gather, news};
use super::links;
use crate::config::Association;
use crate::domain::digest::{Act, Digest, Handle, Item, LINES_MAX, goes};
use crate::domain::season;
use crate::store::digests::{self, NewDigest};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::{StoreError, desk, ledger};

/// A nominal instant of a digest that has come.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// Its id in the config.
    pub schedule: &'a str,
    /// Whether it goes out with nothing to tell.
    pub quiet: bool,
    /// Whose desk.
    pub issuer: &'a Association,
    /// `2026-11-02T07:30`.
    pub local: String,
    /// The instant.
    pub due: Timestamp,
    /// Earlier instants that nobody served.
    pub superseded: i64,
    /// Whether the next one comes too late for the deadline.
    pub last_day: bool,
}

/// What makes a digest unique.
fn cause(schedule: &str, local: &str) -> String {
    format!("digest/{schedule}/{local}")
}

/// Writes a digest in the caller's transaction. Returns whether a message goes out.
pub fn write(
    c: &Connection,
    context: &Context,
    due: &Due<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let now_ms = now.as_millisecond();
    let code = &due.issuer.code;
    let last = digests::last_sent(c, code)?;
    let from = last.as_ref().map(|d| d.until).unwrap_or_default();
    let until = digests::mark(c, now_ms)?;
    let digest = news(c, context, due.issuer, (from, until), due.last_day, LINES_MAX)?;
    let last_sent = last.and_then(|d| Timestamp::from_millisecond(d.until.at_ms).ok());
    let sent = goes(digest.tells(), due.quiet, last_sent, now);
    let row = NewDigest {
        schedule: due.schedule,
        local: &due.local,
        issuer: code,
        due_ms: due.due.as_millisecond(),
        from,
        until,
        sent,
        superseded: due.superseded,
    };
    let Some(id) = digests::add(c, &row)? else { return Ok(false) };
    if !sent {
        return Ok(false);
    }
    let cause = cause(due.schedule, &due.local);
    for handle in handles(&digest) {
        links::make(c, context, &cause, handle, code, Some(id), now)?;
    }
    queue(c, &cause, code, id, "", now_ms)?;
    let day = season::day_in(&due.issuer.zone, now);
    // Whose desk answers for one that is closed, and who decides beside one that does not.
    let mut deputies = BTreeSet::from([context.config.desk_on(due.issuer, day).code.as_str()]);
    deputies.extend(digest.deputy(now));
    for deputy in deputies.into_iter().filter(|deputy| *deputy != code) {
        queue(c, &format!("{cause}/deputy/{deputy}"), code, id, deputy, now_ms)?;
    }
    let data = json!({
        "issuer": code, "digest": due.schedule, "local": due.local, "waiting": digest.waiting(),
    });
    ledger::append(c, &context.ring, now_ms, "", "digest", &data)?;
    Ok(true)
}

/// Queues the message to the desk, or to a deputy's.
fn queue(
    c: &Connection,
    cause: &str,
    code: &str,
    id: i64,
    deputy: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let payload = Payload { digest: Some(id), deputy: deputy.to_owned(), ..Payload::default() };
    let message = NewMessage {
        cause,
        kind: "digest",
        priority: 0,
        person: None,
        renewal: None,
        issuer: code,
        firing: None,
        recipient: Recipient::Desk,
        payload: &payload.to_json(),
        due_ms: now_ms,
    };
    messages::add(c, &message, now_ms)?;
    Ok(())
}

/// Every link of a digest.
fn handles(digest: &Digest) -> Vec<Handle> {
    let items = digest.listings.iter().flat_map(|l| l.items.iter().map(Item::handle));
    let door = Handle { act: Act::Member, target: 0 };
    let list = digest.last_day.then_some(Handle { act: Act::LastDay, target: 0 });
    items.chain([door]).chain(list).collect()
}

/// A digest with the addresses of its links, for its message.
#[derive(Debug, Clone)]
pub struct DigestFacts {
    /// What it tells.
    pub digest: Digest,
    /// Addresses of its links.
    pub links: BTreeMap<Handle, String>,
}

/// Reads what a written digest tells, as it stands now; `None` where it is not here.
pub fn to_tell(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    id: i64,
) -> Result<Option<DigestFacts>, StoreError> {
    let Some(row) = digests::by_id(c, id)? else { return Ok(None) };
    let made = Timestamp::from_millisecond(row.until.at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let until = links::expiry(context, made);
    let links: BTreeMap<Handle, String> = desk::links_of(c, id)?
        .into_iter()
        .map(|link| (link.handle, links::url(context, issuer, link.id, until)))
        .collect();
    let last_day = links.keys().any(|handle| handle.act == Act::LastDay);
    let digest = gather(c, context, issuer, (row.from, row.until), last_day, LINES_MAX)?;
    Ok(Some(DigestFacts { digest, links }))
}
