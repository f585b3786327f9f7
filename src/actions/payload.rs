//! Owns what a message keeps beside its row: facts that cannot be read again when it is claimed.

use serde::{Deserialize, Serialize};

pub use crate::domain::mailroom::Wish;

/// The JSON in `message.payload`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payload {
    /// What a confirmation says: [`crate::compose::Said`]'s text form.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// What a link would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wish: Option<Wish>,
    /// The kept mail that is passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound: Option<i64>,
    /// Why it goes to a desk.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What a desk is told: [`crate::compose::DeskTopic`]'s text form.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// The attempt whose address mail comes back from, in hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attempt: String,
    /// The association whose desk mail comes back from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub desk: String,
    /// The firing that waits for a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing: Option<i64>,
    /// The new address that waits to be confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<i64>,
    /// To which end of it this goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// What became of cover: [`crate::compose::CoverNews`]'s text form.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub news: String,
    /// How many members' cover was kept, interrupted, declined, pending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<i64>,
    /// The digest that it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<i64>,
    /// Code of the association whose desk gets it in another's place; empty for its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deputy: String,
    /// By which channel a member asked a desk to act; empty where none did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Row of the invoice or credit note that it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<i64>,
    /// Why it carries that document: [`crate::compose::InvoiceWhy`]'s text form.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub invoice_why: String,
    /// Row of the payment that a receipt is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<i64>,
    /// Row of who pays in members' places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<i64>,
    /// Message-ID that it answers, without angle brackets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub in_reply_to: String,
}

impl Payload {
    /// As the store keeps it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers have a JSON form")
    }

    /// From the store; an unreadable one is empty.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// An end of a change of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The new address.
    New,
    /// The one on file.
    Old,
}

impl Side {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
        }
    }
}
