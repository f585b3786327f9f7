//! Owns the values that every mail and page of an association shares: its names, its contact
//! lines, the season's dates, in one language.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use tera::{Context, Value};

use super::format;
use super::text::{clean, mark};
use super::{Bill, ComposeError, Inner, Line, LineKind, PersonFacts};
use crate::config::{Association, Text};
use crate::domain::bill::TaxSum;
use crate::domain::money::Cents;
use crate::domain::season as dates;
use crate::domain::words::Lang;

/// The deadline is the exclusive instant at which the next day begins; people are told the last
/// minute before it.
const LAST_MINUTE: Time = Time::constant(23, 59, 0, 0);
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Values of `[insurance]`, in the order in which [`Inner::put_insurance`] gives them.
const INSURANCE_NAMES: [&str; 9] = [
    "insurer",
    "broker",
    "contact",
    "certificate_by",
    "certificate_days",
    "declaration_until",
    "pledge_until",
    "declaration_title",
    "declaration_answers",
];

/// The word for a time zone: `zone-America-Toronto`.
pub(super) fn zone_key(zone: &str) -> String {
    format!("zone-{}", zone.replace('/', "-"))
}

/// Puts one string.
pub(super) fn put(context: &mut Context, name: &'static str, value: &str) {
    context.insert_value(name, Value::normal_string(value));
}

/// A text in that language; English standing in for missing French carries the marks that
/// become `lang="en"`.
pub(super) fn named(text: &Text, lang: Lang) -> String {
    let words = clean(text.get(lang), false);
    if text.lang_of(lang) == lang {
        words
    } else {
        format!("{}{words}{}", mark::EN_OPEN, mark::EN_CLOSE)
    }
}

/// Host of a URL: what a member compares with the address bar.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Given and family name, cleaned; empty where nobody is meant.
pub(super) fn member_name(person: Option<&PersonFacts<'_>>) -> String {
    let name = person.map(|p| format!("{} {}", p.given_name, p.family_name));
    clean(&name.unwrap_or_default(), false).trim().to_owned()
}

/// Member number, cleaned; empty where nobody is meant.
pub(super) fn member_no(person: Option<&PersonFacts<'_>>) -> String {
    clean(person.map_or("", |p| p.member_no), false)
}

impl Inner {
    /// Values of one association in one language, to be extended.
    pub(super) fn frame(&self, issuer: &Association, lang: Lang) -> Result<Context, ComposeError> {
        match self.frames.get(&(issuer.code.clone(), lang)) {
            Some(frame) => Ok(frame.clone()),
            None => self.build_frame(issuer, lang),
        }
    }

    /// Builds the frames of every association once.
    pub(super) fn build_frames(&mut self) -> Result<(), ComposeError> {
        let mut frames = BTreeMap::new();
        for body in &self.associations {
            for &lang in Lang::ALL {
                frames.insert((body.code.clone(), lang), self.build_frame(body, lang)?);
            }
        }
        self.frames = frames;
        Ok(())
    }

    fn build_frame(&self, issuer: &Association, lang: Lang) -> Result<Context, ComposeError> {
        let words = &self.engine.words;
        let season = &self.relance.season;
        let mut context = Context::new();
        put(&mut context, "lang", lang.as_str());
        put(&mut context, "lang_tag", lang.locale());
        put(&mut context, "other_lang", lang.other().as_str());
        put(&mut context, "other_tag", lang.other().locale());
        put(&mut context, "federation", &named(&self.relance.federation.name, lang));
        put(&mut context, "season", &season.id);
        put(&mut context, "issuer", &named(&issuer.name, lang));
        put(&mut context, "short", issuer.short.get(lang));
        for (name, key) in [("the", "form-the"), ("of", "form-of"), ("to", "form-to")] {
            put(&mut context, name, &self.form(issuer, lang, key)?);
        }
        put(&mut context, "desk", &named(&issuer.desk.name, lang));
        put(&mut context, "phone", &issuer.desk.phone);
        put(&mut context, "postal", &issuer.postal_address);
        put(&mut context, "website", &issuer.website);
        put(&mut context, "from_address", &issuer.from_address);
        let base = issuer.link_base.as_deref().filter(|b| !b.is_empty());
        put(&mut context, "host", host(base.unwrap_or(&self.relance.web.base_url)));
        put(&mut context, "behalf", &self.behalf(issuer, lang)?);
        let calendar = words.calendar(lang);
        for (name, date) in [
            ("cover_from", season.cover_from),
            ("cover_until", season.cover_until),
            ("lapses", season.lapses),
            ("deadline_day", season.declare_by),
            ("pay_by", dates::pay_by(season)),
            ("closes", dates::closes(season)),
        ] {
            put(&mut context, name, &format::date(lang, calendar, date));
        }
        put(&mut context, "deadline", &self.deadline(lang, &season.deadline_zone)?);
        self.put_insurance(&mut context, issuer, lang)?;
        Ok(context)
    }

