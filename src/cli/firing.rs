//! Owns `relance firing`: looking at firings, and deciding on held ones.

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::{Place, say, say_json};
use crate::clock::Clock;
use crate::ids::FiringId;
use crate::store::firings::{self, FiringState};
use crate::store::{Direct, ledger, messages, meta, read_once};

/// Subcommands of `relance firing`.
#[derive(Debug, Subcommand)]
pub(super) enum Firing {
    /// List the firings that there were.
    List {
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Let a held firing, or what is held of one, go out.
    Approve {
        /// Number from the list.
        #[arg(value_name = "NUMBER")]
        firing: i64,
    },
    /// A held firing, or what is held of one, will not go out.
    Cancel {
        /// Number from the list.
        #[arg(value_name = "NUMBER")]
        firing: i64,
    },
}

impl Firing {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        match self {
            Self::List { json } => list(&dir, json)?,
            Self::Approve { firing } => decide(&dir, firing, true)?,
            Self::Cancel { firing } => decide(&dir, firing, false)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(dir: &std::path::Path, json: bool) -> anyhow::Result<()> {
    let rows = read_once(dir, firings::all)?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|f| {
                json!({
                    "firing": f.id.0, "schedule": f.schedule, "association": f.issuer,
                    "step": f.step, "local": f.local, "zone": f.zone,
                    "utc": Timestamp::from_millisecond(f.due_ms).map(|t| t.to_string()).ok(),
                    "state": f.state.as_str(), "planned": f.planned, "excluded": f.excluded,
                    "reason": f.reason,
                })
            })
            .collect();
        return say_json(&rows);
    }
    if rows.is_empty() {
        say("none yet");
    }
    for f in rows {
        say(&format!(
            "{:>5}  {}  {:<18} {:<20} {:<9} {} written, {} left out  {}",
            f.id.0,
            f.local.replace('T', " "),
            f.zone,
            f.schedule,
            f.state.as_str(),
            f.planned,
            f.excluded,
            f.reason
        ));
    }
    Ok(())
}

fn decide(dir: &std::path::Path, firing: i64, approve: bool) -> anyhow::Result<()> {
    let ring = Place::ring(dir)?;
    let now_ms = Clock::system().now().as_millisecond();
    let mut store = Direct::open(dir, now_ms)?;
    let id = FiringId(firing);
    let (state, reason, kind) = if approve {
        (FiringState::Planning, firings::APPROVED, "firing-approved")
    } else {
        (FiringState::Cancelled, "cancelled by a person", "firing-cancelled")
    };
    let done = store.write(|c| {
        let now_ms = meta::get(c, meta::CALENDAR)?
            .and_then(|t| t.parse::<Timestamp>().ok())
            .map_or(now_ms, Timestamp::as_millisecond);
        let released = firings::release(c, id, state, reason)?;
        let messages = if approve {
            messages::release_firing(c, id, now_ms)?
        } else {
            messages::cancel_firing(c, id, reason, now_ms)?
        };
        if approve && messages > 0 {
            firings::approve(c, id)?;
        }
        if released || messages > 0 {
            let data = json!({"firing": firing, "messages": messages});
            ledger::append(c, &ring, now_ms, "", kind, &data)?;
        }
        Ok(released || messages > 0)
    })?;
    if !done {
        bail!("firing {firing} is not held, and nothing of it is");
    }
    let _ = crate::daemon::control::ask(dir, "wake");
    say(&format!("firing {firing}: {reason}"));
    Ok(())
}
