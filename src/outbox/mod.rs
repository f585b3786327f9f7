//! Owns mail on its way out: claims, connections, outcomes, retries. Never composes a word and
//! never decides who gets what.
//!
//! A feeder for each priority drafts what is due and hands it to workers, one connection each.
//! A worker claims (in one commit with its last outcome), sends, and so on. Answers to people go
//! first and have a connection of their own.

mod elsewhere;
mod entitled;
mod feed;
mod inherited;
mod letter;
pub mod maildir;
mod settle;
pub mod smtp;
pub mod transport;
mod work;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use entitled::step_of;
pub use inherited::{LOGGED, already_left, settle_logged};
pub use letter::{CONFIRM_LINK_DAYS, Drafted, Letter, draft, preview};
pub use settle::{Claimed, InFlight, claim, hold_sick_firing, recover, settle};

use crate::actions::Context;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::compose::Composer;
use crate::hold::Guard;
use crate::ids::{MessageRow, Random};
use crate::store::Store;

/// Letters drafted ahead of the workers, for each priority: enough that no connection waits for
/// composing, few enough that what changes meanwhile is seldom composed twice.
const AHEAD_MAX: usize = 64;

/// Which way letters leave.
#[derive(Debug, Clone)]
pub enum Way {
    /// To a relay.
    Smtp(Box<smtp::Relay>),
    /// Into a Maildir.
    Maildir(maildir::MaildirTransport),
}

/// What the loops share.
#[derive(Clone)]
pub struct Outbox {
    /// Where messages wait.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// Words.
    pub composer: Composer,
    /// The calendar.
    pub clock: Clock,
    /// For jitter.
    pub random: Random,
    /// Which way letters leave.
    pub way: Way,
    /// Whether anything may leave.
    pub guard: Guard,
    state: Arc<State>,
}

struct State {
    /// Rows that a feeder has drafted and no worker has settled.
    in_flight: watch::Sender<HashSet<MessageRow>>,
    /// Something new may be due: a bell for each priority's feeder.
    bells: [Bell; 2],
    relay: Mutex<work::RelayHealth>,
    /// Calendar mail waits until this opens: after a start and after a hold, for one complete look
    /// at the inbox.
    calendar: watch::Sender<bool>,
    /// Every mail that arrived before this instant (ms) was taken in.
    read_until: AtomicI64,
    /// It moved on.
    read: Notify,
    counts: Counts,
}

/// Counts since the process began.
#[derive(Default)]
#[expect(missing_docs, reason = "one counter for each outcome")]
pub struct Counts {
    pub sent: std::sync::atomic::AtomicU64,
    pub refused: std::sync::atomic::AtomicU64,
    pub deferred: std::sync::atomic::AtomicU64,
    pub unknown: std::sync::atomic::AtomicU64,
}

/// The instant of a number of milliseconds. The end of time, cut to milliseconds, is no timestamp
/// any more: what lies beyond either end is that end.
fn instant(ms: i64) -> Timestamp {
    let beyond = if ms > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Timestamp::from_millisecond(ms).unwrap_or(beyond)
}

impl Outbox {
    /// Puts the parts together. Nothing runs yet.
    #[must_use]
    pub fn new(
        store: Store,
        context: Context,
        composer: Composer,
        clock: Clock,
        random: Random,
        way: Way,
    ) -> Self {
        let state = State {
            in_flight: watch::Sender::default(),
            bells: Default::default(),
            relay: Mutex::default(),
            calendar: watch::Sender::new(false),
            read_until: AtomicI64::new(i64::MIN),
            read: Notify::new(),
            counts: Counts::default(),
        };
        let guard = Guard::new(store.clone(), clock.clone());
        Self { store, context, composer, clock, random, way, guard, state: Arc::new(state) }
    }

    /// Something new may be due: look now.
    pub fn wake(&self) {
        self.state.bells.iter().for_each(Bell::ring);
    }

    /// Lets calendar mail go.
    pub fn open_calendar(&self) {
        self.state.calendar.send_replace(true);
    }

    /// Calendar mail waits for one complete look at the inbox again, where one is read.
    pub fn close_calendar(&self) {
        if self.state.read_until.load(Ordering::SeqCst) < Timestamp::MAX.as_millisecond() {
            self.state.calendar.send_replace(false);
        }
    }

