//! Owns the loop that notices what is due: firings, holds that ended, the daily pass, digests,
//! reminders that members asked for.

use jiff::Timestamp;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::plan::{self, ChunkEnd};
use super::register::register_due;
use super::retention::DailyPass;
use super::{calendar, daily, digests, gate};
use crate::actions::cover::{self, PassEnd};
use crate::actions::{Context, changes, overdue};
use crate::bell::Bell;
use crate::clock::{CALENDAR_SLEEP_MAX, Clock};
use crate::faults;
use crate::ids::FiringId;
use crate::outbox::Outbox;
use crate::store::firings::{self, FiringState};
use crate::store::{Lane, Store, StoreError, staging};

/// After a fault of the store.
const FAULT_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The calendar's loop.
#[derive(Clone)]
pub struct Scheduler {
    /// Where firings are kept.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// The calendar.
    pub clock: Clock,
    /// Woken when messages were written.
    pub outbox: Outbox,
    /// Somebody decided something: look now.
    pub wake: Bell,
}

impl Scheduler {
    /// Runs until `stop`. `beat` is called at every round and chunk.
    pub async fn run(self, stop: CancellationToken, beat: impl Fn() + Send + Sync) {
        let mut forgetting = DailyPass::default();
        while !stop.is_cancelled() {
            // A held store's calendar stands still: what falls due meanwhile is late, as if the
            // daemon had been down.
            if !self.outbox.guard.pass(&stop, &beat).await {
                return;
            }
            let heard = self.wake.hear();
            let now = self.clock.now();
            let done = match self.tick(now, &stop, &beat).await {
                Ok(()) => self.settle_cover(now, &stop, &beat).await,
                Err(e) => Err(e),
            };
            let cover_waits = match done {
                Ok(end) => end == PassEnd::Waits,
                Err(e) => {
                    tracing::error!(reason = %e, "scheduler.tick_failed");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(FAULT_WAIT) => {}
                    }
                    continue;
                }
            };
            if let Err(e) = forgetting.run(&self.store, &self.context, now, &stop).await {
                tracing::error!(reason = %e, "scheduler.forgetting_failed");
            }
            self.wake.served(heard);
            let config = &self.context.config;
            let step = calendar::next(config, now).ok().flatten().map(|n| n.due);
            let digest = digests::next(config, now).ok().flatten();
            let others = digest.into_iter().chain(cover::next(config, now));
            let next = step.into_iter().chain(others).min().unwrap_or(Timestamp::MAX);
            let longest = jiff::SignedDuration::try_from(CALENDAR_SLEEP_MAX).unwrap_or_default();
            let until = now.checked_add(longest).unwrap_or(next).min(next);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(until) => {}
                () = self.wake.rings_after(heard) => {}
                () = self.outbox.next_reading(), if cover_waits => {}
            }
        }
    }

    /// What became of insurance cover, chunk by chunk, once an instant of it has passed.
    async fn settle_cover(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<PassEnd, StoreError> {
        loop {
            beat();
            let (context, read_until) = (self.context.clone(), self.outbox.read_until());
            let end = self
                .store
                .write(Lane::Background, move |c| {
                    cover::deadline_pass(c, &context, now, read_until)
                })
                .await?;
            if end != PassEnd::More || stop.is_cancelled() {
                return Ok(end);
            }
            self.outbox.wake();
        }
    }

    /// One round: registers what is due, ends holds, plans. Returns once nothing is left to do.
    pub async fn tick(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<(), StoreError> {
        let context = self.context.clone();
        let open = self
            .store
            .write(Lane::Front, move |c| {
                register_due(c, &context, now)?;
                daily::end_holds(c, &context, now)?;
                daily::daily_pass(c, &context, now)?;
                digests::register(c, &context, now)?;
                // A list on its way in is all or nothing to the planner.
                if staging::is_applying(c)? {
                    return Ok(Vec::new());
                }
                firings::in_state(c, FiringState::Counting)
            })
            .await?;
        faults::point("scheduler.registered");
        for firing in open {
            gate::look(&self.store, &self.context, firing, now, stop, beat).await?;
        }
        // A desk may have been told something.
        self.outbox.wake();
        self.background(now, stop, beat, daily::overdue).await?;
        self.plan(now, stop, beat).await?;
        self.background(now, stop, beat, daily::remind).await
    }

    async fn plan(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<(), StoreError> {
        let open = self.store.read(|c| {
            if staging::is_applying(c)? {
                return Ok(Vec::new());
            }
            let mut open = firings::in_state(c, FiringState::Planning)?;
            // Of two steps for one member the later one goes, and the earlier gives way.
            open.reverse();
            Ok(open.into_iter().map(|f| f.id).collect::<Vec<FiringId>>())
        });
        for id in open.await? {
            while !stop.is_cancelled() {
                beat();
                let context = self.context.clone();
                let ended = self
                    .store
                    .write(Lane::Background, move |c| plan::chunk(c, &context, id, now))
                    .await?;
                self.outbox.wake();
                if ended == ChunkEnd::Done {
                    break;
                }
            }
        }
        self.invoices(now, stop).await
    }

    /// Invoices from which the member list differs, and those that were to be paid by yesterday; a
    /// few in each commit.
    async fn invoices(&self, now: Timestamp, stop: &CancellationToken) -> Result<(), StoreError> {
        while !stop.is_cancelled() {
            let context = self.context.clone();
            let look = move |c: &rusqlite::Connection| match changes::look(c, &context, now)? {
                0 => overdue::look(c, &context, now),
                some => Ok(some),
            };
            if self.store.write(Lane::Background, look).await? == 0 {
                break;
            }
            self.outbox.wake();
        }
        Ok(())
    }

    /// Background work in small transactions, until there is no more of it. A list on its way in is
    /// all or nothing to it.
    async fn background(
        &self,
        now: Timestamp,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
        work: fn(&Connection, &Context, Timestamp) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut more = true;
        while more && !stop.is_cancelled() {
            beat();
            let context = self.context.clone();
            more = self
                .store
                .write(Lane::Background, move |c| {
                    Ok(!staging::is_applying(c)? && work(c, &context, now)?)
                })
                .await?;
            self.outbox.wake();
        }
        Ok(())
    }
}
