//! Owns the shape of `associations.toml`: the bodies of the federation, their desks, categories
//! and fees. Every doc comment below is the config reference's text for its key.

use jiff::civil::Date;
use serde::Deserialize;

use super::AssociationTax;
use crate::domain::words::Lang;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// French. May be left out where no official French form exists: the English one is then
    /// shown, marked as English.
    #[serde(default)]
    pub fr: Option<String>,
}

impl Text {
    /// The text in that language, else in English.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => self.fr.as_deref().unwrap_or(&self.en),
        }
    }

    /// The language in which [`Text::get`] answers.
    #[must_use]
    pub fn lang_of(&self, lang: Lang) -> Lang {
        if self.fr.is_some() { lang } else { Lang::En }
    }
}

/// One `[[association]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// Short code, as in the member list: `OPPI`.
    pub code: String,
    /// Full name.
    pub name: Text,
    /// Short name as members know it (`CIP`, in French `ICU`).
    pub short: Text,
    /// French short forms with their article, since software cannot elide.
    pub french: FrenchForms,
    /// Time zone of its calendar (IANA name).
    pub zone: String,
    /// Provinces and territories whose members belong here (postal codes: `ON`); empty for the
    /// national body.
    #[serde(default)]
    pub provinces: Vec<String>,
    /// Language for members whose own is not known.
    pub language: Lang,
    /// The desk that answers for it.
    pub desk: Desk,
    /// Postal address, on every mail (Canada's anti-spam law).
    pub postal_address: String,
    /// Public web site, on every mail.
    pub website: String,
    /// Address in `From`.
    pub from_address: String,
    /// `List-Id` of its mail (RFC 2919): `renewal.oppi.example.ca`.
    pub list_id: String,
    /// Where its links lead, on the same domain as `From`; left out: `web.base_url`.
    #[serde(default)]
    pub link_base: Option<String>,
    /// Address to which electronic transfers go; left out: its invoices speak of cheques only.
    #[serde(default)]
    pub transfer_to: Option<String>,
    /// Codes of other bodies whose dues stand on this association's invoice.
    #[serde(default)]
    pub bills_for: Vec<String>,
    /// Codes among `bills_for` whose dues a member may leave out.
    #[serde(default)]
    pub optional_bodies: Vec<String>,
    /// Codes among `optional_bodies` without whose membership there is no insurance: leaving one
    /// out leaves the premium out too.
    #[serde(default)]
    pub insurance_needs: Vec<String>,
    /// Fee for renewing after the season's `lapses`, in cents; a line of its own.
    #[serde(default)]
    pub late_fee_cents: i64,
    /// Fee where an invoice is not paid by its day, in cents; an invoice of its own.
    #[serde(default)]
    pub overdue_fee_cents: i64,
    /// What of the dues somebody owes who was admitted during the membership year, in percent by
    /// the month of `since`: twelve numbers, for its first month to its last; empty: all of it.
    /// The premium is never shared so.
    #[serde(default)]
    pub admission_shares: Vec<i64>,
    /// Its place in the tax system.
    #[serde(default)]
    pub tax: AssociationTax,
    /// Categories of membership and what each owes.
    #[serde(rename = "category")]
    pub categories: Vec<CategoryConfig>,
}

impl Association {
    /// The category with that code.
    #[must_use]
    pub fn category(&self, code: &str) -> Option<&CategoryConfig> {
        self.categories.iter().find(|c| c.code == code)
    }
}

/// `[association.french]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrenchForms {
    /// With its article: `l’ICU`.
    pub the: String,
    /// After « de »: `de l’ICU`.
    pub of: String,
    /// After « à »: `à l’ICU`.
    pub to: String,
}

/// `[association.desk]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// What members call it: “Membership desk”, « Service des adhésions ».
    pub name: Text,
    /// Its address: questions are forwarded there.
    pub email: String,
    /// Its telephone.
    pub phone: String,
    /// Language of what is written to the desk.
    pub language: Lang,
    /// Days on which nobody is at the desk.
    #[serde(rename = "closure", default)]
    pub closures: Vec<Closure>,
}

impl Desk {
    /// The closure that `day` falls into.
    #[must_use]
    pub fn closure_on(&self, day: Date) -> Option<&Closure> {
        self.closures.iter().find(|c| (c.from..=c.until).contains(&day))
    }
}

/// One `[[association.desk.closure]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Code of the association whose desk gets this one's mail meanwhile; left out: the national
    /// one.
    #[serde(default)]
    pub deputy: Option<String>,
}

/// One `[[association.category]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryConfig {
    /// Code, as in the member list: `full`.
    pub code: String,
    /// What members call it, as it stands within a sentence.
    pub name: Text,
    /// Dues for one season, in cents.
    pub dues_cents: i64,
    /// Whether these dues are taxable; left out: as `tax.dues_taxable` says.
    #[serde(default)]
    pub dues_taxable: Option<bool>,
    /// Professional liability insurance in this category.
    #[serde(default)]
    pub pli: PliRule,
    /// Premium for one season, in cents, where `pli` is not `none`.
    #[serde(default)]
    pub premium_cents: i64,
}

/// How professional liability insurance goes with a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PliRule {
    /// Not offered.
    #[default]
    None,
    /// For members who carry it.
    Optional,
    /// For everybody in the category.
    Included,
}
