//! Owns a federation to play with: a temporary folder, the sample config, members made the same
//! each time, a travelling calendar, and the daemon itself in this process, with Maildirs for a
//! relay and a mailbox. [`viewer`] shows it to a person, [`play`] plays it without one.
//!
//! Everything it does to the daemon goes through the real doors: mails in a Maildir, requests to
//! the members' pages. Nothing else in the program depends on this module, it listens on loopback
//! only, and no address in it belongs to anybody.

mod act;
mod browser;
mod federation;
mod mailbox;
mod members;
mod post;
mod report;
mod season;
mod stage;
mod table;
mod temper;
mod view;
pub mod viewer;

pub use crate::folder::Folder;
pub use season::play;
pub use stage::{Stage, StageError};
pub use table::{Row, Table};

/// Members are made, and people behave, by this seed: the same each time.
pub const SEED: u64 = 2027;
