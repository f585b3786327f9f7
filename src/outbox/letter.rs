//! Owns turning a waiting message into octets: facts from one read snapshot, links and addresses
//! from its id, and the look in the claiming transaction whether all that still holds.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::elsewhere::{Elsewhere, elsewhere};
use super::entitled::{About, entitled, insurance_contact, promise, reader, step_of};
use crate::actions::payload::{Payload, Side, Wish};
use crate::actions::{Context, desk, insurance, invoices, receipts};
use crate::compose::{
    Bill, Composed, Composer, Correspondent, CoverNews, CoverNote, DeskNote, DeskTopic, DigestMail,
    Forwarded, InvoiceWhy, Links, MailFacts, MailIds, MailKind, PersonFacts, ReceiptFacts, Said,
    Sent, mask,
};
use crate::config::Association;
use crate::domain::billing::{self, Terms};
use crate::domain::desk::Channel;
use crate::domain::insurance::{Outcome, Why};
use crate::domain::invoice::Invoice;
use crate::domain::member::{Member, Renewal};
use crate::domain::words::{Lang, RenewalState};
use crate::domain::{eligibility, season};
use crate::ids::{FiringId, InvoiceId, MessageId, PaymentId};
use crate::link::{Purpose, Token};
use crate::store::firings::FiringRow;
use crate::store::inbounds::InboundRow;
use crate::store::invoices as documents;
use crate::store::messages::MessageView;
use crate::store::people::PersonRow;
use crate::store::{
    Attempt, StoreError, addresses, attempts, certificates, firings, inbounds, outcomes, people,
    renewals,
};

/// A link that confirms what a reply asked for works so long.
const CONFIRM_LINK_DAYS: i64 = 7;

/// Characters of a foreign sender's name that a desk sees: people's are shorter.
const SENDER_NAME_CHARS_MAX: usize = 60;

/// Stands in a preview for the address that a member has not.
const NO_ADDRESS: &str = "no-address@members.example";

/// A message ready to be claimed.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The row as it was read.
    pub view: MessageView,
    /// Id of this attempt.
    pub mid: MessageId,
    /// Where it goes.
    pub address: String,
    /// Envelope sender.
    pub from: String,
    /// Message-ID without angle brackets.
    pub header_id: String,
    /// The octets and their digest.
    pub composed: Composed,
    /// Version of template and words.
    pub template: String,
    /// Version of the renewal that it shows.
    pub renewal_version: Option<i64>,
}

/// What drafting came to.
#[derive(Debug)]
pub enum Drafted {
    /// Ready.
    Letter(Box<Letter>),
    /// Not to be sent: the reason goes into the row.
    Cancel(&'static str),
    /// Cannot be composed: a person must look.
    Hold(String),
}

/// What the store knows, read in one snapshot.
struct Facts<'a> {
    issuer: &'a Association,
    member: Option<Member>,
    renewal: Option<Renewal>,
    bill: Option<Bill>,
    invoice: Option<Invoice>,
    receipt: Option<ReceiptFacts>,
    address: String,
    elsewhere: Option<Elsewhere>,
    payload: Payload,
    inbound: Option<InboundRow>,
    note: NoteFacts,
    digest: Option<desk::DigestFacts>,
    header_id: Option<String>,
    /// The mail that somebody asks about, and its address, masked.
    about: Option<(Attempt, String)>,
    cover: CoverNote,
    certificate: String,
}

/// What a note to a desk tells besides the member.
#[derive(Default)]
struct NoteFacts {
    address: String,
    shared: String,
    contact: PersonRow,
    firing: Option<FiringRow>,
}

/// Composes a message from a read snapshot.
pub fn draft(
    c: &Connection,
    context: &Context,
    composer: &Composer,
    view: MessageView,
    now: Timestamp,
) -> Result<Drafted, StoreError> {
    Ok(match facts(c, context, &view, now)? {
        Ok(facts) => compose(context, composer, view, &facts, now),
        Err(drafted) => drafted,
    })
}

/// Composes a step as it would look, whether or not the member gets it: for showing, never for
/// sending. `context` has keys of its own, so that no link in it opens anything.
pub fn preview(
    c: &Connection,
    context: &Context,
    composer: &Composer,
    view: MessageView,
    now: Timestamp,
) -> Result<Drafted, StoreError> {
    let Some(issuer) = context.config.association(&view.issuer) else {
        return Ok(Drafted::Hold(format!("association {} is not configured", view.issuer)));
    };
    let (member, renewal) = whom(c, &view)?;
    let Some(person) = &member else { return Ok(Drafted::Cancel("not-here")) };
    let terms = Terms::at(&context.config, issuer, now);
    let bill = match eligibility::owing(&context.config, issuer, person, &terms) {
        Ok(bill) => bill,
        Err(why) => return Ok(Drafted::Cancel(why.as_str())),
    };
    let address = person.email.clone().unwrap_or_else(|| NO_ADDRESS.into());
    let to = (address, Some(bill), None);
    let facts = facts_for(c, context, &view, issuer, (member, renewal), to, now)?;
    Ok(compose(context, composer, view, &facts, now))
}

