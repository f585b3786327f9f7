//! Owns `relance forecast`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Place, say, say_json};
use crate::clock::Clock;
use crate::domain::season;
use crate::scheduler::forecast::{Coming, forecast};
use crate::store::{meta, read_once};

/// Arguments of `relance forecast`.
#[derive(Debug, Args)]
pub(super) struct Forecast {
    /// From the beginning of this day (UTC); left out: from now.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// To the end of this day (UTC); left out: to the end of the season.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// A JSON list.
    #[arg(long)]
    json: bool,
}

impl Forecast {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let state = place.existing(&config)?;
        let kept = read_once(&state, |c| meta::get(c, meta::CALENDAR))?;
        let now = kept.and_then(|t| t.parse().ok()).unwrap_or_else(|| Clock::system().now());
        let after = match self.from {
            Some(day) => start(day)?.saturating_sub(jiff::SignedDuration::from_millis(1))?,
            None => now,
        };
        let until = match self.to {
            Some(day) => start(day.tomorrow().context("--to")?)?
                .saturating_sub(jiff::SignedDuration::from_millis(1))?,
            None => season::ends(&config.relance.season),
        };
        let coming = read_once(&state, |c| forecast(c, &config, after, until))?;
        if self.json {
            say_json(&coming)?;
        } else if coming.is_empty() {
            say("nothing is due in that time");
        } else {
            for firing in &coming {
                say(&line(firing));
            }
            say(
                "Recipients are counted as the store stands now; who answers before a firing gets nothing.",
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn start(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}

fn line(f: &Coming) -> String {
    let excluded: Vec<String> = f.excluded.iter().map(|(why, n)| format!("{n} {why}")).collect();
    let excluded =
        if excluded.is_empty() { String::new() } else { format!("; not: {}", excluded.join(", ")) };
    format!(
        "{}  {:<22} ({})  {}  {:<5} {:<12} to {} (en {}, fr {}){excluded}",
        f.local.replace('T', " "),
        f.zone,
        f.utc,
        f.schedule,
        f.association,
        f.step,
        f.recipients.total,
        f.recipients.en,
        f.recipients.fr,
    )
}
