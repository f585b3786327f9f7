//! Owns the commands: each reads its arguments, calls the library and prints.

pub mod inspect;
