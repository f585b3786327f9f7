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

/// The first instant after `day`, in that zone.
#[must_use]
pub fn after(day: Date, zone_name: &str) -> Timestamp {
    zone(zone_name).map_or(Timestamp::MAX, |z| start_of(day_after(day), &z))
}

/// The first instant of `day`, in that zone.
#[must_use]
pub fn begin(day: Date, zone_name: &str) -> Timestamp {
    zone(zone_name).map_or(Timestamp::MAX, |z| start_of(day, &z))
}

/// Hours of the day at which a mail that can wait goes out.
const DAY_HOURS: std::ops::Range<i8> = 9..18;

/// `now` where it is day in that zone, else nine o'clock of the next morning there.
#[must_use]
pub fn daytime(now: Timestamp, zone_name: &str) -> Timestamp {
    let Some(zone) = zone(zone_name) else { return now };
    let local = zone.to_datetime(now);
    if DAY_HOURS.contains(&local.hour()) {
        return now;
    }
    let day = if local.hour() < DAY_HOURS.start { local.date() } else { day_after(local.date()) };
    let morning = zone.to_zoned(day.at(DAY_HOURS.start, 0, 0, 0));
    morning.map_or(now, |z| z.timestamp())
}

/// The first instant after the season: the day of lapse has passed.
#[must_use]
pub fn ends(season: &SeasonSection) -> Timestamp {
    zone(&season.deadline_zone).map_or(Timestamp::MAX, |z| start_of(day_after(season.lapses), &z))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::federation;

    #[test]
    fn the_last_day_counts_to_its_end_in_the_named_zone() {
        let mut season = federation().relance.season;
        assert_eq!(deadline(&season).to_string(), "2027-01-01T05:00:00Z");
        season.deadline_zone = "America/St_Johns".into();
        assert_eq!(deadline(&season).to_string(), "2027-01-01T03:30:00Z");
        season.deadline_zone = "America/Vancouver".into();
        assert_eq!(
            deadline(&season).to_string(),
            "2027-01-01T07:00:00Z",
            "clocks no longer change"
        );
        assert!(opens(&season) < deadline(&season) && deadline(&season) < ends(&season));
    }

    #[test]
    fn nobody_is_written_to_in_the_night() {
        for (now, zone, want) in [
            ("2027-01-01T05:00:00Z", "America/Toronto", "2027-01-01T14:00:00Z"),
            ("2027-01-01T05:00:00Z", "America/Vancouver", "2027-01-01T16:00:00Z"),
            ("2027-01-01T03:30:00Z", "America/St_Johns", "2027-01-01T12:30:00Z"),
            ("2027-01-01T15:07:00Z", "America/Toronto", "2027-01-01T15:07:00Z"),
            ("2027-01-01T23:00:00Z", "America/Toronto", "2027-01-02T14:00:00Z"),
        ] {
            let got = daytime(now.parse().unwrap(), zone);
            assert_eq!(got.to_string(), want, "{now} {zone}");
        }
    }

    #[test]
    fn an_unknown_zone_never_comes() {
        let mut season = federation().relance.season;
        season.deadline_zone = "America/Nowhere".into();
        assert_eq!(deadline(&season), Timestamp::MAX);
    }
}
