//! Owns the provider that charges nobody: its payment page is one of ours (`web::card`), so that
//! the whole flow can be seen without an account anywhere. For simulations only.

use super::{Checkout, Session};

pub(super) const NAME: &str = "demo";

/// Its page charged nobody: there is nothing to give back.
pub(super) fn refund(key: &str) -> String {
    format!("demo_{key}")
}

pub(super) fn open(checkout: &Checkout) -> Session {
    Session {
        id: format!("demo_{}", checkout.id),
        url: format!("{}/card/demo/{}", checkout.site, checkout.id),
    }
}