fn compose(
    context: &Context,
    composer: &Composer,
    view: MessageView,
    facts: &Facts<'_>,
    now: Timestamp,
) -> Drafted {
    let mid = context.ring.message_id(&view.cause, view.attempt);
    let letter = Writer { context, view: &view, facts, mid, now };
    match letter.compose(composer) {
        Ok((composed, template, header_id)) => Drafted::Letter(Box::new(Letter {
            mid,
            address: facts.address.clone(),
            from: letter.envelope_from(),
            header_id,
            composed,
            template,
            renewal_version: facts.renewal.as_ref().map(|r| r.version),
            view,
        })),
        Err(why) => Drafted::Hold(why),
    }
}

fn facts<'a>(
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

fn whom(
    c: &Connection,
    view: &MessageView,
) -> Result<(Option<Member>, Option<Renewal>), StoreError> {
    let member = view.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    let renewal = view.renewal.map(|id| renewals::by_id(c, id)).transpose()?.flatten();
    Ok((member, renewal.map(|r| r.renewal)))
}

fn facts_for<'a>(
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
    let inbound = payload.inbound.map(|id| inbounds::by_id(c, id)).transpose()?.flatten();
    let note = note(c, &payload, member.as_ref())?;
    let digest =
        payload.digest.map(|id| desk::to_tell(c, context, issuer, id)).transpose()?.flatten();
    let mid = context.ring.message_id(&view.cause, view.attempt);
    let header_id = attempts::by_mid(c, mid)?.map(|a| a.header_id);
    let about = if view.kind == "verify-answer" { about(c, &payload)? } else { None };
    Ok(Facts {
        issuer,
        member,
        renewal,
        bill,
        invoice,
        receipt,
        address,
        elsewhere,
        payload,
        inbound,
        note,
        digest,
        header_id,
        about,
        cover: cover(c, context, view, now)?,
        certificate: certificate(c, context, view)?,
    })
}

/// Why news of cover is news no more: it was revised since.
pub(super) fn overtaken(
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
    now: Timestamp,
) -> Result<CoverNote, StoreError> {
    let (Some(renewal), "confirmation") = (view.renewal, view.kind.as_str()) else {
        return Ok(CoverNote::Nothing);
    };
    let Some(found) = insurance::standing_of(c, context, renewal, now)? else {
        return Ok(CoverNote::Nothing);
    };
    let member = view.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    let season = &context.config.relance.season;
    let over = member.is_some_and(|member| now >= season::deadline_of(season, &member));
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

struct Writer<'a> {
    context: &'a Context,
    view: &'a MessageView,
    facts: &'a Facts<'a>,
    mid: MessageId,
    now: Timestamp,
}

