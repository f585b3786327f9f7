//! Owns `relance link`: what a token is, without acting on it, and the code that stands for one.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use anyhow::bail;

use super::acting::now;
use super::{Place, say, say_json};
use crate::clock::Clock;
use crate::link::{Token, code};
use crate::store::{Direct, attempts, ledger, messages, people, read_once, revoked};

/// Subcommands of `relance link`.
#[derive(Debug, Subcommand)]
pub(super) enum Link {
    /// Say what a token is for, whose message it belongs to and when it expires.
    Inspect {
        /// The token, or the link or address in which it stands.
        token: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take back every link of one mail, its reply address included: a link that went astray opens
    /// nothing then, and a renewal's page offers to mail a fresh one to the address on file.
    /// Unsubscribing stays possible. A payer's page has one link for good: taken back, it stays so.
    Revoke {
        /// The token, or the link or address in which it stands.
        token: String,
        /// One JSON object: `{"attempt","revoked"}`; `revoked` is false where it was done before.
        #[arg(long)]
        json: bool,
    },
    /// Make a link by which a desk acts for its members, who call or write; it works for a day.
    Desk {
        /// Code of the association; left out: the national one.
        #[arg(long, value_name = "CODE")]
        issuer: Option<String>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Say a member's type-in code of this season, to be read out on the telephone to somebody who
    /// proved who they are. With number and postal code it opens the renewal's page.
    Code {
        /// Member number.
        member: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl Link {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        match self {
            Self::Inspect { token, json } => inspect(place, &token, json),
            Self::Revoke { token, json } => revoke(place, &token, json),
            Self::Desk { issuer, json } => super::link_desk::run(place, issuer.as_deref(), json),
            Self::Code { member, json } => tell_code(place, &member, json),
        }
    }
}

fn tell_code(place: &Place, member_no: &str, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let season = &config.relance.season.id;
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let told = store.write(|c| {
        let now_ms = now(c)?.as_millisecond();
        let Some(member) = people::by_number(c, member_no)? else { return Ok(None) };
        let contact = people::contact(c, member.id)?;
        let data = json!({"season": season});
        ledger::append(c, &ring, now_ms, &contact.subject, "code-told", &data)?;
        let shown = code::shown(&code::of(&ring, season, &contact.subject));
        Ok(Some((shown, contact.postal_code.is_empty())))
    })?;
    let Some((shown, homeless)) = told else { bail!("no member has the number {member_no}") };
    if json {
        say_json(&json!({
            "member_no": member_no, "season": season, "code": shown, "usable": !homeless,
        }))?;
    } else {
        say(&shown);
        if homeless {
            say(
                "no postal code is on file, and without it the code opens nothing: add it to the list",
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn revoke(place: &Place, token: &str, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let Ok(token) = Token::read(bare(token), &ring) else {
        bail!("not a token of this installation, or damaged: it opens nothing as it is");
    };
    let mid = token.message;
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let revoked = store.write(|c| {
        let now_ms = now(c)?.as_millisecond();
        if !revoked::revoke(c, mid, now_ms)? {
            return Ok(false);
        }
        let message =
            attempts::by_mid(c, mid)?.map(|a| messages::by_id(c, a.message)).transpose()?;
        let person = message.flatten().and_then(|m| m.person);
        let contact = person.map(|id| people::contact(c, id)).transpose()?;
        let subject = contact.map_or_else(String::new, |contact| contact.subject);
        let data = json!({"attempt": mid.to_string()});
        ledger::append(c, &ring, now_ms, &subject, "links-revoked", &data)?;
        Ok(true)
    })?;
    if json {
        say_json(&json!({"attempt": mid.to_string(), "revoked": revoked}))?;
    } else if revoked {
        say("every link of that mail is taken back, from now on");
    } else {
        say("the links of that mail were taken back before");
    }
    Ok(ExitCode::SUCCESS)
}

fn inspect(place: &Place, token: &str, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let Ok(found) = Token::read(bare(token), &ring) else {
        if json {
            say_json(&json!({"valid": false}))?;
        } else {
            say("not a token of this installation, or damaged");
        }
        return Ok(ExitCode::FAILURE);
    };
    let mid = found.message;
    let (now, revoked, message, member) = read_once(&dir, |c| {
        let (now, revoked) = (now(c)?, revoked::is_revoked(c, mid)?);
        let Some(attempt) = attempts::by_mid(c, mid)? else {
            return Ok((now, revoked, None, None));
        };
        let message = messages::by_id(c, attempt.message)?;
        let person = message.as_ref().and_then(|m| m.person);
        let member = person.map(|id| people::by_id(c, id)).transpose()?.flatten();
        Ok((now, revoked, message, member.map(|m| m.member_no)))
    })?;
    let expires = (found.expires_h != u32::MAX)
        .then(|| Timestamp::from_second(i64::from(found.expires_h) * 3600).ok())
        .flatten();
    let expired = expires.is_some_and(|at| at <= now);
    let value = json!({
        "valid": true, "purpose": found.purpose.as_str(), "attempt": mid.to_string(),
        "expires": expires.map(|t| t.to_string()), "expired": expired, "revoked": revoked,
        "message": message.as_ref().map(|m| m.id.0),
        "kind": message.as_ref().map(|m| m.kind.clone()), "member_no": member,
    });
    if json {
        say_json(&value)?;
    } else {
        for (key, value) in value.as_object().into_iter().flatten() {
            say(&format!(
                "{key:<10} {}",
                value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The token in `https://…/r/TOKEN?lang=fr` or `r+TOKEN@domain`.
fn bare(text: &str) -> &str {
    let text = text.split(['?', '#']).next().unwrap_or(text);
    let text = text.rsplit('/').next().unwrap_or(text);
    let text = text.split('@').next().unwrap_or(text);
    text.rsplit('+').next().unwrap_or(text).trim_matches(['<', '>'])
}

#[cfg(test)]
mod tests {
    #[test]
    fn links_and_addresses() {
        for text in ["abc", "https://x.test/r/abc?lang=fr", "<r+abc@reply.test>", "b+abc@b.test"] {
            assert_eq!(super::bare(text), "abc", "{text}");
        }
    }
}
