//! Owns `relance suppression`: addresses that nothing is mailed to.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::place::count;
use super::{Place, say, say_json, tell};
use crate::clock::Clock;
use crate::link::Keyring;
use crate::members::{Sheet, address, unguarded};
use crate::store::{Direct, StoreError, addresses, ledger, read_once};

/// Reason of an address that a person put on the list without giving one.
const BY_A_PERSON: &str = "by-a-person";

/// Subcommands of `relance suppression`.
#[derive(Debug, Subcommand)]
pub(super) enum Suppression {
    /// List the addresses, why, since when, and the members behind them.
    List {
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Mail nothing to an address any more.
    Add {
        /// The address.
        address: String,
        /// Why, in a few words.
        #[arg(long, default_value = BY_A_PERSON)]
        reason: String,
        /// One JSON object: `{"address","added"}`; `added` is false where it was on the list.
        #[arg(long)]
        json: bool,
    },
    /// Mail to an address again; its score is forgotten.
    Remove {
        /// The address.
        address: String,
        /// One JSON object: `{"address","removed"}`.
        #[arg(long)]
        json: bool,
    },
    /// Add the addresses of a CSV file: `address,reason`, the reason may be left out.
    Import {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// One JSON object: `{"rows","added"}`.
        #[arg(long)]
        json: bool,
    },
    /// Write the list as CSV, as `import` reads it; `list --json` is the same for programs.
    Export,
}

impl Suppression {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        match self {
            Self::List { json } => list(&dir, json)?,
            Self::Export => export(&dir)?,
            Self::Add { address, reason, json } => {
                let added = add(&dir, &[(address.clone(), reason)])? > 0;
                let words = if added { "added" } else { "it is on the list already" };
                tell(json, &json!({"address": address, "added": added}), words)?;
            }
            Self::Remove { address, json } => {
                remove(&dir, &address)?;
                tell(json, &json!({"address": address, "removed": true}), "removed")?;
            }
            Self::Import { file, json } => {
                let rows = read(&file)?;
                let n = add(&dir, &rows)?;
                let words = format!("{}, {n} of them new", count(rows.len(), "row"));
                tell(json, &json!({"rows": rows.len(), "added": n}), &words)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(dir: &Path, json: bool) -> anyhow::Result<()> {
    let rows = read_once(dir, addresses::suppressed)?;
    let since = |ms| Timestamp::from_millisecond(ms).map(|t| t.to_string()).unwrap_or_default();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|r| {
                json!({"address": r.address, "reason": r.reason, "since": since(r.since_ms),
                       "members": r.members})
            })
            .collect();
        return say_json(&rows);
    }
    if rows.is_empty() {
        say("none");
    }
    for r in rows {
        let members = r.members.join(", ");
        say(&format!("{}  {}  {}  {members}", since(r.since_ms), r.address, r.reason));
    }
    Ok(())
}

fn export(dir: &Path) -> anyhow::Result<()> {
    let mut sheet = Sheet::new(std::io::stdout());
    sheet.row(["address", "reason"])?;
    for r in read_once(dir, addresses::suppressed)? {
        sheet.row([&r.address, &r.reason])?;
    }
    Ok(sheet.finish()?.flush()?)
}

fn read(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let record: csv::StringRecord = record.iter().map(unguarded).collect();
        let address = record.get(0).unwrap_or_default().trim();
        if address.is_empty() || address == "address" {
            continue;
        }
        address::normalise(address)
            .with_context(|| format!("{}: line {line}: {address}", file.display()))?;
        let reason = record.get(1).map(str::trim).filter(|r| !r.is_empty()).unwrap_or(BY_A_PERSON);
        rows.push((address.to_owned(), reason.to_owned()));
    }
    Ok(rows)
}

/// All or nothing: a bad address anywhere adds none. Returns how many are new.
fn add(dir: &Path, rows: &[(String, String)]) -> anyhow::Result<usize> {
    let mut clean = Vec::with_capacity(rows.len());
    for (address, reason) in rows {
        let address = address::normalise(address).with_context(|| address.clone())?;
        clean.push((address.as_str().to_owned(), reason.as_str()));
    }
    let ring = Place::ring(dir)?;
    let mut store = Direct::open(dir, Clock::system().now().as_millisecond())?;
    Ok(store.write(|c| {
        let now_ms = super::acting::now(c)?.as_millisecond();
        let mut new = 0;
        for (address, reason) in &clean {
            let (score, _, suspended) = addresses::score(c, address)?;
            if suspended {
                continue;
            }
            addresses::set_score(c, address, score, now_ms, Some(reason))?;
            note(c, &ring, now_ms, "suppression-added", address)?;
            new += 1;
        }
        Ok(new)
    })?)
}

fn remove(dir: &Path, text: &str) -> anyhow::Result<()> {
    let address = address::normalise(text).with_context(|| text.to_owned())?;
    let ring = Place::ring(dir)?;
    let mut store = Direct::open(dir, Clock::system().now().as_millisecond())?;
    let lifted = store.write(|c| {
        let now_ms = super::acting::now(c)?.as_millisecond();
        let lifted = addresses::lift(c, address.as_str())?;
        if lifted {
            note(c, &ring, now_ms, "suppression-removed", address.as_str())?;
        }
        Ok(lifted)
    })?;
    if !lifted {
        bail!("{text} is not on the list");
    }
    Ok(())
}

/// The ledger names an address by a keyed mark only.
fn note(
    c: &rusqlite::Connection,
    ring: &Keyring,
    now_ms: i64,
    kind: &str,
    address: &str,
) -> Result<(), StoreError> {
    let mark = data_encoding::HEXLOWER.encode(&ring.mark("address", address.as_bytes())[..8]);
    ledger::append(c, ring, now_ms, "", kind, &json!({"address": mark}))?;
    Ok(())
}
