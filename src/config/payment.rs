//! Owns the shape of `[payment]` in `relance.toml`: by when invoices are to be paid, and what a payment
//! settles first. Every doc comment below is the config reference's text for its key.

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::payment::Rank;

/// `[payment]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentSection {
    /// Days from an invoice's own day to the one by which it is to be paid.
    pub due_days: u16,
    /// Day by which the season's invoices are to be paid. One that is issued less than `due_days`
    /// before it is due `due_days` after its own day; left out: so is every one.
    pub pay_by: Option<Date>,
    /// What a payment settles first, where it does not settle all: `premium`, `own-dues`,
    /// `other-dues`, `penalty`, each once.
    pub order: Vec<Rank>,
    /// Dated shares in which an invoice may be paid. Left out: all of it by its day.
    #[serde(rename = "instalment")]
    pub instalments: Vec<Instalment>,
}

impl Default for PaymentSection {
    fn default() -> Self {
        let order = Rank::ALL.to_vec();
        Self { due_days: 30, pay_by: None, order, instalments: Vec::new() }
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
