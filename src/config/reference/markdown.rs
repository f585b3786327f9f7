//! Owns the printed form of the key list: `docs/config.md`.

use std::fmt::Write;

use super::{File, Form, Key, Need, children};
use crate::members::COLUMNS;

/// The whole reference, as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    for file in File::ALL {
        let about = match file {
            File::Relance => "The machine, the mailbox, the season.",
            File::Associations => "The bodies of the federation, their desks, categories and fees.",
            File::Schedules => "Which step of the season fires when, for whom.",
        };
        push(&mut out, format_args!("\n## {}\n\n{about}\n", file.name()));
        for table in file.keys().filter(|key| matches!(key.form, Form::Table | Form::Tables)) {
            section(&mut out, file, table);
        }
    }
    member_list(&mut out);
    out
}

/// The one file besides these three that people write by hand.
fn member_list(out: &mut String) {
    out.push_str(MEMBERS);
    for column in COLUMNS {
        let need = if column.required { "yes" } else { "no" };
        push(out, format_args!("| `{}` | {need} | {} |\n", column.name, column.doc));
    }
}

const MEMBERS: &str = "
## The member list

A CSV file in UTF-8, with commas or semicolons. The first line names the columns, in any order; a
column that is not listed here is an error. Each row is one membership of one person. A row with
a fault is refused with every reason and its line number; the others are read. What a list has no
column for stays as it is stored; an empty cell of a column that is there empties it.

| column | required | what stands in it |
|---|---|---|
";

const HEAD: &str = "\
# Configuration

Printed by `relance` from the list of keys that `relance check` uses: do not edit. The folder
`config/` holds a sample of each file with every key in it.

- Every key that is not listed here is a fault; `relance check` names the nearest one.
- Faults name keys by their path, lists counted from 0: `schedule[2].cron` is the rule of the
  third `[[schedule]]`.
- A *text in both languages* is `{ en = \"…\", fr = \"…\" }`. `fr` may be left out where no
  official French form exists: the English one is then shown, marked as English.
- Dates may stand with or without quotation marks.
- Secrets never stand in these files: a `password_file` holds one, and a bare name is looked up
  in `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`).
";

fn section(out: &mut String, file: File, table: &Key) {
    let path = table.path.replace("[]", "");
    let (open, close) = if table.form == Form::Tables { ("[[", "]]") } else { ("[", "]") };
    let may = if table.need == Need::Required { "" } else { " May be left out." };
    let own = format!("{open}{path}{close}");
    // Some tables are described by nothing but their own name.
    let doc =
        if table.doc.contains(&own) { String::new() } else { format!("{}{may}\n\n", table.doc) };
    push(out, format_args!("\n### `{own}`\n\n{doc}"));
    out.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
    let values =
        children(file, table.path).filter(|key| !matches!(key.form, Form::Table | Form::Tables));
    for key in values {
        let default = match key.need {
            Need::Required => "required".to_owned(),
            Need::Default(value) => format!("`{value}`"),
            Need::Optional => "none".to_owned(),
        };
        push(
            out,
            format_args!(
                "| `{}` | {} | {default} | {} |\n",
                key.name(),
                key.form.describe(),
                key.doc
            ),
        );
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all text");
}
