//! What a webhook may do, and what it may not.

use serde_json::json;

use super::{REFUND, SITE, stand};
use crate::support::club::SOON;
use crate::support::http;
use crate::support::stripe::{Fault, deliver_with, signature};
use crate::support::wait_until;

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
    // Our own money waits in the books; another currency is in no book of ours.
    for (changes, books) in
        [(json!({"amount_total": 100}), vec!["\"100 0\""]), (json!({"currency": "usd"}), vec![])]
    {
        let stand = stand();
        let session = stand.payment_page();
        stand.stripe.pay(&session.id);
        let body = stand.stripe.event("evt_1", "completed", &session.id, &changes);
        assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
        assert_eq!(stand.renewal(), "\"open\"", "{changes}");
        assert_eq!(stand.tasks(), ["\"credit\""]);
        assert_eq!(stand.books(), books);
        let page = stand.back(&session, "").body;
        assert!(page.contains("A person is looking at your payment"), "{page}");
    }
}

#[test]
fn a_second_success_goes_back_to_the_payer() {
    let stand = stand();
    let (first, second) = stand.paid_twice();
    assert_eq!(stand.renewal(), "\"paid\"");
    let cents = &first.fields["line_items[0][price_data][unit_amount]"];
    let (whole, twice) = (format!("\"{cents} {cents}\""), format!("\"{cents} 0\""));
    assert_eq!(stand.books()[..2], [whole, twice]);
    assert_eq!(stand.checkouts(), ["\"paid\"", "\"paid\""]);
    // However often it is told.
    assert_eq!(stand.says("evt_4", "completed", &first.id).status, 200);
    assert!(stand.back(&second, "").body.contains("Your payment has arrived"));
    let page = stand.back(&first, "?lang=fr").body;
    assert!(page.contains("Ce montant était déjà payé"), "{page}");

    // By itself, once, though the provider is slow to answer.
    stand.stripe.fail(&[Fault::Status(429), Fault::TakeAndClose]);
    for tries in 1..=3 {
        stand.a_minute_later().ok();
        let asked = || stand.refunds_asked() == tries;
        wait_until("it to be asked for", SOON, || asked().then_some(()));
    }
    stand.club.wait_for(REFUND, "\"done\"");
    assert_eq!(stand.refunded(), 1);
    assert_eq!(stand.books()[2..], [format!("\"-{cents} 0\"")]);
    assert!(stand.tasks().is_empty(), "{:?}", stand.tasks());
    stand.club.rest();
    let mails = stand.club.query("SELECT count(*) FROM message WHERE kind = 'refund'");
    assert_eq!(mails, ["1"]);
    assert!(stand.club.ledger().contains("card-refunded"));
    // The provider tells of it afterwards; it was no other refund.
    let body =
        stand.stripe.money_event("evt_5", "charge.refunded", &first.id, cents.parse().unwrap());
    assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    assert_eq!((stand.books().len(), stand.renewal()), (3, "\"paid\"".into()));
    stand.club.site.cli(&["audit", "verify"]).ok();
    stand.log_is_clean();
}

