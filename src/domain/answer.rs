//! Owns what an answer to a renewal does: renewing by cheque or invoice, not renewing, taking it
//! back. Knows nothing of doors: link, reply and desk give the same acts.

use jiff::{SignedDuration, Timestamp};

use super::words::RenewalState;

/// An answer can be taken back for a day.
pub const UNDO_HOURS_MAX: i64 = 24;

/// What a member says of their renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Renews and will pay by cheque or on invoice.
    Invoice,
    /// Does not renew.
    NotRenewing,
}

impl Choice {
    /// Stable text form: the form's field, the store, JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::NotRenewing => "not-renewing",
        }
    }

    /// The choice with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invoice, Self::NotRenewing].into_iter().find(|c| c.as_str() == text)
    }

    /// The state to which it leads.
    #[must_use]
    pub const fn state(self) -> RenewalState {
        match self {
            Self::Invoice => RenewalState::Pledged,
            Self::NotRenewing => RenewalState::NotRenewing,
        }
    }
}

/// A form as it was filled in.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// Version of the renewal that the page showed.
    pub version: i64,
    /// Names this page's form.
    pub nonce: &'a str,
    /// What was chosen.
    pub choice: Choice,
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
}

/// Weighs a form against where the renewal stands. `given` holds the accepted answers, oldest
/// first.
#[must_use]
pub fn weigh(state: RenewalState, version: i64, given: &[Given], form: &Form<'_>) -> Verdict {
    let same_form = given
        .iter()
        .any(|g| g.nonce == form.nonce && !form.nonce.is_empty() && g.choice == Some(form.choice));
    if same_form {
        return Verdict::AlreadyDone;
    }
    if matches!(state, RenewalState::Paid | RenewalState::WithDesk) {
        return Verdict::Closed;
    }
    if form.version == version {
        // A page that shows the answer and is sent again with the same choice changes nothing.
        return if state == form.choice.state() { Verdict::AlreadyDone } else { Verdict::Accept };
    }
    if state == form.choice.state() {
        return Verdict::AlreadyDone;
    }
    if form.version + 1 == version { Verdict::Conflict } else { Verdict::Stale }
}

/// Weighs an answer that came without a form (a reply, a desk): it stands on the renewal as it is
/// now.
#[must_use]
pub fn weigh_reply(state: RenewalState, choice: Choice) -> Verdict {
    match state {
        RenewalState::Paid | RenewalState::WithDesk => Verdict::Closed,
        s if s == choice.state() => Verdict::AlreadyDone,
        _ => Verdict::Accept,
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
    let Some(last) = last else { return false };
    let within_day = now.duration_since(last.at) < SignedDuration::from_hours(UNDO_HOURS_MAX);
    match state {
        RenewalState::Pledged => within_day && now < deadline,
        RenewalState::NotRenewing => within_day,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn first() -> Given {
        Given {
            base_version: 0,
            nonce: "n1".into(),
            choice: Some(Choice::Invoice),
            at: at("2026-11-03T10:00:00Z"),
        }
    }

    #[test]
    fn forms() {
        use RenewalState::{NotRenewing, Open, Paid, Pledged};
        use Verdict::{Accept, AlreadyDone, Closed, Conflict, Stale};
        let (pay, leave) = (Choice::Invoice, Choice::NotRenewing);
        let table = [
            ("first answer", Open, 0, (0, "n1", pay), Accept),
            ("pressed twice", Pledged, 1, (0, "n1", pay), AlreadyDone),
            ("two tabs, same answer", Pledged, 1, (0, "n2", pay), AlreadyDone),
            ("two tabs, other answer", Pledged, 1, (0, "n2", leave), Conflict),
            ("same nonce, other body", Pledged, 1, (0, "n1", leave), Conflict),
            ("changed their mind", Pledged, 1, (1, "n3", leave), Accept),
            ("an old page", NotRenewing, 4, (0, "n9", pay), Stale),
            ("paid meanwhile", Paid, 2, (2, "n9", leave), Closed),
        ];
        for (name, state, now, (version, nonce, choice), want) in table {
            let given: Vec<Given> = (now > 0).then(first).into_iter().collect();
            assert_eq!(weigh(state, now, &given, &Form { version, nonce, choice }), want, "{name}");
        }
    }

    #[test]
    fn undo_has_an_end() {
        let given = Given {
            base_version: 0,
            nonce: String::new(),
            choice: Some(Choice::Invoice),
            at: at("2027-01-01T02:00:00Z"),
        };
        let deadline = at("2027-01-01T05:00:00Z");
        let table = [
            (RenewalState::Pledged, "2027-01-01T04:59:59Z", true),
            (RenewalState::Pledged, "2027-01-01T05:00:00Z", false),
            (RenewalState::NotRenewing, "2027-01-01T05:00:00Z", true),
            (RenewalState::NotRenewing, "2027-01-02T02:00:00Z", false),
            (RenewalState::Open, "2027-01-01T02:00:01Z", false),
        ];
        for (state, now, want) in table {
            assert_eq!(may_undo(state, Some(&given), deadline, at(now)), want, "{state} {now}");
        }
        assert!(!may_undo(RenewalState::Pledged, None, deadline, at("2027-01-01T02:00:01Z")));
    }
}
