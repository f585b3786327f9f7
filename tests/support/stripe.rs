//! Owns a local server that speaks the part of Stripe's protocol that the daemon does: Checkout
//! Sessions with idempotency keys and expiry, signed webhooks, and its ways to fail. It keeps what
//! it was asked; nobody is charged.

mod serve;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use super::daemon::ConfigDir;
use super::http::{self, Answer};

/// The key that it takes.
pub const KEY: &str = "sk_test_a_key_nobody_knows";
/// What it signs its webhooks with.
pub const SECRET: &str = "whsec_a_secret_nobody_knows";

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status. A 5xx is kept for the idempotency key, as Stripe keeps it.
    Status(u16),
    /// Makes the page, and says nothing more.
    TakeAndHang,
    /// Makes the page, and hangs up before saying so.
    TakeAndClose,
    /// Answers with a body that never ends.
    Endless,
}

/// A payment page.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Under which key it was made.
    pub key: String,
    /// The fields that it was made with.
    pub fields: HashMap<String, String>,
    /// `open`, `complete`, `expired`.
    pub status: &'static str,
    /// `unpaid`, `paid`.
    pub payment: &'static str,
    /// When it was paid, in seconds.
    pub paid_s: i64,
    /// Whether the payment went back.
    pub refunded: bool,
}

/// The running server; it stops listening when dropped.
#[derive(Debug)]
pub struct Stripe {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// Fields, status and body of what was asked under one idempotency key.
type Kept = (HashMap<String, String>, u16, String);

#[derive(Debug, Default)]
struct Shared {
    port: u16,
    sessions: Mutex<Vec<Session>>,
    /// Answers by idempotency key: fields, status, body.
    answers: Mutex<HashMap<String, Kept>>,
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<Vec<String>>,
    ended: AtomicBool,
}

impl Stripe {
    /// A server without faults.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound listener").port();
        let shared = Arc::new(Shared { port, ..Shared::default() });
        let own = Arc::clone(&shared);
        let listener = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&own);
                std::thread::spawn(move || serve::serve(&shared, stream));
            }
        });
        Self { port, shared, listener: Some(listener) }
    }

    /// Has a site take cards here.
    pub fn configure(&self, config: &ConfigDir) {
        let base = format!("http://127.0.0.1:{}", self.port);
        for (key, value) in [
            ("provider", "stripe".to_owned()),
            ("api_base", base.clone()),
            ("page_base", base),
            ("secret_key_file", config.secret("card-secret-key", KEY)),
            ("webhook_secret_file", config.secret("card-webhook-secret", SECRET)),
        ] {
            config.set(&format!("card.{key}"), value);
        }
    }

    /// Fails so at the next calls, one fault each.
    pub fn fail(&self, faults: &[Fault]) {
        *lock(&self.shared.faults) = faults.iter().rev().copied().collect();
    }

    /// Every page made so far, in order.
    pub fn sessions(&self) -> Vec<Session> {
        lock(&self.shared.sessions).clone()
    }

    /// Every call so far, in order: method and path.
    pub fn calls(&self) -> Vec<String> {
        lock(&self.shared.calls).clone()
    }

    /// The payer pays on that page. Tells nobody.
    pub fn pay(&self, id: &str) {
        self.pay_at(id, 0);
    }

    /// The payer pays on that page at that second. Tells nobody.
    pub fn pay_at(&self, id: &str, at_s: i64) {
        self.change(id, "complete", "paid");
        let mut sessions = lock(&self.shared.sessions);
        sessions.iter_mut().filter(|s| s.id == id).for_each(|s| s.paid_s = at_s);
    }

    /// The page's time runs out. Tells nobody.
    pub fn expire(&self, id: &str) {
        self.change(id, "expired", "unpaid");
    }

    fn change(&self, id: &str, status: &'static str, payment: &'static str) {
        let mut sessions = lock(&self.shared.sessions);
        let session = sessions.iter_mut().find(|s| s.id == id).expect("a page of ours");
        (session.status, session.payment) = (status, payment);
    }

    /// An event about a page as it stands, with changes to the page's object.
    pub fn event(&self, event: &str, kind: &str, id: &str, changes: &Value) -> String {
        let sessions = self.sessions();
        let session = sessions.iter().find(|s| s.id == id).expect("a page of ours");
        let mut object = serve::object(self.port, session);
        let live = changes.get("livemode").cloned().unwrap_or(json!(false));
        if let (Some(object), Some(changes)) = (object.as_object_mut(), changes.as_object()) {
            object.extend(changes.clone());
        }
        json!({
            "id": event,
            "object": "event",
            "api_version": "2024-06-20",
            "created": changes.get("created").cloned().unwrap_or(json!(0)),
            "livemode": live,
            "type": format!("checkout.session.{kind}"),
            "data": { "object": object },
        })
        .to_string()
    }

    /// An event about money that was paid on a page: a charge of which `refunded` cents went back
    /// in all, or a dispute of `amount` cents.
    #[expect(clippy::unused_self, reason = "it reads as the provider speaking")]
    pub fn money_event(&self, event: &str, kind: &str, id: &str, cents: i64) -> String {
        let refund = kind == "charge.refunded";
        let object = json!({
            "id": if refund { format!("ch_{id}") } else { format!("dp_{id}") },
            "amount": cents,
            "amount_refunded": if refund { cents } else { 0 },
            "currency": "cad",
            "payment_intent": format!("pi_{id}"),
        });
        json!({
            "id": event,
            "object": "event",
            "created": 1_793_700_000,
            "livemode": false,
            "type": kind,
            "data": { "object": object },
        })
        .to_string()
    }

    /// Delivers an event, signed at that second.
    #[expect(clippy::unused_self, reason = "it reads as the provider speaking")]
    pub fn deliver(&self, site: SocketAddr, body: &str, at_s: i64) -> Answer {
        deliver_with(site, body, &signature(SECRET, body, at_s))
    }
}

/// The signature's header.
pub fn signature(secret: &str, body: &str, at_s: i64) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{at_s}.{body}").as_bytes());
    format!("t={at_s},v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// Delivers a body with whatever signature.
pub fn deliver_with(site: SocketAddr, body: &str, signature: &str) -> Answer {
    let headers = [("Stripe-Signature", signature), ("Content-Type", "application/json")];
    http::request(site, "POST", "/card/webhook/stripe", &headers, body.as_bytes())
        .expect("the daemon answers")
}

impl Drop for Stripe {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.listener.take() {
            let _ = thread.join();
        }
    }
}

/// A test that failed while it held the lock has said so already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
