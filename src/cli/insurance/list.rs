//! Owns `relance insurance list`.

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;

use super::known;
use crate::actions::Context;
use crate::actions::insurer::{self, Entry, NoList};
use crate::cli::acting::now;
use crate::cli::{say, say_json};
use crate::members::Sheet;
use crate::store::{Direct, read_once};

/// Arguments of `relance insurance list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// As known at this instant, like 2027-01-04T12:00:00-05:00; else now.
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<Timestamp>,
    /// Only those whom this association bills.
    #[arg(long, value_name = "CODE")]
    issuer: Option<String>,
    /// One JSON object with totals and members.
    #[arg(long)]
    json: bool,
    /// Members as CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Give the list to the insurer: the first is final, later ones hold what was revised since.
    #[arg(long = "final", conflicts_with_all = ["as_of", "issuer"])]
    give: bool,
}

impl List {
    pub(super) fn run(self, dir: &Path, context: &Context) -> anyhow::Result<()> {
        known(context, self.issuer.as_deref())?;
        let list = if self.give {
            let mut store =
                Direct::open(dir, crate::clock::Clock::system().now().as_millisecond())?;
            let given = store.write(|c| insurer::give(c, context, now(c)?))?;
            match given {
                Ok(list) => list,
                Err(NoList::NotSettled) => bail!(
                    "cover is not settled yet: the deadline must have passed, and the daemon must have read the mailbox past it"
                ),
                Err(NoList::NothingNew) => bail!("nothing has changed since the last list"),
            }
        } else {
            let (as_of, issuer, context) = (self.as_of, self.issuer.clone(), context.clone());
            read_once(dir, move |c| {
                let as_of = match as_of {
                    Some(at) => at,
                    None => now(c)?,
                };
                insurer::list(c, &context, as_of, issuer.as_deref())
            })?
        };
        if self.json {
            return say_json(&list);
        }
        if self.csv {
            return csv(&list.members);
        }
        text(&list);
        Ok(())
    }
}

fn csv(members: &[Entry]) -> anyhow::Result<()> {
    let mut plain = csv::WriterBuilder::new().from_writer(Vec::new());
    for member in members {
        plain.serialize(member)?;
    }
    // Columns are the entry's own fields; what they hold is anybody's.
    let plain = plain.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut sheet = Sheet::new(std::io::stdout());
    for row in csv::ReaderBuilder::new().has_headers(false).from_reader(&plain[..]).records() {
        sheet.row(&row?)?;
    }
    Ok(sheet.finish()?.flush()?)
}

fn text(list: &insurer::List) {
    for m in &list.members {
        let declared = m.declared.map_or("not declared", |_| "declared");
        let call = if m.last_call.is_empty() { "no last call" } else { &m.last_call };
        say(&format!(
            "{:<8} {:<10} {:<12} {:<16} {declared:<13} {} {} ({call})",
            m.association,
            m.member_no,
            m.outcome.as_str(),
            m.why,
            m.given_name,
            m.family_name
        ));
    }
    let totals: Vec<String> = list.totals.iter().map(|(o, n)| format!("{n} {o}")).collect();
    say(&format!(
        "{}: {} covered members: {} ({}; the deadline is {})",
        list.season,
        list.covered,
        totals.join(", "),
        list.status,
        list.deadline
    ));
}
