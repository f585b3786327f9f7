//! Owns what members corrected of their own data, and new addresses that wait to be confirmed.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use super::absent::Absent;
use super::people::Row;
use super::tasks::{self, NewTask};
use crate::domain::correction::{Field, Listed, OnFile, listed};
use crate::domain::words::TaskKind;
use crate::ids::PersonId;

/// One correction that the list may not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Row.
    pub id: i64,
    /// Of what.
    pub field: Field,
    /// The list's value then.
    pub was: String,
    /// The member's.
    pub value: String,
    /// A third value that the list has meanwhile; empty for none.
    pub listed: String,
    /// When, in milliseconds.
    pub at_ms: i64,
}

/// A new address on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// Row.
    pub id: i64,
    /// Whose.
    pub person: PersonId,
    /// Code of the association on whose page it was asked for.
    pub issuer: String,
    /// The address on file then; empty for none.
    pub was: String,
    /// The new one.
    pub address: String,
    /// Whether the old one has confirmed it.
    pub was_confirmed: bool,
    /// Whether the new one has.
    pub address_confirmed: bool,
    /// `waiting`, `done`, `refused`, `replaced`.
    pub state: String,
}

const fn column(field: Field) -> &'static str {
    field.as_str()
}

/// A member's data as they are on file.
pub fn on_file(c: &Connection, person: PersonId) -> Result<OnFile, StoreError> {
    Ok(c.prepare_cached(
        "SELECT coalesce(email, ''), phone, coalesce(language, ''), street, city, province,
           postal_code, country FROM person WHERE id = ?1",
    )?
    .query_row([person.0], |r| {
        Ok(OnFile {
            email: r.get(0)?,
            phone: r.get(1)?,
            language: r.get(2)?,
            street: r.get(3)?,
            city: r.get(4)?,
            province: r.get(5)?,
            postal_code: r.get(6)?,
            country: r.get(7)?,
        })
    })?)
}

/// Writes a correction into the person's row and keeps it until the list has it. A second
/// correction of the same field takes the place of the first; what the list had stays known.
pub fn keep(
    c: &Connection,
    person: PersonId,
    field: Field,
    value: &str,
    at_ms: i64,
    ledger: i64,
) -> Result<(), StoreError> {
    let before = standing(c, person)?.into_iter().find(|k| k.field == field);
    let was = match &before {
        Some(first) => first.was.clone(),
        None => on_file(c, person)?.get(field).to_owned(),
    };
    let sql = format!("UPDATE person SET {} = ?2 WHERE id = ?1", column(field));
    c.prepare_cached(&sql)?.execute((person.0, value))?;
    if let Some(first) = before {
        set_state(c, first.id, "replaced", "")?;
    }
    c.prepare_cached(
        "INSERT INTO correction (person, field, was, value, state, at, ledger)
         VALUES (?1, ?2, ?3, ?4, 'standing', ?5, ?6)",
    )?
    .execute((person.0, field.as_str(), was, value, at_ms, ledger))?;
    Ok(())
}

/// Corrections of a person that the list does not have, oldest first.
pub fn standing(c: &Connection, person: PersonId) -> Result<Vec<Correction>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT id, field, was, value, listed, at FROM correction
         WHERE person = ?1 AND state IN ('standing', 'conflict') ORDER BY id",
    )?;
    let rows = statement.query_map([person.0], correction)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn correction(r: &SqlRow<'_>) -> rusqlite::Result<Correction> {
    let field: String = r.get(1)?;
    Ok(Correction {
        id: r.get(0)?,
        field: Field::parse(&field).ok_or_else(|| {
            rusqlite::Error::FromSqlConversionFailure(
                1,
                rusqlite::types::Type::Text,
                format!("unknown field {field}").into(),
            )
        })?,
        was: r.get(2)?,
        value: r.get(3)?,
        listed: r.get(4)?,
        at_ms: r.get(5)?,
    })
}

/// What a list says of a field that a member corrected.
#[derive(Debug)]
pub struct Met {
    correction: Correction,
    /// The list's value.
    list: String,
    listed: Listed,
}

/// A row of the list as it counts: what a member corrected stands until the list has it. Where the
/// list has no such column it says nothing of the correction. Writes nothing.
pub fn seen<'r>(
    c: &Connection,
    person: PersonId,
    row: Cow<'r, Row>,
    absent: &Absent,
) -> Result<(Cow<'r, Row>, Vec<Met>), StoreError> {
    let (mut row, mut met) = (row, Vec::new());
    for correction in standing(c, person)?.into_iter().filter(|one| !absent.has(one.field)) {
        let list = value(&row, correction.field).to_owned();
        let listed = listed(correction.field, &correction.was, &correction.value, &list);
        if listed != Listed::Settled {
            set(row.to_mut(), correction.field, &correction.value);
        }
        met.push(Met { correction, list, listed });
    }
    Ok((row, met))
}

/// As [`seen`]; what the list has by now is settled, and what it has as a third value is kept
/// beside the correction, with a line for the desk.
pub fn over<'r>(
    c: &Connection,
    person: PersonId,
    row: Cow<'r, Row>,
    absent: &Absent,
) -> Result<Cow<'r, Row>, StoreError> {
    let (row, met) = seen(c, person, row, absent)?;
    for Met { correction, list, listed } in met {
        match listed {
            Listed::Settled => set_state(c, correction.id, "settled", "")?,
            Listed::Third if correction.listed != list => {
                set_state(c, correction.id, "conflict", &list)?;
                conflict(c, person, &row.association, &correction)?;
            }
            Listed::Older | Listed::Third => {}
        }
    }
    Ok(row)
}

