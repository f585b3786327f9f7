//! Owns the pages with which templates and words are tried, of the invented federation.

use jiff::civil::date;

use super::sample::{Sample, TOKEN, Variant, noon};
use super::{
    AddressPage, Bill, CardPage, CardShows, ConfirmPage, Conflict, ConflictPage, DeskPage,
    DeskTyped, DeskView, DonePage, ExpiredPage, FormFault, FrontPage, InsuranceFacts, InvoicePage,
    LineKind, Notice, Page, PayerPage, RenewalPage, Said, SeasonBody, SeasonClosedPage, SeasonPage,
    SeasonStep, SignedInPage, Status, Typed, UnsubscribePage,
};
use crate::config::{StepKind, Text};
use crate::domain::answer::Choice;
use crate::domain::correction::OnFile;
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::offer::{Insurance, Offer, Optional};
use crate::domain::words::RenewalState;

/// What pages borrow.
#[derive(Debug, Clone)]
pub(super) struct PageSamples {
    on_file: OnFile,
    nothing: OnFile,
    broker: Text,
    questions: [(&'static str, Text); 2],
    blank: Typed,
    filled: Typed,
    status: Vec<Status>,
    invoice: [Invoice; 2],
    taken_back: Invoice,
    /// Name, association and offer.
    offers: Vec<(&'static str, &'static str, Offer)>,
}

fn text(en: &str, fr: &str) -> Text {
    Text { en: en.into(), fr: Some(fr.into()) }
}

fn cents(cents: i64) -> Cents {
    Cents::new(cents).unwrap_or_default()
}

impl PageSamples {
    pub fn new(several: &Bill, single: &Bill) -> Self {
        let filled = [
            ("email", "maelle@"),
            ("language", "fr"),
            ("province", "QC"),
            ("situation", "other"),
            ("note", "Congé </textarea> d’études."),
            ("reason", "Je prends </textarea> ma retraite."),
            ("cover", "keep"),
            ("q-claims", "yes"),
            ("drop", "CEI"),
            ("employer_name", "Ville \"d’Exemple\""),
            ("remind_on", "2026-12-20"),
            ("staff", "A. & B."),
            ("channel", "letter"),
            ("desk_note", "</textarea>"),
        ];
        let filled = filled.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            on_file: OnFile {
                email: "m.exemple@example.org".into(),
                phone: "514-555-0142".into(),
                language: "fr".into(),
                street: "1, rue de l’Exemple".into(),
                city: "Montréal".into(),
                province: "QC".into(),
                postal_code: "H2X 1Y4".into(),
                country: "CA".into(),
            },
            nothing: OnFile { country: "US".into(), ..OnFile::default() },
            broker: text("Exemple Brokers", "Courtiers Exemple"),
            questions: [
                ("claims", text("Has a claim been made?", "Une réclamation a-t-elle été faite?")),
                ("events", text("Do you know of an event?", "Avez-vous connaissance d’un fait?")),
            ],
            blank: Typed::default(),
            filled: Typed::new(filled.into()),
            status: status(),
            taken_back: Invoice {
                corrected_by: Some("OEI-2027-00013".into()),
                ..super::sample::invoice("OEI", several)
            },
            invoice: [
                super::sample::invoice("OEI", several),
                super::sample::invoice("WEA", single),
            ],
            offers: offers(several, single),
        }
    }
}

/// Everything that “Where is my renewal?” can say.
fn status() -> Vec<Status> {
    let (number, on) = ("OEI-2027-000042".to_owned(), date(2026, 11, 5));
    vec![
        Status::Answered(noon(5)),
        Status::Invoice { on, number: number.clone(), amount: cents(123_456), employer: false },
        Status::Invoice { on, number, amount: cents(123_456), employer: true },
        Status::Expected(cents(123_456), date(2027, 1, 31)),
        Status::Received(cents(100_000), date(2026, 12, 1)),
        Status::Receipt(date(2026, 12, 2)),
        Status::Declared(noon(5)),
        Status::DeclarationPending,
        Status::CertificateDue(text("Exemple Brokers", "Courtiers Exemple"), 10),
        Status::Certificate(date(2026, 12, 15)),
        Status::WithDesk(noon(5)),
    ]
}

/// What the sample members can choose from.
fn offers(several: &Bill, single: &Bill) -> Vec<(&'static str, &'static str, Offer)> {
    let without = |bill: &Bill| {
        let lines = bill.lines.iter().filter(|l| l.kind != LineKind::Premium);
        Bill { lines: lines.cloned().collect() }
    };
    let questions = vec!["claims".to_owned(), "events".to_owned()];
    let optional =
        |insurance_too| Optional { code: "CEI".into(), dues: cents(21_006), insurance_too };
    let plain = Offer {
        bill: single.clone(),
        insurance: Insurance::None,
        keep: None,
        decline: None,
        optional: Vec::new(),
        questions: Vec::new(),
        questions_version: "1".into(),
        declared: false,
    };
    let covered = Offer {
        bill: several.clone(),
        insurance: Insurance::Covered,
        keep: Some(several.clone()),
        decline: Some(without(several)),
        optional: vec![optional(true)],
        questions,
        ..plain.clone()
    };
    let entitled = Offer {
        bill: without(several),
        insurance: Insurance::Entitled,
        optional: vec![optional(false)],
        ..covered.clone()
    };
    let included = Offer {
        insurance: Insurance::Included,
        keep: None,
        decline: None,
        optional: Vec::new(),
        ..covered.clone()
    };
    let free = Offer { bill: Bill { lines: Vec::new() }, ..plain.clone() };
    vec![
        ("covered", "OEI", covered),
        ("entitled", "OEI", entitled),
        ("included", "OEI", included),
        ("plain", "WEA", plain),
        ("free", "WEA", free),
    ]
}

impl Sample {
    /// Every page in every shape that its template knows, by name.
    #[must_use]
    pub fn pages(&self) -> Vec<(String, Page<'_>)> {
        let mut all: Vec<(String, Page<'_>)> = Vec::new();
        for (code, insured) in [("OEI", true), ("WEA", false)] {
            let variant = Self::variant(code, insured);
            let mut of_body = self.done_pages(variant);
            of_body.extend(self.other_pages(variant));
            all.extend(
                of_body
                    .into_iter()
                    .map(|(name, page)| (format!("{name}-{}", code.to_lowercase()), page)),
            );
        }
        for (name, code, offer) in &self.pages.offers {
            all.extend(self.renewal_pages(name, code, offer));
        }
        let plain = [
            Page::Damaged,
            Page::NotFound,
            Page::WrongMethod,
            Page::TooLarge,
            Page::TooMany,
            Page::ServerTrouble,
            Page::Front(FrontPage::default()),
            Page::Season(self.season()),
            Page::BadForm(&[FormFault::Incomplete, FormFault::Unreadable]),
        ];
        all.extend(plain.into_iter().map(|p| (p.name().to_owned(), p)));
        let desk = (self.body("OEI"), Self::person(Self::variant("OEI", true)));
        all.extend(self.desk.pages(desk.0, desk.1, [&self.pages.blank, &self.pages.filled]));
        let national = Page::Desk(DeskPage {
            issuer: self.body("CEI"),
            view: DeskView::Find,
            typed: DeskTyped::default(),
            faults: &[],
        });
        all.push(("desk-find-cei".into(), national));
        let faults = &[FormFault::CodeWrong];
        let typed = FrontPage { number: "10442", code: "7K2QX-9ZB4M", postal: "K1A 0B1", faults };
        all.push(("front-faulty".to_owned(), Page::Front(typed)));
        let typed = FrontPage { faults: FormFault::FRONT, ..FrontPage::default() };
        all.push(("front-every-fault".to_owned(), Page::Front(typed)));
        let links = ["OEI", "WEA"].map(|code| (self.body(code), format!("/r/{TOKEN}"))).to_vec();
        all.push(("signed-in".to_owned(), Page::SignedIn(SignedInPage { links })));
        let nothing = SignedInPage { links: Vec::new() };
        all.push(("signed-in-nothing".to_owned(), Page::SignedIn(nothing)));
        all
    }

    fn season(&self) -> SeasonPage<'_> {
        let steps = |zone: &'static str| {
            let step = |(&kind, day)| SeasonStep { kind, at: noon(day), zone };
            StepKind::ALL.iter().zip(3..).map(step).collect()
        };
        let bodies = ["CEI", "OEI", "WEA"].map(|code| {
            let issuer = self.body(code);
            let zone = if code == "WEA" { "America/Vancouver" } else { "America/Toronto" };
            SeasonBody { issuer, steps: steps(zone) }
        });
        SeasonPage { bodies: bodies.to_vec() }
    }

