//! Owns `relance insurance evidence`: what an auditor wants to see of one member's cover.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::actions::{Context, insurance};
use crate::cli::acting::now;
use crate::cli::{say, say_json};
use crate::domain::insurance::Declaration;
use crate::domain::member::Member;
use crate::store::declarations::{self, DeclarationRow};
use crate::store::{
    RenewalRow, StoreError, certificates, ledger, outcomes, people, read_once, renewals,
};

/// Arguments of `relance insurance evidence`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Evidence {
    /// Member number.
    #[arg(value_name = "MEMBER")]
    member: String,
    /// One JSON object with everything.
    #[arg(long)]
    json: bool,
}

impl Evidence {
    pub(super) fn run(self, dir: &Path, context: &Context) -> anyhow::Result<()> {
        let (own, number) = (context.clone(), self.member.clone());
        let found = read_once(dir, move |c| match people::by_number(c, &number)? {
            Some(member) => bundle(c, &own, &member).map(Some),
            None => Ok(None),
        })?;
        let Some(bundle) = found else { bail!("there is no member {}", self.member) };
        if self.json {
            return say_json(&bundle);
        }
        text(&bundle);
        Ok(())
    }
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|t| t.to_string()).unwrap_or_default()
}

fn bundle(c: &Connection, context: &Context, member: &Member) -> Result<Value, StoreError> {
    let season = &context.config.relance.season.id;
    let subject = people::contact(c, member.id)?.subject;
    let mut all = Vec::new();
    for association in &context.config.associations {
        if let Some(renewal) = renewals::find(c, member.id, &association.code, season)? {
            let row = RenewalRow {
                renewal,
                person: member.id,
                issuer: association.code.clone(),
                season: season.clone(),
            };
            all.push(of_renewal(c, context, &row, member)?);
        }
    }
    let mut lines = Vec::new();
    for line in ledger::about(c, &subject)? {
        let hash = ledger::hash_at(c, line.seq)?.unwrap_or_default();
        lines.push(json!({
            "line": line.seq, "at": instant(line.at_ms), "kind": line.kind,
            "data": serde_json::from_str::<Value>(&line.data).unwrap_or_default(),
            "hash": data_encoding::HEXLOWER.encode(&hash),
        }));
    }
    Ok(json!({
        "member": member.member_no,
        "name": format!("{} {}", member.given_name, member.family_name),
        "season": season,
        "subject": subject,
        "renewals": all,
        "certificate": certificates::url(c, member.id, season)?,
        "ledger": lines,
    }))
}

fn of_renewal(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
) -> Result<Value, StoreError> {
    let id = row.renewal.id;
    let mut declared = Vec::new();
    for d in declarations::of(c, id)? {
        declared.push(declaration(c, row, &d)?);
    }
    let history: Vec<Value> = outcomes::of(c, id)?
        .into_iter()
        .map(|o| {
            json!({"version": o.version, "at": instant(o.at_ms), "list": o.list,
                   "line": o.ledger, "finding": o.finding})
        })
        .collect();
    let facts = insurance::facts(c, context, row, member)?;
    let (answers, received, premium) =
        facts.map(|(f, _)| (f.answers, f.received, f.premium_cents)).unwrap_or_default();
    let mails: Vec<Value> = outcomes::mails(c, id, None)?
        .into_iter()
        .map(|m| {
            json!({"kind": m.kind, "state": m.state, "reason": m.reason,
                   "message_id": m.header_id, "mid": m.mid.map(|mid| mid.to_string()),
                   "sent": m.started_ms.map(instant), "bounced": m.bounced_ms.map(instant),
                   "bounce_status": m.bounce_status})
        })
        .collect();
    Ok(json!({
        "association": row.issuer,
        "state": row.renewal.state.as_str(),
        "cover": insurance::standing_of(c, context, id, now(c)?)?,
        "outcomes": history,
        "declarations": declared,
        "answers": answers,
        "premium_cents": premium,
        "payments": received,
        "mails": mails,
    }))
}

