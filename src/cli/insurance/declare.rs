//! Owns `relance insurance declare`: answers given by telephone.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use crate::actions::insurance;
use crate::actions::{Applied, Context, Door, Evidence};
use crate::cli::acting::now;
use crate::clock::Clock;
use crate::domain::desk::Channel;
use crate::domain::insurance::{Declaration, insurer_of};
use crate::store::{Direct, people, renewals};

/// Arguments of `relance insurance declare`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Declare {
    /// Member number.
    #[arg(value_name = "MEMBER")]
    member: String,
    /// Who took the call: part of the evidence.
    #[arg(long, value_name = "NAME")]
    staff: String,
    /// A question's id and its answer: claims=no. Once for each question.
    #[arg(long = "answer", value_name = "ID=yes|no", required = true)]
    answers: Vec<String>,
    /// One JSON object: `{"member_no","recorded"}`; `recorded` is false where it was done before.
    #[arg(long)]
    json: bool,
}

impl Declare {
    pub(super) fn run(self, dir: &Path, context: &Context) -> anyhow::Result<()> {
        let asked = context.config.relance.insurance.as_ref().context("no [insurance]")?;
        let mut declaration = Declaration {
            questions: asked.questions_version.clone(),
            answers: self.answers.iter().map(|text| answer(text)).collect::<Result<_, _>>()?,
        };
        // In the order in which they are asked, whatever the order on the command line.
        let place = |id: &str| asked.questions.iter().position(|q| q.id == id);
        declaration.answers.sort_by_key(|(id, _)| place(id));
        let staff = self.staff.trim();
        if staff.is_empty() {
            bail!("--staff: name the person who took the call");
        }
        let door = Door::Behalf { channel: Channel::Phone, staff };
        let mut store = Direct::open(dir, Clock::system().now().as_millisecond())?;
        let applied = store.write(|c| {
            let Some(member) = people::by_number(c, &self.member)? else { return Ok(None) };
            let Some(issuer) = insurer_of(&context.config, &member) else { return Ok(None) };
            let Some(association) = context.config.association(issuer) else { return Ok(None) };
            let at = now(c)?;
            let season = &context.config.relance.season.id;
            let renewal = renewals::open(c, member.id, issuer, season, at.as_millisecond())?;
            let lang = member.reads(association.language);
            let evidence = Evidence { door, mid: None, lang, at, answers: "" };
            insurance::declare(c, context, renewal, &declaration, true, &evidence).map(Some)
        })?;
        match applied {
            None => bail!("there is no member {}, or no association bills them", self.member),
            Some(Applied::Done) => self.tell(true, "recorded; the member is told by mail")?,
            Some(Applied::Already) => self.tell(false, "recorded already")?,
            Some(_) => {
                let ids: Vec<&str> = asked.questions.iter().map(|q| q.id.as_str()).collect();
                bail!("nothing was recorded: the questions are {}, once each", ids.join(", "))
            }
        }
        let _ = crate::daemon::control::ask(dir, "wake");
        Ok(())
    }

    fn tell(&self, recorded: bool, words: &str) -> anyhow::Result<()> {
        let told = json!({"member_no": self.member, "recorded": recorded});
        super::super::tell(self.json, &told, words)
    }
}

fn answer(text: &str) -> anyhow::Result<(String, bool)> {
    match text.split_once('=') {
        Some((id, "yes")) => Ok((id.to_owned(), true)),
        Some((id, "no")) => Ok((id.to_owned(), false)),
        _ => bail!("--answer {text}: write a question's id and its answer, like claims=no"),
    }
}
