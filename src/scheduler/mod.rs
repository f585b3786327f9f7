//! Owns when a step of the season is due, and writing its messages into the outbox. Never sends
//! anything.

pub mod calendar;
pub mod census;
mod daily;
pub mod digests;
pub mod forecast;
mod gate;
pub mod letters;
mod plan;
mod register;
mod retention;
pub mod rule;
mod tick;

pub use daily::{is_behind, next_reminder};
pub use plan::{ChunkEnd, chunk, nominal_day};
pub use register::register_due;
pub use tick::Scheduler;
