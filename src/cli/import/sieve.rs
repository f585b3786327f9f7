//! Owns what one row of a list cannot know of the others: a number for two people, two homes, one
//! membership twice, rows of one person that disagree, an address of several.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::report::{Disagreement, Refused};
use crate::link::Keyring;
use crate::members::same_person;
use crate::store::people::{self, Row};
use crate::store::tombstones::{self, Tomb};
use crate::store::{StoreError, addresses, data_version};

/// Shared addresses that are named; more are counted.
const SHARED_NAMED_MAX: usize = 20;

/// What every row of a person says of them, and not of one membership.
const OF_PERSON: [&str; 14] = [
    "given_name",
    "family_name",
    "email",
    "email2",
    "language",
    "province",
    "zone",
    "status",
    "phone",
    "street",
    "city",
    "postal_code",
    "country",
    "employer",
];
/// Each of those as a hash, zero for nothing: a list may have a million rows.
type Said = [u32; OF_PERSON.len()];

/// What the first row of a person said.
struct Seen {
    line: u64,
    given: String,
    family: String,
    /// Line of the row that says it is the home membership.
    home: Option<u64>,
    said: Said,
    /// By association, the line of the row.
    places: Vec<(Box<str>, u64)>,
    /// Whether it was told that something of them would change.
    told: bool,
}

/// What one row cannot know of the others.
#[derive(Default)]
pub(super) struct Sieve {
    seen: HashMap<String, Seen>,
    /// Numbers of those of whom not all rows say the same.
    uneven: HashSet<String>,
    /// Lines that are not taken, though each by itself could be.
    dropped: HashSet<u64>,
    /// Address → member numbers.
    addresses: HashMap<String, Vec<String>>,
    disagreements: Vec<Disagreement>,
    graves: Graves,
    erased: Vec<u64>,
}

/// Marks of who was erased, and the keys to compare with; none where nobody was.
#[derive(Default)]
pub(super) struct Graves {
    ring: Option<Keyring>,
    /// Changes with each commit of somebody else. Own commits only take marks away.
    version: i64,
    numbers: HashMap<Vec<u8>, String>,
    addresses: HashMap<Vec<u8>, String>,
}

impl Graves {
    /// Reads them from a store.
    pub(super) fn read(
        c: &rusqlite::Connection,
        ring: Option<Keyring>,
    ) -> Result<Self, StoreError> {
        let version = data_version(c)?;
        let numbers = tombstones::all(c, Tomb::Number)?;
        let addresses = tombstones::all(c, Tomb::Address)?;
        Ok(Self { ring, version, numbers, addresses })
    }

    fn suspend_again(
        &self,
        c: &rusqlite::Connection,
        address: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let Some(ring) = self.ring.as_ref().filter(|_| !self.addresses.is_empty()) else {
            return Ok(());
        };
        let mark = Tomb::Address.mark(ring, address);
        if let Some(why) = self.addresses.get(mark.as_slice())
            && tombstones::remove(c, &mark)?
        {
            addresses::set_score(c, address, 0.0, at_ms, Some(why))?;
        }
        Ok(())
    }

    fn has(&self, member_no: &str) -> bool {
        let ring = self.ring.as_ref().filter(|_| !self.numbers.is_empty());
        ring.is_some_and(|ring| {
            self.numbers.contains_key(Tomb::Number.mark(ring, member_no).as_slice())
        })
    }
}

impl Sieve {
    /// With the marks of who was erased.
    pub(super) fn new(graves: Graves) -> Self {
        Self { graves, ..Self::default() }
    }

    /// Weighs an accepted row, in the list's order. Returns why it is refused because of the rows
    /// before it, or of the store. A row of somebody who was erased is not taken, and told.
    pub(super) fn weigh(
        &mut self,
        c: &rusqlite::Connection,
        line: u64,
        row: &Row,
    ) -> Result<Option<Refused>, StoreError> {
        if self.is_erased(line, row) {
            self.dropped.insert(line);
            return Ok(None);
        }
        let refused = self.refuse(c, line, row)?;
        if refused.is_some() {
            self.dropped.insert(line);
        }
        Ok(refused)
    }

