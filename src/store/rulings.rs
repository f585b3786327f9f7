//! Owns categories that a desk decided before the member list has them: what was decided stands
//! until the list says something that it did not say then.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::people::Row;
use crate::ids::PersonId;

/// Puts a member into a category of an association from now on. What the list had stays known.
pub fn keep(
    c: &Connection,
    person: PersonId,
    association: &str,
    category: &str,
    at_ms: i64,
    ledger: i64,
) -> Result<(), StoreError> {
    let listed: Option<String> = c
        .prepare_cached(
            "SELECT was FROM ruling
             WHERE person = ?1 AND association = ?2 AND state = 'standing'",
        )?
        .query_row((person.0, association), |r| r.get(0))
        .optional()?;
    c.prepare_cached(
        "UPDATE ruling SET state = 'settled'
         WHERE person = ?1 AND association = ?2 AND state = 'standing'",
    )?
    .execute((person.0, association))?;
    c.prepare_cached(
        "INSERT INTO ruling (person, association, was, category, state, at, ledger)
         SELECT person, association, coalesce(?3, category), ?4, 'standing', ?5, ?6
         FROM membership WHERE person = ?1 AND association = ?2",
    )?
    .execute((person.0, association, listed, category, at_ms, ledger))?;
    c.prepare_cached("UPDATE membership SET category = ?3 WHERE person = ?1 AND association = ?2")?
        .execute((person.0, association, category))?;
    Ok(())
}

/// A row of the list as it counts: where it has still the category that it had when the desk
/// decided, the decision stands; with any other the list has caught up, or knows better, and the
/// decision's row is returned too. Writes nothing.
pub fn seen<'r>(
    c: &Connection,
    person: PersonId,
    mut row: Cow<'r, Row>,
) -> Result<(Cow<'r, Row>, Option<i64>), StoreError> {
    let found: Option<(i64, String, String)> = c
        .prepare_cached(
            "SELECT id, was, category FROM ruling
             WHERE person = ?1 AND association = ?2 AND state = 'standing'",
        )?
        .query_row((person.0, &row.association), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    let Some((id, was, category)) = found else { return Ok((row, None)) };
    if row.category == was {
        row.to_mut().category = category;
        return Ok((row, None));
    }
    Ok((row, Some(id)))
}

/// As [`seen`]; a decision that the list has caught up with is settled.
pub fn over<'r>(
    c: &Connection,
    person: PersonId,
    row: Cow<'r, Row>,
) -> Result<Cow<'r, Row>, StoreError> {
    let (row, caught_up) = seen(c, person, row)?;
    if let Some(id) = caught_up {
        c.prepare_cached("UPDATE ruling SET state = 'settled' WHERE id = ?1")?.execute([id])?;
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(category: &str) -> Row {
        let text = String::new;
        Row {
            member_no: "1".into(),
            given_name: text(),
            family_name: text(),
            email: None,
            email2: None,
            language: None,
            province: text(),
            zone: None,
            status: text(),
            phone: text(),
            street: text(),
            city: text(),
            postal_code: text(),
            country: text(),
            employer: text(),
            association: "OPPI".into(),
            category: category.into(),
            pli: false,
            home: true,
            since: None,
        }
    }

    #[test]
    fn a_decision_stands_until_the_list_says_something_new() {
        // What the list says after the desk decided `retired`, then `student`, of a `full` member.
        for (lists, counts) in [
            (&["full", "full"][..], &["student", "student"][..]),
            (&["full", "student", "full"], &["student", "student", "full"]),
            (&["candidate", "full"], &["candidate", "full"]),
        ] {
            let mut c = Connection::open_in_memory().unwrap();
            super::super::migrate::run(&mut c, 0).unwrap();
            c.execute_batch(
                "INSERT INTO person (id, member_no, subject, salt, given_name, family_name,
                   province, status) VALUES (1, '1', 's', x'00', '', '', 'ON', 'active');
                 INSERT INTO membership (person, association, category, pli, home)
                 VALUES (1, 'OPPI', 'full', 0, 1);",
            )
            .unwrap();
            keep(&c, PersonId(1), "OPPI", "retired", 5, 7).unwrap();
            keep(&c, PersonId(1), "OPPI", "student", 6, 8).unwrap();
            let now = "SELECT category FROM membership";
            let now: String = c.query_row(now, [], |r| r.get(0)).unwrap();
            assert_eq!(now, "student");
            for (list, want) in lists.iter().zip(counts) {
                let counted = over(&c, PersonId(1), Cow::Owned(row(list))).unwrap();
                assert_eq!(&counted.category, want, "{lists:?}");
            }
        }
    }
}
