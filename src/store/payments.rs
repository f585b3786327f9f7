//! Owns money that came in or went back, and what of it is applied to which line. Rows are only
//! added.

use std::fmt::Write as _;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, ToSql};

use super::StoreError;
use crate::domain::money::Cents;
use crate::domain::payment::{Allocation, Method, Reversal};
use crate::ids::{InvoiceId, PayerId, PaymentId, RenewalId};

/// Money that came in, or went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Row; people quote it.
    pub id: PaymentId,
    /// Code of the association that got it.
    pub issuer: String,
    /// How it came.
    pub method: Method,
    /// The id by which another system knows it.
    pub external: Option<String>,
    /// How much; less than nothing went back.
    pub amount: Cents,
    /// The day on which it came or went.
    pub received_on: Date,
    /// Number of the cheque, say; empty for none.
    pub reference: String,
    /// Who paid in a member's place.
    pub payer: Option<PayerId>,
    /// The payment that this takes back, and why.
    pub reverses: Option<(PaymentId, Reversal)>,
    /// When it was recorded, in milliseconds.
    pub at_ms: i64,
}

/// A payment to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPayment<'a> {
    /// Code of the association that got it.
    pub issuer: &'a str,
    /// How it came.
    pub method: Method,
    /// The id by which another system knows it.
    pub external: Option<&'a str>,
    /// How much; less than nothing went back.
    pub amount: Cents,
    /// The day on which it came or went.
    pub received_on: Date,
    /// Number of the cheque, say; empty for none.
    pub reference: &'a str,
    /// Who paid in a member's place.
    pub payer: Option<PayerId>,
    /// The payment that this takes back, and why.
    pub reverses: Option<(PaymentId, Reversal)>,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Line of the ledger.
    pub seq: i64,
}

/// Adds a payment.
pub fn add(c: &Connection, new: &NewPayment<'_>) -> Result<PaymentId, StoreError> {
    c.prepare_cached(
        "INSERT INTO payment (issuer, method, external, cents, received_on, reference, payer,
           reverses, why, at, ledger)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(rusqlite::params![
        new.issuer,
        new.method.as_str(),
        new.external,
        new.amount.get(),
        new.received_on.to_string(),
        new.reference,
        new.payer.map(|p| p.0),
        new.reverses.map(|(payment, _)| payment.0),
        new.reverses.map_or("", |(_, why)| why.as_str()),
        new.at_ms,
        new.seq,
    ])?;
    Ok(PaymentId(c.last_insert_rowid()))
}

const COLUMNS: &str =
    "id, issuer, method, external, cents, received_on, reference, payer, reverses, why, at";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<Payment> {
    let fault = |column, what: &str| {
        let text = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, text, what.to_owned().into())
    };
    let (method, day, why): (String, String, String) = (r.get(2)?, r.get(5)?, r.get(9)?);
    let reverses: Option<i64> = r.get(8)?;
    Ok(Payment {
        id: PaymentId(r.get(0)?),
        issuer: r.get(1)?,
        method: Method::parse(&method).ok_or_else(|| fault(2, "no method"))?,
        external: r.get(3)?,
        amount: Cents::new(r.get(4)?).ok_or_else(|| fault(4, "an amount beyond all bounds"))?,
        received_on: day.parse().map_err(|_| fault(5, "not a day"))?,
        reference: r.get(6)?,
        payer: r.get::<_, Option<i64>>(7)?.map(PayerId),
        reverses: reverses.map(PaymentId).zip(Reversal::parse(&why)),
        at_ms: r.get(10)?,
    })
}

/// The payment with that row.
pub fn by_id(c: &Connection, id: PaymentId) -> Result<Option<Payment>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

/// The payment that another system knows by that id.
pub fn by_external(
    c: &Connection,
    issuer: &str,
    method: Method,
    external: &str,
) -> Result<Option<Payment>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE issuer = ?1 AND method = ?2 AND external = ?3"
    );
    Ok(c.prepare_cached(&sql)?.query_row((issuer, method.as_str(), external), row).optional()?)
}

