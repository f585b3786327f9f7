//! Owns what packagers need: man pages, completions, the config reference.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::{Cli, say};
use crate::config::reference;

/// Arguments of `relance generate`.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// What to make.
    #[arg(value_enum)]
    what: What,
    /// Folder for man pages and completions.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// One page a command, into the folder.
    Man,
    /// bash, fish and zsh, into the folder.
    Completions,
    /// docs/config.md, on standard output.
    ConfigReference,
}

impl Generate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Man => {
                std::fs::create_dir_all(&self.out)
                    .with_context(|| self.out.display().to_string())?;
                clap_mangen::generate_to(Cli::command(), &self.out)?;
            }
            What::Completions => {
                std::fs::create_dir_all(&self.out)
                    .with_context(|| self.out.display().to_string())?;
                for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
                    clap_complete::generate_to(shell, &mut Cli::command(), "relance", &self.out)?;
                }
            }
            What::ConfigReference => say(reference::markdown().trim_end()),
        }
        Ok(ExitCode::SUCCESS)
    }
}
