//! Owns forgetting a person: every column that names one is emptied, in every table that is about
//! people ([`super::records`]). Rows stay, since invoices, evidence and the ledger's chain hang on
//! them; what is left of the person is a random subject and a number that means nothing. What is
//! overwritten is overwritten on the disk too (`secure_delete`).

use rusqlite::Connection;

use super::records::{self, SOURCES};
use super::{StoreError, addresses};
use crate::ids::PersonId;

#[cfg(test)]
mod tests;

/// What each table's rows of the person become.
const EMPTIED: &[(&str, &[(&str, &str)])] = &[
    ("answer", &[("reason", "''")]),
    ("certificate", &[("url", "''")]),
    ("correction", &[("was", "''"), ("value", "''"), ("listed", "''")]),
    ("address_change", &[("was", "''"), ("address", "''")]),
    ("checkout", &[("url", "''")]),
    (
        "message",
        &[
            ("cause", "'erased/' || id"),
            ("payload", "'{}'"),
            ("reason", "iif(state = 'cancelled', reason, '')"),
        ],
    ),
    ("attempt", &[("address", "''"), ("domain", "''"), ("relay_text", "''"), ("subject", "''")]),
    (
        "inbound",
        &[
            ("sender", "''"),
            ("sender_name", "''"),
            ("subject", "''"),
            ("header_id", "''"),
            ("text", "''"),
        ],
    ),
    ("task", &[("data", "'{}'"), ("outcome", "''")]),
    ("deed", &[("note", "''"), ("salt", "x''")]),
    (
        "person",
        &[
            ("member_no", "'erased-' || id"),
            ("given_name", "''"),
            ("family_name", "''"),
            ("email", "NULL"),
            ("email2", "NULL"),
            ("language", "NULL"),
            ("province", "''"),
            ("zone", "NULL"),
            ("phone", "''"),
            ("street", "''"),
            ("city", "''"),
            ("postal_code", "''"),
            ("country", "''"),
            ("employer", "''"),
            ("status", "'erased'"),
            ("salt", "x''"),
        ],
    ),
];

/// What was found to be theirs.
#[derive(Debug, Clone, Default)]
struct Named {
    addresses: Vec<String>,
    words: Vec<String>,
}

/// Whether a mail to or about them is on its way out at this moment.
pub fn is_sending(c: &Connection, person: PersonId) -> Result<bool, StoreError> {
    Ok(c.query_row(
        "SELECT EXISTS (SELECT 1 FROM message WHERE person = ?1 AND state = 'sending')",
        [person.0],
        |r| r.get(0),
    )?)
}

