//! Owns when a step of the season is due, and writing its messages into the outbox. Never sends
//! anything.

pub mod calendar;
pub mod digests;
pub mod forecast;
mod plan;
pub mod rule;
mod tick;

pub use plan::{ChunkEnd, chunk};
pub use tick::{Scheduler, register_due};
