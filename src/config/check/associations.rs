//! Owns what the associations must agree on: codes, who bills for whom, categories, domains.

use std::collections::{BTreeMap, HashMap};

use super::{Report, is_example, registrable};
use crate::config::reference::{File, url_host};
use crate::config::{Association, CategoryConfig, Closure, PliRule, Relance, SeasonSection};
use crate::domain::season as domain;

const FILE: File = File::Associations;

pub(super) fn check(associations: &[Association], relance: Option<&Relance>, report: &mut Report) {
    unique(
        associations.iter().enumerate().map(|(n, a)| (format!("association[{n}].code"), &*a.code)),
        report,
    );
    for (n, association) in associations.iter().enumerate() {
        let at = format!("association[{n}]");
        categories(association, &at, report);
        domains(association, relance, &at, report);
        bills_for(association, associations, &at, report);
        closures(association, associations, relance.map(|r| &r.season), &at, report);
        optional_bodies(association, &at, report);
    }
    cycles(associations, report);
    examples(associations, report);
    if let Some(relance) = relance {
        national(relance, associations, report);
    }
}

fn closures(
    association: &Association,
    associations: &[Association],
    season: Option<&SeasonSection>,
    at: &str,
    report: &mut Report,
) {
    for (n, closure) in association.desk.closures.iter().enumerate() {
        let at = format!("{at}.desk.closure[{n}]");
        let Closure { from, until, deputy } = closure;
        if from > until && !report.is_stained(FILE, &format!("{at}.from")) {
            let problem = format!("is {until}, before from ({from})");
            report.fault(FILE, &format!("{at}.until"), problem, "Write a later until.");
        }
        let path = format!("{at}.deputy");
        if let Some(code) = deputy.as_ref().filter(|_| !report.is_stained(FILE, &path)) {
            if *code == association.code {
                let cure = "Name the association that steps in.";
                report.fault(FILE, &path, "is the association itself", cure);
            } else if !associations.iter().any(|a| a.code == *code)
                && !any_code_stained(associations, report)
            {
                let problem = format!("is “{code}”, which is no association");
                report.fault(FILE, &path, problem, codes(associations));
            }
        }
        let Some(season) = season else { continue };
        for (key, day) in [
            ("declare_by", season.declare_by),
            ("pay_by", domain::pay_by(season)),
            ("lapses", season.lapses),
        ] {
            let unsure = report.is_stained(File::Relance, &format!("season.{key}"));
            if (from..=until).contains(&&day) && !unsure {
                report.warn(
                    FILE,
                    &format!("{at}.from"),
                    format!(
                        "season.{key} ({day}) falls into it: nobody is at {}’s desk",
                        association.code
                    ),
                    "Have somebody there on that day, or move the deadline.",
                );
            }
        }
    }
}

/// Codes are compared without regard to case, as in the member list.
fn unique<'a>(codes: impl Iterator<Item = (String, &'a str)>, report: &mut Report) {
    let mut seen: HashMap<String, String> = HashMap::new();
    for (path, code) in codes {
        if report.is_stained(FILE, &path) {
            continue;
        }
        if let Some(first) = seen.get(&code.to_ascii_lowercase()) {
            report.fault(
                FILE,
                &path,
                format!("is “{code}”, which {first} already is"),
                "Give each its own code.",
            );
        } else {
            seen.insert(code.to_ascii_lowercase(), path);
        }
    }
}

fn categories(association: &Association, at: &str, report: &mut Report) {
    let path = |n: usize| format!("{at}.category[{n}]");
    unique(
        association.categories.iter().enumerate().map(|(n, c)| (path(n) + ".code", &*c.code)),
        report,
    );
    for (n, CategoryConfig { pli, premium_cents, .. }) in association.categories.iter().enumerate()
    {
        let premium = path(n) + ".premium_cents";
        if *pli == PliRule::None
            && *premium_cents != 0
            && !report.is_stained(FILE, &(path(n) + ".pli"))
        {
            report.fault(
                FILE,
                &premium,
                format!("is {premium_cents}, and this category has no insurance"),
                "Write pli = \"optional\" or \"included\", or leave the premium out.",
            );
        }
        if *pli != PliRule::None && *premium_cents == 0 {
            report.warn(
                FILE,
                &premium,
                "is 0, and this category has insurance",
                "Right only where dues pay for it.",
            );
        }
    }
}

fn domains(association: &Association, relance: Option<&Relance>, at: &str, report: &mut Report) {
    let from = format!("{at}.from_address");
    if report.is_stained(FILE, &from) {
        return;
    }
    let sender = sender(association);
    let link = format!("{at}.link_base");
    let strange = |url: &str| registrable(url_host(url)) != registrable(sender);
    if let Some(base) = association.link_base.as_deref() {
        if strange(base) {
            report.fault(
                FILE,
                &link,
                format!("leads to {}, and mail comes from {sender}", url_host(base)),
                "Links must be on the domain that members know from the sender: write one there.",
            );
        }
    } else if let Some(relance) = relance.filter(|r| strange(&r.web.base_url)) {
        report.warn(
            FILE,
            &link,
            format!(
                "is missing: links lead to {}, and mail comes from {sender}",
                relance.web.base_url
            ),
            "Write an address on the sender's own domain; members trust no other.",
        );
    }
}

