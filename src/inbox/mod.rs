//! Owns mail on its way in: fetch, guard, parse, classify, attribute. Decisions are `domain/`'s,
//! effects are `actions/`'.

mod autoreply;
mod clues;
mod complaint;
mod guard;
mod mime;
mod phrases;
pub mod read;
pub mod reading;
mod reasons;
mod reply;
mod report;
pub mod source;
mod text;

pub use reply::{from_html, from_plain, new_text};
