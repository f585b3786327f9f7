//! Owns asking the provider about payment pages of which no word has come, so that a lost webhook
//! loses nothing, and having it give back what was paid twice: a few at a time, each call with its
//! deadline, until a stop is asked for.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{About, CardError, Provider, Status};
use crate::actions::checkouts::refund::{self, Asked};
use crate::actions::{Context, Door, Evidence, checkouts};
use crate::clock::{CALENDAR_SLEEP_MAX, Clock};
use crate::domain::checkout::{CheckoutState, Word, page_ends};
use crate::domain::money::Cents;
use crate::domain::words::{Lang, RenewalState};
use crate::outbox::Outbox;
use crate::store::checkouts::{self as rows, CheckoutRow};
use crate::store::{Lane, Store, StoreError, card_refunds, renewals};

/// A page is asked about when nothing was heard of it for so long. Webhooks come within seconds.
const QUIET: SignedDuration = SignedDuration::from_mins(5);
/// A try that the provider never answered is closed after so long: a press within twenty minutes
/// would have called again, and nobody has seen a page of it.
const UNANSWERED_MAX: SignedDuration = SignedDuration::from_mins(30);
/// A page that the provider does not know any more is given up so long after its end: an event of
/// its payment would have come by then, and still counts if it comes later.
const LOST_MAX: SignedDuration = SignedDuration::from_hours(24);
/// A refund that the provider neither makes nor refuses is a person's after so long. The key that it
/// is asked for with is good for a day.
const REFUND_ASKED_MAX: SignedDuration = SignedDuration::from_hours(23);
/// Refunds asked for in one round.
const REFUNDS_MAX: i64 = 5;
/// Pages asked about in one round: at the calls' deadline that is under three minutes.
const ASKED_MAX: i64 = 20;
/// Between two rounds. The calendar's sleep is no longer, and a calendar that travels wakes it.
const ROUND: SignedDuration = SignedDuration::from_secs(60);

const _: () = assert!(CALENDAR_SLEEP_MAX.as_secs() <= 60, "a round is no rarer than it says");

/// What the rounds need.
#[derive(Clone)]
pub struct Watch {
    /// Whom to ask.
    pub provider: Arc<Provider>,
    /// What waits.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// The calendar.
    pub clock: Clock,
    /// Woken after an act: somebody waits for a receipt.
    pub outbox: Outbox,
}

