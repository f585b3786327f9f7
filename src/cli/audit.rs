//! Owns `relance audit`.

use std::process::ExitCode;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Place, say, say_json};
use crate::store::{books, ledger, read_once};

/// Subcommands of `relance audit`.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Walk the ledger's chain: any edit, gap or reordering is found.
    Verify {
        /// A head (number:hash) kept elsewhere, so that a cut tail is found too.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<String>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Prove that the money adds up to the cent: documents, payments, what is applied, renewals,
    /// remittances and the ledger against each other. Lists whatever does not.
    Books {
        /// One JSON object; amounts in cents.
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify { head, json } => verify(place, head.as_deref(), json),
            Self::Books { json } => prove(place, json),
        }
    }
}

fn verify(place: &Place, head: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let (verdict, (seq, hash), kept) = read_once(&dir, |c| {
        let kept = match head.and_then(|h| h.split_once(':')) {
            Some((seq, hash)) => Some(
                ledger::hash_at(c, seq.parse().unwrap_or(0))?
                    .is_some_and(|found| HEXLOWER.encode(&found) == hash.to_ascii_lowercase()),
            ),
            None => None,
        };
        Ok((ledger::verify(c, &ring)?, ledger::head(c)?, kept))
    })?;
    let problem = match (&verdict, kept) {
        (Err(b), _) => Some(format!("line {}: {}", b.seq, b.why)),
        (Ok(_), Some(false)) => Some(
            "the head that was kept elsewhere is not in this ledger: its tail was cut or rewritten"
                .into(),
        ),
        (Ok(_), _) => None,
    };
    let head = format!("{seq}:{}", HEXLOWER.encode(&hash));
    if json {
        say_json(
            &json!({"lines": seq, "head": head, "holds": problem.is_none(), "problem": problem}),
        )?;
    } else {
        match &problem {
            None => say(&format!("{seq} lines, the chain holds; head {head}")),
            Some(problem) => say(problem),
        }
    }
    Ok(if problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prove(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let season = config.relance.season.id;
    let (found, totals) =
        read_once(&dir, |c| Ok((books::discrepancies(c)?, books::totals(c, &season)?)))?;
    if json {
        say_json(&json!({"season": season, "holds": found.is_empty(), "rules": books::rules(),
            "discrepancies": found, "totals": totals}))?;
    } else {
        show_totals(&totals);
        for d in &found {
            say(&format!("{}: {} should be {}, is {}", d.rule, d.row, d.should, d.is));
        }
        say(&match found.len() {
            0 => format!("{} rules hold: the books add up", books::rules().len()),
            n => format!("{n} discrepancies; amounts there are in cents"),
        });
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line an association.
pub(super) fn show_totals(totals: &[books::Totals]) {
    for t in totals {
        say(&format!(
            "{}: invoiced {}, credited {}, received {}, went back {}, applied {}, unapplied {}, \
             outstanding {}",
            t.issuer,
            dollars(t.invoiced),
            dollars(t.credited),
            dollars(t.received),
            dollars(t.went_back),
            dollars(t.applied),
            dollars(t.unapplied),
            dollars(t.outstanding)
        ));
    }
}

fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02} $", cents.abs() / 100, cents.abs() % 100)
}
