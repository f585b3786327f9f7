//! Owns turning one record into a row, or into every reason to refuse it at once.

use csv::StringRecord;
use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::address::{Address, normalise};
use super::columns::{Column, Layout};
use super::name::{DisplayName, is_dangerous};
use super::row::{MemberRow, Refusal, Status};
use crate::config::{CategoryConfig, Config, PliRule};
use crate::domain::place::{self, Province};
use crate::domain::words::Lang;

/// Longest value in octets: a street with its city is far shorter. What is longer is no member's
/// datum but a broken file.
pub const FIELD_OCTETS_MAX: usize = 1000;
/// Longest member number.
pub const MEMBER_NO_OCTETS_MAX: usize = 32;

/// The row in `record`, or every reason why it is none.
pub(super) fn read(
    record: &StringRecord,
    layout: &Layout,
    config: &Config,
) -> Result<MemberRow, Vec<Refusal>> {
    let mut row = Row { record, layout, refusals: Vec::new() };
    row.plain();
    if !row.refusals.is_empty() {
        return Err(row.refusals);
    }
    let read = row.member(config);
    match read {
        Some(member) if row.refusals.is_empty() => Ok(member),
        _ => Err(row.refusals),
    }
}

struct Row<'a> {
    record: &'a StringRecord,
    layout: &'a Layout,
    refusals: Vec<Refusal>,
}

impl<'a> Row<'a> {
    fn refuse<T>(&mut self, column: Column, why: impl Into<String>) -> Option<T> {
        self.refusals.push(Refusal { field: column.name(), why: why.into() });
        None
    }

