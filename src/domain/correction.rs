//! Owns what counts as a correction of a member's own data, in which form it is kept, and what
//! becomes of it when the next list comes. Never decides who the person is: `proves` only compares
//! what was typed with what is on file.

use super::place;
use super::words::Lang;
use crate::members::address;
use crate::members::name::is_dangerous;

/// Longest value of a field, in characters: longer than any street in Canada.
pub const VALUE_CHARS_MAX: usize = 120;
/// Digits of a telephone number: seven without an area, fifteen in the whole world (E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// What a member can correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Address for mail. Counts only once it is confirmed.
    Email,
    /// Telephone.
    Phone,
    /// Language in which the member is written to first.
    Language,
    /// Street and number.
    Street,
    /// City.
    City,
    /// Province or territory.
    Province,
    /// Postal code.
    PostalCode,
}

impl Field {
    /// Every field, as the page shows them.
    pub const ALL: [Self; 7] = [
        Self::Email,
        Self::Phone,
        Self::Language,
        Self::Street,
        Self::City,
        Self::Province,
        Self::PostalCode,
    ];

    /// Stable text form: the form's field, the store's column, JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Language => "language",
            Self::Street => "street",
            Self::City => "city",
            Self::Province => "province",
            Self::PostalCode => "postal_code",
        }
    }

    /// The field with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == text)
    }
}

/// One correction, in the form in which it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub field: Field,
    /// What is right.
    pub value: String,
}

/// A member's data as they are on file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of Field, and the country")]
pub struct OnFile {
    pub email: String,
    pub phone: String,
    pub language: String,
    pub street: String,
    pub city: String,
    pub province: String,
    pub postal_code: String,
    pub country: String,
}

impl OnFile {
    /// The value of a field; empty where there is none.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Email => &self.email,
            Field::Phone => &self.phone,
            Field::Language => &self.language,
            Field::Street => &self.street,
            Field::City => &self.city,
            Field::Province => &self.province,
            Field::PostalCode => &self.postal_code,
        }
    }

    fn in_canada(&self) -> bool {
        matches!(self.country.as_str(), "" | "CA")
    }
}

/// Why a typed value is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It has not the shape of such a value.
    Shape,
    /// It is longer than [`VALUE_CHARS_MAX`].
    Long,
    /// The postal code is of another province than the one on file: both are needed.
    ProvinceNeeded,
}

/// What was changed of what is on file. `typed` gives each field as it was filled in; an empty one
/// changes nothing.
pub fn changes<'t>(
    on_file: &OnFile,
    typed: impl Fn(Field) -> &'t str,
) -> Result<Vec<Change>, Vec<(Field, Fault)>> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for field in Field::ALL {
        let text = typed(field).trim();
        if text.is_empty() {
            continue;
        }
        match normal(field, text, on_file.in_canada()) {
            Ok(value) if same(field, &value, on_file.get(field)) => {}
            Ok(value) => found.push(Change { field, value }),
            Err(fault) => faults.push((field, fault)),
        }
    }
    let said = |field: Field| found.iter().find(|c| c.field == field).map(|c| c.value.as_str());
    if let Some(code) = said(Field::PostalCode)
        && typed(Field::Province).trim().is_empty()
        && on_file.in_canada()
        && !place::postal_code_fits(code, &on_file.province)
    {
        faults.push((Field::Province, Fault::ProvinceNeeded));
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// The form in which a value is kept.
fn normal(field: Field, text: &str, in_canada: bool) -> Result<String, Fault> {
    if text.chars().any(is_dangerous) {
        return Err(Fault::Shape);
    }
    if field != Field::Email && text.chars().count() > VALUE_CHARS_MAX {
        return Err(Fault::Long);
    }
    let plain = || text.split_whitespace().collect::<Vec<_>>().join(" ");
    let value = match field {
        Field::Email => address::normalise(text).ok().map(|a| a.as_str().to_owned()),
        Field::Phone => {
            let shaped = text.chars().all(|c| c.is_ascii_alphanumeric() || " +-.()#,".contains(c));
            (shaped && PHONE_DIGITS.contains(&digits(text).len())).then(plain)
        }
        Field::Language => Lang::parse(text).map(|l| l.as_str().to_owned()),
        Field::Street | Field::City => text.chars().any(char::is_alphanumeric).then(plain),
        Field::Province => place::province(text).filter(|_| in_canada).map(|p| p.code.to_owned()),
        Field::PostalCode if in_canada => place::postal_code(text),
        Field::PostalCode => Some(plain()),
    };
    value.ok_or(Fault::Shape)
}

/// Digits before an extension, which begins with a letter or `#` after the number.
fn digits(phone: &str) -> String {
    let number = phone.split(|c: char| c.is_ascii_alphabetic() || c == '#').next();
    number.unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
}

/// Whether two values of a field are one: written otherwise, they still are.
#[must_use]
pub fn same(field: Field, a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match field {
        Field::Email | Field::Language | Field::Province => a.trim().eq_ignore_ascii_case(b.trim()),
        Field::Phone | Field::Street | Field::City | Field::PostalCode => plain(a) == plain(b),
    }
}

/// What a list says of a correction that it may not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It still has what the member corrected: the correction stands.
    Older,
    /// It has the correction now.
    Settled,
    /// It has a third value: a desk decides, and until then the correction stands.
    Third,
}

