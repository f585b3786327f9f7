//! Owns the values of each page and the choice of its template.

use jiff::Timestamp;
use tera::{Context, Value};

use super::frame::put;
use super::page_forms::{FormFault, REASON_CHARS_MAX, put_fault_codes, put_faults};
use super::text::{clean, marks_to_html};
use super::{ComposeError, Conflict, ConflictPage, ExpiredPage, Inner, Page, UnsubscribePage};
use crate::config::Association;
use crate::domain::words::Lang;

impl Page<'_> {
    /// Stable name: template, key of its words.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Renewal(_) => "renewal",
            Self::Done(_) => "done",
            Self::Conflict(_) => "conflict",
            Self::Unsubscribe(_) => "unsubscribe",
            Self::Unsubscribed(_) => "unsubscribed",
            Self::Confirm(_) => "confirm",
            Self::Invoice(_) => "invoice",
            Self::Payer(_) => "payer",
            Self::Address(_) => "address",
            Self::Damaged => "damaged",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
            Self::SeasonClosed(_) => "season-closed",
            Self::FreshLinkSent(_) => "fresh-link-sent",
            Self::Card(p) => p.shows.as_str(),
            Self::NotFound => "not-found",
            Self::WrongMethod => "wrong-method",
            Self::TooLarge => "too-large",
            Self::BadForm(_) => "bad-form",
            Self::TooMany => "too-many",
            Self::ServerTrouble => "server-trouble",
            Self::Desk(page) => page.name(),
            Self::Front(_) => "front",
            Self::SignedIn(_) => "signed-in",
            Self::Season(_) => "season",
        }
    }

    /// Pages that differ in their words alone share one template.
    const fn template(&self) -> &'static str {
        match self {
            Self::NotFound
            | Self::WrongMethod
            | Self::TooLarge
            | Self::TooMany
            | Self::ServerTrouble => "plain",
            Self::Revoked(_) => "expired",
            Self::Desk(page) => page.template(),
            Self::Card(p) => p.shows.template(),
            _ => self.name(),
        }
    }

    const fn faults(&self) -> &[FormFault] {
        match self {
            Self::Renewal(p) => p.faults,
            Self::Done(p) => p.faults,
            Self::Front(p) => p.faults,
            Self::BadForm(faults) => faults,
            _ => &[],
        }
    }

    const fn issuer(&self) -> Option<&Association> {
        match self {
            Self::Renewal(p) => Some(p.issuer),
            Self::Done(p) => Some(p.issuer),
            Self::Conflict(p) => Some(p.issuer),
            Self::Unsubscribe(p) | Self::Unsubscribed(p) => Some(p.issuer),
            Self::Confirm(p) => Some(p.issuer),
            Self::Invoice(p) => Some(p.issuer),
            Self::Payer(p) => Some(p.issuer),
            Self::Address(p) => Some(p.issuer),
            Self::Card(p) => Some(p.issuer),
            Self::Expired(p) | Self::Revoked(p) | Self::FreshLinkSent(p) => Some(p.issuer),
            Self::SeasonClosed(p) => Some(p.issuer),
            Self::Desk(p) => Some(p.issuer),
            _ => None,
        }
    }
}

