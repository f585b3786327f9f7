//! Owns start and stop. The first SIGTERM or SIGINT asks every loop to finish what is in flight;
//! the second, or the drain's deadline, drops it. SIGHUP asks for new config: where it is good, the
//! loops finish as for a stop and their successors start in the same process. A task that ends unasked, or panics, stops the
//! daemon with a failure, so that the service manager starts it afresh. Speaks to systemd
//! (`sd_notify`), and feeds its watchdog only while every loop beats.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{Stream, unfold};
use futures_util::{FutureExt, StreamExt};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::heartbeat::{Heartbeat, Heartbeats};
use crate::clock::monotonic;

/// How often the loops' pulse is looked at where systemd asks for no watchdog.
const PULSE_CHECK: Duration = Duration::from_secs(5);

/// How the daemon ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// As asked, everything finished.
    Clean,
    /// As asked, but this many tasks were dropped in their work.
    CutOff(usize),
    /// A task ended unasked or failed: its name and what it said.
    Failed(String),
}

impl Ended {
    /// 0 after a stop that was asked for, even a hurried one; else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Clean | Self::CutOff(_) => 0,
            Self::Failed(_) => 1,
        }
    }
}

/// The life of one daemon.
#[derive(Debug)]
pub struct Lifecycle {
    tasks: Tasks,
}

/// Starts tasks; cheap to clone, for parts that start others later.
#[derive(Debug, Clone)]
pub struct Tasks {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    beats: Heartbeats,
    failure: Arc<Mutex<Option<String>>>,
}

/// What the process is told from outside; taken once, since none may be missed in between.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Stop,
    Reload,
}

impl Signals {
    /// Takes over the process's signals. Inside the runtime.
    pub fn take() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}

impl Tasks {
    /// Cancelled once a stop is asked for: take nothing new, finish what is in flight.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// A loop's promise to beat within `every`.
    #[must_use]
    pub fn heartbeat(&self, name: &'static str, every: Duration) -> Heartbeat {
        self.beats.register(name, every)
    }

    /// The pulse of all loops.
    #[must_use]
    pub fn heartbeats(&self) -> Heartbeats {
        self.beats.clone()
    }

    /// Runs a task for the daemon's whole life. Its end before a stop, an error at any time and a
    /// panic stop the daemon with a failure. After a hurried stop it is dropped at its next await.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            let ended = tokio::select! {
                ended = AssertUnwindSafe(task).catch_unwind() => ended,
                () = tasks.hard.cancelled() => return,
            };
            match ended {
                Ok(Ok(())) if tasks.soft.is_cancelled() => {}
                Ok(Ok(())) => tasks.fail(format!("{name} ended unasked")),
                Ok(Err(text)) => tasks.fail(format!("{name}: {text}")),
                Err(_) => tasks.fail(format!("{name} panicked")),
            }
        });
    }

    /// The first failure is the cause; those after it are mostly its consequences.
    fn fail(&self, text: String) {
        tracing::error!(task = text, "stopping");
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
        self.soft.cancel();
    }
}

impl Lifecycle {
    /// Nothing runs yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tasks: Tasks {
                soft: CancellationToken::new(),
                hard: CancellationToken::new(),
                tracker: TaskTracker::new(),
                beats: Heartbeats::default(),
                failure: Arc::default(),
            },
        }
    }

    /// What starts tasks.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Tells systemd that everything is up, and runs until the end: in flight work has `drain`
    /// to finish in. On SIGHUP `renewed` is asked; where it has something, that ends the loops
    /// too, and is handed on.
    pub async fn run<R, F: Future<Output = Option<R>>>(
        self,
        drain: Duration,
        signals: &mut Signals,
        renewed: impl FnMut() -> F,
    ) -> (Ended, Option<R>) {
        notify(&[NotifyState::Ready]);
        let signals = unfold(signals, |signals| async move {
            let asked = signals.next().await;
            Some((asked, signals))
        });
        let (ended, next) = conduct(&self.tasks, drain, signals, renewed).await;
        if let Ended::CutOff(left) = ended {
            tracing::warn!(left, "tasks were dropped in their work");
        }
        (ended, next)
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

/// One line for `systemctl status`; nothing about any person.
pub fn status(line: &str) {
    notify(&[NotifyState::Status(line)]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "cannot notify the service manager");
    }
}

async fn conduct<R, F: Future<Output = Option<R>>>(
    tasks: &Tasks,
    drain: Duration,
    signals: impl Stream<Item = Asked>,
    mut renewed: impl FnMut() -> F,
) -> (Ended, Option<R>) {
    let mut signals = std::pin::pin!(signals);
    let watchdog = sd_notify::watchdog_enabled();
    // Three looks within systemd's limit: one may be missed on a busy machine.
    let mut pulse = interval(watchdog.map_or(PULSE_CHECK, |limit| limit / 3));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next = None;
    loop {
        tokio::select! {
            () = tasks.soft.cancelled() => break,
            Some(asked) = signals.next() => {
                if asked == Asked::Reload {
                    next = renewed().await;
                    if next.is_none() {
                        continue;
                    }
                }
                break;
            }
            _ = pulse.tick() => feed(tasks, watchdog.is_some()),
        }
    }
    notify(&[if next.is_some() { NotifyState::Reloading } else { NotifyState::Stopping }]);
    tasks.soft.cancel();
    tasks.tracker.close();
    let mut deadline = std::pin::pin!(sleep(drain));
    let left = loop {
        tokio::select! {
            () = tasks.tracker.wait() => break 0,
            () = &mut deadline => break tasks.tracker.len(),
            Some(asked) = signals.next() => match asked {
                // A stop while reloading is a stop; while stopping, a hurried one.
                Asked::Stop => {
                    if next.take().is_none() { break tasks.tracker.len() }
                    notify(&[NotifyState::Stopping]);
                }
                // What was written since the first asked; where it is faulty, what was good then.
                Asked::Reload if next.is_some() => next = renewed().await.or(next),
                Asked::Reload => {}
            },
            // The drain is bounded by its own deadline; loops that have ended do not beat.
            _ = pulse.tick() => if watchdog.is_some() { notify(&[NotifyState::Watchdog]) },
        }
    };
    tasks.hard.cancel();
    tasks.tracker.wait().await;
    match tasks.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(text) => (Ended::Failed(text), None),
        None if left > 0 => (Ended::CutOff(left), next),
        None => (Ended::Clean, next),
    }
}

