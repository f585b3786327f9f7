//! The provider is down, slow, or hangs up; the payer presses again, later, or after a change.

use jiff::SignedDuration;

use super::stand;
use crate::support::club::hidden;
use crate::support::http;
use crate::support::stripe::Fault;

#[test]
fn a_provider_that_is_down_leaves_cheque_and_invoice() {
    let stand = stand();
    stand.stripe.fail(&[Fault::Status(500)]);
    let answer = stand.press();
    assert_eq!(answer.status, 503);
    for words in ["Cards cannot be taken just now", "Pay by cheque/invoice", "Try the card again"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert!(answer.body.contains(&format!("href=\"{}\"", stand.link)), "{}", answer.body);
    assert_eq!(stand.checkouts(), ["\"failed\""], "that key is spent");
    let french = stand.club.post(&format!("{}/card?lang=fr", stand.link), &[]);
    assert_eq!(french.status, 303, "and the next press has a new one");
    assert_eq!(stand.checkouts().len(), 2);

    // A key that is refused, and “not now”.
    let other = super::stand();
    other.stripe.fail(&[Fault::Status(401)]);
    assert_eq!(other.press().status, 503);
    other.stripe.fail(&[Fault::Status(429), Fault::Status(429)]);
    assert_eq!(other.press().status, 503);
    assert_eq!(other.checkouts(), ["\"failed\"", "\"new\""]);
    let session = other.payment_page();
    assert_eq!(other.checkouts(), ["\"failed\"", "\"open\""], "the same key did it");
    assert_eq!(other.stripe.sessions().len(), 1, "{}", session.id);
    // The other way to pay is there all the time.
    let page = other.club.get(&other.link);
    let fields = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
    assert_eq!(other.club.post(&other.link, &fields).status, 303);
    assert_eq!(other.renewal(), "\"pledged\"");
    other.log_is_clean();
}

#[test]
fn an_answer_that_is_lost_makes_no_second_page() {
    let stand = stand();
    stand.stripe.fail(&[Fault::TakeAndClose]);
    let session = stand.payment_page();
    assert_eq!(stand.stripe.sessions().len(), 1);
    let opened = |call: &&String| *call == "POST /v1/checkout/sessions";
    assert_eq!(stand.stripe.calls().iter().filter(opened).count(), 2);
    // A stream without end is cut off.
    let other = super::stand();
    other.stripe.fail(&[Fault::Endless]);
    assert_eq!(other.payment_page().id, session.id);
}

#[test]
fn a_provider_that_hangs_is_given_up() {
    let stand = stand();
    stand.stripe.fail(&[Fault::TakeAndHang, Fault::TakeAndHang]);
    let before = relance::clock::monotonic();
    assert_eq!(stand.press().status, 503);
    assert!(
        before.elapsed() < relance::card::CALL_DEADLINE * 2 + std::time::Duration::from_secs(3)
    );
    assert_eq!(stand.checkouts(), ["\"new\""]);
    // The page that it made is the one that the next press shows.
    stand.payment_page();
    assert_eq!(stand.stripe.sessions().len(), 1);
}

#[test]
fn an_older_page_is_taken_back_first() {
    let stand = stand();
    let first = stand.payment_page();
    // With ten minutes left nobody is sent there any more.
    let later = stand.club.now() + SignedDuration::from_mins(51);
    stand.club.jump(&later.to_string());
    let second = stand.payment_page();
    assert_ne!(first.id, second.id);
    assert_eq!(stand.stripe.sessions()[0].status, "expired");
    assert_eq!(stand.checkouts(), ["\"expired\"", "\"open\""]);

    // The renewal changes: by cheque, after all. Then by card, after all.
    let page = stand.club.get(&stand.link);
    let fields = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
    assert_eq!(stand.club.post(&stand.link, &fields).status, 303);
    // The provider is down: nobody gets a second page while the first stands.
    stand.stripe.fail(&[Fault::Status(500)]);
    assert_eq!(stand.press().status, 503);
    assert_eq!(stand.stripe.sessions().len(), 2);
    let third = stand.payment_page();
    assert_eq!(stand.stripe.sessions()[1].status, "expired");
    let metrics = http::get(stand.club.site.admin, "/metrics").unwrap().body;
    assert!(metrics.contains("relance_checkouts{state=\"expired\"} 2"), "{metrics}");

    // Paid, and pressed again before anybody told us.
    stand.stripe.pay(&third.id);
    let later = stand.club.now() + SignedDuration::from_mins(51);
    stand.club.jump(&later.to_string());
    let answer = stand.press();
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(stand.renewal(), "\"paid\"");
    assert_eq!(stand.stripe.sessions().len(), 3);
    assert_eq!(stand.tasks().len(), 0);
}

#[test]
fn what_nobody_paid_ends_by_itself() {
    let stand = stand();
    stand.stripe.fail(&[Fault::Status(429), Fault::Status(429)]);
    assert_eq!(stand.press().status, 503);
    let later = stand.club.now() + SignedDuration::from_mins(31);
    stand.club.jump(&later.to_string());
    stand.club.wait_for("SELECT state FROM checkout", "\"failed\"");
    let session = stand.payment_page();
    stand.stripe.expire(&session.id);
    let later = stand.club.now() + SignedDuration::from_mins(61);
    stand.club.jump(&later.to_string());
    let newest = "SELECT state FROM checkout ORDER BY created_at DESC LIMIT 1";
    stand.club.wait_for(newest, "\"expired\"");
    assert_eq!(stand.renewal(), "\"open\"");
    assert_eq!(stand.payment_page().status, "open", "and the page offers it again");
}

#[test]
fn a_page_for_what_is_owed_no_more_is_taken_back() {
    let stand = stand();
    stand.payment_page();
    let page = stand.club.get(&stand.link);
    let fields = [&hidden(&page.body)[..], &[("choice", "not-renewing")]].concat();
    assert_eq!(stand.club.post(&stand.link, &fields).status, 303);
    let later = stand.club.now() + SignedDuration::from_mins(6);
    stand.club.jump(&later.to_string());
    stand.club.wait_for("SELECT state FROM checkout", "\"expired\"");
    assert_eq!(stand.stripe.sessions()[0].status, "expired");
    assert_eq!(stand.press().status, 409);
}
