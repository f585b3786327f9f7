//! Owns what taxes and registrations must agree on.

use super::Report;
use crate::config::reference::File;
use crate::config::{Association, TaxConfig};
use crate::domain::bill::LineKind;

const FILE: File = File::Associations;

pub(super) fn check(taxes: &[TaxConfig], associations: &[Association], report: &mut Report) {
    for (n, tax) in taxes.iter().enumerate() {
        alone(tax, &format!("tax[{n}]"), report);
        for (m, earlier) in taxes[..n].iter().enumerate() {
            overlap(earlier, m, tax, n, report);
        }
    }
    for (n, association) in associations.iter().enumerate() {
        registrations(taxes, association, &format!("association[{n}]"), report);
    }
}

fn alone(tax: &TaxConfig, at: &str, report: &mut Report) {
    for (list, empty) in [("kinds", tax.kinds.is_empty()), ("places", tax.places.is_empty())] {
        let path = format!("{at}.{list}");
        if empty && !report.is_stained(FILE, &path) {
            report.fault(FILE, &path, "is empty", "A tax falls due somewhere, on something.");
        }
    }
    if let Some(until) = tax.until.filter(|until| *until < tax.from) {
        let path = format!("{at}.until");
        if !report.is_stained(FILE, &path) && !report.is_stained(FILE, &format!("{at}.from")) {
            let problem = format!("is {until}, before from ({})", tax.from);
            report.fault(FILE, &path, problem, "Write a later day, or leave it out.");
        }
    }
}

/// Two rates of one tax on the same day, place and kind of line would both be charged.
fn overlap(first: &TaxConfig, m: usize, second: &TaxConfig, n: usize, report: &mut Report) {
    let stained = |key: &str| {
        report.is_stained(FILE, &format!("tax[{m}].{key}"))
            || report.is_stained(FILE, &format!("tax[{n}].{key}"))
    };
    if first.code != second.code || ["code", "from", "until", "places"].into_iter().any(stained) {
        return;
    }
    let place = second.places.iter().find(|p| first.places.contains(p));
    let kind = second.kinds.iter().find(|k| first.kinds.contains(k));
    let (Some(place), Some(kind)) = (place, kind) else { return };
    let ends_before = |a: &TaxConfig, b: &TaxConfig| a.until.is_some_and(|until| until < b.from);
    if ends_before(first, second) || ends_before(second, first) {
        return;
    }
    report.fault(
        FILE,
        &format!("tax[{n}].from"),
        format!("lets {} fall due twice on {kind} in {place}: tax[{m}] has that time", second.code),
        "Give the earlier rate an until, the day before this from.",
    );
}

fn registrations(taxes: &[TaxConfig], association: &Association, at: &str, report: &mut Report) {
    let path = format!("{at}.tax.registrations");
    if report.is_stained(FILE, &path) {
        return;
    }
    let known: Vec<&str> = taxes.iter().filter_map(|t| t.registration.as_deref()).collect();
    for name in association.tax.registrations.keys() {
        if !known.contains(&name.as_str()) && !report.is_stained(FILE, "tax") {
            report.fault(
                FILE,
                &path,
                format!("has {name}, by which no [[tax]] is charged"),
                "Write it as registration of a [[tax]], or correct the name.",
            );
        }
    }
    let taxable = association.tax.dues_taxable
        || association.categories.iter().any(|c| c.dues_taxable == Some(true));
    let on_dues = taxes.iter().filter(|t| t.kinds.contains(&LineKind::Dues));
    let mut needed: Vec<&str> = on_dues.filter_map(|t| t.registration.as_deref()).collect();
    needed.dedup();
    let has = |name: &&str| association.tax.registrations.contains_key(*name);
    if taxable && !needed.is_empty() && !needed.iter().any(has) {
        report.fault(
            FILE,
            &path,
            format!("is without {}, and dues are taxable", needed.join(", ")),
            "Write the registration number; a body without one writes dues_taxable = false.",
        );
    }
}
