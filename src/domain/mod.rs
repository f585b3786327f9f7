//! What the rules say. Pure: takes facts and `now`, gives decisions. No tokio, no SQL, no I/O,
//! no clock or randomness of its own.

pub mod answer;
pub mod authentication;
pub mod bill;
pub mod billing;
pub mod checkout;
pub mod desk;
pub mod digest;
pub mod eligibility;
pub mod gate;
pub mod insurance;
pub mod invoice;
pub mod lateness;
pub mod mailroom;
pub mod member;
pub mod money;
pub mod payment;
pub mod place;
pub mod season;
pub mod sign_in;
pub mod suppression;
pub mod tax;
pub mod verify;
pub mod words;