fn sender(association: &Association) -> &str {
    association.from_address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// One warning for all: in the sample it is every one of them.
fn examples(associations: &[Association], report: &mut Report) {
    let all: Vec<(usize, &str)> = associations
        .iter()
        .enumerate()
        .filter(|(_, a)| is_example(sender(a)))
        .map(|(n, a)| (n, a.code.as_str()))
        .collect();
    let Some((first, _)) = all.first() else { return };
    let codes: Vec<&str> = all.iter().map(|(_, code)| *code).collect();
    report.warn(
        FILE,
        &format!("association[{first}].from_address"),
        format!("is on a name reserved for examples (so it is for {})", codes.join(", ")),
        "Write your own before anything is mailed.",
    );
}

fn bills_for(association: &Association, all: &[Association], at: &str, report: &mut Report) {
    let at = format!("{at}.bills_for");
    for (n, body) in association.bills_for.iter().enumerate() {
        let path = format!("{at}[{n}]");
        if *body == association.code {
            report.fault(FILE, &path, "is the association itself", "Leave it out.");
        } else if association.bills_for[..n].contains(body) {
            report.fault(FILE, &path, format!("is “{body}” for the second time"), "Leave it out.");
        } else if all.iter().all(|a| a.code != *body) && !any_code_stained(all, report) {
            report.fault(FILE, &path, format!("is “{body}”, which is no association"), codes(all));
        } else if let Some(other) = all.iter().find(|a| a.code == *body) {
            counterparts(association, other, &path, report);
        }
    }
}

/// Only what stands on the invoice can be left out, and only that can take insurance with it.
fn optional_bodies(association: &Association, at: &str, report: &mut Report) {
    for (key, codes, among, of) in [
        ("optional_bodies", &association.optional_bodies, &association.bills_for, "bills_for"),
        (
            "insurance_needs",
            &association.insurance_needs,
            &association.optional_bodies,
            "optional_bodies",
        ),
    ] {
        for (n, body) in codes.iter().enumerate().filter(|(_, body)| !among.contains(body)) {
            report.fault(
                FILE,
                &format!("{at}.{key}[{n}]"),
                format!("is “{body}”, which is not in {of}"),
                format!("Add it to {of}, or leave it out here."),
            );
        }
    }
}

/// Dues of another body are looked up under the member's own category code.
fn counterparts(association: &Association, other: &Association, path: &str, report: &mut Report) {
    let all = association.categories.iter().map(|c| c.code.as_str());
    let without: Vec<&str> = all.filter(|code| other.category(code).is_none()).collect();
    if !without.is_empty() {
        report.warn(
            FILE,
            path,
            format!("bills for {}, which has no category {}", other.code, without.join(", ")),
            format!("Members in it are not billed for {}: right only where meant so.", other.code),
        );
    }
}

/// An association that is billed for by another and bills for it, by however many steps.
fn cycles(associations: &[Association], report: &mut Report) {
    let bills: BTreeMap<&str, &[String]> =
        associations.iter().map(|a| (a.code.as_str(), a.bills_for.as_slice())).collect();
    for (n, association) in associations.iter().enumerate() {
        let mut waiting: Vec<&str> = others(association).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(code) = waiting.pop() {
            if code == association.code {
                report.fault(
                    FILE,
                    &format!("association[{n}].bills_for"),
                    format!("leads back to {code}: it bills for a body that bills for it"),
                    "Let one of the two bill for the other.",
                );
                break;
            }
            if !seen.contains(&code) {
                seen.push(code);
                waiting
                    .extend(bills.get(code).into_iter().flat_map(|b| b.iter()).map(String::as_str));
            }
        }
    }
}

fn others(association: &Association) -> impl Iterator<Item = &str> {
    association.bills_for.iter().map(String::as_str).filter(|code| *code != association.code)
}

fn national(relance: &Relance, associations: &[Association], report: &mut Report) {
    let code = &relance.federation.national;
    if associations.iter().all(|a| a.code != *code) && !any_code_stained(associations, report) {
        report.fault(
            File::Relance,
            "federation.national",
            format!("is “{code}”, which is no association"),
            codes(associations),
        );
    }
}

/// Where a code could not be read, a reference to it is not at fault.
pub(super) fn any_code_stained(associations: &[Association], report: &Report) -> bool {
    report.is_stained(FILE, "association")
        || (0..associations.len())
            .any(|n| report.is_stained(FILE, &format!("association[{n}].code")))
}

pub(super) fn codes(associations: &[Association]) -> String {
    let codes: Vec<&str> = associations.iter().map(|a| a.code.as_str()).collect();
    format!("Known: {}.", codes.join(", "))
}
