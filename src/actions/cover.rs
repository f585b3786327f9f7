//! Owns the deadline's pass: once it is over and the inbox was read past it, what became of each
//! covered member's cover is written down, and later revised by new rows only. In chunks; killed
//! anywhere it goes on from the cursor, run twice it adds nothing.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::payload::Payload;
use super::{Context, insurance, letters, tell_desk};
use crate::clock::monotonic;
use crate::compose::{CoverNews, DeskTopic};
use crate::config::Config;
use crate::domain::insurance::{Finding, Outcome, Rules, Why};
use crate::domain::member::Member;
use crate::faults;
use crate::ids::{PersonId, RenewalId};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::{StoreError, firings, ledger, meta, outcomes, people, renewals, staging};

/// A chunk ends after this time: web and outbox wait for no more than 10 ms.
const CHUNK_TIME_MAX: Duration = Duration::from_millis(7);
/// Members, or lines of the ledger, read at once within a chunk.
const READ_AT_ONCE: i64 = 32;
/// What a stage's cursor says when every member was looked at.
const DONE: &str = "done";

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassEnd {
    /// There is more to look at.
    More,
    /// An instant has passed, and mail that arrived before it may not have been read.
    Waits,
    /// Nothing more is to be done now.
    Done,
}

/// The next instant at which outcomes are looked at, after `after`.
#[must_use]
pub fn next(config: &Config, after: Timestamp) -> Option<Timestamp> {
    let rules = rules(config)?;
    rules.stages().into_iter().map(|(_, at)| at).filter(|at| *at > after).min()
}

fn rules(config: &Config) -> Option<Rules> {
    let relance = &config.relance;
    relance.insurance.as_ref().map(|insurance| Rules::last(&relance.season, insurance))
}

fn stage_key(season: &str, stage: &str) -> String {
    format!("cover/{season}/{stage}")
}

fn followed_key(season: &str) -> String {
    format!("cover/{season}/followed")
}

/// A stage whose time has come.
#[derive(Debug, Clone, Copy)]
struct Stage {
    name: &'static str,
    at: Timestamp,
    /// Whether no later one's time has come too: each is reckoned as of now, so that the desk would
    /// read the same totals twice.
    last: bool,
}

/// The stage whose time has come and that is not done.
fn due(c: &Connection, config: &Config, now: Timestamp) -> Result<Option<Stage>, StoreError> {
    let season = &config.relance.season.id;
    let stages = rules(config).map(|r| r.stages()).unwrap_or_default();
    let mut come = stages.into_iter().take_while(|(_, at)| *at <= now).peekable();
    while let Some((name, at)) = come.next() {
        if meta::get(c, &stage_key(season, name))?.as_deref() != Some(DONE) {
            return Ok(Some(Stage { name, at, last: come.peek().is_none() }));
        }
    }
    Ok(None)
}

/// Whether the deadline's own pass is over: from then on outcomes stand in the store.
pub fn is_settled(c: &Connection, season: &str) -> Result<bool, StoreError> {
    Ok(meta::get(c, &stage_key(season, "deadline"))?.as_deref() == Some(DONE))
}

/// Whether a pass could go on now: what a travelling calendar waits for.
pub fn is_due(
    c: &Connection,
    config: &Config,
    now: Timestamp,
    read_until: Timestamp,
) -> Result<bool, StoreError> {
    if let Some(stage) = due(c, config, now)? {
        return Ok(read_until >= stage.at);
    }
    let season = &config.relance.season.id;
    let Some(followed) = followed(c, season)? else { return Ok(false) };
    Ok(ledger::head(c)?.0 > followed)
}

fn followed(c: &Connection, season: &str) -> Result<Option<i64>, StoreError> {
    Ok(meta::get(c, &followed_key(season))?.and_then(|text| text.parse().ok()))
}

