//! Owns the acts on invoices: issuing one, taking one back by a credit note, and what an answer does
//! to those of its renewal. Each document is added with its ledger line in the caller's transaction.
//! A document never changes, whatever becomes of fees, rates and members.

mod document;

use rusqlite::Connection;
use serde_json::json;

use self::document::{Draft, add};
use super::{Context, Evidence, association, payments, person};
use crate::compose::InvoiceWhy;
use crate::domain::bill::Bill;
use crate::domain::billing::{self, Terms};
use crate::domain::invoice::{self, DocumentKind, Invoice, Share};
use crate::domain::member::Member;
use crate::domain::words::{RenewalState, TaskKind};
use crate::ids::{PayerId, PaymentId, RenewalId};
use crate::store::invoices as kept;
use crate::store::renewals::RenewalRow;
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, renewals};

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
    let relance = &context.config.relance;
    let shares = invoice::shares(relance.season.pay_by, &relance.payment, on, bill.total());
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

/// What taking an invoice back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credited {
    /// The credit note.
    pub note: Invoice,
    /// Payments of which something was applied to the invoice: it waits now.
    pub freed: Vec<PaymentId>,
}

/// Takes an invoice back by a credit note. `None` where it is not owed. The caller carries over
/// what was freed.
pub(super) fn credit(
    c: &Connection,
    context: &Context,
    invoice: &Invoice,
    subject: &str,
    why: Why,
    evidence: &Evidence<'_>,
) -> Result<Option<Credited>, StoreError> {
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
    let note = add(c, context, subject, &draft, &json!({"why": why.as_str()}), evidence)?;
    let freed = payments::release(c, context, invoice, evidence)?;
    nothing_expected(c, invoice.renewal, evidence)?;
    Ok(Some(Credited { note, freed }))
}

/// Why a desk cannot do what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such invoice.
    #[error("there is no invoice {0}")]
    NotHere(String),
    /// It was taken back before, or is a credit note.
    #[error("{0} is not owed: it is a credit note, or one has taken it back")]
    NotOwed(String),
    /// The member owes this association nothing now.
    #[error("the member owes {0} nothing now: take the invoice back without a new one")]
    NothingToBill(String),
}

/// A desk takes an invoice back, and where `reissue` bills by the member and the config as they are
/// now, with what the member chose. What was paid counts towards the new invoice, and the member
/// gets the document. Without a new one the renewal is open again.
pub fn credit_by_desk(
    c: &Connection,
    context: &Context,
    number: &str,
    why: Why,
    reissue: bool,
    evidence: &Evidence<'_>,
) -> Result<Result<(Invoice, Option<Invoice>), Refusal>, StoreError> {
    let Some(invoice) = kept::by_number(c, number)? else {
        return Ok(Err(Refusal::NotHere(number.to_owned())));
    };
    let Some(row) = renewals::by_id(c, invoice.renewal)?.filter(|_| invoice.stands()) else {
        return Ok(Err(Refusal::NotOwed(number.to_owned())));
    };
    let (member, subject) = person(c, row.person)?;
    let bill = if reissue { bill_now(c, context, &row, &member, evidence)? } else { None };
    if reissue && bill.is_none() {
        return Ok(Err(Refusal::NothingToBill(row.issuer)));
    }
    let Some(credited) = credit(c, context, &invoice, &subject, why, evidence)? else {
        return Ok(Err(Refusal::NotOwed(number.to_owned())));
    };
    let instead = match &bill {
        Some(bill) => {
            let to = BillTo::as_on(&invoice);
            let instead = issue_another(c, context, &row, &member, bill, &to, evidence)?;
            expect_cheque(c, &row, &instead, evidence)?;
            Some(instead)
        }
        None => None,
    };
    payments::carry_over(c, context, &credited.freed, row.renewal.id, instead.as_ref(), evidence)?;
    let state = payments::settle(c, context, row.renewal.id, "reckoned", evidence)?;
    let over = kept::standing(c, row.renewal.id)?.is_empty();
    if over && matches!(state, RenewalState::Pledged | RenewalState::Paid) {
        renewals::shift(c, row.renewal.id, RenewalState::Open, evidence.at.as_millisecond())?;
    }
    let (document, told) = match &instead {
        Some(instead) => (instead, InvoiceWhy::Instead),
        None => (&credited.note, InvoiceWhy::Credited),
    };
    payments::mail_document(c, context, &row, document, told, evidence)?;
    Ok(Ok((credited.note, instead)))
}

/// The bill of a renewal as of now, by what the member chose last. `None` where nothing is owed.
pub(super) fn bill_now(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    evidence: &Evidence<'_>,
) -> Result<Option<Bill>, StoreError> {
    let issuer = association(context, &row.issuer)?;
    let (cover, dropped) = renewals::chosen(c, row.renewal.id)?;
    let terms =
        Terms { cover, dropped: &dropped, ..Terms::at(&context.config, issuer, evidence.at) };
    let bill = billing::bill(&context.config, member, issuer, &terms);
    Ok(bill.filter(|b| b.total().get() > 0))
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
    let (mut last, mut freed) = (None, Vec::new());
    for invoice in kept::standing(c, row.renewal.id)? {
        if owed == Some(&invoice.bill) && BillTo::as_on(&invoice) == *to {
            return Ok(Some(invoice));
        }
        let why = if owed.is_some() { Why::AnsweredAnew } else { Why::TakenBack };
        let subject = person(c, row.person)?.1;
        let credited = credit(c, context, &invoice, &subject, why, evidence)?;
        last = credited.map(|credited| {
            freed.extend(credited.freed);
            credited.note
        });
    }
    let Some(bill) = owed else {
        payments::carry_over(c, context, &freed, row.renewal.id, None, evidence)?;
        return Ok(last);
    };
    let invoice = issue(c, context, row, member, bill, to, evidence)?;
    expect_cheque(c, row, &invoice, evidence)?;
    payments::carry_over(c, context, &freed, row.renewal.id, Some(&invoice), evidence)?;
    Ok(Some(invoice))
}

/// The desk's list of expected cheques gets its line.
fn expect_cheque(
    c: &Connection,
    row: &RenewalRow,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
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
    Ok(())
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

#[cfg(test)]
mod tests;
