//! Owns the check that both languages say the same, that every word is used and every
//! template renders. Run by `relance check`, by a test on the binary's own words, and at start on
//! words that replace some of them.

use std::collections::BTreeSet;
use std::fmt;

use super::assets::Assets;
use super::mail::{FORWARD_REASONS, template_name};
use super::parity::Substance;
use super::sample::Sample;
use super::words::Words;
use super::{ComposeError, Composer, MailKind, typography};
use crate::config::WordsSection;
use crate::domain::words::Lang;

/// Families of words that are looked up by a computed name: samples need not meet each.
const FAMILIES: &[&str] =
    &["zone-", "month-", "weekday-", "mailing-", "declaration-title-", "declaration-answers-"];

/// Templates that are no text: their words are CSS.
const STYLES: &str = "/style.css";

/// Templates that no sample renders: their words are those that stand in them by name.
const BY_NAME: &str = "demo/";

/// Forms of one name: each language uses those that its grammar needs.
const NAME_FORMS: &[&str] = &["short", "the", "of", "to"];

/// One thing wrong with templates or words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File, template or sample in which it shows.
    pub file: String,
    /// Message, or message and attribute; empty where the whole file is meant.
    pub id: String,
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.id.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}: {} (right: {})", self.file, self.id, self.wrong, self.right)
    }
}

/// Every fault of the templates and words in force: the binary's, and over them those of
/// `[words]`. Empty: all is well.
#[must_use]
pub fn lint(section: &WordsSection) -> Vec<Fault> {
    let sample = Sample::new();
    let composer = match Composer::unlinted(
        section,
        &sample.relance,
        &sample.associations,
        &sample.taxes,
        true,
    ) {
        Ok(composer) => composer,
        Err(error) => return vec![of_error("templates and words", &error)],
    };
    let words = &composer.0.engine.words;
    let mut faults = Vec::new();
    let mut named = Vec::new();
    match Assets::load(section) {
        Ok(assets) => {
            words_in_templates(&assets, &mut faults);
            named = words_by_name(&assets, words, &mut faults);
        }
        Err(error) => faults.push(of_error("templates and words", &error)),
    }
    compare_words(words, &mut faults);
    spelling(words, &mut faults);
    mails(&composer, &sample, &mut faults);
    pages(&composer, &sample, &mut faults);
    unused(words, &named, &mut faults);
    faults
}

fn of_error(file: &str, error: &ComposeError) -> Fault {
    Fault {
        file: file.to_owned(),
        id: String::new(),
        wrong: error.to_string(),
        right: "a file that loads and renders".into(),
    }
}

/// Templates hold structure; a word in one would be read in both languages.
fn words_in_templates(assets: &Assets, faults: &mut Vec<Fault>) {
    let markup = [("{#", "#}"), ("{{", "}}"), ("{%", "%}"), ("<style>", "</style>"), ("<", ">")];
    for (name, source) in assets.templates.iter().filter(|(name, _)| !name.ends_with(STYLES)) {
        let mut text = source.to_string();
        for (open, close) in markup {
            while let Some(start) = text.find(open) {
                let end = text[start..].find(close).map_or(text.len(), |e| start + e + close.len());
                text.replace_range(start..end, " ");
            }
        }
        if let Some(word) = text.split_whitespace().find(|w| w.chars().any(char::is_alphabetic)) {
            faults.push(Fault {
                file: (*name).to_owned(),
                id: String::new(),
                wrong: format!("a word of its own: “{word}”"),
                right: "t(id=\"…\"), with the word in both locales".into(),
            });
        }
    }
}

