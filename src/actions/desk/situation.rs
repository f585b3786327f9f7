//! Owns a desk's decision about a member's situation: what the renewal becomes by it, its invoices,
//! the member's mail. What it becomes is decided in `domain::desk`.

use rusqlite::Connection;
use serde_json::json;

use super::super::invoices::{self, BillTo, Why};
use super::super::{Context, Door, Evidence, association, letters, note, payments, person};
use super::{By, open_line};
use crate::compose::{InvoiceWhy, Said};
use crate::domain::desk::{Becomes, Deed, Standing, becomes};
use crate::domain::words::RenewalState;
use crate::store::desk::LinkRow;
use crate::store::renewals::RenewalRow;
use crate::store::{StoreError, invoices as documents, renewals, rulings, tasks};

/// Decides, closes the line and tells the member. `false` where there is nothing to decide, or no
/// such category.
pub(super) fn rule(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    (deed, category): (Deed, &str),
    by: &By,
) -> Result<bool, StoreError> {
    let Some(task) = open_line(c, link)? else { return Ok(false) };
    let Some(row) = task.renewal.map(|id| renewals::by_id(c, id)).transpose()?.flatten() else {
        return Ok(false);
    };
    let issuer = association(context, &row.issuer)?;
    let (member, subject) = person(c, row.person)?;
    if deed == Deed::Category
        && (issuer.category(category).is_none() || member.membership(&issuer.code).is_none())
    {
        return Ok(false);
    }
    let lang = member.reads(issuer.language);
    let evidence = Evidence { door: Door::Desk, mid: None, lang, at: by.at, answers: "" };
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": row.renewal.id.0,
        "did": deed.as_str(),
        "category": (deed == Deed::Category).then_some(category),
    });
    let seq = note(c, context, &subject, "situation-decided", &data, &evidence)?;
    let at_ms = by.at.as_millisecond();
    if deed == Deed::Category {
        rulings::keep(c, row.person, &issuer.code, category, at_ms, seq)?;
    }
    tasks::close(c, task.id, &by.deed.staff, deed.as_str(), at_ms)?;
    carry_out(c, context, &row, deed, seq, &evidence)
}

/// `false` where the decision is not about a situation.
fn carry_out(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    deed: Deed,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<bool, StoreError> {
    let (id, at_ms) = (row.renewal.id, evidence.at.as_millisecond());
    // As decided: in the new category.
    let (member, subject) = person(c, row.person)?;
    let bill = invoices::bill_as_chosen(c, context, row, &member, evidence)?;
    let owed = documents::standing(c, id)?;
    let invoiced = owed.iter().any(|i| !i.is_penalty());
    let standing = Standing { invoiced, bill: bill.as_ref().map(crate::domain::bill::Bill::total) };
    let Some(becomes) = becomes(deed, standing) else { return Ok(false) };
    let why = if deed == Deed::Moved { Why::Transfer } else { Why::Situation };
    let to = owed.first().map_or_else(|| BillTo::member(&member), BillTo::as_on);
    let rebill = |bill| invoices::rebill(c, context, row, &member, bill, &to, why, evidence);
    let (state, said, document) = match becomes {
        Becomes::Rebilled => {
            renewals::shift(c, id, RenewalState::Pledged, at_ms)?;
            let invoice = rebill(bill.as_ref())?;
            payments::settle(c, context, id, "reckoned", evidence)?;
            if let Some(invoice) = &invoice {
                let why = InvoiceWhy::Instead;
                payments::mail_document(c, context, row, invoice, why, evidence)?;
            }
            return Ok(true);
        }
        Becomes::Open => (RenewalState::Open, Said::SituationOpen, None),
        Becomes::Free => (RenewalState::Paid, Said::Renewed, rebill(None)?),
        Becomes::Ended => (RenewalState::NotRenewing, Said::SituationEnded, rebill(None)?),
        Becomes::Resumed => {
            let open = if owed.is_empty() { RenewalState::Open } else { RenewalState::Pledged };
            (open, Said::SituationUnchanged, None)
        }
    };
    renewals::shift(c, id, state, at_ms)?;
    if becomes == Becomes::Resumed {
        payments::settle(c, context, id, "reckoned", evidence)?;
    }
    let (renewal, issuer) = (Some(id), row.issuer.as_str());
    let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
    letters::say(c, context, &act, (said, document.map(|d| d.id)), evidence)?;
    Ok(true)
}
