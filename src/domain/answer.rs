//! Owns what an answer to a renewal is and does: renewing by invoice or by card, not renewing, a
//! situation that changed, taking it back. Knows nothing of doors: link, reply and desk give the
//! same acts.

#[cfg(test)]
mod tests;
mod weighing;

use super::correction::Change;
use super::money::Cents;
use super::words::{Cover, RenewalState};

pub use weighing::{
    Form, Given, UNDO_HOURS_MAX, Verdict, Word, may_undo, standing, weigh, weigh_reply,
};

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
