//! Owns tera with its one function, `t(id="…")`: the words of a message in the language of the
//! half being rendered, its variables looked up by name among the template's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use fluent_bundle::FluentValue;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use super::ComposeError;
use super::assets::Assets;
use super::mail::KINDS;
use super::words::Words;
use crate::config::WordsSection;
use crate::domain::words::Lang;

/// Everything loaded.
pub(super) struct Engine {
    /// Templates, parsed.
    tera: Tera,
    /// Both languages.
    pub words: Arc<Words>,
    /// Version by kind.
    pub versions: BTreeMap<&'static str, String>,
}

impl Engine {
    /// Loads and parses every file. `record`: for the lint, keep which words are asked for.
    pub(super) fn load(section: &WordsSection, record: bool) -> Result<Self, ComposeError> {
        let assets = Assets::load(section)?;
        let words = Arc::new(Words::load(&assets.words, record)?);
        let mut tera = Tera::new();
        let for_templates = Arc::clone(&words);
        tera.register_function("t", move |kwargs: Kwargs, state: &State<'_>| {
            translate(&for_templates, &kwargs, state)
        });
        let templates = assets.templates.iter().map(|(name, source)| (*name, source.as_ref()));
        tera.add_raw_templates(templates)
            .map_err(|e| ComposeError::Template { name: "(all)".into(), what: chain(&e) })?;
        let versions = KINDS.iter().map(|kind| (*kind, assets.version(kind))).collect();
        Ok(Self { tera, words, versions })
    }

    /// Renders one template.
    pub(super) fn render(&self, name: &str, context: &Context) -> Result<String, ComposeError> {
        self.tera
            .render(name, context)
            .map_err(|e| ComposeError::Template { name: name.to_owned(), what: chain(&e) })
    }
}

fn translate(words: &Words, kwargs: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let id = kwargs.must_get::<&str>("id")?;
    let lang = state
        .get::<Value>("lang")?
        .and_then(|v| Lang::parse(v.as_str()?))
        .ok_or_else(|| tera::Error::message("`lang` is not set"))?;
    let value_of = |name: &str| {
        let value = match kwargs.get::<Value>(name) {
            Ok(Some(value)) => Some(value),
            _ => state.get::<Value>(name).ok().flatten(),
        }?;
        if let Some(number) = value.as_i64() {
            return Some(FluentValue::from(number));
        }
        if let Some(flag) = value.as_bool() {
            return Some(FluentValue::from(flag.to_string()));
        }
        value.as_str().map(|s| FluentValue::from(s.to_owned()))
    };
    let text = words.text(lang, id, value_of).map_err(|e| tera::Error::message(e.to_string()))?;
    Ok(Value::normal_string(&text))
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
