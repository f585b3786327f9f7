//! What a webhook may do, and what it may not.

use serde_json::json;

use super::{SITE, stand};
use crate::support::http;
use crate::support::stripe::{deliver_with, signature};

#[test]
fn what_is_not_believed_changes_nothing() {
    let stand = stand();
    let session = stand.payment_page();
    stand.club.rest();
    let web = stand.club.site.web;
    let before = stand.club.dump();
    stand.stripe.pay(&session.id);
    let event = |changes| stand.stripe.event("evt_1", "completed", &session.id, &changes);
    let (body, now_s) = (event(json!({})), stand.now_s());
    let live = event(json!({"livemode": true}));
    let sound = signature(super::SECRET, &body, now_s);
    for (why, body, signature) in [
        ("no signature", body.as_str(), String::new()),
        ("another secret", &body, signature("whsec_other", &body, now_s)),
        ("an old delivery", &body, signature(super::SECRET, &body, now_s - 301)),
        ("from the future", &body, signature(super::SECRET, &body, now_s + 400)),
        ("another body", &event(json!({"amount_total": 1})), sound.clone()),
        ("live money", &live, signature(super::SECRET, &live, now_s)),
        ("no event", "{}", signature(super::SECRET, "{}", now_s)),
    ] {
        assert_eq!(deliver_with(web, body, &signature).status, 400, "{why}");
    }
    let large = "x".repeat(300 * 1024);
    let signed = [("Stripe-Signature", sound.as_str())];
    // It may hang up before all of it was sent.
    if let Ok(answer) =
        http::request(web, "POST", "/card/webhook/stripe", &signed, large.as_bytes())
    {
        assert_eq!(answer.status, 413);
    }
    assert_eq!(http::get(web, "/card/webhook/stripe").unwrap().status, 405);
    assert_eq!(stand.club.dump(), before);
    assert_eq!(deliver_with(web, &body, &format!("{sound},v1={}", "0".repeat(64))).status, 200);
    assert_eq!(stand.renewal(), "\"paid\"");
    stand.log_is_clean();
}

#[test]
fn events_of_others_are_taken_and_do_nothing() {
    let stand = stand();
    let session = stand.payment_page();
    let before = stand.club.ledger();
    for (n, changes) in [
        json!({"client_reference_id": "order-17"}),
        json!({"client_reference_id": null}),
        json!({"client_reference_id": "00112233445566778899aabbccddeeff"}),
    ]
    .into_iter()
    .enumerate()
    {
        let body = stand.stripe.event(&format!("evt_{n}"), "completed", &session.id, &changes);
        assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    }
    assert_eq!(stand.club.ledger(), before);
    assert_eq!(stand.renewal(), "\"open\"");
}

#[test]
fn another_amount_goes_to_the_desk() {
    for changes in [json!({"amount_total": 100}), json!({"currency": "usd"})] {
        let stand = stand();
        let session = stand.payment_page();
        stand.stripe.pay(&session.id);
        let body = stand.stripe.event("evt_1", "completed", &session.id, &changes);
        assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
        assert_eq!(stand.renewal(), "\"open\"", "{changes}");
        assert_eq!(stand.tasks(), [format!("\"credit amount {}\"", session.id)]);
        let page = stand.back(&session, "").body;
        assert!(page.contains("A person is looking at your payment"), "{page}");
    }
}

#[test]
fn a_second_success_goes_back_to_the_payer() {
    let stand = stand();
    let first = stand.payment_page();
    // The first page is said to be over, and both are paid all the same.
    assert_eq!(stand.says("evt_1", "expired", &first.id).status, 200);
    let page = stand.back(&first, "").body;
    assert!(page.contains("The payment was not made"), "{page}");
    assert_eq!(stand.renewal(), "\"open\"", "the renewal stays as it was");
    let second = stand.payment_page();
    assert_ne!(first.id, second.id);
    for (event, session) in [("evt_2", &second), ("evt_3", &first)] {
        stand.stripe.pay(&session.id);
        assert_eq!(stand.says(event, "completed", &session.id).status, 200);
    }
    assert_eq!(stand.renewal(), "\"paid\"");
    assert_eq!(stand.tasks(), [format!("\"double-payment double {}\"", first.id)]);
    assert_eq!(stand.checkouts(), ["\"paid\"", "\"paid\""]);
    // However often it is told.
    assert_eq!(stand.says("evt_4", "completed", &first.id).status, 200);
    assert_eq!(stand.tasks().len(), 1);
    assert!(stand.back(&second, "").body.contains("Your payment has arrived"));
    let page = stand.back(&first, "?lang=fr").body;
    assert!(page.contains("Une personne vérifie votre paiement"), "{page}");
}

#[test]
fn a_lost_webhook_loses_nothing() {
    let stand = stand();
    let session = stand.payment_page();
    stand.stripe.pay(&session.id);
    let later = stand.club.now() + jiff::SignedDuration::from_mins(6);
    stand.club.jump(&later.to_string());
    stand.club.wait_for("SELECT state FROM checkout", "\"paid\"");
    assert_eq!(stand.renewal(), "\"paid\"");
    let path = session.fields["success_url"].strip_prefix(SITE).unwrap();
    assert!(stand.club.get(path).body.contains("Your payment has arrived"));
    // The webhook comes after all.
    let before = stand.club.ledger();
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    assert_eq!(stand.club.ledger(), before);
    stand.log_is_clean();
}
