//! Owns `relance key`: the link keys.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{Place, say, say_json};
use crate::clock::Clock;
use crate::ids::Random;
use crate::link::Keyring;
use crate::store::{self, ledger, read_once};

/// Subcommands of `relance key`.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key with which links are signed from the daemon's next start on; earlier links stay
    /// good.
    New {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List the keys, never their secrets.
    List {
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
}

impl Key {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.state(&config)?;
        let now = Clock::system().now();
        let used = dir.join(store::FILE).exists() && read_once(&dir, ledger::is_begun)?;
        let mut ring = Keyring::for_store(&dir, &Random::System, now, used)?;
        match self {
            Self::New { json } => {
                let id = ring.add(&Random::System, now)?;
                ring.save(&dir)?;
                if json {
                    say_json(&json!({"id": id}))?;
                } else {
                    say(&format!(
                        "key {id} is made; restart the daemon to sign with it: systemctl restart relance"
                    ));
                }
            }
            Self::List { json: true } => say_json(&ring.list())?,
            Self::List { json: false } => {
                for key in ring.list() {
                    let signs = if key.signs { "signs and verifies" } else { "verifies" };
                    say(&format!("key {}  made {}  {signs}", key.id, key.created));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