/// One line for the desk about a correction that the list contradicts. It shows the field only:
/// both values are the member's data.
fn conflict(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    one: &Correction,
) -> Result<(), StoreError> {
    // The list that says so is the newest one.
    let at_ms = c
        .prepare_cached(
            "SELECT coalesce((SELECT started_at FROM import ORDER BY id DESC LIMIT 1), ?1)",
        )?
        .query_row([one.at_ms], |r| r.get(0))?;
    let data = serde_json::json!({"correction": one.id, "field": one.field.as_str()});
    let task = NewTask {
        cause: &format!("conflict/{}", one.id),
        issuer,
        kind: TaskKind::Conflict,
        person: Some(person),
        renewal: None,
        data: &data,
        at_ms,
    };
    tasks::open(c, &task)?;
    Ok(())
}

fn value(row: &Row, field: Field) -> &str {
    match field {
        Field::Email => row.email.as_deref().unwrap_or_default(),
        Field::Phone => &row.phone,
        Field::Language => row.language.as_deref().unwrap_or_default(),
        Field::Street => &row.street,
        Field::City => &row.city,
        Field::Province => &row.province,
        Field::PostalCode => &row.postal_code,
    }
}

fn set(row: &mut Row, field: Field, value: &str) {
    let value = value.to_owned();
    match field {
        Field::Email => row.email = Some(value),
        Field::Phone => row.phone = value,
        Field::Language => row.language = Some(value),
        Field::Street => row.street = value,
        Field::City => row.city = value,
        Field::Province => row.province = value,
        Field::PostalCode => row.postal_code = value,
    }
}

/// Moves a correction on: `settled`, `conflict` with what the list has, `replaced`.
pub fn set_state(c: &Connection, id: i64, state: &str, listed: &str) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE correction SET state = ?2, listed = ?3 WHERE id = ?1")?
        .execute((id, state, listed))?;
    Ok(())
}

/// A desk keeps a member's value against what the list has: only something new on the list
/// contradicts it again.
pub fn stand_by(c: &Connection, one: &Correction) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE correction SET state = 'standing', was = listed, listed = '' WHERE id = ?1",
    )?
    .execute([one.id])?;
    Ok(())
}

/// A desk takes the list's value: it counts from now on.
pub fn give_up(c: &Connection, person: PersonId, one: &Correction) -> Result<(), StoreError> {
    let sql = format!("UPDATE person SET {} = ?2 WHERE id = ?1", column(one.field));
    c.prepare_cached(&sql)?.execute((person.0, &one.listed))?;
    set_state(c, one.id, "dropped", "")
}

/// Opens the wait for a new address; one that waits already is replaced. Returns its row.
pub fn ask_address(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    was: &str,
    address: &str,
    at_ms: i64,
) -> Result<i64, StoreError> {
    c.prepare_cached(
        "UPDATE address_change SET state = 'replaced' WHERE person = ?1 AND state = 'waiting'",
    )?
    .execute([person.0])?;
    c.prepare_cached(
        "INSERT INTO address_change (person, issuer, was, address, state, at)
         VALUES (?1, ?2, ?3, ?4, 'waiting', ?5)",
    )?
    .execute((person.0, issuer, was, address, at_ms))?;
    Ok(c.last_insert_rowid())
}

const CHANGE: &str = "id, person, issuer, was, address, was_confirmed_at IS NOT NULL,
    address_confirmed_at IS NOT NULL, state";

fn change(r: &SqlRow<'_>) -> rusqlite::Result<AddressChange> {
    Ok(AddressChange {
        id: r.get(0)?,
        person: PersonId(r.get(1)?),
        issuer: r.get(2)?,
        was: r.get(3)?,
        address: r.get(4)?,
        was_confirmed: r.get(5)?,
        address_confirmed: r.get(6)?,
        state: r.get(7)?,
    })
}

/// The change with that row.
pub fn address_change(c: &Connection, id: i64) -> Result<Option<AddressChange>, StoreError> {
    let sql = format!("SELECT {CHANGE} FROM address_change WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id], change).optional()?)
}

/// The new address of a person that waits to be confirmed.
pub fn waiting(c: &Connection, person: PersonId) -> Result<Option<AddressChange>, StoreError> {
    let sql =
        format!("SELECT {CHANGE} FROM address_change WHERE person = ?1 AND state = 'waiting'");
    Ok(c.prepare_cached(&sql)?.query_row([person.0], change).optional()?)
}

/// Notes that one of the two addresses confirmed a change that waits.
pub fn confirm_address(
    c: &Connection,
    id: i64,
    by_new: bool,
    at_ms: i64,
) -> Result<(), StoreError> {
    let column = if by_new { "address_confirmed_at" } else { "was_confirmed_at" };
    let sql = format!(
        "UPDATE address_change SET {column} = coalesce({column}, ?2)
         WHERE id = ?1 AND state = 'waiting'"
    );
    c.prepare_cached(&sql)?.execute((id, at_ms))?;
    Ok(())
}

/// Ends the wait: `done` or `refused`.
pub fn end_address(c: &Connection, id: i64, state: &str) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE address_change SET state = ?2 WHERE id = ?1 AND state = 'waiting'")?
        .execute((id, state))?;
    Ok(())
}
