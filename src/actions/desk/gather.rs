//! Owns reading what a digest tells, and the last day's list. Reads one snapshot, writes nothing.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;

use super::super::Context;
use super::credit;
use crate::config::{Association, IfUnanswered};
use crate::domain::digest::{
    self, Digest, Happened, Held, HeldFiring, InDoubt, Item, KeptMail, Section, TaskLine, Then,
    Unreachable, Who,
};
use crate::domain::member::{Member, reads};
use crate::domain::season;
use crate::domain::words::TaskKind;
use crate::ids::PersonId;
use crate::store::digests::{self, Mark};
use crate::store::firings::FiringRow;
use crate::store::tasks::Task;
use crate::store::{StoreError, desk, firings, holds, ledger, payments, people, tasks};

type Found = BTreeMap<Section, (Vec<Item>, i64)>;

/// Everything that a digest tells of what came after `from` and until `until`, with at most so many
/// lines in each section.
pub fn gather(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    (from, until): (Mark, Mark),
    last_day: bool,
    most: usize,
) -> Result<Digest, StoreError> {
    let mut digest = news(c, context, issuer, (from, until), last_day, most)?;
    let (code, season) = (&issuer.code, &context.config.relance.season.id);
    let year_ago = season::zone(&issuer.zone)
        .and_then(|zone| digest.until.to_zoned(zone).checked_sub(1.year()).ok())
        .map_or(0, |then| then.timestamp().as_millisecond());
    let happened = &mut digest.happened;
    happened.standing = digests::standing(c, code, season)?;
    happened.before = digests::before(c, code, season, year_ago)?;
    happened.corrections = digests::corrections(c, code)?;
    Ok(digest)
}

