//! Owns the cron rule of a schedule: five fields in one zone's local time, and the instants at
//! which it fires. Rules of the clock come from the bundled time zone data, never the machine's.
//!
//! Fields are evaluated on civil time and resolved to instants afterwards, so that each local
//! date and time fires exactly once: one that a clock change skips fires as long after midnight
//! as it would have (RFC 5545 §3.3.5), one that it repeats fires the first time round.

use std::str::FromStr;

use chrono::{DateTime as ChronoDateTime, Datelike, NaiveDate, Timelike, Utc};
use cron::{Schedule as Fields, TimeUnitSpec};
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

pub use crate::domain::season::HOUR_MIN;

/// Longer than any sensible rule: a bound on the parser's work.
const TEXT_OCTETS_MAX: usize = 200;
/// A rule must fire within these years, whichever they are: 29 February is among them.
const TRIAL_YEARS: std::ops::Range<i32> = 2026..2031;
/// No zone's clock has ever moved further than a day.
const CLOCK_CHANGE_MAX_H: i64 = 25;

/// A parsed rule in its zone.
#[derive(Debug, Clone)]
pub struct Rule {
    fields: Fields,
    zone: TimeZone,
}

/// Why a rule cannot stand. Each text says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// Six or seven fields.
    #[error(
        "has {0} fields: seconds and years are not accepted; write five: minute, hour, day of \
         month, month, day of week"
    )]
    Seconds(usize),
    /// Another number of fields.
    #[error(
        "has {0} fields; write five: minute, hour, day of month, month, day of week, like \
         “0 9 1-7 11 Mon” for 9:00 on the first Monday of November"
    )]
    FieldCount(usize),
    /// A digit in the last field, whose meaning differs from one cron to the next.
    #[error("has a digit in its day of week (“{0}”); write names: Mon, Mon-Fri, Tue,Thu or *")]
    WeekdayDigit(String),
    /// Not a rule.
    #[error("cannot be read: {0}")]
    Syntax(String),
    /// Could fire while clocks change.
    #[error("can fire at {0:02}:00, when clocks change; choose an hour from 4 to 23")]
    Night(u32),
    /// Matches no day that exists.
    #[error(
        "never fires: no day matches; day of month and day of week must both match the same day"
    )]
    Never,
    /// The zone is not in the bundled data.
    #[error("zone “{0}” is unknown; write an IANA name like America/Toronto")]
    Zone(String),
}

impl Rule {
    /// Reads `text` (five fields) as a rule in `zone` (IANA name).
    pub fn parse(text: &str, zone: &str) -> Result<Self, RuleFault> {
        let fields = parse_fields(text)?;
        let zone = TimeZoneDatabase::bundled()
            .get(zone)
            .map_err(|_| RuleFault::Zone(zone.chars().take(60).collect()))?;
        Ok(Self { fields, zone })
    }

    /// The zone of the rule.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Every firing later than `after` and not later than `until`, in order of local time: the
    /// nominal local date and time, which is the firing's key, and the instant at which it is due.
    pub fn firings(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = (DateTime, Timestamp)> + '_ {
        let margin = Span::new().hours(CLOCK_CHANGE_MAX_H);
        let from = self.zone.to_datetime(after).saturating_sub(margin);
        let to = self.zone.to_datetime(until).saturating_add(margin);
        let start = to_chrono(from);
        let nominal = start.map(|start| self.fields.after_owned(start)).into_iter().flatten();
        nominal
            .map_while(from_chrono)
            .take_while(move |local| *local <= to)
            .filter_map(|local| {
                let due = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
                Some((local, due))
            })
            .filter(move |(_, due)| *due > after && *due <= until)
    }
}