/// Addresses of theirs that nothing is mailed to, with the reason as far as it names nobody.
pub fn suppressed(c: &Connection, person: PersonId) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT a.address, a.reason FROM address a JOIN person p
           ON a.address IN (lower(p.email), lower(p.email2))
         WHERE p.id = ?1 AND a.suspended_at IS NOT NULL",
    )?;
    let rows = statement.query_map([person.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let known = |reason: &str| addresses::REPORTED.contains(&reason);
    let told = |(address, reason): (String, String)| {
        let reason = if known(&reason) { reason } else { "by a person".to_owned() };
        (address, reason)
    };
    Ok(rows.into_iter().map(told).collect())
}

/// Forgets the person. Returns how many waiting messages were cancelled.
pub fn erase(c: &Connection, person: PersonId, at_ms: i64) -> Result<usize, StoreError> {
    let named = named(c, person)?;
    let cancelled = c.execute(
        "UPDATE message SET state = 'cancelled', reason = 'erased', changed_at = ?2
         WHERE person = ?1 AND state IN ('queued', 'deferred', 'held')",
        (person.0, at_ms),
    )?;
    c.execute(
        "UPDATE task SET closed_at = ?2, closed_by = 'relance' WHERE person = ?1
           AND closed_at IS NULL",
        (person.0, at_ms),
    )?;
    // Nobody can answer it any more.
    c.execute(
        "UPDATE waiting_mail SET settled_at = ?2 WHERE settled_at IS NULL
           AND inbound IN (SELECT id FROM inbound WHERE person = ?1)",
        (person.0, at_ms),
    )?;
    c.execute("UPDATE membership SET missing = 1 WHERE person = ?1", [person.0])?;
    bills(c, person, &named)?;
    foreign(c, &named)?;
    for (table, columns) in EMPTIED {
        empty(c, person, table, columns)?;
    }
    c.execute("UPDATE person SET erased_at = ?2 WHERE id = ?1", (person.0, at_ms))?;
    Ok(cancelled)
}

fn named(c: &Connection, person: PersonId) -> Result<Named, StoreError> {
    let sql = "SELECT lower(email), lower(email2), given_name || ' ' || family_name, family_name,
                 given_name, phone, member_no FROM person WHERE id = ?1";
    let all: Vec<Option<String>> = c.query_row(sql, [person.0], |r| {
        (0..7).map(|at| r.get::<_, Option<String>>(at)).collect()
    })?;
    let mut all = all.into_iter();
    let own: Vec<String> = all.by_ref().take(2).flatten().collect();
    let words = all.flatten().filter(|word| !word.trim().is_empty()).collect();
    // An address of several people is the others' too.
    let mut addresses = Vec::new();
    for address in own {
        if addresses::sharing(c, &address)? == [person] {
            addresses.push(address);
        }
    }
    Ok(Named { addresses, words })
}

/// To whom invoices were written: theirs are emptied, an employer's lose the member's name.
fn bills(c: &Connection, person: PersonId, named: &Named) -> Result<(), StoreError> {
    const OWN: &str = "renewal IN (SELECT id FROM renewal WHERE person = ?1)";
    for address in &named.addresses {
        c.execute(
            "UPDATE invoice SET bill_to = '', purchase_order = ''
             WHERE payer IN (SELECT id FROM payer WHERE lower(email) = ?1)",
            [address],
        )?;
        c.execute(
            "UPDATE payer SET name = '', email = 'erased-' || id WHERE lower(email) = ?1",
            [address],
        )?;
    }
    c.execute(
        &format!(
            "UPDATE invoice SET bill_to = '', purchase_order = '' WHERE {OWN} AND payer IS NULL"
        ),
        [person.0],
    )?;
    for word in &named.words {
        c.execute(
            &format!("UPDATE invoice SET bill_to = replace(bill_to, ?2, '') WHERE {OWN}"),
            (person.0, word),
        )?;
        c.execute(
            "UPDATE payment SET reference = replace(reference, ?2, ''), why = replace(why, ?2, '')
             WHERE id IN (SELECT a.payment FROM allocation a JOIN invoice i ON i.id = a.invoice
               JOIN renewal r ON r.id = i.renewal WHERE r.person = ?1)",
            (person.0, word),
        )?;
    }
    Ok(())
}

/// What hangs on their addresses rather than on them.
fn foreign(c: &Connection, named: &Named) -> Result<(), StoreError> {
    for address in &named.addresses {
        c.execute("DELETE FROM address WHERE address = ?1", [address])?;
        c.execute(
            "UPDATE inbound SET sender = '', sender_name = '', subject = '', header_id = '',
               text = '' WHERE lower(sender) = ?1",
            [address],
        )?;
        c.execute(
            "UPDATE attempt SET address = '', domain = '', relay_text = ''
             WHERE lower(address) = ?1",
            [address],
        )?;
    }
    Ok(())
}

fn empty(
    c: &Connection,
    person: PersonId,
    table: &str,
    columns: &[(&str, &str)],
) -> Result<(), StoreError> {
    let set: Vec<String> =
        columns.iter().map(|(column, value)| format!("{column} = {value}")).collect();
    let source = SOURCES.iter().find(|source| source.table == table);
    let Some(condition) = source.map(records::Source::condition) else {
        return Ok(());
    };
    c.execute(&format!("UPDATE {table} SET {} WHERE {condition}", set.join(", ")), [person.0])?;
    Ok(())
}
