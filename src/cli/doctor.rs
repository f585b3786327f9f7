//! Owns `relance doctor`: everything that an operator would look at when something is wrong, each
//! finding with its cause and cure.

mod round_trip;
mod servers;

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{Place, say, say_json};
use crate::actions;
use crate::actions::cover;
use crate::clock::Clock;
use crate::config::{self, Config, DeadlineBy};
use crate::daemon::quiet::overdue;
use crate::daemon::state::host_identity;
use crate::domain::place::PROVINCES;
use crate::domain::season;
use crate::hold;
use crate::ids::Random;
use crate::link::{KeyError, Keyring};
use crate::store::firings::{FiringRow, FiringState};
use crate::store::{self, firings, ledger, messages, meta, people, read_once};

/// Below this much free space SQLite and its log may not have room for a season.
const DISK_FREE_MIN_MB: u64 = 512;
/// So many mails in a row without our own `Authentication-Results` are no accident; one or two may
/// have been written on the mail server itself.
const WITHOUT_RESULTS_MIN: u64 = 3;
/// Months ahead over which the system's time zone data must agree with the bundled.
const ZONE_MONTHS: i32 = 18;

/// Arguments of `relance doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// A JSON list.
    #[arg(long)]
    json: bool,
    /// Leave the relay and the mailbox alone.
    #[arg(long)]
    offline: bool,
    /// Also mail ourselves at a reply and a bounce address, and say where their tokens survived; it
    /// waits for them for two minutes at most. The mails act on nothing.
    #[arg(long, conflicts_with = "offline")]
    round_trip: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Good,
    Warning,
    Bad,
}

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    what: &'static str,
    found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    cure: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn good(&mut self, what: &'static str, found: impl Into<String>) {
        self.0.push(Finding { level: Level::Good, what, found: found.into(), cure: String::new() });
    }

    fn warn(&mut self, what: &'static str, found: impl Into<String>, cure: impl Into<String>) {
        let (found, cure) = (found.into(), cure.into());
        self.0.push(Finding { level: Level::Warning, what, found, cure });
    }

    fn bad(&mut self, what: &'static str, found: impl Into<String>, cure: impl Into<String>) {
        let (found, cure) = (found.into(), cure.into());
        self.0.push(Finding { level: Level::Bad, what, found, cure });
    }
}

impl Doctor {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let mut findings = Findings::default();
        let credentials = Place::credentials();
        let (config, faults, warnings) = config::check(&place.config, credentials.as_deref());
        for fault in &faults {
            findings.bad("config", fault.to_string(), "mend it; relance check shows all of it");
        }
        for warning in &warnings {
            findings.warn("config", warning.to_string(), "");
        }
        if let Some(config) = config {
            findings.good("config", place.config.display().to_string());
            self.examine(place, &config, &mut findings);
        }
        let bad = findings.0.iter().any(|f| f.level == Level::Bad);
        if self.json {
            say_json(&findings.0)?;
        } else {
            for f in &findings.0 {
                let mark = match f.level {
                    Level::Good => "good   ",
                    Level::Warning => "warning",
                    Level::Bad => "BAD    ",
                };
                say(&format!("{mark}  {}: {}", f.what, f.found));
                if !f.cure.is_empty() {
                    say(&format!("         {}", f.cure));
                }
            }
        }
        Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn examine(&self, place: &Place, config: &Config, findings: &mut Findings) {
        let now = Clock::system().now();
        zones(config, now, findings);
        match place.look(config) {
            Ok(dir) if !dir.exists() => {
                let cure = "relance import makes it, or the first start";
                findings.warn("state", format!("{} is not there yet", dir.display()), cure);
            }
            Ok(dir) => {
                disk(&dir, findings);
                keys(&dir, findings);
                stored(&dir, config, now, findings);
            }
            Err(e) => findings.bad("state", format!("{e:#}"), ""),
        }
        if !self.offline {
            servers::servers(config, findings);
        }
        if self.round_trip {
            match place.existing(config).and_then(|dir| Place::ring(&dir)) {
                Ok(ring) => round_trip::run(config, &ring, findings),
                Err(e) => findings.bad("round trip", format!("{e:#}"), "start the daemon once"),
            }
        }
    }
}

