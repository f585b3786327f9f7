//! Owns planning a firing: chunk by chunk, who gets the step, each with a cause of their own.
//! Killed anywhere, it goes on from the cursor; run twice, it adds nothing.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::Context;
use crate::clock::monotonic;
use crate::domain::billing::Terms;
use crate::domain::eligibility;
use crate::domain::member::Member;
use crate::faults;
use crate::ids::FiringId;
use crate::outbox::step_of;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::{StoreError, people, renewals};

/// A chunk ends after this time: web and outbox wait for no more than 10 ms.
const CHUNK_TIME_MAX: Duration = Duration::from_millis(7);
/// Members read at once within a chunk.
const READ_AT_ONCE: i64 = 32;

/// How a chunk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// There are more members.
    More,
    /// Every member was looked at.
    Done,
}

/// Plans the next members of a firing in the caller's transaction.
pub fn chunk(
    c: &Connection,
    context: &Context,
    id: FiringId,
    now: Timestamp,
) -> Result<ChunkEnd, StoreError> {
    let begun = monotonic();
    let Some(firing) = firings::by_id(c, id)? else { return Ok(ChunkEnd::Done) };
    if firing.state != FiringState::Planning {
        return Ok(ChunkEnd::Done);
    }
    let (mut cursor, mut planned, mut excluded) = (firing.cursor, 0, 0);
    let end = loop {
        let members = people::of_association(c, &firing.issuer, cursor, READ_AT_ONCE)?;
        let Some(last) = members.last() else { break ChunkEnd::Done };
        cursor = last.id.0;
        for member in &members {
            match plan_one(c, context, &firing, member, now)? {
                Planned::New => planned += 1,
                Planned::Had => {}
                Planned::Excluded => excluded += 1,
            }
        }
        if begun.elapsed() >= CHUNK_TIME_MAX {
            break ChunkEnd::More;
        }
    };
    firings::advance(c, id, cursor, planned, excluded, end == ChunkEnd::Done)?;
    let chunk_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(firing = id.0, planned, excluded, chunk_ms, "scheduler.chunk");
    faults::point("scheduler.chunk");
    Ok(end)
}

enum Planned {
    New,
    Had,
    Excluded,
}

fn plan_one(
    c: &Connection,
    context: &Context,
    firing: &FiringRow,
    member: &Member,
    now: Timestamp,
) -> Result<Planned, StoreError> {
    let config = &context.config;
    let (Some(issuer), Some(step)) = (config.association(&firing.issuer), step_of(&firing.kind))
    else {
        return Err(StoreError::GiveUp(format!("firing {} is of no known step", firing.id.0)));
    };
    let renewal = renewals::find(c, member.id, &firing.issuer, &firing.season)?;
    let terms = Terms::at(config, issuer, now);
    if eligibility::decide(config, issuer, step, member, renewal.as_ref(), &terms).is_err() {
        return Ok(Planned::Excluded);
    }
    let now_ms = now.as_millisecond();
    let renewal = renewals::open(c, member.id, &firing.issuer, &firing.season, now_ms)?;
    let cause = format!(
        "cal/{}/{}/{}/{}/{}",
        firing.season, firing.issuer, firing.step, firing.local, member.member_no
    );
    let message = NewMessage {
        cause: &cause,
        kind: &firing.kind,
        priority: 1,
        person: Some(member.id),
        renewal: Some(renewal),
        issuer: &firing.issuer,
        firing: Some(firing.id),
        recipient: Recipient::Member,
        payload: "{}",
        due_ms: now_ms,
    };
    Ok(match messages::add(c, &message, now_ms)? {
        Some(_) => Planned::New,
        None => Planned::Had,
    })
}
