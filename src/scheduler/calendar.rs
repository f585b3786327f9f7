//! Owns the season's nominal firings: which schedule is due when, as local date and time and as
//! an instant by the rules bundled with this binary. A step fires only within its own season.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::rule::{Rule, RuleFault};
use crate::config::{Association, Config, Schedule, SeasonSection};
use crate::domain::season;

/// One nominal firing.
#[derive(Debug, Clone)]
pub struct Nominal<'a> {
    /// Its schedule.
    pub schedule: &'a Schedule,
    /// The association that issues.
    pub issuer: &'a Association,
    /// Local date and time: with the schedule's id, the firing's key.
    pub local: DateTime,
    /// Zone of `local`.
    pub zone: &'a str,
    /// The instant.
    pub due: Timestamp,
}

impl Nominal<'_> {
    /// `2026-11-02T09:00`.
    #[must_use]
    pub fn key(&self) -> String {
        self.local.strftime("%Y-%m-%dT%H:%M").to_string()
    }
}

/// Every firing later than `after` and not later than `until` within the season, by instant.
/// The rules were checked when the config was read; a fault here means that they were not.
pub fn between(
    config: &Config,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<Nominal<'_>>, RuleFault> {
    let opens = season::opens(&config.relance.season);
    let ends = season::ends(&config.relance.season);
    let after =
        after.max(opens.saturating_sub(jiff::SignedDuration::from_millis(1)).unwrap_or(opens));
    let mut out = Vec::new();
    for schedule in &config.schedules {
        let Some(issuer) = config.association(&schedule.association) else { continue };
        let zone = schedule.zone.as_deref().unwrap_or(&issuer.zone);
        for (local, due) in
            of_schedule(schedule, &config.relance.season, zone, after, until.min(ends))?
        {
            out.push(Nominal { schedule, issuer, local, zone, due });
        }
    }
    out.sort_by(|a, b| a.due.cmp(&b.due).then_with(|| a.schedule.id.cmp(&b.schedule.id)));
    Ok(out)
}

/// When a schedule is due, later than `after` and not later than `until`: its rule's local times,
/// or the one that is counted from a date of the season.
pub fn of_schedule(
    schedule: &Schedule,
    season: &SeasonSection,
    zone: &str,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<(DateTime, Timestamp)>, RuleFault> {
    if let Some(cron) = &schedule.cron {
        return Ok(Rule::parse(cron, zone)?.firings(after, until).collect());
    }
    let offset = schedule.offset.as_ref().and_then(|offset| season::counted(season, offset));
    let Some(local) = offset else { return Ok(Vec::new()) };
    let rules = season::zone(zone).ok_or_else(|| RuleFault::Zone(zone.to_owned()))?;
    let due = rules.to_ambiguous_timestamp(local).compatible().ok();
    Ok(due
        .filter(|due| *due > after && *due <= until)
        .map(|due| (local, due))
        .into_iter()
        .collect())
}

/// The first firing later than `after`.
pub fn next(config: &Config, after: Timestamp) -> Result<Option<Nominal<'_>>, RuleFault> {
    Ok(between(config, after, season::ends(&config.relance.season))?.into_iter().next())
}
