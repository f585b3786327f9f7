//! Owns the columns that a list need not have: what a list does not tell of is left as it is
//! stored.

use super::people::Row;
use crate::domain::correction::Field;

/// Makes one column of a row what is stored.
type Keep = fn(&mut Row, &Row);

/// A list's optional columns, in the order of the reference.
const OPTIONAL: [(&str, Keep); 11] = [
    ("email2", |row, stored| row.email2.clone_from(&stored.email2)),
    ("phone", |row, stored| row.phone.clone_from(&stored.phone)),
    ("street", |row, stored| row.street.clone_from(&stored.street)),
    ("city", |row, stored| row.city.clone_from(&stored.city)),
    ("postal_code", |row, stored| row.postal_code.clone_from(&stored.postal_code)),
    ("country", |row, stored| row.country.clone_from(&stored.country)),
    ("status", |row, stored| row.status.clone_from(&stored.status)),
    ("employer", |row, stored| row.employer.clone_from(&stored.employer)),
    ("zone", |row, stored| row.zone.clone_from(&stored.zone)),
    ("home", |row, stored| row.home = stored.home),
    ("since", |row, stored| row.since.clone_from(&stored.since)),
];

/// The columns that a list leaves out, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent(Vec<&'static str>);

impl Absent {
    /// Those of which `has` does not know the name.
    pub fn of(has: impl Fn(&str) -> bool) -> Self {
        Self(OPTIONAL.iter().map(|(name, _)| *name).filter(|name| !has(name)).collect())
    }

    /// Their names.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }

    /// Whether the list says nothing of that field of anybody.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.0.contains(&field.as_str())
    }

    /// A row of the list, with what the list does not tell of as it is stored.
    pub fn keep(&self, row: &mut Row, stored: &Row) {
        for (_, keep) in OPTIONAL.iter().filter(|(name, _)| self.0.contains(name)) {
            keep(row, stored);
        }
    }
}
