//! Owns the life of the running daemon: its tasks, signals, heartbeat and what it says of itself.
//! Never does any of the daemon's work.

pub mod health;
pub mod heartbeat;
pub mod lifecycle;