/// One chunk in the caller's transaction. `read_until`: every mail that arrived before it was
/// taken in.
pub fn deadline_pass(
    c: &Connection,
    context: &Context,
    now: Timestamp,
    read_until: Timestamp,
) -> Result<PassEnd, StoreError> {
    // A list on its way in is all or nothing.
    if rules(&context.config).is_none() || staging::is_applying(c)? {
        return Ok(PassEnd::Done);
    }
    match due(c, &context.config, now)? {
        Some(stage) if read_until < stage.at => Ok(PassEnd::Waits),
        Some(stage) => walk(c, context, stage, now),
        None => follow(c, context, now),
    }
}

/// Goes on with a stage: association by association, member by member.
fn walk(
    c: &Connection,
    context: &Context,
    stage: Stage,
    now: Timestamp,
) -> Result<PassEnd, StoreError> {
    let begun = monotonic();
    let season = context.config.relance.season.id.clone();
    if followed(c, &season)?.is_none() {
        // What happens from here on is looked at when the pass is over.
        meta::set(c, &followed_key(&season), &ledger::head(c)?.0.to_string())?;
    }
    let key = stage_key(&season, stage.name);
    let kept = meta::get(c, &key)?.unwrap_or_default();
    let (code, cursor) = kept.split_once(' ').unwrap_or_default();
    let codes: Vec<&str> = context.config.associations.iter().map(|a| a.code.as_str()).collect();
    let mut index = codes.iter().position(|known| *known == code).unwrap_or(0);
    let mut cursor: i64 = cursor.parse().unwrap_or(0);
    while let Some(issuer) = codes.get(index) {
        let members = people::of_association(c, issuer, cursor, READ_AT_ONCE)?;
        for member in &members {
            if insurance::concerns(c, context, member, issuer)? {
                settle(c, context, member, issuer, stage.name == "deadline", now)?;
            }
        }
        if let Some(last) = members.last() {
            cursor = last.id.0;
        } else {
            report(c, context, issuer, stage, now)?;
            (index, cursor) = (index + 1, 0);
        }
        if begun.elapsed() >= CHUNK_TIME_MAX {
            break;
        }
    }
    let place = codes.get(index).map_or_else(|| DONE.to_owned(), |code| format!("{code} {cursor}"));
    meta::set(c, &key, &place)?;
    let chunk_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(stage = stage.name, chunk_ms, "cover.chunk");
    faults::point("cover.chunk");
    Ok(PassEnd::More)
}

/// Looks again at whoever something happened to since: an answer or payment recorded late, a
/// declaration, a desk's decision.
fn follow(c: &Connection, context: &Context, now: Timestamp) -> Result<PassEnd, StoreError> {
    let begun = monotonic();
    let season = &context.config.relance.season.id;
    let Some(mut at) = followed(c, season)? else { return Ok(PassEnd::Done) };
    let mut end = PassEnd::More;
    let before = at;
    while begun.elapsed() < CHUNK_TIME_MAX {
        let lines = ledger::some(c, at, READ_AT_ONCE)?;
        let Some(last) = lines.last() else {
            end = PassEnd::Done;
            break;
        };
        at = last.seq;
        for line in lines.iter().filter(|l| !l.subject.is_empty() && l.kind != "cover-outcome") {
            let Some(id) = outcomes::person_of(c, &line.subject)? else { continue };
            let Some(renewal) = outcomes::renewal_of(c, id, season)? else { continue };
            revise(c, context, id, renewal, now)?;
        }
    }
    if at > before {
        meta::set(c, &followed_key(season), &at.to_string())?;
    }
    Ok(end)
}

/// Finds what became of one covered member's cover, and writes it where that is new. `first`:
/// whoever has no outcome yet gets one; later stages only revise.
fn settle(
    c: &Connection,
    context: &Context,
    member: &Member,
    issuer: &str,
    first: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let season = &context.config.relance.season.id;
    let renewal = match outcomes::renewal_of(c, member.id, season)? {
        Some(known) => known,
        None if first => renewals::open(c, member.id, issuer, season, now.as_millisecond())?,
        None => return Ok(()),
    };
    revise(c, context, member.id, renewal, now)
}

