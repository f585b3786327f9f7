//! Owns `relance clock`: the calendar of a running simulation.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::{Place, say};
use crate::daemon::control;

/// Subcommands of `relance clock`.
#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// What the calendar reads.
    Now,
    /// Jump to whatever is due next, once all loops are at rest.
    Next,
    /// Jump forward to an instant, once all loops are at rest.
    Set {
        /// In UTC, as 2026-12-31T12:00:00Z.
        #[arg(value_name = "INSTANT")]
        at: Timestamp,
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
        let line = match self {
            Self::Now => "clock now".to_owned(),
            Self::Next => "clock next".to_owned(),
            Self::Set { at } => format!("clock set {at}"),
            Self::Step { at } => format!("clock step {at}"),
        };
        say(&control::ask(&dir, &line)?);
        Ok(ExitCode::SUCCESS)
    }
}
