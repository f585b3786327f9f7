//! Owns what whoever pays in members' places is told: of a member their name, number and invoice, and
//! nothing else.

use jiff::civil::Date;

use crate::domain::money::Cents;
use crate::domain::payment::Method;

/// An invoice of which something is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvoice {
    /// Its number.
    pub number: String,
    /// The member's name.
    pub name: String,
    /// Their number.
    pub member_no: String,
    /// The payer's order number; empty for none.
    pub purchase_order: String,
    /// By when it is to be paid.
    pub due_on: Date,
    /// What is left to be paid.
    pub left: Cents,
}

/// How a payer stands with an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerAccount {
    /// The payer's name.
    pub name: String,
    /// What is open, oldest first.
    pub open: Vec<OpenInvoice>,
}

impl PayerAccount {
    /// What is to be paid in all.
    #[must_use]
    pub fn total(&self) -> Cents {
        self.open.iter().map(|invoice| invoice.left).sum()
    }
}

/// A payment of a payer's, and what it is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerPayment {
    /// Its number: the receipt's own.
    pub payment: i64,
    /// How it came.
    pub method: Method,
    /// The day on which it came.
    pub received_on: Date,
    /// How much.
    pub amount: Cents,
    /// What of it pays which invoice.
    pub shares: Vec<PaidShare>,
    /// What of it settles nothing and waits for the desk.
    pub unapplied: Cents,
}

/// What of a payment pays one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidShare {
    /// The invoice's number.
    pub number: String,
    /// The member's name.
    pub name: String,
    /// Their number.
    pub member_no: String,
    /// How much.
    pub amount: Cents,
}
