//! Owns when a mail counts as received: by the trace line that our own MX wrote on top
//! (RFC 5321 §4.4), or as the mailbox says. Only the topmost line is ours; all below it is what
//! the sender's side claims.

use jiff::{SignedDuration, Timestamp};

use crate::config::MailCountsBy;

/// Our MX hands a mail to the mailbox within this; servers try no longer (RFC 5321 §4.5.4.1). A
/// line that says something else is not our MX's of now.
const HANDED_OVER_HOURS_MAX: i64 = 5 * 24;

/// The date at the end of a trace line. `None` where it has none that can be read.
#[must_use]
pub fn date(line: &str) -> Option<Timestamp> {
    let (_, date) = line.rsplit_once(';')?;
    // A comment after the date names the zone.
    let date = date.split('(').next().unwrap_or_default().trim();
    let date = date.split_whitespace().collect::<Vec<_>>().join(" ");
    jiff::fmt::rfc2822::parse(&date).ok().map(|zoned| zoned.timestamp())
}

/// When a mail counts as received that the mailbox had at `had`.
#[must_use]
pub fn received(by: MailCountsBy, trace: Option<Timestamp>, had: Timestamp) -> Timestamp {
    let earliest = had.saturating_sub(SignedDuration::from_hours(HANDED_OVER_HOURS_MAX));
    match (by, trace) {
        (MailCountsBy::Mx, Some(at)) if at <= had && earliest.is_ok_and(|e| at >= e) => at,
        _ => had,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_trace_lines() {
        for (line, want) in [
            (
                "from a.example (a.example [192.0.2.1]) by mx.example.ca (Postfix) with ESMTPS id 4F; Thu, 31 Dec 2026 23:59:59 -0500 (EST)",
                Some("2027-01-01T04:59:59Z"),
            ),
            ("by mx.example.ca; Fri,  1 Jan 2027 00:00:00 +0000", Some("2027-01-01T00:00:00Z")),
            ("by mx.example.ca; 31 Dec 2026 23:59 -0330", Some("2027-01-01T03:29:00Z")),
            (
                "by mx.example.ca (a; b); Thu, 31 Dec 2026 23:59:59 GMT",
                Some("2026-12-31T23:59:59Z"),
            ),
            ("from a.example by mx.example.ca", None),
            ("by mx.example.ca; yesterday", None),
            ("", None),
        ] {
            let want = want.map(|text| text.parse().unwrap());
            assert_eq!(date(line), want, "{line}");
        }
    }

    #[test]
    fn what_counts() {
        use MailCountsBy::{Internaldate, Mx};
        let had: Timestamp = "2027-01-01T05:00:20Z".parse().unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let before = at("2027-01-01T04:59:58Z");
        for (name, by, trace, want) in [
            ("by our MX", Mx, before, before),
            ("by the mailbox", Internaldate, before, Some(had)),
            ("no trace", Mx, None, Some(had)),
            ("a trace of tomorrow", Mx, at("2027-01-02T05:00:00Z"), Some(had)),
            ("a trace of last year", Mx, at("2026-01-02T05:00:00Z"), Some(had)),
        ] {
            assert_eq!(Some(received(by, trace, had)), want, "{name}");
        }
    }
}
