//! Owns what “Where is my renewal?” tells: read from the store, oldest first.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rusqlite::Connection;

use crate::actions::{Context, RenewalView};
use crate::compose::Status;
use crate::domain::bill::Bill;
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::offer::Offer;
use crate::domain::words::RenewalState;
use crate::store::{StoreError, certificates, declarations, invoices, payments};

/// Where a renewal stands, besides its state.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub status: Vec<Status>,
    /// The invoice that is owed, where there is one.
    pub invoice: Option<Invoice>,
    /// What is left to be paid.
    pub left: Cents,
}

pub(super) fn read(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    zone: &TimeZone,
) -> Result<Standing, StoreError> {
    let id = view.row.renewal.id;
    let day = |ms: i64| {
        let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        Zoned::new(at, zone.clone()).date()
    };
    let mut status = Vec::new();
    if let Some(given) = view.given.last() {
        status.push(match view.row.renewal.state {
            RenewalState::WithDesk => Status::WithDesk(given.at),
            _ => Status::Answered(given.at),
        });
    }
    let owed = invoices::standing(c, id)?;
    let mut last_paid = None;
    for invoice in &owed {
        status.push(Status::Invoice {
            on: invoice.issued_on,
            number: invoice.number.clone(),
            amount: invoice.bill.total(),
            employer: invoice.payer.is_some(),
        });
        for payment in payments::on(c, invoice.id)? {
            if let Some(payment) = payments::by_id(c, payment)? {
                status.push(Status::Received(payment.amount, payment.received_on));
                last_paid = Some(payment.received_on);
            }
        }
    }
    let left = Cents::new(invoices::left_cents(c, id)?).unwrap_or_default();
    status.extend(money_line(view.row.renewal.state, &owed, left, last_paid));
    insurance_lines(c, context, view, &mut status)?;
    let certificate = certificates::issued_ms(c, view.row.person, &view.row.season)?;
    status.extend(certificate.map(|ms| Status::Certificate(day(ms))));
    let invoice = owed.into_iter().find(|i| !i.is_penalty());
    Ok(Standing { status, invoice, left })
}

/// What of the money is still to come, or that all of it has.
fn money_line(
    state: RenewalState,
    owed: &[Invoice],
    left: Cents,
    last_paid: Option<Date>,
) -> Option<Status> {
    if left > Cents::ZERO {
        return Some(Status::Expected(left, owed.iter().map(Invoice::due_on).max()?));
    }
    last_paid.filter(|_| state == RenewalState::Paid).map(Status::Receipt)
}

/// The declaration, and the certificate that is to come.
fn insurance_lines(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    status: &mut Vec<Status>,
) -> Result<(), StoreError> {
    let Some(insurance) = &context.config.relance.insurance else { return Ok(()) };
    if let Some(last) = declarations::of(c, view.row.renewal.id)?.pop() {
        let at = Timestamp::from_millisecond(last.at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        status.push(Status::Declared(at));
    }
    let renews = matches!(view.row.renewal.state, RenewalState::Pledged | RenewalState::Paid);
    if !renews || !view.owed.as_ref().is_some_and(Bill::insures) {
        return Ok(());
    }
    let asked = view.offer.as_ref().is_some_and(Offer::asks_questions);
    if asked {
        status.push(Status::DeclarationPending);
    } else if certificates::url(c, view.row.person, &view.row.season)?.is_none() {
        let by = insurance.certificate_by.as_ref().unwrap_or(&insurance.broker);
        status.push(Status::CertificateDue(by.clone(), insurance.certificate_days));
    }
    Ok(())
}
