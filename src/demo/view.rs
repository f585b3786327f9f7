//! Owns what the demo's pages show, as plain values for the templates.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::mailbox::{Envelope, Opened};
use super::members::people_count;
use super::stage::{Stage, StageError};
use super::table;
use crate::domain::season;
use crate::domain::words::Lang;
use crate::scheduler::calendar as rules;
use crate::scheduler::forecast::{Coming, Wish, forecast};
use crate::store::firings;

/// Mails on one page of the list.
pub const PAGE: usize = 40;

/// Where the calendar would jump.
#[derive(Debug, Clone, Serialize)]
struct Next {
    at: String,
    shown: String,
    steps: Vec<Step>,
}

/// One firing, past or coming.
#[derive(Debug, Clone, Serialize)]
struct Step {
    kind: String,
    body: String,
    at: String,
    count: i64,
    past: bool,
    class: &'static str,
}

/// What every page shows: the calendar's reading, the next jump, the state, the season.
pub async fn frame(stage: &Stage, lang: Lang) -> Result<Map<String, Value>, StageError> {
    let now = stage.loops.clock.now();
    let config = std::sync::Arc::clone(stage.config());
    let ends = season::ends(&config.relance.season);
    let (fired, coming, rows) = stage
        .loops
        .store
        .read(move |c| {
            let wish = Wish { after: now, until: ends, now, members: false };
            let coming = forecast(c, &config, wish)?.firings;
            Ok((firings::all(c)?, coming, table::rows(c, &config)?))
        })
        .await?;
    let mut steps = Vec::new();
    for f in fired {
        let due = Timestamp::from_millisecond(f.due_ms).unwrap_or(now);
        let at = stage.composer.instant(lang, due, &f.zone)?;
        let body = short(stage, &f.issuer, lang);
        steps.push(Step { kind: f.kind, body, at, count: f.planned, past: true, class: "past" });
    }
    for c in &coming {
        steps.push(step(stage, c, lang)?);
    }
    let all = table::total(&rows);
    let sent = i64::try_from(stage.mailbox.list()?.len()).unwrap_or(i64::MAX);
    let state = [
        ("sent", sent),
        ("link", all.by_link),
        ("reply", all.by_reply),
        ("leave", all.not_renewing),
        ("open", all.open),
        ("desk", all.to_desk),
        ("stopped", all.stopped),
        ("bounced", all.bounces),
        ("letter", all.no_email),
    ];
    let zone = &stage.config().relance.season.deadline_zone;
    let value = json!({
        "now": stage.composer.instant(lang, now, zone)?,
        "next": next(stage, &coming, now, lang)?,
        "state": state.map(|(name, count)| json!({"name": name, "count": count})),
        "season": stage.config().relance.season.id,
        "calendar": steps,
        "people": people_count(),
    });
    match value {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn next(
    stage: &Stage,
    coming: &[Coming],
    now: Timestamp,
    lang: Lang,
) -> Result<Option<Next>, StageError> {
    let Some(first) = coming.first() else {
        let ends = season::ends(&stage.config().relance.season);
        let end = Next { at: ends.to_string(), shown: String::new(), steps: Vec::new() };
        return Ok((now < ends).then_some(end));
    };
    let together = coming.iter().filter(|c| c.utc == first.utc);
    Ok(Some(Next {
        at: first.utc.to_string(),
        shown: stage.composer.instant(lang, first.utc, &first.zone)?,
        steps: together.map(|c| step(stage, c, lang)).collect::<Result<_, _>>()?,
    }))
}

fn step(stage: &Stage, coming: &Coming, lang: Lang) -> Result<Step, StageError> {
    let kind = stage.config().schedule(&coming.schedule).map(|s| s.kind.as_str());
    Ok(Step {
        kind: kind.unwrap_or("notice").to_owned(),
        body: short(stage, &coming.association, lang),
        at: stage.composer.instant(lang, coming.utc, &coming.zone)?,
        count: i64::try_from(coming.recipients.total).unwrap_or(i64::MAX),
        past: false,
        class: "coming",
    })
}

fn short(stage: &Stage, code: &str, lang: Lang) -> String {
    let Some(association) = stage.config().association(code) else { return code.to_owned() };
    association
        .short
        .fr
        .clone()
        .filter(|_| lang == Lang::Fr)
        .unwrap_or(association.short.en.clone())
}

/// Whether jumping to `at` is what the page offers or a part of it: forward, within the season.
pub fn may_jump(stage: &Stage, at: Timestamp) -> bool {
    let ends = season::ends(&stage.config().relance.season);
    let next = rules::next(stage.config(), stage.loops.clock.now()).ok().flatten();
    at > stage.loops.clock.now() && at <= next.map_or(ends, |n| n.due)
}

/// Mails for a list, newest first.
pub async fn mails(
    stage: &Stage,
    mails: &[std::sync::Arc<Envelope>],
    lang: Lang,
) -> Result<Vec<Value>, StageError> {
    let zone = &stage.config().relance.season.deadline_zone;
    let mut out = Vec::with_capacity(mails.len());
    for mail in mails {
        let about = stage.about(mail.id).await?;
        let (kind, house) =
            about.map_or(("notice".to_owned(), String::new()), |a| (a.kind, a.issuer));
        let local = season::zone(zone).map(|rules| rules.to_datetime(mail.date));
        out.push(json!({
            "id": mail.id.to_string(),
            "to": mail.to.shown(),
            "subject": half(&mail.subject),
            "when": local.map(|l| l.strftime("%Y-%m-%d %H:%M").to_string()),
            "kind": kind,
            "house": short(stage, &house, lang),
        }));
    }
    Ok(out)
}

/// A subject says the same in both languages; a list has room for one half, the first.
fn half(subject: &str) -> &str {
    subject.split(" | ").next().unwrap_or(subject)
}

/// The text in parts: words, and links that lead somewhere.
pub fn parts(mail: &Opened, source: bool) -> Vec<Value> {
    if source {
        return vec![json!({"text": mail.source, "link": false})];
    }
    let mut out = Vec::new();
    let mut rest = mail.text.as_str();
    while let Some(at) = rest.find("http") {
        let link = rest[at..].starts_with("http://") || rest[at..].starts_with("https://");
        let stop = |c: char| c.is_whitespace() || matches!(c, '>' | '<' | '"');
        let end = rest[at..].find(stop).map_or(rest.len(), |n| at + n);
        let (before, found) = (&rest[..at], &rest[at..end]);
        out.push(json!({"text": before, "link": false}));
        out.push(json!({"text": found, "link": link}));
        rest = &rest[end..];
    }
    out.push(json!({"text": rest, "link": false}));
    out
}
