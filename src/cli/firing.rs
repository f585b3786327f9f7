//! Owns `relance firing`: looking at firings, and deciding on held ones.

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::approve::evidence;
use super::forecast::now;
use super::{Place, say, say_json, tell};
use crate::actions::firings::Decided;
use crate::actions::{self, Context};
use crate::config::Config;
use crate::ids::FiringId;
use crate::store::{Direct, Look, firings, read_once};

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
        /// Its recipients: to be typed for one that waits because of their number.
        #[arg(long, value_name = "N")]
        count: Option<i64>,
        /// One JSON object: `{"firing","decided"}`.
        #[arg(long)]
        json: bool,
    },
    /// A held firing, or what is held of one, will not go out.
    Cancel {
        /// Number from the list.
        #[arg(value_name = "NUMBER")]
        firing: i64,
        /// One JSON object: `{"firing","decided"}`.
        #[arg(long)]
        json: bool,
    },
}

impl Firing {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        match self {
            Self::List { json } => list(&dir, json)?,
            Self::Approve { firing, count, json } => {
                decide(&dir, config, firing, count, true)?;
                tell(
                    json,
                    &json!({"firing": firing, "decided": "approved"}),
                    &format!("firing {firing}: approved"),
                )?;
            }
            Self::Cancel { firing, json } => {
                decide(&dir, config, firing, None, false)?;
                tell(
                    json,
                    &json!({"firing": firing, "decided": "cancelled"}),
                    &format!("firing {firing}: cancelled by a person"),
                )?;
            }
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
                    "reason": f.reason, "counted": f.counted,
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

fn decide(
    dir: &std::path::Path,
    config: Config,
    firing: i64,
    count: Option<i64>,
    approve: bool,
) -> anyhow::Result<()> {
    let context = Context { ring: Place::ring(dir)?.into(), config: config.into() };
    let now = now(&Look::open(dir)?)?;
    let evidence = evidence(now);
    let mut store = Direct::open(dir, now.as_millisecond())?;
    let (id, by) = (FiringId(firing), std::env::var("USER").unwrap_or_default());
    let done = store.write(|c| {
        if approve {
            actions::firings::approve(c, &context, id, count, &by, &evidence)
        } else {
            actions::firings::cancel(c, &context, id, &evidence)
        }
    })?;
    match done {
        Decided::Done => {}
        Decided::NotHeld => bail!("firing {firing} is not held, and nothing of it is"),
        Decided::CountIs(found) => bail!(
            "firing {firing} waits because of its count: {found} recipients; if that is right, relance firing approve {firing} --count {found}"
        ),
    }
    let _ = crate::daemon::control::ask(dir, "wake");
    Ok(())
}
