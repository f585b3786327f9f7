//! Owns the season's instants: when it opens, when the insurance deadline falls, when it ends.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::member::Member;
use crate::config::{DeadlineBy, Offset, SeasonDate, SeasonSection};

/// Clocks change between midnight and four in every zone of North America: nothing may be due
/// then.
pub const HOUR_MIN: u32 = 4;

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

/// Where a day ends last: nobody lives further west.
const LAST_ZONE: &str = "Etc/GMT+12";

/// The zone by which the deadline falls for `member`.
#[must_use]
pub fn deadline_zone<'a>(season: &'a SeasonSection, member: &'a Member) -> &'a str {
    let own = match season.deadline_by {
        DeadlineBy::Policy => None,
        DeadlineBy::Member => member.clock(),
    };
    own.filter(|name| zone(name).is_some()).unwrap_or(&season.deadline_zone)
}

/// The zone in which the deadline falls last: from then on it has passed for everybody.
#[must_use]
pub fn last_zone(season: &SeasonSection) -> &str {
    match season.deadline_by {
        DeadlineBy::Policy => &season.deadline_zone,
        DeadlineBy::Member => LAST_ZONE,
    }
}

/// The first instant at which an intent of `member` to pay comes too late: the day after
/// `declare_by` begins, by their clock or the policy's.
#[must_use]
pub fn deadline_of(season: &SeasonSection, member: &Member) -> Timestamp {
    after(season.declare_by, deadline_zone(season, member))
}

/// The first instant at which an intent to pay comes too late for everybody.
#[must_use]
pub fn deadline(season: &SeasonSection) -> Timestamp {
    after(season.declare_by, last_zone(season))
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

/// The first instant after the season: the last day of late renewals has passed.
#[must_use]
pub fn ends(season: &SeasonSection) -> Timestamp {
    zone(&season.deadline_zone).map_or(Timestamp::MAX, |z| start_of(day_after(closes(season)), &z))
}

/// Whether renewals of the season can be opened now.
#[must_use]
pub fn is_open(season: &SeasonSection, now: Timestamp) -> bool {
    opens(season) <= now && now < ends(season)
}

/// Whether a renewal of the season `of` still takes an answer: one of another season is priced by
/// nothing that stands here, and whoever lapsed could come back until the last day of late
/// renewals.
#[must_use]
pub fn takes_answers(season: &SeasonSection, of: &str, now: Timestamp) -> bool {
    of == season.id && now < ends(season)
}

/// Last day of late renewals.
#[must_use]
pub fn closes(season: &SeasonSection) -> Date {
    season.closes.unwrap_or(season.lapses)
}

/// Last day to pay what was promised.
#[must_use]
pub fn pay_by(season: &SeasonSection) -> Date {
    season.pay_by.unwrap_or(season.lapses)
}

/// Whether a renewal on that day (in the deadline's zone) is late.
#[must_use]
pub fn is_late(season: &SeasonSection, day: Date) -> bool {
    day >= season.late_from.unwrap_or_else(|| day_after(season.lapses))
}

/// The day that it is in the deadline's zone, by which taxes, fees and lateness go.
#[must_use]
pub fn day(season: &SeasonSection, now: Timestamp) -> Date {
    day_in(&season.deadline_zone, now)
}

/// The day that it is in a zone; in UTC where the zone is unknown.
#[must_use]
pub fn day_in(name: &str, now: Timestamp) -> Date {
    zone(name).unwrap_or(TimeZone::UTC).to_datetime(now).date()
}

/// A date of the season by its name.
#[must_use]
pub fn date(season: &SeasonSection, which: SeasonDate) -> Date {
    match which {
        SeasonDate::Opens => season.opens,
        SeasonDate::CoverFrom => season.cover_from,
        SeasonDate::DeclareBy => season.declare_by,
        SeasonDate::PayBy => pay_by(season),
        SeasonDate::Lapses => season.lapses,
        SeasonDate::Closes => closes(season),
    }
}

/// A time of day such as `09:00`; `None` where it is none, or so early that clocks change then.
#[must_use]
pub fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i8>().ok()).flatten()
    };
    let time = Time::new(two(hour)?, two(minute)?, 0, 0).ok()?;
    (u32::try_from(time.hour()).ok()? >= HOUR_MIN).then_some(time)
}

