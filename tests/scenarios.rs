//! Every scenario, in one binary: each runs what members, desks and operators would use, the
//! built binary among real mail servers, and looks at what came of it from outside.

#![expect(clippy::unwrap_used, reason = "in a scenario an unwrap is an assertion")]

mod support;

#[path = "scenarios/00-support/mod.rs"]
mod s00_support;
#[path = "scenarios/30-import/mod.rs"]
mod s30_import;
#[path = "scenarios/31-check/mod.rs"]
mod s31_check;
#[path = "scenarios/40-relay-4xx-5xx/mod.rs"]
mod s40_relay_refuses;
#[path = "scenarios/41-relay-closes-and-hangs/mod.rs"]
mod s41_relay_closes_and_hangs;
#[path = "scenarios/42-relay-password-expired/mod.rs"]
mod s42_relay_password_expired;
