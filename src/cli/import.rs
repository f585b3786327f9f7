//! Owns `relance import`: read the list once to weigh it, and again to apply it; show and list what
//! was refused.

mod report;
mod sieve;
mod trial;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use self::report::{Refused, Report};
use self::sieve::{Graves, Sieve};
use super::{Place, say_error};
use crate::clock::{Clock, monotonic};
use crate::config::Config;
use crate::ids::Random;
use crate::link::Keyring;
use crate::members::{Reader, Refusal, RowOutcome};
use crate::store::absent::Absent;
use crate::store::people::Row;
use crate::store::staging::{self, Begun, ImportChange, ImportId};
use crate::store::{Direct, FILE, StoreError, ledger};

/// Rows read at once, and applied in one transaction at most.
const CHUNK: usize = 500;
/// A transaction takes no more rows after this time: the daemon's writer waits for no more than 10 ms.
const CHUNK_TIME_MAX: Duration = Duration::from_millis(7);
/// Memberships compared at once with a complete list.
const KEPT_AT_ONCE: i64 = 5000;
/// Somebody wrote the list while it was read.
const CHANGED: &str = "the list changed while it was read; import it again";
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
        // What was given, not where it is kept meanwhile.
        let given = match &spool {
            Some(_) => "standard input".to_owned(),
            None => self.file.display().to_string(),
        };
        let done = self.take(&config, &state, given);
        if let Some(file) = spool {
            std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
        }
        done
    }

    fn take(&self, config: &Config, state: &Path, given: String) -> anyhow::Result<ExitCode> {
        let now_ms = Clock::system().now().as_millisecond();
        // Trying out makes no state where there is none.
        let nothing_yet = self.dry_run && !state.join(FILE).exists();
        let mut store = if nothing_yet { Direct::aside()? } else { Direct::open(state, now_ms)? };
        let ring = Place::ring(state).ok();
        let graves = store.read(|c| Graves::read(c, ring))?;
        let mut run = Run {
            config,
            absent: Absent::default(),
            report: Report::default(),
            sieve: Sieve::new(graves),
            progress: Progress { on: std::io::stderr().is_terminal() && !self.json },
        };
        let taken = if self.dry_run {
            trial::run(self, &store, &mut run)
        } else {
            self.take_in(state, &mut store, &mut run)
        };
        taken.context(given)?;
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

    /// Reads the whole list and refuses what is wrong in it, by itself or beside the rows before
    /// it. Nothing is written. Returns what all rows of a person say of them together, where one
    /// row says it otherwise.
    fn sift(&self, store: &Direct, run: &mut Run<'_>) -> anyhow::Result<Merged> {
        let mut reader = self.open(run.config)?;
        run.report.names = reader.names().to_vec();
        run.absent = reader.absent();
        run.report.absent_columns = run.absent.names().to_vec();
        let mut more = true;
        while more {
            // In one snapshot, and the next rows in the next: the log must not grow without end.
            let read = store.read(|c| {
                for _ in 0..CHUNK {
                    match reader.next_row() {
                        Ok(Some(outcome)) => run.sift(c, outcome, || reader.cells())?,
                        Ok(None) => return Ok(Ok(false)),
                        Err(fault) => return Ok(Err(fault)),
                    }
                }
                Ok(Ok(true))
            });
            more = read??;
        }
        let mut merged = Merged::new();
        if run.sieve.is_even() {
            return Ok(merged);
        }
        self.each(run, |run, _, row| {
            if run.sieve.is_uneven(&row.member_no) {
                let number = row.member_no.clone();
                let all = match merged.remove(&number) {
                    Some(before) => before.or(row),
                    None => row,
                };
                merged.insert(number, all);
            }
            Ok(())
        })?;
        Ok(merged)
    }

    /// Hands over every accepted row of a list that was sifted, with its line.
    fn each<'a>(
        &self,
        run: &mut Run<'a>,
        mut take: impl FnMut(&mut Run<'a>, u64, Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut reader = self.open(run.config)?;
        while let Some(outcome) = reader.next_row()? {
            if let RowOutcome::Accepted { line, row } = outcome
                && run.sieve.takes(line)
            {
                take(run, line, Row::from(*row))?;
            }
        }
        Ok(())
    }

    fn open<'a>(&self, config: &'a Config) -> anyhow::Result<Reader<'a, BufReader<File>>> {
        Ok(Reader::new(BufReader::new(File::open(&self.file)?), config)?)
    }

    /// Sifts the list, then applies it in chunks. Killed anywhere, the same file goes on where it
    /// was; the planner sees nothing until the end.
    fn take_in(&self, state: &Path, store: &mut Direct, run: &mut Run<'_>) -> anyhow::Result<()> {
        let now = store.read(super::acting::now)?;
        let unused = store.read(ledger::is_empty)?;
        let ring = Keyring::load_or_create(state, unused, &Random::System, now)?;
        let digest = digest(&self.file)?;
        let complete = self.complete;
        let merged = self.sift(store, run)?;
        let begun = store.write(|c| staging::begin(c, &digest, complete, now.as_millisecond()))?;
        crate::faults::point("import.begun");
        self.apply(store, begun, &merged, run, now.as_millisecond())?;
        anyhow::ensure!(digest == self::digest(&self.file)?, "{CHANGED}");
        // A refused row may be anybody's: a typing error must not end a membership.
        let ends = complete && run.report.refused.is_empty();
        let missing = if ends { missing(store, &run.sieve)? } else { Vec::new() };
        let report = &mut run.report;
        store.write(|c| {
            staging::mark_missing(c, &missing)?;
            staging::finish(c, begun.id)?;
            let data = serde_json::json!({
                "digest": digest, "added": report.added, "changed": report.changed,
                "unchanged": report.unchanged, "refused": report.refused.len(),
                "missing": ends.then_some(missing.len()),
            });
            ledger::append(c, &ring, now.as_millisecond(), "", "imported", &data)
        })?;
        report.missing = ends.then_some(missing.len());
        report.ended = missing.into_iter().map(|m| (m.member_no, m.association)).collect();
        report.ended.sort();
        Ok(())
    }

    /// Applies the rows that are not yet, chunk by chunk.
    fn apply(
        &self,
        store: &mut Direct,
        begun: Begun,
        merged: &Merged,
        run: &mut Run<'_>,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let mut waiting: Vec<(u64, Row)> = Vec::with_capacity(CHUNK);
        self.each(run, |run, line, row| {
            if i64::try_from(line)? > begun.applied {
                waiting.push((line, whole(merged, row)));
            }
            if waiting.len() == CHUNK {
                flush(store, begun.id, &mut waiting, run, now_ms)
            } else {
                Ok(())
            }
        })?;
        flush(store, begun.id, &mut waiting, run, now_ms)
    }
}