/// One version, each answer beside its question as it was shown, and whether the ledger's digest
/// vouches for it.
fn declaration(c: &Connection, row: &RenewalRow, d: &DeclarationRow) -> Result<Value, StoreError> {
    let line = ledger::at(c, d.ledger)?;
    let data: Value =
        line.as_ref().and_then(|l| serde_json::from_str(&l.data).ok()).unwrap_or_default();
    let texts = match data["questions_line"].as_i64() {
        Some(line) => insurance::kept_texts(c, line)?.unwrap_or_default(),
        None => Value::Null,
    };
    let text_of = |id: &str| {
        let all = texts["questions"].as_array();
        let question = all.into_iter().flatten().find(|q| q["id"] == id);
        question.map(|q| q[d.language.as_str()].clone()).unwrap_or_default()
    };
    let answers: Vec<Value> = d
        .answers
        .iter()
        .map(|(id, yes)| {
            json!({"question": id, "text": text_of(id), "answer": if *yes { "yes" } else { "no" }})
        })
        .collect();
    let given = Declaration { questions: d.questions.clone(), answers: d.answers.clone() };
    let digest = insurance::digest(&declarations::salt(c, row.person)?, &given);
    Ok(json!({
        "version": d.version, "at": instant(d.at_ms), "door": d.door, "staff": d.staff,
        "channel": d.channel,
        "link_of": d.mid.map(|mid| mid.to_string()), "language": d.language,
        "questions": d.questions, "answers": answers, "complete": data["complete"],
        "line": d.ledger, "matches_ledger": data["digest"] == digest.as_str(),
    }))
}

fn text(bundle: &Value) {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    say(&format!(
        "{} {}, season {} (in the ledger: {})",
        word(&bundle["member"]),
        word(&bundle["name"]),
        word(&bundle["season"]),
        word(&bundle["subject"])
    ));
    for r in bundle["renewals"].as_array().into_iter().flatten() {
        say(&format!("{}: {}", word(&r["association"]), word(&r["state"])));
        let cover = &r["cover"];
        if !cover.is_null() {
            say(&format!("  cover: {} ({})", word(&cover["outcome"]), word(&cover["why"])));
        }
        for o in list(&r["outcomes"]) {
            let found = &o["finding"];
            let (outcome, why) = (word(&found["outcome"]), word(&found["why"]));
            say(&format!("  settled {}: {outcome} ({why}), ledger {}", word(&o["at"]), o["line"]));
        }
        for d in list(&r["declarations"]) {
            let vouched = if d["matches_ledger"] == true { "matches" } else { "DOES NOT MATCH" };
            say(&format!(
                "  declared {} by {}, questions {} in {}, {vouched} ledger {}",
                word(&d["at"]),
                vouched_by(d),
                word(&d["questions"]),
                word(&d["language"]),
                d["line"]
            ));
            for a in list(&d["answers"]) {
                say(&format!("    {}: {}", word(&a["text"]), word(&a["answer"])));
            }
        }
        for a in list(&r["answers"]) {
            let (at, door) = (word(&a["at"]), word(&a["door"]));
            say(&format!("  answered {at} by {door}: {}", word(&a["said"])));
        }
        for p in list(&r["payments"]) {
            let (at, method) = (word(&p["at"]), word(&p["method"]));
            say(&format!("  premium {at} by {method}: {} cents", p["cents"]));
        }
        for m in list(&r["mails"]) {
            let (kind, state) = (word(&m["kind"]), word(&m["state"]));
            let sent = word(&m["sent"]);
            say(&format!("  mail {kind}: {state} {sent} <{}>", word(&m["message_id"])));
        }
    }
    if let Some(url) = bundle["certificate"].as_str() {
        say(&format!("certificate: {url}"));
    }
    for l in list(&bundle["ledger"]) {
        let (at, kind, hash) = (word(&l["at"]), word(&l["kind"]), word(&l["hash"]));
        say(&format!("ledger {:>6}  {at}  {kind:<16} {}", l["line"], &hash[..hash.len().min(16)]));
    }
}

/// The door, and for a desk who took it down and how the member asked.
fn vouched_by(d: &Value) -> String {
    let word = |name: &str| d[name].as_str().unwrap_or_default();
    let more: Vec<&str> =
        [word("staff"), word("channel")].into_iter().filter(|w| !w.is_empty()).collect();
    if more.is_empty() {
        word("door").to_owned()
    } else {
        format!("{} ({})", word("door"), more.join(", "))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
