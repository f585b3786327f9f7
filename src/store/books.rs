//! Owns the proof that the books add up: documents, payments, what is applied, renewals and the
//! ledger are reckoned against each other in whole cents. Reads only, and trusts no total that
//! another table can give.

mod checks;

use rusqlite::Connection;
use serde::Serialize;

use super::StoreError;
use checks::{CHECKS, VIEWS};

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// Stable name of the rule that is broken.
    pub rule: &'static str,
    /// What it is about: a document's number and line, a payment, a renewal.
    pub row: String,
    /// What it has to be; amounts in cents.
    pub should: String,
    /// What it is.
    pub is: String,
}

/// What one issuer's books of one season come to, in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Code of the association.
    pub issuer: String,
    /// Invoices.
    pub invoiced: i64,
    /// Credit notes, less than nothing.
    pub credited: i64,
    /// What came in; of all seasons, since money waits for none.
    pub received: i64,
    /// What went back, less than nothing; of all seasons.
    pub went_back: i64,
    /// What is applied to the season's invoices.
    pub applied: i64,
    /// What settles nothing; of all seasons.
    pub unapplied: i64,
    /// What is still owed on standing invoices.
    pub outstanding: i64,
}

/// Names of the rules, in the order in which they are checked.
#[must_use]
pub fn rules() -> Vec<&'static str> {
    CHECKS.iter().map(|(rule, _)| *rule).collect()
}

/// Every discrepancy, rule by rule; empty where all adds up.
pub fn discrepancies(c: &Connection) -> Result<Vec<Discrepancy>, StoreError> {
    let mut all = Vec::new();
    for (rule, sql) in CHECKS {
        let sql = format!(
            "{VIEWS} SELECT CAST(what AS TEXT), coalesce(CAST(should AS TEXT), 'nothing'),
               coalesce(CAST(found AS TEXT), 'nothing') FROM ({sql}) ORDER BY 1"
        );
        let mut statement = c.prepare(&sql)?;
        let rows = statement.query_map([], |r| {
            Ok(Discrepancy { rule, row: r.get(0)?, should: r.get(1)?, is: r.get(2)? })
        })?;
        for row in rows {
            all.push(row?);
        }
    }
    Ok(all)
}

/// What each issuer's books of a season come to, by code.
pub fn totals(c: &Connection, season: &str) -> Result<Vec<Totals>, StoreError> {
    let sql = format!(
        "{VIEWS} SELECT b.issuer,
           (SELECT coalesce(sum(total_cents), 0) FROM invoice
             WHERE issuer = b.issuer AND season = ?1 AND kind = 'invoice'),
           (SELECT coalesce(sum(total_cents), 0) FROM invoice
             WHERE issuer = b.issuer AND season = ?1 AND kind = 'credit-note'),
           (SELECT coalesce(sum(cents), 0) FROM payment WHERE issuer = b.issuer AND cents > 0),
           (SELECT coalesce(sum(cents), 0) FROM payment WHERE issuer = b.issuer AND cents < 0),
           (SELECT coalesce(sum(a.cents), 0) FROM allocation a JOIN invoice i ON i.id = a.invoice
             WHERE i.issuer = b.issuer AND i.season = ?1),
           (SELECT coalesce(sum(cents), 0) FROM payment WHERE issuer = b.issuer)
             - (SELECT coalesce(sum(a.cents), 0) FROM allocation a
                JOIN payment p ON p.id = a.payment WHERE p.issuer = b.issuer),
           (SELECT coalesce(sum(s.total_cents), 0) FROM standing s
             WHERE s.issuer = b.issuer AND s.season = ?1)
             - (SELECT coalesce(sum(a.cents), 0) FROM allocation a
                JOIN standing s ON s.id = a.invoice WHERE s.issuer = b.issuer AND s.season = ?1)
         FROM (SELECT issuer FROM invoice WHERE season = ?1 UNION SELECT issuer FROM payment) b
         ORDER BY b.issuer"
    );
    let mut statement = c.prepare(&sql)?;
    let rows = statement.query_map([season], |r| {
        Ok(Totals {
            issuer: r.get(0)?,
            invoiced: r.get(1)?,
            credited: r.get(2)?,
            received: r.get(3)?,
            went_back: r.get(4)?,
            applied: r.get(5)?,
            unapplied: r.get(6)?,
            outstanding: r.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
