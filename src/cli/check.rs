//! Owns `relance check`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::place::count;
use super::{Place, say, say_json};
use crate::actions::insurance;
use crate::compose;
use crate::config::{self, Config};
use crate::store::{self, FiringRow, firings, read_once};

/// Arguments of `relance check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// One JSON object: `{"faults":[…],"warnings":[…]}`.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let (config, faults, warnings) =
            config::check(&place.config, Place::credentials().as_deref());
        let mut more = Vec::new();
        if let Some(config) = &config {
            more.extend(compose::lint(&config.relance.words));
        }
        let mut found: Vec<String> = faults.iter().map(ToString::to_string).collect();
        found.extend(more.iter().map(ToString::to_string));
        let renamed = config
            .as_ref()
            .map(|c| renamed(place.state.as_deref().unwrap_or(&c.relance.state.dir), c));
        let renamed = renamed.unwrap_or_default();
        let reworded = config
            .as_ref()
            .map(|c| reworded(place.state.as_deref().unwrap_or(&c.relance.state.dir), c));
        let reworded: Vec<String> = reworded.unwrap_or_default().into_iter().collect();
        found.extend(renamed.iter().chain(&reworded).cloned());
        if self.json {
            let words: Vec<_> = more
                .iter()
                .map(|f| json!({"file": f.file, "path": f.id, "problem": f.wrong, "cure": f.right}))
                .chain(
                    renamed.iter().map(|text| json!({"file": "schedules.toml", "problem": text})),
                )
                .chain(reworded.iter().map(|text| json!({"file": "relance.toml", "problem": text})))
                .collect();
            let all: Vec<_> = faults
                .iter()
                .map(serde_json::to_value)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .chain(words)
                .collect();
            say_json(&json!({"faults": all, "warnings": warnings}))?;
        } else {
            for fault in &found {
                say(fault);
            }
            for warning in &warnings {
                say(&format!("warning: {warning}"));
            }
            say(&match found.len() {
                0 => format!(
                    "{}: no fault, {}",
                    place.config.display(),
                    count(warnings.len(), "warning")
                ),
                n => format!("{}: {}", place.config.display(), count(n, "fault")),
            });
        }
        Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Questions whose text changed after members had answered them under the same version.
pub(super) fn reworded(dir: &Path, config: &Config) -> Option<String> {
    let asked = config.relance.insurance.clone()?;
    let version = asked.questions_version.clone();
    if !dir.join(store::FILE).exists() {
        return None;
    }
    let changed = read_once(dir, move |c| insurance::questions_changed(c, &asked)).ok()?;
    changed.then(|| {
        format!(
            "relance.toml: members have answered other texts as insurance.questions_version \u{201c}{version}\u{201d}; name the new wording something else, or put the texts back: a declaration is evidence of what was asked"
        )
    })
}

/// Steps that have fired and are not in the config any more: their causes would not be known
/// again.
pub(super) fn renamed(dir: &Path, config: &Config) -> Vec<String> {
    if !dir.join(store::FILE).exists() {
        return Vec::new();
    }
    let Ok(fired) = read_once(dir, |c| firings::fired_steps(c, &config.relance.season.id)) else {
        return Vec::new();
    };
    fired
        .iter()
        .filter(|f| {
            !config
                .schedules
                .iter()
                .any(|s| s.id == f.schedule && s.association == f.issuer && s.step == f.step)
        })
        .map(gone)
        .collect()
}

/// What to write back, ready to be pasted.
fn gone(firing: &FiringRow) -> String {
    let FiringRow { schedule, issuer, step, kind, local, .. } = firing;
    // 2026-11-02T09:00
    let part = |range: std::ops::Range<usize>| local.get(range).unwrap_or("1");
    let number = |range| part(range).parse::<u32>().unwrap_or(1);
    let (minute, hour) = (number(14..16), number(11..13));
    let (day, month) = (number(8..10), number(5..7));
    format!(
        "schedules.toml: schedule \u{201c}{schedule}\u{201d} of {issuer} has fired step \u{201c}{step}\u{201d} and is gone or renamed; put its id, association and step back as they were (last for {local}): they are part of every message's cause, and under others everybody would get it again. It does not fire again for a time at which it has fired:\n\n[[schedule]]\nid = \"{schedule}\"\nassociation = \"{issuer}\"\nstep = \"{step}\"\nkind = \"{kind}\"\ncron = \"{minute} {hour} {day} {month} *\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FiringId;
    use crate::store::FiringState;

    #[test]
    fn a_schedule_that_is_gone_can_be_pasted_back() {
        let firing = FiringRow {
            id: FiringId(1),
            schedule: "oppi-reminder-1".into(),
            local: "2026-12-08T09:05".into(),
            zone: "America/Toronto".into(),
            due_ms: 0,
            season: "2027".into(),
            issuer: "OPPI".into(),
            step: "reminder-1".into(),
            kind: "reminder".into(),
            state: FiringState::Done,
            cursor: 0,
            planned: 1,
            excluded: 0,
            reason: String::new(),
            hold_until_ms: None,
            replanned_on: String::new(),
            counted: None,
        };
        let text = gone(&firing);
        let (_, block) = text.split_once("\n\n").unwrap();
        let table: toml::Table = block.parse().unwrap();
        let schedule = &table["schedule"][0];
        assert_eq!(schedule["id"].as_str(), Some("oppi-reminder-1"));
        assert_eq!(schedule["step"].as_str(), Some("reminder-1"));
        assert_eq!(schedule["cron"].as_str(), Some("5 9 8 12 *"));
    }
}
