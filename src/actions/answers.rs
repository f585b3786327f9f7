//! Owns answering a renewal, whatever the door: weighing the answer, keeping it with its invoice and
//! its ledger line. What a page shows is `view`'s, taking back is `undo`'s.

mod undo;
mod view;

use data_encoding::HEXLOWER;
use rusqlite::Connection;
use serde_json::json;

use super::insurance;
use super::invoices::{self, BillTo};
use super::{Applied, Context, Door, Evidence, Sent, corrections, letters, note, payers};
use crate::compose::{Bill, Said};
use crate::domain::answer::{self, Answer, Choice, Declared, Employer, Form, Verdict, Word};
use crate::domain::correction::Field;
use crate::domain::insurance::Declaration;
use crate::domain::invoice::Invoice;
use crate::domain::member::Member;
use crate::domain::offer::Offer;
use crate::domain::season;
use crate::domain::words::{Cover, RenewalState, TaskKind};
use crate::ids::{MessageId, RenewalId};
use crate::store::renewals::{self, AnswerRow};
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, earlier_words, payers as rows};

use view::{offered, priced};

pub(super) use undo::{remind_on, take_back};
pub use view::{RenewalView, view_of_member, view_of_renewal};

/// Octets kept of an answer's digest: it tells two answers of one renewal apart, no more.
const BODY_OCTETS: usize = 16;

/// A member's answer.
pub(super) fn answer(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    answer: &Answer,
    form: Option<Sent<'_>>,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = view_of_renewal(c, context, id, evidence.at)? else {
        return Ok(Applied::Nothing);
    };
    let body = context.ring.mark("answer", answer.whole().as_bytes());
    let body = HEXLOWER.encode(&body[..BODY_OCTETS]);
    match weighed(&view, answer, form, &body, evidence) {
        Verdict::Accept => {}
        Verdict::AlreadyDone => return Ok(Applied::Already),
        Verdict::Conflict => return Ok(Applied::Conflict),
        Verdict::Stale => return Ok(Applied::Stale),
        Verdict::Closed => return Ok(Applied::Closed),
        Verdict::Earlier => return keep_earlier(c, context, &view, answer, evidence),
    }
    if !season::takes_answers(&context.config.relance.season, &view.row.season, evidence.at) {
        return Ok(Applied::Closed);
    }
    let member = with_changes(&view.member, answer);
    let offer = offered(context, &view.row, &member, evidence.at);
    if let (Some(form), true) = (form, answer.choice.renews())
        && offer.as_ref().map(Offer::quote).as_deref() != Some(form.quote)
    {
        return Ok(Applied::Priced);
    }
    let (cover, dropped) = (answer.cover, &answer.dropped);
    let bill = priced(context, &view.row.issuer, &member, cover, dropped, evidence.at);
    let bill = bill.filter(|_| answer.choice.renews());
    if answer.choice.renews() && bill.is_none() {
        return Ok(Applied::Closed);
    }
    accept(c, context, &view, answer, form, &body, bill.as_ref(), evidence)
}

fn weighed(
    view: &RenewalView,
    answer: &Answer,
    form: Option<Sent<'_>>,
    body: &str,
    evidence: &Evidence<'_>,
) -> Verdict {
    let renewal = &view.row.renewal;
    if let Some(Sent { version, nonce, .. }) = form {
        let form = Form { version, nonce, choice: answer.choice, body };
        return answer::weigh(renewal.state, renewal.version, &view.given, &form);
    }
    let word =
        Word { choice: answer.choice, at: evidence.at, acts_now: evidence.door != Door::Mail };
    answer::weigh_reply(renewal.state, &view.given, &word)
}

