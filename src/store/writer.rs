//! Owns the one writing connection: a thread that takes the waiting closures, runs them in one
//! IMMEDIATE transaction, a savepoint each, commits once, and only then answers.
//!
//! Two lanes: web, inbox and outbox go first; one background chunk (planning, import) follows
//! when its turn comes, so that neither starves the other.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;
use crate::clock::monotonic;
use crate::faults;

/// Closures in one transaction: enough to share a commit among all that wait, few enough that the
/// first is answered soon.
const GROUP_MAX: usize = 128;
/// Closures that may wait in one lane; beyond it the store says "try again" at once.
const QUEUE_MAX: usize = 4096;
/// Pages in the log before it is copied back into the file, at a quiet moment between groups.
const CHECKPOINT_PAGES: i64 = 4000;
/// Groups between two looks at the log's length: a group writes some dozens of pages.
const CHECKPOINT_LOOK_GROUPS: u32 = 16;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Somebody waits: a page, an answer, a connection to the relay, a mail.
    Front,
    /// Planning and imports, in chunks of a few milliseconds.
    Background,
}

/// Ran inside the transaction; gives the thunk that answers once the outcome is known.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

#[derive(Clone)]
pub(super) struct Writer(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    stopped: tokio::sync::Notify,
}

#[derive(Default)]
struct Queue {
    front: VecDeque<Job>,
    background: VecDeque<Job>,
    stopping: bool,
    ended: bool,
    /// Why the last group was not kept.
    fault: Option<String>,
    /// The longest that the thread was taken by one group, with what followed it.
    longest: Duration,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            wake: Condvar::new(),
            stopped: tokio::sync::Notify::new(),
        });
        let thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                serve(&thread, &connection);
                thread.lock().ended = true;
                thread.stopped.notify_waiters();
            })
            .expect("a process that starts has room for one thread");
        Self(shared)
    }

    pub(super) async fn run<T, F>(&self, lane: Lane, f: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (tx, rx) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let value = catch_unwind(AssertUnwindSafe(|| f(connection))).unwrap_or_else(|p| {
                Err(StoreError::GiveUp(format!("a write panicked: {}", said(&p))))
            });
            let failed = value.is_err();
            let answer: Answer = Box::new(move |committed| {
                // The receiver may be gone: its task was cancelled, and the write stands.
                let _ = tx.send(match (value, committed) {
                    (Err(own), _) => Err(own),
                    (Ok(value), Ok(())) => Ok(value),
                    (Ok(_), Err(group)) => Err(group),
                });
            });
            (failed, answer)
        });
        {
            let mut queue = self.0.lock();
            let waiting = match lane {
                Lane::Front => &mut queue.front,
                Lane::Background => &mut queue.background,
            };
            if waiting.len() >= QUEUE_MAX {
                return Err(StoreError::Retry("too many writes wait".into()));
            }
            waiting.push_back(job);
            if queue.stopping {
                return Err(StoreError::Retry("the store is closing".into()));
            }
        }
        self.0.wake.notify_one();
        rx.await.unwrap_or_else(|_| Err(StoreError::Retry("nothing can be written now".into())))
    }

    pub(super) fn fault(&self) -> Option<String> {
        self.0.lock().fault.clone()
    }

    pub(super) fn longest(&self) -> Duration {
        self.0.lock().longest
    }

    pub(super) fn forget_longest(&self) {
        self.0.lock().longest = Duration::ZERO;
    }

    pub(super) async fn stop(&self) {
        let notified = self.0.stopped.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        {
            let mut queue = self.0.lock();
            if queue.ended {
                return;
            }
            queue.stopping = true;
        }
        self.0.wake.notify_one();
        notified.await;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("nothing panics while it holds the queue")
    }

    /// The next group, or `None` once stopping and empty.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = self.lock();
        loop {
            if !queue.front.is_empty() || !queue.background.is_empty() {
                let n = queue.front.len().min(GROUP_MAX);
                let mut group: Vec<Job> = queue.front.drain(..n).collect();
                group.extend(queue.background.pop_front());
                return Some(group);
            }
            if queue.stopping {
                return None;
            }
            queue = self.wake.wait(queue).expect("nothing panics while it holds the queue");
        }
    }
}

fn serve(shared: &Shared, connection: &Connection) {
    // Checkpoints happen between groups, never inside somebody's commit.
    let _ = connection.pragma_update(None, "wal_autocheckpoint", 0);
    let mut groups = 0u32;
    while let Some(group) = shared.next() {
        let begun = monotonic();
        let (outcome, answers) = run_group(connection, group);
        // Before anybody is answered: who hears "try again" may look at once at how the store is.
        shared.lock().fault = outcome.as_ref().err().cloned();
        for answer in answers {
            answer(outcome.clone().map_err(StoreError::Retry));
        }
        groups = groups.wrapping_add(1);
        if groups.is_multiple_of(CHECKPOINT_LOOK_GROUPS) {
            checkpoint(connection, "PASSIVE", CHECKPOINT_PAGES);
        }
        let mut queue = shared.lock();
        queue.longest = queue.longest.max(begun.elapsed());
    }
    checkpoint(connection, "TRUNCATE", 0);
}

