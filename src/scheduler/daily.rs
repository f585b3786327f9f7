//! Owns what the calendar does between firings: holds that nobody answered, the daily pass over
//! the latest steps, and the days on which members asked to be reminded.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;

use super::register::ready;
use crate::actions::{self, Context};
use crate::config::{Association, Audience, Config, IfUnanswered, StepKind};
use crate::domain::eligibility::{self, Earlier, Excluded, Promise, Step};
use crate::domain::{lateness, season};
use crate::ids::FiringId;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::messages::{self, NewMessage, Recipient};
use crate::store::renewals::RenewalRow;
use crate::store::{StoreError, ledger, people, renewals};

/// Local hour from which the daily pass may run: nobody gets a notice in the night because a
/// list was imported late.
const DAILY_HOUR: i8 = 9;
/// Reminders asked for that are written at once: some 5 ms.
const REMINDERS_AT_ONCE: i64 = 64;
/// No firing: what a member asked for belongs to none.
const NO_FIRING: FiringId = FiringId(0);

/// Ends the holds for lateness that nobody answered in time, as their step says.
pub(super) fn end_holds(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<(), StoreError> {
    let deadline = season::deadline(&context.config.relance.season);
    for firing in firings::in_state(c, FiringState::Held)? {
        let Some(until) = firing.hold_until_ms.and_then(|t| Timestamp::from_millisecond(t).ok())
        else {
            continue;
        };
        let schedule = context.config.schedule(&firing.schedule);
        let rule = schedule.map_or(IfUnanswered::Cancel, |s| s.if_unanswered);
        let Some(then) = lateness::after_hold(until, now, rule) else { continue };
        let moot = firing.kind == StepKind::LastCall.as_str() && now >= deadline;
        let (state, reason) = match then {
            IfUnanswered::Send if moot => {
                (FiringState::Cancelled, "late, nobody answered, its deadline has passed")
            }
            IfUnanswered::Send => {
                (ready(c, &firing.schedule, &firing.local)?, "late, nobody answered: sent")
            }
            IfUnanswered::Cancel => (FiringState::Cancelled, "late, nobody answered: cancelled"),
        };
        firings::release(c, firing.id, state, reason)?;
        let data =
            json!({"schedule": firing.schedule, "local": firing.local, "then": state.as_str()});
        ledger::append(c, &context.ring, now.as_millisecond(), "", "hold-ended", &data)?;
    }
    Ok(())
}

/// Once a day, who became eligible since the latest step gets it: the same firing is planned
/// again, and causes keep everybody else at one message. After the lapse nobody is asked for an
/// answer any more.
pub(super) fn daily_pass(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (firing, today) in passes(c, &context.config, now)? {
        let state = ready(c, &firing.schedule, &firing.local)?;
        firings::replan(c, firing.id, state, &today.to_string())?;
    }
    Ok(())
}

/// Whether a daily pass or a reminder that was asked for is due and has not begun.
pub fn is_behind(c: &Connection, config: &Config, now: Timestamp) -> Result<bool, StoreError> {
    let asked = next_reminder(c, config)?.is_some_and(|at| at <= now);
    Ok(asked || !passes(c, config, now)?.is_empty())
}

/// When somebody asked to be reminded next.
pub fn next_reminder(c: &Connection, config: &Config) -> Result<Option<Timestamp>, StoreError> {
    let ends = season::ends(&config.relance.season);
    let mut next = None;
    for association in &config.associations {
        let asked = renewals::next_remind(c, &association.code, &config.relance.season.id)?;
        let zone = season::zone(&association.zone).unwrap_or(TimeZone::UTC);
        let at = asked.and_then(|day| {
            zone.to_ambiguous_timestamp(day.at(DAILY_HOUR, 0, 0, 0)).compatible().ok()
        });
        next = next.into_iter().chain(at.filter(|at| *at < ends)).min();
    }
    Ok(next)
}

/// The firings whose daily pass is due, with the local day.
fn passes(
    c: &Connection,
    config: &Config,
    now: Timestamp,
) -> Result<Vec<(FiringRow, Date)>, StoreError> {
    let mut due = Vec::new();
    if now >= season::ends(&config.relance.season) {
        return Ok(due);
    }
    for association in &config.associations {
        let local = local(association, now);
        if local.hour() < DAILY_HOUR {
            continue;
        }
        let today = local.date().to_string();
        for firing in repeated(c, &association.code, &config.relance.season.id)? {
            if firing.replanned_on != today
                && !firing.local.starts_with(&today)
                && config.schedule(&firing.schedule).is_some()
            {
                due.push((firing, local.date()));
            }
        }
    }
    Ok(due)
}

/// The latest step that asks for an answer, unless the membership has lapsed since; and every
/// reminder to pay, since an invoice that was issued later comes due later.
fn repeated(c: &Connection, issuer: &str, season: &str) -> Result<Vec<FiringRow>, StoreError> {
    let done = firings::done(c, issuer, season)?;
    let kind = |firing: &FiringRow| StepKind::parse(&firing.kind);
    let lapsed = done.iter().any(|firing| kind(firing) == Some(StepKind::Lapse));
    let asks = |firing: &FiringRow| kind(firing).is_some_and(StepKind::asks);
    let latest = done.iter().find(|firing| !lapsed && asks(firing)).map(|firing| firing.id);
    let repeats = |firing: &FiringRow| {
        Some(firing.id) == latest || kind(firing) == Some(StepKind::PaymentReminder)
    };
    Ok(done.into_iter().filter(repeats).collect())
}

fn local(association: &Association, now: Timestamp) -> jiff::civil::DateTime {
    season::zone(&association.zone).unwrap_or(TimeZone::UTC).to_datetime(now)
}

/// Notices invoices that were to be paid before today, a few at a time. Returns whether there may
/// be more of them. In the night nobody gets a second copy.
pub(super) fn overdue(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let config = &context.config;
    let over = now >= season::ends(&config.relance.season);
    if over || config.associations.iter().any(|a| local(a, now).hour() < DAILY_HOUR) {
        return Ok(false);
    }
    Ok(actions::overdue::look(c, context, now)? > 0)
}

/// Reminds who asked for it on their day, once. Returns whether there may be more of them.
pub(super) fn remind(
    c: &Connection,
    context: &Context,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let config = &context.config;
    if now >= season::ends(&config.relance.season) {
        return Ok(false);
    }
    let mut more = false;
    for association in &config.associations {
        let local = local(association, now);
        if local.hour() < DAILY_HOUR {
            continue;
        }
        let season = &config.relance.season.id;
        let asked =
            renewals::to_remind(c, &association.code, season, local.date(), REMINDERS_AT_ONCE)?;
        more |= i64::try_from(asked.len()).is_ok_and(|n| n == REMINDERS_AT_ONCE);
        for row in &asked {
            remind_one(c, context, association, row, local.date(), now)?;
            renewals::reminded(c, row.renewal.id)?;
        }
    }
    Ok(more)
}

fn remind_one(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    row: &RenewalRow,
    day: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(member) = people::by_id(c, row.person)? else { return Ok(()) };
    let config = &context.config;
    let step = Step { kind: StepKind::Reminder, audience: Audience::Billed, day, nominal: None };
    let renewal = Some(&row.renewal);
    if eligibility::decide(config, issuer, step, &member, renewal, Promise::default()).is_err() {
        return Ok(());
    }
    let opens = season::opens(&config.relance.season).as_millisecond();
    let before = messages::steps_of(c, (row.person, row.person), opens, NO_FIRING)?;
    let zone = season::zone(&issuer.zone).unwrap_or(TimeZone::UTC);
    let earlier: Vec<Earlier> = before
        .values()
        .flatten()
        .map(|step| Earlier {
            same_issuer: step.issuer == issuer.code,
            asks: true,
            day: zone.to_datetime(Timestamp::from_millisecond(step.at_ms).unwrap_or(now)).date(),
            later: false,
        })
        .collect();
    // The step of that very day reminds them as well as a second mail would.
    if eligibility::crowded(step, config.relance.season.declare_by, &earlier)
        == Err(Excluded::SameDay)
    {
        return Ok(());
    }
    let asked = row.renewal.remind_on.unwrap_or(day);
    let message = NewMessage {
        cause: &format!("remind/{}/{}/{}/{asked}", row.season, row.issuer, member.member_no),
        kind: StepKind::Reminder.as_str(),
        priority: 1,
        person: Some(row.person),
        renewal: Some(row.renewal.id),
        issuer: &row.issuer,
        firing: None,
        recipient: Recipient::Member,
        payload: "{}",
        due_ms: now.as_millisecond(),
    };
    messages::add(c, &message, now.as_millisecond())?;
    Ok(())
}
