//! Owns who may open a renewal's page without a link, and which pages: somebody who knows a
//! member's number, the season's code and the postal code on file. Pure.

use super::billing;
use super::member::Member;
use crate::config::Config;

/// Hours for which a page opened by code stays open: a sitting, with a meal in between.
pub const SIGN_IN_HOURS: i64 = 3;

/// Whether a typed postal code is the one on file. Case, blanks and hyphens do not count; a
/// member without one on file cannot be told apart this way.
#[must_use]
pub fn postal_agrees(on_file: &str, typed: &str) -> bool {
    let bare = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_uppercase).collect()
    };
    let on_file = bare(on_file);
    !on_file.is_empty() && on_file == bare(typed)
}

/// The associations that bill the member this season, the home's first: each has a page.
#[must_use]
pub fn issuers(config: &Config, member: &Member) -> Vec<String> {
    let home = billing::home(config, member).map(|m| m.association.as_str());
    let mut codes: Vec<&str> = member
        .memberships
        .iter()
        .map(|m| m.association.as_str())
        .filter(|code| billing::billed_by(config, member, code) == *code)
        .collect();
    codes.sort_by_key(|code| Some(*code) != home);
    codes.into_iter().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::{federation, member};

    #[test]
    fn postal_codes_as_people_type_them() {
        for (on_file, typed, same) in [
            ("K1A 0B1", "k1a0b1", true),
            ("K1A 0B1", " K1A-0B1 ", true),
            ("K1A 0B1", "K1A 0B2", false),
            ("75001", "75001", true),
            ("", "", false),
            ("", "K1A 0B1", false),
            ("- ", "-", false),
        ] {
            assert_eq!(postal_agrees(on_file, typed), same, "{on_file:?} {typed:?}");
        }
    }

    #[test]
    fn one_page_where_one_association_bills_for_all() {
        let mut config = federation();
        let both = member(&["OPPI", "CIP"]);
        assert_eq!(issuers(&config, &both), ["OPPI"]);
        for association in &mut config.associations {
            association.bills_for.clear();
        }
        assert_eq!(issuers(&config, &both), ["OPPI", "CIP"], "the home's first");
        assert!(issuers(&config, &member(&[])).is_empty());
    }
}
