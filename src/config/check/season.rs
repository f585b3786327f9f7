//! Owns what the season's dates must agree on.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Report;
use crate::config::SeasonSection;
use crate::config::reference::File;

const FILE: File = File::Relance;

pub(super) fn check(season: &SeasonSection, report: &mut Report) {
    let order = [
        ("opens", season.opens, "declare_by", season.declare_by),
        ("opens", season.opens, "lapses", season.lapses),
        ("opens", season.opens, "cover_until", season.cover_until),
        ("cover_from", season.cover_from, "cover_until", season.cover_until),
        ("declare_by", season.declare_by, "cover_until", season.cover_until),
    ];
    for (early, first, late, second) in order {
        let either_stained = report.is_stained(FILE, &path(early));
        if first >= second && !either_stained {
            report.fault(
                FILE,
                &path(late),
                format!("is {second}, which is not after {early} ({first})"),
                format!("Write a later {late}, or an earlier {early}."),
            );
        }
    }
    if season.lapses < season.declare_by && !report.is_stained(FILE, &path("declare_by")) {
        report.fault(
            FILE,
            &path("lapses"),
            format!("is {}, before declare_by ({})", season.lapses, season.declare_by),
            "A membership can lapse only once its deadline has passed: write a later day.",
        );
    }
    later("pay_by", season.pay_by, "declare_by", season.declare_by, report);
    later("closes", season.closes, "lapses", season.lapses, report);
    later("late_from", season.late_from, "opens", season.opens, report);
    if let Some(closes) = season.closes
        && season.late_from.is_some_and(|from| from > closes)
    {
        report.fault(
            FILE,
            &path("late_from"),
            format!("is after closes ({closes}), so that nothing is ever late"),
            "Write an earlier day, or leave it out.",
        );
    }
    let good_until = season.opens.saturating_add(i64::from(season.link_days).days());
    if good_until < season.declare_by {
        report.warn(
            FILE,
            &path("link_days"),
            format!("lets the first links end on {good_until}, before declare_by"),
            "Choose more days, so that the link in a notice works until the deadline.",
        );
    }
    if season.sample_data {
        report.warn(
            FILE,
            &path("sample_data"),
            "is true: fees and question texts are invented",
            "Replace them by those that the association has decided, then write false.",
        );
    }
}

/// A date that may be left out, and may not come before another.
fn later(key: &str, day: Option<Date>, early: &str, first: Date, report: &mut Report) {
    let Some(day) = day else { return };
    if day < first && !report.is_stained(FILE, &path(early)) {
        report.fault(
            FILE,
            &path(key),
            format!("is {day}, before {early} ({first})"),
            format!("Write a later {key}, or leave it out."),
        );
    }
}

fn path(key: &str) -> String {
    format!("season.{key}")
}
