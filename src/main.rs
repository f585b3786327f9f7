//! Relance.
fn main() {}
