//! Owns the acts on a renewal: answering, taking the answer back, asking to be reminded.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::insurance;
use super::invoices::{self, BillTo};
use super::payload::Payload;
use super::{Applied, Context, Door, Evidence, Sent, corrections, letters, note, payers};
use crate::compose::{Bill, Said};
use crate::domain::answer::{self, Answer, Choice, Declared, Employer, Form, Given, Verdict};
use crate::domain::billing::{self, Terms};
use crate::domain::correction::{Field, OnFile};
use crate::domain::insurance::Declaration;
use crate::domain::invoice::Invoice;
use crate::domain::member::{Member, Renewal};
use crate::domain::offer::{self, Offer};
use crate::domain::season;
use crate::domain::words::{Cover, RenewalState, TaskKind};
use crate::ids::{MessageId, RenewalId};
use crate::store::renewals::{self, AnswerRow, RenewalRow};
use crate::store::tasks::{self, NewTask};
use crate::store::{StoreError, corrections as corrected, declarations, payers as rows, people};

/// Octets kept of an answer's digest: it tells two answers of one renewal apart, no more.
const BODY_OCTETS: usize = 16;

/// A renewal with all that a page or a mail shows of it.
#[derive(Debug, Clone)]
pub struct RenewalView {
    /// The renewal.
    pub row: RenewalRow,
    /// Whose.
    pub member: Member,
    /// Their own data.
    pub on_file: OnFile,
    /// What they can choose from as of now; `None` where the membership went elsewhere meanwhile.
    pub offer: Option<Offer>,
    /// What is owed: by its invoices where there are any, else by the answer that stands, else as
    /// of now.
    pub owed: Option<Bill>,
    /// Accepted answers, oldest first.
    pub given: Vec<Given>,
}

