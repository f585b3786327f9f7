//! Owns `relance adopt`: this state has moved to this machine for good.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{Place, say};
use crate::clock::Clock;
use crate::daemon::state;
use crate::store::{Direct, ledger, meta};

/// Arguments of `relance adopt`.
#[derive(Debug, Args)]
pub(super) struct Adopt {}

impl Adopt {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let Self {} = self;
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let host = state::host_identity(&config.relance.host);
        if host.is_empty() {
            bail!(
                "this machine has no identity: no /etc/machine-id, and host.identity_file is not set"
            );
        }
        let ring = Place::ring(&dir)?;
        let now_ms = Clock::system().now().as_millisecond();
        let mut store = Direct::open(&dir, now_ms)?;
        let moved = store.write(|c| {
            if meta::get(c, meta::HOST)?.is_some_and(|made_on| made_on == host) {
                return Ok(false);
            }
            meta::set(c, meta::HOST, &host)?;
            ledger::append(c, &ring, now_ms, "", "adopted", &json!({}))?;
            Ok(true)
        })?;
        say(if moved {
            "this machine has adopted the state; never start the original again"
        } else {
            "the state belongs to this machine already"
        });
        Ok(ExitCode::SUCCESS)
    }
}
