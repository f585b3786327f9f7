//! Owns `relance member show`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::acting::now;
use super::super::{Place, say, say_json};
use super::timeline::{self, Entry};
use super::{find, known};
use crate::config::{Audience, Config, StepKind};
use crate::domain::billing::Terms;
use crate::domain::eligibility::{self, Promise, Step};
use crate::domain::member::Member;
use crate::store::records::{Record, Source};
use crate::store::{StoreError, pledges, read_once, records, renewals};

type Excluded = BTreeMap<String, BTreeMap<&'static str, &'static str>>;

struct Shown {
    member: Member,
    all: Vec<(&'static Source, Vec<Record>)>,
    excluded: Excluded,
}

pub(super) fn run(place: &Place, number: &str, json: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let shown = read_once(&dir, |c| {
        let Some(member) = find(c, number)? else { return Ok(None) };
        let all = records::of_person(c, member.id)?;
        let excluded = excluded(c, &config, &member, now(c)?)?;
        Ok(Some(Shown { member, all, excluded }))
    })?;
    let shown = known(shown, number)?;
    let entries = timeline::entries(&shown.all);
    if json {
        say_json(&json!({
            "person": shown.rows("person").first(),
            "memberships": shown.rows("membership"),
            "renewals": shown.rows("renewal"),
            "excluded": shown.excluded,
            "timeline": entries,
        }))?;
    } else {
        shown.tell(&entries);
    }
    Ok(ExitCode::SUCCESS)
}

/// Which steps would pass the member by if they fired now, and why, by association.
fn excluded(
    c: &rusqlite::Connection,
    config: &Config,
    member: &Member,
    now: Timestamp,
) -> Result<Excluded, StoreError> {
    let mut out = Excluded::new();
    for membership in &member.memberships {
        let Some(issuer) = config.association(&membership.association) else { continue };
        let terms = Terms::at(config, issuer, now);
        let renewal = renewals::find(c, member.id, &issuer.code, &config.relance.season.id)?;
        let promise = match &renewal {
            Some(found) => pledges::of_renewal(c, found.id)?,
            None => Promise::default(),
        };
        for kind in [StepKind::Notice, StepKind::Reminder, StepKind::LastCall] {
            let audience = Audience::Billed;
            let step = Step { kind, audience, day: terms.on, nominal: None };
            if let Err(why) =
                eligibility::decide(config, issuer, step, member, renewal.as_ref(), promise)
            {
                out.entry(issuer.code.clone()).or_default().insert(kind.as_str(), why.as_str());
            }
        }
    }
    Ok(out)
}

impl Shown {
    fn rows(&self, table: &str) -> &[Record] {
        let found = self.all.iter().find(|(source, _)| source.table == table);
        found.map_or(&[], |(_, rows)| rows)
    }

    fn tell(&self, entries: &[Entry]) {
        let m = &self.member;
        say(&format!("{}  {} {}  ({})", m.member_no, m.given_name, m.family_name, m.status));
        for row in self.rows("person") {
            for (label, column) in [
                ("email", "email"),
                ("second", "email2"),
                ("phone", "phone"),
                ("language", "language"),
                ("province", "province"),
                ("employer", "employer"),
            ] {
                if let Some(value) =
                    row.get(column).and_then(Value::as_str).filter(|v| !v.is_empty())
                {
                    say(&format!("  {label:<10} {value}"));
                }
            }
        }
        if m.suspended {
            say("  nothing is mailed to the first address: it is suspended");
        }
        for row in self.rows("membership") {
            let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
            let yes = |column: &str| row.get(column).and_then(Value::as_bool) == Some(true);
            let marks =
                [(" insured", yes("pli")), (" home", yes("home")), (" over", yes("missing"))];
            let marks = marks.iter().filter(|(_, set)| *set).map(|(mark, _)| *mark);
            let marks: String = marks.collect();
            say(&format!("  member of  {} {}{marks}", text("association"), text("category")));
        }
        for row in self.rows("renewal") {
            let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
            say(&format!("  renewal    {} {}: {}", text("issuer"), text("season"), text("state")));
        }
        for (issuer, steps) in &self.excluded {
            for (step, why) in steps {
                say(&format!("  no {step:<9} {issuer}: {why}"));
            }
        }
        for entry in entries {
            say(&format!("{}  {}", entry.at, entry.what));
        }
    }
}
