//! Owns the loop that notices what is due: firings, holds that ended, the daily pass, digests.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::calendar::{self, Nominal};
use super::digests;
use super::plan::{self, ChunkEnd};
use crate::actions::cover::{self, PassEnd};
use crate::actions::payload::Payload;
use crate::actions::{self, Context};
use crate::clock::{CALENDAR_SLEEP_MAX, Clock};
use crate::compose::DeskTopic;
use crate::config::IfUnanswered;
use crate::domain::{lateness, season};
use crate::faults;
use crate::ids::FiringId;
use crate::outbox::Outbox;
use crate::store::firings::{self, FiringState, NewFiring};
use crate::store::{Lane, Store, StoreError, ledger, meta, staging};

/// Local hour from which the daily pass may run: nobody gets a notice in the night because a
/// list was imported late.
const DAILY_HOUR: i8 = 9;
/// After a fault of the store.
const FAULT_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The calendar's loop.
#[derive(Clone)]
pub struct Scheduler {
    /// Where firings are kept.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// The calendar.
    pub clock: Clock,
    /// Woken when messages were written.
    pub outbox: Outbox,
    /// Somebody decided something: look now.
    pub wake: Arc<Notify>,
}

impl Scheduler {
    /// Runs until `stop`. `beat` is called at every round and chunk.
    pub async fn run(self, stop: CancellationToken, beat: impl Fn() + Send + Sync) {
        while !stop.is_cancelled() {
            beat();
            let now = self.clock.now();
            let done = match self.tick(now, &stop, &beat).await {
                Ok(()) => self.settle_cover(now, &stop, &beat).await,
                Err(e) => Err(e),
            };
            let cover_waits = match done {
                Ok(end) => end == PassEnd::Waits,
                Err(e) => {
                    tracing::error!(reason = %e, "scheduler.tick_failed");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(FAULT_WAIT) => {}
                    }
                    continue;
                }
            };
            let config = &self.context.config;
            let step = calendar::next(config, now).ok().flatten().map(|n| n.due);
            let digest = digests::next(config, now).ok().flatten();
            let others = digest.into_iter().chain(cover::next(config, now));
            let next = step.into_iter().chain(others).min().unwrap_or(Timestamp::MAX);
            let longest = jiff::SignedDuration::try_from(CALENDAR_SLEEP_MAX).unwrap_or_default();
            let until = now.checked_add(longest).unwrap_or(next).min(next);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(until) => {}
                () = self.wake.notified() => {}
                () = self.outbox.next_reading(), if cover_waits => {}
            }
        }
    }

    /// What became of insurance cover, chunk by chunk, once an instant of it has passed.
    async fn settle_cover(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<PassEnd, StoreError> {
        loop {
            beat();
            let (context, read_until) = (self.context.clone(), self.outbox.read_until());
            let end = self
                .store
                .write(Lane::Background, move |c| {
                    cover::deadline_pass(c, &context, now, read_until)
                })
                .await?;
            if end != PassEnd::More || stop.is_cancelled() {
                return Ok(end);
            }
            self.outbox.wake();
        }
    }

    /// One round: registers what is due, ends holds, plans. Returns once nothing is left to do.
    pub async fn tick(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<(), StoreError> {
        let context = self.context.clone();
        let (open, digests) = self
            .store
            .write(Lane::Front, move |c| {
                register_due(c, &context, now)?;
                end_holds(c, &context, now)?;
                daily_pass(c, &context, now)?;
                let digests = digests::register(c, &context, now)?;
                // A list on its way in is all or nothing to the planner.
                if staging::is_applying(c)? {
                    return Ok((Vec::new(), digests));
                }
                let planning = firings::in_state(c, FiringState::Planning)?.into_iter();
                Ok((planning.map(|f| f.id).collect::<Vec<FiringId>>(), digests))
            })
            .await?;
        if digests > 0 {
            self.outbox.wake();
        }
        faults::point("scheduler.registered");
        for id in open {
            while !stop.is_cancelled() {
                beat();
                let context = self.context.clone();
                let ended = self
                    .store
                    .write(Lane::Background, move |c| plan::chunk(c, &context, id, now))
                    .await?;
                self.outbox.wake();
                if ended == ChunkEnd::Done {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Writes the firings of the season whose time has come, each once. What was due before the store
/// was made waits for a person: it may have gone out by other means.
pub fn register_due(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let made = meta::get(c, meta::CREATED_AT)?.and_then(|t| t.parse().ok()).unwrap_or(0);
    let made = Timestamp::from_millisecond(made).unwrap_or(Timestamp::UNIX_EPOCH);
    let due = calendar::between(&context.config, Timestamp::MIN, now)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    let mut new = 0;
    for nominal in due {
        if register(c, context, &nominal, made, now)? {
            new += 1;
        }
    }
    Ok(new)
}

fn register(
    c: &Connection,
    context: &Context,
    nominal: &Nominal<'_>,
    made: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let schedule = nominal.schedule;
    let key = nominal.key();
    if firings::exists(c, &schedule.id, &key)? {
        return Ok(false);
    }
    let verdict =
        lateness::decide(nominal.due, now, schedule.late_hours_max, schedule.hold_hours_max);
    let (state, reason, hold_until_ms) = match verdict {
        _ if nominal.due < made => (FiringState::Held, "due before this store was made", None),
        lateness::Firing::Go => (FiringState::Planning, "", None),
        lateness::Firing::Hold { until } => {
            (FiringState::Held, "late", Some(until.as_millisecond()))
        }
    };
    let firing = NewFiring {
        schedule: &schedule.id,
        local: &key,
        zone: nominal.zone,
        due_ms: nominal.due.as_millisecond(),
        season: &context.config.relance.season.id,
        issuer: &schedule.association,
        step: &schedule.step,
        kind: schedule.kind.as_str(),
        state,
        reason,
        hold_until_ms,
    };
    let now_ms = now.as_millisecond();
    let Some(id) = firings::add(c, &firing, now_ms)? else { return Ok(false) };
    let held = state == FiringState::Held;
    let data = json!({"schedule": schedule.id, "local": key, "held": held});
    let seq = ledger::append(c, &context.ring, now_ms, "", "fired", &data)?;
    if held {
        tracing::warn!(schedule = %schedule.id, local = %key, reason, "scheduler.held");
    } else {
        tracing::info!(schedule = %schedule.id, local = %key, "scheduler.fired");
    }
    // What was due before the store was made is the installer's to decide, who sees it in doctor.
    if hold_until_ms.is_some() {
        let payload = Payload {
            topic: DeskTopic::FiringHeld.as_str().into(),
            firing: Some(id.0),
            ..Payload::default()
        };
        actions::tell_desk(c, context, seq, &schedule.association, None, &payload, now)?;
    }
    Ok(true)
}

/// Ends the holds for lateness that nobody answered in time, as their step says.
fn end_holds(c: &Connection, context: &Context, now: Timestamp) -> Result<(), StoreError> {
    for firing in firings::in_state(c, FiringState::Held)? {
        let Some(until) = firing.hold_until_ms.and_then(|t| Timestamp::from_millisecond(t).ok())
        else {
            continue;
        };
        let rule = context
            .config
            .schedule(&firing.schedule)
            .map_or(IfUnanswered::Cancel, |s| s.if_unanswered);
        let Some(then) = lateness::after_hold(until, now, rule) else { continue };
        let (state, reason) = match then {
            IfUnanswered::Send => (FiringState::Planning, "late, nobody answered: sent"),
            IfUnanswered::Cancel => (FiringState::Cancelled, "late, nobody answered: cancelled"),
        };
        firings::release(c, firing.id, state, reason)?;
        let data =
            json!({"schedule": firing.schedule, "local": firing.local, "then": state.as_str()});
        ledger::append(c, &context.ring, now.as_millisecond(), "", "hold-ended", &data)?;
    }
    Ok(())
}

/// Once a day, who became eligible since the latest step gets it: the same firing is planned
/// again, and causes keep everybody else at one message.
fn daily_pass(c: &Connection, context: &Context, now: Timestamp) -> Result<(), StoreError> {
    let config = &context.config;
    if now >= season::ends(&config.relance.season) {
        return Ok(());
    }
    for association in &config.associations {
        let zone = season::zone(&association.zone).unwrap_or(TimeZone::UTC);
        let local = zone.to_datetime(now);
        if local.hour() < DAILY_HOUR {
            continue;
        }
        let today = local.date().to_string();
        let latest = firings::latest_done(c, &association.code, &config.relance.season.id)?;
        if let Some(firing) = latest
            && firing.replanned_on != today
            && !firing.local.starts_with(&today)
        {
            firings::replan(c, firing.id, &today)?;
        }
    }
    Ok(())
}
