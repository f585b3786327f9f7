//! Owns the facts and values of the renewal's own page, open and answered.

use jiff::Timestamp;
use jiff::civil::Date;
use tera::{Context, Value};

use super::frame::{named, put};
use super::page_forms::{FormFault, Typed, put_typed};
use super::page_values::{form, unbroken};
use super::text::{capital, clean};
use super::{Behalf, Bill, ComposeError, Inner, PersonFacts, Said, format};
use crate::config::{Association, Text};
use crate::domain::correction::{OnFile, Proof};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::offer::{Insurance, Offer};
use crate::domain::place::PROVINCES;
use crate::domain::words::Lang;
use crate::domain::{answer::Situation, correction::VALUE_CHARS_MAX};

/// Facts of [`super::Page::Renewal`].
#[derive(Debug, Clone)]
pub struct RenewalPage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// Who renews.
    pub person: PersonFacts<'a>,
    /// The member's own data; shown masked.
    pub on_file: &'a OnFile,
    /// A new address that waits to be confirmed, masked; empty for none.
    pub waiting: &'a str,
    /// What can be chosen, and what each choice costs.
    pub offer: &'a Offer,
    /// Who insures and what is asked, where insurance is spoken of.
    pub insurance: Option<InsuranceFacts<'a>>,
    /// Whether a card can be used now.
    pub card: bool,
    /// Whether the membership has lapsed.
    pub late: bool,
    /// The day before which no reminder goes out, where one was chosen.
    pub remind_on: Option<Date>,
    /// The last day that may be chosen; none where it is too late for any.
    pub remind_until: Option<Date>,
    /// For whom a desk has the page open; `None` on the member's own.
    pub behalf: Option<Behalf<'a>>,
    /// What happened just before.
    pub notice: Notice,
    /// Version of the renewal that the form answers.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
    /// What was filled in in the form just sent, shown again with its faults.
    pub typed: &'a Typed,
    /// What was wrong with it; empty on the first view.
    pub faults: &'a [FormFault],
}

/// What a page says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    None,
    /// The corrections were saved.
    Saved,
    /// The amounts changed since the page was opened.
    Priced,
}

/// Who insures, and what is asked.
#[derive(Debug, Clone)]
pub struct InsuranceFacts<'a> {
    /// Name of the broker.
    pub broker: &'a Text,
    /// Where the webinar is.
    pub webinar_url: Option<&'a str>,
    /// What changes this year, where something does.
    pub news: Option<&'a Text>,
    /// Id and text of each question.
    pub questions: Vec<(&'a str, &'a Text)>,
}

/// Facts of [`super::Page::Done`].
#[derive(Debug, Clone)]
pub struct DonePage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// Who renewed, or did not.
    pub person: PersonFacts<'a>,
    /// The member's own data; shown masked.
    pub on_file: &'a OnFile,
    /// A new address that waits to be confirmed, masked; empty for none.
    pub waiting: &'a str,
    /// What was done.
    pub said: Said,
    /// When; none where nobody answered.
    pub at: Option<Timestamp>,
    /// What is owed or was paid, where there is something.
    pub bill: Option<&'a Bill>,
    /// What has happened since, oldest first.
    pub status: &'a [Status],
    /// The questions, where their answers are still missing.
    pub insurance: Option<InsuranceFacts<'a>>,
    /// What a card could pay now.
    pub by_card: Option<Cents>,
    /// Path of the invoice's page; empty for none.
    pub invoice: &'a str,
    /// Until when it can be undone here; none where it cannot.
    pub undo_until: Option<Timestamp>,
    /// For whom a desk has the page open; `None` on the member's own.
    pub behalf: Option<Behalf<'a>>,
    /// Whether the corrections were saved just now.
    pub notice: Notice,
    /// Version of the renewal.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
    /// What was filled in in the form just sent.
    pub typed: &'a Typed,
    /// What was wrong with it.
    pub faults: &'a [FormFault],
}

/// Facts of [`super::Page::Invoice`].
#[derive(Debug, Clone)]
pub struct InvoicePage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// For whom.
    pub person: PersonFacts<'a>,
    /// The document.
    pub invoice: &'a Invoice,
    /// What is left to be paid.
    pub left: Cents,
    /// Where a card pays it; empty where none can.
    pub pay: &'a str,
    /// Path of the renewal's page; empty for whoever pays in the member's place.
    pub back: &'a str,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// One line of “Where is my renewal?”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The answer came in.
    Answered(Timestamp),
    /// An invoice was mailed.
    Invoice {
        /// When.
        on: Date,
        /// Its number.
        number: String,
        /// Its total.
        amount: Cents,
        /// Whether it went to an employer.
        employer: bool,
    },
    /// So much is expected by that day.
    Expected(Cents, Date),
    /// So much came in.
    Received(Cents, Date),
    /// All of it is paid.
    Receipt(Date),
    /// The questions were answered.
    Declared(Timestamp),
    /// The questions are not answered yet.
    DeclarationPending,
    /// Who sends the certificate, and about how many working days after the payment.
    CertificateDue(Text, u32),
    /// The certificate was issued.
    Certificate(Date),
    /// The desk has it.
    WithDesk(Timestamp),
}

