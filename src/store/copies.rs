//! Owns copies of the store, made while the daemon goes on: backups, which are marked so that they
//! do not mail, and copies in which nobody real can be written to, every address in them replaced.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::StepResult;
use rusqlite::{Connection, OptionalExtension};

use super::{FILE, StoreError, holds, in_snapshot, ledger, migrate, open_reader, open_writable};
use crate::domain::hold::Held;

/// Pages copied at a time, 4 MB: between two steps somebody hears how far it is.
const PAGES_AT_ONCE: std::ffi::c_int = 1000;

/// A backup that stands under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its size.
    pub octets: u64,
    /// Its schema.
    pub schema: i64,
    /// Number and hash of the ledger's last line in it.
    pub head: (i64, Vec<u8>),
}

/// Why there is no backup. Nothing stands under its name then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something has that name.
    #[error("{0} is there already, and a backup overwrites nothing; name another file")]
    Exists(PathBuf),
    /// The file cannot be written: a full disk, a folder that is not ours.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store cannot be read, or the copy not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was copied is damaged, so the store is.
    #[error(
        "the store is damaged: {0}; keep the backups that there are, and restore the newest that is whole"
    )]
    Damaged(String),
}

impl From<rusqlite::Error> for BackupError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Store(e.into())
    }
}

/// Copies one store into one file by SQLite's own online backup, from one snapshot: whoever writes
/// meanwhile neither waits nor is waited for. The copy is marked by `held` before it gets its name,
/// looked through, and readable by its owner only. `progress` hears pages done and pages in all.
pub fn backup(
    from: &Path,
    to: &Path,
    held: &Held,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Backup, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = beside(to);
    let made = fill(from, &part, held, progress).and_then(|made| name(&part, to).map(|()| made));
    for left in [part.clone(), log_of(&part, "-wal"), log_of(&part, "-journal")] {
        let _ = std::fs::remove_file(left);
    }
    made
}

/// A file of that folder that is not there yet: what is not whole has no name.
fn beside(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

fn log_of(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn fill(
    from: &Path,
    part: &Path,
    held: &Held,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Backup, BackupError> {
    let io = |source| BackupError::Io { file: part.to_owned(), source };
    let file = File::options().write(true).create_new(true).mode(0o600).open(part).map_err(io)?;
    let source = open_reader(from)?;
    let mut copy = Connection::open(part)?;
    let head = in_snapshot(&source, |source| {
        // The first read begins the snapshot: else each step would begin one, and all of it again
        // after every commit of the daemon.
        let head = ledger::head(source)?;
        all_pages(source, &mut copy, progress)?;
        Ok(head)
    })?;
    holds::hold(&copy, held)?;
    // One file: no log beside it that could be forgotten.
    let _: String = copy.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get(0))?;
    let found: String = copy.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
    if found != "ok" {
        return Err(BackupError::Damaged(found));
    }
    if ledger::head(&copy)? != head {
        return Err(BackupError::Damaged("its ledger ends elsewhere than the original's".into()));
    }
    let schema = migrate::version(&copy)?;
    drop(copy);
    file.sync_all().map_err(io)?;
    let octets = file.metadata().map_err(io)?.len();
    Ok(Backup { octets, schema, head })
}

fn all_pages(
    source: &Connection,
    copy: &mut Connection,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let run = rusqlite::backup::Backup::new(source, copy)?;
    loop {
        let step = run.step(PAGES_AT_ONCE)?;
        let at = run.progress();
        let count = |pages: std::ffi::c_int| u64::try_from(pages).unwrap_or(0);
        progress(count(at.pagecount - at.remaining), count(at.pagecount));
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(StoreError::Retry("another process locks the store".into())),
        }
    }
}

/// Gives it its name, unless something has that meanwhile, and makes the name last.
fn name(part: &Path, to: &Path) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { file: to.to_owned(), source };
    match std::fs::hard_link(part, to) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            return Err(BackupError::Exists(to.to_owned()));
        }
        // Some file systems know no second name.
        Err(_) => std::fs::rename(part, to).map_err(io)?,
    }
    let folder = to.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(io)
}

/// Columns that hold an address to which something may be sent.
const ADDRESSES: [(&str, &str); 5] = [
    ("person", "email"),
    ("person", "email2"),
    ("payer", "email"),
    ("address_change", "was"),
    ("address_change", "address"),
];

/// Copies the store of one state folder into another by SQLite's own online backup, and brings
/// the copy to this binary's schema.
pub fn copy(from: &Path, to: &Path, now_ms: i64) -> Result<(), StoreError> {
    let source = open_reader(&from.join(FILE))?;
    let mut copy = open_writable(&to.join(FILE))?;
    in_snapshot(&source, |source| {
        ledger::head(source)?;
        all_pages(source, &mut copy, &mut |_, _| {})
    })?;
    migrate::run(&mut copy, now_ms)
}

/// Replaces every address by what `instead` makes of it, the same for the same one.
pub fn replace_addresses(
    c: &Connection,
    instead: impl Fn(&str) -> String,
) -> Result<(), StoreError> {
    for (table, column) in ADDRESSES {
        let select = format!(
            "SELECT id, {column} FROM {table} WHERE id > ?1 AND {column} IS NOT NULL ORDER BY id LIMIT 1"
        );
        let update = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
        let mut after = 0i64;
        loop {
            let next: Option<(i64, String)> = c
                .prepare_cached(&select)?
                .query_row([after], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            let Some((id, address)) = next else { break };
            c.prepare_cached(&update)?.execute((id, instead(&address)))?;
            after = id;
        }
    }
    // What is known against an address stays known against its stand-in.
    let known: Vec<String> = c
        .prepare("SELECT address FROM address")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for address in known {
        c.prepare_cached("UPDATE address SET address = ?2 WHERE address = ?1")?
            .execute((&address, instead(&address)))?;
    }
    Ok(())
}
