//! Owns finding config and state for every command.

use std::path::PathBuf;

use anyhow::bail;

use super::Place;
use crate::config::Config;
use crate::daemon::state;
use crate::ids::Random;
use crate::link::{KeyError, Keyring};
use crate::store;

impl Place {
    /// The config, or all its faults at once.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        Config::load(&self.config).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            anyhow::anyhow!(
                "{} in {}:\n{}",
                count(faults.len(), "fault"),
                self.config.display(),
                lines.join("\n")
            )
        })
    }

    /// The state folder, chosen and ours; made where it is missing.
    pub(super) fn state(&self, config: &Config) -> anyhow::Result<PathBuf> {
        let dir = self.chosen(config);
        state::open(&dir)?;
        Ok(dir)
    }

    /// The state folder, chosen and ours where it is there. Makes nothing.
    pub(super) fn look(&self, config: &Config) -> anyhow::Result<PathBuf> {
        let dir = self.chosen(config);
        state::ours(&dir)?;
        Ok(dir)
    }

    fn chosen(&self, config: &Config) -> PathBuf {
        let environment = std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        state::choose(self.state.as_deref(), environment.as_deref(), &config.relance.state.dir)
    }

    /// The state folder, where a store stands in it already.
    pub(super) fn existing(&self, config: &Config) -> anyhow::Result<PathBuf> {
        let dir = self.look(config)?;
        if !dir.join(store::FILE).exists() {
            bail!(
                "{}: no store here yet; import members or start the daemon first, or name another folder with --state",
                dir.display()
            );
        }
        Ok(dir)
    }

    /// The keys of a state folder.
    pub(super) fn ring(dir: &std::path::Path) -> anyhow::Result<Keyring> {
        Keyring::load(dir, &Random::System).map_err(|e| match e {
            KeyError::Io { .. } => anyhow::Error::new(e).context(
                "the keys cannot be read; restore keys.toml from the backup, or, where nothing was mailed yet, start the daemon once",
            ),
            said => said.into(),
        })
    }

    /// Where systemd put the credentials, if it did.
    pub(super) fn credentials() -> Option<PathBuf> {
        std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
    }
}

/// `1 fault`, `2 faults`.
pub(super) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
