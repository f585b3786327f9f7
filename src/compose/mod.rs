//! Owns words on their way out: one bilingual message, or one page in one language, from facts,
//! templates (tera, structure only) and locales (Fluent, every word). Never decides anything,
//! never reads the store or a clock.
//!
//! ```text
//! facts ─> frame, bill (values) ─> tera + words (one half per language) ─> mime (one message)
//! ```
//!
//! Most of a message is the same for all members of one shape (kind, association, bill, language):
//! it is rendered once with stand-ins for the member's own values and kept (`shapes`, `skeleton`).
//!
//! Values never carry markup: what must become markup (`1<sup>er</sup>`, an English name inside
//! French) is a private character until the last step (`text`).

mod assets;
mod behalf;
mod card;
mod desk_pages;
mod digest_mail;
mod engine;
mod facts;
pub mod format;
mod frame;
mod invoice;
mod lint;
mod mail;
mod mime;
mod page_forms;
mod page_renewal;
mod page_values;
mod pages;
mod parity;
mod payer;
mod public_pages;
mod quoted;
pub mod sample;
mod sample_desk;
mod sample_pages;
mod sample_payer;
mod shapes;
mod skeleton;
#[cfg(test)]
mod snapshots;
mod text;
mod typography;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Association, Relance, TaxConfig, WordsSection};
use crate::domain::words::Lang;

pub use crate::domain::bill::{Bill, Line, LineKind};
pub use behalf::Behalf;
pub use card::{CardPage, CardShows};
pub use desk_pages::{DeskPage, DeskTyped, DeskView, FiringCase, LastDayList, MemberCase};
pub use digest_mail::DigestMail;
pub use facts::{
    Composed, Correspondent, CoverNews, CoverNote, DeskNote, DeskTopic, Forwarded, InvoiceWhy,
    Links, MailFacts, MailIds, MailKind, OpenInvoice, PaidShare, PayerAccount, PayerPayment,
    PersonFacts, ReceiptFacts, Said, Sent,
};
pub use format::mask;
pub use lint::{Fault, lint};
pub use page_forms::{FormFault, Longest, REASON_CHARS_MAX, TYPED, Typed};
pub use page_renewal::{DonePage, InsuranceFacts, InvoicePage, Notice, RenewalPage, Status};
pub use pages::{
    AddressPage, ConfirmPage, Conflict, ConflictPage, ExpiredPage, FrontPage, Page, PayerPage,
    SeasonBody, SeasonClosedPage, SeasonPage, SeasonStep, SignedInPage, UnsubscribePage,
};

use engine::Engine;

/// Why words could not be loaded, or a message or page not composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A file of templates or words cannot be read. Mend the path or its rights.
    #[error("cannot read {file}: {source}")]
    Read {
        /// Path.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file in `words.templates_dir` replaces no template. Correct its name.
    #[error("{file} has the name of no template")]
    StrangeTemplate {
        /// Path.
        file: String,
    },
    /// A Fluent file is not well formed. Mend it.
    #[error("{file}: {what}")]
    Locale {
        /// File.
        file: String,
        /// What the parser said.
        what: String,
    },
    /// A message is missing, or one of its variables has no value. Mend the locale.
    #[error("{key} ({}): {what}", lang.locale())]
    Words {
        /// Language.
        lang: Lang,
        /// Message, or message and attribute.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// A template does not parse or render. Mend it.
    #[error("template {name}: {what}")]
    Template {
        /// Template.
        name: String,
        /// What tera said, with its causes.
        what: String,
    },
    /// The words contradict each other. `relance check` lists each; mend the files.
    #[error("{} faults in templates or words, the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Faults(Vec<Fault>),
    /// No locale has a name for that time zone. Add `zone-…` to both.
    #[error("no words for the time zone {zone}: both locales need `{}`", frame::zone_key(zone))]
    Zone {
        /// IANA name.
        zone: String,
    },
    /// A value for a header holds a control character or is no valid address. The row is faulty;
    /// mend it, then compose again.
    #[error("{field} cannot stand in a header: {what}")]
    Header {
        /// Which header.
        field: &'static str,
        /// What is wrong; never the value itself.
        what: &'static str,
    },
    /// The message needs a fact that it was not given: a fault of the caller.
    #[error("a {kind} message needs {fact}")]
    MissingFact {
        /// Message.
        kind: &'static str,
        /// Fact.
        fact: &'static str,
    },
}

/// Composes messages and pages. Cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Composer(Arc<Inner>);

struct Inner {
    engine: Engine,
    relance: Relance,
    associations: Vec<Association>,
    taxes: Vec<TaxConfig>,
    /// What never changes from one message of an association to the next.
    frames: BTreeMap<(String, Lang), tera::Context>,
    skeletons: shapes::Skeletons,
}

impl std::fmt::Debug for Composer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composer").finish_non_exhaustive()
    }
}

