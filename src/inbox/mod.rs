//! Owns mail on its way in: fetch, guard, parse, classify, attribute. Decisions are `domain/`'s,
//! effects are `actions/`'.

pub mod imap;
pub mod maildir;
pub mod reading;
pub mod source;
