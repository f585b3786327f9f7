//! Owns mail on its way in: fetch, guard, parse, classify, attribute. Decisions are `domain/`'s,
//! effects are `actions/`'.

mod apply;
mod attribute;
mod autoreply;
mod clues;
mod complaint;
#[cfg(test)]
mod documented;
mod guard;
pub mod imap;
pub mod maildir;
mod mime;
mod phrases;
mod quoted;
pub mod read;
pub mod reading;
mod reasons;
mod reply;
mod report;
mod run;
pub mod source;
mod text;
mod trace;
mod verify;
mod vouching;

pub use apply::{Arrived, Place, Taken, take_in};
pub use reply::{from_html, from_plain, new_text};
pub use run::{Inbox, Source};
