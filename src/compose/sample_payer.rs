//! Owns what an invented employer owes and pays.

use jiff::civil::date;

use super::{OpenInvoice, PaidShare, PayerAccount, PayerPayment};
use crate::domain::money::Cents;
use crate::domain::payment::Method;

/// An employer of three planners.
#[derive(Debug, Clone)]
pub(super) struct PayerSample {
    /// With two open invoices.
    pub account: PayerAccount,
    /// With none.
    pub none: PayerAccount,
    /// All applied, and with a part that waits.
    pub paid: [PayerPayment; 2],
    /// Where the open invoices stand.
    pub paths: [String; 2],
}

impl PayerSample {
    pub(super) fn new() -> Self {
        let cents = |c| Cents::new(c).unwrap_or_default();
        let open = |n: u32, name: &str, order: &str, left| OpenInvoice {
            number: format!("OEI-2027-0001{n}"),
            name: name.into(),
            member_no: format!("1044{n}"),
            purchase_order: order.into(),
            due_on: date(2027, 1, 31),
            left: cents(left),
        };
        let shares = vec![PaidShare {
            number: "OEI-2027-00011".into(),
            name: "Sam Sample & Fils".into(),
            member_no: "10441".into(),
            amount: cents(104_250),
        }];
        let paid = |unapplied| PayerPayment {
            payment: 81,
            method: Method::Cheque,
            received_on: date(2026, 12, 1),
            amount: cents(104_250 + unapplied),
            shares: shares.clone(),
            unapplied: cents(unapplied),
        };
        let name = "Ville d’Exemple".to_owned();
        let invoices = vec![
            open(2, "Maëlle O’Exemple-Tremblay", "BC-2026/118", 128_417),
            open(3, "Jo Exemple", "", 12_345),
        ];
        Self {
            account: PayerAccount { name: name.clone(), open: invoices },
            none: PayerAccount { name, open: Vec::new() },
            paid: [paid(0), paid(501)],
            paths: [2, 3].map(|n| format!("/p/AQECAwQ/OEI-2027-0001{n}")),
        }
    }
}
