//! Owns `relance demo`: a federation to play with, or its season played at once.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{say, say_json};
use crate::demo::{Folder, Stage, play};

/// Arguments of `relance demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Play the whole season without a person, and print what happened.
    #[arg(long)]
    headless: bool,
    /// What happened, as JSON.
    #[arg(long, requires = "headless")]
    json: bool,
    /// Keep config, state and mails in this new folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        log();
        let folder = match &self.keep {
            Some(path) => Folder::kept(path)?,
            None => Folder::temporary()?,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let stage = Stage::open(folder).await?;
            self.headless(stage).await
        })
    }

    async fn headless(&self, stage: Stage) -> anyhow::Result<ExitCode> {
        let terminal = std::io::stderr().is_terminal();
        let progress = |text: &str| {
            if terminal {
                let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
            }
        };
        let played = play(&stage, progress).await;
        progress("");
        stage.close().await;
        let table = played?;
        if self.json {
            say_json(&table)?;
        } else {
            say(table.to_string().trim_end());
        }
        Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Trouble only, on standard error; `RUST_LOG` says otherwise.
fn log() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .from_env_lossy();
    // A second subscriber in one process (tests) is not an error.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr)
        .try_init();
}
