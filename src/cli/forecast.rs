//! Owns `relance forecast`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Place, say, say_json};
use crate::domain::season;
use crate::scheduler::census::Expected;
use crate::scheduler::forecast::{Coming, Forecast as Ahead, Open, Wish, forecast};
use crate::store::{Look, StoreError};

/// Arguments of `relance forecast`.
#[derive(Debug, Args)]
pub(super) struct Forecast {
    /// From the beginning of this day (UTC); left out: from now.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// To the end of this day (UTC); left out: to the end of the season.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// With the number of every member who is left out, and why.
    #[arg(long)]
    members: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// What the calendar reads: a simulation's own, else the machine's.
pub(super) fn now(look: &Look) -> Result<Timestamp, StoreError> {
    look.read(super::acting::now)
}

impl Forecast {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let look = Look::open(&place.existing(&config)?)?;
        let now = now(&look)?;
        let after = match self.from {
            Some(day) => start(day)?.saturating_sub(jiff::SignedDuration::from_millis(1))?,
            None => now,
        };
        let until = match self.to {
            Some(day) => start(day.tomorrow().context("--to")?)?
                .saturating_sub(jiff::SignedDuration::from_millis(1))?,
            None => season::ends(&config.relance.season),
        };
        let wish = Wish { after, until, now, members: self.members };
        let ahead = look.read(|c| forecast(c, &config, wish))?;
        if self.json {
            say_json(&ahead)?;
        } else {
            show(&ahead);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn start(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}

fn show(ahead: &Ahead) {
    for open in &ahead.open {
        say(&waiting(open));
    }
    if ahead.firings.is_empty() {
        return say("nothing is due in that time");
    }
    for firing in &ahead.firings {
        say(&line(firing));
        for (number, why) in &firing.members {
            say(&format!("    {number}  {why}"));
        }
    }
    say(
        "Recipients are counted as the store stands now; who answers before a firing gets nothing.",
    );
    say("\nMoney that may come, taxes included, of everybody who has not said no:");
    for expected in &ahead.expected {
        say(&money(expected));
    }
}

fn waiting(open: &Open) -> String {
    let Open { schedule, local, state, reason, counted, .. } = open;
    let local = local.replace('T', " ");
    match (open.firing, counted) {
        (None, _) => {
            format!("{state}: {schedule} of {local} has not been looked at; is the daemon running?")
        }
        (Some(n), Some(count)) => format!(
            "{state}: {schedule} of {local}, {reason} ({count} recipients); relance approve {schedule} --count {count}, or relance firing cancel {n}"
        ),
        (Some(n), None) => format!(
            "{state}: {schedule} of {local}, {reason}; relance firing approve {n}, or cancel {n}"
        ),
    }
}

fn line(f: &Coming) -> String {
    let excluded: Vec<String> = f.excluded.iter().map(|(why, n)| format!("{n} {why}")).collect();
    let excluded =
        if excluded.is_empty() { String::new() } else { format!("; not: {}", excluded.join(", ")) };
    let approved = f.approved.map(|approved| {
        let off = f.count.recipients - approved.recipients;
        if off == 0 {
            "; as approved".to_owned()
        } else {
            format!("; approved {} ({off:+})", approved.recipients)
        }
    });
    let last = f.last_season.map(|n| format!("; last season {n} ({:+})", f.count.recipients - n));
    format!(
        "{}  {:<22} ({})  {}  {:<5} {:<12} to {} (en {}, fr {}){excluded}{}{}",
        f.local.replace('T', " "),
        f.zone,
        f.utc,
        f.schedule,
        f.association,
        f.step,
        f.recipients.total,
        f.recipients.en,
        f.recipients.fr,
        approved.unwrap_or_default(),
        last.unwrap_or_default(),
    )
}

fn money(e: &Expected) -> String {
    let dollars = |cents: i64| format!("{}.{:02} $", cents / 100, cents % 100);
    format!(
        "  {:<5} {:>7} members  dues {:>15}  premiums {:>15}  taxes {:>13}  all {:>15}",
        e.association,
        e.members,
        dollars(e.dues_cents),
        dollars(e.premium_cents),
        dollars(e.tax_cents),
        dollars(e.total_cents),
    )
}
