//! Owns who may open a renewal's page without a link, and which pages: somebody who knows a
//! member's number, the season's code and the postal code on file. Pure.

use jiff::Timestamp;

use super::member::Member;
use super::{billing, season};
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

/// The association whose page of this season stands in for that of a season that is over:
/// `issuer`'s where it still bills the member, else the home's. `None`: the season takes nobody
/// now, or nobody bills them.
#[must_use]
pub fn successor(config: &Config, member: &Member, issuer: &str, now: Timestamp) -> Option<String> {
    let open = season::is_open(&config.relance.season, now) && member.is_active();
    let mut codes = if open { issuers(config, member) } else { Vec::new() };
    // Stable: the home's stays first among the others.
    codes.sort_by_key(|code| code != issuer);
    codes.into_iter().next()
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

    #[test]
    fn a_page_of_this_season_in_place_of_an_older_one() {
        let config = federation();
        let season = &config.relance.season;
        let (before, during) =
            (season::opens(season) - jiff::SignedDuration::from_secs(1), season::opens(season));
        let both = member(&["OPPI", "CIP"]);
        for (member, issuer, now, want) in [
            (&both, "OPPI", during, Some("OPPI")),
            // OPPI bills for CIP this season.
            (&both, "CIP", during, Some("OPPI")),
            (&both, "OPPI", before, None),
            (&both, "OPPI", season::ends(season), None),
            (&member(&[]), "OPPI", during, None),
        ] {
            let got = successor(&config, member, issuer, now);
            assert_eq!(got.as_deref(), want, "{issuer} {now}");
        }
    }
}