    /// Trimmed; empty where the list has no such column.
    fn text(&self, column: Column) -> &'a str {
        self.layout
            .place(column)
            .and_then(|at| self.record.get(at))
            .unwrap_or_default()
            .trim_matches([' ', '\u{a0}'])
    }

    fn some(&self, column: Column) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Values that no column may have.
    fn plain(&mut self) {
        for column in Column::ALL {
            let Some(value) = self.layout.place(column).and_then(|at| self.record.get(at)) else {
                continue;
            };
            if value.len() > FIELD_OCTETS_MAX {
                let why = format!("Has {} octets; at most {FIELD_OCTETS_MAX}.", value.len());
                self.refuse::<()>(column, why);
            } else if let Some(c) = value.chars().find(|c| is_dangerous(*c)) {
                let code = u32::from(c);
                let why = format!(
                    "Has a line break, control or text-direction character (U+{code:04X}); write \
                     plain text on one line."
                );
                self.refuse::<()>(column, why);
            }
        }
    }

    fn member(&mut self, config: &Config) -> Option<MemberRow> {
        // Every column is looked at before the first `?`, so that all reasons come at once.
        let member_no = self.member_no();
        let given_name = self.name(Column::GivenName);
        let family_name = self.name(Column::FamilyName);
        let email = self.address(Column::Email);
        let email2 = self.address(Column::Email2);
        let language = self.language();
        let country = self.country();
        let province = self.province(country.as_deref());
        let postal_code = self.postal_code(country.as_deref());
        let place = self.membership(config);
        let status = self.status();
        let zone = self.zone();
        let home = self.yes_no(Column::Home);
        let since = self.since();
        let (association, category, pli) = place?;
        Some(MemberRow {
            member_no: member_no?,
            given_name: given_name?,
            family_name: family_name?,
            email,
            email2,
            phone: self.some(Column::Phone),
            street: self.some(Column::Street),
            city: self.some(Column::City),
            postal_code,
            country: country?,
            language,
            province,
            association,
            category,
            pli,
            status,
            employer: self.some(Column::Employer),
            zone,
            home,
            since,
        })
    }

    fn member_no(&mut self) -> Option<String> {
        let text = self.text(Column::MemberNo);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-./_".contains(&b);
        if text.is_empty() || text.len() > MEMBER_NO_OCTETS_MAX || !text.bytes().all(plain) {
            let why = "Must be 1 to 32 letters, digits or - . / _ without blanks.";
            return self.refuse(Column::MemberNo, why);
        }
        Some(text.to_owned())
    }

    fn name(&mut self, column: Column) -> Option<DisplayName> {
        match DisplayName::new(self.text(column)) {
            Ok(name) => Some(name),
            Err(e) => self.refuse(column, sentence(&e.to_string())),
        }
    }

    /// `None` is an empty column as well as a refused one.
    fn address(&mut self, column: Column) -> Option<Address> {
        let text = self.some(column)?;
        match normalise(&text) {
            Ok(address) => Some(address),
            Err(e) => self.refuse(column, format!("“{}” {e}.", cut(&text))),
        }
    }

    fn language(&mut self) -> Option<Lang> {
        let text = self.some(Column::Language)?.to_ascii_lowercase();
        let first = text.split(['-', '_']).next().unwrap_or_default();
        match Lang::parse(first) {
            Some(lang) => Some(lang),
            None => {
                self.refuse(Column::Language, format!("“{}”: write en, fr or nothing.", cut(&text)))
            }
        }
    }

    fn country(&mut self) -> Option<String> {
        let text = self.text(Column::Country);
        if text.is_empty() {
            return Some("CA".into());
        }
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Some(text.to_ascii_uppercase());
        }
        let why = format!("“{}”: write the two letters of ISO 3166-1, like CA or US.", cut(text));
        self.refuse(Column::Country, why)
    }

    fn province(&mut self, country: Option<&str>) -> Option<&'static Province> {
        let text = self.text(Column::Province);
        let abroad = country.is_some_and(|c| c != "CA");
        match place::province(text) {
            Some(province) if !abroad => Some(province),
            _ if abroad && text.is_empty() => None,
            _ if abroad => {
                let why = "Must be empty outside Canada; write a foreign state into the city.";
                self.refuse(Column::Province, why)
            }
            _ => {
                let codes = place::PROVINCES.map(|p| p.code).join(", ");
                let why = format!(
                    "“{}”: write one of {codes}; outside Canada leave it empty and fill country.",
                    cut(text)
                );
                self.refuse(Column::Province, why)
            }
        }
    }

    fn postal_code(&mut self, country: Option<&str>) -> Option<String> {
        let text = self.some(Column::PostalCode)?;
        if country != Some("CA") {
            return Some(text);
        }
        place::postal_code(&text).or_else(|| {
            let why = format!("“{}”: write a Canadian postal code like K1A 0B1.", cut(&text));
            self.refuse(Column::PostalCode, why)
        })
    }

    /// Association, category and insurance, which only mean something together.
    fn membership(&mut self, config: &Config) -> Option<(String, String, bool)> {
        let pli = self.yes_no(Column::Pli);
        let code = self.text(Column::Association);
        let Some(association) =
            config.associations.iter().find(|a| a.code.eq_ignore_ascii_case(code))
        else {
            let known: Vec<&str> = config.associations.iter().map(|a| a.code.as_str()).collect();
            let why = format!("“{}”: write one of {}.", cut(code), known.join(", "));
            return self.refuse(Column::Association, why);
        };
        let text = self.text(Column::Category);
        let Some(category) =
            association.categories.iter().find(|c| c.code.eq_ignore_ascii_case(text))
        else {
            let known: Vec<&str> = association.categories.iter().map(|c| c.code.as_str()).collect();
            let why = format!(
                "“{}” is no category of {}: write one of {}.",
                cut(text),
                association.code,
                known.join(", ")
            );
            return self.refuse(Column::Category, why);
        };
        let pli = self.insurance(pli, category)?;
        Some((association.code.clone(), category.code.clone(), pli))
    }

    /// A row that contradicts its category's rule is for a person to look at: cover is at stake.
    fn insurance(&mut self, said: Option<bool>, category: &CategoryConfig) -> Option<bool> {
        if said.is_none() && !self.text(Column::Pli).is_empty() {
            return None;
        }
        let code = &category.code;
        match (category.pli, said) {
            (PliRule::Optional, Some(carried)) => Some(carried),
            (PliRule::None, Some(false) | None) => Some(false),
            (PliRule::Included, Some(true) | None) => Some(true),
            (PliRule::Optional, None) => self.refuse(Column::Pli, "Is empty: write yes or no."),
            (PliRule::None, Some(true)) => self.refuse(
                Column::Pli,
                format!("Is yes, and category {code} has no insurance: write no, or correct it."),
            ),
            (PliRule::Included, Some(false)) => self.refuse(
                Column::Pli,
                format!("Is no, and category {code} includes it: write yes, or correct it."),
            ),
        }
    }

    fn yes_no(&mut self, column: Column) -> Option<bool> {
        let text = self.some(column)?;
        match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "true" | "1" | "oui" | "o" => Some(true),
            "no" | "n" | "false" | "0" | "non" => Some(false),
            _ => self.refuse(column, format!("“{}”: write yes or no.", cut(&text))),
        }
    }

    fn status(&mut self) -> Status {
        let text = self.text(Column::Status);
        if text.is_empty() {
            return Status::Active;
        }
        Status::parse(text).unwrap_or_else(|| {
            let known = Status::ALL.map(Status::as_str).join(", ");
            self.refuse::<()>(Column::Status, format!("“{}”: write one of {known}.", cut(text)));
            Status::Active
        })
    }

    fn zone(&mut self) -> Option<String> {
        let text = self.some(Column::Zone)?;
        if TimeZoneDatabase::bundled().get(&text).is_ok() {
            return Some(text);
        }
        let why = format!("“{}”: write an IANA name like America/Toronto.", cut(&text));
        self.refuse(Column::Zone, why)
    }

    fn since(&mut self) -> Option<Date> {
        let text = self.some(Column::Since)?;
        // The parser takes a time after the date too.
        match text.parse() {
            Ok(date) if text.len() == "2015-09-01".len() => Some(date),
            _ => {
                let why = format!("“{}”: write a date like 2015-09-01.", cut(&text));
                self.refuse(Column::Since, why)
            }
        }
    }
}

/// Enough of a wrong value to find it.
fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