/// By number: what all rows of one person say of them.
type Merged = HashMap<String, Row>;

/// What a list is read with, and what came of it so far.
struct Run<'a> {
    config: &'a Config,
    /// The columns that the list leaves out.
    absent: Absent,
    report: Report,
    sieve: Sieve,
    progress: Progress,
}

impl Run<'_> {
    /// Weighs one row of the list for the first time.
    fn sift(
        &mut self,
        c: &rusqlite::Connection,
        outcome: RowOutcome,
        cells: impl FnOnce() -> Vec<String>,
    ) -> Result<(), StoreError> {
        self.report.rows += 1;
        self.progress.at("read", self.report.rows);
        let reasons: Vec<Refused> = match outcome {
            RowOutcome::Accepted { line, row } => {
                self.sieve.weigh(c, line, &Row::from(*row))?.into_iter().collect()
            }
            RowOutcome::Refused { line, refusals } => {
                let refused = |r: Refusal| Refused { line, field: r.field.into(), why: r.why };
                refusals.into_iter().map(refused).collect()
            }
        };
        if !reasons.is_empty() {
            self.report.refuse(reasons, cells());
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

/// A row as all rows of its person together have it: of what they say of the person, the first that
/// says anything counts, so that no row undoes another, now or the next time.
fn whole(merged: &Merged, row: Row) -> Row {
    let Some(all) = merged.get(&row.member_no) else { return row };
    all.clone().in_membership_of(&row)
}

/// Applies rows that wait, in transactions short enough for a daemon that writes beside it.
fn flush(
    store: &mut Direct,
    id: ImportId,
    waiting: &mut Vec<(u64, Row)>,
    run: &mut Run<'_>,
    now_ms: i64,
) -> anyhow::Result<()> {
    let mut rest = waiting.as_slice();
    while !rest.is_empty() {
        let (sieve, absent) = (&mut run.sieve, &run.absent);
        let (done, changes) = store.write(|c| {
            let begun = monotonic();
            // Who is erased while the list comes in stays so.
            sieve.look_at_graves(c)?;
            let (mut done, mut changes) = (0, Vec::with_capacity(rest.len()));
            for (line, row) in rest {
                done += 1;
                if !sieve.is_erased(*line, row) {
                    sieve.suspend_again(c, row, now_ms)?;
                    let subject = HEXLOWER.encode(&Random::System.bytes::<12>());
                    let salt = Random::System.bytes::<16>();
                    changes.push(staging::apply(c, row, absent, &subject, &salt)?);
                }
                if begun.elapsed() >= CHUNK_TIME_MAX {
                    break;
                }
            }
            let last = rest[done - 1].0;
            staging::applied(c, id, i64::try_from(last).unwrap_or(i64::MAX))?;
            Ok((done, changes))
        })?;
        crate::faults::point("import.chunk");
        rest = &rest[done..];
        for change in changes {
            count(&mut run.report, change);
            let report = &run.report;
            run.progress.at("applied", report.added + report.changed + report.unchanged);
        }
    }
    waiting.clear();
    Ok(())
}

/// The memberships in the store that the list does not have.
fn missing(store: &Direct, sieve: &Sieve) -> Result<Vec<staging::Kept>, StoreError> {
    let (mut missing, mut after) = (Vec::new(), 0);
    loop {
        let some = store.read(|c| staging::kept_after(c, after, KEPT_AT_ONCE))?;
        let Some(last) = some.last() else { return Ok(missing) };
        after = last.membership;
        missing
            .extend(some.into_iter().filter(|kept| !sieve.has(&kept.member_no, &kept.association)));
    }
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
