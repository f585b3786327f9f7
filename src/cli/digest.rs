//! Owns `relance digest`: what a desk's next digest would say, without sending it.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::{Place, say, say_json};
use crate::actions::Context;
use crate::actions::desk;
use crate::compose::Composer;
use crate::domain::digest::LINES_MAX;
use crate::scheduler::digests as calendar;
use crate::store::{digests, read_once};

/// Lines of each section where all are asked for: more than a terminal is scrolled through.
const ALL_LINES_MAX: usize = 100_000;

/// Arguments of `relance digest`.
#[derive(Debug, Args)]
pub(super) struct Digest {
    /// Code of the association whose desk it is for.
    association: String,
    /// As the mail would say it, in the desk's language (the default).
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// Every line, not only those that fit into a mail.
    #[arg(long)]
    all: bool,
}

impl Digest {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let context =
            Context { config: std::sync::Arc::new(config), ring: std::sync::Arc::new(ring) };
        let config = &context.config;
        let Some(issuer) = config.association(&self.association) else {
            let known: Vec<&str> = config.associations.iter().map(|a| a.code.as_str()).collect();
            bail!("{} is no association; known: {}", self.association, known.join(", "));
        };
        let most = if self.all { ALL_LINES_MAX } else { LINES_MAX };
        let (digest, due) = read_once(&dir, |c| {
            let now = super::acting::now(c)?;
            let due = calendar::next_of(config, &issuer.code, now)
                .map_err(|e| crate::store::StoreError::GiveUp(e.to_string()))?;
            let from = digests::last_sent(c, &issuer.code)?.map(|d| d.until).unwrap_or_default();
            let until = digests::mark(c, now.as_millisecond())?;
            let last_day = due.is_some_and(|(_, last)| last);
            let digest = desk::gather(c, &context, issuer, (from, until), last_day, most)?;
            Ok((digest, due))
        })?;
        if self.json {
            say_json(&json!({
                "association": issuer.code,
                "due": due.map(|(at, _)| at.to_string()),
                "waiting": digest.waiting(),
                "digest": digest,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes)
            .context("the words cannot be used")?;
        say(composer.digest_text(issuer, &digest)?.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
