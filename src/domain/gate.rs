//! Owns whether the count of a mailing is a surprise: too far from what a person approved to go
//! out unseen.

use serde::Serialize;

/// Whom a step reaches, and who has answered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// Who gets it.
    pub recipients: i64,
    /// Who does not, having answered.
    pub answered: i64,
}

/// How far a count may be from the approved one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// In per cent of the approved count.
    pub percent_max: u32,
    /// In recipients: no less is ever a surprise.
    pub recipients_max: u32,
}

/// Whether `found` differs too much from `approved`. Whoever answered in between is missed by
/// nobody; more recipients than approved are always more.
#[must_use]
pub fn surprising(approved: Count, found: Count, bounds: Bounds) -> bool {
    let since = (found.answered - approved.answered).max(0);
    let more = found.recipients - approved.recipients;
    let fewer = approved.recipients - found.recipients - since;
    let off = more.max(fewer);
    off > i64::from(bounds.recipients_max)
        && off.saturating_mul(100) > approved.recipients.saturating_mul(bounds.percent_max.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { percent_max: 20, recipients_max: 20 };

    #[test]
    fn what_is_a_surprise() {
        let count = |recipients, answered| Count { recipients, answered };
        for (name, approved, found, want) in [
            ("as approved", count(500, 0), count(500, 0), false),
            ("a fifth more", count(500, 0), count(600, 0), false),
            ("one more than that", count(500, 0), count(601, 0), true),
            ("a fifth fewer", count(500, 0), count(400, 0), false),
            ("fewer still", count(500, 0), count(399, 0), true),
            ("answered meanwhile", count(500, 0), count(100, 400), false),
            ("answered, and others gone", count(500, 0), count(100, 200), true),
            ("answers taken back", count(300, 200), count(480, 20), true),
            ("a small club", count(10, 0), count(30, 0), false),
            ("twenty-one more", count(10, 0), count(31, 0), true),
            ("nobody was approved", count(0, 0), count(21, 0), true),
            ("nobody is left", count(500, 0), count(0, 0), true),
        ] {
            assert_eq!(surprising(approved, found, BOUNDS), want, "{name}");
        }
    }
}
