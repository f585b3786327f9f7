//! Owns amounts: whole cents of one currency, in `i64`. Arithmetic is checked; words and
//! formats are `compose`'s.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// The largest amount that any one line or total may reach: a billion dollars. Far above any
/// federation's year, far below overflow.
pub const CENTS_MAX: i64 = 100_000_000_000;

/// An amount in whole cents. Can be negative (a credit).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Cents(i64);

/// Beyond [`CENTS_MAX`].
#[derive(Debug, thiserror::Error)]
#[error("an amount beyond {CENTS_MAX} cents")]
pub struct TooMuch;

impl TryFrom<i64> for Cents {
    type Error = TooMuch;

    fn try_from(cents: i64) -> Result<Self, TooMuch> {
        Self::new(cents).ok_or(TooMuch)
    }
}

impl From<Cents> for i64 {
    fn from(cents: Cents) -> Self {
        cents.0
    }
}

impl Cents {
    /// Nothing owed.
    pub const ZERO: Self = Self(0);

    /// `None` beyond [`CENTS_MAX`] either way.
    #[must_use]
    pub fn new(cents: i64) -> Option<Self> {
        (-CENTS_MAX..=CENTS_MAX).contains(&cents).then_some(Self(cents))
    }

    /// As the store keeps it.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `None` where the sum leaves the bounds.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_add(other.0)?)
    }

    /// The same amount the other way: what takes it back.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// `numerator / denominator` of it, rounded to the cent, half away from zero. Saturates at the
    /// bounds; a denominator of 0 gives nothing.
    #[must_use]
    pub fn share(self, numerator: i64, denominator: i64) -> Self {
        if denominator == 0 {
            return Self::ZERO;
        }
        let product = i128::from(self.0) * i128::from(numerator) * i128::from(denominator.signum());
        let by = i128::from(denominator.unsigned_abs());
        let half = if product < 0 { -by / 2 } else { by / 2 };
        let max = i128::from(CENTS_MAX);
        let rounded = ((product + half) / by).clamp(-max, max);
        Self(i64::try_from(rounded).unwrap_or_default())
    }

    /// Whole dollars and the cents beside them, and whether the amount is negative.
    #[must_use]
    pub const fn parts(self) -> (bool, u64, u8) {
        let magnitude = self.0.unsigned_abs();
        (self.0 < 0, magnitude / 100, (magnitude % 100) as u8)
    }
}

impl Sum for Cents {
    /// Saturates at the bounds: a total there is a fault that `check` has already refused.
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.fold(0i64, |sum, c| sum.saturating_add(c.0)).clamp(-CENTS_MAX, CENTS_MAX))
    }
}

impl fmt::Display for Cents {
    /// For logs and JSON: `-1234.56`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, dollars, cents) = self.parts();
        write!(f, "{}{dollars}.{cents:02}", if negative { "-" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_half_away_from_zero() {
        let cents = |c| Cents::new(c).unwrap();
        for (amount, numerator, denominator, want) in [
            (10, 1, 4, 3),
            (-10, 1, 4, -3),
            (9, 1, 4, 2),
            (10, 1, 0, 0),
            (10, -1, 4, -3),
            (10, 1, -4, -3),
            (5, 1, 3, 2),
            (4, 1, 3, 1),
            (CENTS_MAX, 2, 1, CENTS_MAX),
        ] {
            assert_eq!(cents(amount).share(numerator, denominator), cents(want), "{amount}");
        }
        assert_eq!(cents(5).negated().get(), -5);
    }

    #[test]
    fn json_keeps_the_bounds() {
        assert_eq!(serde_json::to_string(&Cents::new(-5).unwrap()).unwrap(), "-5");
        assert_eq!(serde_json::from_str::<Cents>("12").unwrap().get(), 12);
        assert!(serde_json::from_str::<Cents>("100000000001").is_err());
    }

    #[test]
    fn bounds_and_parts() {
        assert_eq!(Cents::new(CENTS_MAX + 1), None);
        assert_eq!(Cents::new(123_456).unwrap().parts(), (false, 1234, 56));
        assert_eq!(Cents::new(-5).unwrap().to_string(), "-0.05");
        assert_eq!(Cents::new(CENTS_MAX).unwrap().checked_add(Cents::new(1).unwrap()), None);
        assert_eq!([1, 2, 3].map(|c| Cents::new(c).unwrap()).into_iter().sum::<Cents>().get(), 6);
    }
}
