//! Owns looking ahead: each coming firing with its recipients by language and the excluded by
//! reason, what money may come, what is overdue or waits, as the store stands now. Never writes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::calendar::{self, Nominal};
use super::census::{Census, Expected, Recipients, Tally};
use crate::config::Config;
use crate::domain::eligibility::Step;
use crate::domain::gate::Count;
use crate::domain::season;
use crate::store::firings::{self, FiringState};
use crate::store::{StoreError, forecasts};

/// The season ahead.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    /// Season's id.
    pub season: String,
    /// The season before it, where the store remembers one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_season: Option<String>,
    /// Coming firings, by instant.
    pub firings: Vec<Coming>,
    /// What each association may expect.
    pub expected: Vec<Expected>,
    /// What should have gone out and did not.
    pub open: Vec<Open>,
}

/// One coming firing.
#[derive(Debug, Clone, Serialize)]
pub struct Coming {
    /// Schedule's id.
    pub schedule: String,
    /// Association's code.
    pub association: String,
    /// Step's name.
    pub step: String,
    /// Nominal local time: `2026-11-02T09:00`.
    pub local: String,
    /// Its zone.
    pub zone: String,
    /// The instant.
    pub utc: Timestamp,
    /// Who would get it.
    pub recipients: Recipients,
    /// How many would not, by reason.
    pub excluded: BTreeMap<&'static str, u64>,
    /// Who would not, by number with the reason, where the names were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<(String, &'static str)>,
    /// What a person approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<Count>,
    /// How many got the step in the season before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_season: Option<i64>,
    /// What approving it would keep.
    #[serde(skip)]
    pub count: Count,
}

/// A firing that is overdue or waits for a person.
#[derive(Debug, Clone, Serialize)]
pub struct Open {
    /// Its number, where it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing: Option<i64>,
    /// Schedule's id.
    pub schedule: String,
    /// Nominal local time.
    pub local: String,
    /// `overdue` or `held`.
    pub state: &'static str,
    /// Why it waits.
    pub reason: String,
    /// Its recipients, where it waits because of their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
}

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Firings later than this,
    pub after: Timestamp,
    /// and not later than this.
    pub until: Timestamp,
    /// What the calendar reads: firings before it are overdue.
    pub now: Timestamp,
    /// Whether the numbers of the excluded are asked for.
    pub members: bool,
}

/// Every firing in the time asked for, by instant.
pub fn forecast(c: &Connection, config: &Config, wish: Wish) -> Result<Forecast, StoreError> {
    let section = &config.relance.season;
    let nominal = calendar::between(config, wish.after, wish.until)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    let last_season = forecasts::season_before(c, &section.id)?;
    let reached = match &last_season {
        Some(season) => forecasts::reached(c, season)?,
        None => BTreeMap::new(),
    };
    let mut firings: Vec<Option<Coming>> = vec![None; nominal.len()];
    let mut expected = Vec::new();
    for association in &config.associations {
        let own: Vec<usize> =
            (0..nominal.len()).filter(|n| nominal[*n].issuer.code == association.code).collect();
        let steps = own.iter().map(|n| step(&nominal[*n])).collect();
        let day = season::day_in(&association.zone, wish.now);
        let mut census = Census::new(config, association, steps, day).with_names(wish.members);
        while census.page(c)? {}
        for (n, tally) in own.into_iter().zip(census.tallies) {
            let nominal = &nominal[n];
            let key = (association.code.clone(), nominal.schedule.step.clone());
            let approved = forecasts::of_firing(c, &nominal.schedule.id, &nominal.key())?;
            firings[n] = Some(coming(nominal, tally, approved, reached.get(&key).copied()));
        }
        expected.push(census.expected);
    }
    Ok(Forecast {
        season: section.id.clone(),
        last_season,
        firings: firings.into_iter().flatten().collect(),
        expected,
        open: open(c, config, wish.now)?,
    })
}

fn step(nominal: &Nominal<'_>) -> Step {
    let schedule = nominal.schedule;
    let day = season::day_in(&nominal.issuer.zone, nominal.due);
    let nominal = Some(nominal.local.date());
    Step { kind: schedule.kind, audience: schedule.audience(), day, nominal }
}

fn coming(
    nominal: &Nominal<'_>,
    tally: Tally,
    approved: Option<Count>,
    last_season: Option<i64>,
) -> Coming {
    Coming {
        schedule: nominal.schedule.id.clone(),
        association: nominal.issuer.code.clone(),
        step: nominal.schedule.step.clone(),
        local: nominal.key(),
        zone: nominal.zone.to_owned(),
        utc: nominal.due,
        recipients: tally.recipients,
        count: tally.count(),
        excluded: tally.excluded,
        members: tally.members,
        approved,
        last_season,
    }
}

/// What is overdue, and what waits for a person.
pub fn open(c: &Connection, config: &Config, now: Timestamp) -> Result<Vec<Open>, StoreError> {
    let mut open = Vec::new();
    let due = calendar::between(config, Timestamp::MIN, now)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    for nominal in due {
        if !firings::exists(c, &nominal.schedule.id, &nominal.key())? {
            open.push(Open {
                firing: None,
                schedule: nominal.schedule.id.clone(),
                local: nominal.key(),
                state: "overdue",
                reason: String::new(),
                counted: None,
            });
        }
    }
    for firing in firings::in_state(c, FiringState::Held)? {
        open.push(Open {
            firing: Some(firing.id.0),
            schedule: firing.schedule,
            local: firing.local,
            state: "held",
            reason: firing.reason,
            counted: firing.counted,
        });
    }
    Ok(open)
}
