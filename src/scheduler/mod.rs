//! Owns when a step of the season is due. Never sends anything and never reads a clock.

pub mod rule;