/// The system's rules against the bundled ones, for every configured zone: the bundled rule.
fn zones(config: &Config, now: Timestamp, findings: &mut Findings) {
    let mut names: Vec<&str> = vec![&config.relance.season.deadline_zone];
    if config.relance.season.deadline_by == DeadlineBy::Member {
        names.extend(PROVINCES.iter().map(|p| p.zone));
    }
    names.extend(config.associations.iter().map(|a| a.zone.as_str()));
    names.extend(config.schedules.iter().filter_map(|s| s.zone.as_deref()));
    names.sort_unstable();
    names.dedup();
    let system = TimeZoneDatabase::from_dir("/usr/share/zoneinfo");
    let Ok(system) = system else {
        return findings.good("time zones", "the system has none; the bundled ones are used");
    };
    let mut differ = Vec::new();
    for name in names {
        let (Some(ours), Ok(theirs)) = (season::zone(name), system.get(name)) else { continue };
        if let Some(at) = first_difference(&ours, &theirs, now) {
            differ.push(format!("{name} from {at}"));
        }
    }
    if differ.is_empty() {
        findings.good("time zones", "the system's rules agree with the bundled ones");
    } else {
        findings.bad(
            "time zones",
            format!("the system's files differ from the bundled rules: {}", differ.join(", ")),
            "Relance fires by the bundled rules; update the system's, so that logs and cron agree: apt-get install tzdata",
        );
    }
}

fn first_difference(
    ours: &TimeZone,
    theirs: &TimeZone,
    now: Timestamp,
) -> Option<jiff::civil::Date> {
    let start = now.to_zoned(TimeZone::UTC).date();
    (0..ZONE_MONTHS * 31).find_map(|days| {
        let day = start.checked_add(days.days()).ok()?;
        let at = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp();
        (ours.to_offset(at) != theirs.to_offset(at)).then_some(day)
    })
}

fn disk(dir: &Path, findings: &mut Findings) {
    let said = std::process::Command::new("df").arg("-Pm").arg(dir).output();
    let text = said.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let free = text.lines().nth(1).and_then(|l| l.split_whitespace().nth(3)?.parse::<u64>().ok());
    match free {
        Some(free) if free < DISK_FREE_MIN_MB => findings.bad(
            "disk",
            format!("{free} MB free at {}", dir.display()),
            format!("make room: below {DISK_FREE_MIN_MB} MB the store may stop in the middle of a season"),
        ),
        Some(free) => findings.good("disk", format!("{free} MB free")),
        None => findings.warn("disk", "free space is not known", "df did not answer"),
    }
}

fn keys(dir: &Path, findings: &mut Findings) {
    match Keyring::load(dir, &Random::System) {
        Ok(ring) if read_once(dir, |c| ledger::is_continued_by(c, &ring)).is_ok_and(|own| !own) => {
            findings.bad(
                "keys",
                "the last line of the ledger was not made with these keys",
                "restore keys.toml of this store from its backup; relance audit verify says more",
            );
        }
        Ok(ring) => findings.good("keys", format!("{} link keys", ring.list().len())),
        Err(e) if dir.join(store::FILE).exists() => {
            let cure = if matches!(e, KeyError::Mode { .. }) {
                "until then the daemon does not start"
            } else {
                "without them no link that was mailed works: restore keys.toml from the backup"
            };
            findings.bad("keys", e.to_string(), cure);
        }
        Err(_) => findings.warn("keys", "none yet", "they are made at the first start"),
    }
}

/// A pass over all members takes seconds; a mailbox that is not read keeps it waiting.
const UNSETTLED_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

