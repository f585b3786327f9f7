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
#[path = "scenarios/32-planning-10000/mod.rs"]
mod s32_planning_10000;
#[path = "scenarios/33-two-planners/mod.rs"]
mod s33_two_planners;
#[path = "scenarios/34-down-over-a-firing/mod.rs"]
mod s34_down_over_a_firing;
#[path = "scenarios/35-forecast/mod.rs"]
mod s35_forecast;
#[path = "scenarios/40-relay-4xx-5xx/mod.rs"]
mod s40_relay_refuses;
#[path = "scenarios/41-relay-closes-and-hangs/mod.rs"]
mod s41_relay_closes_and_hangs;
#[path = "scenarios/42-relay-password-expired/mod.rs"]
mod s42_relay_password_expired;
#[path = "scenarios/43-mailbox-rebuilt/mod.rs"]
mod s43_mailbox_rebuilt;
#[path = "scenarios/44-old-mailbox/mod.rs"]
mod s44_old_mailbox;
#[path = "scenarios/45-loops-end/mod.rs"]
mod s45_loops_end;
#[path = "scenarios/46-killer-mail/mod.rs"]
mod s46_killer_mail;
#[path = "scenarios/50-calendar-table/mod.rs"]
mod s50_calendar_table;
#[path = "scenarios/51-secrets-and-folders/mod.rs"]
mod s51_secrets_and_folders;
