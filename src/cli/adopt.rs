//! Owns `relance adopt`: a person says that a state that came from another host lives here now.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::{Place, say};
use crate::clock::Clock;
use crate::daemon::state::host_identity;
use crate::store::{Direct, StateLock, ledger, meta};

/// Arguments of `relance adopt`.
#[derive(Debug, Args)]
pub(super) struct Adopt {}

impl Adopt {
    #[expect(clippy::unused_self, reason = "every command is run so")]
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let _nobody_else = StateLock::take(&dir)?;
        let host = host_identity(&config.relance.host);
        let now_ms = Clock::system().now().as_millisecond();
        let mut store = Direct::open(&dir, now_ms)?;
        let adopted = store.write(|c| {
            if meta::get(c, meta::HOST)?.as_deref() == Some(host.as_str()) {
                return Ok(false);
            }
            meta::set(c, meta::HOST, &host)?;
            ledger::append(c, &ring, now_ms, "", "adopted", &serde_json::json!({}))?;
            Ok(true)
        })?;
        if !adopted {
            bail!("this state is at home here already");
        }
        say(
            "this state is at home here now. What waits in it goes out at the next start: see to it that the daemon it came from is stopped, and look at relance outbox list --only queued",
        );
        Ok(ExitCode::SUCCESS)
    }
}