impl Writer<'_> {
    fn token(&self, purpose: Purpose) -> Token {
        let opened = Timestamp::from_millisecond(self.view.opened_ms).unwrap_or(self.now);
        let link_days = i64::from(self.context.config.relance.season.link_days);
        let days = match purpose {
            // Works as long as anybody may want to stop us, and attributes as long as we keep
            // anything.
            Purpose::Unsubscribe | Purpose::Ref => None,
            Purpose::Confirm => Some(CONFIRM_LINK_DAYS),
            _ => Some(link_days),
        };
        let expires_h = days.map_or(u32::MAX, |d| {
            let end = opened.checked_add(SignedDuration::from_hours(24 * d));
            end.map_or(u32::MAX, Token::hours)
        });
        Token { purpose, message: self.mid, expires_h }
    }

    fn address(&self, purpose: Purpose, local: &str, domain: &str) -> String {
        format!("{local}+{}@{domain}", self.token(purpose).to_address(&self.context.ring))
    }

    fn envelope_from(&self) -> String {
        let mail = &self.context.config.relance.mail;
        self.address(Purpose::Bounce, &mail.bounce_local, &mail.bounce_domain)
    }

    fn reply_to(&self) -> String {
        let mail = &self.context.config.relance.mail;
        // A stray mail has no member to whom a desk's answer could go through us: the desk
        // answers its sender.
        match (&self.facts.inbound, self.view.to_desk, self.view.person) {
            (Some(stray), true, None) if is_address(&stray.sender) => stray.sender.clone(),
            // Not to be answered by mail: the text shows who it was, and the desk must see it.
            (Some(stray), true, None) if !stray.sender.is_empty() => String::new(),
            _ => self.address(Purpose::Reply, &mail.reply_local, &mail.reply_domain),
        }
    }

    fn url(&self, path: &str, purpose: Purpose) -> String {
        let base = self.facts.issuer.link_base.as_deref();
        let base = base.unwrap_or(&self.context.config.relance.web.base_url);
        format!("{base}/{path}/{}", self.token(purpose).to_url(&self.context.ring))
    }

    fn links(&self) -> Links {
        if self.view.to_desk {
            return Links::default();
        }
        if self.payer().is_some() {
            return Links { renew: self.url("i", Purpose::Invoice), ..Links::default() };
        }
        let confirm = self.facts.payload.wish.is_some() || self.facts.payload.side.is_some();
        let address = self.facts.payload.side.is_some();
        // The page behind the link is the member's own: a new address has to be one first.
        let renewal = self.view.renewal.is_some() && !address;
        Links {
            renew: if renewal { self.url("r", Purpose::Renew) } else { String::new() },
            unsubscribe: if address { String::new() } else { self.url("u", Purpose::Unsubscribe) },
            confirm: if confirm { self.url("c", Purpose::Confirm) } else { String::new() },
        }
    }

    fn compose(&self, composer: &Composer) -> Result<(Composed, String, String), String> {
        let facts = self.facts;
        let from = facts.inbound.as_ref().map(sender).unwrap_or_default();
        let Some(kind) = self.kind(&from) else {
            return Err(format!("a {} without its facts", self.view.kind));
        };
        let bounce_domain = &self.context.config.relance.mail.bounce_domain;
        let header_id = facts.header_id.clone().unwrap_or_else(|| {
            format!("{}@{bounce_domain}", self.token(Purpose::Ref).to_address(&self.context.ring))
        });
        let name = facts
            .member
            .as_ref()
            .map(|m| format!("{} {}", m.given_name, m.family_name))
            .unwrap_or_default();
        let name = self.payer().map_or(name, |payer| payer.name.clone());
        let template = composer.version(&kind);
        // Whoever holds a mistyped new address should learn nothing of the member.
        let stranger = facts.payload.side == Some(Side::New);
        let mail = MailFacts {
            kind,
            prefer: self.language(),
            to: Correspondent {
                name: if self.view.to_desk || stranger { "" } else { &name },
                address: &facts.address,
            },
            issuer: facts.issuer,
            home: self.home(),
            relance: &self.context.config.relance,
            person: facts.member.as_ref().filter(|_| !stranger).map(|m| self.person(m)),
            bill: facts.bill.clone(),
            channel: Channel::parse(&facts.payload.channel),
            invoice: facts.invoice.clone(),
            links: self.links(),
            ids: MailIds {
                message_id: header_id.clone(),
                reply_to: self.reply_to(),
                in_reply_to: facts.payload.in_reply_to.clone(),
                auto_submitted: if facts.payload.in_reply_to.is_empty() {
                    "auto-generated"
                } else {
                    "auto-replied"
                },
            },
            date: self.now,
        };
        let composed = composer.mail(&mail).map_err(|e| e.to_string())?;
        Ok((composed, template, header_id))
    }

    fn payer(&self) -> Option<&documents::Payer> {
        self.facts.elsewhere.as_ref()?.payer.as_ref()
    }

    /// Whoever answers the member about insurance and account.
    fn home(&self) -> &Association {
        let config = &self.context.config;
        let home = self.facts.member.as_ref().and_then(|m| billing::home(config, m));
        home.and_then(|m| config.association(&m.association)).unwrap_or(self.facts.issuer)
    }

    fn language(&self) -> Lang {
        let issuer = self.facts.issuer;
        if let Some(payer) = self.payer() {
            return Lang::parse(&payer.language).unwrap_or(issuer.language);
        }
        if self.view.to_desk {
            if let Some(contact) = insurance_contact(self.context, self.view) {
                return contact.language;
            }
            let day = crate::domain::season::day_in(&issuer.zone, self.now);
            return reader(self.context, issuer, self.view, day).desk.language;
        }
        self.facts.member.as_ref().map_or(issuer.language, |m| m.reads(issuer.language))
    }

    fn person<'m>(&'m self, member: &'m Member) -> PersonFacts<'m> {
        PersonFacts {
            member_no: &member.member_no,
            given_name: &member.given_name,
            family_name: &member.family_name,
            category: member
                .membership(&self.view.issuer)
                .map_or("", |membership| &membership.category),
            insured: self.facts.bill.as_ref().is_some_and(Bill::insures),
            state: self.facts.renewal.as_ref().map_or(RenewalState::Open, |r| r.state),
            cover: self.facts.cover,
            zone: season::deadline_zone(&self.context.config.relance.season, member),
        }
    }

    fn kind<'m>(&'m self, from: &'m str) -> Option<MailKind<'m>> {
        let facts = self.facts;
        if let Some(step) = step_of(&self.view.kind) {
            return Some(MailKind::Step(step));
        }
        match self.view.kind.as_str() {
            "confirmation" => Said::parse(&facts.payload.said).map(MailKind::Confirmation),
            "invoice" => InvoiceWhy::parse(&facts.payload.invoice_why).map(MailKind::Invoice),
            "payer-invoice" => Some(MailKind::PayerInvoice),
            "receipt" => facts.receipt.clone().map(MailKind::Receipt),
            "fresh-link" => Some(MailKind::FreshLink),
            "confirm-request" => match facts.payload.wish? {
                Wish::Renew => Some(MailKind::ConfirmRequest(Said::RenewedByInvoice)),
                Wish::Stop => Some(MailKind::ConfirmRequest(Said::Unsubscribed)),
            },
            "address-change" | "address-change-old" => {
                let to = facts.elsewhere.as_ref()?;
                let old_side = facts.payload.side == Some(Side::Old);
                Some(MailKind::AddressChange { address: &to.asked, old_side })
            }
            "forward" => facts.inbound.as_ref().map(|mail| {
                MailKind::Forward(Forwarded {
                    from,
                    subject: &mail.subject,
                    text: &mail.text,
                    why: &facts.payload.why,
                    received: Timestamp::from_millisecond(mail.received_ms).unwrap_or(self.now),
                })
            }),
            "desk-note" => DeskTopic::parse(&facts.payload.topic).map(|topic| {
                let NoteFacts { address, shared, contact, firing } = &facts.note;
                let other = contact.email2.as_deref().unwrap_or_default();
                let config = &self.context.config;
                let lang = facts.issuer.desk.language;
                let unreached = config.association(&facts.payload.desk);
                MailKind::DeskNote(DeskNote {
                    topic,
                    address,
                    unreached: unreached.map_or("", |body| body.short.get(lang)),
                    shared,
                    phone: &contact.phone,
                    other_address: if other == address { "" } else { other },
                    employer: &contact.employer,
                    step: firing.as_ref().map_or("", |f| &f.step),
                    due: firing.as_ref().and_then(|f| Timestamp::from_millisecond(f.due_ms).ok()),
                    firing: firing.as_ref().map_or(0, |f| f.id.0),
                    totals: facts.payload.totals.clone().try_into().unwrap_or_default(),
                    lang: insurance_contact(self.context, self.view).map(|c| c.language),
                })
            }),
            "digest" => facts.digest.as_ref().map(|told| {
                let deputy = !facts.payload.deputy.is_empty();
                MailKind::Digest(DigestMail { digest: &told.digest, links: &told.links, deputy })
            }),
            "verify-answer" => {
                Some(MailKind::VerifyAnswer(facts.about.as_ref().map(|(a, masked)| {
                    let at = Timestamp::from_millisecond(a.started_ms).unwrap_or(self.now);
                    Sent { at, subject: &a.subject, address_masked: masked }
                })))
            }
            "insurance-follow-up" => Some(MailKind::InsuranceFollowUp),
            "declaration-recorded" => Some(MailKind::DeclarationRecorded),
            "cover-ended" | "cover-pending" => {
                CoverNews::parse(&facts.payload.news).map(MailKind::Cover)
            }
            "certificate" if !facts.certificate.is_empty() => {
                Some(MailKind::Certificate(&facts.certificate))
            }
            "desk-answer" => facts.inbound.as_ref().map(|mail| MailKind::DeskAnswer(&mail.text)),
            _ => None,
        }
    }
}

fn is_address(text: &str) -> bool {
    text.is_ascii() && text.parse::<lettre::Address>().is_ok()
}

/// Who wrote, as a desk sees it. A name is the sender's invention: it can neither pass for an
/// address in brackets nor push the real one out of sight.
fn sender(mail: &InboundRow) -> String {
    let name = mail.sender_name.chars().filter(|c| !matches!(c, '<' | '>'));
    let name: String = name.take(SENDER_NAME_CHARS_MAX).collect();
    match name.trim() {
        "" => mail.sender.clone(),
        name => format!("{name} <{}>", mail.sender),
    }
}
