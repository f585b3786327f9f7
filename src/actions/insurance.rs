//! Owns the acts on professional liability insurance: declaring, and giving certificates out. A
//! reply never declares; what was answered stands in the declaration and nowhere else, neither in
//! a mail nor in a log nor in the ledger.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::letters::{self, Caused};
use super::payload::Payload;
use super::{Applied, Context, Door, Evidence, note, person};
use crate::compose::DeskTopic;
use crate::config::InsuranceSection;
use crate::domain::insurance::{
    Cover, Declaration, Declared, Facts, Finding, NotDeclared, Rules, Standing, confirmed_at,
    outcome, standing,
};
use crate::domain::member::Member;
use crate::domain::season;
use crate::domain::words::TaskKind;
use crate::ids::{MessageId, PersonId, RenewalId};
use crate::store::declarations::{self, DeclarationRow};
use crate::store::messages::Recipient;
use crate::store::tasks::{self, NewTask};
use crate::store::{
    RenewalRow, StoreError, certificates, ledger, meta, outcomes, people, renewals,
};

/// Notes about one member to the insurance contact on one day: more than anybody corrects an
/// answer. The desk's line is opened all the same.
const NOTES_PER_DAY_MAX: i64 = 5;

/// Where the store keeps which line of the ledger has the texts of a version of the questions.
fn questions_key(version: &str) -> String {
    format!("insurance-questions/{version}")
}

/// Keeps answers to the insurance questions as the next version, by a page or from a telephone call.
/// `tell`: the member gets a mail that says so; not where the confirmation of an answer goes out
/// with it.
/// `Stale`: the questions have changed since they were shown. `Nothing`: there is nothing to
/// declare here, it answers what was not asked, or it came by mail.
pub fn declare(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    declaration: &Declaration,
    tell: bool,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let (Some(asked), Some(row)) =
        (&context.config.relance.insurance, renewals::by_id(c, renewal)?)
    else {
        return Ok(Applied::Nothing);
    };
    if evidence.door == Door::Mail || declaration.answers.is_empty() {
        return Ok(Applied::Nothing);
    }
    match declaration.check(asked) {
        Ok(()) => {}
        Err(NotDeclared::OtherQuestions) => return Ok(Applied::Stale),
        Err(NotDeclared::Strange) => return Ok(Applied::Nothing),
    }
    let before = declarations::of(c, renewal)?;
    let same = |last: &DeclarationRow| {
        last.questions == declaration.questions && last.answers == declaration.answers
    };
    if before.last().is_some_and(same) {
        return Ok(Applied::Already);
    }
    let version = before.last().map_or(1, |last| last.version + 1);
    let seq = write_declared(c, context, &row, asked, declaration, version, evidence)?;
    let (channel, staff) = match evidence.door {
        Door::Behalf { channel, staff } => (channel.as_str(), staff),
        _ => ("", ""),
    };
    let kept = DeclarationRow {
        version,
        questions: declaration.questions.clone(),
        answers: declaration.answers.clone(),
        language: evidence.lang.as_str().into(),
        door: evidence.door.as_str().into(),
        staff: staff.into(),
        channel: channel.into(),
        mid: evidence.mid,
        at_ms: evidence.at.as_millisecond(),
        ledger: seq,
    };
    declarations::add(c, renewal, &kept)?;
    if declaration.needs_follow_up(&asked.questions) {
        follow_up(c, context, &row, version, seq, evidence)?;
    } else if tell {
        tell_member(c, context, &row, seq, "declaration-recorded", evidence)?;
    }
    Ok(Applied::Done)
}

fn tell_member(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    seq: i64,
    kind: &str,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let (member, subject) = person(c, row.person)?;
    let parts = letters::Parts {
        seq,
        kind,
        member: &member,
        renewal: Some(row.renewal.id),
        issuer: &row.issuer,
        payload: &Payload::default(),
    };
    letters::confirm(c, context, &subject, &parts, evidence)
}

/// The ledger's line: which questions, whether complete, and a digest of the answers that tells
/// nothing without the person's own salt.
fn write_declared(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    asked: &InsuranceSection,
    declaration: &Declaration,
    version: i64,
    evidence: &Evidence<'_>,
) -> Result<i64, StoreError> {
    let texts = keep_questions(c, context, asked, evidence.at)?;
    let (_, subject) = person(c, row.person)?;
    let salt = declarations::salt(c, row.person)?;
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": row.renewal.id.0,
        "version": version,
        "questions": declaration.questions,
        "questions_line": texts,
        "language": evidence.lang.as_str(),
        "complete": declaration.is_complete(&asked.questions),
        "digest": digest(&salt, declaration),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    note(c, context, &subject, "declared", &data, evidence)
}