impl RenewalView {
    /// The state by which taking back is weighed: a renewal that owes nothing is `paid` at once, and
    /// can be taken back as a pledge can.
    #[must_use]
    pub fn state_to_undo(&self) -> RenewalState {
        let free = self.owed.as_ref().is_some_and(|b| b.total().get() <= 0);
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
    view(c, context, row, member, now).map(Some)
}

/// As [`view_of_renewal`], of a member: where the season's renewal was not opened yet, as it will be,
/// under a row that is nobody's.
pub fn view_of_member(
    c: &Connection,
    context: &Context,
    member: Member,
    issuer: &str,
    now: Timestamp,
) -> Result<RenewalView, StoreError> {
    let season = &context.config.relance.season.id;
    let renewal = renewals::find(c, member.id, issuer, season)?.unwrap_or(Renewal {
        id: RenewalId(0),
        state: RenewalState::Open,
        version: 0,
        remind_on: None,
    });
    let (person, issuer, season) = (member.id, issuer.to_owned(), season.clone());
    view(c, context, RenewalRow { renewal, person, issuer, season }, member, now)
}

fn view(
    c: &Connection,
    context: &Context,
    row: RenewalRow,
    member: Member,
    now: Timestamp,
) -> Result<RenewalView, StoreError> {
    let id = row.renewal.id;
    let on_file = corrected::on_file(c, row.person)?;
    let given = renewals::answers(c, id)?;
    let mut offer = offered(context, &row, &member, now);
    if let Some(offer) = &mut offer {
        offer.declared = is_declared(c, id, offer)?;
    }
    let owed = match invoices::standing_bill(c, id)? {
        Some(issued) => Some(issued),
        None => owed_now(context, &row, &member, answer::standing(&given), now),
    };
    Ok(RenewalView { row, member, on_file, offer, owed, given })
}

/// Whether every question of the offer was answered last, in the wording of now.
fn is_declared(c: &Connection, id: RenewalId, offer: &Offer) -> Result<bool, StoreError> {
    let last = declarations::of(c, id)?.pop();
    Ok(last.is_some_and(|last| {
        let answered = |id: &String| last.answers.iter().any(|(known, _)| known == id);
        last.questions == offer.questions_version && offer.questions.iter().all(answered)
    }))
}

/// What is owed by the answer that stands.
fn owed_now(
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    given: Option<&Given>,
    now: Timestamp,
) -> Option<Bill> {
    let (cover, dropped) = given.map_or((None, &[][..]), |g| (g.cover, &g.dropped));
    priced(context, &row.issuer, member, cover, dropped, now)
}

fn offered(context: &Context, row: &RenewalRow, member: &Member, now: Timestamp) -> Option<Offer> {
    let issuer = context.config.association(&row.issuer)?;
    let terms = Terms::at(&context.config, issuer, now);
    offer::offer(&context.config, member, issuer, &terms)
}

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
    if let Some(refused) = weighed(&view, answer, form, &body) {
        return Ok(refused);
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

/// `None`: to be done.
fn weighed(
    view: &RenewalView,
    answer: &Answer,
    form: Option<Sent<'_>>,
    body: &str,
) -> Option<Applied> {
    let renewal = &view.row.renewal;
    let verdict = match form {
        Some(Sent { version, nonce, .. }) => {
            let form = Form { version, nonce, choice: answer.choice, body };
            answer::weigh(renewal.state, renewal.version, &view.given, &form)
        }
        None => answer::weigh_reply(renewal.state, &view.given, answer.choice),
    };
    match verdict {
        Verdict::AlreadyDone => Some(Applied::Already),
        Verdict::Conflict => Some(Applied::Conflict),
        Verdict::Stale => Some(Applied::Stale),
        Verdict::Closed => Some(Applied::Closed),
        Verdict::Accept => None,
    }
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

/// What a renewal is billed by those terms.
fn priced(
    context: &Context,
    issuer: &str,
    member: &Member,
    cover: Option<Cover>,
    dropped: &[String],
    now: Timestamp,
) -> Option<Bill> {
    let issuer = context.config.association(issuer)?;
    let plain = Terms::at(&context.config, issuer, now);
    billing::bill(&context.config, member, issuer, &Terms { cover, dropped, ..plain })
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
    if answer::standing(&view.given).is_none() {
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
        cover: None,
        dropped: &[],
        situation: None,
        body: "",
        door: evidence.door.as_str(),
        language: evidence.lang.as_str(),
        mid: evidence.mid.map(MessageId::to_i64),
        at_ms: evidence.at.as_millisecond(),
    };
    let (at_ms, state) = (evidence.at.as_millisecond(), RenewalState::Open);
    let version = renewals::keep_answer(c, renewal, state, &row)?;
    let to = BillTo::member(&view.member);
    let document = match renewal.state {
        // What a desk has was not touched.
        RenewalState::WithDesk => None,
        _ => invoices::on_answer(c, context, &view.row, &view.member, None, &to, evidence)?,
    };
    tasks::close_for(c, id, TaskKind::Situation, "relance", "taken back", at_ms)?;
    let after = After {
        kind: "taken-back",
        state,
        version,
        said: Said::Undone,
        answer: None,
        bill: None,
        document: document.as_ref(),
    };
    settle(c, context, &view, &after, evidence)?;
    Ok(Applied::Done)
}

/// No reminder before that day; the last call before the deadline comes anyway.
pub(super) fn remind_on(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    day: Date,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(row) = renewals::by_id(c, id)? else { return Ok(Applied::Nothing) };
    if row.renewal.state != RenewalState::Open {
        return Ok(Applied::Closed);
    }
    if renewals::remind_on(c, id)? == Some(day) {
        return Ok(Applied::Already);
    }
    renewals::set_remind_on(c, id, day)?;
    let (member, subject) = super::person(c, row.person)?;
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": id.0,
        "day": day.to_string(),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    let seq = note(c, context, &subject, "remind-on", &data, evidence)?;
    // Who chooses the day on their own page sees it there.
    if matches!(evidence.door, Door::Behalf { .. }) {
        let said = Said::RemindLater.as_str().into();
        let parts = letters::Parts {
            seq,
            kind: "confirmation",
            member: &member,
            renewal: Some(id),
            issuer: &row.issuer,
            payload: &Payload { said, ..Payload::default() },
        };
        letters::confirm(c, context, &subject, &parts, evidence)?;
    }
    Ok(Applied::Done)
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
    let payload = Payload {
        said: after.said.as_str().into(),
        invoice: after.document.map(|d| d.id.0),
        in_reply_to: evidence.answers.into(),
        ..Payload::default()
    };
    let parts = letters::Parts {
        seq,
        kind: "confirmation",
        member: &member,
        renewal: Some(view.row.renewal.id),
        issuer: &view.row.issuer,
        payload: &payload,
    };
    letters::confirm(c, context, &subject, &parts, evidence)?;
    Ok(seq)
}
