//! Owns what a confirmation says was understood and done.

/// What was understood and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// Renewed, payment by cheque or on invoice.
    RenewedByInvoice,
    /// Renewed; nothing was owed.
    Renewed,
    /// Renewed and paid.
    Paid,
    /// Renewing by card: not paid yet.
    PayingByCard,
    /// The member's situation changed: the desk has it.
    Situation,
    /// A new address counts.
    AddressChanged,
    /// Not renewing.
    NotRenewing,
    /// Reminders of this association stopped.
    Unsubscribed,
    /// Reminders start again.
    Resubscribed,
    /// The last answer was taken back: the renewal is open again.
    Undone,
    /// A member asked how this works.
    Help,
    /// Says that they have paid: payment reminders rest and the desk looks.
    SaysPaid,
    /// A desk corrected the member's data for them.
    Corrected,
    /// No reminder before the day that the member named.
    RemindLater,
}

impl Said {
    /// Stable text form, for templates, the store and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RenewedByInvoice => "renewed-by-invoice",
            Self::Renewed => "renewed",
            Self::Paid => "paid",
            Self::PayingByCard => "paying-by-card",
            Self::Situation => "situation",
            Self::AddressChanged => "address-changed",
            Self::NotRenewing => "not-renewing",
            Self::Unsubscribed => "unsubscribed",
            Self::Resubscribed => "resubscribed",
            Self::Undone => "undone",
            Self::Help => "help",
            Self::SaysPaid => "says-paid",
            Self::Corrected => "corrected",
            Self::RemindLater => "remind-later",
        }
    }

    /// Every word.
    pub const ALL: [Self; 14] = [
        Self::RenewedByInvoice,
        Self::Renewed,
        Self::Paid,
        Self::PayingByCard,
        Self::Situation,
        Self::AddressChanged,
        Self::NotRenewing,
        Self::Unsubscribed,
        Self::Resubscribed,
        Self::Undone,
        Self::Help,
        Self::SaysPaid,
        Self::Corrected,
        Self::RemindLater,
    ];

    /// The word with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Whether only a desk says it: no page shows it, and no mail asks for it.
    #[must_use]
    pub const fn is_of_a_desk(self) -> bool {
        matches!(self, Self::Corrected | Self::RemindLater)
    }

    /// Whether it is an answer to a renewal, which its page can take back.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::RenewedByInvoice | Self::NotRenewing | Self::Situation)
    }
}
