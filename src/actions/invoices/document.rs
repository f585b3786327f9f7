//! Owns adding one document to its series, with its ledger line.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::super::{Context, Evidence, note};
use super::BillTo;
use crate::domain::bill::{Bill, Line};
use crate::domain::invoice::{self, DocumentKind, Invoice, Share};
use crate::ids::{InvoiceId, RenewalId};
use crate::store::StoreError;
use crate::store::invoices::{self as kept, NewInvoice};

/// A document on its way into its series.
pub(super) struct Draft<'a> {
    pub row: (RenewalId, &'a str, &'a str),
    pub kind: DocumentKind,
    pub corrects: Option<&'a Invoice>,
    pub place: &'a str,
    pub to: &'a BillTo,
    pub on: jiff::civil::Date,
    pub shares: &'a [Share],
    pub bill: &'a Bill,
}

pub(super) fn add(
    c: &Connection,
    context: &Context,
    subject: &str,
    draft: &Draft<'_>,
    more: &Value,
    evidence: &Evidence<'_>,
) -> Result<Invoice, StoreError> {
    let (renewal, issuer, season) = draft.row;
    let n = kept::next(c, issuer, season)?;
    let number = invoice::number(issuer, season, n);
    let mut data = json!({
        "issuer": issuer,
        "season": season,
        "renewal": renewal.0,
        "number": number,
        "corrects": draft.corrects.map(|i| &i.number),
        "on": draft.on.to_string(),
        "cents": draft.bill.total().get(),
        "lines": draft.bill.lines.iter().map(told).collect::<Vec<_>>(),
        "door": evidence.door.as_str(),
    });
    if let (Some(data), Some(more)) = (data.as_object_mut(), more.as_object()) {
        data.extend(more.clone());
    }
    let kind = match draft.kind {
        DocumentKind::Invoice => "invoiced",
        DocumentKind::CreditNote => "credited",
    };
    let seq = note(c, context, subject, kind, &data, evidence)?;
    let new = NewInvoice {
        n,
        renewal,
        issuer,
        season,
        kind: draft.kind,
        corrects: draft.corrects.map(|i| i.id),
        payer: draft.to.payer,
        bill_to: &draft.to.name,
        purchase_order: &draft.to.purchase_order,
        place: draft.place,
        issued_on: draft.on,
        shares: draft.shares,
        bill: draft.bill,
        at_ms: evidence.at.as_millisecond(),
        seq,
    };
    let id: InvoiceId = kept::add(c, &new)?;
    kept::by_id(c, id)?.ok_or_else(|| StoreError::GiveUp("an invoice was not kept".into()))
}

/// A line as the ledger tells it.
fn told(line: &Line) -> Value {
    let taxes = line
        .taxes
        .iter()
        .map(|t| json!({"tax": t.tax, "millionths": t.rate.millionths(), "cents": t.amount.get()}));
    json!({
        "kind": line.kind.as_str(),
        "supplier": line.supplier,
        "category": line.category,
        "cents": line.amount.get(),
        "taxes": taxes.collect::<Vec<_>>(),
    })
}
