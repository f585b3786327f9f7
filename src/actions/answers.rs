//! Owns the acts on a renewal: answering, and taking the answer back.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::invoices::{self, BillTo};
use super::payload::Payload;
use super::{Applied, Context, Evidence, letters, note};
use crate::compose::{Bill, Said};
use crate::domain::answer::{self, Choice, Form, Given, Verdict};
use crate::domain::billing::{self, Terms};
use crate::domain::invoice::Invoice;
use crate::domain::member::Member;
use crate::domain::season;
use crate::domain::words::RenewalState;
use crate::ids::{MessageId, RenewalId};
use crate::store::renewals::{self, AnswerRow, RenewalRow};
use crate::store::{StoreError, people};

/// A renewal with all that a page or a mail shows of it.
#[derive(Debug, Clone)]
pub struct RenewalView {
    /// The renewal.
    pub row: RenewalRow,
    /// Whose.
    pub member: Member,
    /// What is owed: by its invoices where there are any, else as of now; `None` where the membership went elsewhere meanwhile.
    pub bill: Option<Bill>,
    /// Accepted answers, oldest first.
    pub given: Vec<Given>,
}

impl RenewalView {
    /// The state by which taking back is weighed: a renewal that owes nothing is `paid` at once, and
    /// can be taken back as a pledge can.
    #[must_use]
    pub fn state_to_undo(&self) -> RenewalState {
        let free = self.bill.as_ref().is_some_and(|b| b.total().get() <= 0);
        match self.row.renewal.state {
            RenewalState::Paid if free => RenewalState::Pledged,
            state => state,
        }
    }
}

/// Reads a renewal for showing; `None` where it is not here.
pub fn view_of_renewal(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    now: Timestamp,
) -> Result<Option<RenewalView>, StoreError> {
    let Some(row) = renewals::by_id(c, id)? else { return Ok(None) };
    let Some(member) = people::by_id(c, row.person)? else { return Ok(None) };
    let issuer = context.config.association(&row.issuer);
    let bill = match (invoices::standing_bill(c, id)?, issuer) {
        (Some(issued), _) => Some(issued),
        (None, Some(issuer)) => {
            let terms = Terms::at(&context.config, issuer, now);
            billing::bill(&context.config, &member, issuer, &terms)
        }
        (None, None) => None,
    };
    let given = renewals::answers(c, id)?;
    Ok(Some(RenewalView { row, member, bill, given }))
}

/// A member's answer.
pub(super) fn answer(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    choice: Choice,
    reason: &str,
    form: Option<(i64, &str)>,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = view_of_renewal(c, context, id, evidence.at)? else {
        return Ok(Applied::Nothing);
    };
    let renewal = &view.row.renewal;
    let verdict = match form {
        Some((version, nonce)) => answer::weigh(
            renewal.state,
            renewal.version,
            &view.given,
            &Form { version, nonce, choice },
        ),
        None => answer::weigh_reply(renewal.state, choice),
    };
    match verdict {
        Verdict::AlreadyDone => return Ok(Applied::Already),
        Verdict::Conflict => return Ok(Applied::Conflict),
        Verdict::Stale => return Ok(Applied::Stale),
        Verdict::Closed => return Ok(Applied::Closed),
        Verdict::Accept => {}
    }
    let row = AnswerRow {
        nonce: form.map_or("", |(_, nonce)| nonce),
        choice: Some(choice),
        reason,
        door: evidence.door.as_str(),
        language: evidence.lang.as_str(),
        mid: evidence.mid.map(MessageId::to_i64),
        at_ms: evidence.at.as_millisecond(),
    };
    let owed = view.bill.as_ref().filter(|_| choice == Choice::Invoice);
    let (state, said) = match choice {
        // Nothing to pay: it is done.
        Choice::Invoice if owed.is_some_and(|b| b.total().get() <= 0) => {
            (RenewalState::Paid, Said::Renewed)
        }
        Choice::Invoice => (choice.state(), Said::RenewedByInvoice),
        Choice::NotRenewing => (choice.state(), Said::NotRenewing),
    };
    let version = renewals::keep_answer(c, renewal, state, &row)?;
    let to = BillTo::member(&view.member);
    let document = invoices::on_answer(c, context, &view.row, &view.member, owed, &to, evidence)?;
    settle(c, context, &view, "answered", state, version, said, document.as_ref(), evidence)?;
    Ok(Applied::Done)
}

/// The last answer is taken back: the renewal is open again.
pub(super) fn take_back(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = view_of_renewal(c, context, id, evidence.at)? else {
        return Ok(Applied::Nothing);
    };
    let renewal = &view.row.renewal;
    if renewal.state == RenewalState::Open {
        return Ok(Applied::Already);
    }
    let deadline = season::deadline(&context.config.relance.season);
    if !answer::may_undo(view.state_to_undo(), view.given.last(), deadline, evidence.at) {
        return Ok(Applied::TooLate);
    }
    let row = AnswerRow {
        nonce: "",
        choice: None,
        reason: "",
        door: evidence.door.as_str(),
        language: evidence.lang.as_str(),
        mid: evidence.mid.map(MessageId::to_i64),
        at_ms: evidence.at.as_millisecond(),
    };
    let version = renewals::keep_answer(c, renewal, RenewalState::Open, &row)?;
    let to = BillTo::member(&view.member);
    let document = invoices::on_answer(c, context, &view.row, &view.member, None, &to, evidence)?;
    let (state, said) = (RenewalState::Open, Said::Undone);
    settle(c, context, &view, "taken-back", state, version, said, document.as_ref(), evidence)?;
    Ok(Applied::Done)
}

/// Ledger line and confirmation of a change of state.
#[expect(clippy::too_many_arguments, reason = "one place for what both acts leave behind")]
fn settle(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    kind: &str,
    state: RenewalState,
    version: i64,
    said: Said,
    document: Option<&Invoice>,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let (member, subject) = super::person(c, view.row.person)?;
    let owed = view.bill.as_ref().filter(|_| state == RenewalState::Pledged);
    let data = json!({
        "issuer": view.row.issuer,
        "season": view.row.season,
        "renewal": view.row.renewal.id.0,
        "version": version,
        "state": state.as_str(),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
        "cents": owed.map(|b| b.total().get()),
        "lines": owed.map(|b| b.lines.iter().map(|l| json!({
            "kind": l.kind.as_str(), "supplier": l.supplier, "cents": l.amount.get(),
        })).collect::<Vec<_>>()),
    });
    let seq = note(c, context, &subject, kind, &data, evidence)?;
    let payload = Payload {
        said: said.as_str().into(),
        invoice: document.map(|d| d.id.0),
        in_reply_to: evidence.answers.into(),
        ..Payload::default()
    };
    letters::confirm(
        c,
        context,
        &subject,
        &letters::Parts {
            seq,
            kind: "confirmation",
            member: &member,
            renewal: Some(view.row.renewal.id),
            issuer: &view.row.issuer,
            payload: &payload,
        },
        evidence,
    )
}
