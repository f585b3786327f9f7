//! Owns what an answer to a renewal is and does: renewing by invoice or by card, not renewing, a
//! situation that changed, taking it back. Knows nothing of doors: link, reply and desk give the
//! same acts.

use jiff::{SignedDuration, Timestamp};

use super::correction::Change;
use super::money::Cents;
use super::words::{Cover, RenewalState};

/// An answer can be taken back for a day.
pub const UNDO_HOURS_MAX: i64 = 24;

/// What a member says of their renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Renews and will pay by cheque or on invoice.
    Invoice,
    /// Renews and pays by card now; until it is paid the renewal stays as it was.
    Card,
    /// Does not renew.
    NotRenewing,
    /// Something in the member's life changed: a desk decides first.
    Situation,
}

impl Choice {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::Invoice, Self::Card, Self::NotRenewing, Self::Situation];

    /// Stable text form: the form's field, the store, JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Card => "card",
            Self::NotRenewing => "not-renewing",
            Self::Situation => "situation",
        }
    }

    /// The choice with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Whether it renews.
    #[must_use]
    pub const fn renews(self) -> bool {
        matches!(self, Self::Invoice | Self::Card)
    }

    /// The state to which it leads. `owed`: the bill's total by the terms of the answer. A renewal
    /// that owes nothing is paid at once; one that is to be paid by card waits for the money.
    #[must_use]
    pub fn leads(self, from: RenewalState, owed: Cents) -> RenewalState {
        let free = owed.get() == 0;
        match self {
            Self::Invoice | Self::Card if free => RenewalState::Paid,
            Self::Invoice => RenewalState::Pledged,
            Self::Card if from == RenewalState::NotRenewing => RenewalState::Open,
            Self::Card => from,
            Self::NotRenewing => RenewalState::NotRenewing,
            Self::Situation => RenewalState::WithDesk,
        }
    }
}

/// What changed in a member's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// Has retired.
    Retired,
    /// Is on leave.
    OnLeave,
    /// Studies.
    Student,
    /// Belongs to another association now.
    Moved,
    /// Has another name.
    NewName,
    /// Something else: the note says what.
    Other,
}

impl Situation {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Retired, Self::OnLeave, Self::Student, Self::Moved, Self::NewName, Self::Other];

    /// Stable text form: the form's field, the store, JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::OnLeave => "on-leave",
            Self::Student => "student",
            Self::Moved => "moved",
            Self::NewName => "new-name",
            Self::Other => "other",
        }
    }

    /// The kind with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// Who pays in the member's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employer {
    /// Name, as the invoice is to be made out.
    pub name: String,
    /// Where the invoice goes. An accepted address.
    pub email: String,
    /// Purchase order; empty for none.
    pub purchase_order: String,
}

/// Answers to the insurance questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Version of the questions that were shown.
    pub questions: String,
    /// Id of each question, and whether it was answered yes.
    pub answers: Vec<(String, bool)>,
}

/// One answer with all that was sent beside the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was chosen.
    pub choice: Choice,
    /// Insurance, where it was asked.
    pub cover: Option<Cover>,
    /// Codes of optional bodies that are left out, in order.
    pub dropped: Vec<String>,
    /// Who pays, where it is not the member.
    pub employer: Option<Employer>,
    /// What changed in the member's life, where something did.
    pub situation: Option<Situation>,
    /// The reason of who leaves, or the note beside a situation.
    pub note: String,
    /// What was corrected of the member's own data.
    pub changes: Vec<Change>,
    /// The insurance questions, where they were answered.
    pub declared: Option<Declared>,
}

impl Answer {
    /// The bare choice: what a reply can say.
    #[must_use]
    pub const fn plain(choice: Choice) -> Self {
        Self {
            choice,
            cover: None,
            dropped: Vec::new(),
            employer: None,
            situation: None,
            note: String::new(),
            changes: Vec::new(),
            declared: None,
        }
    }

    /// Everything that it says, in one text: two answers are the same where these are. For a keyed
    /// digest only, since it holds contact data and declarations.
    #[must_use]
    pub fn whole(&self) -> String {
        let employer = self.employer.as_ref();
        let employer = employer.map(|e| [&e.name, &e.email, &e.purchase_order]);
        let declared = self.declared.as_ref().map(|d| (&d.questions, &d.answers));
        let changes: Vec<_> = self.changes.iter().map(|c| (c.field.as_str(), &c.value)).collect();
        serde_json::json!([
            self.choice.as_str(),
            self.cover.map(Cover::as_str),
            self.dropped,
            employer,
            self.situation.map(Situation::as_str),
            self.note,
            changes,
            declared,
        ])
        .to_string()
    }
}

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

