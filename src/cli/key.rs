//! Owns `relance key`: the link keys.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use jiff::SignedDuration;
use serde_json::json;

use super::{Place, say, say_json, tell};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Random;
use crate::link::Keyring;
use crate::store::{self, Direct, ledger, read_once};

/// A link to unsubscribe works for this long at least, whatever the season's links do (Canada's
/// anti-spam law, s. 11(2)).
const UNSUBSCRIBE_DAYS_MIN: u32 = 60;

/// Subcommands of `relance key`.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key with which links are signed once the daemon has reloaded; earlier links stay good.
    New {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Destroy a key that signs no more: no link that was signed with it works after that, the
    /// links to unsubscribe included. Refused while any of them may still be wanted.
    Retire {
        /// The key's number.
        id: u8,
        /// Destroy it now, because somebody else has it: every link signed with it dies.
        #[arg(long)]
        compromised: bool,
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
            Self::Retire { id, compromised, json } => {
                return retire(place, &config, id, compromised, json);
            }
            Self::List { json } => return list(&place.look(&config)?, json),
        };
        let dir = place.state(&config)?;
        let unused = !dir.join(store::FILE).exists() || read_once(&dir, ledger::is_empty)?;
        let mut ring = Keyring::load_or_create(&dir, unused, &Random::System, now)?;
        let id = ring.add(&Random::System, now)?;
        ring.save(&dir)?;
        let words = "is made; let the daemon sign with it: systemctl reload relance";
        tell(json, &json!({"id": id}), &format!("key {id} {words}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn retire(
    place: &Place,
    config: &Config,
    id: u8,
    compromised: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let dir = place.existing(config)?;
    let mut ring = Place::ring(&dir)?;
    let now = Clock::system().now();
    let days = i64::from(config.relance.season.link_days.max(UNSUBSCRIBE_DAYS_MIN));
    let wanted_until = ring.succeeded(id)? + SignedDuration::from_hours(24 * days);
    if now < wanted_until && !compromised {
        bail!(
            "links signed with key {id} may be used until {wanted_until}: {days} days after the key that follows it was made. If somebody else has the key: relance key retire {id} --compromised, after which none of those links works"
        );
    }
    ring.retire(id)?;
    Direct::open(&dir, now.as_millisecond())?.write(|c| {
        // Keys are made and kept by the machine's clock; the ledger has the calendar's.
        let at_ms = super::acting::now(c)?.as_millisecond();
        let data = json!({"key": id, "compromised": compromised});
        ledger::append(c, &ring, at_ms, "", "key-retired", &data)
    })?;
    ring.save(&dir)?;
    let words = "is destroyed; let the daemon forget it: systemctl reload relance";
    tell(json, &json!({"id": id, "retired": now}), &format!("key {id} {words}"))?;
    Ok(ExitCode::SUCCESS)
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
