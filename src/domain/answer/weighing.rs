//! Owns what becomes of an answer beside those that were accepted before it, and how long the last
//! one can be taken back.

use jiff::{SignedDuration, Timestamp};

use super::Choice;
use crate::domain::words::{Cover, RenewalState};

/// An answer can be taken back for a day.
pub const UNDO_HOURS_MAX: i64 = 24;

/// A form as it was filled in.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// Version of the renewal that the page showed.
    pub version: i64,
    /// Names this page's form; empty for an answer that came without one.
    pub nonce: &'a str,
    /// What was chosen.
    pub choice: Choice,
    /// Digest of the whole answer.
    pub body: &'a str,
}

/// An answer that was accepted earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Version to which it was an answer.
    pub base_version: i64,
    /// The form's nonce; empty for other doors.
    pub nonce: String,
    /// What was chosen; `None` for taking back.
    pub choice: Option<Choice>,
    /// Digest of the whole answer.
    pub body: String,
    /// Insurance, where it was asked.
    pub cover: Option<Cover>,
    /// Codes of optional bodies that were left out.
    pub dropped: Vec<String>,
    /// When.
    pub at: Timestamp,
}

/// What becomes of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Do it.
    Accept,
    /// It was done already, by this very form or one that said the same: show what was done.
    AlreadyDone,
    /// Another answer to the same question came first: show both and ask.
    Conflict,
    /// More than one thing changed since the page was shown: show what changed.
    Stale,
    /// The renewal takes no answer in this state: show where it stands.
    Closed,
    /// It was said before what stands, and is read after it: it counts for cover at its own time,
    /// and changes nothing else.
    Earlier,
}

/// The answer that stands: the last one, unless it was taken back.
#[must_use]
pub fn standing(given: &[Given]) -> Option<&Given> {
    given.last().filter(|g| g.choice.is_some())
}

/// Whether the renewal takes an answer of that kind in that state. What is paid or with a desk
/// takes none; a promised payment can still be made by card.
const fn takes(state: RenewalState) -> bool {
    !matches!(state, RenewalState::Paid | RenewalState::WithDesk)
}

/// Weighs a form against where the renewal stands. `given` holds the accepted answers, oldest
/// first.
#[must_use]
pub fn weigh(state: RenewalState, version: i64, given: &[Given], form: &Form<'_>) -> Verdict {
    let same = |g: &Given| g.choice == Some(form.choice) && g.body == form.body;
    let same_form = given.iter().any(|g| g.nonce == form.nonce && same(g));
    if (same_form && !form.nonce.is_empty()) || standing(given).is_some_and(same) {
        return Verdict::AlreadyDone;
    }
    if !takes(state) {
        return Verdict::Closed;
    }
    match version - form.version {
        0 => Verdict::Accept,
        1 => Verdict::Conflict,
        _ => Verdict::Stale,
    }
}

/// An answer that came without a form: a reply, a click that confirms one, a desk's word.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// What was chosen.
    pub choice: Choice,
    /// When it was said: when our mail server had it.
    pub at: Timestamp,
    /// Whether somebody acts at this moment; a mail may have lain unread.
    pub acts_now: bool,
}

/// Weighs an answer that came without a form: it stands on the renewal as it is now, and what was
/// said beside an earlier answer of the same kind stays. What was said before the last word is no
/// change of mind, whenever it is read. Mail has whole seconds.
#[must_use]
pub fn weigh_reply(state: RenewalState, given: &[Given], word: &Word) -> Verdict {
    let same = standing(given).is_some_and(|g| g.choice == Some(word.choice));
    let earlier = given.iter().any(|g| word.at.as_second() < g.at.as_second());
    if earlier && (same || !word.acts_now || !takes(state)) {
        Verdict::Earlier
    } else if same {
        Verdict::AlreadyDone
    } else if takes(state) {
        Verdict::Accept
    } else {
        Verdict::Closed
    }
}

/// Whether the last answer can be taken back: within a day, and an intent to pay never after the
/// deadline.
#[must_use]
pub fn may_undo(
    state: RenewalState,
    last: Option<&Given>,
    deadline: Timestamp,
    now: Timestamp,
) -> bool {
    let Some(last) = last.filter(|g| g.choice.is_some()) else { return false };
    let within_day = now.duration_since(last.at) < SignedDuration::from_hours(UNDO_HOURS_MAX);
    match state {
        RenewalState::Pledged => within_day && now < deadline,
        RenewalState::NotRenewing | RenewalState::WithDesk => within_day,
        RenewalState::Open | RenewalState::Paid | RenewalState::Lapsed => false,
    }
}
