//! Owns measuring the calendar: counting a firing against its approved forecast, and planning it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{DOMAIN, cpu_s, fill, say};
use crate::actions::firings::{Foretold, approve_forecast};
use crate::actions::{Context, Door, Evidence};
use crate::bell::Bell;
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

/// Foretells the whole season of so many members and plans its first notice; prints
/// `{"members","forecast_s","forecast_cpu_s","count_s","plan_s","whole_s","whole_cpu_s",
/// "write_ms_max","peak_mb"}`. `whole` is counting and planning, `write_ms_max` the longest that the
/// store's writer was taken.
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

    let begun = Spent::begin();
    let until = crate::domain::season::ends(&config.relance.season);
    let wish = Wish { after: opens, until, now: opens, members: false };
    let ahead = Look::open(state)?.read(|c| forecast(c, &config, wish))?;
    let (forecast_s, forecast_cpu_s) = begun.end();
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
    store.forget_longest_write();
    let (begun, count_s) = (Spent::begin(), counted(&store, &context, state, at).await?);
    let plan_s = planned(&store, &context, at).await?;
    let (whole_s, whole_cpu_s) = begun.end();
    let written: i64 = store.read(|c| Ok(firings::all(c)?.iter().map(|f| f.planned).sum())).await?;
    anyhow::ensure!(written == i64::from(members), "{written} of {members} were planned");
    say(&json!({
        "members": members,
        "forecast_s": forecast_s,
        "forecast_cpu_s": forecast_cpu_s,
        "count_s": count_s,
        "plan_s": plan_s,
        "whole_s": whole_s,
        "whole_cpu_s": whole_cpu_s,
        "write_ms_max": store.longest_write().as_secs_f64() * 1000.0,
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
        wake: Bell::default(),
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

/// Plans chunk by chunk; how long all took.
async fn planned(store: &Store, context: &Context, at: jiff::Timestamp) -> anyhow::Result<f64> {
    let open = store.read(|c| firings::in_state(c, FiringState::Planning)).await?;
    let begun = monotonic();
    for firing in open {
        let mut end = ChunkEnd::More;
        while end == ChunkEnd::More {
            let context = context.clone();
            end = store.write(Lane::Background, move |c| chunk(c, &context, firing.id, at)).await?;
        }
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Time spent, by the wall and by this process's processors.
struct Spent {
    begun: std::time::Instant,
    cpu_s: f64,
}

impl Spent {
    fn begin() -> Self {
        Self { begun: monotonic(), cpu_s: cpu_s() }
    }

    fn end(self) -> (f64, f64) {
        (self.begun.elapsed().as_secs_f64(), cpu_s() - self.cpu_s)
    }
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
