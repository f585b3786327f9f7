//! Owns `relance audit`.

use std::process::ExitCode;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Place, say, say_json};
use crate::store::{ledger, read_once};

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
}

impl Audit {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let Self::Verify { head, json } = self;
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let (verdict, (seq, hash), kept) = read_once(&dir, |c| {
            let kept = match head.as_deref().and_then(|h| h.split_once(':')) {
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
            (Ok(_), Some(false)) => Some("the head that was kept elsewhere is not in this ledger: its tail was cut or rewritten".into()),
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
}
