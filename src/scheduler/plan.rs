//! Owns planning a firing: chunk by chunk, who gets the step, each with a cause of their own.
//! Killed anywhere, it goes on from the cursor; run twice, it adds nothing.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use crate::actions::Context;
use crate::actions::lapse::{Lapsed, lapse};
use crate::clock::monotonic;
use crate::config::{Association, Schedule, StepKind};
use crate::domain::eligibility::{self, Earlier, Excluded, Step};
use crate::domain::member::{Member, Renewal};
use crate::domain::{season, words};
use crate::faults;
use crate::ids::{FiringId, PersonId, RenewalId};
use crate::store::firings::{self, FiringRow, FiringState, Progress};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::{StoreError, people, pledges, renewals};

/// A chunk ends after this time: web and outbox wait for no more than 10 ms.
const CHUNK_TIME_MAX: Duration = Duration::from_millis(7);
/// Members read at once within a chunk: one page takes a millisecond at most.
const READ_AT_ONCE: i64 = 32;

/// How a chunk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// There are more members.
    More,
    /// Every member was looked at.
    Done,
}

/// What stands still while a chunk is planned.
struct Plan<'a> {
    context: &'a Context,
    firing: &'a FiringRow,
    issuer: &'a Association,
    schedule: &'a Schedule,
    step: Step,
    zone: TimeZone,
    now: Timestamp,
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
    let plan = Plan::of(context, &firing, now)?;
    let mut progress = Progress { cursor: firing.cursor, ..Progress::default() };
    let end = loop {
        let more = match plan.step.kind {
            StepKind::Lapse => plan.lapse_page(c, &mut progress)?,
            _ => plan.page(c, &mut progress)?,
        };
        if !more {
            break ChunkEnd::Done;
        }
        if begun.elapsed() >= CHUNK_TIME_MAX {
            break ChunkEnd::More;
        }
    };
    let done_on = (end == ChunkEnd::Done).then(|| plan.step.day.to_string());
    firings::advance(c, id, progress, done_on.as_deref())?;
    let Progress { planned, excluded, .. } = progress;
    let chunk_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(firing = id.0, planned, excluded, chunk_us, "scheduler.chunk");
    faults::point("scheduler.chunk");
    Ok(end)
}

/// The day in `2026-11-02T09:00`; `None` for anything else.
#[must_use]
pub fn nominal_day(local: &str) -> Option<Date> {
    local.split('T').next()?.parse().ok()
}

impl<'a> Plan<'a> {
    fn of(context: &'a Context, firing: &'a FiringRow, now: Timestamp) -> Result<Self, StoreError> {
        let issuer = context.config.association(&firing.issuer);
        let (Some(issuer), Some(schedule)) = (issuer, context.config.schedule(&firing.schedule))
        else {
            let text = format!("firing {}: {} is not configured", firing.id.0, firing.schedule);
            return Err(StoreError::GiveUp(text));
        };
        let zone = season::zone(&issuer.zone).unwrap_or(TimeZone::UTC);
        let day = zone.to_datetime(now).date();
        let nominal = nominal_day(&firing.local);
        let step = Step { kind: schedule.kind, audience: schedule.audience(), day, nominal };
        Ok(Self { context, firing, issuer, schedule, step, zone, now })
    }

