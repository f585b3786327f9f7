//! A member pays by card on the provider's page, which here is a local server that speaks Stripe's
//! protocol. Whatever the network and the provider do, the payment is recorded once, nobody is
//! sent to two payment pages, and no secret gets into a log.

mod deaths;
mod demo;
mod faults;
mod webhooks;

use crate::support::club::{ALICE, BEFORE_NOTICE, BENOIT, Club, SOON, taken};
use crate::support::daemon::Done;
use crate::support::http::{self, Answer};
use crate::support::relay::Relay;
use crate::support::stripe::{KEY, SECRET, Session, Stripe};

const REFUND: &str = "SELECT state FROM card_refund";
const SITE: &str = "https://renew.cip.example.ca";

/// The club after its notice, with cards taken by the local server; and Alice's link.
struct Stand {
    club: Club,
    stripe: Stripe,
    link: String,
    relay: Relay,
}

fn stand() -> Stand {
    stand_with(&[])
}

fn stand_with(envs: &[(&str, &str)]) -> Stand {
    let (relay, stripe) = (Relay::start(), Stripe::start());
    let mut club = Club::with_relay(&relay);
    stripe.configure(&club.site.config);
    club.import(&[ALICE, BENOIT]);
    // The most talkative log there is: what must not be in it is in none.
    let envs = [&[("RUST_LOG", "trace")], envs].concat();
    let daemon = club.site.try_start(&["--clock", BEFORE_NOTICE], &envs);
    club.daemon = Some(daemon.unwrap_or_else(|why| panic!("{why}")));
    club.next();
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    Stand { club, stripe, link, relay }
}

impl Stand {
    /// “Pay by card.”
    fn press(&self) -> Answer {
        self.club.post(&format!("{}/card", self.link), &[])
    }

    /// Starts the daemon again where it died, which it must have.
    fn revive(&mut self) {
        let died = self.club.daemon.as_mut().unwrap().wait(SOON);
        assert!(died.is_some_and(|status| !status.success()), "it died");
        self.club.start(BEFORE_NOTICE);
    }

    /// Presses, and is sent to a payment page.
    fn payment_page(&self) -> Session {
        let answer = self.press();
        assert_eq!(answer.status, 303, "{}", answer.body);
        let to = answer.header("location").unwrap().to_owned();
        let sessions = self.stripe.sessions();
        sessions.into_iter().find(|s| to.contains(&format!("/{}#", s.id))).expect(&to)
    }

    fn now_s(&self) -> i64 {
        self.club.now().as_second()
    }

    /// The webhook says so, now.
    fn says(&self, event: &str, kind: &str, session: &str) -> Answer {
        let body = self.stripe.event(event, kind, session, &serde_json::json!({}));
        self.stripe.deliver(self.club.site.web, &body, self.now_s())
    }

    /// Both of two payment pages are paid: the first was said to be over.
    fn paid_twice(&self) -> (Session, Session) {
        let first = self.payment_page();
        assert_eq!(self.says("evt_1", "expired", &first.id).status, 200);
        let page = self.back(&first, "").body;
        assert!(page.contains("The payment was not made"), "{page}");
        assert_eq!(self.renewal(), "\"open\"", "the renewal stays as it was");
        let second = self.payment_page();
        assert_ne!(first.id, second.id);
        for (event, session) in [("evt_2", &second), ("evt_3", &first)] {
            self.stripe.pay(&session.id);
            assert_eq!(self.says(event, "completed", &session.id).status, 200);
        }
        (first, second)
    }

    /// The next round of the watch comes.
    fn a_minute_later(&self) -> Done {
        let later = self.club.now() + jiff::SignedDuration::from_secs(61);
        self.club.site.cli(&["clock", "set", &later.to_string()])
    }

    fn refunds_asked(&self) -> usize {
        self.stripe.calls().iter().filter(|call| call.ends_with("/v1/refunds")).count()
    }

    /// How many payments the provider has given back.
    fn refunded(&self) -> usize {
        self.stripe.sessions().iter().filter(|session| session.refunded).count()
    }

    /// Where the payer comes back to.
    fn back(&self, session: &Session, query: &str) -> Answer {
        let path = session.fields["success_url"].strip_prefix(SITE).unwrap();
        self.club.get(&format!("{path}{query}"))
    }

    fn checkouts(&self) -> Vec<String> {
        self.club.query("SELECT state FROM checkout ORDER BY created_at, id")
    }

    fn renewal(&self) -> String {
        self.club.query(
            "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
             WHERE p.member_no = '10001'",
        )[0]
        .clone()
    }

    /// The desk's lines about money that does not fit.
    fn tasks(&self) -> Vec<String> {
        self.club.query(
            "SELECT kind FROM task WHERE kind IN ('credit', 'double-payment')
             AND closed_at IS NULL ORDER BY id",
        )
    }