fn stored(dir: &Path, config: &Config, now: Timestamp, findings: &mut Findings) {
    if !dir.join(store::FILE).exists() {
        return findings.warn("store", "none yet", "relance import makes it, or the first start");
    }
    let looked = read_once(dir, |c| {
        Ok((
            people::count(c)?,
            firings::in_state(c, FiringState::Held)?,
            messages::tally(c)?,
            meta::get(c, meta::RELAY_STOPPED)?,
            overdue(c, config, now - jiff::SignedDuration::from_mins(3))?,
            meta::get(c, meta::SIMULATED)?,
            cover::is_due(c, config, now - UNSETTLED_AFTER, Timestamp::MAX)?
                && !cover::is_settled(c, &config.relance.season.id)?,
        ))
    });
    let (members, held, tally, stopped, overdue, simulated, unsettled) = match looked {
        Ok(all) => all,
        Err(e) => {
            return findings.bad(
                "store",
                e.to_string(),
                "look at the disk; restore a backup if the file is damaged",
            );
        }
    };
    findings.good("store", format!("{members} members"));
    held_back(dir, config, simulated.is_some(), findings);
    if members == 0 {
        findings.warn("members", "none", "relance import FILE.csv");
    }
    waiting(&held, &tally, findings);
    coming_in(dir, config, now, findings);
    if let Some(reason) = stopped {
        findings.bad(
            "relay",
            format!("stopped: {reason}"),
            "mend the relay or its password; sending goes on by itself",
        );
    }
    if unsettled {
        findings.bad(
            "insurance",
            "the deadline has passed and cover is not settled",
            "the daemon must run, and read the mailbox past the deadline: relance inbox list",
        );
    }
    if simulated.is_some() {
        return findings.good("clock", "a simulation");
    }
    if overdue {
        findings.bad(
            "scheduler",
            "a firing is overdue",
            "is the daemon running? systemctl status relance",
        );
    }
    findings.good("clock", now.to_string());
}

/// Whether everything waits for a person, and why.
fn held_back(dir: &Path, config: &Config, simulated: bool, findings: &mut Findings) {
    let host = host_identity(&config.relance.host);
    let clock = if simulated { Clock::fixed(Timestamp::UNIX_EPOCH) } else { Clock::system() };
    match read_once(dir, |c| hold::at_start(c, &host, &clock)) {
        Ok(None) => findings.good("hold", "nothing holds this state from mailing"),
        Ok(Some(held)) => {
            let found = format!("nothing is sent, and the mailbox is left alone: {}", held.told());
            findings.bad("hold", found, held.reason.cure());
        }
        Err(e) => findings.bad("hold", e.to_string(), ""),
    }
}

/// What mails that came in tell of desks and of our own mail server.
fn coming_in(dir: &Path, config: &Config, now: Timestamp, findings: &mut Findings) {
    let looked = read_once(dir, |c| {
        let desks = actions::unreached_desks(c, config, now.as_millisecond())?;
        Ok((desks, meta::get(c, meta::WITHOUT_RESULTS)?))
    });
    let Ok((desks, without)) = looked else { return };
    for code in desks {
        findings.bad(
            "desk",
            format!("mail to the desk of {code} comes back: what its members ask reaches nobody"),
            "correct its email in associations.toml; if that address works again: relance suppression remove ADDRESS",
        );
    }
    let id = &config.relance.mail.authserv_id;
    let without = without.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    if without >= WITHOUT_RESULTS_MIN && !id.is_empty() {
        findings.warn(
            "sender verification",
            format!("the last {without} mails from people came without an Authentication-Results of {id}"),
            "no reply acts at once until your mail server adds it; it must also take out what senders write under that name",
        );
    }
}

/// What waits for a person.
fn waiting(held: &[FiringRow], tally: &[(String, String, i64)], findings: &mut Findings) {
    for f in held {
        let what = format!("{} of {} is held: {}", f.schedule, f.local, f.reason);
        findings.warn("firing", what, format!("relance firing approve {0}, or cancel {0}", f.id.0));
    }
    let in_state =
        |s: &str| tally.iter().filter(|(_, state, _)| state == s).map(|t| t.2).sum::<i64>();
    for (state, cure) in [
        (
            "unknown",
            "look for them in the relay's log, then: relance outbox resolve N --as sent|resend",
        ),
        ("held", "relance outbox list --only held"),
    ] {
        let n = in_state(state);
        if n > 0 {
            findings.warn("outbox", format!("{n} messages are {state}"), cure);
        }
    }
}
