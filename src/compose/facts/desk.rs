//! Owns what a note to a desk tells.

use jiff::Timestamp;

use crate::domain::words::Lang;

/// What a desk must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskTopic {
    /// Mail to a member comes back: nothing is mailed to that address any more.
    AddressSuspended,
    /// A firing came too late and waits for a decision.
    FiringHeld,
    /// Too many addresses of one firing are dead: the rest of it waits for a decision.
    MessagesHeld,
    /// Mail to another association's desk comes back.
    DeskUnreached,
    /// An insurance declaration calls for follow-up: goes to the insurance contact.
    InsuranceFollowUp,
    /// What became of the cover of the association's members.
    CoverOutcomes,
}

impl DeskTopic {
    /// Every topic.
    pub const ALL: [Self; 6] = [
        Self::AddressSuspended,
        Self::FiringHeld,
        Self::MessagesHeld,
        Self::DeskUnreached,
        Self::InsuranceFollowUp,
        Self::CoverOutcomes,
    ];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddressSuspended => "address-suspended",
            Self::FiringHeld => "firing-held",
            Self::MessagesHeld => "messages-held",
            Self::DeskUnreached => "desk-unreached",
            Self::InsuranceFollowUp => "insurance-follow-up",
            Self::CoverOutcomes => "cover-outcomes",
        }
    }

    /// The topic with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }
}

/// Facts of a note to a desk; those that its topic does not need are empty.
#[derive(Debug, Clone, Copy)]
pub struct DeskNote<'a> {
    /// About what.
    pub topic: DeskTopic,
    /// The address that mail comes back from.
    pub address: &'a str,
    /// Short name of the association whose desk it is.
    pub unreached: &'a str,
    /// Numbers of the other members behind the same address.
    pub shared: &'a str,
    /// The member's telephone.
    pub phone: &'a str,
    /// The member's other address.
    pub other_address: &'a str,
    /// The member's employer.
    pub employer: &'a str,
    /// Name of the firing's step.
    pub step: &'a str,
    /// When the firing was due.
    pub due: Option<Timestamp>,
    /// The firing's number, for the command that decides.
    pub firing: i64,
    /// How many members' cover was kept, interrupted, declined, pending.
    pub totals: [i64; 4],
    /// Language of whoever gets it, where that is not the desk.
    pub lang: Option<Lang>,
}