/// Compares the list's value with a correction of `was` to `value`.
#[must_use]
pub fn listed(field: Field, was: &str, value: &str, list: &str) -> Listed {
    if same(field, list, value) {
        Listed::Settled
    } else if same(field, list, was) {
        Listed::Older
    } else {
        Listed::Third
    }
}

/// What shows that it is the member who sends a form. A notice is often forwarded and tells the
/// member number: it proves nothing where there is something better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The postal code on file.
    PostalCode,
    /// The member number: no postal code is on file.
    MemberNo,
}

impl Proof {
    /// What is asked of a member with that postal code on file.
    #[must_use]
    pub fn of(postal_code: &str) -> Self {
        if plain(postal_code).is_empty() { Self::MemberNo } else { Self::PostalCode }
    }

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostalCode => "postal",
            Self::MemberNo => "number",
        }
    }
}

/// As people type it: neither case nor blanks nor hyphens count.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.flat_map(char::to_uppercase).collect()
}

/// Whether what was typed is what [`Proof::of`] asks for.
#[must_use]
pub fn proves(typed: &str, postal_code: &str, member_no: &str) -> bool {
    let on_file = match Proof::of(postal_code) {
        Proof::PostalCode => postal_code,
        Proof::MemberNo => member_no,
    };
    let typed = plain(typed);
    !typed.is_empty() && typed == plain(on_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_file() -> OnFile {
        OnFile {
            email: "camille@members.example".into(),
            phone: "514-555-0142".into(),
            language: "fr".into(),
            street: "1, rue de l’Exemple".into(),
            city: "Montréal".into(),
            province: "QC".into(),
            postal_code: "H2X 1Y4".into(),
            country: "CA".into(),
        }
    }

    fn typed(pairs: &[(Field, &str)]) -> Result<Vec<String>, Vec<(Field, Fault)>> {
        let of = |field| pairs.iter().find(|(f, _)| *f == field).map_or("", |(_, v)| *v);
        let found = changes(&on_file(), of)?;
        Ok(found.iter().map(|c| format!("{}={}", c.field.as_str(), c.value)).collect())
    }

    #[test]
    fn what_counts_as_a_change() {
        use Field::{City, Email, Language, Phone, PostalCode, Province, Street};
        /// What was typed, and what of it changes something.
        type Case<'a> = (&'a [(Field, &'a str)], &'a [&'a str]);
        let table: [Case<'_>; 9] = [
            (&[], &[]),
            (&[(Phone, "(514) 555-0142"), (PostalCode, "h2x1y4")], &[]),
            (&[(City, "  MONTRÉAL ")], &[]),
            (&[(Email, " Camille@Members.example ")], &[]),
            (&[(Email, "roy@Example.CA")], &["email=roy@example.ca"]),
            (&[(Phone, "514 555-0199 poste 1234")], &["phone=514 555-0199 poste 1234"]),
            (&[(Language, "en")], &["language=en"]),
            (
                &[
                    (Street, "2   Sample St"),
                    (City, "Ottawa"),
                    (Province, "on"),
                    (PostalCode, "k1a0b1"),
                ],
                &["street=2 Sample St", "city=Ottawa", "province=ON", "postal_code=K1A 0B1"],
            ),
            (&[(PostalCode, "H2X 1Y5")], &["postal_code=H2X 1Y5"]),
        ];
        for (pairs, want) in table {
            assert_eq!(typed(pairs).unwrap(), want, "{pairs:?}");
        }
    }

    #[test]
    fn what_is_not_taken() {
        use Field::{City, Email, Language, Phone, PostalCode, Province, Street};
        let long = "x".repeat(121);
        for (field, text, want) in [
            (Email, "camille", vec![(Email, Fault::Shape)]),
            (Phone, "call me", vec![(Phone, Fault::Shape)]),
            (Phone, "555-01", vec![(Phone, Fault::Shape)]),
            (Phone, "1234567890123456", vec![(Phone, Fault::Shape)]),
            (Language, "de", vec![(Language, Fault::Shape)]),
            (Street, "\u{202e}1 rue", vec![(Street, Fault::Shape)]),
            (City, "—", vec![(City, Fault::Shape)]),
            (Street, long.as_str(), vec![(Street, Fault::Long)]),
            (Province, "Ontario", vec![(Province, Fault::Shape)]),
            (PostalCode, "12345", vec![(PostalCode, Fault::Shape)]),
            (PostalCode, "K1A 0B1", vec![(Province, Fault::ProvinceNeeded)]),
        ] {
            assert_eq!(typed(&[(field, text)]), Err(want), "{text}");
        }
    }

    #[test]
    fn abroad_a_postal_code_is_free_and_there_is_no_province() {
        let abroad = OnFile { country: "FR".into(), province: String::new(), ..on_file() };
        let of = |field| if field == Field::PostalCode { "75001" } else { "" };
        assert_eq!(changes(&abroad, of).unwrap()[0].value, "75001");
        let of = |field| if field == Field::Province { "ON" } else { "" };
        assert_eq!(changes(&abroad, of), Err(vec![(Field::Province, Fault::Shape)]));
    }

    #[test]
    fn what_a_list_says() {
        for (list, want) in [
            ("514-555-0142", Listed::Older),
            ("514.555.0142", Listed::Older),
            ("(613) 555-0100", Listed::Settled),
            ("", Listed::Third),
            ("204-555-0100", Listed::Third),
        ] {
            let got = listed(Field::Phone, "514-555-0142", "613-555-0100", list);
            assert_eq!(got, want, "{list}");
        }
    }

    #[test]
    fn the_postal_code_or_the_number_where_there_is_none() {
        for (typed, postal_code, want) in [
            ("h2x 1y4", "H2X 1Y4", true),
            ("H2X1Y4", "H2X 1Y4", true),
            // Every notice tells it.
            ("10442", "H2X 1Y4", false),
            ("H2X", "H2X 1Y4", false),
            ("", "H2X 1Y4", false),
            ("  ", "H2X 1Y4", false),
            ("75001", "75001", true),
            (" 10-442 ", "", true),
            ("10442", " - ", true),
            ("10443", "", false),
            ("", "", false),
        ] {
            assert_eq!(proves(typed, postal_code, "10442"), want, "{typed} for {postal_code:?}");
        }
    }

    #[test]
    fn every_field_is_read_back() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.as_str()), Some(field));
        }
        assert_eq!(Field::parse("status"), None);
    }
}
