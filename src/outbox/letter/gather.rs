//! Owns what the store knows of a waiting message, read in one snapshot, and why it is not to go.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::super::elsewhere::{Elsewhere, elsewhere};
use super::super::entitled::{About, entitled, promise};
use super::Drafted;
use crate::actions::payload::Payload;
use crate::actions::{Context, desk, insurance, invoices, payers as told, receipts};
use crate::compose::{Bill, CoverNote, PayerAccount, PayerPayment, ReceiptFacts, mask};
use crate::config::Association;
use crate::domain::insurance::{Outcome, Why};
use crate::domain::invoice::Invoice;
use crate::domain::member::{Member, Renewal};
use crate::domain::season;
use crate::ids::{FiringId, InvoiceId, MessageId, PayerId, PaymentId};
use crate::store::firings::FiringRow;
use crate::store::inbounds::InboundRow;
use crate::store::invoices as documents;
use crate::store::messages::MessageView;
use crate::store::payers::Payer;
use crate::store::people::PersonRow;
use crate::store::{
    Attempt, StoreError, addresses, attempts, certificates, firings, inbounds, outcomes, payers,
    people, renewals,
};

/// What the store knows, read in one snapshot.
pub(super) struct Facts<'a> {
    pub issuer: &'a Association,
    pub member: Option<Member>,
    pub renewal: Option<Renewal>,
    pub bill: Option<Bill>,
    pub invoice: Option<Invoice>,
    /// By when what was promised is to be paid.
    pub pay_by: Option<Date>,
    pub receipt: Option<ReceiptFacts>,
    /// Money that went back to a card.
    pub refund: Option<PayerPayment>,
    /// What a payer is told, or a member of theirs.
    pub payer: Option<PayerFacts>,
    pub address: String,
    pub elsewhere: Option<Elsewhere>,
    pub payload: Payload,
    pub inbound: Option<InboundRow>,
    pub note: NoteFacts,
    pub digest: Option<desk::DigestFacts>,
    pub header_id: Option<String>,
    /// The mail that somebody asks about, and its address, masked.
    pub about: Option<(Attempt, String)>,
    pub cover: CoverNote,
    pub certificate: String,
}

/// What a payer is told.
pub(super) struct PayerFacts {
    pub payer: Payer,
    pub account: Option<PayerAccount>,
    pub paid: Option<PayerPayment>,
    /// Whether their lasting link works.
    pub has_link: bool,
}

/// What a note to a desk tells besides the member.
#[derive(Default)]
pub(super) struct NoteFacts {
    pub address: String,
    pub shared: String,
    pub contact: PersonRow,
    pub firing: Option<FiringRow>,
}

pub(super) fn facts<'a>(
    c: &Connection,
    context: &'a Context,
    view: &MessageView,
    now: Timestamp,
) -> Result<Result<Facts<'a>, Drafted>, StoreError> {
    let Some(issuer) = context.config.association(&view.issuer) else {
        return Ok(Err(Drafted::Hold(format!("association {} is not configured", view.issuer))));
    };
    let (member, renewal) = whom(c, view)?;
    let promise = promise(c, renewal.as_ref())?;
    let about = About { view, member: member.as_ref(), renewal: renewal.as_ref(), promise };
    if let Some(reason) = overtaken(c, view)? {
        return Ok(Err(Drafted::Cancel(reason)));
    }
    let elsewhere = match elsewhere(c, view, &Payload::from_json(&view.payload))? {
        Ok(elsewhere) => elsewhere,
        Err(reason) => return Ok(Err(Drafted::Cancel(reason))),
    };
    match entitled(context, issuer, &about, now) {
        Ok((address, bill)) => {
            let to = (address, bill, elsewhere);
            Ok(Ok(facts_for(c, context, view, issuer, (member, renewal), to, now)?))
        }
        Err(reason) => Ok(Err(Drafted::Cancel(reason))),
    }
}

pub(super) fn whom(
    c: &Connection,
    view: &MessageView,
) -> Result<(Option<Member>, Option<Renewal>), StoreError> {
    let member = view.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    let renewal = view.renewal.map(|id| renewals::by_id(c, id)).transpose()?.flatten();
    Ok((member, renewal.map(|r| r.renewal)))
}

pub(super) fn facts_for<'a>(
    c: &Connection,
    context: &'a Context,
    view: &MessageView,
    issuer: &'a Association,
    (member, renewal): (Option<Member>, Option<Renewal>),
    (address, bill, elsewhere): (String, Option<Bill>, Option<Elsewhere>),
    now: Timestamp,
) -> Result<Facts<'a>, StoreError> {
    let payload = Payload::from_json(&view.payload);
    let address = elsewhere.as_ref().map_or(address, |to| to.address.clone());
    let issued = view.renewal.map(|id| invoices::standing_bill(c, id)).transpose()?.flatten();
    let bill = issued.or(bill);
    let invoice =
        payload.invoice.map(|id| documents::by_id(c, InvoiceId(id))).transpose()?.flatten();
    let received = match (payload.payment, view.renewal) {
        (Some(id), Some(renewal)) => receipts::of(c, PaymentId(id), renewal)?,
        _ => None,
    };
    let (receipt, bill) = match received {
        Some((receipt, settled)) => (Some(receipt), Some(settled)),
        None => (None, bill),
    };
    let refunded = payload.payment.filter(|_| view.kind.ends_with("refund"));
    let refund = refunded.map(|id| told::paid(c, PaymentId(id))).transpose()?.flatten();
    let payer = payer(c, context, view, &payload, invoice.as_ref())?;
    let inbound = payload.inbound.map(|id| inbounds::by_id(c, id)).transpose()?.flatten();
    let note = note(c, &payload, member.as_ref())?;
    let digest =
        payload.digest.map(|id| desk::to_tell(c, context, issuer, id)).transpose()?.flatten();
    let mid = context.ring.message_id(&view.cause, view.attempt);
    let header_id = attempts::by_mid(c, mid)?.map(|a| a.header_id);
    let pays_by = view.kind == "payment-reminder";
    let pay_by = if pays_by { promise(c, renewal.as_ref())?.due_on } else { None };
    let cover = cover(c, context, view, member.as_ref(), now)?;
    let about = if view.kind == "verify-answer" { about(c, &payload)? } else { None };
    Ok(Facts {
        issuer,
        member,
        renewal,
        bill,
        invoice,
        pay_by,
        receipt,
        refund,
        payer,
        address,
        elsewhere,
        payload,
        inbound,
        note,
        digest,
        header_id,
        about,
        cover,
        certificate: certificate(c, context, view)?,
    })
}

