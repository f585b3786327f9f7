//! Owns `relance clock`: the calendar of a running simulation.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::{Place, tell};
use crate::daemon::control;

/// Subcommands of `relance clock`.
#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// What the calendar reads.
    Now {
        /// One JSON object: `{"at"}`.
        #[arg(long)]
        json: bool,
    },
    /// Jump to whatever is due next, once all loops are at rest.
    Next {
        /// One JSON object: `{"at"}`.
        #[arg(long)]
        json: bool,
    },
    /// Jump forward to an instant, once all loops are at rest.
    Set {
        /// In UTC, as 2026-12-31T12:00:00Z.
        #[arg(value_name = "INSTANT")]
        at: Timestamp,
        /// One JSON object: `{"at"}`.
        #[arg(long)]
        json: bool,
    },
    /// Set it wrong, as somebody sets a clock: no time passes, and the daemon must notice.
    #[command(hide = true)]
    Step {
        /// In UTC.
        #[arg(value_name = "INSTANT")]
        at: Timestamp,
    },
}

impl ClockCommand {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let (line, json) = match self {
            Self::Now { json } => ("clock now".to_owned(), json),
            Self::Next { json } => ("clock next".to_owned(), json),
            Self::Set { at, json } => (format!("clock set {at}"), json),
            Self::Step { at } => (format!("clock step {at}"), false),
        };
        let at = control::ask(&dir, &line)?;
        tell(json, &json!({"at": at}), &at)?;
        Ok(ExitCode::SUCCESS)
    }
}
