//! Owns `relance backup`: a copy of the store in one file, marked so that it does not mail.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Place, say, say_error, say_json};
use crate::domain::hold::{Held, HoldReason};
use crate::link::Keyring;
use crate::store::copies::{self, Backup as Made};
use crate::store::{self, ledger, read_once};

/// Arguments of `relance backup`.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// File to make; nothing is overwritten.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let now = read_once(&dir, super::acting::now)?;
        let held = Held {
            reason: HoldReason::Copy,
            since_ms: now.as_millisecond(),
            detail: format!("a backup of {now}"),
        };
        let shows = !self.json && std::io::stderr().is_terminal();
        let mut progress = |done: u64, all: u64| {
            if shows {
                let percent = done.saturating_mul(100) / all.max(1);
                let _ = write!(std::io::stderr(), "\r{percent} %");
            }
        };
        let made = copies::backup(&dir.join(store::FILE), &self.file, &held, &mut progress)?;
        if shows {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        let ours = match Place::ring(&dir) {
            Ok(ring) => Some(read_once(&dir, |c| ledger::is_continued_by(c, &ring))?),
            Err(_) => None,
        };
        let keys = Keyring::file(&dir);
        if ours == Some(false) {
            say_error(&format!(
                "{} does not belong to this store: no link that was mailed works with it. Find the right one",
                keys.display()
            ));
        }
        let head = format!("{}:{}", made.head.0, HEXLOWER.encode(&made.head.1));
        if self.json {
            say_json(&json!({
                "file": self.file, "octets": made.octets, "schema": made.schema, "at": now,
                "head": head, "keys": keys, "keys_fit": ours, "config": place.config,
            }))?;
        } else {
            tell(&self, &made, &head, place, &keys);
        }
        Ok(if ours == Some(false) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn tell(args: &Backup, made: &Made, head: &str, place: &Place, keys: &std::path::Path) {
    let file = args.file.display();
    say(&format!("{file}: {} octets, schema {}, looked through", made.octets, made.schema));
    say(&format!("the ledger in it ends at {head}: keep that elsewhere, for audit verify --head"));
    say(&format!(
        "not in it, and to be kept with it: {} (without it no link that was mailed works), {} and the password files",
        keys.display(),
        place.config.display()
    ));
    say(
        "it is marked as a copy: put in the place of relance.db it mails nothing until relance adopt",
    );
}