    /// Who insures, who follows up, and the days that the broker named; all empty where the
    /// config has no insurance.
    fn put_insurance(
        &self,
        context: &mut Context,
        issuer: &Association,
        lang: Lang,
    ) -> Result<(), ComposeError> {
        let (words, season) = (&self.engine.words, &self.relance.season);
        let Some(insurance) = &self.relance.insurance else {
            for name in INSURANCE_NAMES {
                put(context, name, "");
            }
            return Ok(());
        };
        let two = if insurance.questions.len() == 2 { "2" } else { "some" };
        let contact = insurance.contact.as_ref().map_or(&issuer.desk.name, |c| &c.name);
        let by = insurance.certificate_by.as_ref().unwrap_or(&insurance.broker);
        let day = |day| format::date(lang, words.calendar(lang), day);
        let until = insurance.declaration_until.unwrap_or(season.lapses);
        let values = [
            named(&insurance.insurer, lang),
            named(&insurance.broker, lang),
            named(contact, lang),
            named(by, lang),
            insurance.certificate_days.to_string(),
            day(until),
            insurance.unpaid_pledge_ends.map(day).unwrap_or_default(),
            words.say(lang, &format!("declaration-title-{two}"), &[])?,
            words.say(lang, &format!("declaration-answers-{two}"), &[])?,
        ];
        for (name, value) in INSURANCE_NAMES.into_iter().zip(values) {
            put(context, name, &value);
        }
        Ok(())
    }

    /// The short name in one of its forms; French ones come from the configuration.
    pub(super) fn form(
        &self,
        body: &Association,
        lang: Lang,
        key: &str,
    ) -> Result<String, ComposeError> {
        let form = match (lang, key) {
            (Lang::Fr, "form-the") => &body.french.the,
            (Lang::Fr, "form-of") => &body.french.of,
            (Lang::Fr, "form-to") => &body.french.to,
            _ => body.short.get(lang),
        };
        self.engine.words.say(lang, key, &[("form", form)])
    }

    /// Full names of the bodies for which the issuer bills and of the national one, if others.
    fn behalf(&self, issuer: &Association, lang: Lang) -> Result<String, ComposeError> {
        let national = &self.relance.federation.national;
        let mut codes: Vec<&String> = issuer.bills_for.iter().collect();
        if !codes.contains(&national) {
            codes.push(national);
        }
        let names: Vec<String> = codes
            .into_iter()
            .filter(|code| **code != issuer.code)
            .filter_map(|code| self.body(code))
            .map(|body| named(&body.name, lang))
            .collect();
        let Some((last, rest)) = names.split_last() else { return Ok(String::new()) };
        if rest.is_empty() {
            return Ok(last.clone());
        }
        let rest = rest.join(", ");
        self.engine.words.say(lang, "list-and", &[("rest", &rest), ("last", last)])
    }

    /// The body with that code.
    pub(super) fn body(&self, code: &str) -> Option<&Association> {
        self.associations.iter().find(|a| a.code == code)
    }

    /// A local date, already written, and a time with its zone's name.
    fn moment(
        &self,
        lang: Lang,
        date: &str,
        time: Time,
        zone: &str,
    ) -> Result<String, ComposeError> {
        let words = &self.engine.words;
        let key = zone_key(zone);
        if !words.has(&key) {
            return Err(ComposeError::Zone { zone: zone.to_owned() });
        }
        let zone = words.say(lang, &key, &[])?;
        let time = format::time(lang, time);
        words.say(lang, "moment", &[("date", date), ("time", &time), ("zone", &zone)])
    }

    /// An instant as people of that zone read it, with the day's name.
    pub(super) fn instant(
        &self,
        lang: Lang,
        at: Timestamp,
        zone: &str,
    ) -> Result<String, ComposeError> {
        // The bundled rules, as the scheduler's: a host's own may be older than the law.
        let rules = crate::domain::season::zone(zone)
            .ok_or_else(|| ComposeError::Zone { zone: zone.to_owned() })?;
        let local = rules.to_datetime(at);
        let calendar = self.engine.words.calendar(lang);
        let date = format::day_and_date(lang, calendar, local.date());
        self.moment(lang, &date, local.time(), zone)
    }

    /// Who answers what: the member's own association about insurance and account, the national
    /// desk about the members' area. One desk that answers all leaves `area_desk` empty.
    pub(super) fn put_help(&self, context: &mut Context, lang: Lang, home: &Association) {
        let national = self.body(&self.relance.federation.national);
        let area = national.filter(|national| national.code != home.code).map(|n| &n.desk);
        let desk = |d: &crate::config::Desk| named(&d.name, lang);
        put(context, "help_desk", &desk(&home.desk));
        put(context, "help_email", &home.desk.email);
        put(context, "help_phone", &home.desk.phone);
        put(context, "area_desk", &area.map(desk).unwrap_or_default());
        put(context, "area_email", area.map_or("", |d| &d.email));
        put(context, "area_phone", area.map_or("", |d| &d.phone));
    }

