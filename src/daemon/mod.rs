//! Owns the life of the running daemon: its parts put together, signals, heartbeat, what it says
//! of itself, and the socket by which commands speak to it.

pub mod assemble;
mod card;
pub mod control;
pub mod footing;
pub mod health;
pub mod heartbeat;
pub mod lifecycle;
mod metrics;
pub mod quiet;
pub mod simulated;
pub mod state;