    /// Whether a row is of somebody who was erased; then it is told.
    pub(super) fn is_erased(&mut self, line: u64, row: &Row) -> bool {
        let erased = self.graves.has(&row.member_no);
        if erased {
            self.erased.push(line);
        }
        erased
    }

    /// Sees who was erased since.
    pub(super) fn look_at_graves(&mut self, c: &rusqlite::Connection) -> Result<(), StoreError> {
        if data_version(c)? != self.graves.version {
            self.graves = Graves::read(c, self.graves.ring.take())?;
        }
        Ok(())
    }

    /// What came back from an address stays known, though its owner was erased: the mark gives
    /// way to the suspension, which a person can lift as any other.
    pub(super) fn suspend_again(
        &self,
        c: &rusqlite::Connection,
        row: &Row,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        for address in row.email.iter().chain(&row.email2) {
            self.graves.suspend_again(c, address, at_ms)?;
        }
        Ok(())
    }

    /// Whether the row of that line is taken, once all were weighed.
    pub(super) fn takes(&self, line: u64) -> bool {
        !self.dropped.contains(&line)
    }

    /// Whether all rows of each person say the same of them.
    pub(super) fn is_even(&self) -> bool {
        self.uneven.is_empty()
    }

    /// Whether one row of that person says something that another does not.
    pub(super) fn is_uneven(&self, member_no: &str) -> bool {
        self.uneven.contains(member_no)
    }

    /// Whether the row of that line is its person's first.
    pub(super) fn is_first(&self, line: u64, member_no: &str) -> bool {
        self.seen.get(member_no).is_none_or(|seen| seen.line == line)
    }

    /// Whether that person was not told of before; from now on they are.
    pub(super) fn tells(&mut self, member_no: &str) -> bool {
        self.seen.get_mut(member_no).is_none_or(|seen| !std::mem::replace(&mut seen.told, true))
    }

    /// Whether the list has that membership.
    pub(super) fn has(&self, member_no: &str, association: &str) -> bool {
        self.seen.get(member_no).is_some_and(|seen| seen.place(association).is_some())
    }

    /// Lines of rows that were not taken, since their members were erased.
    pub(super) fn erased(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.erased)
    }

    fn refuse(
        &mut self,
        c: &rusqlite::Connection,
        line: u64,
        row: &Row,
    ) -> Result<Option<Refused>, StoreError> {
        let names = (row.given_name.as_str(), row.family_name.as_str());
        let refused = |field: &str, why| Some(Refused { line, field: field.into(), why });
        if let Some(seen) = self.seen.get_mut(&row.member_no) {
            if let Some((field, why)) = again(seen, line, row) {
                return Ok(refused(field, why));
            }
            if seen.said != said(row) {
                self.uneven.insert(row.member_no.clone());
            }
            self.disagreements.extend(differing(seen, line, row));
            seen.places.push((row.association.as_str().into(), line));
        } else {
            if let Some((given, family)) = people::names(c, &row.member_no)?
                && !same_person((&given, &family), names)
            {
                let why = format!(
                    "Number {} belongs to another person in the store; correct the number, or the names one at a time.",
                    row.member_no
                );
                return Ok(refused("member_no", why));
            }
            let seen = Seen {
                line,
                given: row.given_name.clone(),
                family: row.family_name.clone(),
                home: row.home.then_some(line),
                said: said(row),
                places: vec![(row.association.as_str().into(), line)],
                told: false,
            };
            self.seen.insert(row.member_no.clone(), seen);
        }
        if let Some(email) = &row.email {
            let numbers = self.addresses.entry(email.clone()).or_default();
            if !numbers.contains(&row.member_no) {
                numbers.push(row.member_no.clone());
            }
        }
        Ok(None)
    }

    /// Rows that say something else of a person than an earlier one.
    pub(super) fn disagreements(&mut self) -> Vec<Disagreement> {
        std::mem::take(&mut self.disagreements)
    }

    /// Addresses of several people: allowed, since greeting and subject name the member. Several
    /// of one name are more likely one person, who would be billed twice.
    pub(super) fn shared_warnings(&self) -> Vec<String> {
        let mut shared: Vec<String> = self
            .addresses
            .values()
            .filter(|numbers| numbers.len() > 1)
            .flat_map(|numbers| {
                let of_one_name = self.of_one_name(numbers).into_iter().map(|same| {
                    format!(
                        "members {} have one name and one address: probably one person, who would be billed more than once",
                        same.join(", ")
                    )
                });
                let all = format!("members {} share one address", numbers.join(", "));
                of_one_name.chain([all])
            })
            .collect();
        shared.sort();
        let more = shared.len().saturating_sub(SHARED_NAMED_MAX);
        shared.truncate(SHARED_NAMED_MAX);
        if more > 0 {
            shared.push(format!("{more} more addresses are shared"));
        }
        shared
    }

    fn of_one_name<'a>(&self, numbers: &'a [String]) -> Vec<Vec<&'a str>> {
        use crate::members::name::folded;
        let mut by_name: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for number in numbers {
            if let Some(seen) = self.seen.get(number) {
                let name = (folded(&seen.given), folded(&seen.family));
                by_name.entry(name).or_default().push(number);
            }
        }
        by_name.into_values().filter(|same| same.len() > 1).collect()
    }
}