impl Inner {
    /// Values of the open page.
    pub(super) fn renewal(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &RenewalPage<'_>,
    ) -> Result<(), ComposeError> {
        let offer = page.offer;
        self.put_person(context, lang, Some(&page.person))?;
        Self::put_own(context, lang, page.issuer, &page.person, page.on_file, page.waiting);
        self.put_bill(context, lang, Some(&offer.bill))?;
        self.put_offer(context, lang, offer)?;
        put_insurance(context, lang, page.insurance.as_ref(), page.typed, page.faults);
        context.insert_value("insured", Value::from(offer.bill_insures()));
        context.insert_value("card", Value::from(page.card));
        context.insert_value("late", Value::from(page.late));
        context.insert_value("free", Value::from(offer.bill.total().get() == 0));
        let calendar = self.engine.words.calendar(lang);
        for (name, day) in [("remind_on", page.remind_on), ("remind_until", page.remind_until)] {
            let text = day.map(|day| format::date(lang, calendar, day)).unwrap_or_default();
            put(context, name, &text);
        }
        put(context, "remind_max", &page.remind_until.map(|d| d.to_string()).unwrap_or_default());
        put(context, "notice", page.notice.as_str());
        let situations: Vec<Value> =
            Situation::ALL.iter().map(|s| Value::normal_string(s.as_str())).collect();
        context.insert_value("situations", Value::from(situations));
        put(context, "quote", &offer.quote());
        Self::put_behalf(context, page.behalf.as_ref(), page.typed);
        put_typed(context, page.typed);
        form(context, page.version, page.nonce);
        Ok(())
    }

    /// What each choice costs, and what may be left out.
    fn put_offer(
        &self,
        context: &mut Context,
        lang: Lang,
        offer: &Offer,
    ) -> Result<(), ComposeError> {
        let total =
            |bill: Option<&Bill>| bill.map(|b| format::money(lang, b.total())).unwrap_or_default();
        put(context, "keep", &total(offer.keep.as_ref()));
        put(context, "decline", &total(offer.decline.as_ref()));
        let insurance = match offer.insurance {
            Insurance::None => "none",
            Insurance::Included => "included",
            Insurance::Covered => "covered",
            Insurance::Entitled => "entitled",
        };
        put(context, "insurance", insurance);
        context.insert_value("asks_cover", Value::from(offer.asks_cover()));
        let mut optional = Vec::new();
        for one in &offer.optional {
            let body_to = match self.body(&one.code) {
                Some(body) => self.form(body, lang, "form-to")?,
                None => one.code.clone(),
            };
            optional.push(serde_json::json!({
                "code": one.code,
                "body_to": body_to,
                "dues": format::money(lang, one.dues),
                "insurance_too": one.insurance_too,
            }));
        }
        context.insert_value("optional", Value::from_serializable(&optional));
        Ok(())
    }

    /// The member's own data, masked, and the form that corrects them.
    fn put_own(
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        person: &PersonFacts<'_>,
        on_file: &OnFile,
        waiting: &str,
    ) {
        let category = issuer.category(person.category).map(|c| named(&c.name, lang));
        put(context, "category", &capital(category.as_deref().unwrap_or(person.category)));
        put(context, "number", &format::mask_tail(person.member_no, 2));
        let email = Some(on_file.email.as_str()).filter(|e| !e.is_empty()).map(format::mask);
        put(context, "email", &unbroken(&email.unwrap_or_default()));
        put(context, "waiting", &unbroken(waiting));
        put(context, "phone_masked", &clean(&format::mask_tail(&on_file.phone, 4), false));
        put(context, "language", &on_file.language);
        put(context, "street_masked", &clean(&format::mask_street(on_file), false));
        put(context, "proof_by", Proof::of(&on_file.postal_code).as_str());
        let provinces: Vec<_> = PROVINCES
            .iter()
            .map(|p| {
                let name = if lang == Lang::Fr { p.fr } else { p.en };
                serde_json::json!({"code": p.code, "name": name})
            })
            .collect();
        let abroad = !matches!(on_file.country.as_str(), "" | "CA");
        let provinces = if abroad { Vec::new() } else { provinces };
        context.insert_value("provinces", Value::from_serializable(&provinces));
        let chars = i64::try_from(VALUE_CHARS_MAX).unwrap_or(i64::MAX);
        context.insert_value("value_chars_max", Value::from(chars));
    }

