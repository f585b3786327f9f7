//! Owns what is said of insurance cover.

/// What a member is told of their insurance cover after the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverNews {
    /// It is interrupted: neither payment nor intent came in time.
    NoAnswer,
    /// It is interrupted: the questions were not answered in the broker's time.
    NotDeclared,
    /// It is interrupted: what was promised was not paid by the broker's day.
    NotPaid,
    /// It waits for the answers to the questions.
    DeclarationDue,
}

impl CoverNews {
    /// All of it.
    pub const ALL: [Self; 4] =
        [Self::NoAnswer, Self::NotDeclared, Self::NotPaid, Self::DeclarationDue];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::NotDeclared => "not-declared",
            Self::NotPaid => "not-paid",
            Self::DeclarationDue => "declaration-due",
        }
    }

    /// The news with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.as_str() == text)
    }

    /// Template of the mail, which is also the message's kind.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::DeclarationDue => "cover-pending",
            Self::NoAnswer | Self::NotDeclared | Self::NotPaid => "cover-ended",
        }
    }
}

/// How the cover of a member who renews stands, where that needs a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CoverNote {
    /// Nothing is to be said of it.
    #[default]
    Nothing,
    /// The questions wait for their answers.
    DeclarationDue,
    /// They still do, after the deadline.
    DeclarationLate,
    /// The answer came after the deadline.
    TooLate,
}

impl CoverNote {
    /// For templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::DeclarationDue => "declaration-due",
            Self::DeclarationLate => "declaration-late",
            Self::TooLate => "too-late",
        }
    }
}
