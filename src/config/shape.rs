//! Owns the walk of one file's TOML against the list of keys: every unknown, missing and
//! misshapen key in one go. What is wrong is replaced by the list's own example, so that the
//! rest of the file can still be read and checked; a replaced value is *stained* in the report
//! and the configuration is never used.

use toml::{Table, Value};

use super::fault::Report;
use super::nearest::suggest;
use super::reference::{File, Form, Key, Need, children, moved, shown};

/// Whether a table is all that its file says. Where lines had to be left out, keys that are
/// missing may have stood in them: they are stained, not faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Yes,
    No,
}

/// Checks `table` (of `file`) and mends it.
pub(super) fn conform(file: File, table: &mut Table, whole: Whole, report: &mut Report) {
    Walk { file, whole, report }.table(table, "", "");
}

struct Walk<'a> {
    file: File,
    whole: Whole,
    report: &'a mut Report,
}

impl Walk<'_> {
    /// `shape` is the path in the key list (`association[].desk`), `path` the one in the file
    /// (`association[3].desk`).
    fn table(&mut self, table: &mut Table, shape: &str, path: &str) {
        self.unknown(table, shape, path);
        for key in children(self.file, shape) {
            let at = join(path, key.name());
            match (table.get_mut(key.name()), key.need) {
                (Some(value), _) => {
                    if !self.value(key, value, &at) {
                        table.remove(key.name());
                    }
                }
                (None, Need::Required) => self.missing(key, table, &at),
                (None, _) => {}
            }
        }
    }

    fn unknown(&mut self, table: &mut Table, shape: &str, path: &str) {
        let known: Vec<&str> = children(self.file, shape).map(Key::name).collect();
        let strangers: Vec<String> =
            table.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        for name in strangers {
            table.remove(&name);
            let (problem, cure) = match moved(self.file, &join(shape, &name)) {
                Some(cure) => ("is not a key any more", cure.to_owned()),
                None => ("is not a known key", suggest(&name, &known)),
            };
            self.report.fault(self.file, &join(path, &name), problem, cure);
        }
    }

    /// Whether the value is to be kept: one that is no good and may be left out is not.
    fn value(&mut self, key: &Key, value: &mut Value, at: &str) -> bool {
        match (key.form, &mut *value) {
            (Form::Table, Value::Table(inner)) => self.table(inner, key.path, at),
            (Form::Text, Value::Table(inner)) => {
                self.text(inner, Form::Line { empty: false }, at);
            }
            (Form::Prose, Value::Table(inner)) => self.text(inner, Form::Sentences, at),
            (Form::Tables, Value::Array(items))
                if items.is_empty() && key.need == Need::Required =>
            {
                self.no_entry(key, at);
            }
            (Form::Tables, Value::Array(items)) => {
                for (n, item) in items.iter_mut().enumerate() {
                    let at = format!("{at}[{n}]");
                    if let Value::Table(inner) = item {
                        self.table(inner, key.path, &at);
                    } else {
                        self.misshapen(key, item, &at);
                        *item = self.example_table(key, &at);
                    }
                }
            }
            (Form::Table | Form::Text | Form::Prose | Form::Tables, _) => {
                self.misshapen(key, value, at);
                return self.replace(key, value, at);
            }
            (form, _) => {
                if let Err((problem, cure)) = form.check(value) {
                    self.report.fault(self.file, at, problem, cure);
                    return self.replace(key, value, at);
                }
            }
        }
        true
    }

    fn text(&mut self, inner: &mut Table, line: Form, at: &str) {
        let strangers: Vec<String> =
            inner.keys().filter(|k| !matches!(k.as_str(), "en" | "fr")).cloned().collect();
        for name in strangers {
            inner.remove(&name);
            let cure = suggest(&name, &["en", "fr"]);
            self.report.fault(self.file, &join(at, &name), "is not a known key", cure);
        }
        for name in ["en", "fr"] {
            let here = join(at, name);
            match inner.get_mut(name).map(|value| line.check(value)) {
                Some(Ok(())) => {}
                None if name == "fr" => {}
                None => {
                    self.report.fault(self.file, &here, "is missing", "Write the English text.");
                    inner.insert(name.into(), Value::String("?".into()));
                }
                Some(Err((problem, cure))) => {
                    self.report.fault(self.file, &here, problem, cure);
                    inner.insert(name.into(), Value::String("?".into()));
                }
            }
        }
    }

    fn misshapen(&mut self, key: &Key, value: &Value, at: &str) {
        let path = key.path.replace("[]", "");
        let cure = match key.form {
            Form::Table => format!("Write a table: [{path}]."),
            Form::Tables => format!("Write a table: [[{path}]]."),
            form => format!("Write {}.", form.describe()),
        };
        self.report.fault(self.file, at, format!("is {}", shown(value)), cure);
    }

    fn missing(&mut self, key: &Key, table: &mut Table, at: &str) {
        match key.form {
            _ if self.whole == Whole::No => {}
            Form::Tables => self.no_entry(key, at),
            Form::Table => {
                let cure = format!("Add the table [{at}]: {}", key.doc);
                self.report.fault(self.file, at, "is missing", cure);
            }
            form => {
                let cure = format!("Write {}: {}", form.describe(), key.doc);
                self.report.fault(self.file, at, "is missing", cure);
            }
        }
        let value = self.stand_in(key, at);
        table.insert(key.name().into(), value);
    }

    fn no_entry(&mut self, key: &Key, at: &str) {
        let path = key.path.replace("[]", "");
        let cure = format!("Add at least one table [[{path}]].");
        self.report.fault(self.file, at, "has no entry", cure);
    }

    fn replace(&mut self, key: &Key, value: &mut Value, at: &str) -> bool {
        self.report.stain(self.file, at);
        if key.need == Need::Optional {
            return false;
        }
        *value = self.stand_in(key, at);
        true
    }

    /// A value that can be read in place of a faulty one; everything in it is stained.
    fn stand_in(&mut self, key: &Key, at: &str) -> Value {
        self.report.stain(self.file, at);
        match key.form {
            Form::Table => self.example_table(key, at),
            Form::Tables => Value::Array(Vec::new()),
            _ => literal(key.example),
        }
    }

    fn example_table(&mut self, key: &Key, at: &str) -> Value {
        let mut inner = Table::new();
        for child in children(self.file, key.path).filter(|c| c.need == Need::Required) {
            let value = self.stand_in(child, &join(at, child.name()));
            inner.insert(child.name().into(), value);
        }
        Value::Table(inner)
    }
}

/// Reads a TOML value of the key list.
pub(super) fn literal(text: &str) -> Value {
    format!("x = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("x"))
        .unwrap_or(Value::Boolean(false))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
