//! Owns what an import tells: counts, refused rows and why, what rows of one person disagree on,
//! who is missing; and the list of refused rows, to be mended and taken in.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::super::{say, say_json};
use crate::members::{REASONS, Sheet};

/// Memberships that ended, and persons whose rows disagree, that are named; more are counted.
pub(super) const NAMED_MAX: usize = 20;
/// Members who would change that are named by their numbers.
pub(super) const NUMBERS_MAX: usize = 10;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub rows: u64,
    pub added: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub refused: Vec<Refused>,
    /// Columns that the list leaves out: what is stored of them stays.
    pub absent_columns: Vec<&'static str>,
    /// Of a dry run: how many members have a stored value that would become another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members_changed: Option<u64>,
    /// The numbers of the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Rows of one person that do not say the same of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<Disagreement>,
    /// Lines of members who were erased, which were not taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<usize>,
    /// The memberships that are not in the list: member number and association.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejects_file: Option<PathBuf>,
    /// The refused rows as they stand in the list.
    #[serde(skip)]
    pub rejects: Vec<Reject>,
    /// The list's columns.
    #[serde(skip)]
    pub names: Vec<String>,
}

/// One reason to refuse one row.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Refused {
    pub line: u64,
    pub field: String,
    pub why: String,
}

/// One refused row.
#[derive(Debug)]
pub(super) struct Reject {
    pub why: String,
    pub cells: Vec<String>,
}

/// A later row that says something else of a person than an earlier one, which counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Disagreement {
    pub member_no: String,
    /// Line of the row that counts.
    pub line: u64,
    /// Line of the row that says otherwise.
    pub other_line: u64,
    pub fields: Vec<&'static str>,
}

impl Report {
    /// A row is not used, for these reasons.
    pub(super) fn refuse(&mut self, reasons: Vec<Refused>, cells: Vec<String>) {
        let told = reasons.iter().map(|r| match r.field.as_str() {
            "" => r.why.clone(),
            field => format!("{field}: {}", r.why),
        });
        self.rejects.push(Reject { why: told.collect::<Vec<_>>().join(" / "), cells });
        self.refused.extend(reasons);
    }

    /// As text, or as one JSON object.
    pub(super) fn tell(&self, json: bool, dry_run: bool) -> anyhow::Result<()> {
        if json {
            return say_json(self);
        }
        for r in &self.refused {
            let field = if r.field.is_empty() { String::new() } else { format!(" {}:", r.field) };
            say(&format!("line {}:{field} {}", r.line, r.why));
        }
        self.tell_disagreements();
        for line in self.erased.iter().take(NAMED_MAX) {
            say(&format!(
                "line {line}: this member was erased and is not taken; take the row out of the list, or, where the person came back: relance member readmit NUMBER"
            ));
        }
        more(self.erased.len(), "rows of erased members");
        for warning in &self.warnings {
            say(&format!("warning: {warning}"));
        }
        if !self.absent_columns.is_empty() {
            say(&format!(
                "columns that this list does not have: {}; what is stored of them stays",
                self.absent_columns.join(", ")
            ));
        }
        let would = if dry_run { "would be " } else { "" };
        let refused: BTreeSet<u64> = self.refused.iter().map(|r| r.line).collect();
        say(&format!(
            "{} rows: {} {would}added, {} {would}changed, {} unchanged, {} refused",
            self.rows,
            self.added,
            self.changed,
            self.unchanged,
            refused.len()
        ));
        self.tell_changed();
        if let Some(missing) = self.missing {
            say(&format!("{missing} memberships are not in this complete list, and are over"));
            for (member_no, association) in self.ended.iter().take(NAMED_MAX) {
                say(&format!("  {member_no} {association}"));
            }
            more(missing, "memberships");
        }
        if let Some(file) = &self.rejects_file {
            say(&format!(
                "refused rows and why: {}; mend them there and import that file, or mend them in the list",
                file.display()
            ));
        }
        Ok(())
    }

    fn tell_changed(&self) {
        let Some(all) = self.members_changed.filter(|all| *all > 0) else { return };
        let (who, named) = (self.members.join(", "), self.members.len() as u64);
        let members = if all == 1 { "member" } else { "members" };
        let more = if all > named { format!(", and {} more", all - named) } else { String::new() };
        say(&format!("stored values of {all} {members} would change: {who}{more}"));
    }

    fn tell_disagreements(&self) {
        for d in self.disagreements.iter().take(NAMED_MAX) {
            say(&format!(
                "warning: lines {} and {}, member {}: not the same {}; line {} counts",
                d.line,
                d.other_line,
                d.member_no,
                d.fields.join(", "),
                d.line
            ));
        }
        more(self.disagreements.len(), "rows that say otherwise than an earlier one");
    }

    /// Beside the input: the refused rows with the list's columns, and before them the reasons.
    pub(super) fn write_rejects(&self, input: &Path) -> anyhow::Result<PathBuf> {
        let stem = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // A list of refused rows that has some again takes its own place.
        let path = if stem.ends_with(".rejects") {
            input.with_extension("csv")
        } else {
            input.with_extension("rejects.csv")
        };
        // People's data, like the list: for its owner only. Written aside and moved, so that what
        // stood there, with whatever mode or link, is replaced.
        let fresh = path.with_extension("csv.new");
        let _ = std::fs::remove_file(&fresh);
        let file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh);
        let file = file.with_context(|| path.display().to_string())?;
        let mut sheet = Sheet::new(file);
        sheet.row(std::iter::once(REASONS).chain(self.names.iter().map(String::as_str)))?;
        for reject in &self.rejects {
            sheet.row(std::iter::once(&reject.why).chain(&reject.cells))?;
        }
        sheet.finish()?.flush()?;
        std::fs::rename(&fresh, &path).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

fn more(all: usize, what: &str) {
    if all > NAMED_MAX {
        say(&format!("  and {} more {what}; --json names them", all - NAMED_MAX));
    }
}
