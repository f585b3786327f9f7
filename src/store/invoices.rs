//! Owns invoices and credit notes: added once, never altered.

use std::fmt::Write as _;

use rusqlite::{Connection, Row as SqlRow, ToSql};

use super::StoreError;
use crate::domain::bill::{Bill, Line, LineKind, Rate, TaxLine};
use crate::domain::invoice::{DocumentKind, Invoice, Share, number};
use crate::domain::money::Cents;
use crate::ids::{InvoiceId, PayerId, RenewalId};

/// A document to be added; its number is the next of its series.
#[derive(Debug, Clone, Copy)]
pub struct NewInvoice<'a> {
    /// Place in the series, from [`next`].
    pub n: i64,
    /// Whose renewal.
    pub renewal: RenewalId,
    /// Code of the association.
    pub issuer: &'a str,
    /// Season's id.
    pub season: &'a str,
    /// What it is.
    pub kind: DocumentKind,
    /// The invoice that it takes back.
    pub corrects: Option<InvoiceId>,
    /// Who pays in the member's place.
    pub payer: Option<PayerId>,
    /// Name to which it is made out.
    pub bill_to: &'a str,
    /// The payer's order number; empty for none.
    pub purchase_order: &'a str,
    /// Code of the province or territory by which it is taxed.
    pub place: &'a str,
    /// Its day, in the association's zone.
    pub issued_on: jiff::civil::Date,
    /// Shares and their days.
    pub shares: &'a [Share],
    /// Lines and taxes.
    pub bill: &'a Bill,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Line of the ledger.
    pub seq: i64,
}

/// The place of the next document in a series.
pub fn next(c: &Connection, issuer: &str, season: &str) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "SELECT coalesce(max(n), 0) + 1 FROM invoice WHERE issuer = ?1 AND season = ?2",
    )?
    .query_row((issuer, season), |r| r.get(0))?)
}

/// Adds a document.
pub fn add(c: &Connection, new: &NewInvoice<'_>) -> Result<InvoiceId, StoreError> {
    let due_on = new.shares.last().map_or(new.issued_on, |s| s.due_on);
    c.prepare_cached(
        "INSERT INTO invoice (renewal, issuer, season, n, number, kind, corrects, payer, bill_to,
           purchase_order, place, issued_on, due_on, total_cents, issued_at, ledger)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(rusqlite::params![
        new.renewal.0,
        new.issuer,
        new.season,
        new.n,
        number(new.issuer, new.season, new.n),
        new.kind.as_str(),
        new.corrects.map(|i| i.0),
        new.payer.map(|p| p.0),
        new.bill_to,
        new.purchase_order,
        new.place,
        new.issued_on.to_string(),
        due_on.to_string(),
        new.bill.total().get(),
        new.at_ms,
        new.seq,
    ])?;
    let id = InvoiceId(c.last_insert_rowid());
    for (ord, share) in (1i64..).zip(new.shares) {
        c.prepare_cached(
            "INSERT INTO invoice_share (invoice, ord, due_on, cents) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((id.0, ord, share.due_on.to_string(), share.amount.get()))?;
    }
    for (ord, line) in (1i64..).zip(&new.bill.lines) {
        add_line(c, id, ord, line)?;
    }
    Ok(id)
}

fn add_line(c: &Connection, id: InvoiceId, ord: i64, line: &Line) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO invoice_line (invoice, ord, kind, supplier, category, cents)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        id.0,
        ord,
        line.kind.as_str(),
        &line.supplier,
        &line.category,
        line.amount.get(),
    ))?;
    for (n, tax) in (1i64..).zip(&line.taxes) {
        c.prepare_cached(
            "INSERT INTO invoice_tax (invoice, line, ord, tax, rate, registration, cents)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            id.0,
            ord,
            n,
            &tax.tax,
            tax.rate.millionths(),
            &tax.registration,
            tax.amount.get(),
        ))?;
    }
    Ok(())
}

const COLUMNS: &str = "i.id, i.renewal, i.issuer, i.season, i.number, i.kind, i.corrects,
    (SELECT o.number FROM invoice o WHERE o.id = i.corrects),
    (SELECT n.number FROM invoice n WHERE n.corrects = i.id),
    i.payer, i.bill_to, i.purchase_order, i.place, i.issued_on";

fn strange(column: usize, what: &str) -> rusqlite::Error {
    let text = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(column, text, what.to_owned().into())
}

fn day(r: &SqlRow<'_>, column: usize) -> rusqlite::Result<jiff::civil::Date> {
    r.get::<_, String>(column)?.parse().map_err(|_| strange(column, "not a day"))
}

fn cents(r: &SqlRow<'_>, column: usize) -> rusqlite::Result<Cents> {
    Cents::new(r.get(column)?).ok_or_else(|| strange(column, "an amount beyond all bounds"))
}

