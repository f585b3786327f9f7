//! Owns the labelled points at which a test makes the process die as if by SIGKILL. Compiled to
//! nothing unless the feature `faults` is on, which no release has.

/// Every label, in the order in which a season comes to it. `tests/faults` dies at each, or names it
/// as one that no round reaches.
pub const POINTS: &[&str] = &[
    // A migration's text has run; it is kept.
    "store.migrating",
    "store.migrated",
    // The key file is written beside the old one; it has taken its place.
    "keys.written",
    "keys.saved",
    // The list is known and its taking in has begun; a chunk of it is applied.
    "import.begun",
    "import.chunk",
    // A firing stands in the store; a chunk of its members is planned.
    "scheduler.registered",
    "scheduler.chunk",
    // A group of writes has run; it is kept, and nobody knows.
    "store.committing",
    "store.committed",
    // A letter is drafted; it is `sending`.
    "outbox.before-claim",
    "outbox.claimed",
    // The relay knows us; it has agreed to the sender, the recipient, DATA; it has the whole
    // message; it has answered.
    "smtp.open",
    "smtp.mail",
    "smtp.rcpt",
    "smtp.data",
    "smtp.dot",
    "outbox.sent",
    // The outcome is kept.
    "outbox.settled",
    // The process starts, and what was `sending` is `unknown`.
    "outbox.recovered",
    // Mails are fetched; their try is counted; they are read; what they do is kept.
    "inbox.fetched",
    "inbox.counted",
    "inbox.parsed",
    "inbox.applied",
    // A form has come whole; what it does is kept, and the browser has no answer.
    "web.posted",
    "web.applied",
    // A copy of the store is whole, and has no name yet; it has it.
    "backup.copied",
    "backup.named",
    // A chunk of the covered is settled after the deadline.
    "cover.chunk",
    // The payment provider has answered; its word has come; its word is kept; it has paid back.
    "card.called",
    "card.webhook",
    "card.told",
    "card.refunded",
];

/// Dies here where `RELANCE_DIE_AT` names this point (`label`, or `label#N` for the N-th time).
#[cfg(feature = "faults")]
pub fn point(label: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SEEN: AtomicU32 = AtomicU32::new(0);
    assert!(POINTS.contains(&label), "{label} is not in the list of points");
    let Ok(wanted) = std::env::var("RELANCE_DIE_AT") else { return };
    let (name, nth) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if name == label && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == nth.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// Nothing: this build has no faults.
#[cfg(not(feature = "faults"))]
pub const fn point(_label: &str) {}