/// Words that stand by name in templates without a sample; a name that ends in `-` is the
/// beginning of a computed one. Faults those that are not there.
fn words_by_name(assets: &Assets, words: &Words, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut named = Vec::new();
    for (name, source) in assets.templates.iter().filter(|(n, _)| n.starts_with(BY_NAME)) {
        for part in source.split("t(id=\"").skip(1) {
            let Some(key) = part.split('"').next() else { continue };
            if !key.ends_with('-') && !words.has(key) {
                faults.push(Fault {
                    file: (*name).to_owned(),
                    id: key.to_owned(),
                    wrong: "there is no such message in both languages".into(),
                    right: "words that stand in both locales".into(),
                });
            }
            named.push(key.to_owned());
        }
    }
    named
}

fn compare_words(words: &Words, faults: &mut Vec<Fault>) {
    for &lang in Lang::ALL {
        let others = words.entries(lang.other());
        for (key, entry) in words.entries(lang) {
            let mut fault = |wrong: String, right: String| {
                faults.push(Fault { file: entry.file.clone(), id: key.clone(), wrong, right });
            };
            let Some(other) = others.get(key) else {
                let locale = lang.other().locale();
                fault(format!("it is missing in {locale}"), "the same messages in both".into());
                continue;
            };
            let (own, other) = (substantial(&entry.variables), substantial(&other.variables));
            // Seen from one side is enough.
            if lang == Lang::En && own != other {
                let list = |s: &BTreeSet<&str>| s.iter().copied().collect::<Vec<_>>().join(", ");
                fault(
                    format!("its variables are {} here, {} in French", list(&own), list(&other)),
                    "the same variables in both".into(),
                );
            }
        }
    }
}

/// Variables, the forms of a name taken as one.
fn substantial(variables: &BTreeSet<String>) -> BTreeSet<&str> {
    variables
        .iter()
        .map(|v| if NAME_FORMS.contains(&v.as_str()) { "(name)" } else { v.as_str() })
        .collect()
}

fn spelling(words: &Words, faults: &mut Vec<Fault>) {
    for &lang in Lang::ALL {
        for (key, entry) in words.entries(lang) {
            for (wrong, right) in typography::faults(lang, &entry.pattern) {
                faults.push(Fault { file: entry.file.clone(), id: key.clone(), wrong, right });
            }
        }
    }
}

/// Each sample mail, rendered in both languages, says the same in both and in text and HTML.
fn mails(composer: &Composer, sample: &Sample, faults: &mut Vec<Fault>) {
    let inner = &composer.0;
    for (name, facts) in sample.mails() {
        if let Err(error) = composer.mail(&facts) {
            faults.push(of_error(&name, &error));
            continue;
        }
        if facts.kind.is_for_desk() && !matches!(facts.kind, MailKind::Digest(_)) {
            continue;
        }
        let mut seen: Vec<Substance> = Vec::new();
        for &lang in Lang::ALL {
            let calendar = inner.engine.words.calendar(lang);
            let half = match &facts.kind {
                MailKind::Digest(mail) => inner.digest_half(facts.issuer, mail, lang),
                _ => inner.half(&facts, lang, true),
            };
            match half {
                Ok(half) => {
                    seen.push(Substance::of(lang, calendar, &half.text, false));
                    let mut html = Substance::of(lang, calendar, &half.html, true);
                    html.fields.clear();
                    seen.push(html);
                }
                Err(error) => faults.push(of_error(&name, &error)),
            }
        }
        let file = format!("{}/body.*, {name}", template_name(&facts.kind));
        differences(&file, &seen, faults);
    }
}

fn pages(composer: &Composer, sample: &Sample, faults: &mut Vec<Fault>) {
    for (name, page) in sample.pages() {
        let mut seen: Vec<Substance> = Vec::new();
        for &lang in Lang::ALL {
            match composer.page(&page, lang) {
                Ok(html) => {
                    let calendar = composer.0.engine.words.calendar(lang);
                    seen.push(Substance::of(lang, calendar, &html, true));
                }
                Err(error) => faults.push(of_error(&name, &error)),
            }
        }
        differences(&format!("page/{name}.html"), &seen, faults);
    }
}

