//! Owns the typed form of one row of a member list.

use jiff::civil::Date;

use super::address::Address;
use super::name::{DisplayName, folded};
use crate::domain::place::Province;
use crate::domain::words::Lang;
use crate::store::people::Row;

/// One membership of one person: a row that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRow {
    /// Member number: letters, digits and `-./_`, as written.
    pub member_no: String,
    /// Given name.
    pub given_name: DisplayName,
    /// Family name.
    pub family_name: DisplayName,
    /// Address to be mailed; `None`: the member is on the letters list.
    pub email: Option<Address>,
    /// Second address.
    pub email2: Option<Address>,
    /// Telephone, as written.
    pub phone: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code; in Canada in the form `K1A 0B1`.
    pub postal_code: Option<String>,
    /// ISO 3166-1, two capitals.
    pub country: String,
    /// The member's own language; `None` where it is not known.
    pub language: Option<Lang>,
    /// Province or territory; `None` outside Canada.
    pub province: Option<&'static Province>,
    /// Code of the association, in the config's spelling.
    pub association: String,
    /// Code of the category, in the config's spelling.
    pub category: String,
    /// Whether the member carries professional liability insurance.
    pub pli: bool,
    /// Where the membership stands.
    pub status: Status,
    /// Employer.
    pub employer: Option<String>,
    /// Time zone where it is not the province's (IANA name).
    pub zone: Option<String>,
    /// Whether this is the member's home membership; `None` where the list does not say.
    pub home: Option<bool>,
    /// Member since.
    pub since: Option<Date>,
}

impl From<MemberRow> for Row {
    /// In the plain form that the store keeps.
    fn from(row: MemberRow) -> Self {
        let text = |value: Option<String>| value.unwrap_or_default();
        Self {
            member_no: row.member_no,
            given_name: row.given_name.as_str().to_owned(),
            family_name: row.family_name.as_str().to_owned(),
            email: row.email.map(|a| a.as_str().to_owned()),
            email2: row.email2.map(|a| a.as_str().to_owned()),
            language: row.language.map(|l| l.as_str().to_owned()),
            province: text(row.province.map(|p| p.code.to_owned())),
            zone: row.zone,
            status: row.status.as_str().to_owned(),
            phone: text(row.phone),
            street: text(row.street),
            city: text(row.city),
            postal_code: text(row.postal_code),
            country: row.country,
            employer: text(row.employer),
            association: row.association,
            category: row.category,
            pli: row.pli,
            home: row.home.unwrap_or(false),
            since: row.since.map(|d| d.to_string()),
        }
    }
}

/// Where a membership stands, as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Status {
    /// In good standing.
    #[default]
    Active,
    /// On leave.
    OnLeave,
    /// Honorary: owes nothing.
    Honorary,
    /// Has died: never mailed again.
    Deceased,
    /// Has left.
    Resigned,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::OnLeave, Self::Honorary, Self::Deceased, Self::Resigned];

    /// Stable text form, also the one in the list.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::OnLeave => "on-leave",
            Self::Honorary => "honorary",
            Self::Deceased => "deceased",
            Self::Resigned => "resigned",
        }
    }

    /// The status with that text form, blanks and underscores taken for hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().replace([' ', '_'], "-");
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// One reason to refuse a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// Column; empty for the row as a whole.
    pub field: &'static str,
    /// What is wrong and what would be right: an English sentence.
    pub why: String,
}

/// Whether two spellings of (given name, family name) under one member number can be one person:
/// at least one of the two agrees, but for case, accents, blanks and punctuation. People marry,
/// and lists are corrected.
#[must_use]
pub fn same_person(a: (&str, &str), b: (&str, &str)) -> bool {
    folded(a.0) == folded(b.0) || folded(a.1) == folded(b.1)
}

#[cfg(test)]
mod tests {
    use super::same_person;

    #[test]
    fn one_name_may_change() {
        let kept = ("Zoé", "Lebœuf");
        for (other, same) in [
            (("ZOE", "Leboeuf-Roy"), true),
            (("Zoé-Anne", "lebœuf"), true),
            (("Marc", "Tremblay"), false),
        ] {
            assert_eq!(same_person(kept, other), same, "{other:?}");
        }
    }
}
