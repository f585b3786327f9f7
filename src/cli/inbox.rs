//! Owns `relance inbox`.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Place, say};
use crate::clock::Clock;
use crate::store::{Direct, inbounds};

/// Subcommands of `relance inbox`.
#[derive(Debug, Subcommand)]
pub(super) enum Inbox {
    /// Read a mailbox that stands still because it was rebuilt: what looks new in it is taken for
    /// new.
    Resume,
}

impl Inbox {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let Self::Resume = self;
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
        let resumed = store.write(inbounds::resume)?;
        let _ = crate::daemon::control::ask(&dir, "wake");
        say(if resumed == 0 { "no mailbox is held" } else { "the mailbox will be read" });
        Ok(ExitCode::SUCCESS)
    }
}