    /// What the books say: each payment's cents, and how much of it settles lines of invoices.
    fn books(&self) -> Vec<String> {
        self.club.query(
            "SELECT cents || ' ' || coalesce((SELECT sum(a.cents) FROM allocation a
               WHERE a.payment = p.id), 0) FROM payment p ORDER BY id",
        )
    }

    /// Neither secrets nor links nor anything about a person is in the log.
    fn log_is_clean(&self) {
        let log = self.club.daemon.as_ref().unwrap().output();
        assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is talkative");
        let token = self.link.trim_start_matches("/r/");
        for secret in [KEY, &KEY[8..], SECRET, &SECRET[6..], "alice@club.test", token] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}

#[test]
fn a_member_pays_by_card() {
    let stand = stand();
    let session = stand.payment_page();
    let field = |name: &str| session.fields[name].as_str();
    assert_eq!(field("line_items[0][price_data][currency]"), "cad");
    assert_eq!(field("locale"), "en");
    assert_eq!(field("client_reference_id"), session.key);
    assert_eq!(
        field("line_items[0][price_data][product_data][name]"),
        "Membership renewal 2027, CIP"
    );
    let all: String = session.fields.values().cloned().collect();
    let token = stand.link.trim_start_matches("/r/");
    for private in ["alice", "Alice", "Martin", token] {
        assert!(!all.contains(private), "{private} goes to nobody: {all}");
    }

    // A second press is the same payment page, and browsers may go there.
    assert_eq!(stand.payment_page().id, session.id);
    assert_eq!(stand.stripe.sessions().len(), 1);
    assert_eq!(stand.checkouts(), ["\"open\""]);
    let policy = stand.club.get(&stand.link);
    let policy = policy.header("content-security-policy").unwrap();
    let origin = format!("form-action 'self' http://127.0.0.1:{}", stand.stripe.port);
    assert!(policy.contains(&origin), "{policy}");

    // Back again, in both languages, however often: nothing changes.
    let before = stand.club.dump();
    for _ in 0..3 {
        assert!(stand.back(&session, "").body.contains("We are waiting for the bank’s word"));
        let french = stand.back(&session, "?lang=fr").body;
        assert!(french.contains("Nous attendons la confirmation de la banque"), "{french}");
        assert!(stand.back(&session, "?left=1").body.contains("You left the payment page"));
        assert_eq!(stand.club.get("/card/return/00112233445566778899aabbccddeeff").status, 404);
        assert_eq!(stand.club.get("/card/return/x").status, 404);
        assert_eq!(stand.club.get(&format!("{}/card", stand.link)).status, 303);
        http::head(stand.club.site.web, "/card/webhook/stripe").unwrap();
    }
    assert_eq!(stand.club.dump(), before);

    stand.stripe.pay(&session.id);
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    assert_eq!(stand.renewal(), "\"paid\"");
    assert_eq!(stand.checkouts(), ["\"paid\""]);
    let page = stand.back(&session, "").body;
    assert!(page.contains("Your payment has arrived"), "{page}");
    let (cents, today) = (field("line_items[0][price_data][unit_amount]"), "2026-11-02");
    assert_eq!(stand.books(), [format!("\"{cents} {cents}\"")]);
    let paid =
        "SELECT method || ' ' || external || ' ' || received_on || ' ' || reference FROM payment";
    let id = &session.id;
    assert_eq!(stand.club.query(paid), [format!("\"card {id} {today} pi_{id}\"")]);
    let invoices = stand.club.query("SELECT number || ' ' || total_cents FROM invoice");
    assert_eq!(invoices, [format!("\"CIP-2027-00001 {cents}\"")]);
    stand.club.rest();
    let receipt = taken(&stand.relay, "alice", "CIP-2027-00001");
    assert!(receipt.text.contains('$'), "{}", receipt.text);

    // Told again, under its own name and another: once is once.
    stand.club.rest();
    let before = stand.club.ledger();
    assert_eq!(stand.says("evt_1", "completed", &session.id).status, 200);
    assert_eq!(stand.says("evt_2", "async_payment_succeeded", &session.id).status, 200);
    assert_eq!(stand.says("evt_3", "expired", &session.id).status, 200);
    assert_eq!(stand.club.ledger(), before);
    assert_eq!((stand.renewal(), stand.tasks()), ("\"paid\"".into(), vec![]));
    let again = stand.press();
    assert_eq!(again.status, 409);
    assert!(again.body.contains("Nothing is to be paid here"), "{}", again.body);
    stand.club.site.cli(&["audit", "verify"]).ok();
    stand.log_is_clean();
}

#[test]
fn doctor_says_whether_the_provider_answers() {
    let stand = stand();
    let doctor = || stand.club.site.cli(&["doctor"]).stdout;
    let found = doctor();
    assert!(found.contains("answers and takes our key (test mode)"), "{found}");
    stand.club.site.config.secret("card-secret-key", "sk_test_another");
    let found = doctor();
    assert!(found.contains("status 401, type invalid_request_error"), "{found}");
    assert!(found.contains("card.secret_key_file") && !found.contains("sk_test_another"));
    stand.club.site.config.secret("card-secret-key", "pk_test_public");
    let found = doctor();
    assert!(found.contains("holds no secret key of Stripe"), "{found}");
    stand.club.site.config.secret("card-secret-key", KEY);
    stand.club.site.config.set("card.api_base", "http://127.0.0.1:9");
    let found = doctor();
    assert!(found.contains("the provider did not answer"), "{found}");
}
