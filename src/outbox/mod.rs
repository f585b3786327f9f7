//! Owns mail on its way out: claims, connections, outcomes, retries. Never composes a word and
//! never decides who gets what.

pub mod maildir;
pub mod smtp;
pub mod transport;