fn parse_fields(text: &str) -> Result<Fields, RuleFault> {
    if text.len() > TEXT_OCTETS_MAX {
        return Err(RuleFault::Syntax(format!("longer than {TEXT_OCTETS_MAX} characters")));
    }
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    match parts.len() {
        5 => {}
        n @ (6 | 7) => return Err(RuleFault::Seconds(n)),
        n => return Err(RuleFault::FieldCount(n)),
    }
    if parts[4].bytes().any(|b| b.is_ascii_digit()) {
        return Err(RuleFault::WeekdayDigit(parts[4].to_owned()));
    }
    // Without this a step of nothing would have to be trusted to the parser.
    if parts.iter().any(|p| p.split(',').any(|item| item.ends_with("/0"))) {
        return Err(RuleFault::Syntax("a step of 0 (“/0”)".into()));
    }
    let fields = Fields::from_str(&format!("0 {}", parts.join(" ")))
        .map_err(|e| RuleFault::Syntax(one_line(&e.to_string())))?;
    if let Some(hour) = fields.hours().iter().find(|h| *h < HOUR_MIN) {
        return Err(RuleFault::Night(hour));
    }
    let start = NaiveDate::from_ymd_opt(TRIAL_YEARS.start, 1, 1)
        .and_then(|d| d.and_hms_opt(0, 0, 0))
        .map(|d| d.and_utc());
    let first = start.and_then(|start| fields.after_owned(start).next());
    match first {
        Some(first) if first.year() < TRIAL_YEARS.end => Ok(fields),
        _ => Err(RuleFault::Never),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().take(40).collect::<Vec<_>>().join(" ")
}

/// Local time, dressed as UTC: the fields know no zone.
fn to_chrono(local: DateTime) -> Option<ChronoDateTime<Utc>> {
    let part = |n: i8| u32::try_from(n).ok();
    NaiveDate::from_ymd_opt(local.year().into(), part(local.month())?, part(local.day())?)?
        .and_hms_opt(part(local.hour())?, part(local.minute())?, part(local.second())?)
        .map(|naive| naive.and_utc())
}

fn from_chrono(at: ChronoDateTime<Utc>) -> Option<DateTime> {
    let part = |n: u32| i8::try_from(n).ok();
    DateTime::new(
        at.year().try_into().ok()?,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn faults() {
        use RuleFault as F;
        for (text, want) in [
            ("0 0 9 2 11 *", F::Seconds(6)),
            ("0 0 9 2 11 * 2026", F::Seconds(7)),
            ("@daily", F::FieldCount(1)),
            ("", F::FieldCount(0)),
            ("0 9 * 11", F::FieldCount(4)),
            ("0 9 * 11 1-5", F::WeekdayDigit("1-5".into())),
            ("0 9 * 11 */2", F::WeekdayDigit("*/2".into())),
            ("0 0 2 11 *", F::Night(0)),
            ("30 3,9 2 11 *", F::Night(3)),
            ("0 * 2 11 *", F::Night(0)),
            ("0 9 30 2 *", F::Never),
            ("0 9 31 4,6,9,11 *", F::Never),
            ("*/0 9 * * *", F::Syntax("a step of 0 (“/0”)".into())),
        ] {
            assert_eq!(Rule::parse(text, "America/Toronto").unwrap_err(), want, "{text}");
        }
        assert_eq!(
            Rule::parse("0 9 2 11 *", "America/Ottawa").unwrap_err(),
            F::Zone("America/Ottawa".into())
        );
        for text in ["99 9 2 11 *", "0 9 2 Nov Someday", "0 9 2 13 *", "0 9 x 11 *", "0 24 2 11 *"]
        {
            let fault = Rule::parse(text, "America/Toronto").unwrap_err();
            assert!(matches!(fault, F::Syntax(_)), "{text}: {fault}");
        }
    }

    /// BC, Alberta, Manitoba and the Northwest Territories stay on summer time from 2026;
    /// Saskatchewan and Yukon have changed no clocks for long; Ontario, the Maritimes and
    /// Newfoundland go back on 1 November 2026 and forward on 14 March 2027.
    #[test]
    fn each_morning_of_the_season_fires_once_at_nine() {
        for (zone, autumn, winter, spring) in [
            ("America/Vancouver", "16:00", "16:00", "16:00"),
            ("America/Whitehorse", "16:00", "16:00", "16:00"),
            ("America/Edmonton", "15:00", "15:00", "15:00"),
            ("America/Yellowknife", "15:00", "15:00", "15:00"),
            ("America/Regina", "15:00", "15:00", "15:00"),
            ("America/Winnipeg", "14:00", "14:00", "14:00"),
            ("America/Toronto", "13:00", "14:00", "13:00"),
            ("America/Halifax", "12:00", "13:00", "12:00"),
            ("America/St_Johns", "11:30", "12:30", "11:30"),
        ] {
            let rule = Rule::parse("0 9 * * *", zone).unwrap();
            let all: Vec<_> =
                rule.firings(at("2026-10-25T00:00:00Z"), at("2027-03-21T00:00:00Z")).collect();
            assert_eq!(all.len(), 147, "{zone}");
            for (local, due) in &all {
                assert_eq!((local.hour(), local.minute()), (9, 0));
                let time = match local.date() {
                    day if day < date(2026, 11, 1) => autumn,
                    day if day < date(2027, 3, 14) => winter,
                    _ => spring,
                };
                assert_eq!(*due, at(&format!("{}T{time}:00Z", local.date())), "{zone} {local}");
            }
        }
    }

    /// Rules that could fire in a gap are refused for North America; elsewhere clocks change at
    /// other hours (Beirut, Cairo at midnight; Troll at 1 and 3) and a whole day went missing once.
    #[test]
    fn gap_and_overlap_fire_exactly_once() {
        let quarter = Fields::from_str("0 */15 * * * *").unwrap();
        for (zone, from, until, count) in [
            ("America/Toronto", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", 96),
            ("America/Toronto", "2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z", 96),
            ("Pacific/Apia", "2011-12-28T10:00:00Z", "2011-12-31T10:00:00Z", 4 * 96),
        ] {
            let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
            let rule = Rule { fields: quarter.clone(), zone };
            let mut seen: Vec<_> = rule
                .firings(at(from) - Span::new().seconds(1), at(until) - Span::new().seconds(1))
                .map(|(local, _)| local)
                .collect();
            assert_eq!(seen.len(), count, "{from}");
            seen.dedup();
            assert_eq!(seen.len(), count, "{from}: one local time twice");
        }
    }

    #[test]
    fn first_monday_means_both_match() {
        let rule = Rule::parse("0 9 1-7 11 Mon", "America/Regina").unwrap();
        let all: Vec<_> = rule
            .firings(at("2026-10-01T00:00:00Z"), at("2028-12-31T00:00:00Z"))
            .map(|(local, _)| local.to_string())
            .collect();
        assert_eq!(all, ["2026-11-02T09:00:00", "2027-11-01T09:00:00", "2028-11-06T09:00:00"]);
    }

    #[test]
    fn the_window_is_open_below_and_closed_above() {
        let rule = Rule::parse("0 9 2 11 *", "America/Toronto").unwrap();
        let due = at("2026-11-02T14:00:00Z");
        let second = Span::new().seconds(1);
        assert_eq!(rule.firings(due - second, due).count(), 1);
        assert_eq!(rule.firings(due, due + second).count(), 0);
        assert_eq!(rule.firings(Timestamp::MIN, Timestamp::MIN).count(), 0);
        assert_eq!(rule.firings(Timestamp::MAX, Timestamp::MAX).count(), 0);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Rule::parse(&text, "America/Toronto");
        }

        #[test]
        fn no_rule_like_text_panics(
            text in "[0-9*/,?a-zA-Z-]{1,6} [0-9*/,?-]{1,6} [0-9*/,?LW#-]{1,6} [0-9a-z*/,-]{1,6} [A-Za-z*/,?-]{1,7}",
        ) {
            if let Ok(rule) = Rule::parse(&text, "America/St_Johns") {
                let mut firings = rule.firings(at("2026-01-01T00:00:00Z"), at("2030-12-31T00:00:00Z"));
                if let Some((local, due)) = firings.next() {
                    prop_assert!(local.hour() >= 4);
                    prop_assert_eq!(rule.zone().to_datetime(due), local);
                }
            }
        }

        #[test]
        fn chosen_days_fire(minute in 0u32..60, hour in 4u32..24, day in 1u32..29, month in 1u32..13) {
            let rule = Rule::parse(&format!("{minute} {hour} {day} {month} *"), "America/Halifax").unwrap();
            let count = rule.firings(at("2027-01-01T04:00:00Z"), at("2028-01-01T03:59:59Z")).count();
            prop_assert_eq!(count, 1);
        }
    }
}