/// Weighs an answer that came without a form (a reply, a desk): it stands on the renewal as it is
/// now, and what was said beside an earlier answer of the same kind stays.
#[must_use]
pub fn weigh_reply(state: RenewalState, given: &[Given], choice: Choice) -> Verdict {
    if standing(given).is_some_and(|g| g.choice == Some(choice)) {
        return Verdict::AlreadyDone;
    }
    if takes(state) { Verdict::Accept } else { Verdict::Closed }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn given(choice: Option<Choice>, body: &str) -> Given {
        Given {
            base_version: 0,
            nonce: "n1".into(),
            choice,
            body: body.into(),
            cover: None,
            dropped: Vec::new(),
            at: at("2026-11-03T10:00:00Z"),
        }
    }

    /// Name, state, version, answers so far, the form, what becomes of it.
    type Case<'a> =
        (&'a str, RenewalState, i64, &'a [Given], (i64, &'a str, Choice, &'a str), Verdict);

    #[test]
    fn forms() {
        use Choice::{Card, Invoice, NotRenewing, Situation};
        use RenewalState as S;
        use Verdict::{Accept, AlreadyDone, Closed, Conflict, Stale};
        let paid_for = [given(Some(Invoice), "b")];
        let by_card = [given(Some(Card), "b")];
        let left = [given(Some(NotRenewing), "b")];
        let back = [given(Some(Invoice), "b"), given(None, "")];
        let desk = [given(Some(Situation), "b")];
        let table: [Case<'_>; 18] = [
            ("first answer", S::Open, 0, &[], (0, "n1", Invoice, "b"), Accept),
            ("pressed twice", S::Pledged, 1, &paid_for, (0, "n1", Invoice, "b"), AlreadyDone),
            ("two tabs, the same", S::Pledged, 1, &paid_for, (0, "n2", Invoice, "b"), AlreadyDone),
            (
                "two tabs, other choice",
                S::Pledged,
                1,
                &paid_for,
                (0, "n2", NotRenewing, "b"),
                Conflict,
            ),
            ("two tabs, other body", S::Pledged, 1, &paid_for, (0, "n2", Invoice, "c"), Conflict),
            ("same nonce, other body", S::Pledged, 1, &paid_for, (0, "n1", Invoice, "c"), Conflict),
            ("changed their mind", S::Pledged, 1, &paid_for, (1, "n3", NotRenewing, "b"), Accept),
            ("new details", S::Pledged, 1, &paid_for, (1, "n3", Invoice, "c"), Accept),
            ("an old page", S::NotRenewing, 4, &left, (0, "n9", Invoice, "b"), Stale),
            ("went back after undoing", S::Open, 2, &back, (0, "n1", Invoice, "b"), AlreadyDone),
            ("a new page after undoing", S::Open, 2, &back, (2, "n4", Invoice, "b"), Accept),
            ("card, pressed twice", S::Open, 1, &by_card, (0, "n1", Card, "b"), AlreadyDone),
            ("card, then invoice instead", S::Open, 1, &by_card, (1, "n2", Invoice, "b"), Accept),
            (
                "card in one tab, invoice in another",
                S::Open,
                1,
                &by_card,
                (0, "n2", Invoice, "b"),
                Conflict,
            ),
            ("paid meanwhile", S::Paid, 2, &paid_for, (2, "n9", NotRenewing, "b"), Closed),
            (
                "paid, and pressed again",
                S::Paid,
                2,
                &paid_for,
                (0, "n1", Invoice, "b"),
                AlreadyDone,
            ),
            ("the desk has it", S::WithDesk, 1, &desk, (1, "n9", Invoice, "b"), Closed),
            ("late", S::Lapsed, 0, &[], (0, "n1", Invoice, "b"), Accept),
        ];
        for (name, state, now, given, (version, nonce, choice, body), want) in table {
            let form = Form { version, nonce, choice, body };
            assert_eq!(weigh(state, now, given, &form), want, "{name}");
        }
    }

    #[test]
    fn replies() {
        use RenewalState as S;
        let pledged = [given(Some(Choice::Invoice), "with answers to questions")];
        let back = [given(Some(Choice::Invoice), "b"), given(None, "")];
        let table: [(S, &[Given], Verdict); 6] = [
            (S::Open, &[], Verdict::Accept),
            (S::Lapsed, &[], Verdict::Accept),
            (S::Pledged, &pledged, Verdict::AlreadyDone),
            (S::Open, &back, Verdict::Accept),
            (S::Paid, &[], Verdict::Closed),
            (S::WithDesk, &[], Verdict::Closed),
        ];
        for (state, given, want) in table {
            assert_eq!(weigh_reply(state, given, Choice::Invoice), want, "{state} {given:?}");
        }
    }

    #[test]
    fn where_a_choice_leads() {
        use Choice::{Card, Invoice, NotRenewing, Situation};
        use RenewalState as S;
        let (some, none) = (Cents::new(100).unwrap(), Cents::default());
        for (choice, from, owed, want) in [
            (Invoice, S::Open, some, S::Pledged),
            (Invoice, S::Lapsed, some, S::Pledged),
            (Invoice, S::Open, none, S::Paid),
            (Card, S::Open, some, S::Open),
            (Card, S::Lapsed, some, S::Lapsed),
            (Card, S::Pledged, some, S::Pledged),
            (Card, S::NotRenewing, some, S::Open),
            (Card, S::Open, none, S::Paid),
            (NotRenewing, S::Pledged, some, S::NotRenewing),
            (Situation, S::Open, some, S::WithDesk),
        ] {
            assert_eq!(choice.leads(from, owed), want, "{choice:?} from {from}");
        }
    }

    #[test]
    fn whatever_differs_makes_another_answer() {
        let plain = Answer::plain(Choice::Invoice);
        let employer = Employer {
            name: "Ville d’Exemple".into(),
            email: "compta@example.org".into(),
            purchase_order: String::new(),
        };
        let declared =
            |yes| Some(Declared { questions: "1".into(), answers: vec![("claims".into(), yes)] });
        let change =
            Change { field: super::super::correction::Field::Phone, value: "514-555-0142".into() };
        let others = [
            Answer::plain(Choice::Card),
            Answer { cover: Some(Cover::Keep), ..plain.clone() },
            Answer { cover: Some(Cover::Decline), ..plain.clone() },
            Answer { dropped: vec!["CIP".into()], ..plain.clone() },
            Answer { employer: Some(employer), ..plain.clone() },
            Answer { situation: Some(Situation::Retired), ..plain.clone() },
            Answer { note: "x".into(), ..plain.clone() },
            Answer { changes: vec![change], ..plain.clone() },
            Answer { declared: declared(true), ..plain.clone() },
            Answer { declared: declared(false), ..plain.clone() },
        ];
        let mut all: Vec<String> = others.iter().chain([&plain]).map(Answer::whole).collect();
        let n = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), n);
    }

    #[test]
    fn undo_has_an_end() {
        let last = Given { at: at("2027-01-01T02:00:00Z"), ..given(Some(Choice::Invoice), "") };
        let deadline = at("2027-01-01T05:00:00Z");
        let table = [
            (RenewalState::Pledged, "2027-01-01T04:59:59Z", true),
            (RenewalState::Pledged, "2027-01-01T05:00:00Z", false),
            (RenewalState::NotRenewing, "2027-01-01T05:00:00Z", true),
            (RenewalState::NotRenewing, "2027-01-02T02:00:00Z", false),
            (RenewalState::WithDesk, "2027-01-01T05:00:00Z", true),
            (RenewalState::Paid, "2027-01-01T02:00:01Z", false),
            (RenewalState::Open, "2027-01-01T02:00:01Z", false),
        ];
        for (state, now, want) in table {
            assert_eq!(may_undo(state, Some(&last), deadline, at(now)), want, "{state} {now}");
        }
        let back = Given { choice: None, ..last };
        let now = at("2027-01-01T02:00:01Z");
        assert!(!may_undo(RenewalState::Pledged, None, deadline, now));
        assert!(!may_undo(RenewalState::NotRenewing, Some(&back), deadline, now));
    }

    #[test]
    fn every_word_is_read_back() {
        for choice in Choice::ALL {
            assert_eq!(Choice::parse(choice.as_str()), Some(choice));
        }
        for kind in Situation::ALL {
            assert_eq!(Situation::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Choice::parse("dance"), None);
    }
}
