//! Owns the cheques on their way: whoever promised sends one some weeks later, an employer one for
//! all that it owes, and a bank sends some back. A desk enters what came once a week.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::behaviour::{Behaviour, Cheque};
use super::deeds::From;
use crate::actions::payments::{self, Money, PaidBy, Recorded};
use crate::actions::{Context, Door, Evidence};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal, sum};
use crate::domain::season;
use crate::domain::words::Lang;
use crate::ids::{InvoiceId, PayerId, PaymentId};
use crate::store::{StoreError, invoices, payments as kept};

/// Days between two times at which a desk enters cheques.
const ENTERED_EVERY_DAYS: i64 = 7;
/// Weeks until a bank has sent a bad one back.
const BACK_AFTER_WEEKS: i64 = 2;
/// What is too much.
const TOO_MUCH_CENTS: i64 = 1_000;

/// On its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    /// A cheque.
    Cheque(From, Cheque),
    /// A cheque that the bank sends back.
    Back(PaymentId),
}

/// All that is on its way, by when it is entered.
#[derive(Debug, Default)]
pub(super) struct Post {
    first: Timestamp,
    coming: BTreeMap<Timestamp, Vec<Coming>>,
}

impl Post {
    /// Nothing is on its way; days are counted from `first`.
    pub(super) fn new(first: Timestamp) -> Self {
        Self { first, coming: BTreeMap::new() }
    }

    /// When the next is entered.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.coming.keys().next().copied()
    }

    /// Those that are entered by now.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Coming> {
        let mut due = Vec::new();
        while let Some(entry) = self.coming.first_entry().filter(|e| *e.key() <= now) {
            due.extend(entry.remove());
        }
        due
    }

    /// Somebody has promised, and keeps the promise or not. An employer whose cheque is on its
    /// way pays with it whatever it owes then.
    pub(super) fn promised(
        &mut self,
        behaviour: &Behaviour,
        from: From,
        payer: &str,
        now: Timestamp,
    ) {
        let same = |c: &Coming| matches!(c, Coming::Cheque(other, _) if *other == from);
        if self.coming.values().flatten().any(same) && matches!(from, From::Payer(_)) {
            return;
        }
        if let Some(cheque) = behaviour.cheque(payer) {
            self.expect(Coming::Cheque(from, cheque), now, behaviour.weeks(payer));
        }
    }

    /// The bank will send that one back.
    pub(super) fn bounces(&mut self, payment: PaymentId, now: Timestamp) {
        self.expect(Coming::Back(payment), now, BACK_AFTER_WEEKS);
    }

    /// On the first day of entering after those weeks.
    fn expect(&mut self, coming: Coming, now: Timestamp, weeks: i64) {
        const DAY_HOURS: i64 = 24;
        let every = ENTERED_EVERY_DAYS * DAY_HOURS;
        let since = now.duration_since(self.first).as_hours() + weeks * 7 * DAY_HOURS;
        let hours = (since.div_euclid(every) + 1) * every;
        if let Ok(at) = self.first.checked_add(SignedDuration::from_hours(hours)) {
            self.coming.entry(at).or_default().push(coming);
        }
    }
}

/// Enters one, in the caller's transaction. Gives the payment where one was recorded that the bank
/// will send back. Whoever owes nothing any more sends none.
pub(super) fn enter(
    c: &Connection,
    context: &Context,
    coming: Coming,
    at: Timestamp,
) -> Result<Entered, StoreError> {
    let evidence = Evidence { door: Door::Desk, mid: None, lang: Lang::En, at, answers: "" };
    match coming {
        Coming::Back(payment) => back(c, context, payment, &evidence),
        Coming::Cheque(from, cheque) => {
            let (owed, payer) = match from {
                From::Member(renewal) => (invoices::standing(c, renewal)?, None),
                From::Payer(payer) => (invoices::of_payer(c, payer)?, Some(payer)),
            };
            pay(c, context, &owed, payer, cheque, &evidence)
        }
    }
}

/// What entering came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// Nothing came.
    Nothing,
    /// It is in the books.
    Done,
    /// As `Done`; the bank will send this one back.
    Bounces(PaymentId),
}

fn pay(
    c: &Connection,
    context: &Context,
    owed: &[Invoice],
    payer: Option<PayerId>,
    cheque: Cheque,
    evidence: &Evidence<'_>,
) -> Result<Entered, StoreError> {
    let Some(issuer) = owed.first().map(|i| i.issuer.clone()) else { return Ok(Entered::Nothing) };
    let mut left = 0;
    for invoice in owed {
        left += invoice.bill.total().get() - sum(&kept::applied_to(c, invoice.id)?).get();
    }
    let cents = match cheque {
        _ if left <= 0 => return Ok(Entered::Nothing),
        Cheque::Full | Cheque::Bounced => left,
        Cheque::Part => (left / 2).max(1),
        Cheque::TooMuch => left + TOO_MUCH_CENTS,
    };
    let money = Money {
        issuer: &issuer,
        method: Method::Cheque,
        external: None,
        amount: Cents::new(cents).unwrap_or_default(),
        received_on: day(context, &issuer, evidence.at),
        reference: "",
        by: payer.map_or(PaidBy::Member, PaidBy::Payer),
    };
    let ids: Vec<InvoiceId> = owed.iter().map(|i| i.id).collect();
    match payments::record(c, context, &money, &ids, evidence)? {
        Recorded::New { payment, .. } if cheque == Cheque::Bounced => Ok(Entered::Bounces(payment)),
        Recorded::New { .. } => Ok(Entered::Done),
        Recorded::Already(_) | Recorded::Refused(_) => Ok(Entered::Nothing),
    }
}

fn back(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    evidence: &Evidence<'_>,
) -> Result<Entered, StoreError> {
    let Some(row) = kept::by_id(c, payment)? else { return Ok(Entered::Nothing) };
    let on = day(context, &row.issuer, evidence.at);
    let why = Reversal::Bounced;
    match payments::reverse(c, context, payment, None, why, on, None, evidence)? {
        Recorded::New { .. } => Ok(Entered::Done),
        Recorded::Already(_) | Recorded::Refused(_) => Ok(Entered::Nothing),
    }
}

fn day(context: &Context, issuer: &str, at: Timestamp) -> jiff::civil::Date {
    let zone = context.config.association(issuer).map_or("UTC", |a| a.zone.as_str());
    season::day_in(zone, at)
}
