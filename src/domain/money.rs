//! Owns amounts: whole cents of one currency, in `i64`. Arithmetic is checked; words and
//! formats are `compose`'s.

use std::fmt;
use std::iter::Sum;

/// The largest amount that any one line or total may reach: a billion dollars. Far above any
/// federation's year, far below overflow.
pub const CENTS_MAX: i64 = 100_000_000_000;

/// An amount in whole cents. Can be negative (a credit).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cents(i64);

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
    fn bounds_and_parts() {
        assert_eq!(Cents::new(CENTS_MAX + 1), None);
        assert_eq!(Cents::new(123_456).unwrap().parts(), (false, 1234, 56));
        assert_eq!(Cents::new(-5).unwrap().to_string(), "-0.05");
        assert_eq!(Cents::new(CENTS_MAX).unwrap().checked_add(Cents::new(1).unwrap()), None);
        assert_eq!([1, 2, 3].map(|c| Cents::new(c).unwrap()).into_iter().sum::<Cents>().get(), 6);
    }
}
