//! Owns the two clocks of the system. Nothing else may ask the machine for the time
//! (`clippy.toml` forbids it).
//!
//! - The *calendar* clock ([`Clock`]) says what day it is for firings, backoff, expiry and
//!   holds. It can stand still or travel (on simulated stores only).
//! - The *monotonic* clock ([`monotonic`]) times socket stages, deadlines and the watchdog.
//!   It never travels.
//!
//! Beside the calendar the clock of the boot is read ([`Clock::reading`]): it counts time asleep,
//! and nobody can set it. A calendar that travels takes it along.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::hold::Reading;

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
    /// Milliseconds that [`Clock::set`] let pass: on the clock of the boot, too.
    passed_ms: AtomicI64,
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
            passed_ms: AtomicI64::new(0),
            moved: Notify::new(),
        })))
    }

    /// A clock that reads `start` now and runs on at the machine's pace; [`Clock::set`] jumps it.
    #[must_use]
    pub fn travelling(start: Timestamp) -> Self {
        Self(Kind::Travelling(Arc::new(Travelling {
            offset_ms: AtomicI64::new(start.as_millisecond() - machine_now().as_millisecond()),
            fixed: false,
            passed_ms: AtomicI64::new(0),
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

    /// The calendar together with the clock of the boot; `None` where the system tells of none.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        let boot_ms = match &self.0 {
            Kind::System => machine_boot_ms()?,
            Kind::Travelling(t) => {
                let base_ms = if t.fixed { 0 } else { machine_boot_ms()? };
                base_ms + t.passed_ms.load(Ordering::SeqCst)
            }
        };
        Some(Reading { calendar: self.now(), boot_ms })
    }

    /// Jumps to `at`, as if the time until then had passed, and wakes whoever waits in
    /// [`Clock::sleep_until`]. Does nothing on the machine's clock; returns whether it moved.
    #[must_use]
    pub fn set(&self, at: Timestamp) -> bool {
        let Kind::Travelling(t) = &self.0 else { return false };
        let passed_ms = at.as_millisecond() - self.now().as_millisecond();
        t.passed_ms.fetch_add(passed_ms, Ordering::SeqCst);
        self.step(at)
    }

    /// Sets the calendar to `at` as somebody sets a clock: no time passes. Otherwise as
    /// [`Clock::set`].
    #[must_use]
    pub fn step(&self, at: Timestamp) -> bool {
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

/// Milliseconds since the machine started, time asleep included: what `/proc/uptime` tells of
/// `CLOCK_BOOTTIME`, to ten milliseconds.
fn machine_boot_ms() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, rest) = text.split_once('.')?;
    let hundredths: i64 = rest.get(..2)?.parse().ok()?;
    Some(seconds.parse::<i64>().ok()? * 1000 + hundredths * 10)
}

/// Which boot this is: the clock of the boot begins anew with each. `None` where the system does
/// not tell.
#[must_use]
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
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

    #[test]
    fn time_that_passes_moves_both_clocks_and_a_set_clock_one() {
        let start: Timestamp = "2026-11-03T14:00:00Z".parse().unwrap();
        for clock in [Clock::fixed(start), Clock::travelling(start)] {
            let day = jiff::SignedDuration::from_hours(24);
            let bearing = || clock.reading().unwrap().bearing_ms();
            let first = bearing();
            let near = |ms: i64| (bearing() - first - ms).abs() < 1000;
            assert!(clock.set(start + day) && near(0), "{first} {}", bearing());
            assert!(clock.step(start) && near(-86_400_000), "{first} {}", bearing());
        }
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
