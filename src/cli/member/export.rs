//! Owns `relance member export`: what a person may ask to be given, all of it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::super::acting::now;
use super::super::{Place, say};
use super::timeline;
use super::{find, known};
use crate::clock::Clock;
use crate::link::Keyring;
use crate::store::records::{Record, Source};
use crate::store::{Direct, ledger, people, records};

/// What only the machine can use and the person has no use for.
const MACHINE: [&str; 5] = ["salt", "digest", "mark", "hash", "payload"];

pub(super) fn run(place: &Place, number: &str, out: &Path) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let found = store.write(|c| {
        let Some(member) = find(c, number)? else { return Ok(None) };
        Ok(Some((now(c)?, records::of_person(c, member.id)?)))
    })?;
    let (now, all) = known(found, number)?;
    let data = serde_json::to_string_pretty(&data(&all, number, &now.to_string()))?;
    if out.extension().is_some_and(|e| e == "json") {
        write(out, &data)?;
        say(&out.display().to_string());
    } else {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(out)
            .with_context(|| out.display().to_string())?;
        for (name, content) in [("data.json", &data), ("data.txt", &text(&all, number))] {
            let path = out.join(name);
            write(&path, content)?;
            say(&path.display().to_string());
        }
    }
    noted(&mut store, &ring, number, now.as_millisecond())?;
    Ok(ExitCode::SUCCESS)
}

/// That it was given out is an act like any other.
fn noted(store: &mut Direct, ring: &Keyring, number: &str, now_ms: i64) -> anyhow::Result<()> {
    store.write(|c| {
        let Some(member) = find(c, number)? else { return Ok(()) };
        let subject = people::contact(c, member.id)?.subject;
        ledger::append(c, ring, now_ms, &subject, "given-out", &json!({})).map(drop)
    })?;
    Ok(())
}

/// A person's data: for its owner only.
fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    let shown = || path.display().to_string();
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.with_context(shown)?;
    file.write_all(content.as_bytes()).with_context(shown)
}

fn data(all: &[(&'static Source, Vec<Record>)], number: &str, at: &str) -> Value {
    let mut tables = Map::new();
    for (source, rows) in all.iter().filter(|(_, rows)| !rows.is_empty()) {
        let rows = rows.iter().map(own);
        tables.insert(source.table.into(), rows.collect::<Vec<_>>().into());
    }
    json!({"member_no": number, "written_at": at, "records": tables})
}

fn own(row: &Record) -> Value {
    let columns = row.iter().filter(|(name, _)| !MACHINE.contains(&name.as_str()));
    Value::Object(columns.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn text(all: &[(&'static Source, Vec<Record>)], number: &str) -> String {
    let mut out = format!("Everything that Relance keeps about member {number}\n");
    for entry in timeline::entries(all) {
        let _ = write!(out, "\n{}  {}", entry.at, entry.what);
    }
    for (source, rows) in all.iter().filter(|(_, rows)| !rows.is_empty()) {
        let _ = write!(out, "\n\n== {}", source.table);
        for row in rows {
            out.push('\n');
            for (name, value) in row.iter().filter(|(n, _)| !MACHINE.contains(&n.as_str())) {
                let value = match value {
                    Value::Null => continue,
                    Value::String(text) if text.is_empty() => continue,
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let _ = write!(out, "\n{name:<16} {value}");
            }
        }
    }
    out.push('\n');
    out
}
