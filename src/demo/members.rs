//! Owns the members of the demo: some five hundred invented people, the same each time, as the
//! list that an association would import. Every address is in a reserved domain.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::SEED;

/// Association, people, provinces as often as they stand here, share of French readers in a
/// hundred.
const BODIES: [(&str, u32, &[&str], u64); 7] = [
    ("OPPI", 152, &["ON"], 8),
    ("PIBC", 96, &["BC", "BC", "BC", "BC", "BC", "YT"], 3),
    ("APPI", 74, &["AB", "AB", "AB", "AB", "NT", "NU"], 3),
    ("SPPI", 29, &["SK"], 2),
    ("MPPI", 36, &["MB"], 9),
    ("API", 48, &["NS", "NS", "NB", "NB", "PE", "NL"], 25),
    // Quebec, and members abroad, belong to the national body alone.
    ("CIP", 66, &["QC", "QC", "QC", "QC", "QC", "QC", "QC", ""], 85),
];

const GIVEN_EN: [&str; 24] = [
    "Alice", "Noah", "Priya", "Graham", "Mei", "Owen", "Harpreet", "Fiona", "Liam", "Zainab",
    "Tomasz", "Ruth", "Dakota", "Ingrid", "Samuel", "Keiko", "Patrick", "Anjali", "Moira", "Jonah",
    "Leila", "Duncan", "Winona", "Edwin",
];
const GIVEN_FR: [&str; 24] = [
    "Maëlle",
    "Étienne",
    "Noémie",
    "Gaétan",
    "Zoé",
    "Loïc",
    "Chloé",
    "Benoît",
    "Anaïs",
    "Rémi",
    "Océane",
    "François",
    "Mélissa",
    "Jérôme",
    "Aurélie",
    "Théo",
    "Geneviève",
    "Raphaël",
    "Solène",
    "Cédric",
    "Maude",
    "Anh-Thu",
    "Kamel",
    "Josée",
];
const FAMILY_EN: [&str; 24] = [
    "Macdonald",
    "Singh",
    "O’Brien",
    "Nguyen",
    "Campbell",
    "Kowalski",
    "Okafor",
    "Fraser",
    "Chen",
    "Whitebear",
    "Peters",
    "Hernandez",
    "Stewart",
    "Khan",
    "Lindqvist",
    "Baker",
    "Tanaka",
    "Sinclair",
    "Wójcik",
    "Haddad",
    "Reid",
    "Cardinal",
    "Olsen",
    "Penner",
];
const FAMILY_FR: [&str; 24] = [
    "Tremblay",
    "Gagnon",
    "Côté",
    "Bouchard",
    "Lévesque",
    "Pelletier",
    "Bélanger",
    "Arsenault",
    "Cormier",
    "LeBlanc",
    "D’Amours",
    "Thériault",
    "Beaulieu",
    "Noël",
    "Hébert",
    "Saint-Onge",
    "Doiron",
    "Lavoie",
    "Benali",
    "Fortin",
    "Gauthier",
    "Rousseau",
    "Mercier",
    "Desjardins",
];
const EMPLOYERS: [&str; 6] =
    ["", "", "", "Ville d’Exemple", "Example Planning Ltd.", "Region of Example"];

/// How many people are in the list.
pub fn people_count() -> u32 {
    BODIES.iter().map(|(_, people, _, _)| people).sum()
}

/// The list, as CSV.
pub fn list() -> String {
    let mut csv = String::from(
        "member_no,given_name,family_name,email,language,province,association,category,pli,\
         status,employer,country,since\n",
    );
    let mut number = 10_000u64;
    let mut before = String::new();
    for (body, people, provinces, french) in BODIES {
        for place in 0..people {
            number += 3;
            let person = Person::new(number, body, place, provinces, french, &before);
            before.clone_from(&person.email);
            person.rows(body, &mut csv);
        }
    }
    csv
}

