//! Owns persons, their memberships, what they stopped, and what is known against addresses.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::member::{Member, Membership};
use crate::domain::reserved;
use crate::domain::words::Lang;
use crate::ids::PersonId;

/// A person's contact data beside [`Member`], for desks and letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonRow {
    /// Random id in the ledger.
    pub subject: String,
    /// Second address, if any.
    pub email2: Option<String>,
    /// Telephone.
    pub phone: String,
    /// Own time zone, where the list says so.
    pub zone: Option<String>,
    /// Postal code.
    pub postal_code: String,
    /// Employer.
    pub employer: String,
}

/// One row of the member list, as import applies it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the fields are the columns of the member list")]
pub struct Row {
    pub member_no: String,
    pub given_name: String,
    pub family_name: String,
    pub email: Option<String>,
    pub email2: Option<String>,
    pub language: Option<String>,
    pub province: String,
    pub zone: Option<String>,
    pub status: String,
    pub phone: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
    pub employer: String,
    pub association: String,
    pub category: String,
    pub pli: bool,
    pub home: bool,
    pub since: Option<String>,
}

impl Row {
    /// This row, with what it does not say of the person taken from another of the same.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let text = |own: String, other| if own.is_empty() { other } else { own };
        Self {
            email: self.email.or(other.email),
            email2: self.email2.or(other.email2),
            language: self.language.or(other.language),
            province: text(self.province, other.province),
            zone: self.zone.or(other.zone),
            phone: text(self.phone, other.phone),
            street: text(self.street, other.street),
            city: text(self.city, other.city),
            postal_code: text(self.postal_code, other.postal_code),
            employer: text(self.employer, other.employer),
            ..self
        }
    }

    /// This person, with the membership of another row of theirs.
    #[must_use]
    pub fn in_membership_of(self, other: &Self) -> Self {
        Self {
            association: other.association.clone(),
            category: other.category.clone(),
            pli: other.pli,
            home: other.home,
            since: other.since.clone(),
            ..self
        }
    }
}

const MEMBER_COLUMNS: &str = "p.id, p.member_no, p.given_name, p.family_name, p.email, p.language,
    p.province, p.status,
    EXISTS (SELECT 1 FROM address a
      WHERE a.address = lower(p.email) AND a.suspended_at IS NOT NULL),
    EXISTS (SELECT 1 FROM address a
      WHERE a.address = lower(p.email) AND a.suspended_at IS NOT NULL
        AND a.reason NOT IN ('address-dead', 'bounces')), p.zone";

fn member(r: &SqlRow<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        id: PersonId(r.get(0)?),
        member_no: r.get(1)?,
        given_name: r.get(2)?,
        family_name: r.get(3)?,
        email: r.get(4)?,
        language: r.get::<_, Option<String>>(5)?.as_deref().and_then(Lang::parse),
        province: r.get(6)?,
        status: r.get(7)?,
        suspended: r.get(8)?,
        barred: r.get(9)?,
        zone: r.get(10)?,
        memberships: Vec::new(),
        unsubscribed: Vec::new(),
    })
}

/// Columns after the person's.
fn membership(r: &SqlRow<'_>) -> rusqlite::Result<Membership> {
    Ok(Membership {
        association: r.get(1)?,
        category: r.get(2)?,
        pli: r.get(3)?,
        home: r.get(4)?,
        since: r.get::<_, Option<String>>(5)?.and_then(|day| day.parse().ok()),
    })
}

fn fill(c: &Connection, member: &mut Member) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT person, association, category, pli, home, since FROM membership
         WHERE person = ?1 AND missing = 0 ORDER BY id",
    )?;
    let rows = statement.query_map([member.id.0], membership)?;
    member.memberships = rows.collect::<Result<_, _>>()?;
    let mut statement =
        c.prepare_cached("SELECT association FROM unsubscription WHERE person = ?1")?;
    let rows = statement.query_map([member.id.0], |r| r.get(0))?;
    member.unsubscribed = rows.collect::<Result<_, _>>()?;
    Ok(())
}

/// The member with that row.
pub fn by_id(c: &Connection, id: PersonId) -> Result<Option<Member>, StoreError> {
    one(c, "p.id = ?1", id.0)
}

/// The member with that number.
pub fn by_number(c: &Connection, member_no: &str) -> Result<Option<Member>, StoreError> {
    one(c, "p.member_no = ?1", member_no)
}

