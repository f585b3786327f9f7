//! Owns `relance import`: read, stage, apply; show and list what was refused.

mod report;
mod sieve;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use self::report::{Refused, Report};
use self::sieve::{Graves, Sieve};
use super::{Place, say_error};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Random;
use crate::link::Keyring;
use crate::members::{Reader, Refusal, RowOutcome};
use crate::store::people::Row;
use crate::store::staging::{self, ImportChange, ImportId};
use crate::store::{Direct, FILE, StoreError, ledger};

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
        let now_ms = Clock::system().now().as_millisecond();
        // Trying out makes no state where there is none.
        let nothing_yet = self.dry_run && !state.join(FILE).exists();
        let mut store = if nothing_yet { Direct::aside()? } else { Direct::open(state, now_ms)? };
        let ring = Place::ring(state).ok();
        let graves = store.write(|c| Graves::read(c, ring))?;
        let shown = self.file.display().to_string();
        let mut run = Run {
            config,
            report: Report::default(),
            sieve: Sieve::new(graves),
            progress: Progress { on: std::io::stderr().is_terminal() && !self.json },
        };
        let taken = if self.dry_run {
            self.try_out(&mut store, &mut run)
        } else {
            self.take_in(state, &mut store, &mut run)
        };
        taken.with_context(|| shown)?;
        let Run { mut report, mut sieve, .. } = run;
        report.disagreements = sieve.disagreements();
        report.erased = sieve.erased();
        report.warnings.extend(sieve.shared_warnings());
        if self.complete && !report.refused.is_empty() {
            report.warnings.push(
                "rows were refused, so no membership was ended: mend them and import the complete list again".into(),
            );
        }
        if !report.refused.is_empty() && !self.dry_run {
            report.rejects_file = Some(report.write_rejects(&self.file)?);
        }
        report.tell(self.json, self.dry_run)?;
        Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Reads every row and hands the accepted ones over with their line numbers; a reason given
    /// back refuses one.
    fn each(
        &self,
        run: &mut Run<'_>,
        mut accept: impl FnMut(&mut Sieve, u64, Row) -> anyhow::Result<Option<Refused>>,
    ) -> anyhow::Result<()> {
        let input = BufReader::new(File::open(&self.file)?);
        let mut reader = Reader::new(input, run.config)?;
        run.report.names = reader.names().to_vec();
        while let Some(outcome) = reader.next_row()? {
            run.report.rows += 1;
            run.progress.at("read", run.report.rows);
            let reasons: Vec<Refused> = match outcome {
                RowOutcome::Accepted { line, row } => {
                    accept(&mut run.sieve, line, Row::from(*row))?.into_iter().collect()
                }
                RowOutcome::Refused { line, refusals } => {
                    let refused = |r: Refusal| Refused { line, field: r.field.into(), why: r.why };
                    refusals.into_iter().map(refused).collect()
                }
            };
            if !reasons.is_empty() {
                run.report.refuse(reasons, reader.cells());
            }
        }
        Ok(())
    }

    /// Stages every accepted row: `aside` where there is one, else in the store itself.
    fn stage(
        &self,
        store: &mut Direct,
        mut aside: Option<&mut Direct>,
        id: ImportId,
        run: &mut Run<'_>,
    ) -> anyhow::Result<()> {
        let mut waiting: Vec<(i64, Row)> = Vec::with_capacity(CHUNK);
        self.each(run, |sieve, line, row| {
            if sieve.is_erased(line, &row) {
                return Ok(None);
            }
            if let Some(refused) = store.write(|c| sieve.refuse(c, line, &row))? {
                return Ok(Some(refused));
            }
            waiting.push((i64::try_from(line)?, row));
            if waiting.len() >= CHUNK {
                let to = aside.as_deref_mut().unwrap_or(store);
                to.write(|c| staging::stage(c, id, &waiting))?;
                waiting.clear();
            }
            Ok(None)
        })?;
        let to = aside.unwrap_or(store);
        to.write(|c| {
            staging::stage(c, id, &waiting)?;
            staging::staged(c, id)
        })?;
        Ok(())
    }

    /// What [`Self::take_in`] would do, reckoned aside.
    fn try_out(&self, store: &mut Direct, run: &mut Run<'_>) -> anyhow::Result<()> {
        let mut aside = Direct::aside()?;
        let id = aside.write(|c| staging::begin(c, "", self.complete, 0))?;
        self.stage(store, Some(&mut aside), id, run)?;
        let mut known = HashSet::new();
        loop {
            let rows = aside.write(|c| settled(c, id))?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            aside.write(|c| staging::applied(c, id, *last))?;
            for (_, row) in &rows {
                // An earlier row of the same person would have mended what both say of them.
                let first = known.insert(row.member_no.clone());
                count(&mut run.report, store.write(|c| compare(c, row, first))?);
            }
        }
    }

    /// Stages all accepted rows, then applies them. Killed anywhere, the same file goes on where
    /// it was; the planner sees nothing until the end.
    fn take_in(&self, state: &Path, store: &mut Direct, run: &mut Run<'_>) -> anyhow::Result<()> {
        let now = store.write(|c| super::acting::now(c))?;
        let unused = store.write(ledger::is_empty)?;
        let ring = Keyring::load_or_create(state, unused, &Random::System, now)?;
        let digest = digest(&self.file)?;
        let complete = self.complete;
        let id = store.write(|c| staging::begin(c, &digest, complete, now.as_millisecond()))?;
        if let Err(fault) = self.stage(store, None, id, run) {
            store.write(|c| staging::discard(c, id))?;
            return Err(fault);
        }
        crate::faults::point("import.staged");
        apply_all(store, id, run, now.as_millisecond())?;
        let report = &mut run.report;
        // A refused row may be anybody's: a typing error must not end a membership.
        let ends = complete && report.refused.is_empty();
        let ended = store.write(|c| {
            let ended = if ends { Some(staging::mark_missing(c, id)?) } else { None };
            staging::finish(c, id)?;
            let data = serde_json::json!({
                "digest": digest, "added": report.added, "changed": report.changed,
                "unchanged": report.unchanged, "refused": report.refused.len(),
                "missing": ended.as_ref().map(Vec::len),
            });
            ledger::append(c, &ring, now.as_millisecond(), "", "imported", &data)?;
            Ok(ended)
        })?;
        report.missing = ended.as_ref().map(Vec::len);
        report.ended = ended.unwrap_or_default();
        Ok(())
    }
}

