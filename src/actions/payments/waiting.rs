//! Owns money that settles nothing yet: what the desk applies, and what a credit note frees.

use rusqlite::Connection;
use serde_json::json;

use super::super::{Context, Evidence, note};
use super::{
    Recorded, credit_cause, named, original, owed, settle_all, spread, told, touched, waits,
};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::Allocation;
use crate::domain::words::TaskKind;
use crate::ids::{InvoiceId, PaymentId, RenewalId};
use crate::store::{StoreError, payments as kept, tasks};

/// Applies what waits of a payment to these invoices.
pub fn allocate(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    for_invoices: &[InvoiceId],
    evidence: &Evidence<'_>,
) -> Result<Recorded, StoreError> {
    let original = match original(c, payment)? {
        Ok(original) => original,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
    let named = match named(c, &original.issuer, for_invoices)? {
        Ok(named) => named,
        Err(refused) => return Ok(Recorded::Refused(refused)),
    };
    apply_waiting(c, context, payment, &named, evidence)?;
    let (unapplied, at_ms) = (kept::unapplied(c, payment)?, evidence.at.as_millisecond());
    if unapplied <= Cents::ZERO {
        tasks::close_cause(c, &credit_cause(payment), "relance", "applied", at_ms)?;
    }
    Ok(Recorded::New { payment, unapplied })
}

fn apply_waiting(
    c: &Connection,
    context: &Context,
    payment: PaymentId,
    invoices: &[Invoice],
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let shares = spread(context, kept::unapplied(c, payment)?, &owed(c, invoices)?);
    if shares.is_empty() {
        return Ok(());
    }
    let data = json!({"payment": payment.0, "applied": told(c, &shares)?});
    let seq = note(c, context, "", "money-applied", &data, evidence)?;
    for share in &shares {
        kept::apply(c, payment, share, evidence.at.as_millisecond())?;
    }
    let payer = kept::by_id(c, payment)?.and_then(|p| p.payer);
    settle_all(c, context, &touched(c, &shares)?, (payment, payer), seq, evidence)
}

/// Frees what was applied to an invoice that a credit note takes back; gives the payments.
pub(in crate::actions) fn release(
    c: &Connection,
    context: &Context,
    invoice: &Invoice,
    evidence: &Evidence<'_>,
) -> Result<Vec<PaymentId>, StoreError> {
    let payments = kept::on(c, invoice.id)?;
    for payment in &payments {
        let applied = kept::applied_of(c, *payment)?;
        let own = applied.into_iter().filter(|a| a.invoice == invoice.id);
        let freed: Vec<Allocation> =
            own.map(|a| Allocation { amount: a.amount.negated(), ..a }).collect();
        let data = json!({"payment": payment.0, "applied": told(c, &freed)?});
        note(c, context, "", "money-freed", &data, evidence)?;
        for share in &freed {
            kept::apply(c, *payment, share, evidence.at.as_millisecond())?;
        }
    }
    Ok(payments)
}

/// What was freed counts towards the invoice that replaces the old one; what is left of it waits
/// for the desk.
pub(in crate::actions) fn carry_over(
    c: &Connection,
    context: &Context,
    freed: &[PaymentId],
    renewal: RenewalId,
    instead: Option<&Invoice>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    for payment in freed {
        if let Some(invoice) = instead {
            apply_waiting(c, context, *payment, std::slice::from_ref(invoice), evidence)?;
        }
        let unapplied = kept::unapplied(c, *payment)?;
        let original = kept::by_id(c, *payment)?;
        if let (Some(original), true) = (original, unapplied > Cents::ZERO) {
            // A second credit of one payment is another event than the first.
            let head = crate::store::ledger::head(c)?.0;
            let cause = format!("{}/{head}", credit_cause(*payment));
            let (kind, about) = (TaskKind::Credit, Some(renewal));
            waits(c, &cause, kind, &original.issuer, *payment, unapplied, about, evidence)?;
        }
    }
    Ok(())
}
