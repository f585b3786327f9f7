//! Owns copies of the store, made while the daemon goes on: backups, which are marked so that they
//! do not mail, and copies in which nobody real can be written to, every address in them replaced.

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::backup::StepResult;
use rusqlite::{Connection, OptionalExtension};

use super::{FILE, StoreError, holds, in_snapshot, ledger, migrate, open_reader, open_writable};
use crate::domain::hold::{Held, HoldReason};
use crate::faults;

/// Pages copied at a time, 4 MB: between two steps somebody hears how far it is.
const PAGES_AT_ONCE: std::ffi::c_int = 1000;

/// Folder of the backups made before migrations, in the state folder.
const MIGRATION_BACKUPS: &str = "backups";
/// What their names begin with; schema and time follow.
const MIGRATION_PREFIX: &str = "relance-schema";
/// So many of them stay: of this upgrade, and of the two before, should a fault show late.
const MIGRATION_BACKUPS_MAX: usize = 3;

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
    // Also where its name is taken: one that was killed just then has two names.
    sweep(folder_of(to), &format!("{}.", to.file_name().unwrap_or_default().to_string_lossy()));
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = beside(to);
    let made = fill(from, &part, held, progress).and_then(|made| name(&part, to).map(|()| made));
    // Nobody asked for that other file, and it is gone.
    let made = made.map_err(|e| match e {
        BackupError::Io { source, .. } => BackupError::Io { file: to.to_owned(), source },
        other => other,
    });
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

