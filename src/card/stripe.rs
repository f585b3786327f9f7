//! Owns what is said to Stripe and understood of it: Checkout Sessions over its HTTPS API, and the
//! events of its webhooks. Source: Stripe's API reference (Checkout Sessions, idempotent requests,
//! errors) and its page on webhooks. Only fields that have been the same in every version of the
//! API are read, and the version is named in each call.

use axum::http::{HeaderValue, Method, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::call::{Answer, Server};
use super::signature::{Doubt, Signature};
use super::{About, CardError, Checkout, Event, Session, SetUpError, WebhookError};
use crate::config::CardSection;
use crate::domain::checkout::Word;
use crate::domain::words::Lang;
use crate::ids::CheckoutId;

pub(super) const NAME: &str = "stripe";

/// The version whose answers are read here.
const API_VERSION: &str = "2024-06-20";
const SESSIONS: &str = "/v1/checkout/sessions";
/// The provider's ids are some 70 characters of this alphabet.
const ID_CHARS_MAX: usize = 255;
/// Longest address of a payment page: they carry a fragment of several hundred characters.
const URL_CHARS_MAX: usize = 4096;
/// A code in an error, as it gets into a log.
const CODE_CHARS_MAX: usize = 60;

/// Stripe, with our keys.
pub struct Stripe {
    server: Server,
    key: SecretString,
    webhook_secret: SecretString,
    live: bool,
    page_base: String,
}

impl std::fmt::Debug for Stripe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stripe").field("server", &self.server).finish_non_exhaustive()
    }
}

/// The parts of a Checkout Session that are read.
#[derive(Debug, Deserialize)]
struct SessionObject {
    id: String,
    #[serde(default)]
    url: Option<String>,
    livemode: bool,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_status: Option<String>,
    #[serde(default)]
    amount_total: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    client_reference_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EventObject {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    data: EventData,
}

#[derive(Debug, Deserialize)]
struct EventData {
    object: serde_json::Value,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorObject {
    #[serde(default)]
    error: ErrorBody,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    param: Option<String>,
}

impl Stripe {
    /// Tells the mode by the key.
    pub(super) fn new(
        section: &CardSection,
        key: SecretString,
        webhook_secret: SecretString,
    ) -> Result<Self, SetUpError> {
        let begins = |with: [&str; 2]| with.iter().any(|w| key.expose_secret().starts_with(w));
        let live = begins(["sk_live_", "rk_live_"]);
        if !live && !begins(["sk_test_", "rk_test_"]) {
            return Err(SetUpError::Key(
                "the file of card.secret_key_file holds no secret key of Stripe; it begins with sk_live_, rk_live_, sk_test_ or rk_test_".into(),
            ));
        }
        if !webhook_secret.expose_secret().starts_with("whsec_") {
            return Err(SetUpError::Key(
                "the file of card.webhook_secret_file holds no signing secret of Stripe; it begins with whsec_".into(),
            ));
        }
        let server = Server::new(&section.api_base, section.ca_file.as_deref())?;
        let page_base = section.page_base.clone();
        Ok(Self { server, key, webhook_secret, live, page_base })
    }

    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    pub(super) fn page_origin(&self) -> &str {
        let after_scheme = self.page_base.find("://").map_or(0, |at| at + 3);
        let path = self.page_base[after_scheme..].find('/');
        &self.page_base[..path.map_or(self.page_base.len(), |at| after_scheme + at)]
    }

    pub(super) async fn open(&self, checkout: &Checkout) -> Result<Session, CardError> {
        let answer = self.call(Method::POST, SESSIONS, &form(checkout), Some(checkout.id)).await?;
        let session = self.session(&answer)?;
        let url = session.url.unwrap_or_default();
        let ours = url.strip_prefix(&self.page_base).is_some_and(|rest| rest.starts_with('/'));
        if !ours || url.len() > URL_CHARS_MAX || !url.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CardError::GiveUp(
                "its payment page is not under card.page_base; write the domain that is".into(),
            ));
        }
        Ok(Session { id: session.id, url })
    }