/// The local date and time of a step that is counted from a date of the season; `None` where it
/// names no date or two, or no time of day.
#[must_use]
pub fn counted(season: &SeasonSection, offset: &Offset) -> Option<DateTime> {
    let days = i64::from(offset.days);
    let day = match (offset.before, offset.after) {
        (Some(which), None) => date(season, which).checked_sub(days.days()).ok()?,
        (None, Some(which)) => date(season, which).checked_add(days.days()).ok()?,
        _ => return None,
    };
    Some(day.to_datetime(time_of_day(&offset.at)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::{federation, member};

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
    fn midnight_where_each_member_is_or_the_policys() {
        let mut season = federation().relance.season;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (policy, unknown) = ("2027-01-01T00:00:00-05:00", "2027-01-01T00:00:00-05:00");
        let table = [
            ("NL", None, "2027-01-01T00:00:00-03:30"),
            ("NS", None, "2027-01-01T00:00:00-04:00"),
            ("NB", None, "2027-01-01T00:00:00-04:00"),
            ("QC", None, "2027-01-01T00:00:00-05:00"),
            ("ON", None, "2027-01-01T00:00:00-05:00"),
            ("NU", None, "2027-01-01T00:00:00-05:00"),
            // Manitoba, Alberta and British Columbia keep their summer time since 2026.
            ("MB", None, "2027-01-01T00:00:00-05:00"),
            ("SK", None, "2027-01-01T00:00:00-06:00"),
            ("AB", None, "2027-01-01T00:00:00-06:00"),
            ("YT", None, "2027-01-01T00:00:00-07:00"),
            ("BC", None, "2027-01-01T00:00:00-07:00"),
            // A province is not a zone: their own comes first.
            ("ON", Some("America/Regina"), "2027-01-01T00:00:00-06:00"),
            ("", Some("Europe/Paris"), "2027-01-01T00:00:00+01:00"),
            ("", None, unknown),
            ("ON", Some("Nowhere/Else"), unknown),
        ];
        for by in [DeadlineBy::Policy, DeadlineBy::Member] {
            season.deadline_by = by;
            for (province, zone, own) in table {
                let mut member = member(&["OPPI+", "CIP"]);
                member.province = province.into();
                member.zone = zone.map(str::to_owned);
                let want = if by == DeadlineBy::Member { own } else { policy };
                assert_eq!(deadline_of(&season, &member), at(want), "{by:?} {province} {zone:?}");
                assert!(deadline_of(&season, &member) <= deadline(&season), "settled after all");
            }
        }
        assert_eq!(deadline(&season), at("2027-01-01T12:00:00Z"), "the day has ended everywhere");
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
    fn dates_left_out_are_the_day_of_lapse() {
        let mut season = federation().relance.season;
        (season.pay_by, season.closes, season.late_from) = (None, None, None);
        assert_eq!((pay_by(&season), closes(&season)), (season.lapses, season.lapses));
        assert_eq!(ends(&season).to_string(), "2027-04-01T04:00:00Z");
        assert!(!is_late(&season, season.lapses));
        assert!(is_late(&season, day_after(season.lapses)));
        season.closes = Some(jiff::civil::date(2027, 6, 30));
        assert_eq!(ends(&season).to_string(), "2027-07-01T04:00:00Z");
        season.late_from = Some(season.declare_by);
        assert!(is_late(&season, season.declare_by));
    }

    #[test]
    fn answers_are_taken_until_the_last_day_of_late_renewals() {
        let season = federation().relance.season;
        let last = closes(&season).to_string();
        for (of, now, takes) in [
            ("2027", "2026-11-02T14:00:00Z".to_owned(), true),
            ("2027", format!("{last}T23:59:59Z"), true),
            ("2027", ends(&season).to_string(), false),
            ("2026", "2026-11-02T14:00:00Z".to_owned(), false),
            ("2028", "2026-11-02T14:00:00Z".to_owned(), false),
        ] {
            assert_eq!(takes_answers(&season, of, now.parse().unwrap()), takes, "{of} {now}");
        }
        assert!(is_open(&season, opens(&season)) && !is_open(&season, ends(&season)));
    }

    #[test]
    fn steps_counted_from_a_date() {
        let season = federation().relance.season;
        let offset = |days, before, after, at: &str| Offset { days, before, after, at: at.into() };
        let (deadline, lapses) = (Some(SeasonDate::DeclareBy), Some(SeasonDate::Lapses));
        for (offset, want) in [
            (offset(14, deadline, None, "09:00"), Some("2026-12-17T09:00:00")),
            (offset(0, deadline, None, "16:30"), Some("2026-12-31T16:30:00")),
            (offset(1, None, lapses, "09:00"), Some("2027-04-01T09:00:00")),
            (offset(30, Some(SeasonDate::PayBy), None, "09:00"), Some("2027-01-01T09:00:00")),
            (offset(1, deadline, lapses, "09:00"), None),
            (offset(1, None, None, "09:00"), None),
            (offset(1, deadline, None, "02:00"), None),
        ] {
            let got = counted(&season, &offset).map(|at| at.to_string());
            assert_eq!(got.as_deref(), want, "{offset:?}");
        }
    }

    #[test]
    fn an_unknown_zone_never_comes() {
        let mut season = federation().relance.season;
        season.deadline_zone = "America/Nowhere".into();
        assert_eq!(deadline(&season), Timestamp::MAX);
    }
}
