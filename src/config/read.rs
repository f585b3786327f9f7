//! Owns reading the three files: bytes, TOML, shape, structs. A file that cannot be read never
//! hides the faults of another.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;
use toml::de::{DeTable, DeValue};

use super::fault::Report;
use super::reference::File;
use super::shape::{Whole, conform};
use super::{Association, Config, Digest, Relance, Schedule, TaxConfig};

/// A configuration is a few hundred lines: anything larger is another file.
const FILE_OCTETS_MAX: u64 = 1024 * 1024;
/// After so many syntax errors in one file the rest only follows from the first.
const SYNTAX_ERRORS_MAX: usize = 10;

/// What could be read. A part is missing where its file could not be.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub relance: Option<Relance>,
    pub associations: Option<Vec<Association>>,
    pub taxes: Vec<TaxConfig>,
    pub schedules: Option<Vec<Schedule>>,
    pub digests: Option<Vec<Digest>>,
}

impl Parts {
    pub fn complete(self) -> Option<Config> {
        Some(Config {
            relance: self.relance?,
            associations: self.associations?,
            taxes: self.taxes,
            schedules: self.schedules?,
            digests: self.digests?,
        })
    }
}

#[derive(Deserialize)]
struct AssociationsFile {
    association: Vec<Association>,
    #[serde(default)]
    tax: Vec<TaxConfig>,
}

#[derive(Deserialize)]
struct SchedulesFile {
    schedule: Vec<Schedule>,
    #[serde(default)]
    digest: Vec<Digest>,
}

pub(super) fn parts(dir: &Path, report: &mut Report) -> Parts {
    let relance = read(dir, File::Relance, report);
    let federation = read::<AssociationsFile>(dir, File::Associations, report);
    let (associations, taxes) = federation.map(|f| (f.association, f.tax)).unzip();
    let calendar = read::<SchedulesFile>(dir, File::Schedules, report);
    let (schedules, digests) = calendar.map(|file| (file.schedule, file.digest)).unzip();
    Parts { relance, associations, taxes: taxes.unwrap_or_default(), schedules, digests }
}

fn read<T: DeserializeOwned>(dir: &Path, file: File, report: &mut Report) -> Option<T> {
    let text = text(&dir.join(file.name()), file, report)?;
    let (mut table, whole) = parse(&text, file, report)?;
    conform(file, &mut table, whole, report);
    match T::deserialize(table) {
        Ok(value) => Some(value),
        Err(e) => {
            report.fault(
                file,
                "",
                format!("cannot be used: {}", e.message()),
                "Compare it with the sample in config/.",
            );
            None
        }
    }
}

fn text(path: &Path, file: File, report: &mut Report) -> Option<String> {
    let mut fail = |problem: String, cure: &str| report.fault(file, "", problem, cure);
    let sample = "Copy the sample of the same name there and change it.";
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(e) => {
            fail(format!("{} cannot be read: {e}", path.display()), sample);
            return None;
        }
    };
    if size > FILE_OCTETS_MAX {
        fail(format!("{} has {size} octets", path.display()), "At most 1 MiB is read.");
        return None;
    }
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => Some(text),
        Ok(Err(e)) => {
            let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = valid.split(|b| *b == b'\n').count();
            fail(format!("is not UTF-8 in line {line}"), "Save it as UTF-8.");
            None
        }
        Err(e) => {
            let cure = "Let the user that runs relance read it.";
            fail(format!("{} cannot be read: {e}", path.display()), cure);
            None
        }
    }
}

/// The file's table, and whether nothing is missing from it.
fn parse(text: &str, file: File, report: &mut Report) -> Option<(Table, Whole)> {
    let (spans, errors) = DeTable::parse_recoverable(text);
    let lines = LineEnds::of(text);
    let mut broken = Vec::new();
    for mut error in errors.into_iter().take(SYNTAX_ERRORS_MAX) {
        error.set_input(Some(text));
        let line = error.span().map(|span| lines.line(span.start));
        broken.extend(line);
        report.syntax(file, line, error.to_string(), "Mend this line: it is no TOML.");
    }
    learn_table(spans.get_ref(), "", &lines, file, report);
    if broken.is_empty() {
        return text.parse().ok().map(|table| (table, Whole::Yes));
    }
    without(&broken, text).map(|table| (table, Whole::No))
}

/// What the rest of the file says where the broken lines are single keys, so that one bad date
/// hides nothing else. `None` where more than those keys is lost with them.
fn without(broken: &[usize], text: &str) -> Option<Table> {
    let mut rest = String::with_capacity(text.len());
    for (n, line) in text.lines().enumerate() {
        if broken.contains(&(n + 1)) {
            let single = !line.trim_start().starts_with('[') && line.contains('=');
            if !single {
                return None;
            }
        } else {
            rest.push_str(line);
        }
        rest.push('\n');
    }
    rest.parse().ok()
}

struct LineEnds(Vec<usize>);

impl LineEnds {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

fn learn_table(table: &DeTable, path: &str, lines: &LineEnds, file: File, report: &mut Report) {
    for (key, value) in table {
        let dot = if path.is_empty() { "" } else { "." };
        let at = format!("{path}{dot}{}", key.get_ref());
        report.learn_line(file, &at, lines.line(key.span().start));
        learn(value.get_ref(), &at, lines, file, report);
    }
}

fn learn(value: &DeValue, at: &str, lines: &LineEnds, file: File, report: &mut Report) {
    match value {
        DeValue::Table(inner) => learn_table(inner, at, lines, file, report),
        DeValue::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let at = format!("{at}[{n}]");
                report.learn_line(file, &at, lines.line(item.span().start));
                learn(item.get_ref(), &at, lines, file, report);
            }
        }
        _ => {}
    }
}
