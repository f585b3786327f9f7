//! Owns `relance preview`: one mail of the season, shown and not sent.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use mail_parser::MessageParser;

use super::forecast::now;
use super::{Place, say, say_error};
use crate::actions::Context;
use crate::compose::Composer;
use crate::config::{Association, Config, Schedule};
use crate::domain::billing;
use crate::domain::eligibility::{self, Promise, Step};
use crate::domain::member::{Member, Renewal};
use crate::domain::season;
use crate::domain::words::MessageState;
use crate::ids::{MessageRow, Random, RenewalId};
use crate::link::Keyring;
use crate::outbox::{Drafted, preview};
use crate::scheduler::calendar;
use crate::store::messages::MessageView;
use crate::store::{Look, people, renewals};

/// Arguments of `relance preview`.
#[derive(Debug, Args)]
pub(super) struct Preview {
    /// Member number.
    member: String,
    /// Name of the step: notice, reminder-1, last-call, lapse …
    step: String,
    /// Of which association, where the member has a place in several.
    #[arg(long, value_name = "CODE")]
    issuer: Option<String>,
    #[command(flatten)]
    form: Form,
}

/// What is printed.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// Subject and text; so it is where nothing else is asked for.
    #[arg(long)]
    text: bool,
    /// The HTML part.
    #[arg(long)]
    html: bool,
    /// The whole message as it would be sent.
    #[arg(long)]
    eml: bool,
}

impl Preview {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let look = Look::open(&place.existing(&config)?)?;
        let member = look.read(|c| people::by_number(c, &self.member))?;
        let member = member.with_context(|| format!("{}: no such member", self.member))?;
        let (issuer, schedule) = self.whose(&config, &member)?;
        let season = &config.relance.season.id;
        let renewal = look.read(|c| renewals::find(c, member.id, &issuer.code, season))?;
        let now = now(&look)?;
        let at = when(&config, schedule, now);
        if let Err(why) = verdict(&config, issuer, schedule, &member, renewal.as_ref(), at) {
            say_error(&format!("the member would not get it: {why}"));
        }
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
        let (id, code) = (renewal.map(|r| r.id), issuer.code.clone());
        let view = view(&member, id, code, schedule, at);
        // Keys of this moment: no link and no address in it works.
        let ring = Keyring::generate(&Random::System, at);
        let context = Context { config: config.into(), ring: ring.into() };
        let bytes = match look.read(|c| preview(c, &context, &composer, view, at))? {
            Drafted::Letter(letter) => letter.composed.bytes,
            Drafted::Cancel(why) => bail!("there is no such mail for the member: {why}"),
            Drafted::Hold(why) => bail!("it cannot be composed: {why}"),
        };
        self.show(&bytes)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The association and schedule; the one that bills, where only one does.
    fn whose<'a>(
        &self,
        config: &'a Config,
        member: &Member,
    ) -> anyhow::Result<(&'a Association, &'a Schedule)> {
        let candidates: Vec<_> = config
            .schedules
            .iter()
            .filter(|s| s.step == self.step)
            .filter(|s| self.issuer.as_ref().is_none_or(|code| *code == s.association))
            .filter_map(|s| Some((config.association(&s.association)?, s)))
            .filter(|(issuer, _)| billing::is_billed(config, member, issuer))
            .collect();
        match candidates.as_slice() {
            [one] => Ok(*one),
            [] => bail!(
                "{}: no association that bills member {} has such a step",
                self.step,
                self.member
            ),
            several => {
                let codes: Vec<&str> = several.iter().map(|(a, _)| a.code.as_str()).collect();
                bail!(
                    "several associations bill the member: name one with --issuer {}",
                    codes.join("|")
                )
            }
        }
    }

    fn show(&self, bytes: &[u8]) -> anyhow::Result<()> {
        if self.form.eml {
            use std::io::Write;
            std::io::stdout().write_all(bytes)?;
            return Ok(());
        }
        let mail = MessageParser::default().parse(bytes).context("the message has no parts")?;
        if self.form.html {
            say(&mail.body_html(0).context("the message has no HTML")?);
        } else {
            say(&format!("{}\n", mail.subject().unwrap_or_default()));
            say(&mail.body_text(0).context("the message has no text")?);
        }
        Ok(())
    }
}

/// The step's next firing, else its last, else now.
fn when(config: &Config, schedule: &Schedule, now: Timestamp) -> Timestamp {
    let section = &config.relance.season;
    let all = calendar::between(config, season::opens(section), season::ends(section));
    let own = all.unwrap_or_default().into_iter().filter(|n| n.schedule.id == schedule.id);
    let due: Vec<Timestamp> = own.map(|n| n.due).collect();
    due.iter().find(|due| **due >= now).or(due.last()).copied().unwrap_or(now)
}

fn verdict(
    config: &Config,
    issuer: &Association,
    schedule: &Schedule,
    member: &Member,
    renewal: Option<&Renewal>,
    at: Timestamp,
) -> Result<(), &'static str> {
    let day = season::day_in(&issuer.zone, at);
    let step = Step { kind: schedule.kind, audience: schedule.audience(), day, nominal: None };
    let decided = eligibility::decide(config, issuer, step, member, renewal, Promise::default());
    decided.map(|_| ()).map_err(eligibility::Excluded::as_str)
}

/// The message as the outbox would have it. Nobody's row is 0, so that a member without a renewal
/// gets a link all the same.
fn view(
    member: &Member,
    renewal: Option<RenewalId>,
    issuer: String,
    schedule: &Schedule,
    at: Timestamp,
) -> MessageView {
    MessageView {
        id: MessageRow(0),
        cause: format!("preview/{}/{}", schedule.id, member.member_no),
        kind: schedule.kind.as_str().into(),
        priority: 1,
        person: Some(member.id),
        renewal: renewal.or(Some(RenewalId(0))),
        issuer,
        firing: None,
        to_desk: false,
        payload: "{}".into(),
        state: MessageState::Queued,
        due_ms: at.as_millisecond(),
        attempt: 1,
        tries: 0,
        reason: String::new(),
        opened_ms: at.as_millisecond(),
    }
}
