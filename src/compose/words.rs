//! Owns the words: two Fluent bundles, loaded and parsed once. Every failure of Fluent is an
//! error here: a member must never read `{$name}`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast;
use unic_langid::LanguageIdentifier;

use super::ComposeError;
use super::format::Calendar;
use crate::domain::words::Lang;

/// One file of words.
#[derive(Debug, Clone)]
pub(super) struct WordFile {
    /// As shown in faults: `fr-CA/mail.ftl`.
    pub name: String,
    /// Its language.
    pub lang: Lang,
    /// Fluent source.
    pub text: String,
}

/// One message or attribute, as the lint and the template function see it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// File it came from.
    pub file: String,
    /// Names of its variables.
    pub variables: BTreeSet<String>,
    /// Its pattern as one string, variables as `{$name}`.
    pub pattern: String,
    /// The text, where it has no variable.
    constant: Option<String>,
}

/// Both languages.
pub(super) struct Words {
    en: Locale,
    fr: Locale,
    /// Keys asked for, kept only while linting.
    seen: Option<Mutex<BTreeSet<String>>>,
}

struct Locale {
    bundle: FluentBundle<FluentResource>,
    entries: BTreeMap<String, Entry>,
    calendar: Calendar,
}

impl Words {
    /// Loads files in order; later ones replace messages of earlier ones. `record` keeps which
    /// keys are asked for.
    pub(super) fn load(files: &[WordFile], record: bool) -> Result<Self, ComposeError> {
        Ok(Self {
            en: Locale::load(Lang::En, files)?,
            fr: Locale::load(Lang::Fr, files)?,
            seen: record.then(Mutex::default),
        })
    }

    fn locale(&self, lang: Lang) -> &Locale {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }

    /// Messages and attributes of one language by key (`id` or `id.attribute`).
    pub(super) fn entries(&self, lang: Lang) -> &BTreeMap<String, Entry> {
        &self.locale(lang).entries
    }

    /// Keys asked for since loading.
    pub(super) fn seen(&self) -> BTreeSet<String> {
        let seen = self.seen.as_ref();
        seen.map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// Month and day names.
    pub(super) fn calendar(&self, lang: Lang) -> &Calendar {
        &self.locale(lang).calendar
    }

    /// Whether that key exists in both languages.
    pub(super) fn has(&self, key: &str) -> bool {
        self.en.entries.contains_key(key) && self.fr.entries.contains_key(key)
    }

    /// The text of `key`, its variables taken from `value_of`.
    pub(super) fn text<'a>(
        &'a self,
        lang: Lang,
        key: &str,
        mut value_of: impl FnMut(&str) -> Option<FluentValue<'a>>,
    ) -> Result<Cow<'a, str>, ComposeError> {
        let fault = |what: String| ComposeError::Words { lang, key: key.to_owned(), what };
        if let Some(seen) = &self.seen {
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        }
        let locale = self.locale(lang);
        let entry =
            locale.entries.get(key).ok_or_else(|| fault("there is no such message".into()))?;
        if let Some(constant) = &entry.constant {
            return Ok(Cow::Borrowed(constant));
        }
        let mut args = FluentArgs::with_capacity(entry.variables.len());
        for name in &entry.variables {
            let value = value_of(name).ok_or_else(|| fault(format!("${name} has no value")))?;
            args.set(name.as_str(), value);
        }
        locale.format(key, Some(&args)).map(Cow::Owned).map_err(fault)
    }

    /// As [`Words::text`], with its variables in a table.
    pub(super) fn say(
        &self,
        lang: Lang,
        key: &str,
        args: &[(&str, &str)],
    ) -> Result<String, ComposeError> {
        let found = |name: &str| {
            let pair = args.iter().find(|(n, _)| *n == name)?;
            Some(FluentValue::from(pair.1.to_owned()))
        };
        self.text(lang, key, found).map(Cow::into_owned)
    }
}

impl Locale {
    fn load(lang: Lang, files: &[WordFile]) -> Result<Self, ComposeError> {
        let id: LanguageIdentifier =
            lang.locale().parse().expect("the two locale names are well formed");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The isolation marks show as boxes in some mail programs and break links.
        bundle.set_use_isolating(false);
        let mut entries = BTreeMap::new();
        for file in files.iter().filter(|f| f.lang == lang) {
            let resource = FluentResource::try_new(file.text.clone()).map_err(|(_, errors)| {
                let what = errors.first().map(ToString::to_string).unwrap_or_default();
                ComposeError::Locale { file: file.name.clone(), what }
            })?;
            let mut own = BTreeSet::new();
            for entry in resource.entries() {
                let ast::Entry::Message(message) = entry else { continue };
                for (key, entry) in entries_of(message, &file.name) {
                    if !own.insert(key.clone()) {
                        let what = format!("{key} stands in it twice");
                        return Err(ComposeError::Locale { file: file.name.clone(), what });
                    }
                    entries.insert(key, entry);
                }
            }
            bundle.add_resource_overriding(resource);
        }
        let mut locale = Self { bundle, entries, calendar: Calendar::default() };
        locale.prepare(lang)?;
        Ok(locale)
    }

