//! Owns the look at a firing before it is planned: as many as a person approved, or a surprise
//! that waits for one. Counting reads only, page by page; the writer is asked once.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::census::Census;
use super::plan::nominal_day;
use super::register;
use crate::actions::Context;
use crate::domain::eligibility::Step;
use crate::domain::gate::{Bounds, Count, surprising};
use crate::domain::season;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::{Lane, Store, StoreError, forecasts, ledger};

/// Pages counted in one read: some 30 ms, after which the next snapshot is taken.
const PAGES_AT_ONCE: usize = 4;

/// Counts a firing and lets it be planned, or holds it. `beat` is called between reads.
pub(super) async fn look(
    store: &Store,
    context: &Context,
    firing: FiringRow,
    now: Timestamp,
    stop: &CancellationToken,
    beat: &(impl Fn() + Send + Sync),
) -> Result<(), StoreError> {
    let Some(found) = count(store, context, &firing, now, stop, beat).await? else {
        return Ok(());
    };
    let context = context.clone();
    store.write(Lane::Front, move |c| settle(c, &context, &firing, found, now)).await
}

/// The count; `None` where it was stopped on the way.
async fn count(
    store: &Store,
    context: &Context,
    firing: &FiringRow,
    now: Timestamp,
    stop: &CancellationToken,
    beat: &(impl Fn() + Send + Sync),
) -> Result<Option<Count>, StoreError> {
    let config = Arc::clone(&context.config);
    let unknown = || StoreError::GiveUp(format!("firing {} is of no known step", firing.id.0));
    let issuer = config.association(&firing.issuer).ok_or_else(unknown)?;
    let schedule = config.schedule(&firing.schedule).ok_or_else(unknown)?;
    let day = season::day_in(&issuer.zone, now);
    let nominal = nominal_day(&firing.local);
    let step = Step { kind: schedule.kind, audience: schedule.audience(), day, nominal };
    let mut so_far = Progress::default();
    while !stop.is_cancelled() {
        beat();
        let (config, code) = (Arc::clone(&config), issuer.code.clone());
        so_far = store
            .read(move |c| {
                let issuer = config.association(&code).ok_or_else(|| {
                    StoreError::GiveUp(format!("association {code} is not configured"))
                })?;
                so_far.go_on(c, &config, issuer, step)
            })
            .await?;
        if so_far.done {
            return Ok(Some(so_far.count));
        }
    }
    Ok(None)
}

/// A count between two reads.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    after: i64,
    count: Count,
    done: bool,
}

impl Progress {
    fn go_on(
        self,
        c: &Connection,
        config: &crate::config::Config,
        issuer: &crate::config::Association,
        step: Step,
    ) -> Result<Self, StoreError> {
        let mut census = Census::new(config, issuer, vec![step], step.day).from(self.after);
        let mut done = false;
        for _ in 0..PAGES_AT_ONCE {
            if !census.page(c)? {
                done = true;
                break;
            }
        }
        let found = census.tallies.first().map(super::census::Tally::count).unwrap_or_default();
        let count = Count {
            recipients: self.count.recipients + found.recipients,
            answered: self.count.answered + found.answered,
        };
        Ok(Self { after: census.after(), count, done })
    }
}

fn settle(
    c: &Connection,
    context: &Context,
    firing: &FiringRow,
    found: Count,
    now: Timestamp,
) -> Result<(), StoreError> {
    let section = &context.config.relance.season;
    let bounds = Bounds {
        percent_max: section.surprise_percent_max,
        recipients_max: section.surprise_recipients_max,
    };
    let approved = forecasts::of_firing(c, &firing.schedule, &firing.local)?;
    let surprise = approved.filter(|approved| surprising(*approved, found, bounds));
    let (state, reason) = match surprise {
        Some(_) => (FiringState::Held, firings::SURPRISING),
        None => (FiringState::Planning, ""),
    };
    if !firings::counted(c, firing.id, found.recipients, state, reason)? {
        return Ok(());
    }
    let Some(approved) = surprise else { return Ok(()) };
    let (schedule, local) = (&firing.schedule, &firing.local);
    tracing::warn!(%schedule, %local, approved = approved.recipients, found = found.recipients, "scheduler.surprising_count");
    let data = json!({"schedule": schedule, "local": local, "held": true,
        "approved": approved.recipients, "found": found.recipients});
    let seq =
        ledger::append(c, &context.ring, now.as_millisecond(), "", "surprising-count", &data)?;
    register::tell(c, context, seq, &firing.issuer, firing.id, now)
}
