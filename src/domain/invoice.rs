//! Owns what an invoice is: a numbered document that never changes. What was wrong in it, or is
//! owed no more, is taken back whole by a credit note, and a new invoice says what is owed instead.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bill::{Bill, LineKind};
use super::money::Cents;
use super::words::vocabulary;
use crate::config::{Instalment, PaymentSection};
use crate::ids::{InvoiceId, PayerId, RenewalId};

vocabulary! {
    /// The kinds of document of one series.
    DocumentKind {
        /// What is owed.
        Invoice = "invoice",
        /// What is owed no more: an invoice's lines, negative.
        CreditNote = "credit-note" }
}

/// One document as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Row.
    pub id: InvoiceId,
    /// Whose renewal.
    pub renewal: RenewalId,
    /// Code of the association that issued it.
    pub issuer: String,
    /// Season's id.
    pub season: String,
    /// As people quote it: `OPPI-2027-00001`.
    pub number: String,
    /// What it is.
    pub kind: DocumentKind,
    /// The invoice that it takes back, and its number.
    pub corrects: Option<(InvoiceId, String)>,
    /// Number of the credit note that took it back.
    pub corrected_by: Option<String>,
    /// Who pays in the member's place.
    pub payer: Option<PayerId>,
    /// Name to which it is made out.
    pub bill_to: String,
    /// The payer's order number; empty for none.
    pub purchase_order: String,
    /// Code of the province or territory by which it is taxed; empty outside Canada.
    pub place: String,
    /// Its day.
    pub issued_on: Date,
    /// Shares and the days by which they are to be paid; one where there are no instalments.
    pub shares: Vec<Share>,
    /// Lines and taxes.
    pub bill: Bill,
}

/// A part of an invoice with its own day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Last day, inclusive, on which it is paid in time.
    pub due_on: Date,
    /// How much.
    pub amount: Cents,
}

impl Invoice {
    /// Whether it is owed: an invoice that no credit note took back.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.kind == DocumentKind::Invoice && self.corrected_by.is_none()
    }

    /// Whether it is for being late and for nothing else.
    #[must_use]
    pub fn is_penalty(&self) -> bool {
        !self.bill.lines.is_empty() && self.bill.lines.iter().all(|l| l.kind == LineKind::Penalty)
    }

    /// Last day, inclusive, on which all of it is paid in time.
    #[must_use]
    pub fn due_on(&self) -> Date {
        self.shares.last().map_or(self.issued_on, |s| s.due_on)
    }

    /// What should have been paid before that day began.
    #[must_use]
    pub fn owed_before(&self, day: Date) -> Cents {
        self.shares.iter().filter(|s| s.due_on < day).map(|s| s.amount).sum()
    }
}

/// The number of the `n`th document of an issuer's series. A series runs through the season
/// without gaps, credit notes in it.
#[must_use]
pub fn number(issuer: &str, season: &str, n: i64) -> String {
    format!("{issuer}-{season}-{n:05}")
}

/// Shares of an invoice and their days. `pay_by`: the season's.
#[must_use]
pub fn shares(
    pay_by: Option<Date>,
    config: &PaymentSection,
    issued_on: Date,
    total: Cents,
) -> Vec<Share> {
    const WHOLE_PERCENT: i64 = 100;
    if config.instalments.is_empty() {
        return vec![Share { due_on: due_day(pay_by, config, issued_on), amount: total }];
    }
    // Rounded by what has come due so far: the shares add up, and none is less than nothing.
    let (mut percent, mut before) = (0, Cents::ZERO);
    let share = |instalment: &Instalment| {
        percent += instalment.percent;
        let so_far = total.share(percent, WHOLE_PERCENT);
        let amount = [so_far, before.negated()].into_iter().sum();
        before = so_far;
        Share { due_on: instalment.due.max(issued_on), amount }
    };
    config.instalments.iter().map(share).collect()
}

