//! Owns what was collected for others and not handed over, and the frozen batches of what was.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, invoices};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::{self, Method, Reversal};
use crate::domain::remittance::{Beneficiary, Collected};
use crate::ids::{InvoiceId, PaymentId};

/// Which rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those in no batch yet.
    Pending,
    /// Those of the batch with that row.
    Batch(i64),
}

/// A share as the query gives it.
struct Share {
    allocation: i64,
    payment: i64,
    reverses: Option<i64>,
    why: String,
    method: String,
    received_on: String,
    member_no: String,
    invoice: InvoiceId,
    line: i64,
    cents: i64,
    before: i64,
    on_line: i64,
}

const SHARES: &str = "SELECT a.id, p.id, p.reverses, p.why, p.method, p.received_on, n.member_no,
      i.id, a.line, a.cents,
      coalesce((SELECT sum(b.cents) FROM allocation b
        WHERE b.invoice = a.invoice AND b.line = a.line AND b.id < a.id), 0),
      (SELECT sum(b.cents) FROM allocation b WHERE b.invoice = a.invoice AND b.line = a.line)
    FROM allocation a
    JOIN payment p ON p.id = a.payment
    JOIN invoice i ON i.id = a.invoice
    JOIN invoice_line l ON l.invoice = a.invoice AND l.ord = a.line
    JOIN renewal r ON r.id = i.renewal
    JOIN person n ON n.id = r.person
    WHERE i.issuer = ?1 AND i.season = ?2
      AND iif(?3 = 'insurer', l.kind = 'premium', l.kind <> 'premium' AND l.supplier = ?3)";

/// What `collector` got for `beneficiary` in a season, oldest first. `paid_through`: the end of
/// what a line pays for.
pub fn collected(
    c: &Connection,
    collector: &str,
    beneficiary: Beneficiary<'_>,
    season: &str,
    paid_through: Date,
    which: Which,
) -> Result<Vec<Collected>, StoreError> {
    let (condition, batch) = match which {
        Which::Pending => {
            ("?4 = 0 AND NOT EXISTS (SELECT 1 FROM remitted t WHERE t.allocation = a.id)", 0)
        }
        Which::Batch(id) => (
            "EXISTS (SELECT 1 FROM remitted t WHERE t.allocation = a.id AND t.remittance = ?4)",
            id,
        ),
    };
    let sql = format!("{SHARES} AND {condition} ORDER BY a.id");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((collector, season, beneficiary.as_str(), batch), |r| {
        Ok(Share {
            allocation: r.get(0)?,
            payment: r.get(1)?,
            reverses: r.get(2)?,
            why: r.get(3)?,
            method: r.get(4)?,
            received_on: r.get(5)?,
            member_no: r.get(6)?,
            invoice: InvoiceId(r.get(7)?),
            line: r.get(8)?,
            cents: r.get(9)?,
            before: r.get(10)?,
            on_line: r.get(11)?,
        })
    })?;
    let shares: Vec<Share> = rows.collect::<Result<_, _>>()?;
    let mut known: HashMap<i64, Invoice> = HashMap::new();
    let mut all = Vec::new();
    for share in shares {
        let invoice = match known.entry(share.invoice.0) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let found = invoices::by_id(c, share.invoice)?;
                place.insert(found.ok_or_else(|| {
                    StoreError::GiveUp("a payment is on an invoice that is not here".into())
                })?)
            }
        };
        all.push(row(share, invoice, paid_through)?);
    }
    Ok(all)
}

fn row(share: Share, invoice: &Invoice, paid_through: Date) -> Result<Collected, StoreError> {
    let strange = |what: &str| StoreError::GiveUp(format!("payment {}: {what}", share.payment));
    let place = usize::try_from(share.line - 1).unwrap_or(usize::MAX);
    let line = invoice.bill.lines.get(place).ok_or_else(|| strange("no such line"))?;
    let cents = |value| Cents::new(value).unwrap_or_default();
    Ok(Collected {
        allocation: share.allocation,
        payment: PaymentId(share.payment),
        reverses: share.reverses.map(PaymentId).zip(Reversal::parse(&share.why)),
        method: Method::parse(&share.method).ok_or_else(|| strange("no method"))?,
        received_on: share.received_on.parse().map_err(|_| strange("no day"))?,
        member_no: share.member_no,
        invoice: invoice.number.clone(),
        part: payment::part(line, cents(share.before), cents(share.cents)),
        paid_through: (share.on_line == line.total().get()).then_some(paid_through),
    })
}

/// A frozen batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Row.
    pub id: i64,
    /// Number, from 1, of that collector, beneficiary and season.
    pub n: i64,
    /// What its rows come to.
    pub total: Cents,
}

/// Freezes rows into the next batch.
pub fn freeze(
    c: &Connection,
    collector: &str,
    beneficiary: Beneficiary<'_>,
    season: &str,
    rows: &[Collected],
    total: Cents,
    at_ms: i64,
) -> Result<Batch, StoreError> {
    let n: i64 = c.query_row(
        "SELECT coalesce(max(n), 0) + 1 FROM remittance
         WHERE collector = ?1 AND beneficiary = ?2 AND season = ?3",
        (collector, beneficiary.as_str(), season),
        |r| r.get(0),
    )?;
    c.execute(
        "INSERT INTO remittance (collector, beneficiary, season, n, cents, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (collector, beneficiary.as_str(), season, n, total.get(), at_ms),
    )?;
    let id = c.last_insert_rowid();
    for row in rows {
        c.prepare_cached("INSERT INTO remitted (allocation, remittance) VALUES (?1, ?2)")?
            .execute((row.allocation, id))?;
    }
    Ok(Batch { id, n, total })
}

/// The batch with that number.
pub fn batch(
    c: &Connection,
    collector: &str,
    beneficiary: Beneficiary<'_>,
    season: &str,
    n: i64,
) -> Result<Option<Batch>, StoreError> {
    Ok(c.query_row(
        "SELECT id, n, cents FROM remittance
         WHERE collector = ?1 AND beneficiary = ?2 AND season = ?3 AND n = ?4",
        (collector, beneficiary.as_str(), season, n),
        |r| {
            let total = Cents::new(r.get(2)?).unwrap_or_default();
            Ok(Batch { id: r.get(0)?, n: r.get(1)?, total })
        },
    )
    .optional()?)
}
