//! Owns signed capabilities: tokens, their text forms, and the keys they are signed with.
//! Never looks anything up: a token is verified before the store is touched.

pub mod code;
mod keyring;
mod token;

pub use keyring::{KeyError, KeyInfo, Keyring};
pub use token::{Purpose, Token, TokenError};
