//! Owns the skeletons made so far, by shape. Never lets one speak that says anything else than the
//! renderer would.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;

use super::mime::Content;
use super::skeleton::{Own, SLOTS, Skeleton, probe, stand_in};
use super::{Bill, ComposeError, CoverNews, CoverNote, Inner, MailFacts, MailKind, Said, mail};
use crate::domain::desk::Channel;
use crate::domain::words::Lang;

/// Skeletons kept. A season's firing has some dozens of shapes (languages, categories, insurance),
/// several at once some hundreds; each takes about 40 KB.
const SKELETONS_MAX: usize = 512;

/// Everything but the member's own values that a message depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    template: &'static str,
    said: Option<Said>,
    channel: Option<Channel>,
    home: String,
    issuer: String,
    prefer: Lang,
    insured: bool,
    insurance_news: bool,
    cover: CoverNote,
    zone: String,
    news: Option<CoverNews>,
    bill: Option<Bill>,
    pay_by: Option<Date>,
    present: [bool; SLOTS],
}

/// How messages of a shape are made.
#[derive(Debug, Clone)]
enum Way {
    Fill(Arc<Skeleton>),
    RenderWhole,
}

/// The ways found so far.
#[derive(Debug, Default)]
pub(super) struct Skeletons(RwLock<HashMap<Shape, Way>>);

impl Skeletons {
    fn find(&self, shape: &Shape) -> Option<Way> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(shape).cloned()
    }

    fn keep(&self, shape: Shape, skeleton: Option<Skeleton>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SKELETONS_MAX {
            kept.clear();
        }
        kept.insert(shape, skeleton.map_or(Way::RenderWhole, |s| Way::Fill(Arc::new(s))));
    }
}

impl Inner {
    /// Subject and parts of a message, encoded.
    pub(super) fn content(&self, facts: &MailFacts<'_>) -> Result<Content, ComposeError> {
        mail::require(facts)?;
        let own = Own::of(facts);
        let Some((shape, own)) = own.and_then(|own| Some((self.shape(facts, &own)?, own))) else {
            return self.whole(facts);
        };
        let Some(way) = self.skeletons.find(&shape) else {
            let content = self.whole(facts)?;
            self.skeletons.keep(shape, self.skeleton(facts, &own, &content));
            return Ok(content);
        };
        let filled = match way {
            Way::Fill(skeleton) => skeleton.fill(&own),
            Way::RenderWhole => None,
        };
        filled.map_or_else(|| self.whole(facts), Ok)
    }

    /// As the renderer gives it.
    pub(super) fn whole(&self, facts: &MailFacts<'_>) -> Result<Content, ComposeError> {
        Ok(Content::of(self.parts(facts)?))
    }

    /// `None`: foreign text or a document of the member's own is in it, or an association that we
    /// have no frame of.
    fn shape(&self, facts: &MailFacts<'_>, own: &Own<'_>) -> Option<Shape> {
        if facts.invoice.is_some() {
            return None;
        }
        let said = match facts.kind {
            MailKind::Step(_)
            | MailKind::FreshLink
            | MailKind::InsuranceFollowUp
            | MailKind::DeclarationRecorded
            | MailKind::Cover(_) => None,
            MailKind::Confirmation(said) | MailKind::ConfirmRequest(said) => Some(said),
            MailKind::AddressChange { .. }
            | MailKind::Invoice(_)
            | MailKind::PayerInvoice(_)
            | MailKind::PayerReceipt(..)
            | MailKind::PayerReturned(..)
            | MailKind::PaidByPayer(_)
            | MailKind::Refund(_)
            | MailKind::Receipt(_)
            | MailKind::Forward(_)
            | MailKind::DeskAnswer(_)
            | MailKind::DeskNote(_)
            | MailKind::Digest(_)
            | MailKind::Certificate(_)
            | MailKind::VerifyAnswer(_) => return None,
        };
        self.body(&facts.issuer.code)?;
        Some(Shape {
            template: mail::template_name(&facts.kind),
            said,
            channel: facts.channel,
            home: facts.home.code.clone(),
            issuer: facts.issuer.code.clone(),
            prefer: facts.prefer,
            insured: facts.person.is_some_and(|p| p.insured),
            insurance_news: facts.insurance_news,
            cover: facts.person.map(|p| p.cover).unwrap_or_default(),
            zone: facts.person.map_or_else(String::new, |p| p.zone.to_owned()),
            news: match facts.kind {
                MailKind::Cover(news) => Some(news),
                _ => None,
            },
            bill: facts.bill.clone(),
            pay_by: facts.pay_by,
            present: own.present(),
        })
    }