impl Seen {
    fn place(&self, association: &str) -> Option<u64> {
        self.places.iter().find(|(code, _)| &**code == association).map(|(_, line)| *line)
    }
}

/// Why another row of a person met before is refused: its field and the reason.
fn again(seen: &mut Seen, line: u64, row: &Row) -> Option<(&'static str, String)> {
    if !same_person((&seen.given, &seen.family), (&row.given_name, &row.family_name)) {
        let why = format!(
            "Number {} belongs to another person in an earlier row; give each person a number of their own.",
            row.member_no
        );
        return Some(("member_no", why));
    }
    if let Some(first) = seen.place(&row.association) {
        let why = format!(
            "Line {first} already has this member in {}; leave one of the two out.",
            row.association
        );
        return Some(("association", why));
    }
    match (row.home, seen.home) {
        (true, Some(first)) => {
            let why = format!(
                "Line {first} already says where this member is at home; only one membership can."
            );
            return Some(("home", why));
        }
        (true, None) => seen.home = Some(line),
        _ => {}
    }
    None
}

fn said(row: &Row) -> Said {
    let mark = |text: &str| {
        if text.is_empty() {
            return 0;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        // Half of it tells two values apart as well; nothing is looked up by it.
        u32::try_from(hasher.finish() >> 32).unwrap_or(1).max(1)
    };
    let maybe = |text: &Option<String>| mark(text.as_deref().unwrap_or_default());
    // In the order of OF_PERSON.
    [
        mark(&row.given_name),
        mark(&row.family_name),
        maybe(&row.email),
        maybe(&row.email2),
        maybe(&row.language),
        mark(&row.province),
        maybe(&row.zone),
        mark(&row.status),
        mark(&row.phone),
        mark(&row.street),
        mark(&row.city),
        mark(&row.postal_code),
        mark(&row.country),
        mark(&row.employer),
    ]
}

/// What a later row says otherwise; what only one of the two says is no disagreement.
fn differing(seen: &mut Seen, line: u64, row: &Row) -> Option<Disagreement> {
    let mut fields = Vec::new();
    for ((first, later), name) in seen.said.iter_mut().zip(said(row)).zip(OF_PERSON) {
        if *first == 0 {
            *first = later;
        } else if later != 0 && later != *first {
            fields.push(name);
        }
    }
    let (member_no, first) = (row.member_no.clone(), seen.line);
    (!fields.is_empty()).then_some(Disagreement {
        member_no,
        line: first,
        other_line: line,
        fields,
    })
}