/// What decides whether a digest goes out, and its lines: no count over all renewals, so that it
/// may be read in a transaction that others wait for.
pub(super) fn news(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    (from, until): (Mark, Mark),
    last_day: bool,
    most: usize,
) -> Result<Digest, StoreError> {
    let counts = digests::went(c, &issuer.code, from, until)?;
    let counts = counts.into_iter().map(|(step, own, quebec, n)| {
        let province = if quebec { "QC" } else { "" };
        (step, reads(own, province, issuer.language), n)
    });
    let happened = Happened {
        went: digest::went(counts),
        back: digests::came_back(c, &issuer.code, from, until)?,
        ..Happened::default()
    };
    let (seq, hash) = ledger::head(c)?;
    Ok(Digest {
        since: (from != Mark::default()).then(|| instant(from.at_ms)),
        until: instant(until.at_ms),
        listings: digest::listings(lines(c, context, issuer, until.at_ms, most)?, most),
        happened,
        last_day,
        pause: holds::ended(c)?.filter(|at| {
            let at_ms = at.as_millisecond();
            from.at_ms < at_ms && at_ms <= until.at_ms
        }),
        head: (seq, HEXLOWER.encode(&hash)),
    })
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn lines(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    until_ms: i64,
    most: usize,
) -> Result<Found, StoreError> {
    let code = &issuer.code;
    let mut found = Found::new();
    let mut firings = Vec::new();
    for (id, held, since_ms) in desk::held_firings(c, code, until_ms)? {
        let Some(f) = firings::by_id(c, id)? else { continue };
        firings.push(Item::Firing(held_firing(context, &f, held, since_ms)));
    }
    let all = i64::try_from(firings.len()).unwrap_or(i64::MAX);
    found.insert(Section::Firings, (firings, all));

    let (rows, all) = desk::in_doubt(c, code, until_ms, most)?;
    let mut items = Vec::new();
    for (id, kind, person, since) in rows {
        let who = who(c, person)?;
        items.push(Item::InDoubt(InDoubt { id, kind, who, since: instant(since) }));
    }
    found.insert(Section::InDoubt, (items, all));

    let season = &context.config.relance.season.id;
    let (rows, all) = desk::unreachable(c, code, season, until_ms, most)?;
    let mut items = Vec::new();
    for (id, reason, since) in rows {
        items.extend(unreachable(c, id, reason, since)?.map(Item::Unreachable));
    }
    found.insert(Section::Unreachable, (items, all));

    for section in Section::ALL {
        let kinds: Vec<TaskKind> =
            TaskKind::ALL.iter().copied().filter(|k| Section::of(*k) == section).collect();
        if kinds.is_empty() {
            continue;
        }
        let (ids, all) = desk::tasks(c, code, &kinds, until_ms, most)?;
        let mut items = Vec::new();
        for id in ids {
            let Some(task) = tasks::by_id(c, id)? else { continue };
            items.push(Item::Task(task_line(c, &task)?));
        }
        found.insert(section, (items, all));
    }

    let (rows, all) = desk::waiting(c, code, until_ms, most)?;
    let mails = rows.into_iter().map(|(id, from, subject, received)| {
        Item::Mail(KeptMail { id, from, subject, received: instant(received) })
    });
    let (items, counted) = found.entry(Section::Mails).or_default();
    items.extend(mails);
    *counted += all;
    Ok(found)
}

/// A firing that stands still, or of which so many messages do, since an instant.
pub(super) fn held_firing(
    context: &Context,
    row: &FiringRow,
    held: i64,
    since_ms: i64,
) -> HeldFiring {
    let config = &context.config;
    let until = row.hold_until_ms.filter(|_| held == 0).map(instant);
    let rule = config.schedule(&row.schedule).map_or(IfUnanswered::Cancel, |s| s.if_unanswered);
    let then = match rule {
        IfUnanswered::Send => Then::Sent,
        IfUnanswered::Cancel => Then::Cancelled,
    };
    let deputy = config.national().filter(|national| national.code != row.issuer);
    HeldFiring {
        id: row.id,
        step: row.step.clone(),
        due: instant(row.due_ms),
        held,
        why: why(row, held),
        until: until.map(|at| (at, then)),
        deputy: deputy.map(|d| (d.code.clone(), digest::takes_over(instant(since_ms), until))),
    }
}

/// Why it stands still. Messages of a firing are held where too many of it came back.
fn why(row: &FiringRow, held: i64) -> Held {
    match row.reason.as_str() {
        _ if held > 0 => Held::DeadAddresses,
        firings::SURPRISING => Held::Surprising,
        firings::BEFORE_US => Held::BeforeUs,
        firings::NO_NOTICE => Held::NoNotice,
        _ => Held::Late,
    }
}

pub(super) fn who_is(c: &Connection, member: &Member) -> Result<Who, StoreError> {
    Ok(Who {
        member_no: member.member_no.clone(),
        name: format!("{} {}", member.given_name, member.family_name).trim().to_owned(),
        phone: people::contact(c, member.id)?.phone,
    })
}

pub(super) fn who(c: &Connection, person: Option<PersonId>) -> Result<Option<Who>, StoreError> {
    let member = person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    member.map(|m| who_is(c, &m)).transpose()
}

/// A member to whose address nothing is mailed, with the other ways to be reached.
pub(super) fn unreachable(
    c: &Connection,
    id: PersonId,
    reason: String,
    since_ms: i64,
) -> Result<Option<Unreachable>, StoreError> {
    let Some(member) = people::by_id(c, id)? else { return Ok(None) };
    let who = who_is(c, &member)?;
    let Some(address) = member.email else { return Ok(None) };
    let contact = people::contact(c, id)?;
    let other = contact.email2.filter(|other| !other.eq_ignore_ascii_case(&address));
    Ok(Some(Unreachable {
        id,
        who,
        address,
        reason,
        since: instant(since_ms),
        other_address: other.unwrap_or_default(),
        employer: contact.employer,
    }))
}

/// A line of another part. What it is about in money or by number stands in its data, where the
/// part that opened it put that.
pub(super) fn task_line(c: &Connection, task: &Task) -> Result<TaskLine, StoreError> {
    let text = |name: &str| task.data.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let mut cents = task.data.get("cents").and_then(serde_json::Value::as_i64);
    if matches!(task.kind, TaskKind::Credit | TaskKind::DoublePayment)
        && let Some(payment) = credit::behind(task)
    {
        // Part of it may have been applied or paid back since.
        cents = Some(payments::unapplied(c, payment)?.get());
    }
    Ok(TaskLine {
        id: task.id,
        kind: task.kind,
        who: who(c, task.person)?,
        since: instant(task.opened_ms),
        cents,
        reference: text("number").to_owned(),
    })
}
