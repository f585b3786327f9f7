//! Owns `relance member`: everything about one member, told, given out, or forgotten.

mod erase;
mod export;
mod show;
mod timeline;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use rusqlite::Connection;

use super::Place;
use crate::domain::member::Member as Person;
use crate::store::{StoreError, people};

/// Subcommands of `relance member`.
#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Say who a member is, where each renewal stands, and what happened, in order.
    Show {
        /// Member number.
        member: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write down everything that is kept about a member, for the member: data that a program
    /// reads, and a text.
    Export {
        /// Member number.
        member: String,
        /// A folder, which is made; or a file that ends in .json for the data alone.
        #[arg(long, value_name = "DIR|FILE")]
        out: PathBuf,
    },
    /// Forget who a member is. Amounts, states and declarations stay, as accounts and insurance
    /// need them, under a number that means nothing. It cannot be undone.
    Erase {
        /// Member number.
        member: String,
        /// Why, without naming anybody: “asked by letter, 2026-11-20”.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Let a number that was erased be imported again, since its owner came back.
    Readmit {
        /// Member number, as the list writes it.
        member: String,
    },
}

impl Member {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        match self {
            Self::Show { member, json } => show::run(place, &member, json),
            Self::Export { member, out } => export::run(place, &member, &out),
            Self::Erase { member, why, yes } => erase::run(place, &member, &why, yes),
            Self::Readmit { member } => erase::readmit(place, &member),
        }
    }
}

/// The member with that number.
fn find(c: &Connection, number: &str) -> Result<Option<Person>, StoreError> {
    people::by_number(c, number)
}

fn known<T>(found: Option<T>, number: &str) -> anyhow::Result<T> {
    match found {
        Some(found) => Ok(found),
        None => bail!("no member has the number {number}"),
    }
}