fn folder_of(to: &Path) -> &Path {
    to.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Takes away what backups left that were killed and whose names begin so: all of the store lies in
/// it.
fn sweep(folder: &Path, begins: &str) {
    let begins = format!(".{begins}");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let rest = name.strip_prefix(&begins).and_then(|rest| rest.split_once(".part"));
        let pid = rest.and_then(|(rest, _)| rest.rsplit('.').next());
        let dead = |pid: &str| pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists();
        if pid.is_some_and(dead) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
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
    faults::point("backup.copied");
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
    faults::point("backup.named");
    File::open(folder_of(to)).and_then(|f| f.sync_all()).map_err(io)
}

/// Columns that hold an address to which something may be sent.
const ADDRESSES: [(&str, &str); 5] = [
    ("person", "email"),
    ("person", "email2"),
    ("payer", "email"),
    ("address_change", "was"),
    ("address_change", "address"),
];

/// Backs the store up before its schema changes: into `backups/` of the state folder, by schema and
/// time. The newest [`MIGRATION_BACKUPS_MAX`] stay.
pub(super) fn before_migration(state: &Path, schema: i64, now_ms: i64) -> Result<(), StoreError> {
    let folder = state.join(MIGRATION_BACKUPS);
    let at = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let name = format!("{MIGRATION_PREFIX}{schema}-{}.db", at.strftime("%Y%m%dT%H%M%SZ"));
    let detail = format!("made at {at}, before its migration from schema {schema}");
    let held = Held { reason: HoldReason::Copy, since_ms: now_ms, detail };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    let made = made.map_err(|source| BackupError::Io { file: folder.clone(), source });
    // Each has a name of its own: what one that was killed left is no later one's part.
    sweep(&folder, MIGRATION_PREFIX);
    match made.and_then(|()| backup(&state.join(FILE), &folder.join(name), &held, &mut |_, _| {})) {
        // Another command was quicker, in this very second.
        Ok(_) | Err(BackupError::Exists(_)) => {}
        Err(e) => {
            return Err(StoreError::NoBackup { folder, why: e.to_string() });
        }
    }
    prune(&folder).map_err(|e| StoreError::Retry(format!("{}: {e}", folder.display())))
}

fn prune(folder: &Path) -> std::io::Result<()> {
    let mut made = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rest = name.strip_prefix(MIGRATION_PREFIX).and_then(|rest| rest.strip_suffix(".db"));
        if let Some((_, time)) = rest.and_then(|rest| rest.split_once('-')) {
            made.push((time.to_owned(), path));
        }
    }
    made.sort();
    made.reverse();
    made.into_iter().skip(MIGRATION_BACKUPS_MAX).try_for_each(|(_, old)| std::fs::remove_file(old))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Direct, Store, migrate};

    /// A state folder whose store lacks a migration.
    fn outdated() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        drop(Direct::open(dir.path(), 1).unwrap());
        set_back(dir.path());
        dir
    }

    fn set_back(state: &Path) {
        let c = open_writable(&state.join(FILE)).unwrap();
        migrate::forget_one(&c);
    }

    fn made(state: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(state.join(MIGRATION_BACKUPS)).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_backup_is_made_before_each_migration_and_few_are_kept() {
        let dir = outdated();
        for minute in 0..4 {
            let store = Store::open(dir.path(), minute * 60_000).unwrap();
            assert_eq!(store.read(migrate::outdated).await.unwrap(), None);
            store.close().await;
            set_back(dir.path());
        }
        let names = made(dir.path());
        assert_eq!(names.len(), MIGRATION_BACKUPS_MAX, "{names:?}");
        assert!(names[0].ends_with("-19700101T000100Z.db"), "{names:?}");
        let copy = open_reader(&dir.path().join(MIGRATION_BACKUPS).join(&names[0])).unwrap();
        assert!(migrate::outdated(&copy).unwrap().is_some());
        assert_eq!(holds::held(&copy).unwrap().unwrap().reason, HoldReason::Copy);
        drop(Direct::open(dir.path(), 900_000).unwrap());
        let names = made(dir.path());
        drop(Direct::open(dir.path(), 990_000).unwrap());
        assert_eq!(made(dir.path()), names, "what is current is not copied");
    }

    #[test]
    fn without_room_for_a_backup_nothing_is_migrated() {
        let dir = outdated();
        std::fs::write(dir.path().join(MIGRATION_BACKUPS), "no folder").unwrap();
        let Err(refused) = Direct::open(dir.path(), 5) else { panic!("migrated without a backup") };
        assert!(refused.to_string().contains("make room"), "{refused}");
        let c = open_reader(&dir.path().join(FILE)).unwrap();
        assert!(migrate::outdated(&c).unwrap().is_some());
    }

    #[test]
    fn what_a_killed_backup_left_goes_and_what_a_running_one_writes_stays() {
        let dir = tempfile::tempdir().unwrap();
        drop(Direct::open(dir.path(), 1).unwrap());
        let left = |pid: u32| dir.path().join(format!(".copy.db.{pid}.part-wal"));
        // No process has this number: it is beyond what Linux gives out.
        let (dead, running) = (left(u32::MAX), left(std::process::id()));
        std::fs::write(&dead, "x").unwrap();
        std::fs::write(&running, "x").unwrap();
        sweep(dir.path(), "copy.db.");
        assert!(!dead.exists() && running.exists());
    }

    #[test]
    fn a_file_that_is_damaged_is_no_backup() {
        let dir = tempfile::tempdir().unwrap();
        drop(Direct::open(dir.path(), 1).unwrap());
        let file = dir.path().join(FILE);
        let mut octets = std::fs::read(&file).unwrap();
        for octet in octets.iter_mut().skip(8192).take(8192) {
            *octet = 0x5a;
        }
        std::fs::write(&file, octets).unwrap();
        let to = dir.path().join("copy.db");
        let held = Held { reason: HoldReason::Copy, since_ms: 1, detail: String::new() };
        assert!(backup(&file, &to, &held, &mut |_, _| {}).is_err());
        assert!(!to.exists());
        let left = std::fs::read_dir(dir.path()).unwrap();
        let parts = left.filter(|e| e.as_ref().unwrap().path().to_string_lossy().contains(".part"));
        assert_eq!(parts.count(), 0);
    }
}
