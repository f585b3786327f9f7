//! Owns `relance simulate`.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::audit::show_totals;
use super::forecast::now;
use super::{Place, say, say_error, say_json};
use crate::folder::Folder;
use crate::simulate::{Behaviour, Outcome, Play, SimulateError, play};
use crate::store::Look;

/// Arguments of `relance simulate`.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Id of the season to play, as in the config.
    #[arg(long, value_name = "ID")]
    season: String,
    /// How people behave, a TOML file: seed; under shares, in per cent, invoice, card, employer,
    /// `not_renewing`, situation, reply and bounce (the rest does nothing); under when: notice,
    /// reminder, `last_call`, lapse; under cheque, of those who promised: full, part, `too_much`,
    /// bounced (the rest never comes); under declaration: yes, no (the rest leaves it out); and
    /// employers, their number.
    #[arg(long, value_name = "FILE")]
    behaviour: PathBuf,
    /// A new folder for the Maildir into which every mail goes.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        if config.relance.season.id != self.season {
            return Err(SimulateError::Season(config.relance.season.id).into());
        }
        let state = place.existing(&config)?;
        let shown = self.behaviour.display().to_string();
        let text = std::fs::read_to_string(&self.behaviour).with_context(|| shown.clone())?;
        let behaviour = Behaviour::parse(&text).with_context(|| shown)?;
        let out = Folder::kept(&self.out).context("--out")?;
        let copy = Folder::temporary().context("a temporary folder for the copy")?;
        let now = now(&Look::open(&state)?)?;
        let what = Play {
            config,
            state,
            copy: copy.path().to_owned(),
            out: out.path().to_owned(),
            behaviour,
            now,
        };
        let told = std::io::stderr().is_terminal() && !self.json;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(play(what, |at| {
            if told {
                say_error(&at.to_string());
            }
        }))?;
        if self.json {
            say_json(&outcome)?;
        } else {
            show(&outcome);
            say(&format!(
                "Every mail is in {}, under addresses that belong to nobody.",
                out.path().display()
            ));
        }
        if outcome.unsettled > 0 {
            bail!("{} messages were neither sent nor cancelled", outcome.unsettled);
        }
        if let Some(seq) = outcome.ledger_broken_at {
            bail!("the ledger's chain breaks at line {seq}");
        }
        if !outcome.discrepancies.is_empty() {
            bail!("the books do not add up: {} discrepancies", outcome.discrepancies.len());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(outcome: &Outcome) {
    say(&format!("Season {}\n", outcome.season));
    for f in &outcome.firings {
        let local = f.local.replace('T', " ");
        say(&format!(
            "{local}  {:<24} {:<9} to {:>7}  {}",
            f.schedule, f.state, f.recipients, f.reason
        ));
    }
    for row in &outcome.associations {
        let cents = row.promised_cents;
        say(&format!(
            "\n{}: sent {}\n  renewals {}; cover {}; {} came back; promised {}.{:02} $",
            row.association,
            list(&row.sent),
            list(&row.renewals),
            list(&row.cover),
            row.bounced,
            cents / 100,
            cents % 100
        ));
    }
    say("");
    show_totals(&outcome.books);
    for d in &outcome.discrepancies {
        say(&format!("{}: {} should be {}, is {}", d.rule, d.row, d.should, d.is));
    }
    let Outcome { deeds, refused, cheques, .. } = outcome;
    say(&format!("\n{deeds} deeds, {refused} not taken; {cheques} cheques"));
}

fn list(counts: &BTreeMap<String, i64>) -> String {
    if counts.is_empty() {
        return "none".into();
    }
    counts.iter().map(|(what, n)| format!("{n} {what}")).collect::<Vec<_>>().join(", ")
}
