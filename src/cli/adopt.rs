//! Owns `relance adopt`: a person ends a hold. Beside a running daemon, which hears of it, or
//! without one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{Place, relay_log, say, say_json};
use crate::actions::adoption::{self, Adopted, Word};
use crate::clock::Clock;
use crate::daemon::{control, state};
use crate::domain::hold::HoldReason;
use crate::hold;
use crate::store::{Direct, StoreError, meta};

/// Arguments of `relance adopt`.
#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// What was due before this instant (2026-11-24T12:00:00Z) was sent, and is not mailed again:
    /// when the original stopped.
    #[arg(long, value_name = "INSTANT")]
    assume_sent_until: Option<Timestamp>,
    /// Postfix's log of the lost time: what it names was sent. `-`: standard input.
    #[arg(long, value_name = "FILE")]
    relay_log: Option<PathBuf>,
    /// Say what would be, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// One JSON object; where nothing holds the state, `held` in it is false.
    #[arg(long)]
    json: bool,
}

impl Adopt {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let host = state::host_identity(&config.relance.host);
        let mut word = Word { sent_until: self.assume_sent_until, ..Word::default() };
        if let Some(file) = &self.relay_log {
            word.logged = relay_log::named(file, &ring)
                .with_context(|| format!("{}: cannot be read", file.display()))?;
        }
        let machine = Clock::system().now();
        let mut store = Direct::open(&dir, machine.as_millisecond())?;
        let (simulated, now) = store.read(|c| {
            Ok((meta::get(c, meta::SIMULATED)?.is_some(), meta::calendar(c, machine)?))
        })?;
        if word.sent_until.is_some_and(|until| until > now) {
            bail!(
                "--assume-sent-until: that instant is still to come; name when the original stopped"
            );
        }
        let clock = if simulated { Clock::fixed(now) } else { Clock::system() };
        let mut done = None;
        let written = store.write(|c| {
            let Some(held) = hold::at_start(c, &host, &clock)? else { return Ok(()) };
            done = Some((held.reason, adoption::adopt(c, &ring, &held, &host, &word, now)?));
            if self.dry_run { Err(StoreError::Retry("a dry run".into())) } else { Ok(()) }
        });
        let Some((reason, adopted)) = done else {
            written?;
            if self.json {
                say_json(&json!({"held": false}))?;
            }
            bail!("nothing holds this state, and it is at home here already");
        };
        if !self.dry_run {
            written?;
            let _ = control::ask(&dir, "wake");
        }
        if self.json {
            let mut told = serde_json::to_value(&adopted)?;
            told["held"] = true.into();
            say_json(&told)?;
        } else {
            tell(&self, reason, &adopted);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(args: &Adopt, reason: HoldReason, a: &Adopted) {
    let would = if args.dry_run { "a dry run, nothing was changed: " } else { "" };
    say(&format!("{would}this state is at home here now; it was held: {}", reason.what()));
    let said = a.logged + a.assumed;
    say(&format!(
        "{said} waiting messages are taken as sent ({} by the relay's log, {} by their time)",
        a.logged, a.assumed
    ));
    say(&format!("{} messages wait and go out now", a.to_go));
    say(&format!(
        "{} messages were in doubt and stand in the relay's log; {} stay in doubt: relance outbox list",
        a.settled, a.unknown
    ));
    if !a.held_firings.is_empty() {
        let ids: Vec<String> = a.held_firings.iter().map(ToString::to_string).collect();
        say(&format!(
            "firings {} wait for a person: the life before may have let them go, so look before you approve any",
            ids.join(", ")
        ));
    }
    let told = args.assume_sent_until.is_some() || args.relay_log.is_some();
    if !told && matches!(reason, HoldReason::Copy | HoldReason::SetBack) && a.to_go > 0 {
        say(
            "nothing was said of what was sent since the copy was made: what goes out now may be had twice",
        );
    }
}
