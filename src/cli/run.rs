//! Owns `relance run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

use super::Place;
use crate::compose::Composer;
use crate::config::Config;
use crate::daemon::assemble::{Daemon, Options};
use crate::daemon::footing::Footing;
use crate::daemon::lifecycle::Ended;
use crate::ids::Random;
use crate::outbox::transport::Deadlines;

/// Arguments of `relance run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Log as JSON, one object a line.
    #[arg(long)]
    log_json: bool,
    /// Run a simulation whose calendar starts here (2026-11-01T12:00:00Z). A state folder that the
    /// daemon never ran on becomes a simulation for good; in one that is, the calendar never runs
    /// back. Recipients in reserved domains and servers on loopback only.
    #[arg(long, value_name = "INSTANT")]
    clock: Option<Timestamp>,
    /// Seconds to wait for any answer of the relay. For tests.
    #[arg(long, hide = true, value_name = "SECONDS")]
    relay_patience_s: Option<u64>,
    /// Seconds to wait for any answer of the mail server that is read. For tests.
    #[arg(long, hide = true, value_name = "SECONDS")]
    mailbox_patience_s: Option<u64>,
}

impl Run {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        start_log(self.log_json);
        let config = place.config()?;
        let options = Options {
            state: place.state(&config)?,
            credentials: Place::credentials(),
            clock: self.clock,
            deadlines: self.relay_patience_s.map_or_else(Deadlines::default, patience),
            mailbox_patience: self.mailbox_patience_s.map(Duration::from_secs),
            random: Random::System,
        };
        // Under another name a step that has fired would fire again: everybody would get its
        // message twice.
        let renamed = super::check::renamed(&options.state, &config);
        if !renamed.is_empty() {
            bail!("{}", renamed.join("\n"));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let ended = runtime.block_on(serve(place, config, &options))?;
        tracing::info!(?ended, "relance.ended");
        Ok(ExitCode::from(ended.exit_code()))
    }
}

/// One daemon after another, each with the config of its time, until one ends for good.
async fn serve(place: &Place, config: Config, options: &Options) -> anyhow::Result<Ended> {
    let mut footing = Footing::take(options)?;
    let mut daemon = Daemon::assemble(config.clone(), options, &mut footing).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "relance.started");
    let mut current = config;
    loop {
        let renewed = || renewed(place.clone(), options.state.clone());
        let (ended, next) = daemon.run(&mut footing, renewed).await;
        let Some(next) = next else { return Ok(ended) };
        daemon = match Daemon::assemble(next.clone(), options, &mut footing).await {
            Ok(daemon) => {
                tracing::info!("relance.reloaded");
                current = next;
                daemon
            }
            // What only a start can tell (a port that is taken, a password that is gone) must not
            // end a daemon that ran well.
            Err(e) => {
                let reason = e.to_string();
                tracing::error!(reason, "relance.reload_failed");
                Daemon::assemble(current.clone(), options, &mut footing).await?
            }
        };
    }
}

/// The config as it is now, where a daemon that runs may go on with it.
async fn renewed(place: Place, state: PathBuf) -> Option<Config> {
    let read = tokio::task::spawn_blocking(move || reread(&place, &state)).await;
    match read.map_err(anyhow::Error::from).and_then(|read| read) {
        Ok(config) => Some(config),
        Err(e) => {
            let reason = format!("{e:#}");
            tracing::error!(reason, "relance.reload_refused");
            None
        }
    }
}

fn reread(place: &Place, state: &Path) -> anyhow::Result<Config> {
    let config = place.config()?;
    let chosen = place.look(&config)?;
    if chosen != state {
        bail!(
            "state.dir is {} now, and this daemon runs on {}; another state needs a restart",
            chosen.display(),
            state.display()
        );
    }
    // All that a start would find out of words.
    Composer::new(&config.relance, &config.associations, &config.taxes)?;
    let mut faults = super::check::renamed(state, &config);
    faults.extend(super::check::reworded(state, &config));
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(config)
}

fn patience(seconds: u64) -> Deadlines {
    let each = Duration::from_secs(seconds);
    Deadlines { connect: each, command: each, data: each, body: each, last: each }
}

/// Logs to standard output; `RUST_LOG` says how much. Libraries stay at `info`, whatever it says: some
/// of them write whole messages, addresses and passwords at `debug`.
pub(super) fn start_log(json: bool) {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .from_env_lossy();
    // Colours are for people at a terminal: a journal would keep them as escape codes.
    let colours = std::io::stdout().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    let capped = filter_fn(|of| of.target().starts_with("relance") || *of.level() <= Level::INFO);
    // A second subscriber in one process (tests) is not an error.
    let _ = if json {
        builder.json().flatten_event(true).finish().with(capped).try_init()
    } else {
        builder.with_target(false).finish().with(capped).try_init()
    };
}