/// What was said before what stands, and is read after it: it counts for cover, at its own time.
fn keep_earlier(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    answer: &Answer,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let (id, at_ms) = (view.row.renewal.id, evidence.at.as_millisecond());
    if earlier_words::is_kept(c, id, answer.choice, at_ms)? {
        return Ok(Applied::Already);
    }
    let (_, subject) = super::person(c, view.row.person)?;
    let data = json!({
        "issuer": view.row.issuer,
        "season": view.row.season,
        "renewal": id.0,
        "choice": answer.choice.as_str(),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    let seq = note(c, context, &subject, "earlier-word", &data, evidence)?;
    let mid = evidence.mid.map(MessageId::to_i64);
    earlier_words::keep(c, seq, id, answer.choice, evidence.door.as_str(), mid, at_ms)?;
    Ok(Applied::Already)
}

/// The member as they will be with what they correct: a new province may mean another tax.
fn with_changes(member: &Member, answer: &Answer) -> Member {
    let mut member = member.clone();
    for change in &answer.changes {
        if change.field == Field::Province {
            member.province.clone_from(&change.value);
        }
    }
    member
}

#[expect(clippy::too_many_arguments, reason = "what one accepted answer is made of")]
fn accept(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    answer: &Answer,
    form: Option<Sent<'_>>,
    body: &str,
    bill: Option<&Bill>,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let renewal = &view.row.renewal;
    let row = AnswerRow {
        nonce: form.map_or("", |f| f.nonce),
        choice: Some(answer.choice),
        reason: &answer.note,
        cover: answer.cover,
        dropped: &answer.dropped,
        situation: answer.situation,
        body,
        door: evidence.door.as_str(),
        language: evidence.lang.as_str(),
        mid: evidence.mid.map(MessageId::to_i64),
        at_ms: evidence.at.as_millisecond(),
    };
    let state = answer.choice.leads(renewal.state, bill.map(Bill::total).unwrap_or_default());
    let version = renewals::keep_answer(c, renewal, state, &row)?;
    let id = Some(renewal.id);
    let (person, issuer) = (view.row.person, view.row.issuer.as_str());
    corrections::keep(c, context, person, issuer, id, &answer.changes, evidence)?;
    if let Some(declared) = &answer.declared {
        let Declared { questions, answers } = declared.clone();
        let declaration = Declaration { questions, answers };
        insurance::declare(c, context, renewal.id, &declaration, false, evidence)?;
    }
    let document = invoiced(c, context, view, answer, bill, evidence)?;
    let said = match answer.choice {
        Choice::Invoice | Choice::Card if state == RenewalState::Paid => Said::Renewed,
        Choice::Invoice => Said::RenewedByInvoice,
        Choice::Card => Said::PayingByCard,
        Choice::NotRenewing => Said::NotRenewing,
        Choice::Situation => Said::Situation,
    };
    let after = After {
        kind: "answered",
        state,
        version,
        said,
        answer: Some(answer),
        bill,
        document: document.as_ref(),
    };
    let seq = settle(c, context, view, &after, evidence)?;
    if answer.choice == Choice::Situation {
        for_the_desk(c, view, answer, version, seq, evidence)?;
    }
    if let Some(invoice) = document.as_ref().filter(|d| d.stands() && d.payer.is_some()) {
        payers::send_invoice(c, context, seq, view, invoice, evidence)?;
    }
    Ok(Applied::Done)
}

/// What the answer does to the renewal's invoices. Until a card has paid, and while a desk looks at
/// a situation, those that there are stay as they are.
fn invoiced(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    answer: &Answer,
    bill: Option<&Bill>,
    evidence: &Evidence<'_>,
) -> Result<Option<Invoice>, StoreError> {
    if matches!(answer.choice, Choice::Card | Choice::Situation) {
        return Ok(None);
    }
    // As corrected just now: a new province is another tax.
    let (member, _) = super::person(c, view.row.person)?;
    let mut to = BillTo::member(&member);
    if let Some(Employer { name, email, purchase_order }) = &answer.employer {
        let (issuer, lang) = (&view.row.issuer, evidence.lang);
        let at_ms = evidence.at.as_millisecond();
        let payer = rows::named(c, issuer, name, email, lang.as_str(), at_ms)?;
        to = BillTo {
            payer: Some(payer),
            name: name.clone(),
            purchase_order: purchase_order.clone(),
        };
    }
    invoices::on_answer(c, context, &view.row, &member, bill, &to, evidence)
}

/// A line for the desk: it decides what the renewal becomes.
fn for_the_desk(
    c: &Connection,
    view: &RenewalView,
    answer: &Answer,
    version: i64,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let kind = answer.situation.map(answer::Situation::as_str);
    // The member's own words stand with the answer, not here.
    let data = json!({"situation": kind, "version": version, "note": !answer.note.is_empty()});
    let task = NewTask {
        cause: &format!("situation/{seq}"),
        issuer: &view.row.issuer,
        kind: TaskKind::Situation,
        person: Some(view.row.person),
        renewal: Some(view.row.renewal.id),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &task)?;
    Ok(())
}

/// What an act leaves behind.
struct After<'a> {
    kind: &'a str,
    state: RenewalState,
    version: i64,
    said: Said,
    answer: Option<&'a Answer>,
    bill: Option<&'a Bill>,
    document: Option<&'a Invoice>,
}

/// Ledger line and confirmation of a change of state. Who pays by card now is not written to
/// before the money is in.
fn settle(
    c: &Connection,
    context: &Context,
    view: &RenewalView,
    after: &After<'_>,
    evidence: &Evidence<'_>,
) -> Result<i64, StoreError> {
    let (member, subject) = super::person(c, view.row.person)?;
    let answer = after.answer;
    let data = json!({
        "issuer": view.row.issuer,
        "season": view.row.season,
        "renewal": view.row.renewal.id.0,
        "version": after.version,
        "choice": answer.map(|a| a.choice.as_str()),
        "state": after.state.as_str(),
        "cover": answer.and_then(|a| a.cover).map(Cover::as_str),
        "dropped": answer.map(|a| &a.dropped),
        "situation": answer.and_then(|a| a.situation).map(answer::Situation::as_str),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
        "cents": after.bill.map(|b| b.total().get()),
        "lines": after.bill.map(|b| b.lines.iter().map(|l| json!({
            "kind": l.kind.as_str(), "supplier": l.supplier, "cents": l.amount.get(),
        })).collect::<Vec<_>>()),
    });
    let seq = note(c, context, &subject, after.kind, &data, evidence)?;
    if after.said == Said::PayingByCard {
        return Ok(seq);
    }
    let (renewal, issuer) = (Some(view.row.renewal.id), view.row.issuer.as_str());
    let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
    letters::say(c, context, &act, (after.said, after.document.map(|d| d.id)), evidence)?;
    Ok(seq)
}