/// Number between 0 and `below` that depends on the seed, on whom and on what is asked.
pub fn pick(number: &str, what: &str, below: u64) -> u64 {
    let digest = Sha256::new()
        .chain_update(SEED.to_be_bytes())
        .chain_update(number)
        .chain_update([0])
        .chain_update(what)
        .finalize();
    let bytes: [u8; 8] = digest[..8].try_into().expect("a digest is longer than eight bytes");
    u64::from_be_bytes(bytes) % below.max(1)
}

struct Person {
    number: String,
    given: &'static str,
    family: &'static str,
    email: String,
    language: &'static str,
    province: &'static str,
    category: &'static str,
    pli: bool,
    status: &'static str,
    employer: &'static str,
    since: u64,
}

impl Person {
    fn new(
        number: u64,
        body: &str,
        place: u32,
        provinces: &[&'static str],
        french: u64,
        before: &str,
    ) -> Self {
        let number = number.to_string();
        let of = |what: &str, below: u64| pick(&number, what, below);
        let one = |what: &str, list: &[&'static str]| -> &'static str {
            let at = usize::try_from(of(what, list.len() as u64)).unwrap_or(0);
            list.get(at).copied().unwrap_or_default()
        };
        let reads_french = of("language", 100) < french;
        let (given, family) = if reads_french {
            (one("given", &GIVEN_FR), one("family", &FAMILY_FR))
        } else {
            (one("given", &GIVEN_EN), one("family", &FAMILY_EN))
        };
        // Two in a hundred are on the letters list, two share the mailbox of whom they follow.
        let email = match of("email", 50) {
            0 => String::new(),
            1 if place > 0 => before.to_owned(),
            _ => format!("{}.{}.{number}@members.example", ascii(given), ascii(family)),
        };
        let category = match of("category", 100) {
            0..70 => "full",
            70..84 => "candidate",
            84..92 => "student",
            _ => "retired",
        };
        let carries = matches!(category, "full" | "candidate");
        let national = body == "CIP";
        Self {
            given,
            family,
            email,
            // Some lists do not say: then the province or the association decides.
            language: match (of("known", 12), reads_french) {
                (0, _) => "",
                (_, true) => "fr",
                (_, false) => "en",
            },
            province: one("province", provinces),
            category,
            pli: carries && of("pli", 100) < if national { 40 } else { 62 },
            status: match of("status", 120) {
                0 => "on-leave",
                1 => "honorary",
                2 => "resigned",
                _ => "active",
            },
            employer: one("employer", &EMPLOYERS),
            since: 1988 + of("since", 38),
            number,
        }
    }

    /// A member of a provincial body is one of the national body too.
    fn rows(&self, body: &str, csv: &mut String) {
        let country = if self.province.is_empty() { "FR" } else { "CA" };
        let bodies: &[&str] = if body == "CIP" { &["CIP"] } else { &[body, "CIP"] };
        for association in bodies {
            let pli = if *association == body && self.pli { "yes" } else { "no" };
            let _ = writeln!(
                csv,
                "{},{},{},{},{},{},{association},{},{pli},{},{},{country},{}-09-01",
                self.number,
                self.given,
                self.family,
                self.email,
                self.language,
                self.province,
                self.category,
                self.status,
                self.employer,
                self.since,
            );
        }
    }
}

/// A name as it stands in an address.
fn ascii(name: &str) -> String {
    crate::members::name::folded(name).chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_each_time_and_nobody_real() {
        let csv = list();
        assert_eq!(csv, list());
        let people: std::collections::BTreeSet<&str> =
            csv.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
        assert_eq!(people.len(), 501);
        for line in csv.lines().skip(1) {
            let email = line.split(',').nth(3).unwrap();
            assert!(email.is_empty() || email.ends_with("@members.example"), "{line}");
        }
        let none = csv.lines().filter(|l| l.contains(",,en,") || l.contains(",,fr,")).count();
        assert!(none > 5, "{none} without an address");
    }
}