#[test]
fn what_the_provider_will_not_give_back_is_the_desks() {
    let stand = stand();
    let first = stand.payment_page();
    assert_eq!(stand.says("evt_1", "expired", &first.id).status, 200);
    let second = stand.payment_page();
    for (event, session) in [("evt_2", &second), ("evt_3", &first)] {
        stand.stripe.pay(&session.id);
        assert_eq!(stand.says(event, "completed", &session.id).status, 200);
        stand.stripe.fail(&[Fault::Status(402)]);
    }
    stand.a_minute_later().ok();
    stand.club.wait_for(REFUND, "\"refused\"");
    assert_eq!(stand.tasks(), ["\"double-payment\""]);
    let page = stand.back(&first, "").body;
    assert!(page.contains("A person is looking at your payment"), "{page}");
    // Given back at the provider by hand.
    let cents = first.fields["line_items[0][price_data][unit_amount]"].parse().unwrap();
    let body = stand.stripe.money_event("evt_4", "charge.refunded", &first.id, cents);
    assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    assert!(stand.tasks().is_empty(), "{:?}", stand.tasks());
    stand.club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_lost_webhook_loses_nothing() {
    let stand = stand();
    let session = stand.payment_page();
    let paid_s = stand.now_s() + 60;
    stand.stripe.pay_at(&session.id, paid_s);
    let later = stand.club.now() + jiff::SignedDuration::from_mins(6);
    stand.club.jump(&later.to_string());
    stand.club.wait_for("SELECT state FROM checkout", "\"paid\"");
    assert_eq!(stand.renewal(), "\"paid\"");
    let counts = stand.club.query("SELECT at FROM payment");
    assert_eq!(counts, [(paid_s * 1000).to_string()], "from when it was made");
    let path = session.fields["success_url"].strip_prefix(SITE).unwrap();
    assert!(stand.club.get(path).body.contains("Your payment has arrived"));
    // The webhook comes after all.
    let before = stand.club.ledger();
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    assert_eq!(stand.club.ledger(), before);
    stand.log_is_clean();
}

#[test]
fn what_goes_back_goes_back_in_the_books() {
    let stand = stand();
    let session = stand.payment_page();
    let cents: i64 = session.fields["line_items[0][price_data][unit_amount]"].parse().unwrap();
    stand.stripe.pay(&session.id);
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    let told = |event: &str, kind: &str, cents| {
        let body = stand.stripe.money_event(event, kind, &session.id, cents);
        stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status
    };
    // A part, told twice; then more of it, of which the provider tells the sum.
    for (event, sum) in [("evt_2", 1000), ("evt_3", 1000), ("evt_4", 1500)] {
        assert_eq!(told(event, "charge.refunded", sum), 200);
    }
    let back = ["\"-1000 -1000\"", "\"-500 -500\""];
    assert_eq!(stand.books()[1..], back);
    assert_eq!(stand.renewal(), "\"pledged\"", "it is owed again");

    // The rest is disputed, and won.
    for event in ["evt_5", "evt_6"] {
        assert_eq!(told(event, "charge.dispute.funds_withdrawn", cents), 200);
    }
    let left = cents - 1500;
    assert_eq!(stand.books()[3..], [format!("\"-{left} -{left}\"")]);
    let why = "SELECT why FROM payment WHERE reverses IS NOT NULL ORDER BY id";
    assert_eq!(stand.club.query(why), ["\"refund\"", "\"refund\"", "\"chargeback\""]);
    for event in ["evt_7", "evt_8"] {
        assert_eq!(told(event, "charge.dispute.funds_reinstated", left), 200);
    }
    assert_eq!(stand.books()[4..], [format!("\"{left} {left}\"")]);
    // Of a payment that nobody knows.
    let body = stand.stripe.money_event("evt_9", "charge.refunded", "cs_other", 100);
    assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    assert_eq!(stand.books().len(), 5);
    // What is still owed can be paid by card, and no more than that.
    let rest = stand.payment_page();
    assert_eq!(rest.fields["line_items[0][price_data][unit_amount]"], "1500");
    stand.stripe.pay(&rest.id);
    assert_eq!(stand.says("evt_10", "completed", &rest.id).status, 200);
    assert_eq!(stand.renewal(), "\"paid\"");
    assert_eq!(stand.tasks().len(), 0);
    stand.club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_payment_before_midnight_counts_from_before_midnight() {
    let stand = stand();
    stand.club.jump("2027-01-01T04:50:00Z");
    let session = stand.payment_page();
    let paid: jiff::Timestamp = "2027-01-01T04:59:00Z".parse().unwrap();
    // Whether the webhook is quicker, or we ask first.
    stand.stripe.pay_at(&session.id, paid.as_second());
    stand.club.jump("2027-01-01T05:04:00Z");
    for (event, created) in [("evt_1", paid.as_second()), ("evt_2", 0)] {
        let changes = json!({"created": created});
        let body = stand.stripe.event(event, "completed", &session.id, &changes);
        assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    }
    let counts = stand.club.query("SELECT at FROM payment");
    assert_eq!(counts, [paid.as_millisecond().to_string()]);
    let days = stand.club.query("SELECT received_on FROM payment");
    assert_eq!(days, ["\"2026-12-31\""]);
    stand.club.site.cli(&["audit", "verify"]).ok();
}
