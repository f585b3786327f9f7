//! Owns what a receipt says, and why a document is mailed by itself.

use jiff::civil::Date;

use crate::domain::money::Cents;
use crate::domain::payment::Method;

/// What was received and what it settles; `MailFacts::bill` has the lines and taxes settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// Number of the payment: the receipt's own.
    pub payment: i64,
    /// How it came.
    pub method: Method,
    /// The day on which it came.
    pub received_on: Date,
    /// Numbers of the invoices that it settles, in whole or in part.
    pub invoices: Vec<String>,
    /// What is still owed of them.
    pub left: Cents,
    /// What of it settles nothing and waits for the desk; zero where others share the payment.
    pub unapplied: Cents,
}

/// Why a document is mailed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceWhy {
    /// The desk issued it in place of another.
    Instead,
    /// The desk took the invoice back.
    Credited,
    /// It was not paid by its day: a second copy.
    SecondCopy,
    /// The fee for that.
    LateFee,
    /// Its payment came back: it is owed again.
    Returned,
}

impl InvoiceWhy {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Instead, Self::Credited, Self::SecondCopy, Self::LateFee, Self::Returned];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instead => "instead",
            Self::Credited => "credited",
            Self::SecondCopy => "second-copy",
            Self::LateFee => "late-fee",
            Self::Returned => "returned",
        }
    }

    /// The reason with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }
}
