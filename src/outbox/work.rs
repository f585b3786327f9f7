//! Owns one connection's life: open, claim together with the last outcome, send, again. Drops
//! the connection on any doubt. Never claims before the connection stands, so that a relay that
//! is down costs no attempt.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::letter::Letter;
use super::settle::{self, Claimed, InFlight};
use super::smtp::{Keep, Session};
use super::transport::{Outcome, Parcel, RelayReply};
use super::{Outbox, Way};
use crate::faults;
use crate::store::{Lane, StoreError, meta};

/// First wait after the relay could not be reached; doubled up to the longest.
const RELAY_WAIT_FIRST: Duration = Duration::from_secs(2);
/// A relay that comes back is found within this time.
const RELAY_WAIT_MAX: Duration = Duration::from_mins(5);
/// An idle connection is closed after so long: relays close it themselves soon after.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// The same refusal so many times in a row is the relay's trouble, not the messages'.
const SAME_REFUSALS_MAX: u32 = 20;
/// After a fault of the store, before the outcome in hand is written again.
const STORE_WAIT: Duration = Duration::from_millis(500);

type Letters = Arc<AsyncMutex<mpsc::Receiver<Box<Letter>>>>;

/// What is known of the relay.
#[derive(Default)]
pub(super) struct RelayHealth {
    stopped: Option<String>,
    last_refusal: String,
    same: u32,
}

impl RelayHealth {
    pub(super) fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Whether the last stop came of refusals that repeat: only an accepted message ends it.
    fn repeats(&self) -> bool {
        self.same >= SAME_REFUSALS_MAX
    }

    /// Weighs an outcome: the same refusal many times in a row becomes the relay's.
    fn weigh(&mut self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Refused(reply) => {
                let text = format!("{} {}", reply.code, reply.status);
                // A dead address is the address's own trouble, however many there are.
                if settle::is_dead(&reply.status) {
                    return Outcome::Refused(reply);
                }
                self.same = if self.last_refusal == text { self.same + 1 } else { 1 };
                self.last_refusal = text;
                if self.same >= SAME_REFUSALS_MAX {
                    Outcome::RelayDown(reply)
                } else {
                    Outcome::Refused(reply)
                }
            }
            Outcome::Sent(text) => {
                self.same = 0;
                Outcome::Sent(text)
            }
            other => other,
        }
    }
}

pub(super) struct Worker {
    outbox: Outbox,
    front: Letters,
    /// `None` for the connection kept for answers to people.
    calendar: Option<Letters>,
    session: Option<Session>,
    pending: Option<(InFlight, Outcome)>,
    relay_wait: Duration,
    /// The relay refused us with the last message: rest before the next.
    down: bool,
}

impl Worker {
    pub(super) fn new(outbox: Outbox, front: Letters, calendar: Option<Letters>) -> Self {
        let relay_wait = RELAY_WAIT_FIRST;
        Self { outbox, front, calendar, session: None, pending: None, relay_wait, down: false }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        while let Some(letter) = self.next(&stop).await {
            let row = letter.view.id;
            if self.outbox.guard.look().is_some() {
                self.outbox.let_go(row);
                continue;
            }
            if !self.connect(&stop).await {
                self.outbox.let_go(row);
                break;
            }
            if let Some((flying, parcel)) = self.claim(letter).await {
                let outcome = self.send(&flying, &parcel).await;
                self.count(&outcome);
                self.pending = Some((flying, outcome));
            } else {
                self.outbox.let_go(row);
            }
            if stop.is_cancelled() {
                break;
            }
        }
        self.flush().await;
        if let Some(session) = self.session.take() {
            session.quit().await;
        }
    }