/// All payments, of one issuer or of all, oldest first.
pub fn list(c: &Connection, issuer: Option<&str>) -> Result<Vec<Payment>, StoreError> {
    let mut sql = format!("SELECT {COLUMNS} FROM payment ");
    let mut values: Vec<&dyn ToSql> = Vec::new();
    if let Some(issuer) = &issuer {
        let _ = write!(sql, "WHERE issuer = ?1 ");
        values.push(issuer);
    }
    sql.push_str("ORDER BY id");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map(&values[..], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Applies a share of a payment to a line.
pub fn apply(
    c: &Connection,
    payment: PaymentId,
    share: &Allocation,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO allocation (payment, invoice, line, cents, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((payment.0, share.invoice.0, share.line, share.amount.get(), at_ms))?;
    Ok(())
}

fn shares(c: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Allocation>, StoreError> {
    let mut statement = c.prepare_cached(sql)?;
    let rows = statement.query_map(values, |r| {
        let amount = Cents::new(r.get(2)?).unwrap_or_default();
        Ok(Allocation { invoice: InvoiceId(r.get(0)?), line: r.get(1)?, amount })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is applied to each line of an invoice now, all payments together.
pub fn applied_to(c: &Connection, invoice: InvoiceId) -> Result<Vec<Allocation>, StoreError> {
    shares(
        c,
        "SELECT invoice, line, sum(cents) FROM allocation WHERE invoice = ?1
         GROUP BY line ORDER BY line",
        &[&invoice.0],
    )
}

/// What of a payment is applied to which line now, in the order in which it first was; what went
/// back of it is taken off.
pub fn applied_of(c: &Connection, payment: PaymentId) -> Result<Vec<Allocation>, StoreError> {
    shares(
        c,
        "SELECT a.invoice, a.line, sum(a.cents) FROM allocation a
         JOIN payment p ON p.id = a.payment
         WHERE p.id = ?1 OR p.reverses = ?1
         GROUP BY a.invoice, a.line HAVING sum(a.cents) <> 0 ORDER BY min(a.id)",
        &[&payment.0],
    )
}

/// What of a payment settles nothing now; what went back of it is taken off.
pub fn unapplied(c: &Connection, payment: PaymentId) -> Result<Cents, StoreError> {
    let cents = c
        .prepare_cached(
            "SELECT coalesce((SELECT sum(cents) FROM payment WHERE id = ?1 OR reverses = ?1), 0)
               - coalesce((SELECT sum(a.cents) FROM allocation a
                   JOIN payment p ON p.id = a.payment WHERE p.id = ?1 OR p.reverses = ?1), 0)",
        )?
        .query_row([payment.0], |r| r.get(0))?;
    Ok(Cents::new(cents).unwrap_or_default())
}

/// What is left of a payment: all of it less what went back.
pub fn left(c: &Connection, payment: PaymentId) -> Result<Cents, StoreError> {
    let cents = c
        .prepare_cached(
            "SELECT coalesce(sum(cents), 0) FROM payment WHERE id = ?1 OR reverses = ?1",
        )?
        .query_row([payment.0], |r| r.get(0))?;
    Ok(Cents::new(cents).unwrap_or_default())
}

/// Payments of which something is applied to an invoice now, oldest first.
pub fn on(c: &Connection, invoice: InvoiceId) -> Result<Vec<PaymentId>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT coalesce(p.reverses, p.id) AS origin FROM allocation a
         JOIN payment p ON p.id = a.payment WHERE a.invoice = ?1
         GROUP BY origin HAVING sum(a.cents) > 0 ORDER BY origin",
    )?;
    let rows = statement.query_map([invoice.0], |r| Ok(PaymentId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What one payment itself put on the invoices of a renewal, and for each such line what was
/// settled of it before.
pub fn put_on(
    c: &Connection,
    payment: PaymentId,
    renewal: RenewalId,
) -> Result<Vec<(Allocation, Cents)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT a.invoice, a.line, sum(a.cents),
           coalesce((SELECT sum(b.cents) FROM allocation b
             WHERE b.invoice = a.invoice AND b.line = a.line AND b.id < min(a.id)), 0)
         FROM allocation a JOIN invoice i ON i.id = a.invoice
         WHERE a.payment = ?1 AND i.renewal = ?2
         GROUP BY a.invoice, a.line ORDER BY a.invoice, a.line",
    )?;
    let rows = statement.query_map((payment.0, renewal.0), |r| {
        let cents = |n| Ok::<_, rusqlite::Error>(Cents::new(r.get(n)?).unwrap_or_default());
        let share =
            Allocation { invoice: InvoiceId(r.get(0)?), line: r.get(1)?, amount: cents(2)? };
        Ok((share, cents(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
