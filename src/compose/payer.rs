//! Owns the values of what a payer sees, the same for mails and the page: what is open, and what a
//! payment went to.

use serde_json::json;
use tera::{Context, Value};

use super::frame::put;
use super::text::clean;
use super::{Inner, PayerAccount, PayerPage, PayerPayment, format};
use crate::domain::money::Cents;
use crate::domain::words::Lang;

impl Inner {
    /// What is open, and what it comes to.
    pub(super) fn put_account(&self, context: &mut Context, lang: Lang, account: &PayerAccount) {
        self.put_open(context, lang, account, &[]);
    }

    fn put_open(
        &self,
        context: &mut Context,
        lang: Lang,
        account: &PayerAccount,
        paths: &[String],
    ) {
        let calendar = self.engine.words.calendar(lang);
        let row = |(n, invoice): (usize, &super::OpenInvoice)| {
            Value::from_serializable(&json!({
                "number": invoice.number,
                "name": clean(&invoice.name, false),
                "member_no": clean(&invoice.member_no, false),
                "order": clean(&invoice.purchase_order, false),
                "due_on": format::date(lang, calendar, invoice.due_on),
                "amount": format::money(lang, invoice.left),
                "path": paths.get(n),
            }))
        };
        let rows: Vec<Value> = account.open.iter().enumerate().map(row).collect();
        put(context, "payer", &clean(&account.name, false));
        context.insert_value("owing", Value::from(rows));
        put(context, "owing_total", &format::money(lang, account.total()));
    }

    /// A payment, and what it went to.
    pub(super) fn put_paid(&self, context: &mut Context, lang: Lang, paid: &PayerPayment) {
        let calendar = self.engine.words.calendar(lang);
        let rows: Vec<Value> = paid
            .shares
            .iter()
            .map(|share| {
                Value::from_serializable(&json!({
                    "number": share.number,
                    "name": clean(&share.name, false),
                    "member_no": clean(&share.member_no, false),
                    "amount": format::money(lang, share.amount),
                }))
            })
            .collect();
        put(context, "payment", &paid.payment.to_string());
        put(context, "method", paid.method.as_str());
        put(context, "received_on", &format::date(lang, calendar, paid.received_on));
        put(context, "amount", &format::money(lang, paid.amount));
        context.insert_value("paid", Value::from(rows));
        let waits = paid.unapplied > Cents::ZERO;
        let unapplied = if waits { format::money(lang, paid.unapplied) } else { String::new() };
        put(context, "unapplied", &unapplied);
    }

    /// Values of [`super::Page::Payer`].
    pub(super) fn payer_page(&self, context: &mut Context, lang: Lang, page: &PayerPage<'_>) {
        self.put_open(context, lang, page.account, page.paths);
        put(context, "transfer_to", page.issuer.transfer_to.as_deref().unwrap_or_default());
        context.insert_value("card", Value::from(page.card));
    }
}
