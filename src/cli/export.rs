//! Owns `relance export`: what happened, for the membership system. The same cursor gives the same
//! events with the same ids, however often it is asked.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use super::Place;
use crate::domain::export::{Event, events};
use crate::members::Sheet;
use crate::store::export::{self, Told};
use crate::store::{StoreError, ledger, read_once};

/// Lines of the ledger read at once.
const READ_AT_ONCE: i64 = 1000;
/// Columns of the CSV form; facts that have none stand in `detail` as JSON.
const COLUMNS: [&str; 13] = [
    "id",
    "cursor",
    "at",
    "event",
    "member_no",
    "issuer",
    "season",
    "state",
    "cents",
    "field",
    "was",
    "value",
    "detail",
];

/// Arguments of `relance export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The `cursor` of the last event that was read; 0: from the beginning. One that this store
    /// has never given fails.
    #[arg(long, value_name = "CURSOR", value_parser = clap::value_parser!(i64).range(0..))]
    since: i64,
    /// One JSON object a line, instead of CSV.
    #[arg(long)]
    json: bool,
}

impl Export {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let (end, _) = read_once(&dir, ledger::head)?;
        if self.since > end {
            bail!(
                "--since {}: the ledger of this store ends at {end}, so the cursor is of another store, or of this one before it was set back to a backup; docs/export.md says what to do",
                self.since
            );
        }
        let mut out = Out::new(self.json)?;
        let mut failed = None;
        read_once(&dir, |c| {
            let mut cursor = self.since;
            loop {
                let lines = export::after(c, cursor, READ_AT_ONCE)?;
                let Some(last) = lines.last() else { return Ok(()) };
                cursor = last.line.seq;
                for told in &lines {
                    for event in events(&told.line, &told.rows) {
                        let owner = owner(c, told, &event)?;
                        if let Err(e) = out.write(told, event, owner.as_deref()) {
                            failed = Some(e);
                            return Ok(());
                        }
                    }
                }
            }
        })?;
        match failed {
            Some(e) => Err(e),
            None => out.flush().map(|()| ExitCode::SUCCESS),
        }
    }
}

fn owner(
    c: &rusqlite::Connection,
    told: &Told,
    event: &Event,
) -> Result<Option<String>, StoreError> {
    match &told.member_no {
        Some(number) => Ok(Some(number.clone())),
        None => export::owner(c, &event.facts),
    }
}

enum Out {
    Json(std::io::BufWriter<std::io::Stdout>),
    Csv(Box<Sheet<std::io::Stdout>>),
}

impl Out {
    fn new(json: bool) -> anyhow::Result<Self> {
        if json {
            return Ok(Self::Json(std::io::BufWriter::new(std::io::stdout())));
        }
        let mut sheet = Sheet::new(std::io::stdout());
        sheet.row(COLUMNS)?;
        Ok(Self::Csv(Box::new(sheet)))
    }

    fn write(&mut self, told: &Told, event: Event, owner: Option<&str>) -> anyhow::Result<()> {
        let at = jiff::Timestamp::from_millisecond(told.at_ms)?;
        let mut row: Map<String, Value> = Map::new();
        row.insert("id".into(), json!(event.id));
        row.insert("cursor".into(), json!(told.line.seq));
        row.insert("at".into(), json!(at.to_string()));
        row.insert("event".into(), json!(event.event));
        row.insert("member_no".into(), json!(owner));
        match self {
            Self::Json(out) => {
                row.extend(event.facts);
                writeln!(out, "{}", Value::Object(row))?;
            }
            Self::Csv(out) => {
                let (own, rest): (Map<_, _>, Map<_, _>) =
                    event.facts.into_iter().partition(|(key, _)| COLUMNS.contains(&key.as_str()));
                row.extend(own);
                if !rest.is_empty() {
                    row.insert("detail".into(), json!(Value::Object(rest).to_string()));
                }
                let cell = |column: &&str| match row.get(*column) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                out.row(COLUMNS.iter().map(cell))?;
            }
        }
        Ok(())
    }

    fn flush(self) -> anyhow::Result<()> {
        match self {
            Self::Json(mut out) => out.flush()?,
            Self::Csv(out) => out.finish()?.flush()?,
        }
        Ok(())
    }
}
