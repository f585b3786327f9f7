//! Owns what the steps of one association must agree on: their order, and that no two of them
//! meet on one day.

use jiff::civil::DateTime;

use super::Report;
use super::schedules::{dates_unsure, locals, zone_of};
use crate::config::reference::File;
use crate::config::{Association, Schedule, SeasonSection, StepKind};

const FILE: File = File::Schedules;

/// One step with its first and last time in the season.
struct Step<'a> {
    path: String,
    schedule: &'a Schedule,
    locals: Vec<DateTime>,
}

impl Step<'_> {
    fn first(&self) -> DateTime {
        self.locals.first().copied().unwrap_or_default()
    }
}

pub(super) fn check(
    schedules: &[Schedule],
    associations: &[Association],
    season: &SeasonSection,
    report: &mut Report,
) {
    if dates_unsure(report) {
        return;
    }
    for association in associations {
        let steps: Vec<Step<'_>> = schedules
            .iter()
            .enumerate()
            .filter(|(_, s)| s.association == association.code)
            .filter_map(|(n, schedule)| {
                let key = if schedule.cron.is_some() { "cron" } else { "offset" };
                let path = format!("schedule[{n}].{key}");
                let kind = format!("schedule[{n}].kind");
                if report.is_stained(FILE, &path) || report.is_stained(FILE, &kind) {
                    return None;
                }
                let locals = locals(schedule, zone_of(schedule, Some(associations)), season)?;
                (!locals.is_empty()).then_some(Step { path, schedule, locals })
            })
            .collect();
        order(&steps, season, report);
        meeting(&steps, report);
    }
}

fn order(steps: &[Step<'_>], season: &SeasonSection, report: &mut Report) {
    let of = |kind| steps.iter().filter(move |s: &&Step<'_>| s.schedule.kind == kind);
    let opening = of(StepKind::Notice).map(|s| (s.first(), &s.schedule.step)).min();
    let lapse = of(StepKind::Lapse).map(|s| (s.first(), &s.schedule.step)).min();
    for step in steps {
        let (kind, first) = (step.schedule.kind, step.first());
        if let Some((notice, name)) = &opening
            && kind != StepKind::Notice
            && first <= *notice
        {
            report.fault(
                FILE,
                &step.path,
                format!("is due on {}, before “{name}” on {}", first.date(), notice.date()),
                "Choose a day after the notice.",
            );
        }
        if let Some((lapse, name)) = &lapse
            && kind.asks()
            && step.locals.last().is_some_and(|last| last >= lapse)
        {
            report.fault(
                FILE,
                &step.path,
                format!("is due after “{name}” on {}", lapse.date()),
                "Choose a day before memberships lapse.",
            );
        }
        if kind == StepKind::Lapse && first.date() <= season.lapses {
            report.fault(
                FILE,
                &step.path,
                format!("is due on {}, before the end of season.lapses ({})", first.date(), season.lapses),
                "A member may answer until that day is over: write offset = { days = 1, after = \"lapses\" }, and a later season.closes.",
            );
        }
    }
}

/// A member gets one step a day: the second of two would wait until the next.
fn meeting(steps: &[Step<'_>], report: &mut Report) {
    for (n, step) in steps.iter().enumerate().filter(|(_, s)| s.schedule.kind.asks()) {
        let earlier = steps[..n].iter().filter(|s| s.schedule.kind.asks());
        for other in earlier {
            let day = other
                .locals
                .iter()
                .map(|local| local.date())
                .find(|day| step.locals.iter().any(|local| local.date() == *day));
            if let Some(day) = day {
                report.warn(
                    FILE,
                    &step.path,
                    format!(
                        "is due on {day}, as “{}” of the same association is",
                        other.schedule.step
                    ),
                    "A member gets one step a day: choose another day.",
                );
            }
        }
    }
}