    /// The last minute before the deadline, by that zone.
    fn deadline(&self, lang: Lang, zone: &str) -> Result<String, ComposeError> {
        let (words, season) = (&self.engine.words, &self.relance.season);
        if words.has(&zone_key(zone)) {
            let day = format::date(lang, words.calendar(lang), season.declare_by);
            return self.moment(lang, &day, LAST_MINUTE, zone);
        }
        // A zone that we have no name of: the same minute as the policy's clock shows it.
        let policy = &season.deadline_zone;
        let last = dates::after(season.declare_by, zone).saturating_sub(A_MINUTE);
        let rules = dates::zone(policy);
        let last = rules.zip(last.ok()).map(|(rules, last)| rules.to_datetime(last));
        let last = last.unwrap_or_else(|| season.declare_by.to_datetime(LAST_MINUTE));
        let day = format::date(lang, words.calendar(lang), last.date());
        self.moment(lang, &day, last.time(), policy)
    }

    /// Name, number, insurance and deadline of the member. Names are foreign text: cleaned.
    pub(super) fn put_person(
        &self,
        context: &mut Context,
        lang: Lang,
        person: Option<&PersonFacts<'_>>,
    ) -> Result<(), ComposeError> {
        let zone = person.map_or("", |p| p.zone);
        if !zone.is_empty() && zone != self.relance.season.deadline_zone {
            put(context, "deadline", &self.deadline(lang, zone)?);
        }
        put(context, "name", &member_name(person));
        put(context, "member_no", &member_no(person));
        let insured = person.is_some_and(|p| p.insured);
        context.insert_value("insured", Value::from(insured));
        put(context, "cover", person.map(|p| p.cover).unwrap_or_default().as_str());
        Ok(())
    }

    /// Lines, taxes and total of a bill; an absent one leaves `lines` empty.
    pub(super) fn put_bill(
        &self,
        context: &mut Context,
        lang: Lang,
        bill: Option<&Bill>,
    ) -> Result<(), ComposeError> {
        let mut rows: Vec<Value> = Vec::new();
        let mut suppliers: Vec<&str> = Vec::new();
        for line in bill.map_or(&[][..], |b| &b.lines) {
            if line.kind == LineKind::Dues && !suppliers.contains(&line.supplier.as_str()) {
                suppliers.push(&line.supplier);
            }
            rows.push(row(line.kind.as_str(), &self.line(lang, line)?, lang, line.amount));
        }
        for tax in bill.map(Bill::taxes).unwrap_or_default() {
            rows.push(row("tax", &self.tax(lang, &tax)?, lang, tax.amount));
        }
        context.insert_value("several_bodies", Value::from(suppliers.len() > 1));
        context.insert_value("lines", Value::from(rows));
        let late_fee =
            bill.is_some_and(|b| b.lines.iter().any(|line| line.kind == LineKind::Penalty));
        context.insert_value("late_fee", Value::from(late_fee));
        let total = bill.map(|b| format::money(lang, b.total())).unwrap_or_default();
        put(context, "total", &total);
        Ok(())
    }

    /// What a line is for, in words.
    pub(super) fn line(&self, lang: Lang, line: &Line) -> Result<String, ComposeError> {
        let body = self.body(&line.supplier);
        let of = match body {
            Some(body) => self.form(body, lang, "form-of")?,
            None => line.supplier.clone(),
        };
        let category = body
            .and_then(|b| b.category(&line.category))
            .map_or_else(|| line.category.clone(), |c| named(&c.name, lang));
        let words = &self.engine.words;
        match line.kind {
            LineKind::Dues => {
                let short = body.map_or(line.supplier.as_str(), |b| b.short.get(lang));
                let values = [("of", &*of), ("short", short), ("category", &*category)];
                words.say(lang, "line-dues", &values)
            }
            LineKind::Premium => words.say(lang, "line-premium", &[]),
            LineKind::Penalty => words.say(lang, "line-penalty", &[("of", &of)]),
        }
    }

    /// A tax with its rate, and the registration of the body that charges it.
    pub(super) fn tax(&self, lang: Lang, tax: &TaxSum<'_>) -> Result<String, ComposeError> {
        let words = &self.engine.words;
        let name = self.taxes.iter().find(|t| t.code == tax.tax);
        let name = name.map_or_else(|| tax.tax.to_owned(), |t| named(&t.name, lang));
        let rate = format::percent(lang, tax.rate);
        if tax.registration.is_empty() {
            return words.say(lang, "line-tax", &[("tax", &name), ("rate", &rate)]);
        }
        let short = self.body(tax.supplier).map_or(tax.supplier, |b| b.short.get(lang));
        let number = clean(tax.registration, false).replace(' ', "\u{a0}");
        let values = [("tax", &*name), ("rate", &rate), ("short", short), ("number", &number)];
        words.say(lang, "line-tax-registered", &values)
    }
}

fn row(kind: &str, label: &str, lang: Lang, amount: Cents) -> Value {
    Value::from_serializable(&serde_json::json!({
        "kind": kind,
        "label": label,
        "amount": format::money(lang, amount),
    }))
}