/// What a list is read with, and what came of it so far.
struct Run<'a> {
    config: &'a Config,
    report: Report,
    sieve: Sieve,
    progress: Progress,
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
    run: &mut Run<'_>,
    now_ms: i64,
) -> anyhow::Result<()> {
    let graves = run.sieve.graves();
    loop {
        let applied = store.write(|c| {
            let rows = settled(c, id)?;
            let mut changes = Vec::with_capacity(rows.len());
            for (_, row) in &rows {
                let subject = HEXLOWER.encode(&Random::System.bytes::<12>());
                for address in row.email.iter().chain(&row.email2) {
                    graves.suspend_again(c, address, now_ms)?;
                }
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
            count(&mut run.report, change);
        }
        let report = &run.report;
        run.progress.at("applied", report.added + report.changed + report.unchanged);
    }
}

/// The next staged rows, each as all rows of its person together have it.
fn settled(c: &rusqlite::Connection, id: ImportId) -> Result<Vec<(i64, Row)>, StoreError> {
    let rows = staging::pending(c, id, i64::try_from(CHUNK).unwrap_or(1))?;
    let settled = rows.into_iter().map(|(line, row)| Ok((line, staging::settled(c, id, row)?)));
    settled.collect()
}

/// What applying a row would do; of a person's first row with what it says of the person.
fn compare(c: &rusqlite::Connection, row: &Row, first: bool) -> Result<ImportChange, StoreError> {
    let Some(kept) = staging::current(c, row)? else { return Ok(ImportChange::Added) };
    let kept = if first {
        kept
    } else {
        let Row { category, pli, home, since, .. } = kept;
        Row { category, pli, home, since, ..row.clone() }
    };
    Ok(if kept == *row { ImportChange::Unchanged } else { ImportChange::Changed })
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
