//! Owns a desk's decision on a mailing that stands still, and how many members it would reach.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::firings::{Decided, approve, cancel};
use super::super::{Context, Door, Evidence, association};
use super::By;
use crate::domain::eligibility::Step;
use crate::domain::season;
use crate::domain::words::Lang;
use crate::ids::FiringId;
use crate::scheduler::census::Census;
use crate::scheduler::nominal_day;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::{StoreError, desk, people};

/// Lets a mailing go, its count typed, or ends it. `false` where neither it nor anything of it is
/// held, or where its count is another meanwhile.
pub(super) fn decide(
    c: &Connection,
    context: &Context,
    id: FiringId,
    count: Option<i64>,
    by: &By,
) -> Result<bool, StoreError> {
    let Some(firing) = firings::by_id(c, id)? else { return Ok(false) };
    let lang = association(context, &firing.issuer)?.desk.language;
    let evidence = Evidence { door: Door::Desk, mid: None, lang, at: by.at, answers: "" };
    let decided = match count {
        Some(count) => approve(c, context, id, Some(count), &by.deed.staff, &evidence)?,
        None => cancel(c, context, id, &evidence)?,
    };
    Ok(decided == Decided::Done)
}

/// Whom a mailing would reach, by the language that comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// All of them: what must be typed.
    pub total: i64,
    /// English first.
    pub en: i64,
    /// French first.
    pub fr: i64,
}

/// Whom what is held of a firing would reach now: its held messages, or, where it was not planned
/// yet, everybody who would get it. One that waits for its count waits for that count.
pub(super) fn reach(
    c: &Connection,
    context: &Context,
    firing: &FiringRow,
    now: Timestamp,
) -> Result<Reach, StoreError> {
    let config = &context.config;
    let Some(issuer) = config.association(&firing.issuer) else { return Ok(Reach::default()) };
    if firing.state != FiringState::Held {
        let mut reach = Reach::default();
        for person in desk::held_persons(c, firing.id)? {
            reach.total += 1;
            match people::by_id(c, person)?.map_or(issuer.language, |m| m.reads(issuer.language)) {
                Lang::En => reach.en += 1,
                Lang::Fr => reach.fr += 1,
            }
        }
        return Ok(reach);
    }
    let Some(schedule) = config.schedule(&firing.schedule) else { return Ok(Reach::default()) };
    let day = season::day_in(&issuer.zone, now);
    let nominal = nominal_day(&firing.local);
    let step = Step { kind: schedule.kind, audience: schedule.audience(), day, nominal };
    let mut census = Census::new(config, issuer, vec![step], day);
    while census.page(c)? {}
    let found = census.tallies.first().map(|t| t.recipients).unwrap_or_default();
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let counted = firing.counted.filter(|_| firing.reason == firings::SURPRISING);
    Ok(Reach {
        total: counted.unwrap_or_else(|| whole(found.total)),
        en: whole(found.en),
        fr: whole(found.fr),
    })
}
