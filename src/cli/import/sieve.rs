//! Owns what one row of a list cannot know of the others: a number for two people, two homes, one
//! membership twice, an address of several.

use std::collections::HashMap;

use super::Refused;
use crate::members::same_person;
use crate::store::people::{self, Row};

/// Shared addresses that are named; more are counted.
const SHARED_NAMED_MAX: usize = 20;

/// What one row cannot know of the others.
#[derive(Default)]
pub(super) struct Sieve {
    /// Member number → names, and the line of a row that says it is the home membership.
    seen: HashMap<String, (String, String, Option<u64>)>,
    /// Member number and association → line.
    places: HashMap<(String, String), u64>,
    /// Address → member numbers.
    addresses: HashMap<String, Vec<String>>,
}

impl Sieve {
    /// A reason to refuse a row because of the rows before it, or of the store.
    pub(super) fn refuse(
        &mut self,
        c: &rusqlite::Connection,
        line: u64,
        row: &Row,
    ) -> Result<Option<Refused>, crate::store::StoreError> {
        let names = (row.given_name.as_str(), row.family_name.as_str());
        let place = (row.member_no.clone(), row.association.clone());
        let refused = |field: &str, why: String| {
            Some(Refused { line, field: field.into(), why, raw: raw(row) })
        };
        if let Some((given, family, home)) = self.seen.get_mut(&row.member_no) {
            if !same_person((given, family), names) {
                return Ok(refused(
                    "member_no",
                    format!(
                        "Number {} belongs to another person in an earlier row; give each person a number of their own.",
                        row.member_no
                    ),
                ));
            }
            if let Some(first) = self.places.get(&place) {
                let why = format!(
                    "Line {first} already has this member in {}; leave one of the two out.",
                    row.association
                );
                return Ok(refused("association", why));
            }
            match (row.home, &home) {
                (true, Some(first)) => {
                    let why = format!(
                        "Line {first} already says where this member is at home; only one membership can."
                    );
                    return Ok(refused("home", why));
                }
                (true, None) => *home = Some(line),
                _ => {}
            }
        } else {
            if let Some((given, family)) = people::names(c, &row.member_no)?
                && !same_person((&given, &family), names)
            {
                return Ok(refused(
                    "member_no",
                    format!(
                        "Number {} belongs to another person in the store; correct the number, or the names one at a time.",
                        row.member_no
                    ),
                ));
            }
            let home = row.home.then_some(line);
            let entry = (row.given_name.clone(), row.family_name.clone(), home);
            self.seen.insert(row.member_no.clone(), entry);
        }
        self.places.insert(place, line);
        if let Some(email) = &row.email {
            let numbers = self.addresses.entry(email.clone()).or_default();
            if !numbers.contains(&row.member_no) {
                numbers.push(row.member_no.clone());
            }
        }
        Ok(None)
    }

    /// Addresses of several people: allowed, since greeting and subject name the member.
    pub(super) fn shared_warnings(&self) -> Vec<String> {
        let mut shared: Vec<String> = self
            .addresses
            .values()
            .filter(|numbers| numbers.len() > 1)
            .map(|numbers| format!("members {} share one address", numbers.join(", ")))
            .collect();
        shared.sort();
        let more = shared.len().saturating_sub(SHARED_NAMED_MAX);
        shared.truncate(SHARED_NAMED_MAX);
        if more > 0 {
            shared.push(format!("{more} more addresses are shared"));
        }
        shared
    }
}

fn raw(row: &Row) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fields =
        [&row.member_no, &row.given_name, &row.family_name, &row.association, &row.category];
    let _ = writer.write_record(fields);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default().trim_end().to_owned()
}
