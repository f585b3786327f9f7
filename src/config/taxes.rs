//! Owns the shape of what `associations.toml` says of taxes: `[[tax]]`, the same for all bodies, and
//! `[association.tax]`, a body's own. Every doc comment below is the config reference's text for its
//! key.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::Text;
use crate::domain::bill::{LineKind, Rate};

/// One `[[tax]]`: one rate of one tax, for a time, in some places.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxConfig {
    /// Code of the tax: `HST`. Another rate of it is another `[[tax]]` of the same code.
    pub code: String,
    /// What members call it: `HST`, `TVH`.
    pub name: Text,
    /// Which of a body's `registrations` lets it charge this tax, and is shown beside it; left
    /// out: none is needed (a tax that the insurer charges).
    #[serde(default)]
    pub registration: Option<String>,
    /// Lines on which it falls due: `dues`, `premium`, `penalty`.
    pub kinds: Vec<LineKind>,
    /// Where the member lives: provinces and territories, or `abroad` for all outside Canada.
    pub places: Vec<String>,
    /// The rate in percent, as a decimal number in quotation marks: `"9.975"`.
    #[serde(deserialize_with = "rate")]
    pub rate: Rate,
    /// First day of this rate. The invoice's day counts.
    pub from: Date,
    /// Last day of this rate; left out: none is known.
    #[serde(default)]
    pub until: Option<Date>,
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let text = String::deserialize(deserializer)?;
    Rate::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text} is no percentage")))
}

/// `[association.tax]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssociationTax {
    /// The body's registration numbers, by the names that `[[tax]]` uses. A tax for which it has
    /// none is not charged.
    #[serde(default)]
    pub registrations: BTreeMap<String, String>,
    /// Whether its dues are taxable. Dues that keep a professional status of law are exempt unless
    /// the body has elected otherwise; a category can say its own.
    #[serde(default)]
    pub dues_taxable: bool,
}
