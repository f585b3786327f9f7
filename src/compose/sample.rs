//! Owns the facts with which templates and words are tried: an invented federation of three
//! bodies, one of them without a French name. The lint and the tests render all of them.

use jiff::Timestamp;

use super::sample_desk::DeskSample;
use super::sample_pages::PageSamples;
use super::sample_payer::PayerSample;
use super::{
    Bill, Correspondent, CoverNews, CoverNote, DeskNote, DeskTopic, DigestMail, Forwarded,
    InvoiceWhy, Line, LineKind, Links, MailFacts, MailIds, MailKind, PersonFacts, ReceiptFacts,
    Said, Sent,
};
use crate::config::{Association, Relance, StepKind, TaxConfig};
use crate::domain::desk::Channel;
use crate::domain::invoice::{DocumentKind, Invoice, Share};
use crate::domain::money::Cents;
use crate::domain::payment::Method;
use crate::domain::tax::{self, Supply};
use crate::domain::words::{Lang, RenewalState};
use crate::ids::{InvoiceId, PayerId, RenewalId};

/// The federation's two files, as an operator would write them.
const RELANCE: &str = include_str!("sample/relance.toml");
const ASSOCIATIONS: &str = include_str!("sample/associations.toml");

pub(super) const TOKEN: &str = "AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR";
const REPLY: &str = "r+aeaqgbafaydqqcihmdqz2lnk42ybzc67s3jxg2vwd7c6lb7d@reply.example.ca";

/// The season of the sample's documents.
const SEASON: &str = "2027";

/// Where an insurer might lay a certificate.
const CERTIFICATE: &str = "https://certificates.example.org/2027/10442?k=Xy7";

/// What a person might write, with what must not pass: links and control characters.
pub(super) const LETTER: &str = "Bonjour,\n\nMon employeur paie-t-il aussi la prime?\nVoir https://example.org/x\n-- \nJ. Exemple\u{7}";

/// What tells sample mails of one kind apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    /// Code of the association.
    pub code: &'static str,
    prefer: Lang,
    pub insured: bool,
    renew: bool,
}

#[derive(Debug, serde::Deserialize)]
struct AssociationsFile {
    association: Vec<Association>,
    tax: Vec<TaxConfig>,
}

/// The invented federation.
#[derive(Debug, Clone)]
pub struct Sample {
    /// As from `relance.toml`.
    pub relance: Relance,
    /// As from `associations.toml`: `CEI` (national), `OEI` (both names), `WEA` (English name
    /// only).
    pub associations: Vec<Association>,
    /// As from `associations.toml`.
    pub taxes: Vec<TaxConfig>,
    pub(super) several: Bill,
    pub(super) single: Bill,
    pub(super) pages: PageSamples,
    pub(super) desk: DeskSample,
    pub(super) payer: PayerSample,
}

impl Default for Sample {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample {
    /// The federation with its bills.
    ///
    /// # Panics
    /// Never: the two files are in the binary, and a test reads them.
    #[must_use]
    pub fn new() -> Self {
        let relance = toml::from_str(RELANCE).expect("the sample parses: a test reads it");
        let file: AssociationsFile =
            toml::from_str(ASSOCIATIONS).expect("the sample parses: a test reads it");
        let on = jiff::civil::date(2026, 11, 3);
        let body = |code: &str| file.association.iter().find(|a| a.code == code);
        let line = |kind, supplier: &str, category: &'static str, cents, place| {
            let amount = Cents::new(cents).unwrap_or_default();
            let taxes = body(supplier).map(|supplier| Supply {
                supplier,
                kind,
                category,
                place,
                on,
                amount,
            });
            Line {
                kind,
                supplier: supplier.to_owned(),
                category: category.to_owned(),
                amount,
                taxes: taxes.map(|s| tax::due(&file.tax, &s)).unwrap_or_default(),
            }
        };
        let several = Bill {
            lines: vec![
                line(LineKind::Dues, "OEI", "full", 98_450, "QC"),
                line(LineKind::Dues, "CEI", "full", 21_006, "QC"),
                line(LineKind::Premium, "OEI", "full", 4_000, "QC"),
                line(LineKind::Penalty, "OEI", "full", 2_500, "QC"),
            ],
        };
        let single = Bill { lines: vec![line(LineKind::Dues, "WEA", "candidate", 19_500, "SK")] };
        let pages = PageSamples::new(&several, &single);
        let desk = DeskSample::new(|handle| {
            format!("https://renewal.oei.example.ca/d/{}-{}", handle.act.as_str(), handle.target)
        });
        let (associations, taxes) = (file.association, file.tax);
        let payer = PayerSample::new();
        Self { relance, associations, taxes, several, single, pages, desk, payer }
    }