fn revise(
    c: &Connection,
    context: &Context,
    person: PersonId,
    renewal: RenewalId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (Some(row), Some(member)) = (renewals::by_id(c, renewal)?, people::by_id(c, person)?)
    else {
        return Ok(());
    };
    let Some(found) = insurance::find(c, context, &row, &member, now)? else { return Ok(()) };
    let before = outcomes::latest(c, renewal)?;
    let same = |kept: &Finding| (kept.outcome, kept.why) == (found.outcome, found.why);
    if before.as_ref().is_some_and(|kept| same(&kept.finding)) {
        return Ok(());
    }
    let version = before.as_ref().map_or(1, |kept| kept.version + 1);
    let (_, subject) = super::person(c, person)?;
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": renewal.0,
        "version": version,
        "outcome": found.outcome.as_str(),
        "evidence": serde_json::to_value(&found).unwrap_or_default(),
    });
    let at_ms = now.as_millisecond();
    let seq = ledger::append(c, &context.ring, at_ms, &subject, "cover-outcome", &data)?;
    outcomes::add(c, renewal, version, &found, at_ms, seq)?;
    let was = before.map(|kept| kept.finding.outcome);
    // Whoever never got a notice hears of no end of cover: a store made after the deadline, say.
    if was != Some(found.outcome)
        && let Some(news) = news(&found)
        && firings::noticed(c, &row.issuer, &row.season)?
    {
        let payload = Payload { news: news.as_str().into(), ..Payload::default() };
        let message = NewMessage {
            cause: &format!("{}/{}/member", ledger::cause(c, seq)?, news.template()),
            kind: news.template(),
            priority: 1,
            person: Some(person),
            renewal: Some(renewal),
            issuer: &row.issuer,
            firing: None,
            recipient: Recipient::Member,
            payload: &payload.to_json(),
            due_ms: letters::polite(context, &row.issuer, now).as_millisecond(),
        };
        messages::add(c, &message, at_ms)?;
    }
    Ok(())
}

/// What the member is told: that cover ended, or that a declaration is missing. Whoever kept or
/// declined it was told when they answered; whom the desk has is told by the desk.
fn news(found: &Finding) -> Option<CoverNews> {
    match (found.outcome, found.why) {
        (Outcome::Interrupted, Why::NotDeclared) => Some(CoverNews::NotDeclared),
        (Outcome::Interrupted, Why::PledgeUnpaid) => Some(CoverNews::NotPaid),
        (Outcome::Interrupted, _) => Some(CoverNews::NoAnswer),
        (Outcome::Pending, Why::NotDeclared) => Some(CoverNews::DeclarationDue),
        (Outcome::Pending | Outcome::Kept | Outcome::Declined, _) => None,
    }
}

/// An association's totals, for the ledger and, where no later stage tells it at once, its desk.
fn report(
    c: &Connection,
    context: &Context,
    issuer: &str,
    stage: Stage,
    now: Timestamp,
) -> Result<(), StoreError> {
    let season = &context.config.relance.season.id;
    let totals = outcomes::totals(c, season, issuer)?;
    if totals.is_empty() {
        return Ok(());
    }
    let of = |outcome: Outcome| {
        totals.iter().find(|(text, _)| text == outcome.as_str()).map_or(0, |(_, n)| *n)
    };
    let counts: serde_json::Map<_, _> =
        Outcome::ALL.iter().map(|o| (o.as_str().to_owned(), of(*o).into())).collect();
    let data = json!({"issuer": issuer, "season": season, "stage": stage.name, "totals": counts});
    let seq = ledger::append(c, &context.ring, now.as_millisecond(), "", "cover-pass", &data)?;
    if !stage.last {
        return Ok(());
    }
    let payload = Payload {
        topic: DeskTopic::CoverOutcomes.as_str().into(),
        totals: Outcome::ALL.iter().map(|o| of(*o)).collect(),
        ..Payload::default()
    };
    tell_desk(c, context, seq, issuer, None, &payload, now)
}

#[cfg(test)]
mod tests;