fn feed(tasks: &Tasks, watched: bool) {
    let late = tasks.beats.late(monotonic());
    if !late.is_empty() {
        tracing::error!(?late, "loops are late");
    } else if watched {
        notify(&[NotifyState::Watchdog]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::poll_fn;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    const SHORT: Duration = Duration::from_millis(100);

    /// A daemon whose signals come from the test.
    struct Staged {
        tasks: Tasks,
        signals: mpsc::UnboundedSender<Asked>,
        ended: tokio::task::JoinHandle<(Ended, Option<u8>)>,
    }

    fn staged(drain: Duration) -> Staged {
        renewed_by(drain, Vec::new())
    }

    /// One whose config, asked for on a reload, is each of `renewed` in turn.
    fn renewed_by(drain: Duration, renewed: Vec<Option<u8>>) -> Staged {
        let Lifecycle { tasks } = Lifecycle::new();
        let (signals, mut received) = mpsc::unbounded_channel();
        let own = tasks.clone();
        let mut renewed = renewed.into_iter();
        let ended = tokio::spawn(async move {
            let signals = poll_fn(move |cx| received.poll_recv(cx));
            conduct(&own, drain, signals, || std::future::ready(renewed.next().flatten())).await
        });
        Staged { tasks, signals, ended }
    }

    impl Staged {
        /// A loop that finishes `after` the stop.
        fn worker(&self, after: Duration) {
            let soft = self.tasks.soft();
            self.tasks.spawn("worker", async move {
                soft.cancelled().await;
                sleep(after).await;
                Ok(())
            });
        }

        async fn end(self) -> Ended {
            self.end_and_next().await.0
        }

        async fn end_and_next(self) -> (Ended, Option<u8>) {
            timeout(SHORT * 50, self.ended).await.expect("it ends").unwrap()
        }
    }

    #[tokio::test]
    async fn a_stop_lets_work_finish_and_a_second_one_does_not() {
        let daemon = staged(SHORT * 100);
        daemon.worker(SHORT);
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end().await, Ended::Clean);

        let daemon = staged(SHORT * 100);
        daemon.worker(SHORT * 100);
        daemon.signals.send(Asked::Stop).unwrap();
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end().await, Ended::CutOff(1));

        let daemon = staged(SHORT);
        daemon.worker(SHORT * 100);
        daemon.worker(Duration::ZERO);
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end().await, Ended::CutOff(1), "the drain has a deadline");
    }

    #[tokio::test]
    async fn a_task_that_ends_unasked_stops_the_daemon() {
        let daemon = staged(SHORT * 10);
        daemon.worker(Duration::ZERO);
        daemon.tasks.spawn("scheduler", async { Ok(()) });
        let ended = daemon.end().await;
        assert_eq!(ended, Ended::Failed("scheduler ended unasked".into()));
        assert_eq!(ended.exit_code(), 1);

        let daemon = staged(SHORT * 10);
        daemon.tasks.spawn("inbox", async { panic!("on purpose") });
        assert_eq!(daemon.end().await, Ended::Failed("inbox panicked".into()));

        let daemon = staged(SHORT * 10);
        let soft = daemon.tasks.soft();
        daemon.tasks.spawn("outbox", async move {
            soft.cancelled().await;
            Err("disk full".into())
        });
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end().await, Ended::Failed("outbox: disk full".into()));
    }

    #[tokio::test]
    async fn a_reload_hands_on_what_is_good_and_stops_nothing_else() {
        let daemon = renewed_by(SHORT * 100, vec![None, Some(7)]);
        daemon.worker(SHORT);
        daemon.signals.send(Asked::Reload).unwrap();
        sleep(SHORT).await;
        assert!(!daemon.tasks.soft().is_cancelled(), "bad config changes nothing");
        daemon.signals.send(Asked::Reload).unwrap();
        assert_eq!(daemon.end_and_next().await, (Ended::Clean, Some(7)));

        let daemon = renewed_by(SHORT * 100, vec![Some(7)]);
        daemon.worker(SHORT * 5);
        daemon.signals.send(Asked::Reload).unwrap();
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end_and_next().await, (Ended::Clean, None), "a stop prevails");

        let daemon = renewed_by(SHORT * 100, vec![Some(7), Some(8), None]);
        daemon.worker(SHORT * 5);
        for _ in 0..3 {
            daemon.signals.send(Asked::Reload).unwrap();
        }
        assert_eq!(daemon.end_and_next().await, (Ended::Clean, Some(8)), "the last good one");
    }

    /// Another test in this process may hear it too, and only counts it.
    #[tokio::test]
    async fn a_hang_up_reaches_us() {
        let mut signals = Signals::take().unwrap();
        let pid = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap();
        assert!(sent.success());
        assert_eq!(timeout(SHORT * 50, signals.next()).await.unwrap(), Asked::Reload);
    }
}
