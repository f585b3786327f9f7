//! Owns `relance insurance last-day`: one page for a desk.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::known;
use crate::actions::{Context, insurer};
use crate::cli::acting::now;
use crate::cli::{say, say_json};
use crate::domain::insurance::Outcome;
use crate::domain::season;
use crate::domain::words::MessageState;
use crate::store::firings::{self, FiringState};
use crate::store::{StoreError, messages, people, read_once};

/// Messages in doubt that are looked through: more than that is one fault behind many.
const DOUBTFUL_MAX: i64 = 10_000;

/// Arguments of `relance insurance last-day`.
#[derive(Debug, Args)]
pub(in crate::cli) struct LastDay {
    /// Only what one association's desk must do.
    #[arg(long, value_name = "CODE")]
    issuer: Option<String>,
    /// A JSON list, one object an association.
    #[arg(long)]
    json: bool,
}

/// One desk's page.
#[derive(Debug, Serialize)]
struct Page {
    association: String,
    as_of: Timestamp,
    deadline: Timestamp,
    /// Covered, and cover would end or wait as things stand.
    undecided: Vec<ToCall>,
    /// Answered today, in the association's zone, that they will pay.
    pledged_today: Vec<String>,
    /// Mails of which nobody knows whether they left.
    in_doubt: Vec<Doubt>,
    /// Mailings that wait for a decision.
    held: Vec<Held>,
}

#[derive(Debug, Serialize)]
struct ToCall {
    member_no: String,
    name: String,
    phone: String,
    email: String,
    why: &'static str,
    last_call: String,
}

#[derive(Debug, Serialize)]
struct Doubt {
    message: i64,
    kind: String,
    member_no: String,
}

#[derive(Debug, Serialize)]
struct Held {
    firing: i64,
    step: String,
    reason: String,
}

impl LastDay {
    pub(super) fn run(self, dir: &Path, context: &Context) -> anyhow::Result<()> {
        known(context, self.issuer.as_deref())?;
        let (own, only) = (context.clone(), self.issuer.clone());
        let pages = read_once(dir, move |c| {
            let codes = own.config.associations.iter().map(|a| a.code.clone());
            codes
                .filter(|code| only.as_ref().is_none_or(|only| only == code))
                .map(|code| page(c, &own, &code))
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        if self.json {
            return say_json(&pages);
        }
        pages.iter().for_each(text);
        Ok(())
    }
}

fn page(c: &Connection, context: &Context, code: &str) -> Result<Page, StoreError> {
    let as_of = now(c)?;
    let list = insurer::list(c, context, as_of, Some(code))?;
    let (mut undecided, mut pledged_today) = (Vec::new(), Vec::new());
    let zone = context.config.association(code).and_then(|a| season::zone(&a.zone));
    let day = |at: Timestamp| zone.as_ref().map(|z| z.to_datetime(at).date());
    for m in list.members {
        if m.answered.is_some_and(|at| day(at) == day(as_of))
            && matches!(m.outcome, Outcome::Kept | Outcome::Pending)
        {
            pledged_today.push(m.member_no.clone());
        }
        if matches!(m.outcome, Outcome::Interrupted | Outcome::Pending) {
            let contact = people::contact(c, m.person)?;
            undecided.push(ToCall {
                name: format!("{} {}", m.given_name, m.family_name),
                phone: contact.phone,
                email: people::by_id(c, m.person)?.and_then(|p| p.email).unwrap_or_default(),
                member_no: m.member_no,
                why: m.why,
                last_call: m.last_call,
            });
        }
    }
    let mut in_doubt = Vec::new();
    let doubtful = messages::list(c, Some(MessageState::Unknown), DOUBTFUL_MAX)?;
    for message in doubtful.into_iter().filter(|m| m.issuer == code) {
        let person = message.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
        in_doubt.push(Doubt {
            message: message.id.0,
            kind: message.kind,
            member_no: person.map(|p| p.member_no).unwrap_or_default(),
        });
    }
    let held = firings::in_state(c, FiringState::Held)?.into_iter().filter(|f| f.issuer == code);
    let held = held.map(|f| Held { firing: f.id.0, step: f.step, reason: f.reason }).collect();
    Ok(Page {
        association: code.to_owned(),
        as_of,
        deadline: list.deadline,
        undecided,
        pledged_today,
        in_doubt,
        held,
    })
}

fn text(page: &Page) {
    say(&format!("{}: as of {}, deadline {}", page.association, page.as_of, page.deadline));
    say(&format!("  to call: {}", page.undecided.len()));
    for m in &page.undecided {
        let phone = if m.phone.is_empty() { "no telephone" } else { &m.phone };
        let call = if m.last_call.is_empty() { "no last call" } else { &m.last_call };
        say(&format!("    {:<10} {:<28} {phone:<16} {} ({call})", m.member_no, m.name, m.why));
    }
    say(&format!("  promised today: {}", page.pledged_today.len()));
    for number in &page.pledged_today {
        say(&format!("    {number}"));
    }
    say(&format!("  mails in doubt: {}", page.in_doubt.len()));
    for doubt in &page.in_doubt {
        say(&format!("    message {} to {}: {}", doubt.message, doubt.member_no, doubt.kind));
    }
    say(&format!("  mailings held: {}", page.held.len()));
    for held in &page.held {
        say(&format!("    firing {}: {} ({})", held.firing, held.step, held.reason));
    }
}
