//! Owns the two clocks of the system. Nothing else may ask the machine for the time
//! (`clippy.toml` forbids it).
//!
//! - The *calendar* clock ([`Clock`]) says what day it is for firings, backoff, expiry and
//!   holds. It can stand still or travel (on simulated stores only).
//! - The *monotonic* clock ([`monotonic`]) times socket stages, deadlines and the watchdog.
//!   It never travels.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;

/// The longest sleep on the calendar clock: a suspended machine or a changed clock is noticed
/// within a minute.
pub const CALENDAR_SLEEP_MAX: std::time::Duration = std::time::Duration::from_mins(1);

/// The calendar clock. Cheap to clone; clones share a travelling clock's position.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Travelling(Arc<Travelling>),
}

#[derive(Debug)]
struct Travelling {
    /// Difference from the machine's clock, in milliseconds; or the fixed instant itself.
    offset_ms: AtomicI64,
    fixed: bool,
    moved: Notify,
}

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still at `at` until [`Clock::set`] moves it.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self(Kind::Travelling(Arc::new(Travelling {
            offset_ms: AtomicI64::new(at.as_millisecond()),
            fixed: true,
            moved: Notify::new(),
        })))
    }

    /// A clock that reads `start` now and runs on at the machine's pace; [`Clock::set`] jumps it.
    #[must_use]
    pub fn travelling(start: Timestamp) -> Self {
        Self(Kind::Travelling(Arc::new(Travelling {
            offset_ms: AtomicI64::new(start.as_millisecond() - machine_now().as_millisecond()),
            fixed: false,
            moved: Notify::new(),
        })))
    }

    /// The calendar's instant, UTC, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System => machine_now(),
            Kind::Travelling(t) => {
                let offset_ms = t.offset_ms.load(Ordering::SeqCst);
                let at_ms =
                    if t.fixed { offset_ms } else { machine_now().as_millisecond() + offset_ms };
                Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Whether this clock can be moved.
    #[must_use]
    pub fn travels(&self) -> bool {
        matches!(self.0, Kind::Travelling(_))
    }

    /// Jumps to `at` and wakes whoever waits in [`Clock::sleep_until`]. Does nothing on the
    /// machine's clock; returns whether it moved.
    #[must_use]
    pub fn set(&self, at: Timestamp) -> bool {
        let Kind::Travelling(t) = &self.0 else { return false };
        let base_ms = if t.fixed { 0 } else { machine_now().as_millisecond() };
        t.offset_ms.store(at.as_millisecond() - base_ms, Ordering::SeqCst);
        t.moved.notify_waiters();
        true
    }

    /// Sleeps until the calendar reads `at`, or a minute has passed, or the clock was moved:
    /// whichever is first. The caller looks at [`Clock::now`] again.
    pub async fn sleep_until(&self, at: Timestamp) {
        // Before the clock is read: a jump between the two would else be slept through.
        let moved = match &self.0 {
            Kind::System => None,
            Kind::Travelling(t) => Some(t.moved.notified()),
        };
        let wait_ms = at.as_millisecond().saturating_sub(self.now().as_millisecond());
        let wait = std::time::Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0))
            .min(CALENDAR_SLEEP_MAX);
        match moved {
            None => tokio::time::sleep(wait).await,
            Some(moved) => tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = moved => {}
            },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's calendar")]
fn machine_now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The monotonic clock: for durations, never for dates.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_until_set() {
        let start: Timestamp = "2026-11-03T14:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        let twin = clock.clone();
        assert_eq!(clock.now(), start);
        assert!(clock.set("2026-12-31T23:59:59Z".parse().unwrap()));
        assert_eq!(twin.now().to_string(), "2026-12-31T23:59:59Z");
        assert!(!Clock::system().set(start));
    }

    #[tokio::test]
    async fn a_jump_wakes_a_sleeper() {
        let start: Timestamp = "2026-11-03T14:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        let twin = clock.clone();
        let sleeper = tokio::spawn(async move {
            twin.sleep_until("2026-11-03T14:00:30Z".parse().unwrap()).await;
        });
        tokio::task::yield_now().await;
        let _ = clock.set("2026-11-04T00:00:00Z".parse().unwrap());
        tokio::time::timeout(std::time::Duration::from_secs(5), sleeper).await.unwrap().unwrap();
    }
}
