//! Owns `relance approve`: a person has seen how many a mailing reaches, and types it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;

use super::forecast::now;
use super::{Place, say};
use crate::actions::firings::{Decided, Foretold, approve, approve_forecast};
use crate::actions::{Context, Door, Evidence};
use crate::config::Config;
use crate::domain::season;
use crate::domain::words::Lang;
use crate::ids::FiringId;
use crate::scheduler::forecast::{Coming, Wish, forecast};
use crate::store::{Direct, Look, firings};

/// Arguments of `relance approve`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The schedule: its firing that waits because of its count, else its next one.
    #[arg(value_name = "SCHEDULE", required_unless_present = "all", conflicts_with = "all")]
    schedule: Option<String>,
    /// Every coming firing of the season; the count is the sum of all.
    #[arg(long)]
    all: bool,
    /// How many it reaches, as the forecast or the hold says. Type it: that is the approval.
    #[arg(long, value_name = "N")]
    count: i64,
    /// Who approves; left out: the user who runs this.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Approve {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let by = self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_default();
        let context = Context { ring: Place::ring(&dir)?.into(), config: config.into() };
        let look = Look::open(&dir)?;
        let now = now(&look)?;
        if let Some(schedule) = &self.schedule {
            if context.config.schedule(schedule).is_none() {
                bail!("{schedule}: no such schedule; relance forecast lists them");
            }
            if let Some(held) = look.read(|c| firings::held_of(c, schedule))? {
                return self.release(&dir, &context, held.id, &by, now);
            }
        }
        let coming = coming(&look, &context.config, self.schedule.as_deref(), now)?;
        let found: i64 = coming.iter().map(|f| f.count.recipients).sum();
        if coming.is_empty() {
            bail!("nothing of that is due any more in this season");
        }
        if found != self.count {
            bail!(
                "the forecast says {found}, not {}: look at it with relance forecast, then type what it says",
                self.count
            );
        }
        Direct::open(&dir, now.as_millisecond())?.write(|c| {
            for firing in &coming {
                let Coming { schedule, local, count, .. } = firing;
                let foretold = Foretold { schedule, local, count: *count };
                approve_forecast(c, &context, foretold, &by, &evidence(now))?;
            }
            Ok(())
        })?;
        for Coming { schedule, local, count, .. } in &coming {
            let local = local.replace('T', " ");
            say(&format!("{schedule} of {local}: {} recipients are approved", count.recipients));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn release(
        &self,
        dir: &Path,
        context: &Context,
        firing: FiringId,
        by: &str,
        now: Timestamp,
    ) -> anyhow::Result<ExitCode> {
        let mut store = Direct::open(dir, now.as_millisecond())?;
        let count = Some(self.count);
        match store.write(|c| approve(c, context, firing, count, by, &evidence(now)))? {
            Decided::Done => {}
            Decided::NotHeld => bail!("firing {} is not held any more", firing.0),
            Decided::CountIs(found) => bail!(
                "firing {} waits because of its count, which is {found}, not {}",
                firing.0,
                self.count
            ),
        }
        let _ = crate::daemon::control::ask(dir, "wake");
        say(&format!("firing {}: approved for {} recipients", firing.0, self.count));
        Ok(ExitCode::SUCCESS)
    }
}

/// What vouches for an operator's command.
pub(super) fn evidence(at: Timestamp) -> Evidence<'static> {
    Evidence { door: Door::Desk, mid: None, lang: Lang::En, at, answers: "" }
}

/// The next firing of a schedule, or every coming one.
fn coming(
    look: &Look,
    config: &Config,
    schedule: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<Vec<Coming>> {
    let until = season::ends(&config.relance.season);
    let wish = Wish { after: now, until, now, members: false };
    let all = look.read(|c| forecast(c, config, wish))?.firings;
    Ok(match schedule {
        Some(id) => all.into_iter().find(|f| f.schedule == id).into_iter().collect(),
        None => all,
    })
}