impl Inner {
    /// Renders one page.
    pub(super) fn page(&self, page: &Page<'_>, lang: Lang) -> Result<String, ComposeError> {
        let national = self.body(&self.relance.federation.national);
        // A page about nobody in particular speaks for the federation, from its national desk.
        let house = page.issuer().or(national).or(self.associations.first());
        let house =
            house.ok_or(ComposeError::MissingFact { kind: page.name(), fact: "an association" })?;
        let mut context = self.frame(house, lang)?;
        put(&mut context, "page", page.name());
        context.insert_value("reason_chars_max", Value::from(i64::from(REASON_CHARS_MAX)));
        context.insert_value("of_desk", Value::from(matches!(page, Page::Desk(_))));
        context.insert_value("behalf", Value::from(false));
        context.insert_value("of_federation", Value::from(page.issuer().is_none()));
        put_faults(&mut context, page.faults());
        let mut other = None;
        match page {
            Page::Renewal(p) => self.renewal(&mut context, lang, p)?,
            Page::Done(p) => self.done(&mut context, lang, p)?,
            Page::Conflict(p) => self.conflict(&mut context, lang, p)?,
            Page::Unsubscribe(p) | Page::Unsubscribed(p) => unsubscribe(&mut context, p),
            Page::Confirm(p) => {
                self.put_person(&mut context, lang, Some(&p.person))?;
                put(&mut context, "said", p.asked.as_str());
                form(&mut context, p.version, p.nonce);
            }
            Page::Card(p) => Self::card(&mut context, lang, p),
            Page::Invoice(p) => self.invoice_page(&mut context, lang, p)?,
            Page::Payer(p) => self.payer_page(&mut context, lang, p),
            Page::Address(p) => {
                self.put_person(&mut context, lang, Some(&p.person))?;
                put(&mut context, "address", &unbroken(p.address_masked));
                put(&mut context, "state", p.state);
                context.insert_value("old_side", Value::from(p.old_side));
                put(&mut context, "nonce", p.nonce);
            }
            Page::Desk(p) => {
                self.desk_page(&mut context, lang, p)?;
                let faults: Vec<_> = p.faults.iter().map(|f| f.as_str()).collect();
                put_fault_codes(&mut context, &faults);
            }
            Page::Expired(p) | Page::Revoked(p) | Page::FreshLinkSent(p) => {
                expired(&mut context, p);
            }
            Page::SeasonClosed(p) => {
                put(&mut context, "closed", p.closed);
                context.insert_value("has_next", Value::from(p.has_next));
                put(&mut context, "address", &unbroken(p.address_masked));
                put(&mut context, "nonce", p.nonce);
            }
            Page::Front(p) => super::public_pages::front(&mut context, p),
            Page::SignedIn(p) => super::public_pages::signed_in(&mut context, lang, p),
            Page::Season(p) => self.season(&mut context, lang, p)?,
            Page::Damaged => other = Some(self.frame(house, lang.other())?),
            _ => {}
        }
        if let Some(mut other) = other {
            put(&mut other, "page", page.name());
            put(&mut context, "other_half", &self.engine.render("page/half.html", &other)?);
        }
        let template = format!("page/{}.html", page.template());
        Ok(marks_to_html(&self.engine.render(&template, &context)?))
    }

    fn conflict(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &ConflictPage<'_>,
    ) -> Result<(), ComposeError> {
        self.put_person(context, lang, Some(&page.person))?;
        put(context, "asked", page.asked.as_str());
        let (how, recorded, at) = match page.conflict {
            Conflict::Answered { recorded, at } => ("answered", Some(recorded), at),
            Conflict::Changed { meanwhile, at } => ("changed", meanwhile, at),
        };
        put(context, "how", how);
        put(context, "said", recorded.map_or("", |s| s.as_str()));
        let kept: Vec<_> = page
            .typed
            .filled()
            .map(|(name, value)| serde_json::json!({"name": clean(name, false), "value": clean(value, true)}))
            .collect();
        context.insert_value("kept", Value::from_serializable(&kept));
        put(context, "quote", page.quote);
        Self::put_behalf(context, page.behalf.as_ref(), page.typed);
        self.at(context, "at", lang, Some(at), page.issuer)?;
        form(context, page.version, page.nonce);
        Ok(())
    }

    /// An instant in the association's zone; empty for none.
    pub(super) fn at(
        &self,
        context: &mut Context,
        name: &'static str,
        lang: Lang,
        at: Option<Timestamp>,
        issuer: &Association,
    ) -> Result<(), ComposeError> {
        let text = at.map(|at| self.instant(lang, at, &issuer.zone)).transpose()?;
        put(context, name, text.as_deref().unwrap_or_default());
        Ok(())
    }
}

/// A line may not break after the dots of a masked address.
pub(super) fn unbroken(address_masked: &str) -> String {
    address_masked.replace("…@", "…\u{2060}@")
}

fn unsubscribe(context: &mut Context, page: &UnsubscribePage<'_>) {
    put(context, "address", &unbroken(page.address_masked));
    context.insert_value("insured", Value::from(page.insured));
    put(context, "nonce", page.nonce);
}

fn expired(context: &mut Context, page: &ExpiredPage<'_>) {
    put(context, "address", &unbroken(page.address_masked));
    put(context, "nonce", page.nonce);
}

/// The hidden fields of a form about a renewal.
pub(super) fn form(context: &mut Context, version: i64, nonce: &str) {
    context.insert_value("version", Value::from(version));
    put(context, "nonce", nonce);
}
