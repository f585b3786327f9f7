//! Owns what one attempt says: its kind with its facts, its links and addresses, and its language.

use jiff::{SignedDuration, Timestamp};

use super::super::entitled::{insurance_contact, reader, step_of};
use super::gather::{Facts, NoteFacts};
use crate::actions::payload::{Side, Wish};
use crate::actions::{Context, payers};
use crate::compose::{
    Bill, Composed, Composer, Correspondent, CoverNews, DeskNote, DeskTopic, DigestMail, Forwarded,
    InvoiceWhy, Links, MailFacts, MailIds, MailKind, PersonFacts, Said, Sent,
};
use crate::config::Association;
use crate::domain::billing;
use crate::domain::desk::Channel;
use crate::domain::insurance::{Standing, standing};
use crate::domain::member::Member;
use crate::domain::season;
use crate::domain::words::{Lang, RenewalState};
use crate::ids::MessageId;
use crate::link::{Purpose, Token};
use crate::store::inbounds::InboundRow;
use crate::store::messages::MessageView;
use crate::store::payers::Payer;

/// A link that confirms what a reply asked for works so long.
pub const CONFIRM_LINK_DAYS: u32 = 7;

/// Characters of a foreign sender's name that a desk sees: people's are shorter.
const SENDER_NAME_CHARS_MAX: usize = 60;

pub(super) struct Writer<'a> {
    pub context: &'a Context,
    pub view: &'a MessageView,
    pub facts: &'a Facts<'a>,
    pub mid: MessageId,
    pub now: Timestamp,
}

impl Writer<'_> {
    fn token(&self, purpose: Purpose) -> Token {
        let opened = Timestamp::from_millisecond(self.view.opened_ms).unwrap_or(self.now);
        let link_days = i64::from(self.context.config.relance.season.link_days);
        let days = match purpose {
            // Works as long as anybody may want to stop us, and attributes as long as we keep
            // anything.
            Purpose::Unsubscribe | Purpose::Ref => None,
            Purpose::Confirm => Some(i64::from(CONFIRM_LINK_DAYS)),
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

    pub(super) fn envelope_from(&self) -> String {
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
        format!("{}/{path}/{}", self.base(), self.token(purpose).to_url(&self.context.ring))
    }

    /// A payer's lasting page; empty where it was never opened.
    fn payers_url(&self) -> String {
        let Some(told) = self.facts.payer.as_ref().filter(|told| told.has_link) else {
            return String::new();
        };
        let message = payers::link(self.context, &told.payer);
        let token = Token { purpose: Purpose::Payer, message, expires_h: u32::MAX };
        format!("{}/p/{}", self.base(), token.to_url(&self.context.ring))
    }

    fn base(&self) -> &str {
        let base = self.facts.issuer.link_base.as_deref();
        base.unwrap_or(&self.context.config.relance.web.base_url)
    }

    fn links(&self) -> Links {
        if self.view.to_desk {
            return Links::default();
        }
        if self.payer().is_some() {
            let one = self.view.kind == "payer-invoice";
            let renew = if one { self.url("i", Purpose::Invoice) } else { String::new() };
            return Links { renew, payer: self.payers_url(), ..Links::default() };
        }
        let confirm = self.facts.payload.wish.is_some() || self.facts.payload.side.is_some();
        let address = self.facts.payload.side.is_some();
        // The page behind the link is the member's own: a new address has to be one first.
        let renewal = self.view.renewal.is_some() && !address;
        Links {
            payer: String::new(),
            renew: if renewal { self.url("r", Purpose::Renew) } else { String::new() },
            unsubscribe: if address { String::new() } else { self.url("u", Purpose::Unsubscribe) },
            confirm: if confirm { self.url("c", Purpose::Confirm) } else { String::new() },
        }
    }

    pub(super) fn compose(
        &self,
        composer: &Composer,
    ) -> Result<(Composed, String, String), String> {
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
            insurance_news: facts.member.as_ref().is_some_and(|m| self.hears_insurance_news(m)),
            bill: facts.bill.clone(),
            channel: Channel::parse(&facts.payload.channel),
            invoice: facts.invoice.clone(),
            pay_by: facts.pay_by,
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

    fn payer(&self) -> Option<&Payer> {
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
            let day = season::day_in(&issuer.zone, self.now);
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

    /// Steps tell whoever is covered or may be what is new in the insurance.
    fn hears_insurance_news(&self, member: &Member) -> bool {
        let config = &self.context.config;
        let has_news = config.relance.insurance.as_ref().is_some_and(|i| i.news.is_some());
        has_news
            && step_of(&self.view.kind).is_some()
            && standing(config, member, &self.facts.issuer.code) != Standing::Without
    }

    fn desk_note(&self, topic: DeskTopic) -> MailKind<'_> {
        let facts = self.facts;
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
    }

    /// What is told of a payer's money, or of money that went back to a card.
    fn payers_kind(&self) -> Option<MailKind<'_>> {
        let facts = self.facts;
        if let Some(refund) = &facts.refund {
            return Some(MailKind::Refund(refund));
        }
        let told = facts.payer.as_ref()?;
        Some(match (self.view.kind.as_str(), &told.account, &told.paid) {
            ("payer-invoice", Some(account), _) => MailKind::PayerInvoice(account),
            ("payer-receipt", Some(account), Some(paid)) => MailKind::PayerReceipt(paid, account),
            ("payer-returned", Some(account), Some(paid)) => MailKind::PayerReturned(paid, account),
            ("paid-by-payer", ..) => MailKind::PaidByPayer(&told.payer.name),
            _ => return None,
        })
    }

    fn kind<'m>(&'m self, from: &'m str) -> Option<MailKind<'m>> {
        let facts = self.facts;
        if let Some(step) = step_of(&self.view.kind) {
            return Some(MailKind::Step(step));
        }
        match self.view.kind.as_str() {
            "confirmation" => Said::parse(&facts.payload.said).map(MailKind::Confirmation),
            "invoice" => InvoiceWhy::parse(&facts.payload.invoice_why).map(MailKind::Invoice),
            "payer-invoice" | "payer-receipt" | "payer-returned" | "payer-refund" | "refund"
            | "paid-by-payer" => self.payers_kind(),
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
            "desk-note" => {
                DeskTopic::parse(&facts.payload.topic).map(|topic| self.desk_note(topic))
            }
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
