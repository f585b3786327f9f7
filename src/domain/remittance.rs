//! Owns what one body collected for another, or for the insurer: shares of payments, line by line,
//! with what went back. Batches are frozen and numbered; what goes back later is a negative row of
//! the next.

use jiff::civil::Date;

use super::bill::{Line, LineKind};
use super::money::Cents;
use super::payment::{Method, Reversal};
use crate::ids::PaymentId;

/// What the config calls no association: the insurer, to whom the premiums go.
pub const INSURER: &str = "insurer";

/// For whom money was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beneficiary<'a> {
    /// The insurer: premiums, on whose bill they may stand.
    Insurer,
    /// Another body: its dues.
    Body(&'a str),
}

impl<'a> Beneficiary<'a> {
    /// By its code, or `insurer`.
    #[must_use]
    pub fn parse(code: &'a str) -> Self {
        if code == INSURER { Self::Insurer } else { Self::Body(code) }
    }

    /// As the store keeps it.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Insurer => INSURER,
            Self::Body(code) => code,
        }
    }

    /// Whether a line is theirs.
    #[must_use]
    pub fn owns(self, line: &Line) -> bool {
        match self {
            Self::Insurer => line.kind == LineKind::Premium,
            Self::Body(code) => line.kind != LineKind::Premium && line.supplier == code,
        }
    }
}

/// One share of one payment on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The share's row.
    pub allocation: i64,
    /// The payment.
    pub payment: PaymentId,
    /// The payment that it took back, and why, where money went back.
    pub reverses: Option<(PaymentId, Reversal)>,
    /// How it came.
    pub method: Method,
    /// The day on which it came, or went back.
    pub received_on: Date,
    /// Whose dues or premium.
    pub member_no: String,
    /// Number of the invoice.
    pub invoice: String,
    /// The part of the line, with the part of its taxes; less than nothing went back.
    pub part: Line,
    /// Until when the member is paid up by this line; `None` while something of it is owed.
    pub paid_through: Option<Date>,
}

/// What rows come to, taxes included.
#[must_use]
pub fn total(rows: &[Collected]) -> Cents {
    rows.iter().map(|row| row.part.total()).sum()
}

/// Codes of the taxes in rows, in the order in which they first stand there.
#[must_use]
pub fn taxes(rows: &[Collected]) -> Vec<&str> {
    let mut codes: Vec<&str> = Vec::new();
    for tax in rows.iter().flat_map(|row| &row.part.taxes) {
        if !codes.contains(&tax.tax.as_str()) {
            codes.push(&tax.tax);
        }
    }
    codes
}
