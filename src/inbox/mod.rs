//! Owns mail on its way in: fetch, guard, parse, classify, attribute. Decisions are `domain/`'s,
//! effects are `actions/`'.

mod apply;
mod attribute;
pub mod imap;
pub mod maildir;
pub mod reading;
mod run;
pub mod source;

pub use apply::{Arrived, Place, take_in};
pub use run::{Inbox, Source};
