//! Owns the daily looks at invoices: once a day and association, in the morning of its own zone, a few
//! at a time, so that the writer stays free for people. What is done about one is the caller's.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{Context, Door, Evidence};
use crate::domain::invoice::Invoice;
use crate::domain::season::zone;
use crate::ids::InvoiceId;
use crate::store::renewals::RenewalRow;
use crate::store::{StoreError, invoices, meta, renewals};

/// Invoices looked at in one transaction: each may write a dozen rows.
const AT_ONCE_MAX: i64 = 20;
/// Local hour from which an association's invoices are looked at: nobody is mailed in the night.
const MORNING_HOUR: i8 = 9;

/// One look.
pub(super) struct Look<F, D> {
    /// Names it in the store: `overdue`.
    pub name: &'static str,
    /// Up to so many invoices of an issuer to be dealt with today; none: done for today.
    pub find: F,
    /// Deals with one of them, so that it is not found again.
    pub deal: D,
}

impl<F, D> Look<F, D>
where
    F: Fn(&str, Date, i64) -> Result<Vec<InvoiceId>, StoreError>,
    D: Fn(&RenewalRow, &Invoice, Date, &Evidence<'_>) -> Result<(), StoreError>,
{
    /// Gives how many invoices were dealt with in this transaction, zero once all is done.
    pub fn at(
        &self,
        c: &Connection,
        context: &Context,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        for issuer in &context.config.associations {
            let local = zone(&issuer.zone).unwrap_or(TimeZone::UTC).to_datetime(now);
            let (today, key) = (local.date(), format!("{}-looked-{}", self.name, issuer.code));
            let looked = meta::get(c, &key)?.is_some_and(|day| day == today.to_string());
            if local.hour() < MORNING_HOUR || looked {
                continue;
            }
            let found = (self.find)(&issuer.code, today, AT_ONCE_MAX)?;
            if found.is_empty() {
                meta::set(c, &key, &today.to_string())?;
                continue;
            }
            for id in &found {
                let Some(invoice) = invoices::by_id(c, *id)? else { continue };
                let Some(row) = renewals::by_id(c, invoice.renewal)? else { continue };
                let lang = issuer.desk.language;
                let evidence =
                    Evidence { door: Door::Clock, mid: None, lang, at: now, answers: "" };
                (self.deal)(&row, &invoice, today, &evidence)?;
            }
            return Ok(found.len());
        }
        Ok(0)
    }
}
