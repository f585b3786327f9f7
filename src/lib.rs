//! Relance runs a membership renewal season by email, in English and French.
//!
//! ```text
//!    clock ──> scheduler ─┐
//!    link  ──> web ───────┼──> actions ──> store (SQLite) ──> outbox ──> SMTP relay
//!    mail  ──> inbox ─────┘    decide in domain/, apply in one transaction
//! ```
//!
//! - [`domain`]: what the rules say. Pure: no I/O, no clock of its own.
//! - [`actions`]: one vocabulary of acts for the three doors, each applied in one transaction.
//! - [`store`]: SQLite; the only place where SQL stands.
//! - [`compose`]: one bilingual message or page from facts, templates and words.
//! - [`card`]: the payment provider, behind one seam.
//! - [`link`]: signed tokens and the key ring.
//! - [`scheduler`], [`outbox`], [`inbox`], [`web`]: the loops and doors.
//! - [`hold`]: the guard before each of them, for a store that must not mail.
//! - [`daemon`]: their life; [`cli`]: the commands; [`demo`]: a federation to play with;
//!   [`simulate`]: a season played against a copy of the store.

pub mod actions;
pub mod bell;
pub mod card;
pub mod cli;
pub mod clock;
pub mod compose;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod domain;
pub mod faults;
pub mod folder;
pub mod hold;
pub mod ids;
pub mod inbox;
pub mod link;
pub mod members;
pub mod outbox;
pub mod scheduler;
pub mod simulate;
pub mod store;
pub mod tls;
pub mod web;
