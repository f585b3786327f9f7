//! Owns `relance retention`: what is past its time, and forgetting it now rather than in the
//! daemon's daily pass.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::acting::now;
use super::{Place, say, say_json};
use crate::actions::{self, Context};
use crate::clock::Clock;
use crate::domain::retention::before;
use crate::store::{Direct, read_once};

/// Arguments of `relance retention`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["dry_run", "apply"])))]
pub(super) struct Retention {
    /// Say what would be forgotten, and forget nothing.
    #[arg(long)]
    dry_run: bool,
    /// Forget it.
    #[arg(long)]
    apply: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Retention {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let now = read_once(&dir, now)?;
        let context = Context { config: Arc::new(config), ring: Arc::new(ring) };
        let due = read_once(&dir, |c| actions::retention_due(c, &context, now))?;
        let mut told = Vec::new();
        for (kept, rows) in due {
            let mut forgotten = 0;
            if self.apply && rows > 0 {
                let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
                loop {
                    let n = store.write(|c| actions::forget(c, &context, kept, now))?;
                    forgotten += n;
                    if n == 0 {
                        break;
                    }
                }
                store.forget_log()?;
            }
            let until = before(kept, &context.config.relance.retention, now);
            told.push((kept, until, rows, forgotten));
        }
        if self.json {
            let rows = told.iter().map(|(kept, until, rows, forgotten)| {
                json!({"kept": kept.as_str(), "before": until.map(|t| t.to_string()),
                       "due": rows, "forgotten": forgotten})
            });
            say_json(&json!({"retention": rows.collect::<Vec<_>>()}))?;
        } else {
            for (kept, until, rows, forgotten) in &told {
                let until = until.map(|t| t.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
                let (n, done) = if self.apply {
                    (i64::try_from(*forgotten).unwrap_or(*rows), "forgotten")
                } else {
                    (*rows, "would be forgotten")
                };
                say(&format!("{:<11} before {until}: {n} {done}", kept.as_str()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