    pub(super) async fn expire(&self, session: &str) -> Result<Word, CardError> {
        let path = path(session, "/expire")?;
        match self.call(Method::POST, &path, &[], None).await {
            Ok(answer) => self.session(&answer).map(|s| word(&s)),
            // Paid or expired already: then it cannot be taken back, and says where it stands.
            Err(CardError::GiveUp(_)) => self.look(session).await,
            Err(e) => Err(e),
        }
    }

    pub(super) async fn look(&self, session: &str) -> Result<Word, CardError> {
        let answer = self.call(Method::GET, &path(session, "")?, &[], None).await?;
        self.session(&answer).map(|s| word(&s))
    }

    pub(super) async fn answers(&self) -> Result<String, CardError> {
        self.call(Method::GET, &format!("{SESSIONS}?limit=1"), &[], None).await?;
        let mode = mode(self.live);
        Ok(format!("{} answers and takes our key ({mode} mode)", self.server.name()))
    }

    pub(super) fn verify_webhook(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Event, WebhookError> {
        let signature = signature.and_then(Signature::parse).ok_or(Doubt::Form)?;
        signature.verify(body, &self.webhook_secret, now)?;
        // serde's own words may quote the body: a name, an address.
        let form = |what: &str| WebhookError::Form(what.into());
        let event: EventObject = serde_json::from_slice(body).map_err(|_| form("its shape"))?;
        if event.livemode != self.live {
            return Err(WebhookError::Mode(mode(event.livemode)));
        }
        if !is_id(&event.id) || !is_kind(&event.kind) {
            return Err(form("its id or type"));
        }
        let about = if event.kind.starts_with("checkout.session.") {
            let session: SessionObject = serde_json::from_value(event.data.object)
                .map_err(|_| form("its Checkout Session"))?;
            about(&event.kind, session)
        } else {
            None
        };
        Ok(Event { id: event.id, kind: event.kind, about })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, String)],
        key: Option<CheckoutId>,
    ) -> Result<Answer, CardError> {
        let mut request = self.server.request(method, path, fields);
        let bearer = format!("Bearer {}", self.key.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer)
            .map_err(|_| CardError::GiveUp("the secret key is no header value".into()))?;
        bearer.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert("stripe-version", HeaderValue::from_static(API_VERSION));
        if let Some(id) = key {
            let id = HeaderValue::try_from(id.to_string()).expect("hexadecimal digits");
            headers.insert("idempotency-key", id);
        }
        let answer = self.server.call(request).await.map_err(|e| CardError::Retry(e.0))?;
        match answer.status {
            200..=299 => Ok(answer),
            // Another call with this key is under way, or too many calls.
            409 | 429 => Err(CardError::Retry(described(&answer))),
            400..=499 => Err(CardError::GiveUp(described(&answer))),
            // The provider keeps what it answered to a key, failures too.
            _ => Err(CardError::Unknown(described(&answer))),
        }
    }

    fn session(&self, answer: &Answer) -> Result<SessionObject, CardError> {
        let unreadable = || CardError::Unknown("its answer is no Checkout Session".into());
        let session: SessionObject =
            serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        if !is_id(&session.id) {
            return Err(unreadable());
        }
        if session.livemode != self.live {
            let text = format!("it made a page of the {} mode", mode(session.livemode));
            return Err(CardError::GiveUp(text));
        }
        Ok(session)
    }
}

/// The fields of a new session. The same checkout gives the same fields: the provider compares
/// them where a key comes twice.
fn form(checkout: &Checkout) -> Vec<(&'static str, String)> {
    let Checkout { id, site, .. } = checkout;
    let locale = match checkout.lang {
        Lang::En => "en",
        Lang::Fr => "fr-CA",
    };
    vec![
        ("mode", "payment".into()),
        ("payment_method_types[0]", "card".into()),
        ("client_reference_id", id.to_string()),
        ("payment_intent_data[metadata][checkout]", id.to_string()),
        ("payment_intent_data[description]", checkout.description.clone()),
        ("line_items[0][quantity]", "1".into()),
        ("line_items[0][price_data][currency]", checkout.currency.to_ascii_lowercase()),
        ("line_items[0][price_data][unit_amount]", checkout.amount.get().to_string()),
        ("line_items[0][price_data][product_data][name]", checkout.description.clone()),
        ("locale", locale.into()),
        ("expires_at", checkout.ends.as_second().to_string()),
        ("success_url", format!("{site}/card/return/{id}")),
        ("cancel_url", format!("{site}/card/return/{id}?left=1")),
    ]
}

