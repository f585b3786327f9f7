//! Owns the life of the payment provider's watch among the daemon's tasks.

use std::time::Duration;

use super::lifecycle::Tasks;
use crate::card::watch::Watch;
use crate::web::Site;

/// Starts the watch where cards are taken. It ends on a stop, in the middle of a call if need be.
pub(super) fn spawn(tasks: &Tasks, site: &Site, every: Duration) {
    let Some(provider) = site.card.clone() else { return };
    let (store, context) = (site.store.clone(), site.context.clone());
    let (clock, outbox) = (site.clock.clone(), site.outbox.clone());
    let watch = Watch { provider, store, context, clock, outbox };
    let (stop, beat) = (tasks.soft(), tasks.heartbeat("card", every));
    tasks.spawn("card", async move {
        watch.run(stop, move || beat.beat()).await;
        Ok(())
    });
}