/// Without shares and lines.
fn head(r: &SqlRow<'_>) -> rusqlite::Result<Invoice> {
    let kind: String = r.get(5)?;
    let corrects: Option<i64> = r.get(6)?;
    let number: Option<String> = r.get(7)?;
    Ok(Invoice {
        id: InvoiceId(r.get(0)?),
        renewal: RenewalId(r.get(1)?),
        issuer: r.get(2)?,
        season: r.get(3)?,
        number: r.get(4)?,
        kind: DocumentKind::parse(&kind).ok_or_else(|| strange(5, "no kind of document"))?,
        corrects: corrects.map(InvoiceId).zip(number),
        corrected_by: r.get(8)?,
        payer: r.get::<_, Option<i64>>(9)?.map(PayerId),
        bill_to: r.get(10)?,
        purchase_order: r.get(11)?,
        place: r.get(12)?,
        issued_on: day(r, 13)?,
        shares: Vec::new(),
        bill: Bill::default(),
    })
}

fn fill(c: &Connection, invoice: &mut Invoice) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT due_on, cents FROM invoice_share WHERE invoice = ?1 ORDER BY ord",
    )?;
    let shares = statement
        .query_map([invoice.id.0], |r| Ok(Share { due_on: day(r, 0)?, amount: cents(r, 1)? }))?;
    invoice.shares = shares.collect::<Result<_, _>>()?;
    let mut statement = c.prepare_cached(
        "SELECT ord, kind, supplier, category, cents FROM invoice_line
         WHERE invoice = ?1 ORDER BY ord",
    )?;
    let lines = statement.query_map([invoice.id.0], |r| {
        let kind: String = r.get(1)?;
        let line = Line {
            kind: LineKind::parse(&kind).ok_or_else(|| strange(1, "no kind of line"))?,
            supplier: r.get(2)?,
            category: r.get(3)?,
            amount: cents(r, 4)?,
            taxes: Vec::new(),
        };
        Ok((r.get::<_, i64>(0)?, line))
    })?;
    let mut lines: Vec<(i64, Line)> = lines.collect::<Result<_, _>>()?;
    let mut statement = c.prepare_cached(
        "SELECT tax, rate, registration, cents FROM invoice_tax
         WHERE invoice = ?1 AND line = ?2 ORDER BY ord",
    )?;
    for (ord, line) in &mut lines {
        let taxes = statement.query_map((invoice.id.0, *ord), |r| {
            Ok(TaxLine {
                tax: r.get(0)?,
                rate: Rate::new(r.get(1)?).ok_or_else(|| strange(1, "no rate"))?,
                registration: r.get(2)?,
                amount: cents(r, 3)?,
            })
        })?;
        line.taxes = taxes.collect::<Result<_, _>>()?;
    }
    invoice.bill.lines = lines.into_iter().map(|(_, line)| line).collect();
    Ok(())
}

fn all(c: &Connection, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<Invoice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM invoice i WHERE {condition}");
    let mut found: Vec<Invoice> = {
        let mut statement = c.prepare_cached(&sql)?;
        let rows = statement.query_map(values, head)?;
        rows.collect::<Result<_, _>>()?
    };
    for invoice in &mut found {
        fill(c, invoice)?;
    }
    Ok(found)
}

/// The document with that row.
pub fn by_id(c: &Connection, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
    Ok(all(c, "i.id = ?1", &[&id.0])?.pop())
}

/// The document with that number.
pub fn by_number(c: &Connection, number: &str) -> Result<Option<Invoice>, StoreError> {
    Ok(all(c, "i.number = ?1", &[&number])?.pop())
}

/// Every document of a renewal, oldest first.
pub fn of_renewal(c: &Connection, renewal: RenewalId) -> Result<Vec<Invoice>, StoreError> {
    all(c, "i.renewal = ?1 ORDER BY i.n", &[&renewal.0])
}

/// The invoices of a renewal that are owed, oldest first.
pub fn standing(c: &Connection, renewal: RenewalId) -> Result<Vec<Invoice>, StoreError> {
    let mut found = of_renewal(c, renewal)?;
    found.retain(Invoice::stands);
    Ok(found)
}

/// The invoices of a payer that are owed, oldest first.
pub fn of_payer(c: &Connection, payer: PayerId) -> Result<Vec<Invoice>, StoreError> {
    let mut found = all(c, "i.payer = ?1 ORDER BY i.issuer, i.season, i.n", &[&payer.0])?;
    found.retain(Invoice::stands);
    Ok(found)
}

