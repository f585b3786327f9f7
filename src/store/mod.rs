//! Owns everything durable: one SQLite file, one writer thread with group commit, a few readers.
//! The only module with SQL. Never decides: functions here fetch facts and keep decisions.
//!
//! Writes are closures run by the writer thread inside one IMMEDIATE transaction, a savepoint
//! each; nobody is answered before COMMIT. A closure touches no memory state.

pub mod absent;
pub mod addresses;
pub mod attempts;
pub mod books;
pub mod capabilities;
pub mod card_refunds;
pub mod certificates;
pub mod checkouts;
pub mod copies;
pub mod corrections;
pub mod declarations;
pub mod desk;
pub mod digests;
pub mod earlier_words;
pub mod erasure;
pub mod export;
pub mod firings;
pub mod forecasts;
pub mod holds;
pub mod inbounds;
pub mod invoices;
pub mod ledger;
mod lock;
pub mod messages;
pub mod meta;
pub(crate) mod migrate;
pub mod outcomes;
pub mod overview;
pub mod payers;
pub mod payments;
pub mod people;
pub mod pledges;
pub mod records;
pub mod remittances;
pub mod renewals;
pub mod retention;
pub mod revoked;
pub mod rulings;
pub mod staging;
pub mod tasks;
pub mod tombstones;
mod writer;

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

pub use attempts::{Attempt, AttemptStart, Verdict};
pub use checkouts::CheckoutRow;
pub use firings::{FiringRow, FiringState, NewFiring};
pub use inbounds::{InboundRow, MailboxRow, NewInbound};
pub use ledger::{Break, LedgerLine};
pub use lock::{LockError, StateLock};
pub use messages::{Claim, MessageView, NewMessage, Recipient};
pub use migrate::SCHEMA_VERSION;
pub use people::{PersonRow, Row as ImportRow};
pub use renewals::{AnswerRow, RenewalRow};
pub use staging::{ImportChange, ImportId};
pub use writer::Lane;

/// The database's name in the state folder.
pub const FILE: &str = "relance.db";
/// Read-only connections: enough for web, composing and a command at once.
const READERS: usize = 4;
/// Milliseconds that a command waits for the daemon's writer, and the other way round.
const BUSY_TIMEOUT_MS: u32 = 10_000;

/// Pages that a command keeps at most, in KiB: an import looks up and writes in indexes of a whole
/// federation. What a command does not touch takes no memory.
const DIRECT_CACHE_KIB: i64 = 64 * 1024;
/// Pages in the log before a command copies them back, as seldom as the daemon does.
const DIRECT_CHECKPOINT_PAGES: i64 = 4000;

/// What the store failed with, and what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing of this write was kept; the same may be tried again (disk full, locked, shutting
    /// down).
    #[error("the store did not keep it: {0}")]
    Retry(String),
    /// Trying again will not help: a fault in the data or in us.
    #[error("the store (relance.db) refused it: {0}")]
    GiveUp(String),
    /// The file was written by an older version, and this only reads.
    #[error(
        "the state is of an older Relance (schema {found}, this one needs {known}); start the daemon once, or run a command that writes: it is migrated then"
    )]
    Older {
        /// Schema number of the file.
        found: i64,
        /// What this binary needs.
        known: i64,
    },
    /// The file must be migrated, and could not be backed up before.
    #[error(
        "the store must be migrated, and cannot be backed up first: {why}; make room in {folder} (old backups lie there), and start again: nothing was changed"
    )]
    NoBackup {
        /// Where the backup was to be.
        folder: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The file was written by a newer version.
    #[error(
        "the state was written by a newer Relance (schema {found}, this one knows {known}); install that version, or restore the backup made before its migration"
    )]
    Newer {
        /// Schema number of the file.
        found: i64,
        /// Highest that this binary knows.
        known: i64,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, ReadOnly,
            SystemIoFailure,
        };
        match e.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => {
                Self::Retry(format!("another process keeps it locked ({e}): fuser -v relance.db"))
            }
            Some(ReadOnly) => Self::Retry(format!(
                "relance.db cannot be written ({e}): look at its owner and mode, and at how the disk is mounted"
            )),
            Some(DiskFull | SystemIoFailure | OutOfMemory | CannotOpen) => {
                Self::Retry(e.to_string())
            }
            _ => Self::GiveUp(e.to_string()),
        }
    }
}

/// The store, open. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: Arc<Readers>,
    path: PathBuf,
}

