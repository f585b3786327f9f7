//! Owns measuring the calendar: counting a firing against its approved forecast, and planning it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{DOMAIN, fill, say};
use crate::actions::firings::{Foretold, approve_forecast};
use crate::actions::{Context, Door, Evidence};
use crate::clock::{Clock, monotonic};
use crate::compose::Composer;
use crate::config::Config;
use crate::domain::gate::Count;
use crate::domain::words::Lang;
use crate::ids::Random;
use crate::link::Keyring;
use crate::outbox::{Outbox, Way, maildir::MaildirTransport};
use crate::scheduler::forecast::{Wish, forecast};
use crate::scheduler::{ChunkEnd, Scheduler, calendar, chunk, register_due};
use crate::store::firings::{self, FiringState};
use crate::store::{Lane, Look, Store};

/// Plans one notice for so many members; prints `{"members","forecast_s","count_s","plan_s",
/// "chunk_ms_max","chunk_ms_p99","peak_mb"}`.
pub(super) async fn plan(config: Config, state: &Path, members: u32) -> anyhow::Result<()> {
    let config = Arc::new(config);
    let opens = crate::domain::season::opens(&config.relance.season);
    let first = calendar::next(&config, opens)?
        .ok_or_else(|| anyhow::anyhow!("the config has no firing"))?;
    let (issuer, at, key) = (first.issuer.clone(), first.due, first.key());
    let schedule = first.schedule.id.clone();
    let store = Store::open(state, at.as_millisecond())?;
    let ring = Keyring::load_or_create(state, true, &Random::System, at)?;
    let context = Context { config: Arc::clone(&config), ring: Arc::new(ring) };
    fill(&store, &issuer, members, DOMAIN, Some(at.as_millisecond() - 1)).await?;
    reset_peak();

    let begun = monotonic();
    let wish = Wish { after: opens, until: at, now: opens, members: false };
    let ahead = Look::open(state)?.read(|c| forecast(c, &config, wish))?;
    let forecast_s = begun.elapsed().as_secs_f64();
    let count = ahead.firings.first().map_or(Count::default(), |f| f.count);

    // Approved, so that it is counted; the tick ends where planning would begin.
    let evidence = Evidence { door: Door::Desk, mid: None, lang: Lang::En, at, answers: "" };
    let approving = context.clone();
    let (id, local) = (schedule.clone(), key.clone());
    store
        .write(Lane::Front, move |c| {
            let foretold = Foretold { schedule: &id, local: &local, count };
            approve_forecast(c, &approving, foretold, "bench", &evidence)?;
            register_due(c, &approving, at)
        })
        .await?;
    let (begun, count_s) = (monotonic(), counted(&store, &context, state, at).await?);
    let (plan_s, mut chunks) = planned(&store, &context, at).await?;
    let whole_s = begun.elapsed().as_secs_f64();
    chunks.sort_unstable();
    let ms = |duration: Option<&Duration>| duration.map_or(0.0, |d| d.as_secs_f64() * 1000.0);
    let written: i64 = store.read(|c| Ok(firings::all(c)?.iter().map(|f| f.planned).sum())).await?;
    anyhow::ensure!(written == i64::from(members), "{written} of {members} were planned");
    say(&json!({
        "members": members,
        "forecast_s": forecast_s,
        "count_s": count_s,
        "plan_s": plan_s,
        "whole_s": whole_s,
        "chunks": chunks.len(),
        "chunk_ms_max": ms(chunks.last()),
        "chunk_ms_p99": ms(chunks.get(chunks.len() * 99 / 100)),
        "peak_mb": peak_mb(),
    })
    .to_string());
    store.close().await;
    Ok(())
}

/// Lets the scheduler count, and stops it where it would plan.
async fn counted(
    store: &Store,
    context: &Context,
    state: &Path,
    at: jiff::Timestamp,
) -> anyhow::Result<f64> {
    let config = &context.config;
    let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
    let clock = Clock::fixed(at);
    let way = Way::Maildir(MaildirTransport::open(&state.join("outgoing"))?);
    let outbox =
        Outbox::new(store.clone(), context.clone(), composer, clock.clone(), Random::System, way);
    let scheduler = Scheduler {
        store: store.clone(),
        context: context.clone(),
        clock,
        outbox,
        wake: Arc::default(),
    };
    let stop = CancellationToken::new();
    let begun = monotonic();
    let counting = scheduler.clone();
    let stopping = stop.clone();
    let task = tokio::spawn(async move { counting.tick(at, &stopping, &|| {}).await });
    loop {
        let waiting =
            store.read(|c| Ok(firings::in_state(c, FiringState::Counting)?.len())).await?;
        if waiting == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    stop.cancel();
    task.await??;
    Ok(seconds)
}

/// Plans chunk by chunk; how long all took, and each.
async fn planned(
    store: &Store,
    context: &Context,
    at: jiff::Timestamp,
) -> anyhow::Result<(f64, Vec<Duration>)> {
    let open = store.read(|c| firings::in_state(c, FiringState::Planning)).await?;
    let (begun, mut chunks) = (monotonic(), Vec::new());
    for firing in open {
        loop {
            let context = context.clone();
            let (end, took) = store
                .write(Lane::Background, move |c| {
                    let begun = monotonic();
                    let end = chunk(c, &context, firing.id, at)?;
                    Ok((end, begun.elapsed()))
                })
                .await?;
            chunks.push(took);
            if end == ChunkEnd::Done {
                break;
            }
        }
    }
    Ok((begun.elapsed().as_secs_f64(), chunks))
}

/// Forgets the process's peak so far (proc(5), `clear_refs`); where the system does not allow it,
/// the figure is that of filling too.
pub(super) fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The process's peak of resident memory.
pub(super) fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}