    /// The next letter. While none waits, the last outcome is written and an idle connection
    /// closed. `None`: stop.
    async fn next(&mut self, stop: &CancellationToken) -> Option<Box<Letter>> {
        if let Some(letter) = self.take_waiting() {
            return Some(letter);
        }
        self.flush().await;
        loop {
            let idle = self.session.is_some();
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                letter = receive(&self.front) => return letter,
                letter = receive_maybe(self.calendar.as_ref()) => return letter,
                () = tokio::time::sleep(IDLE_MAX), if idle => {
                    if let Some(session) = self.session.take() { session.quit().await; }
                }
            }
        }
    }

    fn take_waiting(&self) -> Option<Box<Letter>> {
        let take = |letters: &Letters| letters.try_lock().ok()?.try_recv().ok();
        take(&self.front).or_else(|| self.calendar.as_ref().and_then(take))
    }

    /// Makes sure that a usable connection stands. `false`: stop.
    async fn connect(&mut self, stop: &CancellationToken) -> bool {
        if self.down {
            self.flush().await;
            if !self.rest(stop).await {
                return false;
            }
        }
        let Way::Smtp(relay) = self.outbox.way.clone() else { return true };
        if let Some(session) = &mut self.session {
            if session.usable() {
                return true;
            }
            self.session = None;
        }
        loop {
            let opened = tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                opened = Session::open(&relay) => opened,
            };
            match opened {
                Ok(session) => {
                    self.session = Some(session);
                    if !self.relay_repeats() {
                        self.relay_wait = RELAY_WAIT_FIRST;
                        self.relay_is(None).await;
                    }
                    return true;
                }
                Err(outcome) => self.relay_is(Some(&outcome)).await,
            }
            self.flush().await;
            if !self.rest(stop).await {
                return false;
            }
        }
    }

    /// Leaves the relay in peace, longer each time. `false`: stop.
    async fn rest(&mut self, stop: &CancellationToken) -> bool {
        let wait = self.relay_wait;
        self.relay_wait = (wait * 2).min(RELAY_WAIT_MAX);
        self.down = false;
        tokio::select! {
            () = stop.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }

    fn relay_repeats(&self) -> bool {
        self.outbox.state.relay.lock().is_ok_and(|health| health.repeats())
    }

    /// Keeps and says once that the relay stopped, or works again.
    async fn relay_is(&self, fault: Option<&Outcome>) {
        let reason = fault.map(|outcome| match outcome {
            Outcome::RelayDown(r) | Outcome::Deferred(r) | Outcome::Refused(r) => said(r),
            Outcome::Unknown(text) | Outcome::Sent(text) => text.clone(),
        });
        {
            let Ok(mut health) = self.outbox.state.relay.lock() else { return };
            if health.stopped == reason {
                return;
            }
            health.stopped.clone_from(&reason);
        }
        if let Some(reason) = &reason {
            tracing::error!(%reason, "outbox.relay_stopped");
        } else {
            tracing::info!("outbox.relay_works");
        }
        let kept = self.outbox.store.write(Lane::Front, move |c| match &reason {
            Some(reason) => meta::set(c, meta::RELAY_STOPPED, reason),
            None => meta::remove(c, meta::RELAY_STOPPED),
        });
        if let Err(e) = kept.await {
            tracing::warn!(reason = %e, "outbox.relay_state_not_kept");
        }
    }

    /// Claims a letter in one commit with the outcome before it. `None`: nothing to send.
    async fn claim(&mut self, mut letter: Box<Letter>) -> Option<(InFlight, Parcel)> {
        let flying = InFlight { view: letter.view.clone(), mid: letter.mid };
        let parcel = Parcel {
            from: letter.from.clone(),
            to: letter.address.clone(),
            bytes: std::mem::take(&mut letter.composed.bytes),
        };
        let context = self.outbox.context.clone();
        let now = self.outbox.clock.now();
        let last = self.pending.clone();
        let jitter = self.outbox.random.bytes::<1>()[0];
        faults::point("outbox.before-claim");
        let claimed = self
            .outbox
            .store
            .write(Lane::Front, move |c| {
                if let Some((sent, outcome)) = &last {
                    settle::settle(c, &context, sent, outcome, jitter, now)?;
                }
                settle::claim(c, &context, &letter, now)
            })
            .await;
        match claimed {
            Ok(claimed) => {
                self.settled();
                faults::point("outbox.claimed");
                (claimed == Claimed::Ours).then_some((flying, parcel))
            }
            Err(e) => {
                // Nothing was kept: the outcome is still in hand, the letter still queued.
                store_failed(&e);
                tokio::time::sleep(STORE_WAIT).await;
                None
            }
        }
    }

    async fn send(&mut self, flying: &InFlight, parcel: &Parcel) -> Outcome {
        let outcome = match &self.outbox.way {
            Way::Maildir(maildir) => {
                let (maildir, mid, parcel) = (maildir.clone(), flying.mid, parcel.clone());
                tokio::task::spawn_blocking(move || maildir.deliver(mid, &parcel))
                    .await
                    .unwrap_or_else(|e| Outcome::Unknown(e.to_string()))
            }
            Way::Smtp(_) => match &mut self.session {
                Some(session) => {
                    let (outcome, keep) = session.send(parcel).await;
                    if keep == Keep::Drop {
                        self.session = None;
                    }
                    outcome
                }
                None => Outcome::Deferred(RelayReply::default()),
            },
        };
        faults::point("outbox.sent");
        let outcome = match self.outbox.state.relay.lock() {
            Ok(mut health) => health.weigh(outcome),
            Err(_) => outcome,
        };
        match &outcome {
            Outcome::RelayDown(_) => {
                self.session = None;
                self.down = true;
                self.relay_is(Some(&outcome)).await;
            }
            Outcome::Sent(_) => {
                self.relay_wait = RELAY_WAIT_FIRST;
                self.relay_is(None).await;
            }
            _ => {}
        }
        outcome
    }

    /// Writes the outcome in hand, again and again until the store keeps it.
    async fn flush(&mut self) {
        while let Some((sent, outcome)) = self.pending.clone() {
            let context = self.outbox.context.clone();
            let now = self.outbox.clock.now();
            let jitter = self.outbox.random.bytes::<1>()[0];
            let kept = self.outbox.store.write(Lane::Front, move |c| {
                settle::settle(c, &context, &sent, &outcome, jitter, now)
            });
            match kept.await {
                Ok(()) => self.settled(),
                Err(StoreError::Retry(e)) if e.contains("clos") => return,
                Err(e) => {
                    store_failed(&e);
                    tokio::time::sleep(STORE_WAIT).await;
                }
            }
        }
    }

    fn settled(&mut self) {
        if let Some((sent, _)) = self.pending.take() {
            self.outbox.let_go(sent.view.id);
            faults::point("outbox.settled");
        }
    }

    fn count(&self, outcome: &Outcome) {
        let counts = &self.outbox.state.counts;
        let counter = match outcome {
            Outcome::Sent(_) => &counts.sent,
            Outcome::Refused(_) => &counts.refused,
            Outcome::Deferred(_) | Outcome::RelayDown(_) => &counts.deferred,
            Outcome::Unknown(_) => &counts.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn store_failed(e: &StoreError) {
    tracing::error!(reason = %e, "outbox.store_failed");
}

async fn receive(letters: &Letters) -> Option<Box<Letter>> {
    letters.lock().await.recv().await
}

async fn receive_maybe(letters: Option<&Letters>) -> Option<Box<Letter>> {
    match letters {
        Some(letters) => receive(letters).await,
        None => std::future::pending().await,
    }
}

/// What a log and `/readyz` may say of a reply: relays repeat addresses in their texts.
fn said(reply: &RelayReply) -> String {
    let words = reply.text.split_whitespace().map(|w| if w.contains('@') { "…" } else { w });
    format!("{} at {}: {}", reply.code, reply.stage, words.collect::<Vec<_>>().join(" "))
}
