//! Owns `relance insurance`: the insurer's lists, an auditor's evidence, certificates, and a desk's
//! last day.

mod certificates;
mod declare;
mod evidence;
mod last_day;
mod list;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;

use super::Place;
use crate::actions::Context;
use crate::config::Config;

/// Subcommands of `relance insurance`.
#[derive(Debug, Subcommand)]
pub(super) enum Insurance {
    /// List the covered members and what became of their cover, or would as things stand.
    List(list::List),
    /// Show all that vouches for one member's cover: declarations, answers, payments, mails, and
    /// the ledger's lines. Confidential: it has the answers to the questions.
    Evidence(evidence::Evidence),
    /// Record answers to the insurance questions that a member gave by telephone.
    Declare(declare::Declare),
    /// Certificates of insurance.
    #[command(subcommand)]
    Certificates(certificates::Certificates),
    /// What a desk does on the last day: whom to call, what was promised today, what is in doubt.
    LastDay(last_day::LastDay),
}

impl Insurance {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        if config.relance.insurance.is_none() {
            bail!("the config has no [insurance]");
        }
        let dir = place.existing(&config)?;
        let context = context(config, &dir)?;
        match self {
            Self::List(list) => list.run(&dir, &context)?,
            Self::Evidence(evidence) => evidence.run(&dir, &context)?,
            Self::Declare(declare) => declare.run(&dir, &context)?,
            Self::Certificates(certificates) => certificates.run(&dir, &context)?,
            Self::LastDay(day) => day.run(&dir, &context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn context(config: Config, dir: &Path) -> anyhow::Result<Context> {
    Ok(Context { config: Arc::new(config), ring: Arc::new(Place::ring(dir)?) })
}

/// An association's code, checked.
fn known(context: &Context, issuer: Option<&str>) -> anyhow::Result<()> {
    match issuer {
        Some(code) if context.config.association(code).is_none() => {
            let codes: Vec<&str> =
                context.config.associations.iter().map(|a| a.code.as_str()).collect();
            bail!("{code} is no association; there are {}", codes.join(", "))
        }
        _ => Ok(()),
    }
}

/// A file to read, as an argument.
type File = PathBuf;