fn payer(
    c: &Connection,
    context: &Context,
    view: &MessageView,
    payload: &Payload,
    invoice: Option<&Invoice>,
) -> Result<Option<PayerFacts>, StoreError> {
    let id = match view.kind.as_str() {
        "payer-invoice" => invoice.and_then(|i| i.payer),
        _ => payload.payer.map(PayerId),
    };
    let Some(payer) = id.map(|id| payers::by_id(c, id)).transpose()?.flatten() else {
        return Ok(None);
    };
    // What a member or a refund is told of names the payer alone: one payment may be for hundreds.
    let whole = matches!(view.kind.as_str(), "payer-invoice" | "payer-receipt" | "payer-returned");
    let account = whole.then(|| told::account(c, &payer)).transpose()?;
    let paid = payload.payment.filter(|_| whole).map(|id| told::paid(c, PaymentId(id)));
    let paid = paid.transpose()?.flatten();
    let has_link = attempts::by_mid(c, told::link(context, &payer))?.is_some();
    Ok(Some(PayerFacts { payer, account, paid, has_link }))
}

/// Why news of cover is news no more: it was revised since.
pub(in crate::outbox) fn overtaken(
    c: &Connection,
    view: &MessageView,
) -> Result<Option<&'static str>, StoreError> {
    let told = match view.kind.as_str() {
        "cover-ended" => Outcome::Interrupted,
        "cover-pending" => Outcome::Pending,
        _ => return Ok(None),
    };
    let holds = view.renewal.map(|id| outcomes::latest(c, id)).transpose()?.flatten();
    Ok((holds.map(|row| row.finding.outcome) != Some(told)).then_some("cover-revised"))
}

/// What a confirmation has to say of insurance.
fn cover(
    c: &Connection,
    context: &Context,
    view: &MessageView,
    member: Option<&Member>,
    now: Timestamp,
) -> Result<CoverNote, StoreError> {
    let (Some(renewal), "confirmation") = (view.renewal, view.kind.as_str()) else {
        return Ok(CoverNote::Nothing);
    };
    let Some(found) = insurance::standing_of(c, context, renewal, now)? else {
        return Ok(CoverNote::Nothing);
    };
    let season = &context.config.relance.season;
    let over = member.is_some_and(|member| now >= season::deadline_of(season, member));
    Ok(match (found.outcome, found.why) {
        (Outcome::Pending, Why::NotDeclared) if over => CoverNote::DeclarationLate,
        (Outcome::Pending, Why::NotDeclared) => CoverNote::DeclarationDue,
        (Outcome::Interrupted, Why::AnsweredLate) => CoverNote::TooLate,
        _ => CoverNote::Nothing,
    })
}

fn certificate(
    c: &Connection,
    context: &Context,
    view: &MessageView,
) -> Result<String, StoreError> {
    let (Some(person), "certificate") = (view.person, view.kind.as_str()) else {
        return Ok(String::new());
    };
    let season = &context.config.relance.season.id;
    Ok(certificates::url(c, person, season)?.unwrap_or_default())
}

fn about(c: &Connection, payload: &Payload) -> Result<Option<(Attempt, String)>, StoreError> {
    let attempt = MessageId::from_hex(&payload.attempt).map(|mid| attempts::by_mid(c, mid));
    Ok(attempt.transpose()?.flatten().map(|attempt| {
        let masked = mask(&attempt.address);
        (attempt, masked)
    }))
}

fn note(
    c: &Connection,
    payload: &Payload,
    member: Option<&Member>,
) -> Result<NoteFacts, StoreError> {
    if payload.topic.is_empty() {
        return Ok(NoteFacts::default());
    }
    let attempt = MessageId::from_hex(&payload.attempt).map(|mid| attempts::by_mid(c, mid));
    let address = attempt.transpose()?.flatten().map(|a| a.address).unwrap_or_default();
    let mut shared = Vec::new();
    for id in addresses::sharing(c, &address)? {
        if member.is_none_or(|m| m.id != id) {
            shared.extend(people::by_id(c, id)?.map(|m| m.member_no));
        }
    }
    Ok(NoteFacts {
        address,
        shared: shared.join(", "),
        contact: member.map(|m| people::contact(c, m.id)).transpose()?.unwrap_or_default(),
        firing: payload.firing.map(|id| firings::by_id(c, FiringId(id))).transpose()?.flatten(),
    })
}
