//! Owns the columns of a member list and the reading of its first line.

use crate::config::nearest::suggest;
use crate::store::absent::Absent;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name in the first line.
    pub name: &'static str,
    /// Whether the list must have it.
    pub required: bool,
    /// What stands in it.
    pub doc: &'static str,
}

const fn need(name: &'static str, doc: &'static str) -> ColumnInfo {
    ColumnInfo { name, required: true, doc }
}

const fn may(name: &'static str, doc: &'static str) -> ColumnInfo {
    ColumnInfo { name, required: false, doc }
}

/// Every column, in the order in which the reference lists them.
pub const COLUMNS: [ColumnInfo; 20] = [
    need("member_no", "Member number: letters, digits and - . / _, at most 32."),
    need("given_name", "Given name."),
    need("family_name", "Family name."),
    need("email", "Address to be mailed; may be empty: then the member is on the letters list."),
    need("language", "en or fr; empty where it is not known."),
    need("province", "Canada Post's two letters (ON); empty outside Canada."),
    need("association", "Code of the association, as in associations.toml."),
    need("category", "Code of the category, as in associations.toml."),
    need("pli", "yes or no: whether the member carries professional liability insurance."),
    may("email2", "A second address, used where the first is dead."),
    may("phone", "Telephone."),
    may("street", "Street and number."),
    may("city", "City."),
    may("postal_code", "Postal code."),
    may("country", "Two letters (ISO 3166-1); empty: CA."),
    may("status", "active, on-leave, honorary, deceased or resigned; empty: active."),
    may("employer", "Employer."),
    may("zone", "Time zone (IANA name), where it is not the province's."),
    may("home", "yes or no: whether this is the member's home membership."),
    may("since", "Member since: a date like 2015-09-01."),
];

/// The column that a list of refused rows has besides: why each was. It is not read, so that the
/// list can be mended and taken in as it is.
pub const REASONS: &str = "refused_because";

/// A column's place in [`COLUMNS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    MemberNo,
    GivenName,
    FamilyName,
    Email,
    Language,
    Province,
    Association,
    Category,
    Pli,
    Email2,
    Phone,
    Street,
    City,
    PostalCode,
    Country,
    Status,
    Employer,
    Zone,
    Home,
    Since,
}

impl Column {
    pub const ALL: [Self; COLUMNS.len()] = [
        Self::MemberNo,
        Self::GivenName,
        Self::FamilyName,
        Self::Email,
        Self::Language,
        Self::Province,
        Self::Association,
        Self::Category,
        Self::Pli,
        Self::Email2,
        Self::Phone,
        Self::Street,
        Self::City,
        Self::PostalCode,
        Self::Country,
        Self::Status,
        Self::Employer,
        Self::Zone,
        Self::Home,
        Self::Since,
    ];

    pub const fn name(self) -> &'static str {
        COLUMNS[self as usize].name
    }
}

/// Wrong columns that are told one by one: where more are, the file is no member list.
const WRONG_MAX: usize = 20;

/// Where each column stands in a row.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
    reasons: Option<usize>,
}

impl Layout {
    /// Before the first line was read.
    pub const fn none() -> Self {
        Self { places: [None; COLUMNS.len()], width: 0, reasons: None }
    }

