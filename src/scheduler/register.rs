//! Owns writing down the firings whose time has come, each once: to go now, to wait for a person,
//! or overtaken while nobody was looking.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::calendar::{self, Nominal};
use crate::actions::payload::Payload;
use crate::actions::{self, Context};
use crate::compose::DeskTopic;
use crate::config::StepKind;
use crate::domain::lateness::{self, Fate, Missed};
use crate::domain::season;
use crate::ids::FiringId;
use crate::store::firings::{self, FiringState, NewFiring};
use crate::store::{StoreError, forecasts, holds, ledger, meta};

/// A lapse of people whom nobody ever wrote to is no lapse.
const NO_NOTICE: &str = "no notice of this season has gone out";
/// It may have gone out by other means.
const BEFORE_US: &str = "due before this store was made";
/// What it warned of has happened.
const DEADLINE_PASSED: &str = "its deadline has passed";

/// Writes the firings of the season whose time has come, each once. What was due before the store
/// was made waits for a person. Of several that one association missed, only those go that still
/// make sense.
pub fn register_due(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let made = meta::get(c, meta::CREATED_AT)?.and_then(|t| t.parse().ok()).unwrap_or(0);
    let made = Timestamp::from_millisecond(made).unwrap_or(Timestamp::UNIX_EPOCH);
    let due = calendar::between(&context.config, Timestamp::MIN, now)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    let mut new: BTreeMap<&str, Vec<Nominal<'_>>> = BTreeMap::new();
    for nominal in due {
        if !firings::exists(c, &nominal.schedule.id, &nominal.key())? {
            new.entry(&nominal.issuer.code).or_default().push(nominal);
        }
    }
    let mut count = 0;
    for of_one in new.into_values() {
        let (before, missed): (Vec<_>, Vec<_>) = of_one.into_iter().partition(|n| n.due < made);
        for nominal in &before {
            let held = (FiringState::Held, BEFORE_US.to_owned(), None);
            count += usize::from(write(c, context, nominal, held, now)?);
        }
        count += missed_by_one(c, context, &missed, now)?;
    }
    Ok(count)
}

/// State, reason, and until when it waits.
type Verdict = (FiringState, String, Option<Timestamp>);

fn missed_by_one(
    c: &Connection,
    context: &Context,
    due: &[Nominal<'_>],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let inherited = holds::assumed(c)?;
    // A firing of the life before has gone: what is planned for it is written down and not mailed.
    let gone =
        |n: &Nominal<'_>| inherited.is_some_and(|life| n.due.as_millisecond() < life.until_ms);
    let bound = |n: &Nominal<'_>| {
        if gone(n) {
            return lateness::Firing::Go;
        }
        lateness::decide(n.due, now, n.schedule.late_hours_max, n.schedule.hold_hours_max)
    };
    let missed: Vec<Missed> =
        due.iter().map(|n| Missed { kind: n.schedule.kind, verdict: bound(n) }).collect();
    let deadline = season::deadline(&context.config.relance.season);
    let fates = lateness::fates(&missed, now, deadline);
    let mut count = 0;
    for ((nominal, missed), fate) in due.iter().zip(&missed).zip(fates) {
        let verdict = match fate {
            Fate::Superseded(by) => {
                let reason = format!("superseded by {}", due[by].schedule.id);
                (FiringState::Cancelled, reason, None)
            }
            Fate::DeadlinePassed => (FiringState::Cancelled, DEADLINE_PASSED.to_owned(), None),
            Fate::Stands if gone(nominal) => (FiringState::Planning, String::new(), None),
            Fate::Stands => stands(c, context, nominal, missed.verdict)?,
        };
        if verdict.0 != FiringState::Cancelled {
            overtake(c, context, nominal, now)?;
        }
        count += usize::from(write(c, context, nominal, verdict, now)?);
    }
    Ok(count)
}

fn stands(
    c: &Connection,
    context: &Context,
    nominal: &Nominal<'_>,
    bound: lateness::Firing,
) -> Result<Verdict, StoreError> {
    let season = &context.config.relance.season.id;
    if nominal.schedule.kind == StepKind::Lapse
        && !firings::noticed(c, &nominal.issuer.code, season)?
    {
        return Ok((FiringState::Held, NO_NOTICE.to_owned(), None));
    }
    Ok(match bound {
        lateness::Firing::Go => {
            (ready(c, &nominal.schedule.id, &nominal.key())?, String::new(), None)
        }
        lateness::Firing::Hold { until } => (FiringState::Held, "late".to_owned(), Some(until)),
    })
}

/// A firing that goes is counted first where somebody approved its count.
pub(super) fn ready(
    c: &Connection,
    schedule: &str,
    local: &str,
) -> Result<FiringState, StoreError> {
    Ok(match forecasts::of_firing(c, schedule, local)? {
        Some(_) => FiringState::Counting,
        None => FiringState::Planning,
    })
}

/// Ends what waits for a person since it was late, and says the same as the step that is due now.
fn overtake(
    c: &Connection,
    context: &Context,
    by: &Nominal<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let season = &context.config.relance.season.id;
    for firing in firings::in_state(c, FiringState::Held)? {
        let alike = StepKind::parse(&firing.kind)
            .is_some_and(|waiting| lateness::overtaken(waiting, by.schedule.kind));
        if firing.hold_until_ms.is_none()
            || firing.issuer != by.issuer.code
            || firing.season != *season
            || !alike
        {
            continue;
        }
        let reason = format!("superseded by {}", by.schedule.id);
        firings::release(c, firing.id, FiringState::Cancelled, &reason)?;
        let data = json!({"schedule": firing.schedule, "local": firing.local,
            "then": FiringState::Cancelled.as_str(), "by": by.schedule.id});
        ledger::append(c, &context.ring, now.as_millisecond(), "", "hold-ended", &data)?;
    }
    Ok(())
}

fn write(
    c: &Connection,
    context: &Context,
    nominal: &Nominal<'_>,
    (state, reason, hold_until): Verdict,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let schedule = nominal.schedule;
    let key = nominal.key();
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
        reason: &reason,
        hold_until_ms: hold_until.map(Timestamp::as_millisecond),
    };
    let now_ms = now.as_millisecond();
    let Some(id) = firings::add(c, &firing, now_ms)? else { return Ok(false) };
    let held = state == FiringState::Held;
    let mut data = json!({"schedule": schedule.id, "local": key, "held": held});
    if state == FiringState::Cancelled {
        data["not"] = json!(reason);
    }
    let seq = ledger::append(c, &context.ring, now_ms, "", "fired", &data)?;
    match state {
        FiringState::Held | FiringState::Cancelled => {
            let state = state.as_str();
            tracing::warn!(schedule = %schedule.id, local = %key, state, reason, "scheduler.not_fired");
        }
        _ => tracing::info!(schedule = %schedule.id, local = %key, "scheduler.fired"),
    }
    // What was due before the store was made is the installer's to decide, who sees it in doctor.
    if held && reason != BEFORE_US {
        tell(c, context, seq, &schedule.association, id, now)?;
    }
    Ok(true)
}

/// Tells the desk that a firing waits.
pub(super) fn tell(
    c: &Connection,
    context: &Context,
    seq: i64,
    issuer: &str,
    firing: FiringId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let payload = Payload {
        topic: DeskTopic::FiringHeld.as_str().into(),
        firing: Some(firing.0),
        ..Payload::default()
    };
    actions::tell_desk(c, context, seq, issuer, None, &payload, now)
}
