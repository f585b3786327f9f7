//! Owns looking ahead: each coming firing with its recipients by language and the excluded by
//! reason, as the store stands now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::calendar;
use crate::config::{Config, StepKind};
use crate::domain::billing::Terms;
use crate::domain::eligibility;
use crate::domain::words::Lang;
use crate::store::{StoreError, people, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 500;

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
}

/// Recipients by the language that comes first.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Recipients {
    /// All of them.
    pub total: u64,
    /// English first.
    pub en: u64,
    /// French first.
    pub fr: u64,
}

type Count = (Recipients, BTreeMap<&'static str, u64>);

/// Every firing later than `after` and not later than `until`, by instant.
pub fn forecast(
    c: &Connection,
    config: &Config,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<Coming>, StoreError> {
    let nominal =
        calendar::between(config, after, until).map_err(|e| StoreError::GiveUp(e.to_string()))?;
    let mut counts: BTreeMap<(String, &'static str), Count> = BTreeMap::new();
    for association in &config.associations {
        let kinds: Vec<StepKind> = [StepKind::Notice, StepKind::Reminder, StepKind::LastCall]
            .into_iter()
            .filter(|k| {
                nominal.iter().any(|n| n.issuer.code == association.code && n.schedule.kind == *k)
            })
            .collect();
        if !kinds.is_empty() {
            count(c, config, &association.code, &kinds, after, &mut counts)?;
        }
    }
    Ok(nominal
        .into_iter()
        .map(|n| {
            let key = (n.issuer.code.clone(), n.schedule.kind.as_str());
            let (recipients, excluded) = counts.get(&key).cloned().unwrap_or_default();
            Coming {
                schedule: n.schedule.id.clone(),
                association: n.issuer.code.clone(),
                step: n.schedule.step.clone(),
                local: n.key(),
                zone: n.zone.to_owned(),
                utc: n.due,
                recipients,
                excluded,
            }
        })
        .collect())
}

fn count(
    c: &Connection,
    config: &Config,
    code: &str,
    kinds: &[StepKind],
    now: Timestamp,
    counts: &mut BTreeMap<(String, &'static str), Count>,
) -> Result<(), StoreError> {
    let Some(issuer) = config.association(code) else { return Ok(()) };
    let terms = Terms::at(config, issuer, now);
    let mut after = 0;
    loop {
        let members = people::of_association(c, code, after, READ_AT_ONCE)?;
        let Some(last) = members.last() else { return Ok(()) };
        after = last.id.0;
        for member in &members {
            let renewal = renewals::find(c, member.id, code, &config.relance.season.id)?;
            for kind in kinds {
                let (to, out) = counts.entry((code.to_owned(), kind.as_str())).or_default();
                match eligibility::decide(config, issuer, *kind, member, renewal.as_ref(), &terms) {
                    Ok(_) => {
                        to.total += 1;
                        match member.reads(issuer.language) {
                            Lang::En => to.en += 1,
                            Lang::Fr => to.fr += 1,
                        }
                    }
                    Err(why) => *out.entry(why.as_str()).or_default() += 1,
                }
            }
        }
    }
}
