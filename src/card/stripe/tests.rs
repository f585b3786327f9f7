use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};

use super::*;
use crate::domain::money::Cents;
use crate::ids::Random;

const SECRET: &str = "whsec_of_a_test";

fn stripe(key: &str, webhook: &str) -> Result<Stripe, String> {
    let scheme = if key.contains("live") { "https" } else { "http" };
    let api_base = format!("{scheme}://127.0.0.1:1/prefix");
    let section = CardSection { api_base, ..CardSection::default() };
    Stripe::new(&section, key.into(), webhook.into()).map_err(|e| e.to_string())
}

fn sound() -> Stripe {
    stripe("sk_test_51", SECRET).unwrap()
}

fn id() -> CheckoutId {
    CheckoutId::draw(&Random::seeded(7))
}

fn now() -> Timestamp {
    "2026-11-03T14:00:00Z".parse().unwrap()
}

/// The event as Stripe would send it now.
fn heard(stripe: &Stripe, body: &str) -> Result<Event, WebhookError> {
    let at_s = now().as_second();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{at_s}.{body}").as_bytes());
    let v1 = HEXLOWER.encode(&mac.finalize().into_bytes());
    stripe.verify_webhook(Some(&format!("t={at_s},v1={v1}")), body.as_bytes(), now())
}

fn event(kind: &str, live: bool, object: &str) -> String {
    format!(
        r#"{{"id":"evt_1","object":"event","api_version":"2030-01-01","created":1793000000,"livemode":{live},"type":"{kind}","data":{{"object":{object}}}}}"#
    )
}

fn session(status: &str, paid: &str) -> String {
    format!(
        r#"{{"id":"cs_test_a1","object":"checkout.session","url":null,"livemode":false,"status":"{status}","payment_status":"{paid}","amount_total":98450,"currency":"cad","client_reference_id":"{}","payment_intent":"pi_7","customer_details":{{"name":"N"}}}}"#,
        id()
    )
}

#[test]
fn the_mode_is_told_by_the_key() {
    assert!(!sound().live);
    for key in ["sk_live_5", "rk_live_5"] {
        assert!(stripe(key, SECRET).unwrap().live, "{key}");
    }
    for (key, webhook, want) in [
        ("pk_test_5", SECRET, "card.secret_key_file"),
        ("whsec_x", SECRET, "card.secret_key_file"),
        ("sk_test_5", "sk_test_5", "card.webhook_secret_file"),
    ] {
        let error = stripe(key, webhook).unwrap_err();
        assert!(error.contains(want) && !error.contains("_5"), "{error}");
    }
    let plain = CardSection { api_base: "http://[::1]:1".into(), ..CardSection::default() };
    let refused = Stripe::new(&plain, "sk_live_5".into(), SECRET.into()).unwrap_err();
    assert!(refused.to_string().contains("take a test key"), "{refused}");
    let shown = format!("{:?}", sound());
    assert!(!shown.contains("sk_test") && !shown.contains("whsec"), "{shown}");
}

