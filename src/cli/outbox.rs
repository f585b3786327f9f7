//! Owns `relance outbox`: looking at messages, and deciding on those in doubt.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::{Place, say, say_json, tell};
use crate::actions::desk::outbox::{self as desk, Resolved};
use crate::clock::Clock;
use crate::domain::words::MessageState;
use crate::ids::{MessageId, MessageRow};
use crate::store::messages::MessageView;
use crate::store::{Direct, attempts, messages, people, read_once};

/// Subcommands of `relance outbox`.
#[derive(Debug, Subcommand)]
pub(super) enum Outbox {
    /// List messages: those that need a person, unless --only names a state.
    List {
        /// queued, sending, sent, refused, deferred, unknown, held or cancelled.
        // Not `--state`, which names the state folder for every command.
        #[arg(long, value_parser = state, value_name = "STATE")]
        only: Option<MessageState>,
        /// Messages at most.
        #[arg(long, default_value_t = 100)]
        limit: i64,
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Show one message with its attempts.
    Show {
        /// Number from the list, or sixteen hexadecimal digits of an attempt.
        message: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Decide on a message in doubt, refused or held.
    Resolve {
        /// Number from the list.
        #[arg(value_name = "NUMBER")]
        message: i64,
        /// What is true, or what to do.
        #[arg(long = "as", value_enum)]
        verdict: Verdict,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Verdict {
    /// It left: it was in the relay's log, or the member has it.
    Sent,
    /// Send it again, as a next attempt.
    Resend,
    /// Leave it.
    Cancelled,
}

fn state(text: &str) -> Result<MessageState, String> {
    MessageState::parse(text).ok_or_else(|| {
        let all: Vec<&str> = MessageState::ALL.iter().map(|s| s.as_str()).collect();
        format!("one of: {}", all.join(", "))
    })
}

impl Outbox {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        match self {
            Self::List { only, limit, json } => list(&dir, only, limit, json)?,
            Self::Show { message, json } => show(&dir, &message, json)?,
            Self::Resolve { message, verdict, json } => resolve(&dir, message, verdict, json)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(
    dir: &std::path::Path,
    state: Option<MessageState>,
    limit: i64,
    json: bool,
) -> anyhow::Result<()> {
    let need = [MessageState::Unknown, MessageState::Held, MessageState::Refused];
    let states = state.map_or_else(|| need.to_vec(), |s| vec![s]);
    let found = read_once(dir, |c| {
        let mut found = Vec::new();
        for state in states {
            for view in messages::list(c, Some(state), limit)? {
                let member = match view.person {
                    Some(id) => people::by_id(c, id)?.map(|m| m.member_no),
                    None => None,
                };
                found.push((view, member));
            }
        }
        Ok(found)
    })?;
    if json {
        let rows: Vec<_> = found.iter().map(|(v, m)| as_json(v, m.as_deref())).collect();
        return say_json(&rows);
    }
    if found.is_empty() {
        say("none");
    }
    for (v, member) in found {
        let member = member.unwrap_or_else(|| "desk".into());
        say(&format!(
            "{:>7}  {:<9}  {:<15}  {:<5}  {:<10}  attempt {}  {}",
            v.id.0, v.state, v.kind, v.issuer, member, v.attempt, v.reason
        ));
    }
    Ok(())
}

fn as_json(v: &MessageView, member: Option<&str>) -> serde_json::Value {
    json!({
        "message": v.id.0, "state": v.state, "kind": v.kind, "issuer": v.issuer,
        "member_no": member, "to_desk": v.to_desk, "attempt": v.attempt, "tries": v.tries,
        "cause": v.cause, "reason": v.reason, "due": instant(v.due_ms),
    })
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|t| t.to_string()).unwrap_or_default()
}

fn show(dir: &std::path::Path, message: &str, json: bool) -> anyhow::Result<()> {
    let by_attempt = MessageId::from_hex(message).filter(|_| message.len() == 16);
    let (view, member, tries) = read_once(dir, |c| {
        let row = match by_attempt {
            Some(mid) => attempts::by_mid(c, mid)?.map(|a| a.message),
            None => message.parse().ok().map(MessageRow),
        };
        let Some(view) = row.map(|r| messages::by_id(c, r)).transpose()?.flatten() else {
            return Ok((None, None, Vec::new()));
        };
        let member = view.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
        let tries = attempts::of_message(c, view.id)?;
        Ok((Some(view), member.map(|m| m.member_no), tries))
    })?;
    let view = view.with_context(|| format!("no message {message}"))?;
    let mut value = as_json(&view, member.as_deref());
    value["attempts"] = tries
        .iter()
        .map(|a| {
            json!({
                "id": a.mid.to_string(), "n": a.n, "state": a.state, "code": a.code,
                "relay": a.relay_text, "started": instant(a.started_ms),
                "message_id": a.header_id, "evidence": a.evidence,
                "bounced": a.bounced_ms.map(instant), "bounce_status": a.bounce_status,
                "renewal_version": a.renewal_version,
            })
        })
        .collect();
    if json {
        return say_json(&value);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        if key != "attempts" {
            say(&format!(
                "{key:<10} {}",
                value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
            ));
        }
    }
    for a in tries {
        say(&format!(
            "attempt {} ({}): {} {} {}{}",
            a.n,
            a.mid,
            a.state,
            instant(a.started_ms),
            a.relay_text,
            if a.bounce_status.is_empty() {
                String::new()
            } else {
                format!(", came back {}", a.bounce_status)
            }
        ));
    }
    Ok(())
}

fn resolve(
    dir: &std::path::Path,
    message: i64,
    verdict: Verdict,
    json: bool,
) -> anyhow::Result<()> {
    let ring = Place::ring(dir)?;
    let mut store = Direct::open(dir, Clock::system().now().as_millisecond())?;
    let id = MessageRow(message);
    let verdict = match verdict {
        Verdict::Sent => desk::Verdict::Sent,
        Verdict::Resend => desk::Verdict::Resend,
        Verdict::Cancelled => desk::Verdict::Cancelled,
    };
    let moved = store.write(|c| desk::resolve(c, &ring, id, verdict, super::acting::now(c)?))?;
    match moved {
        Resolved::Missing => bail!("no message {message}"),
        Resolved::Settled => bail!(
            "message {message} is neither in doubt nor refused nor held: there is nothing to decide"
        ),
        Resolved::Done => {}
    }
    // A running daemon looks every two seconds; tell it, so that nobody waits.
    let _ = crate::daemon::control::ask(dir, "wake");
    let words = format!("message {message}: done");
    tell(json, &json!({"message": message, "resolved": true}), &words)
}