/// Last day, inclusive, on which an invoice without instalments is paid in time.
fn due_day(pay_by: Option<Date>, config: &PaymentSection, issued_on: Date) -> Date {
    let own = issued_on.saturating_add(i64::from(config.due_days).days());
    pay_by.map_or(own, |pay_by| pay_by.max(own))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn cents(c: i64) -> Cents {
        Cents::new(c).unwrap()
    }

    #[test]
    fn numbers_are_quoted_as_they_sort() {
        assert_eq!(number("OPPI", "2027", 1), "OPPI-2027-00001");
        assert_eq!(number("OPPI", "2027", 123_456), "OPPI-2027-123456");
    }

    #[test]
    fn due_days() {
        for (pay_by, issued, want) in [
            (None, "2026-11-03", "2026-12-03"),
            (Some("2027-01-31"), "2026-11-03", "2027-01-31"),
            (Some("2027-01-31"), "2027-01-01", "2027-01-31"),
            (Some("2027-01-31"), "2027-01-02", "2027-02-01"),
            (Some("2027-01-31"), "2027-03-15", "2027-04-14"),
        ] {
            let config = PaymentSection::default();
            let shares = shares(pay_by.map(day), &config, day(issued), cents(5));
            assert_eq!(shares, [Share { due_on: day(want), amount: cents(5) }], "{issued}");
        }
    }

    #[test]
    fn what_should_have_been_paid_by_now() {
        let config = PaymentSection {
            instalments: ["2027-01-31", "2027-06-30"]
                .map(|due| Instalment { due: day(due), percent: 50 })
                .to_vec(),
            ..PaymentSection::default()
        };
        let bill = Bill::default();
        let mut invoice = sample(bill);
        invoice.shares = shares(None, &config, day("2026-11-03"), cents(1_001));
        for (on, want) in
            [("2027-01-31", 0), ("2027-02-01", 501), ("2027-06-30", 501), ("2027-07-01", 1_001)]
        {
            assert_eq!(invoice.owed_before(day(on)), cents(want), "{on}");
        }
        assert_eq!(invoice.due_on(), day("2027-06-30"));
        let late = shares(None, &config, day("2027-03-01"), cents(100));
        assert_eq!(late[0].due_on, day("2027-03-01"));
    }

    /// An invoice of that bill.
    fn sample(bill: Bill) -> Invoice {
        Invoice {
            id: InvoiceId(1),
            renewal: RenewalId(1),
            issuer: "OPPI".into(),
            season: "2027".into(),
            number: number("OPPI", "2027", 1),
            kind: DocumentKind::Invoice,
            corrects: None,
            corrected_by: None,
            payer: None,
            bill_to: "Camille Roy".into(),
            purchase_order: String::new(),
            place: "ON".into(),
            issued_on: day("2026-11-03"),
            shares: Vec::new(),
            bill,
        }
    }

    proptest! {
        #[test]
        fn shares_come_to_the_whole(
            total in 0i64..10_000_000, cuts in prop::collection::vec(1i64..25, 0..4),
            issued in 0i64..400,
        ) {
            let rest = 100 - cuts.iter().sum::<i64>();
            let percents = cuts.into_iter().chain([rest]);
            let instalments = percents.enumerate().map(|(n, percent)| Instalment {
                due: day("2027-01-31").saturating_add(i64::try_from(n).unwrap().months()),
                percent,
            });
            let config =
                PaymentSection { instalments: instalments.collect(), ..PaymentSection::default() };
            let issued = day("2026-11-01").saturating_add(issued.days());
            let shares = shares(None, &config, issued, cents(total));
            prop_assert_eq!(shares.iter().map(|s| s.amount).sum::<Cents>(), cents(total));
            prop_assert!(shares.windows(2).all(|p| p[0].due_on <= p[1].due_on));
            prop_assert!(shares.iter().all(|s| s.due_on >= issued && s.amount >= cents(0)));
        }
    }
}
