//! Owns knowing whether all loops are done with what is due now, and what comes next: what a
//! travelling calendar needs before it jumps.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::cover;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::scheduler::{self, calendar, digests};
use crate::store::firings::{self, FiringState};
use crate::store::{Store, StoreError, messages, staging};

/// Before a second round, where the first left something: most often a mailbox's server is slow.
const BUSY_WAIT: Duration = Duration::from_millis(20);

/// The loops that must be at rest.
#[derive(Clone)]
pub struct Loops {
    /// The store they share.
    pub store: Store,
    /// The calendar.
    pub clock: Clock,
    /// Config.
    pub config: std::sync::Arc<Config>,
    /// Sending.
    pub outbox: Outbox,
    /// Wakes the scheduler.
    pub scheduler: Bell,
    /// Reading; `None` where no mailbox is configured.
    pub inbox: Option<Inbox>,
}

impl Loops {
    /// Has every loop go round, and waits until all are at rest with nothing due: what one of them
    /// writes for another is done too.
    pub async fn rest(&self) -> Result<(), StoreError> {
        loop {
            // The loops of a held store stand still, and serve nobody.
            if self.outbox.guard.look().is_none() {
                tokio::select! {
                    () = self.go_round() => {}
                    () = self.outbox.guard.holds() => {}
                }
            }
            if self.busy().await?.is_none() {
                return Ok(());
            }
            tokio::time::sleep(BUSY_WAIT).await;
        }
    }

    /// In the order in which one makes work for the next.
    async fn go_round(&self) {
        if let Some(inbox) = self.inbox.as_ref().filter(|inbox| inbox.looks_at_will()) {
            inbox.wake();
            inbox.at_rest().await;
        }
        self.scheduler.ring();
        self.scheduler.at_rest().await;
        self.outbox.wake();
        self.outbox.at_rest().await;
    }

    /// What is still under way, as one word; `None` when all is quiet.
    pub async fn busy(&self) -> Result<Option<&'static str>, StoreError> {
        if !self.outbox.is_quiet() {
            return Ok(Some("sending"));
        }
        // Until a person lets it go on, nothing goes on.
        if self.outbox.guard.look().is_some() {
            return Ok(None);
        }
        if self.inbox.as_ref().is_some_and(|i| i.is_working() || i.looks() == 0) {
            return Ok(Some("reading"));
        }
        let (config, now) = (std::sync::Arc::clone(&self.config), self.clock.now());
        let read_until = self.outbox.read_until();
        let cover = {
            let config = std::sync::Arc::clone(&config);
            self.store.read(move |c| cover::is_due(c, &config, now, read_until)).await?
        };
        if cover {
            return Ok(Some("settling cover"));
        }
        self.store.read(move |c| due(c, &config, now)).await
    }

    /// The next instant at which something is due: a firing, a message, a hold's end.
    pub async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let (config, now) = (std::sync::Arc::clone(&self.config), self.clock.now());
        let (kept_config, now_ms) = (std::sync::Arc::clone(&config), now.as_millisecond());
        let kept = self
            .store
            .read(move |c| {
                let message = messages::next_due(c, now.as_millisecond())?;
                let held = firings::in_state(c, FiringState::Held)?;
                let hold = held.into_iter().filter_map(|f| f.hold_until_ms).min();
                let asked = scheduler::next_reminder(c, &kept_config)?;
                let asked = asked.map(Timestamp::as_millisecond).filter(|at| *at > now_ms);
                Ok(message.into_iter().chain(hold).chain(asked).min())
            })
            .await?;
        let firing = calendar::next(&config, now)
            .map_err(|e| StoreError::GiveUp(e.to_string()))?
            .map(|n| n.due);
        let digest = digests::next(&config, now).map_err(|e| StoreError::GiveUp(e.to_string()))?;
        let kept = kept.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let cover = cover::next(&self.config, now);
        Ok(firing.into_iter().chain(digest).chain(kept).chain(cover).min())
    }
}

fn due(
    c: &Connection,
    config: &Config,
    now: Timestamp,
) -> Result<Option<&'static str>, StoreError> {
    let now_ms = now.as_millisecond();
    for priority in [0, 1] {
        if !messages::due(c, priority, now_ms, 1)?.is_empty() {
            return Ok(Some("sending"));
        }
    }
    if staging::is_applying(c)? {
        return Ok(Some("importing"));
    }
    let unplanned = [FiringState::Counting, FiringState::Planning];
    for state in unplanned {
        if !firings::in_state(c, state)?.is_empty() {
            return Ok(Some("planning"));
        }
    }
    if overdue(c, config, now)?
        || scheduler::is_behind(c, config, now)?
        || digests::overdue(c, config, now)?
    {
        return Ok(Some("planning"));
    }
    Ok(None)
}

/// Whether a firing's time has come and it is not registered.
pub fn overdue(c: &Connection, config: &Config, now: Timestamp) -> Result<bool, StoreError> {
    let due = calendar::between(config, Timestamp::MIN, now)
        .map_err(|e| StoreError::GiveUp(e.to_string()))?;
    for nominal in due {
        if !firings::exists(c, &nominal.schedule.id, &nominal.key())? {
            return Ok(true);
        }
    }
    Ok(false)
}