    /// A skeleton which gives the very octets that rendering gives: for this member and for an
    /// invented one. An operator's own template may do more with a name than show it; then there
    /// is no skeleton.
    fn skeleton(&self, facts: &MailFacts<'_>, own: &Own<'_>, whole: &Content) -> Option<Skeleton> {
        let present = own.present();
        let skeleton = Skeleton::of(self.parts(&stand_in(facts, present)).ok()?)?;
        let probe = probe(facts, present);
        let same = skeleton.fill(own)? == *whole
            && skeleton.fill(&Own::of(&probe)?)? == self.whole(&probe).ok()?;
        same.then_some(skeleton)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::super::sample::Sample;
    use super::super::{Composer, PersonFacts, mime};
    use super::*;
    use crate::config::WordsSection;

    fn composer(sample: &Sample, words: &WordsSection) -> Composer {
        Composer::unlinted(words, &sample.relance, &sample.associations, &sample.taxes, false)
            .unwrap()
    }

    /// What a member list may hold: any text, and texts of what means something on the way out.
    fn words() -> impl Strategy<Value = String> {
        let telling = "[a-zA-ZÉé \u{a0}&<>\"'=.\t\r\n%{}#\u{2028}\u{202e}\u{e000}-\u{e020}]{0,120}";
        prop_oneof![any::<String>(), telling, "[A-Z][a-zé]{1,12}", "[ \u{a0}]{0,3}", "[一-龥]{900}"]
    }

    /// Mostly links as ours; some that are none.
    fn link() -> impl Strategy<Value = String> {
        let ours = "https://[a-z]{1,40}\\.example/[a-z]/[A-Za-z0-9_&='?-]{10,90}";
        prop_oneof![9 => ours.boxed(), 1 => words().boxed()]
    }

    fn skeletons(composer: &Composer) -> (usize, usize) {
        let kept = composer.0.skeletons.0.read().unwrap();
        let usable = kept.values().filter(|way| matches!(way, Way::Fill(_))).count();
        (usable, kept.len())
    }

    #[test]
    fn each_promise_has_its_own_day() {
        let sample = Sample::new();
        let composer = composer(&sample, &WordsSection::default());
        let mails = sample.mails();
        let (_, reminder) =
            mails.iter().find(|(name, _)| name.starts_with("payment-reminder")).unwrap();
        let of = |day| MailFacts { pay_by: Some(day), ..reminder.clone() };
        for day in [jiff::civil::date(2027, 1, 31), jiff::civil::date(2027, 3, 22)] {
            let facts = of(day);
            for _ in 0..2 {
                assert_eq!(composer.0.content(&facts).unwrap(), composer.0.whole(&facts).unwrap());
            }
        }
    }

    /// Covered or not in the bill alike, who may be insured reads what others do not.
    #[test]
    fn what_is_new_in_the_insurance_has_its_own_skeleton() {
        let sample = Sample::new();
        let composer = composer(&sample, &WordsSection::default());
        let mails = sample.mails();
        let (_, notice) = mails.iter().find(|(name, _)| name.starts_with("notice")).unwrap();
        let of = |told| MailFacts { insurance_news: told, ..notice.clone() };
        assert_ne!(composer.0.whole(&of(true)).unwrap(), composer.0.whole(&of(false)).unwrap());
        for told in [true, false, true, false] {
            let facts = of(told);
            assert_eq!(composer.0.content(&facts).unwrap(), composer.0.whole(&facts).unwrap());
        }
        assert_eq!(skeletons(&composer), (2, 2));
    }

    #[test]
    fn a_filled_skeleton_is_what_rendering_gives() {
        let sample = Sample::new();
        let composer = composer(&sample, &WordsSection::default());
        let mails = sample.mails();
        for (_, facts) in &mails {
            composer.mail(facts).unwrap();
        }
        let (usable, kept) = skeletons(&composer);
        assert_eq!(usable, kept, "every shape of the shipped templates has a skeleton");
        assert!(usable > 60, "{usable}");
        let names = (words(), words(), words(), prop_oneof![3 => "[A-Zé ]{0,20}", 1 => words()]);
        let values = (names, link(), link(), link(), 0..4_000_000_000i64);
        let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let all = (values, any::<prop::sample::Index>());
        let run = runner.run(&all, |((names, renew, stop, confirm, at), which)| {
            let (given, family, no, to) = names;
            let mut facts = which.get(&mails).1.clone();
            facts.person = facts.person.map(|p| PersonFacts {
                given_name: &given,
                family_name: &family,
                member_no: &no,
                ..p
            });
            facts.to.name = &to;
            facts.links.renew.replace_range(.., &renew);
            facts.links.confirm.replace_range(.., &confirm);
            if !facts.links.unsubscribe.is_empty() {
                facts.links.unsubscribe.replace_range(.., &stop);
            }
            facts.ids.message_id = format!("{at}@example.ca");
            facts.date = jiff::Timestamp::from_second(at).unwrap();
            let whole = mail::require(&facts).and_then(|()| composer.0.whole(&facts));
            let direct = whole.and_then(|content| mime::assemble(&facts, content));
            // Twice: the first may make a skeleton, the second fills it.
            for _ in 0..2 {
                match (composer.mail(&facts), &direct) {
                    (Ok(filled), Ok(direct)) => {
                        prop_assert_eq!(&filled.bytes, &direct.bytes);
                        prop_assert_eq!(filled.digest, direct.digest);
                    }
                    (Err(filled), Err(direct)) => {
                        prop_assert_eq!(filled.to_string(), direct.to_string());
                    }
                    (filled, direct) => prop_assert!(false, "{filled:?}\n{direct:?}"),
                }
            }
            Ok(())
        });
        run.unwrap();
    }

    #[test]
    fn a_skeleton_is_used_for_everyday_names() {
        let sample = Sample::new();
        let composer = composer(&sample, &WordsSection::default());
        let (_, facts) = &sample.mails()[0];
        composer.mail(facts).unwrap();
        for (given, family) in
            [("Ann", "Lee"), ("Marie-Ève", "d’Exemple"), ("Q\u{e010}", "R\u{e012}<b>\u{e001}")]
        {
            let person =
                facts.person.map(|p| PersonFacts { given_name: given, family_name: family, ..p });
            let facts = MailFacts { person, ..facts.clone() };
            let own = Own::of(&facts).unwrap();
            let shape = composer.0.shape(&facts, &own).unwrap();
            let Some(Way::Fill(skeleton)) = composer.0.skeletons.find(&shape) else {
                panic!("no skeleton");
            };
            assert_eq!(skeleton.fill(&own).unwrap(), composer.0.whole(&facts).unwrap());
        }
    }

    #[test]
    fn a_template_that_does_more_than_show_a_value_has_no_skeleton() {
        let sample = Sample::new();
        let (_, facts) = &sample.mails()[0];
        for body in [
            "{{ name | upper }} é",
            "{{ renew | safe }}{{ name | safe }} é",
            "{{ member_no | length }} é",
            "{% if name is containing(pat=\"Exemple\") %}é{% endif %}{{ name }} é",
            "{{ name | truncate(length=20) }} é",
            "é \u{e011} {{ name }}",
        ] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("notice")).unwrap();
            std::fs::write(dir.path().join("notice/body.html"), body).unwrap();
            let dir = Some(dir.path().to_owned());
            let composer =
                composer(&sample, &WordsSection { templates_dir: dir, ..Default::default() });
            let first = composer.mail(facts).unwrap();
            let whole = composer.0.whole(facts).unwrap();
            assert_eq!(first.bytes, composer.mail(facts).unwrap().bytes, "{body}");
            assert_eq!(first.bytes, mime::assemble(facts, whole).unwrap().bytes, "{body}");
            assert_eq!(skeletons(&composer), (0, 1), "{body}");
        }
    }

    #[test]
    fn no_more_skeletons_are_kept_than_allowed() {
        let skeletons = Skeletons::default();
        let shape = |n: usize| Shape {
            pay_by: None,
            zone: String::new(),
            template: "notice",
            said: None,
            channel: None,
            home: String::new(),
            issuer: n.to_string(),
            prefer: Lang::En,
            insured: false,
            insurance_news: false,
            cover: CoverNote::Nothing,
            news: None,
            bill: None,
            present: [true; SLOTS],
        };
        for n in 0..SKELETONS_MAX + 10 {
            skeletons.keep(shape(n), None);
            assert!(skeletons.find(&shape(n)).is_some());
            assert!(skeletons.0.read().unwrap().len() <= SKELETONS_MAX);
        }
    }
}
