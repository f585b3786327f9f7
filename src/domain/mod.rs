//! What the rules say. Pure: takes facts and `now`, gives decisions. No tokio, no SQL, no I/O,
//! no clock or randomness of its own.

pub mod answer;
pub mod authentication;
pub mod bill;
pub mod billing;
pub mod change;
pub mod checkout;
pub mod correction;
pub mod desk;
pub mod digest;
pub mod eligibility;
pub mod export;
pub mod gate;
pub mod hold;
pub mod insurance;
pub mod invoice;
pub mod lateness;
pub mod mailroom;
pub mod member;
pub mod money;
pub mod offer;
pub mod payment;
pub mod place;
pub mod remittance;
pub mod reserved;
pub mod retention;
pub mod season;
pub mod sign_in;
pub mod suppression;
pub mod tax;
pub mod verify;
pub mod words;
