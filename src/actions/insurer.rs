//! Owns the lists of cover: for the insurer, and for a desk on the last day. Reads only, but for
//! giving a list to the insurer, which marks what was in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Context, cover, insurance};
use crate::config::SeasonSection;
use crate::domain::insurance::{Finding, Outcome};
use crate::domain::member::{Member, Renewal};
use crate::domain::season;
use crate::domain::words::RenewalState;
use crate::ids::{PersonId, RenewalId};
use crate::store::outcomes::{self, MailRow, OutcomeRow};
use crate::store::{RenewalRow, StoreError, ledger, people, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 256;

/// Covered members with what became, or would become, of their cover.
#[derive(Debug, Clone, Serialize)]
pub struct List {
    /// Season's id.
    pub season: String,
    /// The first instant at which an intent came too late for everybody.
    pub deadline: Timestamp,
    /// As known at this instant.
    pub as_of: Timestamp,
    /// `provisional` before the deadline's pass; `settled` after it; `final` once a list was given
    /// to the insurer; `addendum` for what was revised since.
    pub status: &'static str,
    /// How many members have each outcome; all four are there.
    pub totals: BTreeMap<&'static str, usize>,
    /// How many members there are: the sum of the totals.
    pub covered: usize,
    /// In order of association and member number.
    pub members: Vec<Entry>,
}

/// One member of a list.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the fields are a member's, an outcome's and its evidence's")]
pub struct Entry {
    pub member_no: String,
    pub given_name: String,
    pub family_name: String,
    pub association: String,
    pub category: String,
    pub outcome: Outcome,
    pub why: &'static str,
    /// The first instant at which their intent came too late.
    pub deadline: Timestamp,
    pub answered: Option<Timestamp>,
    pub by: String,
    pub declared: Option<Timestamp>,
    pub questions: String,
    pub paid: Option<Timestamp>,
    /// An answer after the deadline, which changes nothing about it.
    pub late: Option<Timestamp>,
    /// What became of the last call: empty for none.
    pub last_call: String,
    /// When the outcome was written down; none before the deadline's pass.
    pub settled: Option<Timestamp>,
    /// Times that it was revised.
    pub revised: i64,
    /// 0: in no list yet; 1: the final list; 2: the first addendum.
    pub list: i64,
    /// About whom.
    #[serde(skip)]
    pub person: PersonId,
    /// Which renewal, where one was opened.
    #[serde(skip)]
    pub renewal: Option<RenewalId>,
}

/// Every covered member as known at `as_of`; of one issuer where it is named.
pub fn list(
    c: &Connection,
    context: &Context,
    as_of: Timestamp,
    issuer: Option<&str>,
) -> Result<List, StoreError> {
    let relance = &context.config.relance;
    let settled = cover::is_settled(c, &relance.season.id)?;
    let wanted = |code: &str| issuer.is_none_or(|only| only == code);
    let members = if settled {
        let rows = outcomes::renewals(c, &relance.season.id)?;
        let rows = rows.into_iter().filter(|(_, _, code)| wanted(code));
        rows.filter_map(|(id, person, _)| settled_entry(c, context, id, person, as_of).transpose())
            .collect::<Result<Vec<_>, _>>()?
    } else {
        let mut all = Vec::new();
        for association in context.config.associations.iter().filter(|a| wanted(&a.code)) {
            all.extend(expected(c, context, &association.code, as_of)?);
        }
        all.sort_by(|a, b| (&a.association, &a.member_no).cmp(&(&b.association, &b.member_no)));
        all
    };
    let given = outcomes::lists(c, &relance.season.id)?;
    let status = match (settled, given) {
        (false, _) => "provisional",
        (true, 0) => "settled",
        (true, _) => "final",
    };
    Ok(of(context, as_of, status, members))
}

fn of(context: &Context, as_of: Timestamp, status: &'static str, members: Vec<Entry>) -> List {
    let season = &context.config.relance.season;
    let mut totals: BTreeMap<_, _> = Outcome::ALL.iter().map(|o| (o.as_str(), 0)).collect();
    for member in &members {
        *totals.entry(member.outcome.as_str()).or_default() += 1;
    }
    List {
        season: season.id.clone(),
        deadline: season::deadline(season),
        as_of,
        status,
        totals,
        covered: members.len(),
        members,
    }
}

/// What would become of an association's covered members, before the deadline's pass.
fn expected(
    c: &Connection,
    context: &Context,
    issuer: &str,
    as_of: Timestamp,
) -> Result<Vec<Entry>, StoreError> {
    let season = &context.config.relance.season.id;
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let members = people::of_association(c, issuer, after, READ_AT_ONCE)?;
        let Some(last) = members.last() else { return Ok(all) };
        after = last.id.0;
        for member in &members {
            if !insurance::concerns(c, context, member, issuer)? {
                continue;
            }
            let renewal = renewals::find(c, member.id, issuer, season)?;
            let row = RenewalRow {
                // One that nobody has opened yet has no answers and no money.
                renewal: renewal.clone().unwrap_or(Renewal {
                    id: RenewalId(0),
                    state: RenewalState::Open,
                    version: 0,
                    remind_on: None,
                }),
                person: member.id,
                issuer: issuer.to_owned(),
                season: season.clone(),
            };
            let Some(found) = insurance::find(c, context, &row, member, as_of)? else { continue };
            all.push(entry(c, &context.config.relance.season, member, &row, &found, None)?);
        }
    }
}

