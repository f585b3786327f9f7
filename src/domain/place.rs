//! Owns what is known of places in Canada: provinces and territories, their usual time zone, the
//! shape of a postal code, and which language a place suggests. Never guesses a city.

use super::words::Lang;

/// A province or territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Province {
    /// Canada Post's two letters: `ON`.
    pub code: &'static str,
    /// English name.
    pub en: &'static str,
    /// French name.
    pub fr: &'static str,
    /// Time zone of most of its people (IANA name). A province is not a zone: a member's own,
    /// where it differs, stands in the member list.
    pub zone: &'static str,
}

const fn place(
    code: &'static str,
    en: &'static str,
    fr: &'static str,
    zone: &'static str,
) -> Province {
    Province { code, en, fr, zone }
}

/// All thirteen, from west to east.
pub const PROVINCES: [Province; 13] = [
    place("YT", "Yukon", "Yukon", "America/Whitehorse"),
    place("NT", "Northwest Territories", "Territoires du Nord-Ouest", "America/Yellowknife"),
    place("NU", "Nunavut", "Nunavut", "America/Iqaluit"),
    place("BC", "British Columbia", "Colombie-Britannique", "America/Vancouver"),
    place("AB", "Alberta", "Alberta", "America/Edmonton"),
    place("SK", "Saskatchewan", "Saskatchewan", "America/Regina"),
    place("MB", "Manitoba", "Manitoba", "America/Winnipeg"),
    place("ON", "Ontario", "Ontario", "America/Toronto"),
    place("QC", "Quebec", "Québec", "America/Toronto"),
    place("NB", "New Brunswick", "Nouveau-Brunswick", "America/Halifax"),
    place("NS", "Nova Scotia", "Nouvelle-Écosse", "America/Halifax"),
    place("PE", "Prince Edward Island", "Île-du-Prince-Édouard", "America/Halifax"),
    place("NL", "Newfoundland and Labrador", "Terre-Neuve-et-Labrador", "America/St_Johns"),
];

/// The province or territory with that code, in either case.
#[must_use]
pub fn province(code: &str) -> Option<&'static Province> {
    PROVINCES.iter().find(|p| p.code.eq_ignore_ascii_case(code))
}

/// In which language a member is addressed first: the member's own where it is known, else
/// French for Quebec, else the association's.
#[must_use]
pub fn language(own: Option<Lang>, province: Option<&Province>, association: Lang) -> Lang {
    own.unwrap_or_else(|| match province {
        Some(p) if p.code == "QC" => Lang::Fr,
        _ => association,
    })
}

/// A Canadian postal code in its usual form (`K1A 0B1`), from any case, with or without a space
/// or hyphen in the middle. `None` where the text has not that shape.
#[must_use]
pub fn postal_code(text: &str) -> Option<String> {
    let letters: Vec<char> = text.trim().chars().map(|c| c.to_ascii_uppercase()).collect();
    let six: Vec<char> = match letters.as_slice() {
        [first @ .., ' ' | '-', _, _, _] if first.len() == 3 => {
            [&letters[..3], &letters[4..]].concat()
        }
        _ if letters.len() == 6 => letters,
        _ => return None,
    };
    // Canada Post uses neither D, F, I, O, Q nor U, and neither W nor Z in first place.
    let shaped = six.iter().enumerate().all(|(at, c)| match at {
        0 => "ABCEGHJKLMNPRSTVXY".contains(*c),
        2 | 4 => "ABCEGHJKLMNPRSTVWXYZ".contains(*c),
        _ => c.is_ascii_digit(),
    });
    shaped.then(|| {
        let (area, unit) = six.split_at(3);
        area.iter().chain([&' ']).chain(unit).collect()
    })
}

/// Whether a Canadian postal code can belong to that province or territory: its first letter says
/// so (Canada Post's postal districts). A province that is not known fits nothing.
#[must_use]
pub fn postal_code_fits(code: &str, province: &str) -> bool {
    let districts = match province {
        "NL" => "A",
        "NS" => "B",
        "PE" => "C",
        "NB" => "E",
        "QC" => "GHJ",
        "ON" => "KLMNP",
        "MB" => "R",
        "SK" => "S",
        "AB" => "T",
        "BC" => "V",
        "NT" | "NU" => "X",
        "YT" => "Y",
        _ => "",
    };
    code.chars().next().is_some_and(|c| districts.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_in_the_bundled_data() {
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        for p in PROVINCES {
            assert!(zones.get(p.zone).is_ok(), "{}", p.zone);
            assert_eq!(province(&p.code.to_ascii_lowercase()), Some(&p));
        }
        assert_eq!(province("Ontario"), None);
    }

    #[test]
    fn postal_codes() {
        for (text, want) in [
            ("k1a0b1", Some("K1A 0B1")),
            (" K1A 0B1 ", Some("K1A 0B1")),
            ("K1A-0B1", Some("K1A 0B1")),
            ("W1A 0B1", None),
            ("K1D 0B1", None),
            ("K1A  0B1", None),
            ("K1A 0B", None),
            ("90210", None),
            ("Ｋ1A0B1", None),
            ("éééééé", None),
            ("", None),
        ] {
            assert_eq!(postal_code(text).as_deref(), want, "{text:?}");
        }
    }

    #[test]
    fn a_postal_code_tells_the_province() {
        for (code, province, fits) in [
            ("K1A 0B1", "ON", true),
            ("K1A 0B1", "QC", false),
            ("X0A 0H0", "NU", true),
            ("X0A 0H0", "NT", true),
            ("K1A 0B1", "", false),
            ("", "ON", false),
        ] {
            assert_eq!(postal_code_fits(code, province), fits, "{code} {province}");
        }
        for p in PROVINCES {
            assert!(('A'..='Y').any(|c| postal_code_fits(&c.to_string(), p.code)), "{}", p.code);
        }
    }

    #[test]
    fn language_falls_back() {
        let (qc, on) = (province("QC"), province("ON"));
        assert_eq!(language(Some(Lang::En), qc, Lang::Fr), Lang::En);
        assert_eq!(language(None, qc, Lang::En), Lang::Fr);
        assert_eq!(language(None, on, Lang::En), Lang::En);
        assert_eq!(language(None, None, Lang::Fr), Lang::Fr);
    }
}
