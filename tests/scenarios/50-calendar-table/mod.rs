//! The season's calendar, as the federation would print it: every step of all seven bodies, in
//! their own time and in UTC, compared with a table that a person has read. And nine o'clock in
//! each zone over the two nights in which some of them change their clocks, and some do not any
//! more.

use std::fmt::Write as _;
use std::path::Path;

use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use relance::config::Config;
use relance::scheduler::calendar::between;
use relance::scheduler::rule::Rule;

const TABLE: &str = "tests/fixtures/calendar-2027.txt";
const FROM: &str = "2026-10-25T00:00:00Z";
const UNTIL: &str = "2027-04-01T23:59:59Z";
/// Zones of bodies and members.
const ZONES: [&str; 11] = [
    "America/Vancouver",
    "America/Whitehorse",
    "America/Edmonton",
    "America/Yellowknife",
    "America/Regina",
    "America/Winnipeg",
    "America/Iqaluit",
    "America/Toronto",
    "America/Halifax",
    "America/Moncton",
    "America/St_Johns",
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The season's firings, then nine o'clock around both nights.
fn table(config: &Config) -> String {
    let mut out = String::new();
    for nominal in between(config, at(FROM), at(UNTIL)).unwrap() {
        let local = nominal.local.strftime("%a %Y-%m-%d %H:%M");
        let (zone, utc) = (nominal.zone, nominal.due);
        let _ = writeln!(out, "{local}  {zone:<19}  {utc}  {}", nominal.schedule.id);
    }
    for change in ["2026-11-01", "2027-03-14"] {
        let _ = writeln!(out, "\n9:00 before, on and after {change}");
        for zone in ZONES {
            let rule = Rule::parse("0 9 * * *", zone).unwrap();
            let noon = at(&format!("{change}T12:00:00Z"));
            let (start, end) = (noon - 30.hours(), noon + 36.hours());
            let times: Vec<String> = rule
                .firings(start, end)
                .map(|(local, due)| {
                    assert_eq!(rule.zone().to_datetime(due), local, "{zone}");
                    due.strftime("%dT%H:%MZ").to_string()
                })
                .collect();
            let clocks = |t: &String| t.split_once('T').unwrap().1.to_owned();
            let changes = clocks(&times[0]) != clocks(&times[times.len() - 1]);
            let word = if changes { "changes" } else { "stays" };
            let _ = writeln!(out, "{zone:<19}  {}  {word}", times.join("  "));
        }
    }
    out
}

#[test]
fn the_calendar_is_the_one_that_was_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::load(&root.join("config")).unwrap();
    let kept = std::fs::read_to_string(root.join(TABLE)).unwrap_or_default();
    let found = table(&config);
    assert_eq!(found, kept, "{TABLE}: read what changed, then put it there:\n{found}");
    let firings = found.lines().take_while(|line| !line.is_empty()).count();
    assert_eq!(firings, 35);
}

#[test]
fn every_step_is_on_a_working_day_within_its_season() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::load(&root.join("config")).unwrap();
    for nominal in between(&config, at(FROM), at(UNTIL)).unwrap() {
        let zone = TimeZoneDatabase::bundled().get(nominal.zone).unwrap();
        let local = nominal.due.to_zoned(zone);
        assert_eq!((local.hour(), local.minute()), (9, 0), "{}", nominal.schedule.id);
        assert!(local.weekday().to_monday_one_offset() <= 5, "{}", nominal.schedule.id);
    }
    // A rule has no year: outside the season nothing fires.
    assert_eq!(
        between(&config, at("2025-01-01T00:00:00Z"), at("2026-10-31T00:00:00Z")).unwrap().len(),
        0
    );
    assert_eq!(
        between(&config, at("2027-04-02T00:00:00Z"), at("2029-01-01T00:00:00Z")).unwrap().len(),
        0
    );
}
