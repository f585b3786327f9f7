//! Owns `relance link desk`: a link by which a desk acts for its members for one day.

use std::process::ExitCode;

use anyhow::bail;
use jiff::SignedDuration;
use serde_json::json;

use super::{Place, tell};
use crate::actions::{Context, desk};
use crate::clock::Clock;
use crate::store::{Direct, ledger};

/// A working day: a link that is read out or mailed by hand must not lie about.
const HOURS: i64 = 24;

pub(super) fn run(place: &Place, issuer: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let context = Context { config: std::sync::Arc::new(config), ring: std::sync::Arc::new(ring) };
    let config = &context.config;
    let code = issuer.unwrap_or(&config.relance.federation.national);
    let Some(issuer) = config.association(code) else {
        let known: Vec<&str> = config.associations.iter().map(|a| a.code.as_str()).collect();
        bail!("{code} is no association; known: {}", known.join(", "));
    };
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let (url, until) = store.write(|c| {
        let now = super::acting::now(c)?;
        let until = now.saturating_add(SignedDuration::from_hours(HOURS)).unwrap_or(now);
        let url = desk::open_door(c, &context, issuer, now, until)?;
        let data = json!({"issuer": issuer.code});
        ledger::append(c, &context.ring, now.as_millisecond(), "", "desk-link", &data)?;
        Ok((url, until))
    })?;
    let told = json!({"association": issuer.code, "link": url, "until": until.to_string()});
    tell(json, &told, &url)?;
    Ok(ExitCode::SUCCESS)
}
