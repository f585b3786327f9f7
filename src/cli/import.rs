//! Owns `relance import`: read, stage, apply; show and list what was refused.

mod sieve;

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use self::sieve::Sieve;
use super::cell::plain;
use super::{Place, say, say_error, say_json};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Random;
use crate::link::Keyring;
use crate::members::{Reader, RowOutcome};
use crate::store::people::Row;
use crate::store::staging::{self, ImportChange, ImportId};
use crate::store::{Direct, Look, ledger};

/// Rows in one transaction: the daemon's writer waits for no more than a few milliseconds.
const CHUNK: usize = 100;
/// Rows between two lines of progress.
const PROGRESS_ROWS: u64 = 20_000;

/// Arguments of `relance import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The member list; `-` for standard input. Refused rows are written beside it, or for `-` into
    /// the state folder.
    file: PathBuf,
    /// Show what it would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The list is complete: memberships that are not in it are over.
    #[arg(long)]
    complete: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Report {
    rows: u64,
    added: u64,
    changed: u64,
    unchanged: u64,
    refused: Vec<Refused>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejects_file: Option<PathBuf>,
}

/// One reason to refuse one row.
#[derive(Debug, Clone, Serialize)]
struct Refused {
    line: u64,
    field: String,
    why: String,
    #[serde(skip)]
    raw: String,
}

impl Import {
    pub(super) fn run(mut self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let state = if self.dry_run { place.look(&config)? } else { place.state(&config)? };
        // Read twice (digest, rows) and written beside: standard input is kept as a file first.
        let name = HEXLOWER.encode(&Random::System.bytes::<8>());
        let kept = if self.dry_run {
            std::env::temp_dir().join(format!("relance-import-{name}.csv"))
        } else {
            state.join("import.csv")
        };
        let spool = if self.file == Path::new("-") { Some(spool(kept)?) } else { None };
        if let Some(file) = &spool {
            self.file.clone_from(file);
        }
        let done = self.take(&config, &state);
        if let Some(file) = spool {
            std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
        }
        done
    }