    /// The next page of members; whether there was one.
    fn page(&self, c: &Connection, progress: &mut Progress) -> Result<bool, StoreError> {
        let FiringRow { issuer, season, .. } = self.firing;
        let members = people::of_association(c, issuer, progress.cursor, READ_AT_ONCE)?;
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Ok(false);
        };
        let range = (first.id, last.id);
        progress.cursor = last.id.0;
        let renewals = renewals::of_persons(c, issuer, season, range)?;
        let before = self.before(c, range)?;
        for member in &members {
            let earlier = before.get(&member.id).map_or(&[][..], Vec::as_slice);
            match self.one(c, member, renewals.get(&member.id), earlier)? {
                Planned::New => progress.planned += 1,
                Planned::Had => {}
                Planned::Excluded => progress.excluded += 1,
            }
        }
        Ok(true)
    }

    /// The next page of open renewals, which lapse; whether there was one.
    fn lapse_page(&self, c: &Connection, progress: &mut Progress) -> Result<bool, StoreError> {
        let FiringRow { issuer, season, .. } = self.firing;
        let rows = renewals::open_after(c, issuer, season, progress.cursor, READ_AT_ONCE)?;
        let Some(last) = rows.last() else { return Ok(false) };
        progress.cursor = last.renewal.id.0;
        for row in &rows {
            match lapse(c, self.context, self.firing, row, self.now)? {
                Lapsed::Reachable => {
                    let member = people::by_id(c, row.person)?;
                    let number = member.map(|m| m.member_no).unwrap_or_default();
                    self.write(c, row.person, &number, row.renewal.id)?;
                    progress.planned += 1;
                }
                Lapsed::Unreachable | Lapsed::Not => progress.excluded += 1,
            }
        }
        Ok(true)
    }

    fn one(
        &self,
        c: &Connection,
        member: &Member,
        renewal: Option<&Renewal>,
        earlier: &[Earlier],
    ) -> Result<Planned, StoreError> {
        let config = &self.context.config;
        let promise = match renewal {
            Some(r) if r.state == words::RenewalState::Pledged => pledges::of_renewal(c, r.id)?,
            _ => eligibility::Promise::default(),
        };
        let verdict = eligibility::decide(config, self.issuer, self.step, member, renewal, promise)
            .and_then(|_| {
                eligibility::crowded(self.step, config.relance.season.declare_by, earlier)
            });
        // What is owed is owed by those too whom no mail reaches: a letter brings them to the
        // same page, and without an answer they lapse like everybody.
        let owed = verdict.err().is_none_or(Excluded::needs_a_letter);
        let open = match renewal {
            Some(renewal) => Some(renewal.id),
            None if owed => Some(renewals::add(
                c,
                member.id,
                &self.firing.issuer,
                &self.firing.season,
                self.now.as_millisecond(),
            )?),
            None => None,
        };
        match open {
            Some(renewal) if verdict.is_ok() => {
                self.write(c, member.id, &member.member_no, renewal)
            }
            _ => Ok(Planned::Excluded),
        }
    }

    fn write(
        &self,
        c: &Connection,
        person: PersonId,
        member_no: &str,
        renewal: RenewalId,
    ) -> Result<Planned, StoreError> {
        let FiringRow { season, issuer, step, local, .. } = self.firing;
        let now_ms = self.now.as_millisecond();
        let message = NewMessage {
            cause: &format!("cal/{season}/{issuer}/{step}/{local}/{member_no}"),
            kind: self.schedule.kind.as_str(),
            priority: 1,
            person: Some(person),
            renewal: Some(renewal),
            issuer,
            firing: Some(self.firing.id),
            recipient: Recipient::Member,
            payload: "{}",
            due_ms: now_ms,
        };
        let new = messages::add(c, &message, now_ms)?.is_some();
        Ok(if new { Planned::New } else { Planned::Had })
    }

    /// What the members of a page got before, by person.
    fn before(
        &self,
        c: &Connection,
        range: (PersonId, PersonId),
    ) -> Result<std::collections::BTreeMap<PersonId, Vec<Earlier>>, StoreError> {
        let opens = season::opens(&self.context.config.relance.season).as_millisecond();
        let found = messages::steps_of(c, range, opens, self.firing.id)?;
        let earlier = |step: &messages::Step| Earlier {
            same_issuer: step.issuer == self.firing.issuer,
            asks: StepKind::parse(&step.kind).is_some_and(StepKind::asks),
            day: self.day_of(step.at_ms),
            later: step.due_ms.is_some_and(|due_ms| due_ms > self.firing.due_ms),
        };
        Ok(found
            .into_iter()
            .map(|(person, steps)| (person, steps.iter().map(earlier).collect()))
            .collect())
    }

    fn day_of(&self, at_ms: i64) -> Date {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(self.now);
        self.zone.to_datetime(at).date()
    }
}

enum Planned {
    New,
    Had,
    Excluded,
}
