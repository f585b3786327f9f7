//! Owns start and stop. The first SIGTERM or SIGINT asks every loop to finish what is in flight;
//! the second, or the drain's deadline, drops it. A task that ends unasked, or panics, stops the
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
use tokio::sync::watch;
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
    reload: watch::Sender<u64>,
    signals: Signals,
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

#[derive(Debug)]
struct Signals {
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
    /// Takes over the process's signals. Call it first, inside the runtime.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            tasks: Tasks {
                soft: CancellationToken::new(),
                hard: CancellationToken::new(),
                tracker: TaskTracker::new(),
                beats: Heartbeats::default(),
                failure: Arc::default(),
            },
            reload: watch::Sender::new(0),
            signals: Signals {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: signal(SignalKind::hangup())?,
            },
        })
    }

    /// What starts tasks.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Counts the SIGHUPs.
    #[must_use]
    pub fn reload(&self) -> watch::Receiver<u64> {
        self.reload.subscribe()
    }

    /// Tells systemd that everything is up, and runs until the end: in flight work has `drain`
    /// to finish in.
    pub async fn run(self, drain: Duration) -> Ended {
        notify(&[NotifyState::Ready]);
        let Self { tasks, reload, signals } = self;
        let signals = unfold(signals, |mut signals| async move {
            let asked = signals.next().await;
            Some((asked, signals))
        });
        let ended = conduct(&tasks, &reload, drain, signals).await;
        if let Ended::CutOff(left) = ended {
            tracing::warn!(left, "tasks were dropped in their work");
        }
        ended
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

async fn conduct(
    tasks: &Tasks,
    reload: &watch::Sender<u64>,
    drain: Duration,
    signals: impl Stream<Item = Asked>,
) -> Ended {
    let mut signals = std::pin::pin!(signals);
    let watchdog = sd_notify::watchdog_enabled();
    // Three looks within systemd's limit: one may be missed on a busy machine.
    let mut pulse = interval(watchdog.map_or(PULSE_CHECK, |limit| limit / 3));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = tasks.soft.cancelled() => break,
            Some(asked) = signals.next() => match asked {
                Asked::Stop => break,
                Asked::Reload => reload.send_modify(|count| *count += 1),
            },
            _ = pulse.tick() => feed(tasks, watchdog.is_some()),
        }
    }
    notify(&[NotifyState::Stopping]);
    tasks.soft.cancel();
    tasks.tracker.close();
    let mut deadline = std::pin::pin!(sleep(drain));
    let left = loop {
        tokio::select! {
            () = tasks.tracker.wait() => break 0,
            () = &mut deadline => break tasks.tracker.len(),
            Some(asked) = signals.next() => if asked == Asked::Stop { break tasks.tracker.len() },
            // The drain is bounded by its own deadline; loops that have ended do not beat.
            _ = pulse.tick() => if watchdog.is_some() { notify(&[NotifyState::Watchdog]) },
        }
    };
    tasks.hard.cancel();
    tasks.tracker.wait().await;
    match tasks.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(text) => Ended::Failed(text),
        None if left > 0 => Ended::CutOff(left),
        None => Ended::Clean,
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
        reloads: watch::Receiver<u64>,
        ended: tokio::task::JoinHandle<Ended>,
    }

    fn staged(drain: Duration) -> Staged {
        let Lifecycle { tasks, reload, .. } = Lifecycle::new().unwrap();
        let (signals, mut received) = mpsc::unbounded_channel();
        let reloads = reload.subscribe();
        let own = tasks.clone();
        let ended = tokio::spawn(async move {
            conduct(&own, &reload, drain, poll_fn(move |cx| received.poll_recv(cx))).await
        });
        Staged { tasks, signals, reloads, ended }
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
    async fn a_reload_is_counted_and_stops_nothing() {
        let mut daemon = staged(SHORT);
        daemon.signals.send(Asked::Reload).unwrap();
        daemon.reloads.changed().await.unwrap();
        assert_eq!(*daemon.reloads.borrow(), 1);
        assert!(!daemon.tasks.soft().is_cancelled());
        daemon.signals.send(Asked::Stop).unwrap();
        assert_eq!(daemon.end().await, Ended::Clean);
    }

    /// Another test in this process may hear it too, and only counts it.
    #[tokio::test]
    async fn a_hang_up_reaches_us() {
        let mut life = Lifecycle::new().unwrap();
        let pid = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap();
        assert!(sent.success());
        assert_eq!(timeout(SHORT * 50, life.signals.next()).await.unwrap(), Asked::Reload);
    }
}