    fn take(&self, config: &Config, state: &Path) -> anyhow::Result<ExitCode> {
        let mut report = Report::default();
        let mut sieve = Sieve::default();
        let shown = self.file.display().to_string();
        let progress = Progress { on: std::io::stderr().is_terminal() && !self.json };
        if self.dry_run {
            let store = Look::open_or_empty(state)?;
            self.each(config, &mut report, &progress, |report, line, row| {
                if let Some(refused) = store.read(|c| sieve.refuse(c, line, &row))? {
                    report.refused.push(refused);
                    return Ok(());
                }
                count(report, store.read(|c| compare(c, &row))?);
                Ok(())
            })
            .with_context(|| shown.clone())?;
        } else {
            let now_ms = Clock::system().now().as_millisecond();
            let mut store = Direct::open(state, now_ms)?;
            self.take_in(config, state, &mut store, &mut report, &mut sieve, &progress)
                .with_context(|| shown.clone())?;
        }
        report.warnings = sieve.shared_warnings();
        if self.complete && !report.refused.is_empty() {
            report.warnings.push(
                "rows were refused, so no membership was ended: mend them and import the complete list again".into(),
            );
        }
        if !report.refused.is_empty() && !self.dry_run {
            report.rejects_file = Some(write_rejects(&self.file, &report.refused)?);
        }
        self.tell(&report)?;
        Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Reads every row and hands the accepted ones over with their line numbers.
    fn each(
        &self,
        config: &Config,
        report: &mut Report,
        progress: &Progress,
        mut accept: impl FnMut(&mut Report, u64, Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let input = BufReader::new(File::open(&self.file)?);
        let mut reader = Reader::new(input, config)?;
        while let Some(outcome) = reader.next_row()? {
            report.rows += 1;
            progress.at("read", report.rows);
            match outcome {
                RowOutcome::Accepted { line, row } => accept(report, line, Row::from(*row))?,
                RowOutcome::Refused { line, refusals, raw } => {
                    report.refused.extend(refusals.into_iter().map(|r| Refused {
                        line,
                        field: r.field.to_owned(),
                        why: r.why,
                        raw: raw.clone(),
                    }));
                }
            }
        }
        Ok(())
    }

    /// Stages all accepted rows, then applies them. Killed anywhere, the same file goes on where
    /// it was; the planner sees nothing until the end.
    fn take_in(
        &self,
        config: &Config,
        state: &Path,
        store: &mut Direct,
        report: &mut Report,
        sieve: &mut Sieve,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let now = Clock::system().now();
        let unused = store.write(ledger::is_empty)?;
        let ring = Keyring::load_or_create(state, unused, &Random::System, now)?;
        let digest = digest(&self.file)?;
        let complete = self.complete;
        let id = store.write(|c| staging::begin(c, &digest, complete, now.as_millisecond()))?;
        let mut waiting: Vec<(i64, Row)> = Vec::with_capacity(CHUNK);
        let read = self.each(config, report, progress, |report, line, row| {
            if let Some(refused) = store.write(|c| sieve.refuse(c, line, &row))? {
                report.refused.push(refused);
                return Ok(());
            }
            waiting.push((i64::try_from(line)?, row));
            if waiting.len() >= CHUNK {
                store.write(|c| staging::stage(c, id, &waiting))?;
                waiting.clear();
            }
            Ok(())
        });
        if let Err(fault) = read {
            store.write(|c| staging::discard(c, id))?;
            return Err(fault);
        }
        store.write(|c| {
            staging::stage(c, id, &waiting)?;
            staging::staged(c, id)
        })?;
        crate::faults::point("import.staged");
        apply_all(store, id, report, progress)?;
        // A refused row may be anybody's: a typing error must not end a membership.
        let ends = complete && report.refused.is_empty();
        report.missing = store.write(|c| {
            let missing = if ends { Some(staging::mark_missing(c, id)?) } else { None };
            staging::finish(c, id)?;
            let data = serde_json::json!({
                "digest": digest, "added": report.added, "changed": report.changed,
                "unchanged": report.unchanged, "refused": report.refused.len(), "missing": missing,
            });
            ledger::append(c, &ring, now.as_millisecond(), "", "imported", &data)?;
            Ok(missing)
        })?;
        Ok(())
    }

    fn tell(&self, report: &Report) -> anyhow::Result<()> {
        if self.json {
            return say_json(report);
        }
        for r in &report.refused {
            let field = if r.field.is_empty() { String::new() } else { format!(" {}:", r.field) };
            say(&format!("line {}:{field} {}", r.line, r.why));
        }
        for warning in &report.warnings {
            say(&format!("warning: {warning}"));
        }
        let would = if self.dry_run { "would be " } else { "" };
        let refused =
            report.refused.iter().map(|r| r.line).collect::<std::collections::BTreeSet<_>>();
        say(&format!(
            "{} rows: {} {would}added, {} {would}changed, {} unchanged, {} refused",
            report.rows,
            report.added,
            report.changed,
            report.unchanged,
            refused.len()
        ));
        if let Some(missing) = report.missing {
            say(&format!("{missing} memberships are not in this complete list, and are over"));
        }
        if let Some(file) = &report.rejects_file {
            say(&format!(
                "refused rows and why: {}; mend them in the list, then import the list again",
                file.display()
            ));
        }
        Ok(())
    }
}

/// Tells how far it is, on a terminal.
struct Progress {
    on: bool,
}

impl Progress {
    fn at(&self, what: &str, rows: u64) {
        if self.on && rows > 0 && rows.is_multiple_of(PROGRESS_ROWS) {
            say_error(&format!("{rows} rows {what}"));
        }
    }
}

fn count(report: &mut Report, change: ImportChange) {
    match change {
        ImportChange::Added => report.added += 1,
        ImportChange::Changed => report.changed += 1,
        ImportChange::Unchanged => report.unchanged += 1,
    }
}

/// Applies what is staged, chunk by chunk.
fn apply_all(
    store: &mut Direct,
    id: ImportId,
    report: &mut Report,
    progress: &Progress,
) -> anyhow::Result<()> {
    loop {
        let applied = store.write(|c| {
            let rows = staging::pending(c, id, i64::try_from(CHUNK).unwrap_or(1))?;
            let mut changes = Vec::with_capacity(rows.len());
            for (_, row) in &rows {
                let subject = HEXLOWER.encode(&Random::System.bytes::<12>());
                changes.push(staging::apply(c, row, &subject, &Random::System.bytes::<16>())?);
            }
            if let Some((line, _)) = rows.last() {
                staging::applied(c, id, *line)?;
            }
            Ok(changes)
        })?;
        crate::faults::point("import.chunk");
        if applied.is_empty() {
            return Ok(());
        }
        for change in applied {
            count(report, change);
        }
        progress.at("applied", report.added + report.changed + report.unchanged);
    }
}

fn compare(c: &rusqlite::Connection, row: &Row) -> Result<ImportChange, crate::store::StoreError> {
    Ok(match staging::current(c, row)? {
        None => ImportChange::Added,
        Some(kept) if kept == *row => ImportChange::Unchanged,
        Some(_) => ImportChange::Changed,
    })
}

/// Keeps standard input as a file that is its owner's alone.
fn spool(path: PathBuf) -> anyhow::Result<PathBuf> {
    let _ = std::fs::remove_file(&path);
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| path.display().to_string())?;
    std::io::copy(&mut std::io::stdin().lock(), &mut out)?;
    Ok(path)
}

fn digest(file: &Path) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let mut input = BufReader::new(File::open(file)?);
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok(HEXLOWER.encode(&hash.finalize()));
        }
        hash.update(part);
        let n = part.len();
        input.consume(n);
    }
}

/// Beside the input: line, field, reason and the row itself.
fn write_rejects(input: &Path, refused: &[Refused]) -> anyhow::Result<PathBuf> {
    let path = input.with_extension("rejects.csv");
    // People's data, like the list: for its owner only. Written aside and moved, so that what
    // stood there, with whatever mode or link, is replaced.
    let fresh = input.with_extension("rejects.csv.new");
    let _ = std::fs::remove_file(&fresh);
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh);
    let file = file.with_context(|| fresh.display().to_string())?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["line", "field", "why", "row"])?;
    for r in refused {
        let (why, row) = (plain(&r.why), plain(&r.raw));
        writer.write_record([r.line.to_string().as_str(), &r.field, &why, &row])?;
    }
    writer.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.flush()?;
    std::fs::rename(&fresh, &path).with_context(|| path.display().to_string())?;
    Ok(path)
}
