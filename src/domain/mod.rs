//! What the rules say. Pure: takes facts and `now`, gives decisions. No tokio, no SQL, no I/O,
//! no clock or randomness of its own.

pub mod money;
pub mod place;
pub mod words;