    /// The open page in every shape, of an offer.
    fn renewal_pages<'a>(
        &'a self,
        name: &str,
        code: &'static str,
        offer: &'a Offer,
    ) -> Vec<(String, Page<'a>)> {
        let variant = Self::variant(code, offer.bill_insures());
        let own = &self.pages;
        let plain = RenewalPage {
            issuer: self.body(code),
            person: Self::person(variant),
            on_file: &own.on_file,
            waiting: "",
            offer,
            insurance: offer.speaks_of_insurance().then(|| self.insurance()),
            card: true,
            late: false,
            remind_on: None,
            remind_until: Some(date(2026, 12, 24)),
            behalf: None,
            notice: Notice::None,
            version: 3,
            nonce: "n0nce",
            typed: &own.blank,
            faults: &[],
        };
        let mut all = vec![(format!("renewal-{name}"), Page::Renewal(plain.clone()))];
        match name {
            "covered" => {
                let faulty =
                    RenewalPage { typed: &own.filled, faults: FormFault::ALL, ..plain.clone() };
                all.push((format!("renewal-{name}-faulty"), Page::Renewal(faulty)));
                let behalf = RenewalPage {
                    behalf: Some(self.desk.behalf(RenewalState::Open)),
                    typed: &own.filled,
                    faults: FormFault::SIGNATURE,
                    card: false,
                    ..plain.clone()
                };
                all.push((format!("renewal-{name}-behalf"), Page::Renewal(behalf)));
                let saved = RenewalPage {
                    notice: Notice::Saved,
                    waiting: "m…@example.net",
                    remind_on: Some(date(2026, 12, 20)),
                    ..plain
                };
                all.push((format!("renewal-{name}-saved"), Page::Renewal(saved)));
            }
            "plain" => {
                let late = RenewalPage {
                    late: true,
                    card: false,
                    remind_until: None,
                    on_file: &own.nothing,
                    notice: Notice::Priced,
                    ..plain
                };
                all.push((format!("renewal-{name}-late"), Page::Renewal(late)));
            }
            _ => {}
        }
        all
    }

    fn insurance(&self) -> InsuranceFacts<'_> {
        let own = &self.pages;
        InsuranceFacts {
            broker: &own.broker,
            webinar_url: Some("https://learning.example.org/webinar"),
            news: self.relance.insurance.as_ref().and_then(|i| i.news.as_ref()),
            questions: own.questions.iter().map(|(id, text)| (*id, text)).collect(),
        }
    }

    fn done_pages(&self, variant: Variant) -> Vec<(String, Page<'_>)> {
        let own = &self.pages;
        let plain = DonePage {
            issuer: self.body(variant.code),
            person: Self::person(variant),
            on_file: &own.on_file,
            waiting: "",
            said: Said::RenewedByInvoice,
            at: Some(noon(5)),
            bill: None,
            status: &[],
            insurance: None,
            by_card: None,
            invoice: "",
            undo_until: None,
            behalf: None,
            notice: Notice::None,
            version: 4,
            nonce: "n0nce",
            typed: &own.blank,
            faults: &[],
        };
        let mut all = Vec::new();
        for said in Said::ALL.into_iter().filter(|said| !said.is_of_a_desk()) {
            let page = DonePage {
                said,
                undo_until: said.is_answer().then(|| noon(6)),
                bill: (said == Said::RenewedByInvoice).then(|| self.bill(variant.code)),
                status: if said == Said::RenewedByInvoice { &own.status } else { &[] },
                ..plain.clone()
            };
            all.push((format!("done-{}", said.as_str()), Page::Done(page)));
        }
        let pending = DonePage {
            bill: Some(self.bill(variant.code)),
            status: &[Status::DeclarationPending],
            insurance: Some(self.insurance()),
            by_card: Some(cents(50_000)),
            invoice: "/r/AQECAwQ/invoice",
            waiting: "m…@example.net",
            notice: Notice::Saved,
            ..plain
        };
        all.extend(self.behalf_pages(&pending));
        all.push(("done-declaration-pending".into(), Page::Done(pending)));
        let invoice = &own.invoice[usize::from(variant.code != "OEI")];
        let invoice = InvoicePage {
            issuer: self.body(variant.code),
            person: Self::person(variant),
            invoice,
            left: cents(12_345),
            pay: "/r/AQECAwQ/card",
            back: "/r/AQECAwQ",
            nonce: "n0nce",
        };
        let paid = InvoicePage { left: Cents::ZERO, pay: "", back: "", ..invoice.clone() };
        let no_more = InvoicePage { invoice: &own.taken_back, ..paid.clone() };
        all.push(("invoice-taken-back".into(), Page::Invoice(no_more)));
        all.push(("invoice".into(), Page::Invoice(invoice)));
        all.push(("invoice-paid".into(), Page::Invoice(paid)));
        let (issuer, payer) = (self.body(variant.code), &self.payer);
        let open = PayerPage { issuer, account: &payer.account, paths: &payer.paths, card: true };
        let none = PayerPage { account: &payer.none, paths: &[], card: false, ..open.clone() };
        all.push(("payer".into(), Page::Payer(open)));
        all.push(("payer-none".into(), Page::Payer(none)));
        all
    }

    /// The answered page in a desk's hand.
    fn behalf_pages<'a>(&'a self, pending: &DonePage<'a>) -> Vec<(String, Page<'a>)> {
        let states = [
            (Said::RenewedByInvoice, RenewalState::Pledged),
            (Said::Paid, RenewalState::Paid),
            (Said::NotRenewing, RenewalState::NotRenewing),
            (Said::Situation, RenewalState::WithDesk),
        ];
        let page = |(said, state): (Said, RenewalState)| {
            let behalf = DonePage {
                said,
                behalf: Some(self.desk.behalf(state)),
                invoice: "",
                by_card: None,
                undo_until: said.is_answer().then(|| noon(6)),
                ..pending.clone()
            };
            (format!("done-behalf-{}", said.as_str()), Page::Done(behalf))
        };
        states.map(page).into()
    }

    fn other_pages(&self, variant: Variant) -> Vec<(String, Page<'_>)> {
        let (issuer, person) = (self.body(variant.code), Self::person(variant));
        let (address_masked, nonce) = ("m…@example.org", "n0nce");
        let stop = UnsubscribePage { issuer, address_masked, insured: variant.insured, nonce };
        let expired = ExpiredPage { issuer, address_masked, nonce };
        let closed =
            SeasonClosedPage { issuer, closed: "2026", has_next: true, address_masked, nonce };
        let over = SeasonClosedPage { has_next: false, ..closed.clone() };
        let asked = Said::NotRenewing;
        let mut all = vec![
            ("unsubscribe".into(), Page::Unsubscribe(stop.clone())),
            ("unsubscribed".into(), Page::Unsubscribed(stop)),
            (
                "confirm".into(),
                Page::Confirm(ConfirmPage { issuer, person, asked, version: 3, nonce }),
            ),
            ("expired".into(), Page::Expired(expired.clone())),
            ("revoked".into(), Page::Revoked(expired.clone())),
            ("season-closed".into(), Page::SeasonClosed(closed)),
            ("season-closed-no-next".into(), Page::SeasonClosed(over)),
            ("fresh-link-sent".into(), Page::FreshLinkSent(expired)),
        ];
        for (name, state, old_side) in [
            ("address-asked", "asked", false),
            ("address-asked-old", "asked", true),
            ("address-confirmed", "confirmed", true),
            ("address-done", "done", false),
            ("address-refused", "refused", true),
        ] {
            let page = AddressPage { issuer, person, address_masked, old_side, state, nonce };
            all.push((name.to_owned(), Page::Address(page)));
        }
        let card = |shows: CardShows| {
            let amount = self.bill(variant.code).total();
            let known = matches!(shows, CardShows::Down | CardShows::NothingOwed);
            let back = if known { "/r/AQECAwQFBgcIAAdg" } else { "" };
            (shows.as_str().to_owned(), Page::Card(CardPage { issuer, shows, amount, back }))
        };
        all.extend(CardShows::ALL.map(card));
        let answered = Conflict::Answered { recorded: Said::RenewedByInvoice, at: noon(5) };
        let changed = Conflict::Changed { meanwhile: None, at: noon(5) };
        for (name, asked, conflict) in [
            ("conflict-answered", Choice::NotRenewing, answered),
            ("conflict-changed", Choice::Invoice, changed),
            ("conflict-card", Choice::Card, answered),
            ("conflict-situation", Choice::Situation, answered),
        ] {
            let (typed, quote) = (&self.pages.filled, "123456-0-0");
            let page = ConflictPage {
                issuer,
                person,
                asked,
                behalf: (asked == Choice::Situation)
                    .then(|| self.desk.behalf(RenewalState::Pledged)),
                conflict,
                typed,
                quote,
                version: 5,
                nonce: "n0nce",
            };
            all.push((name.to_owned(), Page::Conflict(page)));
        }
        all
    }
}
