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
        since: None,
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
        zone: None,
        unsubscribed: Vec::new(),
    }
}

/// The terms of an ordinary day of the season.
pub(crate) fn terms() -> Terms<'static> {
    let on = "2026-11-03".parse().unwrap();
    Terms { on, late: false, cover: None, dropped: &[] }
}

fn lines(config: &Config, member: &Member, issuer: &str) -> Option<Vec<String>> {
    let issuer = config.association(issuer).unwrap();
    let bill = bill(config, member, issuer, &terms())?;
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

/// A change to the federation, to the member, to the terms.
type Twist = fn(&mut Config, &mut Member, &mut Terms<'_>);

fn oppi(config: &mut Config) -> &mut Association {
    config.associations.iter_mut().find(|a| a.code == "OPPI").unwrap()
}

/// Lines of OPPI's bill, with amounts before taxes.
fn twisted(twist: Twist) -> Vec<String> {
    let mut config = federation();
    let mut member = member(&["OPPI+", "CIP"]);
    let cip = ["CIP".to_owned()];
    let mut terms = Terms { dropped: &cip, ..terms() };
    twist(&mut config, &mut member, &mut terms);
    let issuer = config.association("OPPI").unwrap();
    let bill = bill(&config, &member, issuer, &terms).unwrap();
    let line = |l: &Line| format!("{} {} {}", l.kind, l.supplier, l.amount);
    bill.lines.iter().map(line).collect()
}

const DUES: &str = "dues OPPI 360.00";
const NATIONAL: &str = "dues CIP 315.00";
const PREMIUM: &str = "premium OPPI 185.00";

const SHARES: [i64; 12] = [100, 92, 83, 75, 67, 58, 50, 42, 33, 25, 17, 8];
const SHARED: Twist = |config, member, _| {
    oppi(config).admission_shares = SHARES.to_vec();
    member.memberships[0].since = Some("2027-03-31".parse().unwrap());
};
const TWISTS: [(&str, Twist, &[&str]); 14] = [
    ("nothing is optional here", |_, _, _| {}, &[DUES, NATIONAL, PREMIUM]),
    (
        "an optional body is left out",
        |c, _, _| oppi(c).optional_bodies = vec!["CIP".into()],
        &[DUES, PREMIUM],
    ),
    (
        "and insurance goes with it",
        |c, _, _| {
            oppi(c).optional_bodies = vec!["CIP".into()];
            oppi(c).insurance_needs = vec!["CIP".into()];
        },
        &[DUES],
    ),
    ("cover declined", |_, _, t| t.cover = Some(Cover::Decline), &[DUES, NATIONAL]),
    (
        "cover taken by whoever had none",
        |_, m, t| {
            m.memberships[0].pli = false;
            t.cover = Some(Cover::Keep);
        },
        &[DUES, NATIONAL, PREMIUM],
    ),
    (
        "cover that goes with the category cannot be declined",
        |c, _, t| {
            oppi(c).categories[0].pli = PliRule::Included;
            t.cover = Some(Cover::Decline);
        },
        &[DUES, NATIONAL, PREMIUM],
    ),
    (
        "a category without insurance has none to keep",
        |c, _, t| {
            oppi(c).categories[0].pli = PliRule::None;
            t.cover = Some(Cover::Keep);
        },
        &[DUES, NATIONAL],
    ),
    ("late, where that costs nothing", |_, _, t| t.late = true, &[DUES, NATIONAL, PREMIUM]),
    (
        "late, with a fee",
        |c, _, t| {
            oppi(c).late_fee_cents = 5_000;
            t.late = true;
        },
        &[DUES, NATIONAL, PREMIUM, "penalty OPPI 50.00"],
    ),
    ("in time, with a fee", |c, _, _| oppi(c).late_fee_cents = 5_000, &[DUES, NATIONAL, PREMIUM]),
    (
        "admitted in the third month: dues shared, premium not",
        SHARED,
        &["dues OPPI 298.80", NATIONAL, PREMIUM],
    ),
    (
        "admitted before the year",
        |c, m, _| {
            oppi(c).admission_shares = SHARES.to_vec();
            m.memberships[0].since = Some("2026-12-31".parse().unwrap());
        },
        &[DUES, NATIONAL, PREMIUM],
    ),
    (
        "admitted in the year, where the body shares nothing",
        |_, m, _| m.memberships[0].since = Some("2027-06-01".parse().unwrap()),
        &[DUES, NATIONAL, PREMIUM],
    ),
    (
        "a student owes nothing",
        |_, m, _| m.memberships.iter_mut().for_each(|m| m.category = "student".into()),
        &["dues OPPI 0.00", "dues CIP 0.00"],
    ),
];
#[test]
fn what_was_chosen_and_when() {
    for (name, twist, want) in TWISTS {
        assert_eq!(twisted(twist), want, "{name}");
    }
}

#[test]
fn terms_follow_the_issuers_calendar() {
    let config = federation();
    for (code, now, on, late) in [
        ("OPPI", "2027-01-01T04:59:59Z", "2026-12-31", false),
        ("OPPI", "2027-01-01T05:00:00Z", "2027-01-01", false),
        ("PIBC", "2027-01-01T06:59:59Z", "2026-12-31", false),
        ("OPPI", "2027-04-01T03:59:59Z", "2027-03-31", false),
        ("OPPI", "2027-04-01T04:00:00Z", "2027-04-01", true),
    ] {
        let issuer = config.association(code).unwrap();
        let terms = Terms::at(&config, issuer, now.parse().unwrap());
        assert_eq!((terms.on.to_string().as_str(), terms.late), (on, late), "{now}");
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
    let bill = bill(&config, &member(&["OPPI+", "CIP"]), issuer, &terms()).unwrap();
    let fee = |code: &str| config.association(code).unwrap().category("full").unwrap().clone();
    let want = fee("OPPI").dues_cents + fee("CIP").dues_cents + fee("OPPI").premium_cents;
    let taxes: i64 = bill.taxes().iter().map(|t| t.amount.get()).sum();
    assert_eq!(bill.total().get(), want + taxes);
    // 13 % on both bodies' dues, 8 % on the premium.
    assert_eq!(taxes, 4_680 + 4_095 + 1_480);
    assert!(bill.insures());
}

#[test]
fn each_category_owes_what_the_config_says() {
    let table: [(&str, &[&str]); 4] = [
        ("full", &["dues OPPI 360.00", "dues CIP 315.00", "premium OPPI 185.00"]),
        ("candidate", &["dues OPPI 245.00", "dues CIP 210.00", "premium OPPI 95.00"]),
        ("student", &["dues OPPI 0.00", "dues CIP 0.00"]),
        ("retired", &["dues OPPI 110.00", "dues CIP 95.00"]),
    ];
    let config = federation();
    for (category, want) in table {
        let mut member = member(&["OPPI+", "CIP"]);
        member.memberships.iter_mut().for_each(|m| m.category = category.into());
        let issuer = config.association("OPPI").unwrap();
        let bill = bill(&config, &member, issuer, &terms()).unwrap();
        let line = |l: &Line| format!("{} {} {}", l.kind, l.supplier, l.amount);
        assert_eq!(bill.lines.iter().map(line).collect::<Vec<_>>(), want, "{category}");
    }
    // A category that the other body has not is not billed for there.
    let mut config = federation();
    config.associations[0].categories.retain(|c| c.code != "retired");
    let mut retired = member(&["OPPI", "CIP"]);
    retired.memberships.iter_mut().for_each(|m| m.category = "retired".into());
    let issuer = config.association("OPPI").unwrap();
    assert_eq!(bill(&config, &retired, issuer, &terms()).unwrap().lines.len(), 1);
}