    /// A sample of the association with that code; insured or not.
    pub(super) const fn variant(code: &'static str, insured: bool) -> Variant {
        Variant { code, prefer: Lang::En, insured, renew: true }
    }

    /// The body with that code; the national one for an unknown code.
    #[must_use]
    pub fn body(&self, code: &str) -> &Association {
        self.associations.iter().find(|a| a.code == code).unwrap_or(&self.associations[0])
    }

    pub(super) fn person(variant: Variant) -> PersonFacts<'static> {
        let full = variant.code == "OEI";
        PersonFacts {
            member_no: if full { "10442" } else { "W-2207" },
            given_name: if full { "Maëlle" } else { "Sam" },
            family_name: if full { "O’Exemple-Tremblay" } else { "Sample & Fils" },
            category: if full { "full" } else { "candidate" },
            insured: variant.insured,
            state: RenewalState::Open,
            cover: CoverNote::Nothing,
            zone: "",
        }
    }

    pub(super) fn bill(&self, code: &str) -> &Bill {
        if code == "OEI" { &self.several } else { &self.single }
    }

    fn facts<'a>(&'a self, variant: Variant, kind: MailKind<'a>) -> MailFacts<'a> {
        let issuer = self.body(variant.code);
        let base = issuer.link_base.as_deref().unwrap_or(&self.relance.web.base_url);
        let link = |path: &str| format!("{base}/{path}/{TOKEN}");
        let step = matches!(kind, MailKind::Step(_));
        MailFacts {
            prefer: variant.prefer,
            to: Correspondent { name: "Maëlle Exemple", address: "m.exemple@example.org" },
            issuer,
            home: issuer,
            relance: &self.relance,
            person: Some(Self::person(variant)),
            insurance_news: step && variant.insured,
            bill: Some(self.bill(variant.code).clone()),
            channel: None,
            invoice: self.document(variant.code, &kind),
            pay_by: None,
            links: Links {
                renew: if variant.renew { link("r") } else { String::new() },
                unsubscribe: if step { link("u") } else { String::new() },
                confirm: link("c"),
                payer: link("p"),
            },
            ids: MailIds {
                message_id: "f.aeaqgbafaydqqcihmdqz2lnk42@example.ca".into(),
                reply_to: REPLY.into(),
                in_reply_to: if step { String::new() } else { "asked.1@example.org".into() },
                auto_submitted: if step { "auto-generated" } else { "auto-replied" },
            },
            date: noon(3),
            kind,
        }
    }

    /// What such a mail carries: an employer's invoice, or the member's own.
    fn document(&self, code: &str, kind: &MailKind<'_>) -> Option<Invoice> {
        let credit = match kind {
            MailKind::Confirmation(Said::Undone) | MailKind::Invoice(InvoiceWhy::Credited) => true,
            MailKind::Confirmation(Said::RenewedByInvoice)
            | MailKind::PayerInvoice(_)
            | MailKind::Invoice(_) => false,
            _ => return None,
        };
        let bill = self.bill(code).clone();
        Some(invoice(code, &if credit { bill.negated() } else { bill }))
    }

    /// Every kind of mail in every shape that its template knows, by name.
    #[must_use]
    pub fn mails(&self) -> Vec<(String, MailFacts<'_>)> {
        let mut all = Vec::new();
        for (code, insured) in [("OEI", true), ("WEA", false)] {
            for &prefer in Lang::ALL {
                let variant = Variant { code, prefer, insured, renew: true };
                let mut kinds: Vec<(String, MailKind<'_>)> = Vec::new();
                for step in StepKind::ALL {
                    kinds.push((step.as_str().to_owned(), MailKind::Step(step)));
                }
                for said in Said::ALL {
                    let name = said.as_str();
                    kinds.push((format!("confirmation-{name}"), MailKind::Confirmation(said)));
                    if !said.is_of_a_desk() {
                        let asked = MailKind::ConfirmRequest(said);
                        kinds.push((format!("confirm-request-{name}"), asked));
                    }
                }
                for why in InvoiceWhy::ALL {
                    kinds.push((format!("invoice-{}", why.as_str()), MailKind::Invoice(why)));
                }
                for (n, method) in Method::ALL.iter().enumerate() {
                    let receipt = MailKind::Receipt(receipt(code, *method, n == 1));
                    kinds.push((format!("receipt-{method}"), receipt));
                }
                kinds.extend(self.payer_kinds());
                kinds.push(("fresh-link".into(), MailKind::FreshLink));
                for (side, address, old_side) in
                    [("new", "maelle@example.net", false), ("old", "m…@example.net", true)]
                {
                    let kind = MailKind::AddressChange { address, old_side };
                    kinds.push((format!("address-change-{side}"), kind));
                }
                kinds.push(("desk-answer".into(), MailKind::DeskAnswer(LETTER)));
                let sent = Sent {
                    at: noon(2),
                    subject: "OEI membership 2027 | Adhésion OEI 2027",
                    address_masked: "m…@example.org",
                };
                kinds.push(("verify-answer-ours".into(), MailKind::VerifyAnswer(Some(sent))));
                kinds.push(("verify-answer-not-ours".into(), MailKind::VerifyAnswer(None)));
                kinds.push(("insurance-follow-up".into(), MailKind::InsuranceFollowUp));
                kinds.push(("declaration-recorded".into(), MailKind::DeclarationRecorded));
                for news in CoverNews::ALL {
                    let name = format!("{}-{}", news.template(), news.as_str());
                    kinds.push((name, MailKind::Cover(news)));
                }
                kinds.push(("certificate".into(), MailKind::Certificate(CERTIFICATE)));
                for topic in DeskTopic::ALL {
                    kinds.push((format!("desk-note-{}", topic.as_str()), note(topic)));
                }
                for why in super::mail::FORWARD_REASONS {
                    kinds.push((format!("forward-{why}"), MailKind::Forward(letter(why))));
                }
                for (name, kind) in kinds {
                    let name = format!("{name}-{}-{prefer}", code.to_lowercase());
                    all.push((name, self.facts(variant, kind)));
                }
            }
        }
        all.extend(self.bare_mails());
        all.extend(self.digests());
        all
    }

    /// What is told of a payer's money, and of money that went back to a card.
    fn payer_kinds(&self) -> Vec<(String, MailKind<'_>)> {
        let mut kinds: Vec<(String, MailKind<'_>)> = Vec::new();
        let (account, none) = (&self.payer.account, &self.payer.none);
        kinds.push(("payer-invoice".into(), MailKind::PayerInvoice(account)));
        for (name, paid, account) in
            [("", &self.payer.paid[0], none), ("-part", &self.payer.paid[1], account)]
        {
            let receipt = MailKind::PayerReceipt(paid, account);
            kinds.push((format!("payer-receipt{name}"), receipt));
        }
        let returned = MailKind::PayerReturned(&self.payer.paid[0], account);
        kinds.push(("payer-returned".into(), returned));
        kinds.push(("refund".into(), MailKind::Refund(&self.payer.paid[0])));
        kinds.push(("paid-by-payer".into(), MailKind::PaidByPayer("Ville d’Exemple")));
        kinds
    }

    /// A desk's digest, full and with nothing to tell, in the language of the desk.
    fn digests(&self) -> Vec<(String, MailFacts<'_>)> {
        let desk = &self.desk;
        [
            ("digest-oei-en", "OEI", &desk.full, false),
            ("digest-cei-fr", "CEI", &desk.full, true),
            ("digest-quiet-cei-fr", "CEI", &desk.quiet, false),
        ]
        .into_iter()
        .map(|(name, code, digest, deputy)| {
            let prefer = self.body(code).desk.language;
            let variant = Variant { code, prefer, insured: false, renew: false };
            let mail = DigestMail { digest, links: &desk.links, deputy };
            let mut facts = self.facts(variant, MailKind::Digest(mail));
            (facts.person, facts.bill) = (None, None);
            (name.to_owned(), facts)
        })
        .collect()
    }

    /// Mails with less in them: no link, no member, no bill, the national body as issuer.
    fn bare_mails(&self) -> Vec<(String, MailFacts<'_>)> {
        let variant = Variant { code: "CEI", prefer: Lang::Fr, insured: false, renew: false };
        let mut undo = self.facts(variant, MailKind::Confirmation(Said::RenewedByInvoice));
        (undo.bill, undo.invoice) = (None, None);
        let mut stranger = self.facts(variant, MailKind::Forward(letter("no-token")));
        stranger.person = None;
        let unreachable = DeskNote {
            topic: DeskTopic::AddressSuspended,
            address: "m.exemple@example.org",
            unreached: "",
            shared: "",
            phone: "",
            other_address: "",
            employer: "",
            step: "",
            due: None,
            firing: 0,
            totals: [0; 4],
            lang: None,
        };
        let unreachable = self.facts(variant, MailKind::DeskNote(unreachable));
        let by_desk = [
            (Channel::Phone, "fresh-link-by-desk", MailKind::FreshLink),
            (Channel::Phone, "confirmation-by-desk", MailKind::Confirmation(Said::Corrected)),
            (Channel::InPerson, "declaration-by-desk", MailKind::DeclarationRecorded),
            (Channel::Letter, "follow-up-by-desk", MailKind::InsuranceFollowUp),
        ];
        let by_desk = by_desk.map(|(channel, name, kind)| {
            let mut facts = self.facts(Variant { renew: true, ..variant }, kind);
            facts.channel = Some(channel);
            (format!("{name}-{}", channel.as_str()), facts)
        });
        let mut covers = Vec::new();
        for cover in [CoverNote::DeclarationDue, CoverNote::DeclarationLate, CoverNote::TooLate] {
            for &prefer in Lang::ALL {
                let variant = Variant { code: "OEI", prefer, insured: true, renew: true };
                let said = MailKind::Confirmation(Said::RenewedByInvoice);
                let mut mail = self.facts(variant, said);
                mail.person = mail.person.map(|p| PersonFacts { cover, ..p });
                covers.push((format!("confirmation-{}-oei-{prefer}", cover.as_str()), mail));
            }
        }
        let mut unknown = self.facts(variant, MailKind::ConfirmRequest(Said::Unsubscribed));
        unknown.person = None;
        covers.extend([
            ("confirmation-bare".into(), undo),
            ("forward-stranger".into(), stranger),
            ("desk-note-unreachable".into(), unreachable),
            ("confirm-request-stranger".into(), unknown),
        ]);
        covers.extend(by_desk);
        covers
    }
}

/// Part of an invoice, or all of it and too much.
fn receipt(code: &str, method: Method, part: bool) -> ReceiptFacts {
    let cents = |c| Cents::new(c).unwrap_or_default();
    ReceiptFacts {
        payment: 81,
        method,
        received_on: jiff::civil::date(2026, 12, 1),
        invoices: vec![crate::domain::invoice::number(code, SEASON, 12)],
        left: cents(if part { 12_345 } else { 0 }),
        unapplied: cents(if part { 0 } else { 501 }),
    }
}

fn note(topic: DeskTopic) -> MailKind<'static> {
    let address = topic == DeskTopic::AddressSuspended;
    let desk = topic == DeskTopic::DeskUnreached;
    let only = |text: &'static str| if address { text } else { "" };
    MailKind::DeskNote(DeskNote {
        topic,
        address: if desk { "adhesions@example.org" } else { only("m.exemple@example.org") },
        unreached: if desk { "AUE" } else { "" },
        shared: only("10443, 10555"),
        phone: only("514-555-0142"),
        other_address: only("maelle@example.net"),
        employer: only("Ville d’Exemple"),
        step: if address || desk { "" } else { "reminder-1" },
        due: (!address && !desk).then(|| noon(4)),
        firing: if address || desk { 0 } else { 12 },
        totals: [31, 4, 2, 1],
        lang: (topic == DeskTopic::InsuranceFollowUp).then_some(Lang::Fr),
    })
}

