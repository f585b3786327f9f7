//! Owns how often somebody may be wrong about a type-in code, or about what a form asks as a proof:
//! five times a number and hour, and a cap over all numbers, each of the two apart. In memory and of
//! a fixed size; a restart starts afresh. Time is an argument. Never knows whether a number exists: a wrong number counts like a wrong code.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limits::TooMany;

/// Failures of one number before it waits: a person mistypes twice, a program does not stop.
/// With fifty bits of code, five an hour is some forty thousand tries a year of 10^15.
pub const PER_NUMBER_MAX: usize = 5;
/// How long a failure counts.
pub const WINDOW: Duration = Duration::from_hours(1);

/// The failures of the last hour: at most as many as the cap allows.
#[derive(Debug)]
pub struct Guesses {
    cap: usize,
    recent: Mutex<VecDeque<(Instant, u64)>>,
}

impl Guesses {
    /// `per_hour`: failures of all numbers together.
    #[must_use]
    pub fn new(per_hour: u32) -> Self {
        let cap = usize::try_from(per_hour.max(1)).unwrap_or(usize::MAX);
        Self { cap, recent: Mutex::new(VecDeque::new()) }
    }

    /// Counts a try before it is looked at, so that a hundred at once are no more than a hundred
    /// in turn. A refused one counts nothing.
    pub fn begin(&self, number: &str, now: Instant) -> Result<(), TooMany> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            recent.pop_front();
        }
        let key = key(number);
        let of_number = || recent.iter().filter(|(_, k)| *k == key);
        let oldest = if of_number().count() >= PER_NUMBER_MAX {
            of_number().next()
        } else if recent.len() >= self.cap {
            recent.front()
        } else {
            recent.push_back((now, key));
            return Ok(());
        };
        let waited = oldest.map_or(Duration::ZERO, |(at, _)| now.duration_since(*at));
        Err(TooMany(WINDOW.saturating_sub(waited)))
    }

    /// The try was right, and counts no more.
    pub fn succeeded(&self, number: &str) {
        let key = key(number);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = recent.iter().rposition(|(_, k)| *k == key) {
            recent.remove(at);
        }
    }
}

/// Case and blanks do not make another number.
fn key(number: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.trim().to_ascii_lowercase().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_a_number_and_hour() {
        let start = crate::clock::monotonic();
        let at = |minutes| start + Duration::from_mins(minutes);
        let guesses = Guesses::new(100);
        for minute in 0..5 {
            assert_eq!(guesses.begin("10001", at(minute)), Ok(()));
        }
        assert_eq!(guesses.begin(" 10001", at(5)), Err(TooMany(Duration::from_mins(55))));
        assert_eq!(guesses.begin("10002", at(5)), Ok(()), "another number has its own");
        assert_eq!(guesses.begin("10001", at(60)), Ok(()), "the first has been forgotten");
        assert!(guesses.begin("10001", at(60)).is_err());
    }

    #[test]
    fn what_was_right_does_not_count() {
        let now = crate::clock::monotonic();
        let guesses = Guesses::new(100);
        for _ in 0..50 {
            assert_eq!(guesses.begin("10001", now), Ok(()));
            guesses.succeeded("10001");
        }
        guesses.succeeded("nobody");
        assert!(guesses.recent.lock().unwrap().is_empty());
    }

    #[test]
    fn all_numbers_together_have_a_cap_that_bounds_memory() {
        let now = crate::clock::monotonic();
        let guesses = Guesses::new(20);
        for n in 0..1000 {
            assert_eq!(guesses.begin(&n.to_string(), now).is_ok(), n < 20);
        }
        assert_eq!(guesses.recent.lock().unwrap().len(), 20);
        assert_eq!(guesses.begin("1", now + WINDOW), Ok(()));
    }
}
