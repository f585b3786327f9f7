//! Owns the members' pages: listening, limits, routes. Never decides what a page may do: that is
//! `actions/`'.

pub mod limits;
pub mod listen;
