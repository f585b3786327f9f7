//! Owns who bills whom for what: one renewal per member, issuer and season. Each body's dues is
//! its own line; insurance stands once, on the home association's bill.

use super::member::{Member, Membership};
use super::money::Cents;
use crate::compose::{Bill, Line, LineKind};
use crate::config::{Association, Config, PliRule};

/// The code of the association whose invoice carries this membership's dues: another one of the
/// member's that bills for it, else the body itself.
#[must_use]
pub fn billed_by<'a>(config: &'a Config, member: &Member, association: &'a str) -> &'a str {
    config
        .associations
        .iter()
        .find(|a| {
            a.code != association
                && a.bills_for.iter().any(|b| b == association)
                && member.membership(&a.code).is_some()
        })
        .map_or(association, |a| &a.code)
}

/// The association at which the member is at home: the one that the list says; else the first
/// that is not the national body; else the national body.
#[must_use]
pub fn home<'a>(config: &Config, member: &'a Member) -> Option<&'a Membership> {
    let national = &config.relance.federation.national;
    member
        .memberships
        .iter()
        .find(|m| m.home)
        .or_else(|| member.memberships.iter().find(|m| &m.association != national))
        .or_else(|| member.memberships.first())
}

/// Whether insurance goes with a membership, by its category's rule.
fn insured_in(association: &Association, membership: &Membership) -> bool {
    association.category(&membership.category).is_some_and(|c| match c.pli {
        PliRule::None => false,
        PliRule::Optional => membership.pli,
        PliRule::Included => true,
    })
}

/// What `member` owes `issuer` this season; `None` where the issuer bills them for nothing
/// (no membership there, or another body's invoice carries it).
#[must_use]
pub fn bill(config: &Config, member: &Member, issuer: &Association) -> Option<Bill> {
    member.membership(&issuer.code)?;
    if billed_by(config, member, &issuer.code) != issuer.code {
        return None;
    }
    let mut lines = Vec::new();
    let mut premium = None;
    let home = home(config, member).map(|m| m.association.as_str());
    for code in std::iter::once(&issuer.code).chain(&issuer.bills_for) {
        let (Some(body), Some(membership)) = (config.association(code), member.membership(code))
        else {
            continue;
        };
        if billed_by(config, member, code) != issuer.code {
            continue;
        }
        let Some(category) = body.category(&membership.category) else { continue };
        lines.push(line(LineKind::Dues, membership, category.dues_cents));
        if home == Some(code.as_str()) && insured_in(body, membership) {
            premium = Some(line(LineKind::Premium, membership, category.premium_cents));
        }
    }
    lines.extend(premium);
    Some(Bill { lines })
}

fn line(kind: LineKind, membership: &Membership, cents: i64) -> Line {
    Line {
        kind,
        supplier: membership.association.clone(),
        category: membership.category.clone(),
        amount: Cents::new(cents).unwrap_or_default(),
    }
}

/// Whether a bill carries insurance.
#[must_use]
pub fn insures(bill: &Bill) -> bool {
    bill.lines.iter().any(|l| l.kind == LineKind::Premium)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::PersonId;

    /// The shipped federation: OPPI, APPI and PIBC bill for CIP, the others do not.
    pub(crate) fn federation() -> Config {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        Config::load(&dir).expect("the shipped config has no fault")
    }

    /// A member with full memberships there, the insured ones marked with `+`.
    pub(crate) fn member(places: &[&str]) -> Member {
        let memberships = places.iter().map(|place| Membership {
            association: place.trim_end_matches(['+', '*']).to_owned(),
            category: "full".into(),
            pli: place.contains('+'),
            home: place.contains('*'),
        });
        Member {
            id: PersonId(1),
            member_no: "1001".into(),
            given_name: "Camille".into(),
            family_name: "Roy".into(),
            email: Some("camille@members.example".into()),
            language: None,
            province: "ON".into(),
            status: "active".into(),
            memberships: memberships.collect(),
            suspended: false,
            barred: false,
            unsubscribed: Vec::new(),
        }
    }

    fn lines(config: &Config, member: &Member, issuer: &str) -> Option<Vec<String>> {
        let issuer = config.association(issuer).unwrap();
        let bill = bill(config, member, issuer)?;
        Some(bill.lines.iter().map(|l| format!("{} {}", l.kind.as_str(), l.supplier)).collect())
    }

    /// Name, memberships, issuer, lines of the bill.
    type Case<'a> = (&'a str, &'a [&'a str], &'a str, Option<&'a [&'a str]>);

    #[test]
    fn who_bills_whom() {
        let config = federation();
        let table: [Case<'_>; 9] = [
            (
                "one invoice",
                &["OPPI+", "CIP"],
                "OPPI",
                Some(&["dues OPPI", "dues CIP", "premium OPPI"]),
            ),
            ("and not two", &["OPPI+", "CIP"], "CIP", None),
            ("two invoices", &["SPPI+", "CIP"], "SPPI", Some(&["dues SPPI", "premium SPPI"])),
            ("insurance once", &["SPPI+", "CIP+"], "CIP", Some(&["dues CIP"])),
            ("national only", &["CIP+"], "CIP", Some(&["dues CIP", "premium CIP"])),
            ("provincial only", &["OPPI"], "OPPI", Some(&["dues OPPI"])),
            ("no member there", &["CIP"], "OPPI", None),
            ("home as the list says", &["OPPI+", "SPPI+*"], "OPPI", Some(&["dues OPPI"])),
            (
                "home as the list says, there",
                &["OPPI+", "SPPI+*"],
                "SPPI",
                Some(&["dues SPPI", "premium SPPI"]),
            ),
        ];
        for (name, places, issuer, want) in table {
            let got = lines(&config, &member(places), issuer);
            let want = want.map(|w| w.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(got, want, "{name}");
        }
    }

    #[test]
    fn nobody_is_billed_twice_for_one_body() {
        let config = federation();
        let codes: Vec<&str> = config.associations.iter().map(|a| a.code.as_str()).collect();
        for subset in 1u32..(1 << codes.len()) {
            let places: Vec<String> = codes
                .iter()
                .enumerate()
                .filter(|(i, _)| subset & (1 << i) != 0)
                .map(|(_, code)| format!("{code}+"))
                .collect();
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            let member = member(&places);
            let mut all: Vec<String> =
                codes.iter().filter_map(|code| lines(&config, &member, code)).flatten().collect();
            let premiums = all.iter().filter(|l| l.starts_with("premium")).count();
            assert!(premiums <= 1, "{places:?}: {all:?}");
            let n = all.len();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), n, "{places:?}");
            for place in &places {
                let code = place.trim_end_matches('+');
                let bodies = config.associations.iter().filter(|a| {
                    a.bills_for.iter().any(|b| b == code) && member.membership(&a.code).is_some()
                });
                assert!(
                    bodies.count() > 1 || all.contains(&format!("dues {code}")),
                    "{places:?}: nobody bills {code}"
                );
            }
        }
    }

    #[test]
    fn amounts_come_from_the_config() {
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        let bill = bill(&config, &member(&["OPPI+", "CIP"]), issuer).unwrap();
        let fee = |code: &str| config.association(code).unwrap().category("full").unwrap().clone();
        let want = fee("OPPI").dues_cents + fee("CIP").dues_cents + fee("OPPI").premium_cents;
        assert_eq!(bill.total().get(), want);
        assert!(insures(&bill));
    }
}