fn path(session: &str, rest: &str) -> Result<String, CardError> {
    if is_id(session) {
        Ok(format!("{SESSIONS}/{session}{rest}"))
    } else {
        Err(CardError::GiveUp("the store holds no id of this provider".into()))
    }
}

fn word(session: &SessionObject) -> Word {
    match (session.status.as_deref(), session.payment_status.as_deref()) {
        (Some("complete") | None, Some("paid")) => Word::Paid {
            cents: session.amount_total.unwrap_or_default(),
            currency: session.currency.as_deref().unwrap_or_default().to_ascii_uppercase(),
        },
        (Some("expired"), _) => Word::Expired,
        _ => Word::Waiting,
    }
}

/// What an event says, if it is about a page of ours: an account may serve other shops too.
fn about(kind: &str, session: SessionObject) -> Option<About> {
    let checkout = session.client_reference_id.as_deref().and_then(CheckoutId::parse)?;
    let word = match kind {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => word(&session),
        "checkout.session.async_payment_failed" => Word::Failed,
        "checkout.session.expired" => Word::Expired,
        _ => return None,
    };
    is_id(&session.id).then_some(About { checkout, session: session.id, word })
}

/// Status, type and code of an error: never its message, which may quote what we sent.
fn described(answer: &Answer) -> String {
    let error: ErrorObject = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut text = format!("status {}", answer.status);
    let error = error.error;
    for (name, value) in [("type", error.kind), ("code", error.code), ("param", error.param)] {
        if let Some(value) = value.filter(|v| v.len() <= CODE_CHARS_MAX && is_kind(v)) {
            text = format!("{text}, {name} {value}");
        }
    }
    if is_id(&answer.request_id) {
        text = format!("{text}, request {}", answer.request_id);
    }
    text
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_CHARS_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_kind(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_CHARS_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._[]-".contains(&b))
}

const fn mode(live: bool) -> &'static str {
    if live { "live" } else { "test" }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use hmac::{Hmac, KeyInit, Mac};

    use super::*;
    use crate::domain::money::Cents;
    use crate::ids::Random;

    const SECRET: &str = "whsec_of_a_test";

    fn stripe(key: &str, webhook: &str) -> Result<Stripe, String> {
        let section =
            CardSection { api_base: "http://127.0.0.1:1/prefix".into(), ..CardSection::default() };
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
            r#"{{"id":"evt_1","object":"event","api_version":"2030-01-01","livemode":{live},"type":"{kind}","data":{{"object":{object}}}}}"#
        )
    }

    fn session(status: &str, paid: &str) -> String {
        format!(
            r#"{{"id":"cs_test_a1","object":"checkout.session","url":null,"livemode":false,"status":"{status}","payment_status":"{paid}","amount_total":98450,"currency":"cad","client_reference_id":"{}","customer_details":{{"name":"N"}}}}"#,
            id()
        )
    }

    #[test]
    fn the_mode_is_told_by_the_key() {
        assert!(!sound().is_live());
        for key in ["sk_live_5", "rk_live_5"] {
            assert!(stripe(key, SECRET).unwrap().is_live(), "{key}");
        }
        for (key, webhook, want) in [
            ("pk_test_5", SECRET, "card.secret_key_file"),
            ("whsec_x", SECRET, "card.secret_key_file"),
            ("sk_test_5", "sk_test_5", "card.webhook_secret_file"),
        ] {
            let error = stripe(key, webhook).unwrap_err();
            assert!(error.contains(want) && !error.contains("_5"), "{error}");
        }
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
            let about = event.about.map(|about| {
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
        assert_eq!(other.about, None, "another shop on the same account");
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
}