    /// Formats what never changes once and for all.
    fn prepare(&mut self, lang: Lang) -> Result<(), ComposeError> {
        let fault = |key: &str, what| ComposeError::Words { lang, key: key.to_owned(), what };
        let constant: Vec<String> = self
            .entries
            .iter()
            .filter(|(_, e)| e.variables.is_empty())
            .map(|(k, _)| k.clone())
            .collect();
        for key in constant {
            let text = self.format(&key, None).map_err(|what| fault(&key, what))?;
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.constant = Some(text);
            }
        }
        let names = |family: &str, count: u8| {
            (1..=count)
                .map(|n| {
                    let key = format!("{family}-{n}");
                    let entry = self.entries.get(&key).and_then(|e| e.constant.clone());
                    entry.ok_or_else(|| fault(&key, "there is no such message".to_owned()))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        self.calendar = Calendar { months: names("month", 12)?, weekdays: names("weekday", 7)? };
        Ok(())
    }

    fn format(&self, key: &str, args: Option<&FluentArgs>) -> Result<String, String> {
        let (id, attribute) = key.split_once('.').map_or((key, None), |(i, a)| (i, Some(a)));
        let message = self.bundle.get_message(id).ok_or("there is no such message")?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name).map(|a| a.value()),
            None => message.value(),
        };
        let pattern = pattern.ok_or("there is no such text")?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors).into_owned();
        match errors.first() {
            Some(error) => Err(error.to_string()),
            None => Ok(text),
        }
    }
}

fn entries_of<'s>(
    message: &'s ast::Message<&'s str>,
    file: &'s str,
) -> impl Iterator<Item = (String, Entry)> + 's {
    let id = message.id.name;
    let own = message.value.iter().map(move |p| (id.to_owned(), p));
    let attributes =
        message.attributes.iter().map(move |a| (format!("{id}.{}", a.id.name), &a.value));
    own.chain(attributes).map(move |(key, pattern)| {
        let mut entry = Entry {
            file: file.to_owned(),
            variables: BTreeSet::new(),
            pattern: String::new(),
            constant: None,
        };
        flatten(pattern, &mut entry);
        (key, entry)
    })
}

fn flatten(pattern: &ast::Pattern<&str>, entry: &mut Entry) {
    for element in &pattern.elements {
        match element {
            ast::PatternElement::TextElement { value } => entry.pattern.push_str(value),
            ast::PatternElement::Placeable { expression } => flatten_expression(expression, entry),
        }
    }
}

fn flatten_expression(expression: &ast::Expression<&str>, entry: &mut Entry) {
    match expression {
        ast::Expression::Select { selector, variants } => {
            if let ast::InlineExpression::VariableReference { id } = selector {
                entry.variables.insert(id.name.to_owned());
            }
            for variant in variants {
                flatten(&variant.value, entry);
                entry.pattern.push('\n');
            }
        }
        ast::Expression::Inline(ast::InlineExpression::VariableReference { id }) => {
            entry.variables.insert(id.name.to_owned());
            entry.pattern.push_str("{$");
            entry.pattern.push_str(id.name);
            entry.pattern.push('}');
        }
        ast::Expression::Inline(ast::InlineExpression::StringLiteral { value }) => {
            let mut text = String::new();
            if fluent_syntax::unicode::unescape_unicode(&mut text, value).is_ok() {
                entry.pattern.push_str(&text);
            }
        }
        ast::Expression::Inline(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(extra: &str) -> Vec<WordFile> {
        let mut text = extra.to_owned();
        for (family, count) in [("month", 12), ("weekday", 7)] {
            for n in 1..=count {
                text = format!("{text}\n{family}-{n} = {n}");
            }
        }
        text.push('\n');
        Lang::ALL
            .iter()
            .map(|&lang| WordFile { name: lang.locale().into(), lang, text: text.clone() })
            .collect()
    }

    #[test]
    fn a_missing_value_is_an_error_and_never_shows_through() {
        let words = Words::load(&files("hello = Hello { $name }!\n    .title = T"), true).unwrap();
        assert_eq!(words.say(Lang::En, "hello", &[("name", "A")]).unwrap(), "Hello A!");
        assert_eq!(words.say(Lang::Fr, "hello.title", &[]).unwrap(), "T");
        assert!(words.say(Lang::En, "hello", &[]).is_err());
        assert!(words.say(Lang::En, "absent", &[]).is_err());
        assert_eq!(words.seen().len(), 3);
    }

    #[test]
    fn later_files_replace_and_faulty_ones_are_named() {
        let mut all = files("hello = Hello");
        let name = "own.ftl".to_owned();
        all.push(WordFile { name, lang: Lang::En, text: "hello = Hi\n".into() });
        let words = Words::load(&all, false).unwrap();
        assert_eq!(words.say(Lang::En, "hello", &[]).unwrap(), "Hi");
        assert_eq!(words.say(Lang::Fr, "hello", &[]).unwrap(), "Hello");
        all[2].text = "hello = { \n".into();
        assert!(
            matches!(Words::load(&all, false), Err(ComposeError::Locale { file, .. }) if file == "own.ftl")
        );
    }
}