fn letter(why: &'static str) -> Forwarded<'static> {
    Forwarded {
        from: "Maëlle Exemple <m.exemple@example.org>",
        subject: "Re: Adhésion 2027",
        text: LETTER,
        why,
        received: noon(4),
    }
}

/// A document of that association: an employer's, or a member's in two shares; a credit note where
/// the bill takes back.
pub(super) fn invoice(code: &str, bill: &Bill) -> Invoice {
    let (employer, on) = (code == "OEI", jiff::civil::date(2026, 11, 3));
    let credit = bill.total() < Cents::ZERO;
    let due = |due_on, percent| Share { due_on, amount: bill.total().share(percent, 100) };
    let shares = if employer {
        vec![due(jiff::civil::date(2027, 1, 31), 100)]
    } else {
        vec![due(jiff::civil::date(2027, 1, 31), 50), due(jiff::civil::date(2027, 7, 1), 50)]
    };
    let number = |n| crate::domain::invoice::number(code, SEASON, n);
    Invoice {
        id: InvoiceId(12),
        renewal: RenewalId(1),
        issuer: code.to_owned(),
        season: SEASON.to_owned(),
        number: number(12),
        kind: if credit { DocumentKind::CreditNote } else { DocumentKind::Invoice },
        corrects: credit.then(|| (InvoiceId(7), number(7))),
        corrected_by: None,
        payer: employer.then_some(PayerId(1)),
        bill_to: if employer { "Ville d’Exemple" } else { "Sam Sample & Fils" }.to_owned(),
        purchase_order: if employer { "BC-2026/118" } else { "" }.to_owned(),
        place: "QC".to_owned(),
        issued_on: on,
        shares,
        bill: bill.clone(),
    }
}

/// About noon in the East on that day of November 2026.
pub(super) fn noon(day: i8) -> Timestamp {
    jiff::civil::date(2026, 11, day)
        .at(17, 5, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|z| z.timestamp())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_parses_and_names_every_shape() {
        let sample = Sample::new();
        assert_eq!(sample.associations.len(), 3);
        assert!(sample.body("WEA").name.fr.is_none());
        let names: std::collections::BTreeSet<_> =
            sample.mails().into_iter().map(|(n, _)| n).collect();
        assert_eq!(names.len(), sample.mails().len());
    }
}