/// What became of one member's cover, as the store knew it at `as_of`.
fn settled_entry(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    person: PersonId,
    as_of: Timestamp,
) -> Result<Option<Entry>, StoreError> {
    let (Some(row), Some(member)) = (renewals::by_id(c, id)?, people::by_id(c, person)?) else {
        return Ok(None);
    };
    let season = &context.config.relance.season;
    let known = outcomes::of(c, id)?.into_iter().rfind(|o| o.at_ms <= as_of.as_millisecond());
    Ok(match known {
        Some(kept) => Some(entry(c, season, &member, &row, &kept.finding, Some(&kept))?),
        None => insurance::find(c, context, &row, &member, as_of)?
            .map(|found| entry(c, season, &member, &row, &found, None))
            .transpose()?,
    })
}

fn entry(
    c: &Connection,
    season: &SeasonSection,
    member: &Member,
    row: &RenewalRow,
    found: &Finding,
    kept: Option<&OutcomeRow>,
) -> Result<Entry, StoreError> {
    let opened = (row.renewal.id.0 != 0).then_some(row.renewal.id);
    let last_call = match opened {
        Some(id) => outcomes::mails(c, id, Some("last-call"))?.pop(),
        None => None,
    };
    let declared = found.declaration.as_ref();
    Ok(Entry {
        member_no: member.member_no.clone(),
        given_name: member.given_name.clone(),
        family_name: member.family_name.clone(),
        association: row.issuer.clone(),
        category: member.membership(&row.issuer).map(|m| m.category.clone()).unwrap_or_default(),
        outcome: found.outcome,
        why: found.why.as_str(),
        deadline: season::deadline_of(season, member),
        answered: found.answer.as_ref().map(|a| a.at),
        by: found.answer.as_ref().map(|a| a.door.clone()).unwrap_or_default(),
        declared: declared.map(|d| d.at),
        questions: declared.map(|d| d.questions.clone()).unwrap_or_default(),
        paid: found.payment.as_ref().map(|p| p.at),
        late: found.late,
        last_call: last_call.as_ref().map(told).unwrap_or_default(),
        settled: kept.and_then(|k| Timestamp::from_millisecond(k.at_ms).ok()),
        revised: kept.map_or(0, |k| k.version - 1),
        list: kept.map_or(0, |k| k.list),
        person: member.id,
        renewal: opened,
    })
}

/// What became of a mail, in a word.
fn told(mail: &MailRow) -> String {
    match mail {
        MailRow { bounced_ms: Some(_), bounce_status, .. } => format!("bounced {bounce_status}"),
        MailRow { state, reason, .. } if reason.is_empty() => state.clone(),
        MailRow { state, reason, .. } => format!("{state}: {reason}"),
    }
}

/// Why no list can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoList {
    /// The deadline's pass is not over.
    NotSettled,
    /// Nothing has changed since the last one.
    NothingNew,
}

/// Gives the insurer a list: the final one, then addenda of what was revised since. Marks what is
/// in it, with a line in the ledger that has its totals and digest.
pub fn give(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<Result<List, NoList>, StoreError> {
    let season = &context.config.relance.season.id;
    if !cover::is_settled(c, season)? {
        return Ok(Err(NoList::NotSettled));
    }
    let n = outcomes::lists(c, season)? + 1;
    if outcomes::give(c, season, n)? == 0 {
        return Ok(Err(NoList::NothingNew));
    }
    let mut whole = list(c, context, now, None)?;
    whole.members.retain(|entry| entry.list == n);
    let status = if n == 1 { "final" } else { "addendum" };
    let given = of(context, now, status, whole.members);
    let mut digest = Sha256::new();
    for entry in &given.members {
        digest.update(format!("{} {}\n", entry.member_no, entry.outcome.as_str()));
    }
    let data = json!({
        "season": season, "list": n, "members": given.covered, "totals": given.totals,
        "digest": data_encoding::HEXLOWER.encode(&digest.finalize()),
    });
    ledger::append(c, &context.ring, now.as_millisecond(), "", "insurance-list", &data)?;
    Ok(Ok(given))
}
