//! Owns `relance key`: the link keys.

use std::path::Path;
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
        let now = Clock::system().now();
        let json = match self {
            Self::New { json } => json,
            Self::List { json } => return list(&place.look(&config)?, json),
        };
        let dir = place.state(&config)?;
        let unused = !dir.join(store::FILE).exists() || read_once(&dir, ledger::is_empty)?;
        let mut ring = Keyring::load_or_create(&dir, unused, &Random::System, now)?;
        let id = ring.add(&Random::System, now)?;
        ring.save(&dir)?;
        if json {
            say_json(&json!({"id": id}))?;
        } else {
            say(&format!(
                "key {id} is made; restart the daemon to sign with it: systemctl restart relance"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(dir: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let keys = if Keyring::file(dir).exists() || dir.join(store::FILE).exists() {
        Keyring::load(dir, &Random::System)?.list()
    } else {
        Vec::new()
    };
    if json {
        say_json(&keys)?;
    } else if keys.is_empty() {
        say("none yet: they are made at the first start, or by relance key new");
    }
    for key in keys.iter().filter(|_| !json) {
        let signs = if key.signs { "signs and verifies" } else { "verifies" };
        say(&format!("key {}  made {}  {signs}", key.id, key.created));
    }
    Ok(ExitCode::SUCCESS)
}