fn differences(file: &str, seen: &[Substance], faults: &mut Vec<Fault>) {
    let Some((first, rest)) = seen.split_first() else { return };
    let different: BTreeSet<String> = rest.iter().flat_map(|s| first.differences(s)).collect();
    for wrong in different {
        faults.push(Fault {
            file: file.to_owned(),
            id: String::new(),
            wrong: format!("only one language or part has the {wrong}"),
            right: "the same links, amounts, dates and fields everywhere".into(),
        });
    }
}

fn unused(words: &Words, named: &[String], faults: &mut Vec<Fault>) {
    let seen = words.seen();
    for (key, entry) in words.entries(Lang::En) {
        let family = FAMILIES.iter().any(|f| key.starts_with(f))
            || named.iter().any(|n| key == n || n.ends_with('-') && key.starts_with(n));
        if !family && !seen.contains(key) {
            faults.push(Fault {
                file: entry.file.clone(),
                id: key.clone(),
                wrong: "no template uses it".into(),
                right: "words that somebody reads".into(),
            });
        }
    }
    for reason in FORWARD_REASONS {
        let key = format!("forward.why-{reason}");
        if !words.has(&key) {
            let wrong = format!("{key} is missing");
            let right = "words for every reason".into();
            faults.push(Fault { file: "answers.ftl".into(), id: key, wrong, right });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Faults with one file of own words.
    fn with_words(locale: &str, text: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(locale)).unwrap();
        fs::write(dir.path().join(locale).join("own.ftl"), text).unwrap();
        let words =
            WordsSection { locales_dir: Some(dir.path().to_owned()), ..WordsSection::default() };
        lint(&words).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_shipped_words_are_without_fault() {
        let faults: Vec<String> =
            lint(&WordsSection::default()).iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        for (locale, text, expected) in [
            ("fr-CA", "hello = Bonjour { $name } !\n", "a space before “!”"),
            ("fr-CA", "total = Total de l'année\n", "a straight apostrophe"),
            ("fr-CA", "why-step = Vous êtes membre de { $short }.\n", "an elision"),
            ("fr-CA", "own-word = Mot\n", "missing in en-CA"),
            ("fr-CA", "hello = Bonjour,\n", "variables are name here"),
            ("fr-CA", "deadline-plain = Répondez vite, { $season }.\n", "the date 2026-12-31"),
            ("fr-CA", "deadline-plain = Répondez vite { $absent }.\n", "$absent has no value"),
            ("fr-CA", "total = { \n", "right: a file that loads"),
            ("en-CA", "stop = See https://example.org/ now.\n", "link https://example.org/"),
            ("en-CA", "page-step = Step { $step } of $4.00\n", "amount 400"),
        ] {
            let faults = with_words(locale, text);
            assert!(faults.iter().any(|f| f.contains(expected)), "{text}: {faults:#?}");
        }
        let both = "own-word = Word\n";
        assert!(with_words("en-CA", both).iter().any(|f| f.contains("no template uses it")));
    }

    #[test]
    fn own_templates_replace_and_mistyped_names_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let words =
            WordsSection { templates_dir: Some(dir.path().to_owned()), ..WordsSection::default() };
        fs::create_dir(dir.path().join("notice")).unwrap();
        fs::write(dir.path().join("notice/subject.txt"), "{{ t(id=\"notice.subject\") }} !")
            .unwrap();
        assert_eq!(lint(&words), Vec::new());
        fs::write(dir.path().join("notice/body.txt"), "{{ nothing }}").unwrap();
        assert!(!lint(&words).is_empty());
        fs::write(dir.path().join("notice/body.txt"), "Hello").unwrap();
        assert!(lint(&words)[0].wrong.contains("“Hello”"));
        fs::remove_file(dir.path().join("notice/body.txt")).unwrap();
        fs::write(dir.path().join("notice/subjet.txt"), "x").unwrap();
        assert!(lint(&words)[0].wrong.contains("subjet.txt"));
    }
}
