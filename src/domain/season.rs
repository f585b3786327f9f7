//! Owns the season's instants: when it opens, when the insurance deadline falls, when it ends.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::config::SeasonSection;

/// The zone's rules from the bundled database, never the system's: a host's files may be older
/// than the law. `None` for a name that is not in it.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    jiff::tz::TimeZoneDatabase::bundled().get(name).ok()
}

fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    zone.to_zoned(day.at(0, 0, 0, 0)).map_or(Timestamp::MAX, |z| z.timestamp())
}

fn day_after(day: Date) -> Date {
    day.checked_add(1.day()).unwrap_or(day)
}

/// First instant of the season, in the deadline's zone.
#[must_use]
pub fn opens(season: &SeasonSection) -> Timestamp {
    zone(&season.deadline_zone).map_or(Timestamp::MAX, |z| start_of(season.opens, &z))
}

/// The first instant at which an intent to pay comes too late: the day after `declare_by`
/// begins, in the deadline's zone.
#[must_use]
pub fn deadline(season: &SeasonSection) -> Timestamp {
    zone(&season.deadline_zone)
        .map_or(Timestamp::MAX, |z| start_of(day_after(season.declare_by), &z))
}

/// The first instant after the season: the day of lapse has passed.
#[must_use]
pub fn ends(season: &SeasonSection) -> Timestamp {
    zone(&season.deadline_zone).map_or(Timestamp::MAX, |z| start_of(day_after(season.lapses), &z))
}