fn one(
    c: &Connection,
    condition: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<Member>, StoreError> {
    let sql = format!("SELECT {MEMBER_COLUMNS} FROM person p WHERE {condition}");
    let Some(mut found) = c.prepare_cached(&sql)?.query_row([value], member).optional()? else {
        return Ok(None);
    };
    fill(c, &mut found)?;
    Ok(Some(found))
}

/// Up to `limit` members of an association after the person `after`, in order of row.
pub fn of_association(
    c: &Connection,
    association: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Member>, StoreError> {
    // An expression, since SQLite plans anew for every other value of a bare `LIMIT ?3`.
    let sql = format!(
        "SELECT {MEMBER_COLUMNS} FROM membership m JOIN person p ON p.id = m.person
         WHERE m.association = ?1 AND m.person > ?2 AND m.missing = 0 ORDER BY m.person LIMIT ?3 + 0"
    );
    let mut members = {
        let mut statement = c.prepare_cached(&sql)?;
        let rows = statement.query_map((association, after, limit), member)?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    fill_page(c, &mut members)?;
    Ok(members)
}

/// As [`fill`], for a page in order of row, with one look at each table.
fn fill_page(c: &Connection, members: &mut [Member]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return Ok(()) };
    let range = (first.id.0, last.id.0);
    let mut put = |person: i64, put: &mut dyn FnMut(&mut Member)| {
        if let Ok(at) = members.binary_search_by_key(&person, |m| m.id.0) {
            put(&mut members[at]);
        }
    };
    let mut statement = c.prepare_cached(
        "SELECT person, association, category, pli, home, since FROM membership
         WHERE person BETWEEN ?1 AND ?2 AND missing = 0 ORDER BY person, id",
    )?;
    let mut rows = statement.query(range)?;
    while let Some(r) = rows.next()? {
        let mut place = Some(membership(r)?);
        put(r.get(0)?, &mut |member| member.memberships.extend(place.take()));
    }
    let mut statement = c.prepare_cached(
        "SELECT person, association FROM unsubscription WHERE person BETWEEN ?1 AND ?2",
    )?;
    let mut rows = statement.query(range)?;
    while let Some(r) = rows.next()? {
        let association: String = r.get(1)?;
        put(r.get(0)?, &mut |member| member.unsubscribed.push(association.clone()));
    }
    Ok(())
}

/// Contact data of one person.
pub fn contact(c: &Connection, id: PersonId) -> Result<PersonRow, StoreError> {
    Ok(c.prepare_cached(
        "SELECT subject, email2, phone, zone, postal_code, employer FROM person WHERE id = ?1",
    )?
    .query_row([id.0], |r| {
        Ok(PersonRow {
            subject: r.get(0)?,
            email2: r.get(1)?,
            phone: r.get(2)?,
            zone: r.get(3)?,
            postal_code: r.get(4)?,
            employer: r.get(5)?,
        })
    })?)
}

/// Where a letter to a person goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the columns of the member list")]
pub struct Postal {
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
}

/// Postal address of one person.
pub fn postal(c: &Connection, id: PersonId) -> Result<Postal, StoreError> {
    Ok(c.prepare_cached("SELECT street, city, postal_code, country FROM person WHERE id = ?1")?
        .query_row([id.0], |r| {
            Ok(Postal {
                street: r.get(0)?,
                city: r.get(1)?,
                postal_code: r.get(2)?,
                country: r.get(3)?,
            })
        })?)
}

/// Given and family name behind a member number.
pub fn names(c: &Connection, member_no: &str) -> Result<Option<(String, String)>, StoreError> {
    Ok(c.prepare_cached("SELECT given_name, family_name FROM person WHERE member_no = ?1")?
        .query_row([member_no], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?)
}

/// How many persons there are.
pub fn count(c: &Connection) -> Result<i64, StoreError> {
    Ok(c.query_row("SELECT count(*) FROM person", [], |r| r.get(0))?)
}

/// The first address on file that somebody may have: a simulated store may have none.
pub fn outside_reserved(c: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement = c.prepare(
        "SELECT email FROM person WHERE email IS NOT NULL
         UNION ALL SELECT email2 FROM person WHERE email2 IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let address: String = row.get(0)?;
        if !reserved::is_nobodys(&address) {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// Stops an association's reminders for a person. Returns whether that changed anything.
pub fn unsubscribe(
    c: &Connection,
    person: PersonId,
    association: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached(
            "INSERT INTO unsubscription (person, association, at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute((person.0, association, at_ms))?;
    Ok(n > 0)
}

/// Lets reminders go out again. Returns whether that changed anything.
pub fn resubscribe(
    c: &Connection,
    person: PersonId,
    association: &str,
) -> Result<bool, StoreError> {
    let n = c
        .prepare_cached("DELETE FROM unsubscription WHERE person = ?1 AND association = ?2")?
        .execute((person.0, association))?;
    Ok(n > 0)
}
