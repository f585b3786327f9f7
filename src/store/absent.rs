//! Owns the columns that a list need not have: what a list does not tell of is left as it is
//! stored.

use super::people::Row;
use crate::domain::correction::Field;

/// A column that a member list may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the member list")]
pub enum Optional {
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

impl Optional {
    /// Every one, in the order of the reference.
    pub const ALL: [Self; 11] = [
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

    /// The column's name in the list.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email2 => "email2",
            Self::Phone => "phone",
            Self::Street => "street",
            Self::City => "city",
            Self::PostalCode => "postal_code",
            Self::Country => "country",
            Self::Status => "status",
            Self::Employer => "employer",
            Self::Zone => "zone",
            Self::Home => "home",
            Self::Since => "since",
        }
    }

    fn keep(self, row: &mut Row, stored: &Row) {
        match self {
            Self::Email2 => row.email2.clone_from(&stored.email2),
            Self::Phone => row.phone.clone_from(&stored.phone),
            Self::Street => row.street.clone_from(&stored.street),
            Self::City => row.city.clone_from(&stored.city),
            Self::PostalCode => row.postal_code.clone_from(&stored.postal_code),
            Self::Country => row.country.clone_from(&stored.country),
            Self::Status => row.status.clone_from(&stored.status),
            Self::Employer => row.employer.clone_from(&stored.employer),
            Self::Zone => row.zone.clone_from(&stored.zone),
            Self::Home => row.home = stored.home,
            Self::Since => row.since.clone_from(&stored.since),
        }
    }
}

/// The columns that a list leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent(Vec<Optional>);

impl Absent {
    /// Those of which `has` does not know the name.
    pub fn of(has: impl Fn(&str) -> bool) -> Self {
        Self(Optional::ALL.into_iter().filter(|column| !has(column.as_str())).collect())
    }

    /// Their names.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|column| column.as_str()).collect()
    }

    /// Whether the list says nothing of that field of anybody.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.0.iter().any(|column| column.as_str() == field.as_str())
    }

    /// A row of the list, with what the list does not tell of as it is stored.
    pub fn keep(&self, row: &mut Row, stored: &Row) {
        for column in &self.0 {
            column.keep(row, stored);
        }
    }
}
