//! Owns what `[insurance]` must agree on with the season and the categories.

use std::collections::HashMap;

use super::{Parts, Report};
use crate::config::reference::File;
use crate::config::{InsuranceSection, OverduePledge, PliRule, SeasonSection};

const FILE: File = File::Relance;

pub(super) fn check(parts: &Parts, report: &mut Report) {
    let Some(relance) = &parts.relance else { return };
    let offered: Vec<&str> = parts
        .associations
        .iter()
        .flatten()
        .filter(|a| a.categories.iter().any(|c| c.pli != PliRule::None))
        .map(|a| a.code.as_str())
        .collect();
    match &relance.insurance {
        None if offered.is_empty() => {}
        None => report.fault(
            FILE,
            "insurance",
            format!("is missing, and {} offers insurance", offered.join(", ")),
            "Add the table [insurance], or write pli = \"none\" for each category.",
        ),
        Some(insurance) => {
            questions(insurance, report);
            news(insurance, report);
            dates(insurance, &relance.season, report);
            if offered.is_empty() && parts.associations.is_some() {
                report.warn(
                    FILE,
                    "insurance",
                    "stands here, and no category offers insurance",
                    "Write pli = \"optional\" or \"included\" for those who carry it.",
                );
            }
        }
    }
}

fn questions(insurance: &InsuranceSection, report: &mut Report) {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for (n, question) in insurance.questions.iter().enumerate() {
        let at = format!("insurance.question[{n}]");
        let id = format!("{at}.id");
        if !report.is_stained(FILE, &id)
            && let Some(first) = ids.insert(&question.id, n)
        {
            report.fault(
                FILE,
                &id,
                format!("is “{}”, which insurance.question[{first}] already is", question.id),
                "Give each question its own id.",
            );
        }
        if question.text.fr.is_none() {
            report.fault(
                FILE,
                &format!("{at}.text.fr"),
                "is missing",
                "Write the insurer's French text: a declaration is made in the member's language.",
            );
        }
    }
}

fn news(insurance: &InsuranceSection, report: &mut Report) {
    if insurance.news.as_ref().is_some_and(|news| news.fr.is_none()) {
        report.fault(
            FILE,
            "insurance.news.fr",
            "is missing",
            "Write it in French too: every mail and page is in both languages.",
        );
    }
}

fn dates(insurance: &InsuranceSection, season: &SeasonSection, report: &mut Report) {
    if report.is_stained(FILE, "season.declare_by") {
        return;
    }
    for (key, day) in [
        ("declaration_until", insurance.declaration_until),
        ("unpaid_pledge_ends", insurance.unpaid_pledge_ends),
    ] {
        let path = format!("insurance.{key}");
        if let Some(day) = day
            && day < season.declare_by
        {
            report.fault(
                FILE,
                &path,
                format!("is {day}, before season.declare_by ({})", season.declare_by),
                "It begins to count at the deadline: write a later day.",
            );
        }
    }
    let path = "insurance.unpaid_pledge_ends";
    match (insurance.overdue_pledge, insurance.unpaid_pledge_ends) {
        (OverduePledge::Interrupt, None) => report.fault(
            FILE,
            path,
            "is missing, and overdue_pledge is “interrupt”",
            "Write the last day on which an unpaid pledge keeps cover.",
        ),
        (OverduePledge::Keep, Some(_)) => report.warn(
            FILE,
            path,
            "changes nothing while overdue_pledge is “keep”",
            "Write overdue_pledge = \"interrupt\" if the broker has decided so.",
        ),
        _ => {}
    }
}