#[test]
fn what_events_say() {
    let cad = Word::Paid { cents: 98_450, currency: "CAD".into() };
    let table = [
        ("checkout.session.completed", session("complete", "paid"), Some(cad.clone())),
        ("checkout.session.completed", session("complete", "unpaid"), Some(Word::Waiting)),
        ("checkout.session.async_payment_succeeded", session("complete", "paid"), Some(cad)),
        (
            "checkout.session.async_payment_failed",
            session("complete", "unpaid"),
            Some(Word::Failed),
        ),
        ("checkout.session.expired", session("expired", "unpaid"), Some(Word::Expired)),
        ("checkout.session.something_new", session("open", "unpaid"), None),
        ("payment_intent.succeeded", r#"{"id":"pi_1"}"#.into(), None),
    ];
    for (kind, object, want) in table {
        let event = heard(&sound(), &event(kind, false, &object)).unwrap();
        assert_eq!((event.id.as_str(), event.kind.as_str()), ("evt_1", kind));
        let about = event.told.map(|told| {
            let Told::Page(about) = told else { panic!("{told:?}") };
            assert_eq!(about.payment.as_deref(), Some("pi_7"));
            assert_eq!(about.at, Timestamp::from_second(1_793_000_000).ok());
            assert_eq!((about.checkout, about.session.as_str()), (id(), "cs_test_a1"));
            about.word
        });
        assert_eq!(about, want, "{kind}");
    }
}

#[test]
fn what_is_no_event_of_ours() {
    let completed = "checkout.session.completed";
    let elsewhere = session("complete", "paid").replace(&id().to_string(), "order-17");
    let other = heard(&sound(), &event(completed, false, &elsewhere)).unwrap();
    assert_eq!(other.told, None, "another shop on the same account");
    let live = event(completed, true, &session("complete", "paid"));
    assert_eq!(heard(&sound(), &live), Err(WebhookError::Mode("live")));
    let test = event(completed, false, &session("complete", "paid"));
    let ours = stripe("sk_live_5", SECRET).unwrap();
    assert_eq!(heard(&ours, &test), Err(WebhookError::Mode("test")));
    for body in ["", "[]", "{}", &event(completed, false, "{}"), &event("x y", false, "{}")] {
        let error = heard(&sound(), body).unwrap_err();
        assert!(matches!(error, WebhookError::Form(_)), "{body}: {error}");
    }
    let unsigned = sound().verify_webhook(None, test.as_bytes(), now());
    assert_eq!(unsigned, Err(WebhookError::Doubt(Doubt::Form)));
}

#[test]
fn the_same_checkout_is_the_same_form() {
    let checkout = Checkout {
        id: id(),
        amount: Cents::new(98_450).unwrap(),
        currency: "CAD".into(),
        description: "Adhésion 2027 & prime".into(),
        lang: Lang::Fr,
        ends: now(),
        site: "https://renew.example.ca".into(),
    };
    let fields = form(&checkout);
    assert_eq!(fields, form(&checkout.clone()));
    let server = &sound().server;
    let request = server.request(Method::POST, SESSIONS, &fields);
    assert_eq!(request.uri().path(), "/prefix/v1/checkout/sessions");
    let text = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
    assert_eq!(text("line_items[0][price_data][unit_amount]"), Some("98450"));
    assert_eq!(text("line_items[0][price_data][currency]"), Some("cad"));
    let back = format!("https://renew.example.ca/card/return/{}", id());
    assert_eq!(text("success_url"), Some(back.as_str()));
    assert!(fields.iter().all(|(_, value)| !value.contains('@')), "no address of anybody");
}

#[test]
fn errors_tell_codes_and_no_words() {
    let body = br#"{"error":{"type":"invalid_request_error","code":"api_key_expired","param":"line_items[0]","message":"Expired API Key provided: sk_test_51"}}"#;
    let answer = Answer { status: 401, body: body.to_vec(), request_id: "req_1".into() };
    let text = described(&answer);
    assert_eq!(
        text,
        "status 401, type invalid_request_error, code api_key_expired, param line_items[0], request req_1"
    );
    let html = Answer { status: 502, body: b"<html>".to_vec(), request_id: "a b".into() };
    assert_eq!(described(&html), "status 502");
}

#[test]
fn browsers_are_let_go_to_the_page_only() {
    for (base, origin) in [
        ("https://checkout.stripe.com", "https://checkout.stripe.com"),
        ("https://pay.example.ca/x", "https://pay.example.ca"),
        ("http://127.0.0.1:90/pay/x", "http://127.0.0.1:90"),
    ] {
        let mut stripe = sound();
        stripe.page_base = base.into();
        assert_eq!(stripe.page_origin(), origin);
    }
}

#[test]
fn what_is_said_of_money_that_was_paid() {
    let charge = r#"{"id":"ch_1","amount":98450,"amount_refunded":450,"currency":"cad","payment_intent":"pi_7","billing_details":{"name":"N"}}"#;
    let dispute = r#"{"id":"dp_1","amount":98450,"currency":"cad","payment_intent":"pi_7"}"#;
    for (kind, object, id, how, cents) in [
        ("charge.refunded", charge, "ch_1", Back::RefundedInAll, 450),
        ("charge.dispute.funds_withdrawn", dispute, "dp_1", Back::Disputed, 98_450),
        ("charge.dispute.funds_reinstated", dispute, "dp_1", Back::Reinstated, 98_450),
    ] {
        let told = heard(&sound(), &event(kind, false, object)).unwrap().told;
        let currency = "CAD".to_owned();
        let (payment, id) = ("pi_7".to_owned(), id.to_owned());
        let want = MoneyBack { payment, id, how, cents, currency };
        assert_eq!(told, Some(Told::Back(want)), "{kind}");
    }
    let without = charge.replace("\"pi_7\"", "null");
    assert_eq!(heard(&sound(), &event("charge.refunded", false, &without)).unwrap().told, None);
    let cut = heard(&sound(), &event("charge.refunded", false, "{}"));
    assert!(matches!(cut, Err(WebhookError::Form(_))), "{cut:?}");
}
