//! The machine loses its power in the middle of a payment.

use super::{Stand, stand_with};
use crate::support::http;
use crate::support::skip;
use crate::support::stripe::{SECRET, signature};

/// A daemon that dies there; `None` where the binary cannot.
fn dying(point: &str) -> Option<Stand> {
    if cfg!(feature = "faults") {
        return Some(stand_with(&[("RELANCE_DIE_AT", point)]));
    }
    skip("built without the feature faults");
    None
}

#[test]
fn after_the_provider_made_the_page() {
    let Some(mut stand) = dying("card.called") else { return };
    let path = format!("{}/card", stand.link);
    assert!(http::post_form(stand.club.site.web, &path, &[]).is_err(), "it died");
    stand.revive();
    assert_eq!(stand.stripe.sessions().len(), 1);
    assert_eq!(stand.checkouts(), ["\"new\""]);
    let session = stand.payment_page();
    assert_eq!(stand.stripe.sessions().len(), 1, "the same key, the same page");
    stand.stripe.pay(&session.id);
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    assert_eq!(stand.renewal(), "\"paid\"");
}

#[test]
fn while_a_webhook_is_heard() {
    for (point, kept) in [("card.webhook", "\"open\""), ("card.told", "\"paid\"")] {
        let Some(mut stand) = dying(point) else { return };
        let session = stand.payment_page();
        stand.stripe.pay(&session.id);
        let changes = serde_json::json!({});
        let body = stand.stripe.event("evt_1", "completed", &session.id, &changes);
        let signature = signature(SECRET, &body, stand.now_s());
        let headers = [("Stripe-Signature", signature.as_str())];
        let web = stand.club.site.web;
        let path = "/card/webhook/stripe";
        let told = http::request(web, "POST", path, &headers, body.as_bytes());
        assert!(told.is_err(), "{point}: it died before it answered");
        stand.revive();
        assert_eq!(stand.renewal(), kept, "{point}");
        // The provider heard no 200, and tells it again.
        assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
        assert_eq!(stand.renewal(), "\"paid\"");
        assert_eq!(stand.club.ledger().matches("card-paid").count(), 1, "{point}");
        assert_eq!(stand.tasks().len(), 0);
    }
}
