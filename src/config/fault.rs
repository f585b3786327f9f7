//! Owns what is said about a configuration that is wrong: where, what, and what would be right.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::reference::File;

/// One thing that keeps the configuration from being used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Name of the file: `schedules.toml`.
    pub file: &'static str,
    /// Line in the file, from 1, where it can be told.
    pub line: Option<usize>,
    /// TOML path, elements of lists counted from 0: `schedule[2].cron`. Empty for the whole file.
    pub path: String,
    /// What is wrong, as the rest of a sentence that begins with the path.
    pub problem: String,
    /// What would be right, as a sentence.
    pub cure: String,
}

impl fmt::Display for Fault {
    /// One paragraph.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.path.is_empty() {
            write!(f, ", {}", self.path)?;
        }
        write!(f, ": {}", self.problem)?;
        // A syntax error's caret stands on a line of its own.
        let break_ = if self.problem.contains('\n') { "\n" } else { " " };
        if !self.problem.ends_with(['.', '\n']) && break_ == " " {
            f.write_str(".")?;
        }
        write!(f, "{break_}{}", self.cure)
    }
}

/// One thing that an operator should know; the configuration can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Warning(pub Fault);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Collects what is found in all three files. The first fault at a path silences later ones at
/// the same path: they would only follow from it.
#[derive(Debug, Default)]
pub(super) struct Report {
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
    lines: HashMap<(File, String), usize>,
    stained: HashSet<(File, String)>,
}

impl Report {
    pub fn learn_line(&mut self, file: File, path: &str, line: usize) {
        self.lines.insert((file, path.to_owned()), line);
    }

    pub fn fault(
        &mut self,
        file: File,
        path: &str,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) {
        if !path.is_empty() && !self.stained.insert((file, path.to_owned())) {
            return;
        }
        let fault = self.make(file, path, problem.into(), cure.into());
        self.faults.push(fault);
    }

    /// A fault of the file's form, where there are no paths yet.
    pub fn syntax(&mut self, file: File, line: Option<usize>, problem: String, cure: &str) {
        let fault = Fault { line, ..self.make(file, "", problem, cure.to_owned()) };
        self.faults.push(fault);
    }

    pub fn warn(
        &mut self,
        file: File,
        path: &str,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) {
        if !self.is_stained(file, path) {
            let warning = self.make(file, path, problem.into(), cure.into());
            self.warnings.push(Warning(warning));
        }
    }

    /// The value at this path is not the operator's: nothing more is to be said about it.
    pub fn stain(&mut self, file: File, path: &str) {
        self.stained.insert((file, path.to_owned()));
    }

    pub fn is_stained(&self, file: File, path: &str) -> bool {
        self.stained.contains(&(file, path.to_owned()))
    }

    /// Faults and warnings, in the order of the files and their lines.
    pub fn finish(mut self) -> (Vec<Fault>, Vec<Warning>) {
        let place = |f: &Fault| (File::ALL.iter().position(|x| x.name() == f.file), f.line);
        self.faults.sort_by_key(place);
        self.warnings.sort_by_key(|w| place(&w.0));
        (self.faults, self.warnings)
    }

    fn make(&self, file: File, path: &str, problem: String, cure: String) -> Fault {
        Fault { file: file.name(), line: self.line(file, path), path: path.into(), problem, cure }
    }

    /// The line of the path, else of the nearest table around it.
    fn line(&self, file: File, path: &str) -> Option<usize> {
        let mut at = path;
        loop {
            if let Some(line) = self.lines.get(&(file, at.to_owned())) {
                return Some(*line);
            }
            at = &at[..at.rfind(['.', '['])?];
        }
    }
}

/// Splits an error text of the form “what is wrong; what would be right”.
pub(super) fn split_cure(text: &str, otherwise: &str) -> (String, String) {
    let (problem, cure) = text.split_once("; ").unwrap_or((text, otherwise));
    let mut letters = cure.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    (problem.to_owned(), format!("{first}{}.", letters.as_str().trim_end_matches('.')))
}
