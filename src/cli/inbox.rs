//! Owns `relance inbox`.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::{Place, say, say_json, tell};
use crate::clock::Clock;
use crate::store::inbounds::{self, Listed};
use crate::store::{Direct, read_once};

/// Subcommands of `relance inbox`.
#[derive(Debug, Subcommand)]
pub(super) enum Inbox {
    /// Read a mailbox that stands still because it was rebuilt: what looks new in it is taken for
    /// new.
    Resume {
        /// One JSON object: `{"resumed"}`, how many mailboxes were held.
        #[arg(long)]
        json: bool,
    },
    /// List the mails that were read last, what each was and what came of it; of an absence note,
    /// when the person is back.
    List {
        /// A JSON list; mails that went to a desk with their sender, subject and text.
        #[arg(long)]
        json: bool,
        /// How many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u32,
    },
}

impl Inbox {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        match self {
            Self::Resume { json } => {
                let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
                let resumed = store.write(inbounds::resume)?;
                let _ = crate::daemon::control::ask(&dir, "wake");
                let none = resumed == 0;
                let words = if none { "no mailbox is held" } else { "the mailbox will be read" };
                tell(json, &json!({"resumed": resumed}), words)?;
            }
            Self::List { json, limit } => {
                let mails = read_once(&dir, |c| inbounds::newest(c, limit))?;
                list(&mails, json)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(mails: &[Listed], json: bool) -> anyhow::Result<()> {
    if json {
        return say_json(&mails.iter().map(shown).collect::<Vec<_>>());
    }
    if mails.is_empty() {
        say("none");
    }
    for mail in mails {
        let member = mail.member_no.as_deref().unwrap_or("-");
        let back = back_on(mail).map(|date| format!("  back on {date}")).unwrap_or_default();
        let (at, kind, outcome) = (received(mail), &mail.kind, &mail.outcome);
        say(&format!("{at}  {kind:<9}  {outcome:<28}  {member}{back}"));
    }
    Ok(())
}

fn shown(mail: &Listed) -> serde_json::Value {
    let mut shown = json!({
        "received": received(mail),
        "kind": mail.kind,
        "outcome": mail.outcome,
        "member_no": mail.member_no,
        "back_on": back_on(mail),
    });
    if mail.outcome.starts_with("to-desk") {
        shown["from"] = mail.sender.as_str().into();
        shown["subject"] = mail.subject.as_str().into();
        shown["text"] = mail.text.as_str().into();
    }
    shown
}

fn received(mail: &Listed) -> String {
    Timestamp::from_millisecond(mail.received_ms).map(|t| t.to_string()).unwrap_or_default()
}

/// As written; only an auto-reply has one.
fn back_on(mail: &Listed) -> Option<&str> {
    (mail.kind == "autoreply" && !mail.text.is_empty()).then_some(mail.text.as_str())
}
