//! Owns the acts on invoices: issuing one, taking one back by a credit note, and what an answer does
//! to those of its renewal. Each document is added with its ledger line in the caller's transaction.
//! A document never changes, whatever becomes of fees, rates and members.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Context, Evidence, association, note, person};
use crate::domain::bill::{Bill, Line};
use crate::domain::billing::Terms;
use crate::domain::invoice::{self, DocumentKind, Invoice, Share};
use crate::domain::member::Member;
use crate::domain::words::TaskKind;
use crate::ids::{InvoiceId, PayerId, RenewalId};
use crate::store::StoreError;
use crate::store::invoices::{self as kept, NewInvoice};
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};

/// To whom an invoice is made out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillTo {
    /// Who pays in the member's place.
    pub payer: Option<PayerId>,
    /// Name on the invoice.
    pub name: String,
    /// The payer's order number; empty for none.
    pub purchase_order: String,
}

impl BillTo {
    /// The member.
    #[must_use]
    pub fn member(member: &Member) -> Self {
        let name = format!("{} {}", member.given_name, member.family_name);
        Self { payer: None, name: name.trim().to_owned(), purchase_order: String::new() }
    }

    /// As on an invoice.
    #[must_use]
    pub fn as_on(invoice: &Invoice) -> Self {
        Self {
            payer: invoice.payer,
            name: invoice.bill_to.clone(),
            purchase_order: invoice.purchase_order.clone(),
        }
    }
}

/// Why an invoice is taken back; stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The member took their answer back.
    TakenBack,
    /// The member answered otherwise.
    AnsweredAnew,
    /// The desk found it wrong.
    Mistake,
    /// The member's situation or category changed.
    Situation,
    /// The member went to another association.
    Transfer,
}

impl Why {
    /// Those that a desk gives.
    pub const OF_A_DESK: [Self; 3] = [Self::Mistake, Self::Situation, Self::Transfer];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TakenBack => "taken-back",
            Self::AnsweredAnew => "answered-anew",
            Self::Mistake => "mistake",
            Self::Situation => "situation",
            Self::Transfer => "transfer",
        }
    }
}

/// Issues the invoice of a renewal; where one is owed already, gives that one: nobody is billed
/// twice.
pub fn issue(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    bill: &Bill,
    to: &BillTo,
    evidence: &Evidence<'_>,
) -> Result<Invoice, StoreError> {
    let owed = kept::standing(c, row.renewal.id)?;
    match owed.into_iter().find(|i| !i.is_penalty()) {
        Some(owed) => Ok(owed),
        None => issue_another(c, context, row, member, bill, to, evidence),
    }
}

/// Issues an invoice beside those that are owed: a fee for being late.
pub(super) fn issue_another(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    bill: &Bill,
    to: &BillTo,
    evidence: &Evidence<'_>,
) -> Result<Invoice, StoreError> {
    let issuer = association(context, &row.issuer)?;
    let on = Terms::at(&context.config, issuer, evidence.at).on;
    let shares = invoice::shares(&context.config.relance.payment, on, bill.total());
    let draft = Draft {
        row: (row.renewal.id, &row.issuer, &row.season),
        kind: DocumentKind::Invoice,
        corrects: None,
        place: &member.province,
        to,
        on,
        shares: &shares,
        bill,
    };
    add(c, context, &person(c, row.person)?.1, &draft, &json!({}), evidence)
}

/// Takes an invoice back by a credit note. `None` where it is not owed.
pub fn credit(
    c: &Connection,
    context: &Context,
    invoice: &Invoice,
    subject: &str,
    why: Why,
    evidence: &Evidence<'_>,
) -> Result<Option<Invoice>, StoreError> {
    if !invoice.stands() {
        return Ok(None);
    }
    let issuer = association(context, &invoice.issuer)?;
    let on = Terms::at(&context.config, issuer, evidence.at).on;
    let bill = invoice.bill.negated();
    let draft = Draft {
        row: (invoice.renewal, &invoice.issuer, &invoice.season),
        kind: DocumentKind::CreditNote,
        corrects: Some(invoice),
        place: &invoice.place,
        to: &BillTo::as_on(invoice),
        on,
        shares: &[Share { due_on: on, amount: bill.total() }],
        bill: &bill,
    };
    add(c, context, subject, &draft, &json!({"why": why.as_str()}), evidence).map(Some)
}

/// What an answer does to the invoices of its renewal: those that do not say what it says are taken
/// back, and where it is to be paid on invoice and owes something, one is issued and the desk's
/// list of expected cheques gets its line. Gives the document that the confirmation carries.
pub fn on_answer(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    owed: Option<&Bill>,
    to: &BillTo,
    evidence: &Evidence<'_>,
) -> Result<Option<Invoice>, StoreError> {
    let owed = owed.filter(|bill| bill.total().get() > 0);
    let mut last = None;
    for invoice in kept::standing(c, row.renewal.id)? {
        if owed == Some(&invoice.bill) && BillTo::as_on(&invoice) == *to {
            return Ok(Some(invoice));
        }
        let why = if owed.is_some() { Why::AnsweredAnew } else { Why::TakenBack };
        let subject = person(c, row.person)?.1;
        last = credit(c, context, &invoice, &subject, why, evidence)?;
        nothing_expected(c, row.renewal.id, evidence)?;
    }
    let Some(bill) = owed else { return Ok(last) };
    let invoice = issue(c, context, row, member, bill, to, evidence)?;
    let data = json!({"number": invoice.number, "cents": invoice.bill.total().get(),
        "due_on": invoice.due_on().to_string()});
    let task = NewTask {
        cause: &format!("expected-cheque/{}", invoice.number),
        issuer: &row.issuer,
        kind: TaskKind::ExpectedCheque,
        person: Some(row.person),
        renewal: Some(row.renewal.id),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    Ok(Some(invoice))
}

/// No cheque is expected for a renewal any more.
pub(super) fn nothing_expected(
    c: &Connection,
    renewal: RenewalId,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let at_ms = evidence.at.as_millisecond();
    for kind in [TaskKind::ExpectedCheque, TaskKind::Overdue] {
        tasks::close_for(c, renewal, kind, "relance", "owed no more", at_ms)?;
    }
    Ok(())
}

/// The lines of all invoices that a renewal owes, as one bill; `None` where it owes none. What was
/// issued is what is owed, whatever the config says now.
pub fn standing_bill(c: &Connection, renewal: RenewalId) -> Result<Option<Bill>, StoreError> {
    let owed = kept::standing(c, renewal)?;
    if owed.is_empty() {
        return Ok(None);
    }
    Ok(Some(Bill { lines: owed.into_iter().flat_map(|i| i.bill.lines).collect() }))
}

/// A document on its way into its series.
struct Draft<'a> {
    row: (RenewalId, &'a str, &'a str),
    kind: DocumentKind,
    corrects: Option<&'a Invoice>,
    place: &'a str,
    to: &'a BillTo,
    on: jiff::civil::Date,
    shares: &'a [Share],
    bill: &'a Bill,
}

fn add(
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

#[cfg(test)]
mod tests;