struct Readers {
    free: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Store {
    /// Opens `relance.db` in the state folder, making or migrating it, and starts the writer
    /// thread. `now_ms` stamps migrations.
    pub fn open(state: &Path, now_ms: i64) -> Result<Self, StoreError> {
        let path = state.join(FILE);
        Self::start(open_current(state, now_ms)?, path)
    }

    /// As [`Store::open`], for a copy that is thrown away: no commit waits for the disk.
    pub fn open_fleeting(state: &Path, now_ms: i64) -> Result<Self, StoreError> {
        let connection = open_current(state, now_ms)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        Self::start(connection, state.join(FILE))
    }

    fn start(connection: Connection, path: PathBuf) -> Result<Self, StoreError> {
        let readers = (0..READERS).map(|_| ready_reader(&path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            writer: writer::Writer::start(connection),
            readers: Arc::new(Readers {
                free: Mutex::new(readers),
                permits: Semaphore::new(READERS),
            }),
            path,
        })
    }

    /// Runs `f` in the next group's transaction. Answers after COMMIT.
    pub async fn write<T, F>(&self, lane: Lane, f: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(lane, f).await
    }

    /// Runs `f` on a read-only connection, in one read transaction, on a blocking thread.
    pub async fn read<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let permit =
            readers.permits.acquire().await.map_err(|e| StoreError::Retry(e.to_string()))?;
        let pool = Arc::clone(&self.readers);
        let done = tokio::task::spawn_blocking(move || {
            let connection = take(&pool)?;
            let result = in_snapshot(&connection, f);
            give_back(&pool, connection);
            result
        })
        .await;
        drop(permit);
        done.map_err(|e| StoreError::GiveUp(format!("a reader panicked: {e}")))?
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the last writes were not kept (a full disk, another process's lock); `None` while they
    /// are.
    #[must_use]
    pub fn write_fault(&self) -> Option<String> {
        self.writer.fault()
    }

    /// The longest that somebody had to wait behind one group of writes.
    #[must_use]
    pub fn longest_write(&self) -> std::time::Duration {
        self.writer.longest()
    }

    /// Begins to measure [`Store::longest_write`] anew.
    pub fn forget_longest_write(&self) {
        self.writer.forget_longest();
    }

    /// Stops the writer after what is queued, and checkpoints the log.
    pub async fn close(&self) {
        self.writer.stop().await;
    }
}

fn take(pool: &Readers) -> Result<Connection, StoreError> {
    pool.free
        .lock()
        .map_err(|_| StoreError::GiveUp("the readers' lock is poisoned".into()))?
        .pop()
        .ok_or_else(|| StoreError::Retry("no reader is free".into()))
}

fn give_back(pool: &Readers, connection: Connection) {
    if let Ok(mut free) = pool.free.lock() {
        free.push(connection);
    }
}

fn in_snapshot<T>(
    connection: &Connection,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let result = f(&transaction);
    transaction.finish()?;
    result
}

/// A command's own connection, beside or without a daemon. Each write is one IMMEDIATE
/// transaction, which reads the chain's head inside itself.
pub struct Direct(Connection);

impl Direct {
    /// Opens the state's file, making or migrating it. `now_ms` stamps migrations.
    pub fn open(state: &Path, now_ms: i64) -> Result<Self, StoreError> {
        let connection = open_current(state, now_ms)?;
        connection.pragma_update(None, "cache_size", -DIRECT_CACHE_KIB)?;
        connection.pragma_update(None, "wal_autocheckpoint", DIRECT_CHECKPOINT_PAGES)?;
        Ok(Self(connection))
    }

    /// An empty store of its own beside the state, gone when it is closed: for reckoning what
    /// would happen.
    pub fn aside() -> Result<Self, StoreError> {
        let mut connection = Connection::open("")?;
        migrate::run(&mut connection, 0)?;
        Ok(Self(connection))
    }

    /// Moves the log into the database and empties it, so that nothing that was overwritten stands
    /// there any longer. `false`: somebody was reading, and some of it does.
    pub fn forget_log(&self) -> Result<bool, StoreError> {
        Ok(self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, i64>(0))? == 0)
    }

    /// Runs `f` in one snapshot.
    pub fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        in_snapshot(&self.0, f)
    }

    /// Runs `f` in a transaction of its own.
    pub fn write<T>(
        &mut self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let behaviour = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.0.transaction_with_behavior(behaviour)?;
        let value = f(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// A number that changes with each commit of another connection, and with none of this one.
pub fn data_version(c: &Connection) -> Result<i64, StoreError> {
    Ok(c.query_row("PRAGMA data_version", [], |r| r.get(0))?)
}

/// One read of a command, in one snapshot. Makes and migrates nothing.
pub fn read_once<T>(
    state: &Path,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    Look::open(state)?.read(f)
}

/// A command's reading connection, for several looks.
pub struct Look(Connection);

impl Look {
    /// Opens the state's file as it is: a file of an older version is refused, not migrated.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let connection = open_reader(&state.join(FILE))?;
        migrate::refuse_older(&connection)?;
        Ok(Self(connection))
    }

    /// Runs `f` in one snapshot.
    pub fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        in_snapshot(&self.0, f)
    }
}

/// Opens the state's file, makes or migrates it. An older one is backed up first.
fn open_current(state: &Path, now_ms: i64) -> Result<Connection, StoreError> {
    let mut connection = open_writable(&state.join(FILE))?;
    if let Some(schema) = migrate::outdated(&connection)? {
        copies::before_migration(state, schema, now_ms)?;
    }
    migrate::run(&mut connection, now_ms)?;
    Ok(connection)
}

fn open_writable(path: &Path) -> Result<Connection, StoreError> {
    private(path)?;
    let connection = Connection::open(path)?;
    // SQLite opens for reading what it may not write, and says so at the first write only.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(StoreError::GiveUp(format!(
            "{} can only be read; give it back to its owner (chown, chmod u+w), or mount its disk for writing",
            path.display()
        )));
    }
    connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_TIMEOUT_MS)))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An outbox that forgets "sent" after a power cut sends twice: FULL, not NORMAL.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Makes the file, where it is missing, for its owner only, whatever the umask and the folder's mode:
/// SQLite gives its log the same mode as the database.
fn private(path: &Path) -> Result<(), StoreError> {
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).to_owned();
    match options.open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::GiveUp(format!("{}: {e}", path.display())))
        }
        _ => Ok(()),
    }
}

/// A reader with all its files open: SQLite opens the log at the first look only, when there may be
/// no descriptor left.
fn ready_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open_reader(path)?;
    connection.query_row("PRAGMA schema_version", [], |r| r.get::<_, i64>(0))?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_TIMEOUT_MS)))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