impl Watch {
    /// Runs until `stop`. `beat` is called in each round.
    pub async fn run(self, stop: CancellationToken, beat: impl Fn()) {
        loop {
            // A copy that asked would take pages back that its original has shown to somebody.
            if !self.outbox.guard.pass(&stop, &beat).await {
                return;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                // A call that is dropped is made again in the next life: it only asks, or does under
                // the same key what it did.
                () = async { self.refunds(&beat).await; self.round(&beat).await } => {}
            }
            let next = self.clock.now().checked_add(ROUND).unwrap_or(jiff::Timestamp::MAX);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep_until(next) => {}
            }
        }
    }

    async fn round(&self, beat: &impl Fn()) {
        let before = self.clock.now().checked_sub(QUIET).unwrap_or(jiff::Timestamp::MIN);
        let before_ms = before.as_millisecond();
        let waiting = self
            .store
            .read(move |c| {
                let waiting = rows::waiting(c, before_ms, ASKED_MAX)?;
                let states = waiting.iter().map(|row| {
                    let renewal = renewals::by_id(c, row.renewal)?;
                    Ok(renewal.map_or(RenewalState::Open, |r| r.renewal.state))
                });
                let states = states.collect::<Result<Vec<_>, StoreError>>()?;
                Ok(waiting.into_iter().zip(states).collect::<Vec<_>>())
            })
            .await;
        let waiting = match waiting {
            Ok(waiting) => waiting,
            Err(e) => return tracing::warn!(reason = %e, "card.watch"),
        };
        for (row, renewal) in waiting {
            beat();
            if let Err(e) = self.ask(row, renewal).await {
                tracing::warn!(reason = %e, "card.watch");
            }
            tokio::time::sleep(Duration::ZERO).await;
        }
    }

    async fn refunds(&self, beat: &impl Fn()) {
        let waiting = self.store.read(|c| refund::waiting(c, REFUNDS_MAX)).await;
        let waiting = match waiting {
            Ok(waiting) => waiting,
            Err(e) => return tracing::warn!(reason = %e, "card.refunds"),
        };
        for asked in waiting {
            beat();
            if let Err(e) = self.give_back(asked).await {
                tracing::warn!(reason = %e, "card.refunds");
            }
        }
    }

    async fn give_back(&self, asked: Asked) -> Result<(), StoreError> {
        let (payment, key) = (asked.refund.payment, asked.refund.key.as_str());
        let answer = if asked.refund.provider != self.provider.name() {
            Err(CardError::GiveUp("another provider is configured now".into()))
        } else if asked.amount <= Cents::ZERO {
            // The desk, or a webhook, was quicker: nothing is left to go back.
            Err(CardError::GiveUp("nothing of it waits any more".into()))
        } else {
            self.provider.refund(&asked.reference, asked.amount, key).await
        };
        crate::faults::point("card.refunded");
        let now = self.clock.now();
        let since = jiff::Timestamp::from_millisecond(asked.refund.created_ms).unwrap_or(now);
        let context = self.context.clone();
        match answer {
            Ok(name) => {
                tracing::info!(payment = payment.0, "card.refunded");
                let write = move |c: &rusqlite::Connection| {
                    refund::done(c, &context, &asked, &name, &evidence(now))
                };
                self.store.write(Lane::Front, write).await?;
                self.outbox.wake();
                Ok(())
            }
            Err(CardError::Retry(why) | CardError::Unknown(why))
                if now.duration_since(since) < REFUND_ASKED_MAX =>
            {
                tracing::warn!(payment = payment.0, reason = why, "card.refund_waits");
                let write = move |c: &rusqlite::Connection| {
                    card_refunds::touch(c, payment, now.as_millisecond())
                };
                self.store.write(Lane::Front, write).await
            }
            Err(e) => {
                tracing::error!(payment = payment.0, reason = %e, "card.refund_refused");
                let write = move |c: &rusqlite::Connection| {
                    refund::refused(c, &context, &asked, &evidence(now))
                };
                self.store.write(Lane::Front, write).await
            }
        }
    }

    async fn ask(&self, row: CheckoutRow, renewal: RenewalState) -> Result<(), StoreError> {
        let now = self.clock.now();
        if row.provider != self.provider.name() {
            // Another provider was configured meanwhile; its word, if any, can only be a person's.
            return self.touch(&row).await;
        }
        let (CheckoutState::Open, Some(session)) = (row.state, row.session.clone()) else {
            if now.duration_since(row.created) < UNANSWERED_MAX {
                return Ok(());
            }
            let (context, id) = (self.context.clone(), row.id);
            let write =
                move |c: &rusqlite::Connection| checkouts::failed(c, &context, id, &evidence(now));
            return self.store.write(Lane::Front, write).await;
        };
        let ended = now >= page_ends(row.created);
        // What is paid otherwise, or not owed any more, is not to be paid there.
        let owed =
            matches!(renewal, RenewalState::Open | RenewalState::Pledged | RenewalState::Lapsed);
        let answer = if owed {
            self.provider.look(&session, ended).await
        } else {
            self.provider.expire(&session).await
        };
        let status = match answer {
            Ok(status) => status,
            Err(CardError::GiveUp(why)) if now >= page_ends(row.created) + LOST_MAX => {
                tracing::error!(checkout = %row.id, reason = why, "card.page_lost");
                Status { word: Word::Expired, payment: None, at: None }
            }
            Err(e) => {
                tracing::warn!(checkout = %row.id, reason = %e, "card.watch");
                return self.touch(&row).await;
            }
        };
        let Status { word, payment, at } = status;
        if word == Word::Waiting {
            return self.touch(&row).await;
        }
        tracing::info!(checkout = %row.id, "card.word_fetched");
        let about = About { checkout: row.id, session, word, payment, at };
        let (context, name) = (self.context.clone(), self.provider.name());
        let write = move |c: &rusqlite::Connection| {
            checkouts::tell(c, &context, name, &about, &evidence(now))
        };
        self.store.write(Lane::Front, write).await?;
        self.outbox.wake();
        Ok(())
    }

    async fn touch(&self, row: &CheckoutRow) -> Result<(), StoreError> {
        let (id, at_ms) = (row.id, self.clock.now().as_millisecond());
        self.store.write(Lane::Front, move |c| rows::touch(c, id, at_ms)).await
    }
}

fn evidence(now: jiff::Timestamp) -> Evidence<'static> {
    Evidence { door: Door::Card, mid: None, lang: Lang::En, at: now, answers: "" }
}
