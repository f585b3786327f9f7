//! Every scenario, in one binary: each runs what members, desks and operators would use, the
//! built binary among real mail servers, and looks at what came of it from outside.

#![expect(clippy::unwrap_used, reason = "in a scenario an unwrap is an assertion")]

mod support;

#[path = "scenarios/00-support/mod.rs"]
mod s00_support;
#[path = "scenarios/30-import/mod.rs"]
mod s30_import;