    /// Values of the page that shows where a renewal stands.
    pub(super) fn done(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &DonePage<'_>,
    ) -> Result<(), ComposeError> {
        self.put_person(context, lang, Some(&page.person))?;
        Self::put_own(context, lang, page.issuer, &page.person, page.on_file, page.waiting);
        self.put_bill(context, lang, page.bill)?;
        put_insurance(context, lang, page.insurance.as_ref(), page.typed, page.faults);
        put(context, "said", page.said.as_str());
        self.at(context, "at", lang, page.at, page.issuer)?;
        self.at(context, "undo_until", lang, page.undo_until, page.issuer)?;
        let lines: Vec<_> = page.status.iter().map(|s| self.status(lang, page.issuer, s)).collect();
        context.insert_value("status", Value::from_serializable(&lines));
        let open = page.by_card.map(|open| format::money(lang, open)).unwrap_or_default();
        put(context, "open", &open);
        put(context, "invoice", page.invoice);
        put(context, "notice", page.notice.as_str());
        Self::put_behalf(context, page.behalf.as_ref(), page.typed);
        put_typed(context, page.typed);
        form(context, page.version, page.nonce);
        Ok(())
    }

    fn status(&self, lang: Lang, issuer: &Association, status: &Status) -> serde_json::Value {
        let calendar = self.engine.words.calendar(lang);
        let date = |day: Date| format::date(lang, calendar, day);
        let of = |at: Timestamp| {
            let zone = crate::domain::season::zone(&issuer.zone);
            date(zone.unwrap_or(jiff::tz::TimeZone::UTC).to_datetime(at).date())
        };
        let money = |amount| format::money(lang, amount);
        match status {
            Status::Answered(at) => serde_json::json!({"kind": "answered", "date": of(*at)}),
            Status::Invoice { on, number, amount, employer } => serde_json::json!({
                "kind": if *employer { "invoice-employer" } else { "invoice" },
                "date": date(*on), "number": number, "amount": money(*amount),
            }),
            Status::Expected(amount, by) => serde_json::json!({
                "kind": "cheque-expected", "date": date(*by), "amount": money(*amount),
            }),
            Status::Received(amount, on) => serde_json::json!({
                "kind": "received", "date": date(*on), "amount": money(*amount),
            }),
            Status::Receipt(on) => serde_json::json!({"kind": "receipt", "date": date(*on)}),
            Status::Declared(at) => serde_json::json!({"kind": "declared", "date": of(*at)}),
            Status::DeclarationPending => serde_json::json!({"kind": "declaration-pending"}),
            Status::CertificateDue(by, days) => serde_json::json!({
                "kind": "certificate-due", "by": named(by, lang), "days": days,
            }),
            Status::Certificate(on) => {
                serde_json::json!({"kind": "certificate", "date": date(*on)})
            }
            Status::WithDesk(at) => serde_json::json!({"kind": "with-desk", "date": of(*at)}),
        }
    }
}

impl Inner {
    /// Values of the invoice's page, which says everything in both languages: it is printed and
    /// passed on.
    pub(super) fn invoice_page(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &InvoicePage<'_>,
    ) -> Result<(), ComposeError> {
        let mut halves = Vec::new();
        for each in [lang, lang.other()] {
            let mut half = self.frame(page.issuer, each)?;
            self.put_person(&mut half, each, Some(&page.person))?;
            self.put_invoice(&mut half, each, page.issuer, page.invoice)?;
            let html = self.engine.render("page/invoice-half.html", &half)?;
            halves.push(serde_json::json!({"html": html, "other": each != lang}));
        }
        context.insert_value("halves", Value::from_serializable(&halves));
        context.insert_value("owed", Value::from(page.invoice.stands()));
        context.insert_value("card", Value::from(!page.pay.is_empty()));
        let left =
            if page.left > Cents::ZERO { format::money(lang, page.left) } else { String::new() };
        put(context, "open", &left);
        put(context, "pay", page.pay);
        put(context, "back", page.back);
        put(context, "nonce", page.nonce);
        Ok(())
    }
}

impl Notice {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Saved => "saved",
            Self::Priced => "priced",
        }
    }
}

fn put_insurance(
    context: &mut Context,
    lang: Lang,
    facts: Option<&InsuranceFacts<'_>>,
    typed: &Typed,
    faults: &[FormFault],
) {
    let questions: Vec<_> = facts
        .iter()
        .flat_map(|f| &f.questions)
        .zip(1u8..)
        .map(|((id, text), n)| {
            let name = format!("q-{id}");
            let faulty = faults.contains(&FormFault::Question(n));
            serde_json::json!({
                "n": n,
                "text": named(text, lang),
                "typed": clean(typed.get(&name), false),
                "name": name,
                "faulty": faulty,
            })
        })
        .collect();
    context.insert_value("questions", Value::from_serializable(&questions));
    put(context, "broker", &facts.map(|f| named(f.broker, lang)).unwrap_or_default());
    let news = facts.and_then(|f| f.news);
    put(context, "insurance_news", &news.map(|n| named(n, lang)).unwrap_or_default());
    put(context, "webinar_url", facts.and_then(|f| f.webinar_url).unwrap_or_default());
    let dropped: Vec<Value> = typed.all("drop").map(Value::normal_string).collect();
    context.insert_value("dropped", Value::from(dropped));
}