/// One statement, parsed once for all groups.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// Runs a group. `Err`: why nothing of it was kept; and what answers each caller, to be called.
/// A closure that was not run is given back as an answer that drops its sender: its caller hears
/// "try again".
fn run_group(connection: &Connection, group: Vec<Job>) -> (Result<(), String>, Vec<Answer>) {
    if let Err(e) = run(connection, "BEGIN IMMEDIATE") {
        tracing::error!(reason = %e, "store.begin_failed");
        return (Err(e.to_string()), group.into_iter().map(unrun).collect());
    }
    let mut answers = Vec::with_capacity(group.len());
    let mut lost: Option<String> = None;
    for job in group {
        if lost.is_none()
            && let Err(e) = run(connection, "SAVEPOINT one")
        {
            lost = Some(e.to_string());
        }
        if lost.is_some() {
            answers.push(unrun(job));
            continue;
        }
        let (failed, answer) = job(connection);
        answers.push(answer);
        // A full disk or an I/O error rolls everything back and leaves no transaction: later
        // closures would commit alone. The whole group fails then.
        if connection.is_autocommit() {
            lost = Some("the transaction was rolled back (disk full or I/O error)".into());
            continue;
        }
        let undone = if failed { run(connection, "ROLLBACK TO one") } else { Ok(()) };
        if let Err(e) = undone.and_then(|()| run(connection, "RELEASE one")) {
            lost = Some(e.to_string());
        }
    }
    faults::point("store.committing");
    let outcome = match lost {
        None => run(connection, "COMMIT").map_err(|e| e.to_string()),
        Some(why) => Err(why),
    };
    faults::point("store.committed");
    if outcome.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    if let Err(why) = &outcome {
        tracing::error!(reason = %why, "store.commit_failed");
    }
    (outcome, answers)
}

fn unrun(job: Job) -> Answer {
    Box::new(move |_| drop(job))
}

fn checkpoint(connection: &Connection, mode: &str, above_pages: i64) {
    let log_pages = |mode: &str| {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |r| r.get::<_, i64>(1))
    };
    // NOOP (SQLite 3.51) only counts.
    match log_pages("NOOP") {
        Ok(pages) if pages > above_pages => {
            if let Err(e) = log_pages(mode) {
                tracing::warn!(reason = %e, "store.checkpoint_failed");
            }
        }
        Ok(_) => {}
        Err(e) => tracing::warn!(reason = %e, "store.checkpoint_failed"),
    }
}

fn said(panic: &Box<dyn Any + Send>) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (tempfile::TempDir, Writer, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let connection = super::super::open_writable(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
        (dir, Writer::start(connection), path)
    }

    fn insert(x: i64) -> impl FnOnce(&Connection) -> Result<i64, StoreError> + Send {
        move |c| {
            c.execute("INSERT INTO t VALUES (?1)", [x])?;
            Ok(x)
        }
    }

    #[tokio::test]
    async fn a_failed_write_leaves_its_neighbours() {
        let (_dir, writer, path) = fresh();
        let (first, twin, other, failed) = tokio::join!(
            writer.run(Lane::Front, insert(1)),
            writer.run(Lane::Front, insert(1)),
            writer.run(Lane::Background, insert(2)),
            writer.run(Lane::Front, |c| {
                c.execute("INSERT INTO t VALUES (3)", [])?;
                Err::<(), _>(StoreError::GiveUp("changed my mind".into()))
            }),
        );
        assert_eq!((first.unwrap(), other.unwrap()), (1, 2));
        assert!(twin.is_err());
        assert!(failed.is_err());
        writer.stop().await;
        let n: i64 = Connection::open(path)
            .unwrap()
            .query_row("SELECT count(*) FROM t", [], |r| r.get(0))
            .unwrap();
        assert_eq!(n, 2);
    }

    #[tokio::test]
    async fn a_panic_is_one_callers_own() {
        let (_dir, writer, _) = fresh();
        let bad = writer.run(Lane::Front, |_| -> Result<(), StoreError> { panic!("oops") }).await;
        assert!(bad.unwrap_err().to_string().contains("oops"));
        assert_eq!(writer.run(Lane::Front, insert(5)).await.unwrap(), 5);
        writer.stop().await;
        assert!(writer.run(Lane::Front, insert(6)).await.is_err());
    }

    #[tokio::test]
    async fn an_automatic_rollback_fails_the_whole_group() {
        let (_dir, writer, path) = fresh();
        // Holds the thread until both others wait, so that they are one group.
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let first = writer
            .run(Lane::Front, move |_| gate.recv().map_err(|e| StoreError::GiveUp(e.to_string())));
        let (_, a, b, ()) = tokio::join!(
            biased;
            first,
            writer.run(Lane::Front, insert(1)),
            writer.run(Lane::Front, |c| {
                // What a full disk does: the transaction is gone under our feet.
                c.execute_batch("ROLLBACK")?;
                Ok(())
            }),
            async { go.send(()).expect("the first waits") },
        );
        assert!(matches!(a, Err(StoreError::Retry(_))), "answered before COMMIT");
        assert!(b.is_err());
        assert_eq!(writer.run(Lane::Front, insert(9)).await.unwrap(), 9);
        writer.stop().await;
        let n: i64 = Connection::open(path)
            .unwrap()
            .query_row("SELECT count(*) FROM t WHERE x = 1", [], |r| r.get(0))
            .unwrap();
        assert_eq!(n, 0);
    }
}
