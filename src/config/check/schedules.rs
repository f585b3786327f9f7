//! Owns what the calendar must agree on: names, associations, and that each step falls within
//! the season.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::associations::{any_code_stained, codes};
use super::{Parts, Report};
use crate::config::reference::File;
use crate::config::{Association, Digest, Schedule, SeasonSection, StepKind};
use crate::domain::season as domain;
use crate::scheduler::calendar::of_schedule;

const FILE: File = File::Schedules;
/// A step that fires more often than this in one season is hardly meant.
const FIRINGS_EXPECTED_MAX: usize = 3;

pub(super) fn check(schedules: &[Schedule], parts: &Parts, report: &mut Report) {
    unique_names(schedules, report);
    for (n, schedule) in schedules.iter().enumerate() {
        let at = format!("schedule[{n}]");
        if let Some(associations) = &parts.associations {
            let at = format!("{at}.association");
            known_association(&schedule.association, associations, &at, report);
        }
        timed(schedule, &at, report);
        if let Some(relance) = &parts.relance {
            let zone = zone_of(schedule, parts.associations.as_deref());
            within_season(schedule, zone, &relance.season, &at, report);
        }
    }
    if let Some(associations) = &parts.associations {
        notices(schedules, associations, report);
    }
}

/// What the desks' digests must agree on.
pub(super) fn check_digests(digests: &[Digest], parts: &Parts, report: &mut Report) {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for (n, digest) in digests.iter().enumerate() {
        let id = format!("digest[{n}].id");
        if !report.is_stained(FILE, &id)
            && let Some(first) = ids.insert(&digest.id, n)
        {
            let problem = format!("is “{}”, which digest[{first}] already is", digest.id);
            report.fault(FILE, &id, problem, "Give each digest its own id.");
        }
        if let Some(associations) = &parts.associations {
            let at = format!("digest[{n}].association");
            known_association(&digest.association, associations, &at, report);
        }
    }
    let Some(associations) = &parts.associations else { return };
    let unsure = any_code_stained(associations, report)
        || (0..digests.len()).any(|n| report.is_stained(FILE, &format!("digest[{n}].association")));
    let deaf: Vec<&str> = associations
        .iter()
        .map(|a| a.code.as_str())
        .filter(|code| !digests.iter().any(|d| d.association == *code))
        .collect();
    if !unsure && !deaf.is_empty() {
        report.warn(
            FILE,
            "digest",
            format!("has none for {}", deaf.join(", ")),
            "Add a [[digest]] for each: without it what waits for a desk stands only in the commands.",
        );
    }
}

fn unique_names(schedules: &[Schedule], report: &mut Report) {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut steps: HashMap<(&str, &str), usize> = HashMap::new();
    for (n, schedule) in schedules.iter().enumerate() {
        let id = format!("schedule[{n}].id");
        if !report.is_stained(FILE, &id)
            && let Some(first) = ids.insert(&schedule.id, n)
        {
            let problem = format!("is “{}”, which schedule[{first}] already is", schedule.id);
            report.fault(FILE, &id, problem, "Give each schedule its own id.");
        }
        let step = format!("schedule[{n}].step");
        let association = format!("schedule[{n}].association");
        if !report.is_stained(FILE, &step)
            && !report.is_stained(FILE, &association)
            && let Some(first) = steps.insert((&schedule.association, &schedule.step), n)
        {
            let problem = format!(
                "is “{}”, which schedule[{first}] of {} already is",
                schedule.step, schedule.association
            );
            report.fault(FILE, &step, problem, "Give each step of an association its own name.");
        }
    }
}

fn known_association(code: &str, associations: &[Association], at: &str, report: &mut Report) {
    let known = associations.iter().any(|a| a.code == code);
    if !known && !any_code_stained(associations, report) {
        let problem = format!("is “{code}”, which is no association");
        report.fault(FILE, at, problem, codes(associations));
    }
}

/// UTC where it cannot be told: right to a day.
pub(super) fn zone_of<'a>(
    schedule: &'a Schedule,
    associations: Option<&'a [Association]>,
) -> &'a str {
    schedule.zone.as_deref().unwrap_or_else(|| {
        let all = associations.unwrap_or_default();
        all.iter().find(|a| a.code == schedule.association).map_or("Etc/UTC", |a| &a.zone)
    })
}

