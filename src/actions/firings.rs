//! Owns what a person decides about a mailing: approving its forecast before it is due, letting
//! one that waits go, ending it. The staff's name stands beside the approved count, never in the
//! ledger.

use rusqlite::Connection;
use serde_json::json;

use super::{Context, Evidence, note};
use crate::domain::gate::Count;
use crate::ids::FiringId;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::forecasts::{self, ForecastRow};
use crate::store::{StoreError, messages};

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Done.
    Done,
    /// Neither the firing nor any of its messages waits for anybody.
    NotHeld,
    /// It waits because of its count, which is this and was not typed.
    CountIs(i64),
}

/// Lets a firing that waits, or what waits of one, go out. One that is held for its count goes
/// only for whoever types that count, which is then the approved one.
pub fn approve(
    c: &Connection,
    context: &Context,
    id: FiringId,
    count: Option<i64>,
    staff: &str,
    evidence: &Evidence<'_>,
) -> Result<Decided, StoreError> {
    let Some(firing) = firings::by_id(c, id)? else { return Ok(Decided::NotHeld) };
    let surprising = firing.state == FiringState::Held && firing.reason == firings::SURPRISING;
    let found = firing.counted.filter(|_| surprising);
    if let Some(found) = found
        && count != Some(found)
    {
        return Ok(Decided::CountIs(found));
    }
    let released = firings::release(c, id, FiringState::Planning, firings::APPROVED)?;
    let messages = messages::release_firing(c, id, evidence.at.as_millisecond())?;
    if messages > 0 {
        firings::approve(c, id)?;
    }
    if !released && messages == 0 {
        return Ok(Decided::NotHeld);
    }
    let data = json!({"firing": id.0, "messages": messages, "count": count});
    let seq = note(c, context, "", "firing-approved", &data, evidence)?;
    if let Some(recipients) = found {
        let answered = forecasts::of_firing(c, &firing.schedule, &firing.local)?;
        let answered = answered.map_or(0, |count| count.answered);
        keep(c, &firing, Count { recipients, answered }, staff, seq, evidence)?;
    }
    Ok(Decided::Done)
}

/// Ends a firing that waits, or what waits of one.
pub fn cancel(
    c: &Connection,
    context: &Context,
    id: FiringId,
    evidence: &Evidence<'_>,
) -> Result<Decided, StoreError> {
    const REASON: &str = "cancelled by a person";
    let released = firings::release(c, id, FiringState::Cancelled, REASON)?;
    let messages = messages::cancel_firing(c, id, REASON, evidence.at.as_millisecond())?;
    if !released && messages == 0 {
        return Ok(Decided::NotHeld);
    }
    let data = json!({"firing": id.0, "messages": messages});
    note(c, context, "", "firing-cancelled", &data, evidence)?;
    Ok(Decided::Done)
}

/// A coming firing as its forecast shows it.
#[derive(Debug, Clone, Copy)]
pub struct Foretold<'a> {
    /// Schedule's id.
    pub schedule: &'a str,
    /// Nominal local time.
    pub local: &'a str,
    /// Whom it would reach now.
    pub count: Count,
}

/// Approves the forecast of a firing that is not due yet: one that then differs too much is held.
pub fn approve_forecast(
    c: &Connection,
    context: &Context,
    foretold: Foretold<'_>,
    staff: &str,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let Foretold { schedule, local, count } = foretold;
    let data = json!({"schedule": schedule, "local": local, "recipients": count.recipients,
        "answered": count.answered});
    let ledger = note(c, context, "", "forecast-approved", &data, evidence)?;
    let row = ForecastRow {
        schedule: schedule.to_owned(),
        local: local.to_owned(),
        season: context.config.relance.season.id.clone(),
        count,
        by: staff.to_owned(),
        at_ms: evidence.at.as_millisecond(),
        ledger,
    };
    forecasts::keep(c, &row)
}

fn keep(
    c: &Connection,
    firing: &FiringRow,
    count: Count,
    staff: &str,
    ledger: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let row = ForecastRow {
        schedule: firing.schedule.clone(),
        local: firing.local.clone(),
        season: firing.season.clone(),
        count,
        by: staff.to_owned(),
        at_ms: evidence.at.as_millisecond(),
        ledger,
    };
    forecasts::keep(c, &row)
}