/// What the ledger keeps of the answers, in hexadecimal.
#[must_use]
pub fn digest(salt: &[u8], declaration: &Declaration) -> String {
    let answers = json!([declaration.questions, declaration.answers]).to_string();
    let mut hash = Sha256::new();
    hash.update(u64::try_from(salt.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(salt);
    hash.update(answers.as_bytes());
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// The texts of the questions as the ledger keeps them.
fn texts(asked: &InsuranceSection) -> serde_json::Value {
    json!({
        "version": asked.questions_version,
        "questions": asked.questions.iter().map(|q| json!({
            "id": q.id, "en": q.text.en, "fr": q.text.fr,
        })).collect::<Vec<_>>(),
    })
}

/// Writes the texts of this version into the ledger once, before the first answer to them. Returns
/// their line.
fn keep_questions(
    c: &Connection,
    context: &Context,
    asked: &InsuranceSection,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let key = questions_key(&asked.questions_version);
    if let Some(line) = meta::get(c, &key)?.and_then(|text| text.parse().ok()) {
        if kept_texts(c, line)?.as_ref() == Some(&texts(asked)) {
            return Ok(line);
        }
        // `check` refuses this; whoever answers all the same has both texts in evidence.
        tracing::error!(version = %asked.questions_version, "insurance.questions_changed");
    }
    let at_ms = at.as_millisecond();
    let line = ledger::append(c, &context.ring, at_ms, "", "insurance-questions", &texts(asked))?;
    meta::set(c, &key, &line.to_string())?;
    Ok(line)
}

/// The texts of the questions in a line of the ledger.
pub fn kept_texts(c: &Connection, line: i64) -> Result<Option<serde_json::Value>, StoreError> {
    let found = ledger::at(c, line)?.filter(|l| l.kind == "insurance-questions");
    Ok(found.and_then(|l| serde_json::from_str(&l.data).ok()))
}

/// Whether members have answered another text under this version's name.
pub fn questions_changed(c: &Connection, asked: &InsuranceSection) -> Result<bool, StoreError> {
    let line = meta::get(c, &questions_key(&asked.questions_version))?;
    let Some(line) = line.and_then(|text| text.parse().ok()) else { return Ok(false) };
    Ok(kept_texts(c, line)?.is_some_and(|kept| kept != texts(asked)))
}

/// An answer calls for somebody's look: the desk's line, word to the member of what happens next,
/// word to the insurance contact of where the evidence is. None of them says what was answered.
fn follow_up(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    version: i64,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let (member, subject) = person(c, row.person)?;
    let data = json!({"member": member.member_no, "declaration": version});
    let line = NewTask {
        cause: &format!("insurance/{}/{version}", row.renewal.id.0),
        issuer: &row.issuer,
        kind: TaskKind::Insurance,
        person: Some(row.person),
        renewal: Some(row.renewal.id),
        data: &data,
        at_ms: evidence.at.as_millisecond(),
    };
    tasks::open(c, &line)?;
    tell_member(c, context, row, seq, "insurance-follow-up", evidence)?;
    let who = format!("insurance-note/{subject}");
    if letters::within_cap(c, context, &who, NOTES_PER_DAY_MAX, evidence.at)? {
        tell_contact(c, row, seq, evidence.at)?;
    }
    Ok(())
}

fn tell_contact(
    c: &Connection,
    row: &RenewalRow,
    seq: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let payload =
        Payload { topic: DeskTopic::InsuranceFollowUp.as_str().into(), ..Payload::default() };
    let told = Caused {
        seq,
        tail: "insurance-note/contact",
        kind: "desk-note",
        recipient: Recipient::Desk,
        who: Some(row.person),
        renewal: Some(row.renewal.id),
        issuer: &row.issuer,
        payload: &payload,
    };
    letters::queue(c, &told, at)
}

/// Everything on which one renewal's cover rests. `None` where the config has no insurance.
pub fn facts(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
) -> Result<Option<(Facts, Rules)>, StoreError> {
    let relance = &context.config.relance;
    let Some(insurance) = &relance.insurance else { return Ok(None) };
    let id = row.renewal.id;
    let issuer = context.config.association(&row.issuer);
    let needs = issuer.map_or(&[][..], |a| &a.insurance_needs);
    let mut declared = Vec::new();
    for d in declarations::of(c, id)? {
        let line = ledger::at(c, d.ledger)?.map(|l| l.data).unwrap_or_default();
        let data: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        declared.push(Declared {
            version: d.version,
            questions: d.questions,
            complete: data["complete"] == true,
            door: d.door,
            mid: d.mid.map(|mid| mid.to_string()),
            at: Timestamp::from_millisecond(d.at_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        });
    }
    let facts = Facts {
        state: Some(row.renewal.state),
        asked: member.is_active(),
        declares: !insurance.questions.is_empty(),
        answers: outcomes::answers(c, id, needs)?,
        declarations: declared,
        premium_cents: outcomes::premium_cents(c, id)?,
        received: outcomes::received(c, id, season::deadline_zone(&relance.season, member))?,
    };
    Ok(Some((facts, Rules::of(&relance.season, insurance, member))))
}

/// What becomes of a renewal's cover as known at `as_of`; `None` where the config has no
/// insurance.
pub fn find(
    c: &Connection,
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    as_of: Timestamp,
) -> Result<Option<Finding>, StoreError> {
    Ok(facts(c, context, row, member)?.map(|(facts, rules)| outcome(&facts, &rules, as_of)))
}

/// As [`find`], for one renewal; `None` also where insurance does not go with it.
pub fn standing_of(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    now: Timestamp,
) -> Result<Option<Finding>, StoreError> {
    let Some(row) = renewals::by_id(c, renewal)? else { return Ok(None) };
    let Some(member) = people::by_id(c, row.person)? else { return Ok(None) };
    if !concerns(c, context, &member, &row.issuer)? {
        return Ok(None);
    }
    find(c, context, &row, &member, now)
}

/// Whether a member's cover is decided with the bill of `issuer`: they carry it, or could and
/// asked for it.
pub fn concerns(
    c: &Connection,
    context: &Context,
    member: &Member,
    issuer: &str,
) -> Result<bool, StoreError> {
    let season = &context.config.relance.season.id;
    Ok(match standing(&context.config, member, issuer) {
        Standing::Covered => true,
        Standing::Without => false,
        Standing::Entitled => match renewal_of(c, member.id, issuer, season)? {
            Some(id) => {
                let answers = outcomes::answers(c, id, &[])?;
                answers.last().is_some_and(|a| a.cover == Some(Cover::Keep))
            }
            None => false,
        },
    })
}

/// When an act counts that the link of our request to confirm has just confirmed: see
/// [`confirmed_at`]. The line of the ledger that caused the request has the mail's time.
pub fn asked_at(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let Some(request) = letters::origin(c, mid)?.filter(|m| m.kind == "confirm-request") else {
        return Ok(now);
    };
    let line = ledger::line_of(&request.cause);
    let line = line.map(|seq| ledger::at(c, seq)).transpose()?.flatten();
    let asked = line.and_then(|l| Timestamp::from_millisecond(l.at_ms).ok());
    let member = request.person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    let (Some(asked), Some(member)) = (asked, member) else { return Ok(now) };
    let deadline = season::deadline_of(&context.config.relance.season, &member);
    Ok(confirmed_at(asked, now, deadline))
}

/// Keeps where a member's certificate lies and mails them the link. `None`: no such member.
/// `Already`: this address is known.
pub fn certificate(
    c: &Connection,
    context: &Context,
    member_no: &str,
    url: &str,
    evidence: &Evidence<'_>,
) -> Result<Option<Applied>, StoreError> {
    let Some(member) = people::by_number(c, member_no)? else { return Ok(None) };
    let season = &context.config.relance.season.id;
    let at_ms = evidence.at.as_millisecond();
    if !certificates::set(c, member.id, season, url, at_ms)? {
        return Ok(Some(Applied::Already));
    }
    let Some(issuer) = crate::domain::insurance::insurer_of(&context.config, &member) else {
        return Ok(Some(Applied::Nothing));
    };
    let (_, subject) = person(c, member.id)?;
    let data = json!({"issuer": issuer, "season": season});
    let seq = note(c, context, &subject, "certificate", &data, evidence)?;
    let renewal = renewal_of(c, member.id, issuer, season)?;
    let payload = Payload::default();
    let parts = letters::Parts {
        seq,
        kind: "certificate",
        member: &member,
        renewal,
        issuer,
        payload: &payload,
    };
    letters::to_member(c, &parts, evidence)?;
    Ok(Some(Applied::Done))
}

fn renewal_of(
    c: &Connection,
    person: PersonId,
    issuer: &str,
    season: &str,
) -> Result<Option<RenewalId>, StoreError> {
    Ok(renewals::find(c, person, issuer, season)?.map(|r| r.id))
}