/// A schedule has a rule or an offset, and an offset one date that it is counted from.
fn timed(schedule: &Schedule, at: &str, report: &mut Report) {
    let (cron, offset) = (format!("{at}.cron"), format!("{at}.offset"));
    if report.is_stained(FILE, &cron) || report.is_stained(FILE, &offset) {
        return;
    }
    let cure =
        "Write either cron = \"0 9 2 11 *\" or offset = { days = 14, before = \"declare_by\" }.";
    match (&schedule.cron, &schedule.offset) {
        (None, None) => report.fault(FILE, &cron, "is missing, and so is offset", cure),
        (Some(_), Some(_)) => report.fault(FILE, &offset, "stands beside cron", cure),
        (None, Some(o)) if o.before.is_some() == o.after.is_some() => {
            let unsure = ["before", "after"]
                .iter()
                .any(|key| report.is_stained(FILE, &format!("{offset}.{key}")));
            if !unsure {
                let problem = if o.before.is_some() {
                    "has both before and after"
                } else {
                    "has neither before nor after"
                };
                report.fault(
                    FILE,
                    &offset,
                    problem,
                    "Name one date of the season: before = \"declare_by\".",
                );
            }
        }
        _ => {}
    }
}

fn within_season(
    schedule: &Schedule,
    zone: &str,
    season: &SeasonSection,
    at: &str,
    report: &mut Report,
) {
    let path = format!("{at}.{}", if schedule.cron.is_some() { "cron" } else { "offset" });
    if dates_unsure(report) || report.is_stained(FILE, &path) {
        return;
    }
    let Some(locals) = locals(schedule, zone, season) else { return };
    let Some(last) = locals.last() else {
        let closes = domain::closes(season);
        report.fault(
            FILE,
            &path,
            format!(
                "{}, which never fires between season.opens ({}) and season.closes ({closes})",
                said(schedule, season),
                season.opens
            ),
            "Choose a day within the season.",
        );
        return;
    };
    let once = matches!(schedule.kind, StepKind::Notice | StepKind::Lapse);
    let count = locals.len();
    if (count > FIRINGS_EXPECTED_MAX && schedule.kind != StepKind::PaymentReminder)
        || (count > 1 && once)
    {
        report.warn(
            FILE,
            &path,
            format!("fires {count} times this season, and mails each time"),
            "Name the day and the month, for a step that goes out once.",
        );
    }
    if schedule.kind == StepKind::LastCall && last.date() > season.declare_by {
        report.warn(
            FILE,
            &path,
            format!("sends a last call on {}, after season.declare_by", last.date()),
            "Choose a day before the deadline.",
        );
    }
}

/// Whether the season's own dates cannot be relied on.
pub(super) fn dates_unsure(report: &Report) -> bool {
    ["opens", "declare_by", "lapses", "closes", "pay_by", "cover_from"]
        .iter()
        .any(|key| report.is_stained(File::Relance, &format!("season.{key}")))
}

fn said(schedule: &Schedule, season: &SeasonSection) -> String {
    if let Some(cron) = &schedule.cron {
        return format!("is “{cron}”");
    }
    let local = schedule.offset.as_ref().and_then(|offset| domain::counted(season, offset));
    local.map_or_else(|| "is no day".into(), |local| format!("is {}", local.date()))
}

/// The local times of a schedule within the season.
pub(super) fn locals(
    schedule: &Schedule,
    zone: &str,
    season: &SeasonSection,
) -> Option<Vec<DateTime>> {
    if schedule.cron.is_none() {
        let offset = schedule.offset.as_ref()?;
        (offset.before.is_some() != offset.after.is_some()).then_some(())?;
    }
    let rules = domain::zone(zone)?;
    let start = instant(season.opens.at(0, 0, 0, 0), &rules)?;
    let end = instant(domain::closes(season).at(23, 59, 59, 0), &rules)?;
    // Night firings are refused, so nothing can be due at the first instant itself.
    let all = of_schedule(schedule, season, zone, start, end).ok()?;
    Some(all.into_iter().take(FIRINGS_COUNTED_MAX).map(|(local, _)| local).collect())
}

/// Enough to see that a rule fires far too often.
const FIRINGS_COUNTED_MAX: usize = 1000;

fn instant(local: DateTime, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

fn notices(schedules: &[Schedule], associations: &[Association], report: &mut Report) {
    let unsure = (0..schedules.len()).any(|n| {
        ["association", "kind"]
            .iter()
            .any(|k| report.is_stained(FILE, &format!("schedule[{n}].{k}")))
    });
    if unsure || any_code_stained(associations, report) {
        return;
    }
    let without: Vec<&str> = associations
        .iter()
        .map(|a| a.code.as_str())
        .filter(|code| {
            !schedules.iter().any(|s| s.kind == StepKind::Notice && s.association == *code)
        })
        .collect();
    if !without.is_empty() {
        report.fault(
            FILE,
            "schedule",
            format!("has no notice for {}", without.join(", ")),
            "Add a [[schedule]] with kind = \"notice\" for each: without it nobody is mailed.",
        );
    }
}
