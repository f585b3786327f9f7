//! Owns `relance demo`: a federation to play with, or its season played at once.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{say, say_json};
use crate::demo::{Folder, Stage, play, viewer};

/// Arguments of `relance demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Play the whole season without a person, and print what happened.
    #[arg(long)]
    headless: bool,
    /// With --headless: what happened, as JSON.
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
            if self.headless { self.headless(stage).await } else { show(stage).await }
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

/// Shows it in the browser until somebody stops it.
async fn show(stage: Stage) -> anyhow::Result<ExitCode> {
    let (listener, address) = viewer::listen().await?;
    say(&format!(
        "Open http://{address}/ in a browser.\n\n\
         1. Press the button “Jump to …”: the first notices go out.\n\
         2. Open one and follow its link: that is all a member sees.\n\
         3. Answer another in plain words, bounce a third, and jump on.\n\n\
         Everything is in {}. Ctrl-C ends it.",
        stage.folder().path().display()
    ));
    let stage = Arc::new(stage);
    viewer::serve(listener, Arc::clone(&stage)).await;
    let stage = Arc::into_inner(stage).context("a page is still being served")?;
    let ended = stage.close().await;
    Ok(ExitCode::from(ended.exit_code()))
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