impl Composer {
    /// Loads templates and words (the binary's, with those of `[words]` over them), lints what is
    /// not the binary's own, and makes sure that every zone of the configuration has a name.
    /// Everything that could fail for want of a file or a word fails here, not when the first
    /// member is written to.
    pub fn new(
        relance: &Relance,
        associations: &[Association],
        taxes: &[TaxConfig],
    ) -> Result<Self, ComposeError> {
        // The binary's own words never change: a test lints them before there is a binary, and to
        // do it again takes longer than the rest of a start.
        let faults = if relance.words.replaces_some() { lint(&relance.words) } else { Vec::new() };
        if !faults.is_empty() {
            return Err(ComposeError::Faults(faults));
        }
        let composer = Self::unlinted(&relance.words, relance, associations, taxes, false)?;
        for zone in associations.iter().map(|a| &a.zone) {
            if !composer.0.engine.words.has(&frame::zone_key(zone)) {
                return Err(ComposeError::Zone { zone: zone.clone() });
            }
        }
        Ok(composer)
    }

    fn unlinted(
        words: &WordsSection,
        relance: &Relance,
        associations: &[Association],
        taxes: &[TaxConfig],
        record: bool,
    ) -> Result<Self, ComposeError> {
        let engine = Engine::load(words, record)?;
        let (relance, associations) = (relance.clone(), associations.to_vec());
        let taxes = taxes.to_vec();
        let (frames, skeletons) = (BTreeMap::new(), shapes::Skeletons::default());
        let mut inner = Inner { engine, relance, associations, taxes, frames, skeletons };
        inner.build_frames()?;
        Ok(Self(Arc::new(inner)))
    }

    /// One message, ready for DATA: text and HTML, both languages in each, the preferred first
    /// (a forward: the desk's only). The same facts give the same bytes. Names, season and contact
    /// lines are those of the configuration that [`Composer::new`] got, found by the issuer's code.
    pub fn mail(&self, facts: &MailFacts<'_>) -> Result<Composed, ComposeError> {
        mime::assemble(facts, self.0.content(facts)?)
    }

    /// The text of a digest that is not mailed, in the desk's language, without links.
    pub fn digest_text(
        &self,
        issuer: &Association,
        digest: &crate::domain::digest::Digest,
    ) -> Result<String, ComposeError> {
        let links = BTreeMap::new();
        let mail = DigestMail { digest, links: &links, deputy: false };
        let half = self.0.digest_half(issuer, &mail, issuer.desk.language)?;
        Ok(format!("{}\n\n{}", half.subject, text::wrap(&text::unmarked(&half.text))))
    }

    /// One page in one language, complete HTML.
    pub fn page(&self, page: &Page<'_>, lang: Lang) -> Result<String, ComposeError> {
        self.0.page(page, lang)
    }

    /// Any template in one language, with values of the caller's own: for pages that belong to no
    /// member. `lang`, `lang_tag` and `other_lang` are set here.
    pub fn render(
        &self,
        template: &str,
        values: &impl serde::Serialize,
        lang: Lang,
    ) -> Result<String, ComposeError> {
        let fault = |e: tera::Error| ComposeError::Template {
            name: template.to_owned(),
            what: e.to_string(),
        };
        let mut context = tera::Context::from_serialize(values).map_err(fault)?;
        frame::put(&mut context, "lang", lang.as_str());
        frame::put(&mut context, "lang_tag", lang.locale());
        frame::put(&mut context, "other_lang", lang.other().as_str());
        Ok(text::marks_to_html(&self.0.engine.render(template, &context)?))
    }