    /// From the names in the first line, in any order and case. All that is wrong with them, as
    /// sentences.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, Vec<String>> {
        let known = COLUMNS.map(|c| c.name);
        let mut layout = Self::none();
        let (mut wrong, mut more) = (Vec::new(), 0_usize);
        for (at, written) in names.enumerate() {
            layout.width += 1;
            let name = written.trim().to_lowercase().replace([' ', '-'], "_");
            match known.iter().position(|k| *k == name) {
                Some(column) if layout.places[column].is_none() => {
                    layout.places[column] = Some(at);
                }
                None if name == REASONS && layout.reasons.is_none() => layout.reasons = Some(at),
                _ if wrong.len() >= WRONG_MAX => more += 1,
                Some(_) => {
                    wrong.push(format!("Column “{name}” stands there twice: leave one out."));
                }
                None if name.is_empty() => {
                    wrong.push(format!("Column {} has no name: name it or leave it out.", at + 1));
                }
                None => {
                    let shown: String = written.trim().chars().take(40).collect();
                    let hint = suggest(&name, &known);
                    wrong.push(format!("Column “{shown}” is not known. {hint}"));
                }
            }
        }
        if more > 0 {
            wrong.push(format!("{more} more columns are wrong."));
        }
        let missing: Vec<&str> = COLUMNS
            .iter()
            .zip(&layout.places)
            .filter(|(column, place)| column.required && place.is_none())
            .map(|(column, _)| column.name)
            .collect();
        if !missing.is_empty() {
            wrong.push(format!("Missing: {}.", missing.join(", ")));
        }
        if wrong.is_empty() { Ok(layout) } else { Err(wrong) }
    }

    pub const fn width(&self) -> usize {
        self.width
    }

    /// Where the reasons of a list of refused rows stand, if it is one.
    pub const fn reasons(&self) -> Option<usize> {
        self.reasons
    }

    /// The columns that the list leaves out.
    pub fn absent(&self) -> Absent {
        Absent::of(|name| {
            COLUMNS.iter().zip(&self.places).any(|(c, place)| c.name == name && place.is_some())
        })
    }

    pub const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str =
        "member_no,given_name,family_name,email,language,province,association,category,pli";

    #[test]
    fn any_order_and_case() {
        let mut names: Vec<_> = LEAST.split(',').collect();
        names.reverse();
        names.push(" Postal Code ");
        let layout = Layout::of(names.into_iter()).unwrap();
        assert_eq!(layout.place(Column::MemberNo), Some(8));
        assert_eq!(layout.place(Column::PostalCode), Some(9));
        assert_eq!(layout.place(Column::Since), None);
        assert_eq!(layout.width(), 10);
    }

    #[test]
    fn what_a_list_may_leave_out_is_known_to_be_absent() {
        let may: Vec<_> = COLUMNS.iter().filter(|c| !c.required).map(|c| c.name).collect();
        assert_eq!(Layout::of(LEAST.split(',')).unwrap().absent().names(), may);
        let all = COLUMNS.map(|c| c.name);
        assert_eq!(Layout::of(all.into_iter()).unwrap().absent(), Absent::default());
    }

    #[test]
    fn a_list_of_refused_rows_is_a_list() {
        let layout = Layout::of(format!("Refused because,{LEAST}").split(',')).unwrap();
        assert_eq!(layout.reasons(), Some(0));
        assert_eq!(layout.place(Column::MemberNo), Some(1));
        assert!(Layout::of(format!("{REASONS},{REASONS},{LEAST}").split(',')).is_err());
    }

    #[test]
    fn everything_wrong_at_once() {
        let wrong =
            Layout::of("member_no,Member-No,emial,,salary".split(',')).unwrap_err().join("\n");
        for text in [
            "“member_no” stands there twice",
            "“emial” is not known. Did you mean “email”?",
            "Column 4 has no name",
            "“salary” is not known. Known here: member_no, ",
            "Missing: given_name, family_name, email, language, province, association, category, pli.",
        ] {
            assert!(wrong.contains(text), "{text}\n{wrong}");
        }
    }

    #[test]
    fn many_wrong_columns_are_counted() {
        let line = "salary,".repeat(100_000) + LEAST;
        let wrong = Layout::of(line.split(',')).unwrap_err();
        assert_eq!(wrong.len(), WRONG_MAX + 1);
        assert_eq!(wrong.last().unwrap(), "99980 more columns are wrong.");
    }

    #[test]
    fn places_and_names_agree() {
        for (at, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, at);
        }
        for (column, name) in [
            (Column::MemberNo, "member_no"),
            (Column::Pli, "pli"),
            (Column::Email2, "email2"),
            (Column::Country, "country"),
            (Column::Since, "since"),
        ] {
            assert_eq!(column.name(), name);
        }
    }
}