/// The documents of a season in the order of their numbers, of one issuer or of all.
pub fn list(
    c: &Connection,
    season: &str,
    issuer: Option<&str>,
) -> Result<Vec<Invoice>, StoreError> {
    let mut condition = String::from("i.season = ?1 ");
    let mut values: Vec<&dyn ToSql> = vec![&season];
    if let Some(issuer) = &issuer {
        let _ = write!(condition, "AND i.issuer = ?2 ");
        values.push(issuer);
    }
    condition.push_str("ORDER BY i.issuer, i.n");
    all(c, &condition, &values)
}

/// What is still owed on an issuer's standing invoices of a season, in cents.
pub fn outstanding_cents(c: &Connection, season: &str, issuer: &str) -> Result<i64, StoreError> {
    Ok(c.query_row(
        "SELECT coalesce(sum(i.total_cents), 0) - coalesce(sum(
             (SELECT sum(a.cents) FROM allocation a WHERE a.invoice = i.id)), 0)
         FROM invoice i WHERE i.season = ?1 AND i.issuer = ?2 AND i.kind = 'invoice'
           AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)",
        (season, issuer),
        |r| r.get(0),
    )?)
}

/// The cause of the desk's line about an invoice, or a share of it, that was not paid by `due`.
#[must_use]
pub fn overdue_cause(number: &str, due: jiff::civil::Date) -> String {
    format!("overdue/{number}/{due}")
}

/// Standing invoices of pledged renewals of which something was to be paid before `today` and is
/// not, and that was not noticed yet. None whose payment is being looked for.
pub fn overdue(
    c: &Connection,
    season: &str,
    issuer: &str,
    today: jiff::civil::Date,
    limit: i64,
) -> Result<Vec<InvoiceId>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT o.id FROM (
           SELECT i.id AS id, i.number AS number, max(s.due_on) AS due, sum(s.cents) AS cents
           FROM invoice i
           JOIN invoice_share s ON s.invoice = i.id AND s.due_on < ?3
           JOIN renewal r ON r.id = i.renewal AND r.state = 'pledged'
           WHERE i.season = ?1 AND i.issuer = ?2 AND i.kind = 'invoice'
             AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)
             AND NOT EXISTS (SELECT 1 FROM task t
               WHERE t.renewal = r.id AND t.kind = 'says-paid' AND t.closed_at IS NULL)
           GROUP BY i.id) o
         WHERE o.cents >
             coalesce((SELECT sum(a.cents) FROM allocation a WHERE a.invoice = o.id), 0)
           AND NOT EXISTS (SELECT 1 FROM task t
             WHERE t.cause = 'overdue/' || o.number || '/' || o.due)
         ORDER BY o.id LIMIT ?4 + 0",
    )?;
    let rows = statement
        .query_map((season, issuer, today.to_string(), limit), |r| Ok(InvoiceId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The cause of the desk's line about an invoice from which the member list differs.
#[must_use]
pub fn changed_cause(number: &str) -> String {
    format!("changed/{number}")
}

/// Standing invoices from which the member list differs (category, membership, status) and of which
/// the desk was not told yet.
pub fn differing(
    c: &Connection,
    season: &str,
    issuer: &str,
    limit: i64,
) -> Result<Vec<InvoiceId>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT DISTINCT i.id FROM invoice i
         JOIN renewal r ON r.id = i.renewal
         JOIN person p ON p.id = r.person
         JOIN invoice_line l ON l.invoice = i.id AND l.kind = 'dues'
         LEFT JOIN membership m
           ON m.person = r.person AND m.association = l.supplier AND m.missing = 0
         WHERE i.season = ?1 AND i.issuer = ?2 AND i.kind = 'invoice'
           AND (p.status <> 'active' OR m.id IS NULL OR m.category <> l.category)
           AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)
           AND NOT EXISTS (SELECT 1 FROM task t WHERE t.cause = 'changed/' || i.number)
         ORDER BY i.id LIMIT ?3 + 0",
    )?;
    let rows = statement.query_map((season, issuer, limit), |r| Ok(InvoiceId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the numbers of a series run from 1 without gaps.
pub fn is_whole(c: &Connection, issuer: &str, season: &str) -> Result<bool, StoreError> {
    Ok(c.query_row(
        "SELECT count(*) = coalesce(max(n), 0) FROM invoice WHERE issuer = ?1 AND season = ?2",
        (issuer, season),
        |r| r.get(0),
    )?)
}

/// What is still owed of the standing invoices of a renewal, in cents.
pub fn left_cents(c: &Connection, renewal: RenewalId) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "SELECT coalesce(sum(i.total_cents), 0) - coalesce(sum(
             (SELECT sum(a.cents) FROM allocation a WHERE a.invoice = i.id)), 0)
         FROM invoice i WHERE i.renewal = ?1 AND i.kind = 'invoice'
           AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)",
    )?
    .query_row([renewal.0], |r| r.get(0))?)
}
