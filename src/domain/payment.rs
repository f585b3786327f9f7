//! Owns what a payment settles.

use serde::{Deserialize, Serialize};

use super::words::vocabulary;

vocabulary! {
    /// Lines by what a payment settles first; the config gives the order.
    Rank {
        /// The insurance premium.
        Premium = "premium",
        /// Dues of the body that issued the invoice.
        OwnDues = "own-dues",
        /// Dues of the bodies for which it bills.
        OtherDues = "other-dues",
        /// What being late costs.
        Penalty = "penalty" }
}
