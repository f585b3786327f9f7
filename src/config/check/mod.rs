//! Owns what keys must agree on between each other and between files. Single values are
//! `reference`'s; nothing here reads a clock.

mod associations;
mod card;
mod insurance;
mod machine;
mod payment;
mod schedules;
mod season;
mod steps;
mod taxes;

use std::path::Path;

use super::fault::Report;
use super::read::Parts;

/// Everything about what could be read.
pub(super) fn everything(parts: &Parts, credentials_dir: Option<&Path>, report: &mut Report) {
    if let Some(relance) = &parts.relance {
        payment::check(&relance.payment, report);
        season::check(&relance.season, report);
        machine::check(relance, credentials_dir, report);
        card::check(&relance.card, credentials_dir, report);
    }
    if let Some(associations) = &parts.associations {
        associations::check(associations, parts.relance.as_ref(), report);
        taxes::check(&parts.taxes, associations, report);
    }
    insurance::check(parts, report);
    if let Some(schedules) = &parts.schedules {
        schedules::check(schedules, parts, report);
        if let (Some(associations), Some(relance)) = (&parts.associations, &parts.relance) {
            steps::check(schedules, associations, &relance.season, report);
        }
    }
    if let Some(digests) = &parts.digests {
        schedules::check_digests(digests, parts, report);
    }
}

/// Whether a host or domain lies in a name reserved for examples and tests (RFC 2606, RFC 6761).
fn is_example(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    let second = labels.iter().rev().nth(1).copied().unwrap_or_default();
    matches!(top, "example" | "test" | "invalid" | "localhost") || second == "example"
}

/// The part of a domain that one owner has registered, as nearly as it can be told without the
/// public suffix list: two labels, or three under the provinces of `.ca` and the like.
fn registrable(domain: &str) -> &str {
    const SHORT_SECOND_LABEL_MAX: usize = 3;
    let labels: Vec<&str> = domain.split('.').collect();
    let count = labels.len();
    let shared = count > 2
        && labels[count - 1].len() == 2
        && labels[count - 2].len() <= SHORT_SECOND_LABEL_MAX
        && SHARED_SECOND_LABELS.contains(&labels[count - 2]);
    let keep = if shared { 3 } else { 2 };
    let from = count.saturating_sub(keep);
    let skip: usize = labels[..from].iter().map(|label| label.len() + 1).sum();
    &domain[skip..]
}

/// Second labels under which anybody may register: provinces and governments in `.ca`, and what
/// other countries use.
const SHARED_SECOND_LABELS: &[&str] = &[
    "ab", "bc", "mb", "nb", "nf", "nl", "ns", "nt", "nu", "on", "pe", "qc", "sk", "yk", "gc", "co",
    "com", "net", "org", "gov", "ac", "edu",
];

#[cfg(test)]
mod tests;
