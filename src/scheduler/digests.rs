//! Owns when a desk's digest is due. As a step it is nominal and happens once; of several that
//! nobody was there to serve only the latest goes out, and tells what all of them would have.

use jiff::Timestamp;
use rusqlite::Connection;

use super::rule::{Rule, RuleFault};
use crate::actions::Context;
use crate::actions::desk::write::{self, Due};
use crate::config::{Config, Digest};
use crate::domain::season;
use crate::store::{StoreError, digests, meta};

/// The rule of a digest in its zone.
fn rule(config: &Config, digest: &Digest) -> Result<Option<Rule>, RuleFault> {
    let Some(issuer) = config.association(&digest.association) else { return Ok(None) };
    let zone = digest.zone.as_deref().unwrap_or(&issuer.zone);
    Rule::parse(&digest.cron, zone).map(Some)
}

/// The first instant later than `after` at which a digest of any desk is due. They begin with the
/// season, and go on after its end: late payments come in.
pub fn next(config: &Config, after: Timestamp) -> Result<Option<Timestamp>, RuleFault> {
    let after = after.max(season::opens(&config.relance.season));
    let mut first: Option<Timestamp> = None;
    for digest in &config.digests {
        let Some(rule) = rule(config, digest)? else { continue };
        let due = rule.firings(after, Timestamp::MAX).next().map(|(_, due)| due);
        first = first.into_iter().chain(due).min();
    }
    Ok(first)
}

/// When the next digest of one desk is due after `after`, and whether it is the last before the
/// deadline.
pub fn next_of(
    config: &Config,
    issuer: &str,
    after: Timestamp,
) -> Result<Option<(Timestamp, bool)>, RuleFault> {
    let season = &config.relance.season;
    let mut first: Option<(Timestamp, bool)> = None;
    for digest in config.digests.iter().filter(|d| d.association == issuer) {
        let Some(rule) = rule(config, digest)? else { continue };
        let mut dues = rule.firings(after.max(season::opens(season)), Timestamp::MAX);
        let Some((_, due)) = dues.next() else { continue };
        let last = is_last(config, due, dues.next().map(|(_, next)| next));
        first = first.into_iter().chain([(due, last)]).min();
    }
    Ok(first)
}

/// Whether a digest is the last before the deadline: the next one comes too late for it.
fn is_last(config: &Config, now: Timestamp, next: Option<Timestamp>) -> bool {
    let deadline = season::deadline(&config.relance.season);
    now < deadline && next.is_none_or(|next| next >= deadline)
}

/// Every digest whose time has come and that is not written: the latest instant of each.
fn due<'a>(c: &Connection, config: &'a Config, now: Timestamp) -> Result<Vec<Due<'a>>, StoreError> {
    let made = meta::get(c, meta::CREATED_AT)?.and_then(|t| t.parse().ok()).unwrap_or(0);
    let fault = |e: RuleFault| StoreError::GiveUp(e.to_string());
    let opens = season::opens(&config.relance.season);
    let mut out = Vec::new();
    for digest in &config.digests {
        let Some(issuer) = config.association(&digest.association) else { continue };
        let Some(rule) = rule(config, digest).map_err(fault)? else { continue };
        // What was due before the store was made is another's to tell.
        let after_ms = digests::last_due(c, &digest.id)?.unwrap_or(made);
        let after = Timestamp::from_millisecond(after_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut superseded = -1;
        let mut latest = None;
        for found in rule.firings(after.max(opens), now) {
            superseded += 1;
            latest = Some(found);
        }
        let Some((local, due)) = latest else { continue };
        let next = rule.firings(due, Timestamp::MAX).next().map(|(_, next)| next);
        out.push(Due {
            schedule: &digest.id,
            quiet: digest.quiet,
            issuer,
            local: local.strftime("%Y-%m-%dT%H:%M").to_string(),
            due,
            superseded,
            last_day: is_last(config, now, next),
        });
    }
    Ok(out)
}

/// Writes what is due, each once. Returns how many messages there are for it.
pub fn register(c: &Connection, context: &Context, now: Timestamp) -> Result<usize, StoreError> {
    let mut sent = 0;
    for due in due(c, &context.config, now)? {
        if write::write(c, context, &due, now)? {
            tracing::info!(digest = due.schedule, local = %due.local, "scheduler.digest");
            sent += 1;
        }
    }
    Ok(sent)
}

/// Whether a digest's time has come and it is not written.
pub fn overdue(c: &Connection, config: &Config, now: Timestamp) -> Result<bool, StoreError> {
    Ok(!due(c, config, now)?.is_empty())
}
