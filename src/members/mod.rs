//! Owns reading a member list: what a row must be, and what is wrong with one that is not.
//! Never touches the store.

pub mod address;
pub mod name;