    /// An instant as people of that zone read it, the day's name with it: for [`Self::render`].
    pub fn instant(
        &self,
        lang: Lang,
        at: jiff::Timestamp,
        zone: &str,
    ) -> Result<String, ComposeError> {
        self.0.instant(lang, at, zone)
    }

    /// A day as people read it: “December 31, 2026”, « 31 décembre 2026 ».
    #[must_use]
    pub fn day(&self, lang: Lang, day: jiff::civil::Date) -> String {
        let words = &self.0.engine.words;
        text::unmarked(&format::date(lang, words.calendar(lang), day))
    }

    /// Twelve hexadecimal digits that change when a word, or a template of that kind, does.
    #[must_use]
    pub fn version(&self, kind: &MailKind<'_>) -> String {
        let name = mail::template_name(kind);
        self.0.engine.versions.get(name).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_without_a_name_is_refused_at_start() {
        let mut sample = sample::Sample::new();
        sample.relance.season.deadline_zone = "Europe/Paris".into();
        let error =
            Composer::new(&sample.relance, &sample.associations, &sample.taxes).unwrap_err();
        assert!(error.to_string().contains("zone-Europe-Paris"), "{error}");
        let mut sample = sample::Sample::new();
        sample.associations[0].zone = "Europe/Paris".into();
        assert!(Composer::new(&sample.relance, &sample.associations, &sample.taxes).is_err());
    }

    #[test]
    fn words_of_ones_own_are_linted_at_start() {
        let dir = tempfile::tempdir().unwrap();
        let mut sample = sample::Sample::new();
        sample.relance.words.locales_dir = Some(dir.path().to_owned());
        let start = |sample: &sample::Sample| {
            Composer::new(&sample.relance, &sample.associations, &sample.taxes)
        };
        start(&sample).unwrap();
        std::fs::create_dir(dir.path().join("fr-CA")).unwrap();
        std::fs::write(dir.path().join("fr-CA/own.ftl"), "hello = Bonjour { $name } !\n").unwrap();
        let error = start(&sample).unwrap_err();
        assert!(matches!(&error, ComposeError::Faults(faults) if faults.len() == 1), "{error}");
    }

    /// A host whose files are from before 2026 would show an hour less.
    #[test]
    fn an_instant_is_told_by_the_bundled_rules() {
        let sample = sample::Sample::new();
        let composer = Composer::new(&sample.relance, &sample.associations, &sample.taxes).unwrap();
        for (at, zone, told) in [
            ("2026-11-09T16:00:00Z", "America/Vancouver", "at 9 a.m. Vancouver time"),
            ("2026-12-01T15:00:00Z", "America/Edmonton", "at 9 a.m. Edmonton time"),
            ("2026-11-03T14:00:00Z", "America/Toronto", "at 9 a.m. Eastern Time"),
        ] {
            let text = composer.instant(Lang::En, at.parse().unwrap(), zone).unwrap();
            assert!(text.replace('\u{a0}', " ").ends_with(told), "{text}");
        }
    }

    #[test]
    fn a_version_follows_words_and_templates() {
        let sample = sample::Sample::new();
        let dir = tempfile::tempdir().unwrap();
        let version = |section: &WordsSection, kind: &MailKind<'_>| {
            let bodies = &sample.associations;
            Composer::unlinted(section, &sample.relance, bodies, &[], false).unwrap().version(kind)
        };
        let (notice, fresh) =
            (MailKind::Step(crate::config::StepKind::Notice), MailKind::FreshLink);
        let ours = WordsSection::default();
        let own = WordsSection { templates_dir: Some(dir.path().to_owned()), ..ours.clone() };
        assert_eq!(version(&ours, &notice), version(&own, &notice));
        std::fs::create_dir(dir.path().join("notice")).unwrap();
        std::fs::write(dir.path().join("notice/body.txt"), "").unwrap();
        assert_ne!(version(&ours, &notice), version(&own, &notice));
        assert_eq!(version(&ours, &fresh), version(&own, &fresh));
        assert_eq!(version(&ours, &fresh).len(), 12);
    }

    #[test]
    fn a_composer_is_shared_between_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Composer>();
    }
}
