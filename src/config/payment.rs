//! Owns the shape of `[payment]` in `relance.toml`: by when invoices are to be paid, and what a payment
//! settles first. Every doc comment below is the config reference's text for its key.

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::payment::{Across, Rank};

/// `[payment]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentSection {
    /// Days from an invoice's own day to the one by which it is to be paid, unless `season.pay_by` is
    /// later.
    pub due_days: u16,
    /// What a payment settles first, where it does not settle all: `premium`, `own-dues`,
    /// `other-dues`, `penalty`, each once.
    pub order: Vec<Rank>,
    /// Where a payment is for several invoices, a payer's say: `oldest` pays one invoice after
    /// another, the oldest first, or as they were named; `lines` pays what `order` names first on
    /// all of them, then the next.
    pub across: Across,
    /// Dated shares in which an invoice may be paid. Left out: all of it by its day.
    #[serde(rename = "instalment")]
    pub instalments: Vec<Instalment>,
}

impl Default for PaymentSection {
    fn default() -> Self {
        let order = Rank::ALL.to_vec();
        Self { due_days: 30, order, across: Across::Invoices, instalments: Vec::new() }
    }
}

/// One `[[payment.instalment]]`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// Day by which the share is to be paid; for an invoice issued later, the invoice's own.
    pub due: Date,
    /// The share, in percent of the invoice; all of them come to 100.
    pub percent: i64,
}
