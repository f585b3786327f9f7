//! Owns the names of what can be wrong with a desk's form.

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing, or nothing that this case offers, was decided.
    NoDeed,
    /// No name.
    NoStaff,
    /// A name longer than [`super::STAFF_CHARS_MAX`].
    StaffTooLong,
    /// No note where one is needed.
    NoNote,
    /// A note longer than [`super::NOTE_CHARS_MAX`].
    NoteTooLong,
    /// The number of recipients was not typed.
    NoCount,
    /// Another number than that of the recipients now.
    WrongCount,
    /// No member of this association has that number.
    NoMember,
    /// By which channel the member asked was not said.
    NoChannel,
    /// No amount above zero.
    NoAmount,
    /// No day, or one to come.
    NoDay,
    /// Neither cheque nor transfer.
    NoMethod,
    /// A reference longer than [`super::REFERENCE_CHARS_MAX`].
    ReferenceTooLong,
    /// No category that the association has.
    NoCategory,
    /// No invoice of the association with that number of which something is owed.
    NoInvoice,
    /// No amount up to what waits.
    NoRefund,
}

impl Fault {
    /// Every fault.
    pub const ALL: &'static [Self] = &[
        Self::NoDeed,
        Self::NoStaff,
        Self::StaffTooLong,
        Self::NoNote,
        Self::NoteTooLong,
        Self::NoCount,
        Self::WrongCount,
        Self::NoMember,
        Self::NoChannel,
        Self::NoAmount,
        Self::NoDay,
        Self::NoMethod,
        Self::ReferenceTooLong,
        Self::NoCategory,
        Self::NoInvoice,
        Self::NoRefund,
    ];

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoDeed => "no-deed",
            Self::NoStaff => "no-staff",
            Self::StaffTooLong => "staff-too-long",
            Self::NoNote => "no-note",
            Self::NoteTooLong => "note-too-long",
            Self::NoCount => "no-count",
            Self::WrongCount => "wrong-count",
            Self::NoMember => "no-member",
            Self::NoChannel => "no-channel",
            Self::NoAmount => "no-amount",
            Self::NoDay => "no-day",
            Self::NoMethod => "no-method",
            Self::ReferenceTooLong => "reference-too-long",
            Self::NoCategory => "no-category",
            Self::NoInvoice => "no-invoice",
            Self::NoRefund => "no-refund",
        }
    }
}
