//! Owns the guard at every way out: whether this store may send, read its mailbox and move its
//! calendar now. Looks at the clock before anything is written, keeps what it finds in the store,
//! and hears when a person has let it go on. Decides nothing: that is `domain::hold`'s.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, boot_id};
use crate::domain::hold::{self, Held, HoldReason};
use crate::link::Token;
use crate::outbox::CONFIRM_LINK_DAYS;
use crate::store::{Lane, Store, StoreError, holds, meta};

/// A clock that somebody set, and a person's word, are found within this time even where nothing
/// else goes on.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Shared by all that act outward. Cheap to clone.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    /// When this process began to have the store.
    born: Timestamp,
    state: Mutex<State>,
    held: watch::Sender<Option<Held>>,
    asked: Notify,
}

struct State {
    /// The last bearing of the clocks, in milliseconds.
    bearing_ms: Option<i64>,
    /// Whether what holds us stands in the store.
    kept: bool,
}

impl Guard {
    /// Nothing holds yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        let bearing_ms = clock.reading().map(|r| r.bearing_ms());
        Self(Arc::new(Inner {
            born: clock.now(),
            store,
            clock,
            state: Mutex::new(State { bearing_ms, kept: false }),
            held: watch::Sender::new(None),
            asked: Notify::new(),
        }))
    }

    /// What holds us, as far as is known.
    #[must_use]
    pub fn held(&self) -> Option<Held> {
        self.0.held.borrow().clone()
    }

    /// Looks at the clock, and says what holds us. Before each write that the calendar causes, and
    /// before each message.
    #[must_use]
    pub fn look(&self) -> Option<Held> {
        if let Some(now) = self.0.clock.reading() {
            let bearing_ms = now.bearing_ms();
            let before_ms = self.state().bearing_ms.replace(bearing_ms);
            if let Some(before_ms) = before_ms.filter(|before| hold::jumped(*before, bearing_ms)) {
                let right = Timestamp::from_millisecond(now.boot_ms + before_ms);
                let detail = right.map(|at| format!("to {} at {at}", now.calendar));
                self.hold(HoldReason::ClockJumped, &detail.unwrap_or_default());
            }
        }
        self.held()
    }

    /// Holds everything from now on; the first reason stays. Kept in the store as soon as it can
    /// be.
    pub fn hold(&self, reason: HoldReason, detail: &str) {
        let since_ms = self.0.born.as_millisecond();
        self.enter(Held { reason, since_ms, detail: detail.to_owned() }, false);
    }

    /// As [`Guard::hold`], for a reason that stands in the store, if one does.
    pub fn found(&self, held: Option<Held>) {
        if let Some(held) = held {
            self.enter(held, true);
        }
    }

    fn enter(&self, held: Held, kept: bool) {
        let (told, cure) = (held.told(), held.reason.cure());
        let new = self.0.held.send_if_modified(|now| {
            let new = now.is_none();
            if new {
                *now = Some(held);
            }
            new
        });
        if new {
            self.state().kept = kept;
            tracing::error!(why = told, cure, "hold.nothing_is_sent");
            self.0.asked.notify_one();
        }
    }

    /// Waits until something holds us.
    pub async fn holds(&self) {
        // The sender lives in here: it cannot be gone.
        let _ = self.0.held.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits until nothing holds us. `false`: stop. `beat` is called while it waits.
    pub async fn pass(&self, stop: &CancellationToken, beat: &(impl Fn() + ?Sized)) -> bool {
        let mut held = self.0.held.subscribe();
        while !stop.is_cancelled() {
            beat();
            if self.look().is_none() {
                return true;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = held.wait_for(Option::is_none) => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        false
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken, beat: impl Fn()) {
        while !stop.is_cancelled() {
            beat();
            let _ = self.look();
            if let Err(e) = self.agree().await {
                tracing::error!(reason = %e, "hold.not_kept");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.asked.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Makes the store and this process agree: what is found here is kept, and a hold that a
    /// person ended there is ended.
    pub async fn agree(&self) -> Result<(), StoreError> {
        // Before the store is read: what is found meanwhile is not there yet.
        let kept = self.state().kept;
        let stored = self.0.store.read(holds::held).await?;
        let here = self.held();
        match (here, stored) {
            (Some(_), None) if kept => {
                {
                    let mut state = self.state();
                    state.bearing_ms = self.0.clock.reading().map(|r| r.bearing_ms());
                    state.kept = false;
                }
                self.0.held.send_replace(None);
                tracing::info!("hold.ended");
            }
            (Some(held), None) => {
                self.0.store.write(Lane::Front, move |c| holds::hold(c, &held)).await?;
                self.state().kept = true;
            }
            (None, found) => self.found(found),
            (Some(_), Some(_)) => self.state().kept = true,
        }
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a store must not mail, found as a daemon starts on it or a person asks: what stands in it,
/// another host, a clock that cannot be right. `host` names this one; empty where nothing does.
pub fn at_start(c: &Connection, host: &str, clock: &Clock) -> Result<Option<Held>, StoreError> {
    if let Some(held) = holds::held(c)? {
        return Ok(Some(held));
    }
    let now = clock.now();
    let found =
        |reason, detail: String| Ok(Some(Held { reason, since_ms: now.as_millisecond(), detail }));
    // A simulation mails nobody, wherever it is taken, and its calendar begins anywhere.
    if clock.travels() {
        return Ok(None);
    }
    let home = meta::get(c, meta::HOST)?.unwrap_or_default();
    if !home.is_empty() && !host.is_empty() && home != host {
        return found(HoldReason::Elsewhere, String::new());
    }
    if let Some(last) = holds::last_line(c)?.filter(|last| hold::behind(Some(*last), now)) {
        return found(HoldReason::ClockBehind, format!("{now}, and a line of {last}"));
    }
    if let (Some((boot, before_ms)), Some((this, now_ms))) = (holds::bearing(c)?, bearing(clock))
        && boot == this
        && hold::jumped(before_ms, now_ms)
    {
        return found(HoldReason::ClockJumped, format!("while the daemon was down, to {now}"));
    }
    Ok(None)
}

/// This boot and the bearing of its clocks; none where the calendar travels, since it begins
/// anywhere.
#[must_use]
pub fn bearing(clock: &Clock) -> Option<(String, i64)> {
    let reading = clock.reading().filter(|_| !clock.travels())?;
    Some((boot_id()?, reading.bearing_ms()))
}

/// The first of some verified tokens that tells of a store that was set back: its message is not
/// here, and it was not made in a time that is known to be lost.
pub fn missing(
    c: &Connection,
    tokens: &[Token],
    link_days: u32,
) -> Result<Option<Token>, StoreError> {
    let adopted = holds::adopted(c)?;
    let days_max = link_days.max(CONFIRM_LINK_DAYS);
    for token in tokens {
        if hold::alarms(token.expires_h, adopted, days_max) && !holds::is_here(c, token.message)? {
            return Ok(Some(*token));
        }
    }
    Ok(None)
}
