//! Owns what a desk can decide about what, and by which channel a member asks it to act.

use crate::domain::money::Cents;
use crate::domain::words::TaskKind;

/// What a desk can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A held mailing goes out.
    Send,
    /// A held mailing, or a message in doubt, will not go out.
    Cancel,
    /// A message in doubt has left.
    Left,
    /// A message in doubt goes out again.
    Resend,
    /// An address is mailed to again.
    Lift,
    /// A line is done.
    Done,
    /// A line needs nothing any more.
    Dropped,
    /// A kept mail is answered.
    Answered,
    /// Money came in.
    Received,
    /// A situation: the member is in another category.
    Category,
    /// A situation: the member is on leave.
    Leave,
    /// A situation: the member belongs to another association.
    Moved,
    /// A situation: the membership ends.
    Ended,
    /// A situation: nothing changes.
    Refused,
    /// A conflict: the member's value stays.
    Ours,
    /// A conflict: the list's value counts.
    Theirs,
    /// Money is applied to an invoice.
    Applied,
    /// Money was paid back.
    Refunded,
}

impl Deed {
    /// Every deed.
    pub const ALL: [Self; 18] = [
        Self::Send,
        Self::Cancel,
        Self::Left,
        Self::Resend,
        Self::Lift,
        Self::Done,
        Self::Dropped,
        Self::Answered,
        Self::Received,
        Self::Category,
        Self::Leave,
        Self::Moved,
        Self::Ended,
        Self::Refused,
        Self::Ours,
        Self::Theirs,
        Self::Applied,
        Self::Refunded,
    ];

    /// Stable text form, for forms, templates and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Cancel => "cancel",
            Self::Left => "left",
            Self::Resend => "resend",
            Self::Lift => "lift",
            Self::Done => "done",
            Self::Dropped => "dropped",
            Self::Answered => "answered",
            Self::Received => "received",
            Self::Category => "category",
            Self::Leave => "leave",
            Self::Moved => "moved",
            Self::Ended => "ended",
            Self::Refused => "refused",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Applied => "applied",
            Self::Refunded => "refunded",
        }
    }

    /// The deed with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == text)
    }
}

/// What waits for a decision, as far as the decision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// A mailing to so many members.
    Firing {
        /// Whom it would go to now.
        count: i64,
    },
    /// A message in doubt.
    Message,
    /// An address that nothing is mailed to.
    Address,
    /// A line of another part.
    Task(TaskKind),
    /// Money that is expected, or said to be paid, on an invoice that stands.
    Money {
        /// The line's kind.
        kind: TaskKind,
        /// What is still owed.
        owed: Cents,
    },
    /// A kept mail.
    Mail,
    /// A member's situation changed, by their word or by the list.
    Situation,
    /// The list contradicts what a member corrected.
    Conflict,
    /// Money that settles nothing.
    Credit {
        /// How much of it.
        waits: Cents,
    },
}

impl Case {
    /// What can be decided, in the order in which a page offers it.
    #[must_use]
    pub const fn offers(self) -> &'static [Deed] {
        match self {
            Self::Firing { .. } => &[Deed::Send, Deed::Cancel],
            Self::Message => &[Deed::Left, Deed::Resend, Deed::Cancel],
            Self::Address => &[Deed::Lift],
            Self::Task(_) => &[Deed::Done, Deed::Dropped],
            Self::Money { .. } => &[Deed::Received, Deed::Dropped],
            Self::Mail => &[Deed::Answered],
            Self::Situation => {
                &[Deed::Category, Deed::Leave, Deed::Moved, Deed::Ended, Deed::Refused]
            }
            Self::Conflict => &[Deed::Ours, Deed::Theirs],
            Self::Credit { .. } => &[Deed::Applied, Deed::Refunded],
        }
    }

    /// Whether it must be said what came of it: whoever looks next year must understand.
    #[must_use]
    pub const fn needs_note(self) -> bool {
        matches!(self, Self::Task(_))
    }

    /// As [`Self::needs_note`], for one decision.
    pub(super) const fn needs_note_for(self, deed: Option<Deed>) -> bool {
        self.needs_note() || matches!((self, deed), (Self::Money { .. }, Some(Deed::Dropped)))
    }
}

/// By which channel a member asked a desk to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// By telephone.
    Phone,
    /// Face to face.
    InPerson,
    /// By letter.
    Letter,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Phone, Self::InPerson, Self::Letter];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::InPerson => "in-person",
            Self::Letter => "letter",
        }
    }

    /// The channel with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}
