//! Owns what a renewal becomes when a desk has decided about a member's situation, or about money
//! that settles nothing. Knows no store: facts in, what is to be done out.

use super::deed::Deed;
use crate::domain::money::Cents;

/// A renewal as far as the decision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether an invoice of it is owed or was paid.
    pub invoiced: bool,
    /// What it would be billed as decided; `None` where this association bills nothing.
    pub bill: Option<Cents>,
}

/// What becomes of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// It is billed anew: the invoice is taken back, and one by the decision takes its place.
    Rebilled,
    /// It is open, at the price of the decision: the member says how they pay.
    Open,
    /// It owes nothing, and is renewed. An invoice is taken back.
    Free,
    /// It ends. An invoice is taken back, and what was paid on it waits.
    Ended,
    /// It goes on as it was: open, or as its invoices and payments say.
    Resumed,
}

/// What a decision about a situation makes of a renewal; `None` for one that is not about that.
#[must_use]
pub fn becomes(deed: Deed, standing: Standing) -> Option<Becomes> {
    Some(match (deed, standing.bill) {
        (Deed::Category, Some(bill)) if bill <= Cents::ZERO => Becomes::Free,
        (Deed::Category, Some(_)) if standing.invoiced => Becomes::Rebilled,
        (Deed::Category, Some(_)) => Becomes::Open,
        (Deed::Category, None) | (Deed::Leave | Deed::Moved | Deed::Ended, _) => Becomes::Ended,
        (Deed::Refused, _) => Becomes::Resumed,
        _ => return None,
    })
}

/// What of money that waits goes back: what was typed, or all of it where nothing was. `None`: more
/// than there is, or nothing.
#[must_use]
pub fn refund(waits: Cents, typed: Option<Cents>) -> Option<Cents> {
    Some(typed.unwrap_or(waits)).filter(|back| *back > Cents::ZERO && *back <= waits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_renewal_becomes() {
        use Becomes::{Ended, Free, Open, Rebilled, Resumed};
        let table = [
            // Decision, whether it was invoiced, what it would cost, what it becomes.
            (Deed::Category, false, Some(20_000), Some(Open)),
            (Deed::Category, true, Some(20_000), Some(Rebilled)),
            (Deed::Category, false, Some(0), Some(Free)),
            (Deed::Category, true, Some(0), Some(Free)),
            (Deed::Category, true, None, Some(Ended)),
            (Deed::Leave, false, Some(20_000), Some(Ended)),
            (Deed::Leave, true, Some(0), Some(Ended)),
            (Deed::Moved, true, Some(20_000), Some(Ended)),
            (Deed::Ended, false, None, Some(Ended)),
            (Deed::Refused, true, Some(20_000), Some(Resumed)),
            (Deed::Refused, false, None, Some(Resumed)),
            (Deed::Done, true, Some(20_000), None),
            (Deed::Send, false, None, None),
        ];
        for (deed, invoiced, cents, want) in table {
            let bill = cents.map(|cents| Cents::new(cents).unwrap());
            let standing = Standing { invoiced, bill };
            assert_eq!(becomes(deed, standing), want, "{deed:?} {standing:?}");
        }
    }

    #[test]
    fn no_more_goes_back_than_waits() {
        let table = [
            (10_000, None, Some(10_000)),
            (10_000, Some(4_000), Some(4_000)),
            (10_000, Some(10_000), Some(10_000)),
            (10_000, Some(10_001), None),
            (10_000, Some(0), None),
            (0, None, None),
        ];
        for (waits, typed, want) in table {
            let cents = |n: i64| Cents::new(n).unwrap();
            let got = refund(cents(waits), typed.map(cents));
            assert_eq!(got.map(Cents::get), want, "{waits} {typed:?}");
        }
    }
}
