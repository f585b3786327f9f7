//! The machine loses its power in the middle of a payment, or of giving one back.

use super::{REFUND, Stand, stand_with};
use crate::support::club::{SOON, sent_to};
use crate::support::http;
use crate::support::rehearsal::can_die;
use crate::support::stripe::{Fault, SECRET, signature};

/// A daemon that dies there; `None` where the binary cannot.
fn dying(point: &str) -> Option<Stand> {
    can_die().then(|| stand_with(&[("RELANCE_DIE_AT", point)]))
}

impl Stand {
    /// What one payment leaves, and nothing of it twice; `back`: so many second ones went back.
    fn paid_once(&self, back: usize) {
        self.club.rest();
        assert_eq!(self.renewal(), "\"paid\"");
        let count = |what: &str| self.club.query(&format!("SELECT count(*) FROM {what}"));
        let (once, back_text) = (["1"], [back.to_string()]);
        assert_eq!(count("payment WHERE reverses IS NULL"), [(1 + back).to_string()]);
        assert_eq!(count("payment WHERE reverses IS NOT NULL"), back_text);
        assert_eq!(count("invoice WHERE kind = 'invoice'"), once);
        assert_eq!(count("message WHERE kind = 'receipt' AND state = 'sent'"), once);
        assert_eq!(count("message WHERE kind = 'refund' AND state = 'sent'"), back_text);
        assert_eq!(self.club.ledger().matches("card-paid\n").count(), 1);
        let to_alice = sent_to(&self.relay, "alice");
        let receipts = to_alice.iter().filter(|mail| mail.text.contains("Here is your receipt"));
        assert_eq!(receipts.count(), 1);
        let refunds = to_alice.iter().filter(|mail| mail.subject.contains("We have refunded"));
        assert_eq!(refunds.count(), back);
        assert_eq!(self.refunded(), back);
        assert!(self.tasks().is_empty(), "{:?}", self.tasks());
        self.club.site.cli(&["audit", "verify"]).ok();
        self.club.site.cli(&["audit", "books"]).ok();
    }
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
    stand.paid_once(0);
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
        stand.paid_once(0);
    }
}

/// Two payments of one debt, the second of which goes back; the daemon dies once the provider has
/// given it back, and nobody here knows.
fn given_back_and_dead() -> Option<Stand> {
    let stand = dying("card.refunded")?;
    stand.paid_twice();
    // It dies meanwhile, and gives no answer.
    let _ = stand.a_minute_later();
    Some(stand)
}

#[test]
fn after_the_provider_gave_it_back() {
    let Some(mut stand) = given_back_and_dead() else { return };
    let died = stand.club.daemon.as_mut().unwrap().wait(SOON);
    assert!(died.is_some(), "it died");
    assert_eq!((stand.refunds_asked(), stand.club.query(REFUND)), (1, vec!["\"waiting\"".into()]));
    assert_eq!(stand.books().len(), 2, "nothing went back as far as we know");
    stand.revive();
    stand.a_minute_later().ok();
    stand.club.wait_for(REFUND, "\"done\"");
    assert_eq!(stand.refunds_asked(), 2, "asked again, under the same key");
    stand.paid_once(1);
    assert_eq!(stand.club.ledger().matches("card-refunded\n").count(), 1);
}

/// The provider's own word is quicker than the second asking.
#[test]
fn after_the_provider_gave_it_back_and_said_so() {
    let Some(mut stand) = given_back_and_dead() else { return };
    stand.stripe.fail(&[Fault::Status(429)]);
    stand.revive();
    let first = &stand.stripe.sessions()[0];
    let cents = first.fields["line_items[0][price_data][unit_amount]"].parse().unwrap();
    let body = stand.stripe.money_event("evt_9", "charge.refunded", &first.id, cents);
    assert_eq!(stand.stripe.deliver(stand.club.site.web, &body, stand.now_s()).status, 200);
    stand.a_minute_later().ok();
    stand.club.rest();
    assert_ne!(stand.club.query(REFUND), ["\"waiting\""]);
    stand.paid_once(1);
}
