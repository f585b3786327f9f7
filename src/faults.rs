//! Owns the labelled points at which a test makes the process die as if by SIGKILL. Compiled to
//! nothing unless the feature `faults` is on, which no release has.

/// Dies here where `RELANCE_DIE_AT` names this point (`label`, or `label#N` for the N-th time).
#[cfg(feature = "faults")]
pub fn point(label: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let Ok(wanted) = std::env::var("RELANCE_DIE_AT") else { return };
    let (name, nth) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if name == label && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == nth.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// Nothing: this build has no faults.
#[cfg(not(feature = "faults"))]
pub const fn point(_label: &str) {}
