//! Owns what a desk's link is good for.

use serde::Serialize;

/// One act of a desk, for which a link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A held firing, or what is held of one: send or cancel.
    Firing,
    /// A message in doubt: it left, or send it again.
    Message,
    /// An address that nothing is mailed to: lift that.
    Address,
    /// A line that waits: close it, with what came of it.
    Task,
    /// A mail that was kept and not passed on: it is answered.
    Mail,
    /// Any act of a member, on the member's behalf.
    Member,
    /// The last day's list: looking only.
    LastDay,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 7] = [
        Self::Firing,
        Self::Message,
        Self::Address,
        Self::Task,
        Self::Mail,
        Self::Member,
        Self::LastDay,
    ];

    /// Stable text form, as in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Message => "message",
            Self::Address => "address",
            Self::Task => "task",
            Self::Mail => "mail",
            Self::Member => "member",
            Self::LastDay => "last-day",
        }
    }

    /// The act with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }
}

/// An act on one thing: what a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Handle {
    /// What is done.
    pub act: Act,
    /// Row of what it is done to; 0 for an act on none.
    pub target: i64,
}
