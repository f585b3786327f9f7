//! Owns the pulse of the loops: each promises to beat within an interval on the monotonic clock,
//! and whoever is late is named. The watchdog is fed and `/healthz` answers from this alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::monotonic;

/// The loops of one daemon. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Vec<Pulse>>>);

#[derive(Debug)]
struct Pulse {
    name: &'static str,
    every: Duration,
    last: Instant,
    retired: bool,
}

/// One loop's handle. Dropping it does not end the promise: a loop that vanished is late.
#[derive(Debug)]
pub struct Heartbeat {
    pulses: Heartbeats,
    index: usize,
}

impl Heartbeats {
    /// A loop that will beat at least once in `every`, counted from now. Choose it longer than
    /// the loop's longest step, deadlines of sockets included.
    #[must_use]
    pub fn register(&self, name: &'static str, every: Duration) -> Heartbeat {
        let mut pulses = self.locked();
        pulses.push(Pulse { name, every, last: monotonic(), retired: false });
        Heartbeat { index: pulses.len() - 1, pulses: self.clone() }
    }

    /// Names of the loops that did not keep their promise at `now`.
    #[must_use]
    pub fn late(&self, now: Instant) -> Vec<&'static str> {
        let late = |p: &&Pulse| !p.retired && now.saturating_duration_since(p.last) > p.every;
        self.locked().iter().filter(late).map(|p| p.name).collect()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Pulse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heartbeat {
    /// The loop is alive.
    pub fn beat(&self) {
        self.with(|pulse| pulse.last = monotonic());
    }

    /// The loop ends as it should, after a stop: it promises nothing any more.
    pub fn retire(self) {
        self.with(|pulse| pulse.retired = true);
    }

    fn with(&self, change: impl FnOnce(&mut Pulse)) {
        if let Some(pulse) = self.pulses.locked().get_mut(self.index) {
            change(pulse);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_beat_is_named() {
        let beats = Heartbeats::default();
        let minute = Duration::from_mins(1);
        let scheduler = beats.register("scheduler", minute);
        let inbox = beats.register("inbox", minute * 10);
        let start = monotonic();
        assert!(beats.late(start).is_empty());
        assert_eq!(beats.late(start + minute * 2), ["scheduler"]);
        assert_eq!(beats.late(start + minute * 11), ["scheduler", "inbox"]);
        drop(inbox);
        scheduler.retire();
        assert_eq!(
            beats.late(start + minute * 11),
            ["inbox"],
            "a dropped loop is late, a retired one is not"
        );
    }

    #[test]
    fn a_beat_renews_the_promise() {
        let beats = Heartbeats::default();
        let pulse = beats.register("outbox", Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(beats.late(monotonic()), ["outbox"]);
        pulse.beat();
        assert!(beats.late(monotonic()).is_empty());
    }
}
