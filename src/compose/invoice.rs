//! Owns the values of an invoice or credit note, the same for mails and pages.

use tera::{Context, Value};

use super::format;
use super::frame::{named, put};
use super::text::clean;
use super::{ComposeError, Inner, ReceiptFacts};
use crate::config::Association;
use crate::domain::invoice::{DocumentKind, Invoice};
use crate::domain::money::Cents;
use crate::domain::words::Lang;

impl Inner {
    /// Number, day, way and remainder of a receipt; its lines are the bill's.
    pub(super) fn put_receipt(&self, context: &mut Context, lang: Lang, receipt: &ReceiptFacts) {
        let calendar = self.engine.words.calendar(lang);
        put(context, "payment", &receipt.payment.to_string());
        put(context, "method", receipt.method.as_str());
        put(context, "received_on", &format::date(lang, calendar, receipt.received_on));
        put(context, "invoices", &receipt.invoices.join(", "));
        let amount = |cents: Cents| {
            if cents > Cents::ZERO { format::money(lang, cents) } else { String::new() }
        };
        put(context, "left", &amount(receipt.left));
        put(context, "unapplied", &amount(receipt.unapplied));
    }

    /// Number, days, names, lines, taxes, total, how to pay.
    pub(super) fn put_invoice(
        &self,
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        invoice: &Invoice,
    ) -> Result<(), ComposeError> {
        let calendar = self.engine.words.calendar(lang);
        self.put_bill(context, lang, Some(&invoice.bill))?;
        put(context, "number", &invoice.number);
        let credit = invoice.kind == DocumentKind::CreditNote;
        context.insert_value("credit_note", Value::from(credit));
        put(context, "corrects", invoice.corrects.as_ref().map_or("", |(_, number)| number));
        put(context, "issued_on", &format::date(lang, calendar, invoice.issued_on));
        put(context, "due_on", &format::date(lang, calendar, invoice.due_on()));
        put(context, "bill_to", &clean(&invoice.bill_to, false));
        put(context, "purchase_order", &clean(&invoice.purchase_order, false));
        put(context, "transfer_to", issuer.transfer_to.as_deref().unwrap_or_default());
        context.insert_value("employer_pays", Value::from(invoice.payer.is_some()));
        let shares = if invoice.shares.len() > 1 { &invoice.shares[..] } else { &[] };
        let shares: Vec<Value> = shares
            .iter()
            .map(|share| {
                Value::from_serializable(&serde_json::json!({
                    "due_on": format::date(lang, calendar, share.due_on),
                    "amount": format::money(lang, share.amount),
                }))
            })
            .collect();
        context.insert_value("shares", Value::from(shares));
        let insurance = self.relance.insurance.as_ref().filter(|_| invoice.bill.insures());
        let by = insurance.map(|i| named(i.certificate_by.as_ref().unwrap_or(&i.broker), lang));
        put(context, "certificate_by", by.as_deref().unwrap_or_default());
        let days = insurance.map_or(0, |i| i64::from(i.certificate_days));
        context.insert_value("certificate_days", Value::from(days));
        Ok(())
    }
}
