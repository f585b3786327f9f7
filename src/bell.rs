//! Owns the bell of a loop: who rings it wants a round that begins after the ring; who waits hears
//! when such a round is over. Never knows what a round does.

use std::sync::Arc;

use tokio::sync::watch;

/// A loop's bell. Cheap to clone; clones are the same bell.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    rung: watch::Sender<u64>,
    /// The rings that rounds so far have served.
    served: watch::Sender<u64>,
}

/// The rings that a round serves: those from before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard(u64);

impl Bell {
    /// Asks for a round that begins after this.
    pub fn ring(&self) {
        self.0.rung.send_modify(|rings| *rings += 1);
    }

    /// The loop begins a round.
    #[must_use]
    pub fn hear(&self) -> Heard {
        Heard(*self.0.rung.borrow())
    }

    /// The loop has nothing left to do of what was due when it heard the bell.
    pub fn served(&self, heard: Heard) {
        self.0.served.send_modify(|served| *served = heard.0.max(*served));
    }

    /// Waits until it rings again: at once where it has rung since `heard`.
    pub async fn rings_after(&self, heard: Heard) {
        let mut rung = self.0.rung.subscribe();
        // The sender lives in here: it cannot be gone.
        let _ = rung.wait_for(|rings| *rings > heard.0).await;
    }

    /// Waits until everything rung for so far is served.
    pub async fn at_rest(&self) {
        let asked = self.hear();
        let mut served = self.0.served.subscribe();
        let _ = served.wait_for(|served| *served >= asked.0).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_round_serves_only_what_rang_before_it_began() {
        let bell = Bell::default();
        assert!(bell.at_rest().now_or_never().is_some(), "nobody asked");
        bell.ring();
        let heard = bell.hear();
        assert!(bell.rings_after(heard).now_or_never().is_none());
        bell.ring();
        assert!(bell.rings_after(heard).now_or_never().is_some());
        bell.served(heard);
        assert!(bell.at_rest().now_or_never().is_none(), "the second ring came during the round");
        let again = bell.hear();
        bell.served(again);
        assert!(bell.at_rest().now_or_never().is_some());
        bell.served(heard);
        assert!(bell.at_rest().now_or_never().is_some(), "an older round takes nothing back");
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let bell = Bell::default();
        bell.ring();
        let (heard, twin) = (bell.hear(), bell.clone());
        let waiting = tokio::spawn(async move { twin.at_rest().await });
        tokio::task::yield_now().await;
        bell.served(heard);
        waiting.await.unwrap();
    }
}
