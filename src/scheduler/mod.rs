//! Owns when a step of the season is due, and writing its messages into the outbox. Never sends
//! anything.

pub mod calendar;
pub mod forecast;
mod plan;
mod retention;
pub mod rule;
mod tick;

pub use plan::{ChunkEnd, chunk};
pub use tick::{Scheduler, register_due};