    /// Waits until calendar mail has to wait for a look at the inbox.
    pub async fn calendar_closed(&self) {
        // Neither ends while this outbox lives.
        let _ = self.state.calendar.subscribe().wait_for(|open| !open).await;
    }

    /// Every mail that arrived before `at` was taken in: what a deadline waits for. `MAX` where no
    /// mailbox is read.
    pub fn inbox_was_read(&self, at: Timestamp) {
        self.state.read_until.fetch_max(at.as_millisecond(), Ordering::SeqCst);
        self.state.read.notify_one();
    }

    /// Up to when mail that arrived was taken in, since the process began.
    #[must_use]
    pub fn read_until(&self) -> Timestamp {
        instant(self.state.read_until.load(Ordering::SeqCst))
    }

    /// Waits until the inbox was read once more.
    pub async fn next_reading(&self) {
        self.state.read.notified().await;
    }

    /// Why the relay is stopped, if it is.
    #[must_use]
    pub fn relay_stopped(&self) -> Option<String> {
        self.state.relay.lock().ok()?.stopped().map(ToOwned::to_owned)
    }

    /// Whether nothing is drafted or being sent.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.state.in_flight.borrow().is_empty()
    }

    /// Waits until both feeders have looked since now and found nothing, and what they had handed
    /// over is settled.
    pub async fn at_rest(&self) {
        for bell in &self.state.bells {
            bell.at_rest().await;
        }
        // The sender lives in here: it cannot be gone.
        let _ = self.state.in_flight.subscribe().wait_for(HashSet::is_empty).await;
    }

    /// Counts since the process began.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.state.counts
    }

    /// Runs until `stop`: feeders end at once, workers finish the message in hand. `beat` is
    /// called whenever a feeder goes round.
    ///
    /// All of it runs on one thread of its own: connections wait for sockets and for the store,
    /// and waking another thread for each of them costs more than what is done then.
    pub async fn run(&self, stop: CancellationToken, beat: impl Fn() + Send + Sync + 'static) {
        let (outbox, beat): (_, Arc<dyn Fn() + Send + Sync>) = (self.clone(), Arc::new(beat));
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let started = std::thread::Builder::new().name("outbox".into()).spawn(move || {
            match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(outbox.loops(stop, beat)),
                Err(e) => tracing::error!(reason = %e, "outbox.cannot_run"),
            }
            drop(ended);
        });
        match started {
            // Nothing is ever sent: the end of the thread, however it comes, is the answer.
            Ok(_) => {
                let _ = end.await;
            }
            Err(e) => tracing::error!(reason = %e, "outbox.cannot_run"),
        }
    }

    async fn loops(&self, stop: CancellationToken, beat: Arc<dyn Fn() + Send + Sync>) {
        let (front_tx, front_rx) = mpsc::channel(AHEAD_MAX);
        let (calendar_tx, calendar_rx) = mpsc::channel(AHEAD_MAX);
        let front_rx = Arc::new(AsyncMutex::new(front_rx));
        let calendar_rx = Arc::new(AsyncMutex::new(calendar_rx));
        let mut tasks = tokio::task::JoinSet::new();
        let connections = match self.way {
            Way::Smtp(_) => self.context.config.relance.smtp.connections.max(1),
            Way::Maildir(_) => 1,
        };
        for n in 0..connections {
            // The first connection, where there are others, is kept for answers to people.
            let calendar = (n > 0 || connections == 1).then(|| Arc::clone(&calendar_rx));
            let worker = work::Worker::new(self.clone(), Arc::clone(&front_rx), calendar);
            tasks.spawn(worker.run(stop.clone()));
        }
        tasks.spawn(feed::run(self.clone(), 0, front_tx, stop.clone(), Arc::clone(&beat)));
        tasks.spawn(feed::run(self.clone(), 1, calendar_tx, stop, beat));
        while let Some(ended) = tasks.join_next().await {
            if let Err(e) = ended {
                tracing::error!(reason = %e, "outbox.task_died");
                tasks.shutdown().await;
                return;
            }
        }
    }

    fn take_up(&self, row: MessageRow) {
        self.state.in_flight.send_modify(|rows| {
            rows.insert(row);
        });
    }

    fn let_go(&self, row: MessageRow) {
        self.state.in_flight.send_modify(|rows| {
            rows.remove(&row);
        });
    }
}

#[cfg(test)]
mod tests;
