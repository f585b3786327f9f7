//! Owns drafting ahead: reads what is due, composes it on blocking threads, hands it over in
//! order, and takes out of the queue what must not go.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::letter::{self, Drafted, Letter};
use super::settle;
use crate::domain::reserved;
use crate::domain::words::MessageState;
use crate::ids::MessageRow;
use crate::store::messages::{self, MessageView};
use crate::store::{Lane, StoreError};

/// Messages drafted in one go.
const BATCH: i64 = 32;
/// What commands write beside a running daemon is found within this time.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After a fault of the store.
const FAULT_WAIT: Duration = Duration::from_secs(5);

pub(super) async fn run(
    outbox: Outbox,
    priority: i64,
    hand_over: mpsc::Sender<Box<Letter>>,
    stop: CancellationToken,
    beat: Arc<dyn Fn() + Send + Sync>,
) {
    let bell = if priority == 0 { &outbox.state.bells[0] } else { &outbox.state.bells[1] };
    let mut opening = outbox.state.calendar.subscribe();
    while !stop.is_cancelled() {
        beat();
        if outbox.guard.look().is_some() {
            // What lies in the mailbox may say more of what the life before has done.
            outbox.close_calendar();
            if !outbox.guard.pass(&stop, &*beat).await {
                return;
            }
        }
        if priority > 0 && !*opening.borrow() {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = opening.wait_for(|open| *open) => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            continue;
        }
        let heard = bell.hear();
        match round(&outbox, priority, &hand_over, &stop).await {
            Ok(0) => {
                bell.served(heard);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = bell.rings_after(heard) => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            Ok(_) => {}
            Err(e) => {
                tracing::error!(reason = %e, priority, "outbox.feed_failed");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(FAULT_WAIT) => {}
                }
            }
        }
    }
}

/// One look: how many messages were drafted or taken out.
async fn round(
    outbox: &Outbox,
    priority: i64,
    hand_over: &mpsc::Sender<Box<Letter>>,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let now = outbox.clock.now();
    let waiting = i64::try_from(outbox.state.in_flight.borrow().len()).unwrap_or(i64::MAX / 2);
    let due = outbox
        .store
        .read(move |c| messages::due(c, priority, now.as_millisecond(), waiting + BATCH))
        .await?;
    let fresh: Vec<MessageView> = {
        let in_flight = outbox.state.in_flight.borrow();
        let fresh = due.into_iter().filter(|m| !in_flight.contains(&m.id));
        fresh.take(usize::try_from(BATCH).unwrap_or(1)).collect()
    };
    if fresh.is_empty() {
        return Ok(0);
    }
    let count = fresh.len();
    let (letters, out) = draft(outbox, fresh, now).await?;
    if !out.is_empty() {
        take_out(outbox, out, now).await?;
    }
    for letter in letters {
        let row = letter.view.id;
        outbox.take_up(row);
        tokio::select! {
            biased;
            () = stop.cancelled() => { outbox.let_go(row); return Ok(count); }
            sent = hand_over.send(letter) => {
                if sent.is_err() { outbox.let_go(row); return Ok(count); }
            }
        }
    }
    Ok(count)
}

type Out = Vec<(MessageRow, Drafted)>;

/// Drafts in two halves side by side: composing is the one thing here that takes a processor.
async fn draft(
    outbox: &Outbox,
    mut fresh: Vec<MessageView>,
    now: Timestamp,
) -> Result<(Vec<Box<Letter>>, Out), StoreError> {
    let second = fresh.split_off(fresh.len().div_ceil(2));
    let half = |views: Vec<MessageView>| {
        let (context, composer) = (outbox.context.clone(), outbox.composer.clone());
        outbox.store.read(move |c| {
            let drafts = views.into_iter().map(|view| {
                let row = view.id;
                letter::draft(c, &context, &composer, view, now).map(|drafted| (row, drafted))
            });
            drafts.collect::<Result<Vec<_>, _>>()
        })
    };
    let (first, second) = if second.is_empty() {
        (half(fresh).await?, Vec::new())
    } else {
        let (a, b) = tokio::join!(half(fresh), half(second));
        (a?, b?)
    };
    let (mut letters, mut out) = (Vec::new(), Vec::new());
    for (row, drafted) in first.into_iter().chain(second) {
        match drafted {
            // Who came into a simulation since it began is no more mailed than anybody else.
            Drafted::Letter(letter)
                if outbox.clock.travels() && !reserved::is_nobodys(&letter.address) =>
            {
                out.push((row, Drafted::Cancel("real-address")));
            }
            Drafted::Letter(letter) => letters.push(letter),
            other => out.push((row, other)),
        }
    }
    Ok((letters, out))
}

async fn take_out(outbox: &Outbox, out: Out, now: Timestamp) -> Result<(), StoreError> {
    outbox
        .store
        .write(Lane::Front, move |c| {
            for (row, drafted) in &out {
                match drafted {
                    Drafted::Cancel(reason) => settle::cancel(c, *row, reason, now)?,
                    Drafted::Hold(reason) => {
                        let waiting = [MessageState::Queued, MessageState::Deferred];
                        let held = MessageState::Held;
                        tracing::error!(message = row.0, %reason, "outbox.cannot_compose");
                        messages::shift(c, *row, &waiting, held, reason, now.as_millisecond())?;
                    }
                    Drafted::Letter(_) => {}
                }
            }
            Ok(())
        })
        .await
}
