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
use super::{
    About, CardError, Checkout, Event, MoneyBack, Session, SetUpError, Status, Told, WebhookError,
};
use crate::config::CardSection;
use crate::domain::checkout::{Back, Word};
use crate::domain::money::Cents;
use crate::domain::words::Lang;
use crate::ids::CheckoutId;

pub(super) const NAME: &str = "stripe";

/// The version whose answers are read here.
const API_VERSION: &str = "2024-06-20";
const SESSIONS: &str = "/v1/checkout/sessions";
const REFUNDS: &str = "/v1/refunds";
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
    #[serde(default)]
    payment_intent: Option<Payment>,
}

/// A payment: its name, or itself where it was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Payment {
    Name(String),
    Whole {
        id: String,
        #[serde(default)]
        latest_charge: Option<Charged>,
    },
}

#[derive(Debug, Deserialize)]
struct Charged {
    created: i64,
}

impl Payment {
    fn id(&self) -> Option<String> {
        let (Self::Name(id) | Self::Whole { id, .. }) = self;
        is_id(id).then(|| id.clone())
    }

    fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Whole { latest_charge: Some(charge), .. } => {
                Timestamp::from_second(charge.created).ok()
            }
            Self::Name(_) | Self::Whole { .. } => None,
        }
    }
}

/// The parts of a Refund that are read.
#[derive(Debug, Deserialize)]
struct RefundObject {
    id: String,
    #[serde(default)]
    status: Option<String>,
}

/// The parts of a Charge or a Dispute that are read.
#[derive(Debug, Deserialize)]
struct MoneyObject {
    id: String,
    #[serde(default)]
    payment_intent: Option<String>,
    amount: i64,
    #[serde(default)]
    amount_refunded: i64,
    currency: String,
}

#[derive(Debug, Deserialize)]
struct EventObject {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    created: i64,
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
        if live && !section.api_base.starts_with("https://") {
            return Err(SetUpError::Key(
                "card.api_base is http, and the key is one for real payments; take a test key"
                    .into(),
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

    pub(super) fn page_origin(&self) -> &str {
        let after_scheme = self.page_base.find("://").map_or(0, |at| at + 3);
        let path = self.page_base[after_scheme..].find('/');
        &self.page_base[..path.map_or(self.page_base.len(), |at| after_scheme + at)]
    }

    pub(super) async fn open(&self, checkout: &Checkout) -> Result<Session, CardError> {
        let key = checkout.id.to_string();
        let answer = self.call(Method::POST, SESSIONS, &form(checkout), Some(&key)).await?;
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

    pub(super) async fn expire(&self, session: &str) -> Result<Status, CardError> {
        let path = path(session, "/expire")?;
        match self.call(Method::POST, &path, &[], None).await {
            Ok(answer) => self.session(&answer).map(|s| status(&s)),
            // Paid or expired already: then it cannot be taken back, and says where it stands.
            Err(CardError::GiveUp(_)) => self.look(session).await,
            Err(e) => Err(e),
        }
    }

    pub(super) async fn look(&self, session: &str) -> Result<Status, CardError> {
        let path = path(session, "")?;
        // With the time of the payment, which a key of few rights may not be allowed to see.
        let whole = format!("{path}?expand%5B%5D=payment_intent.latest_charge");
        let answer = match self.call(Method::GET, &whole, &[], None).await {
            Err(CardError::GiveUp(_)) => self.call(Method::GET, &path, &[], None).await?,
            answer => answer?,
        };
        self.session(&answer).map(|s| status(&s))
    }

    pub(super) async fn refund(
        &self,
        payment: &str,
        amount: Cents,
        key: &str,
    ) -> Result<String, CardError> {
        if !is_id(payment) {
            return Err(CardError::GiveUp("the store holds no payment of this provider".into()));
        }
        let fields = [("payment_intent", payment.to_owned()), ("amount", amount.get().to_string())];
        let answer = self.call(Method::POST, REFUNDS, &fields, Some(key)).await?;
        let refund: RefundObject = serde_json::from_slice(&answer.body)
            .map_err(|_| CardError::Unknown("its answer is no refund".into()))?;
        match refund.status.as_deref() {
            _ if !is_id(&refund.id) => Err(CardError::Unknown("its answer is no refund".into())),
            // On its way: the bank takes days, and a failure then is told by nobody here.
            Some("succeeded" | "pending") => Ok(refund.id),
            _ => Err(CardError::GiveUp("it made the refund, and the refund failed".into())),
        }
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
        let told = told(&event.kind, event.created, event.data.object).map_err(form)?;
        Ok(Event { id: event.id, kind: event.kind, told })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, String)],
        key: Option<&str>,
    ) -> Result<Answer, CardError> {
        let mut request = self.server.request(method, path, fields);
        let bearer = format!("Bearer {}", self.key.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer)
            .map_err(|_| CardError::GiveUp("the secret key is no header value".into()))?;
        bearer.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert("stripe-version", HeaderValue::from_static(API_VERSION));
        if let Some(key) = key {
            let key = HeaderValue::try_from(key)
                .map_err(|_| CardError::GiveUp("the key is no header value".into()))?;
            headers.insert("idempotency-key", key);
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

fn status(session: &SessionObject) -> Status {
    let payment = session.payment_intent.as_ref();
    let (id, at) = (payment.and_then(Payment::id), payment.and_then(Payment::at));
    Status { word: word(session), payment: id, at }
}

/// What an event says, as far as it concerns us.
fn told(
    kind: &str,
    created_s: i64,
    object: serde_json::Value,
) -> Result<Option<Told>, &'static str> {
    let how = match kind {
        "charge.refunded" => Back::RefundedInAll,
        "charge.dispute.funds_withdrawn" => Back::Disputed,
        "charge.dispute.funds_reinstated" => Back::Reinstated,
        _ if kind.starts_with("checkout.session.") => {
            let session = serde_json::from_value(object).map_err(|_| "its Checkout Session")?;
            return Ok(about(kind, created_s, session).map(Told::Page));
        }
        _ => return Ok(None),
    };
    let money: MoneyObject = serde_json::from_value(object).map_err(|_| "its charge or dispute")?;
    let refund = how == Back::RefundedInAll;
    let cents = if refund { money.amount_refunded } else { money.amount };
    let currency = money.currency.to_ascii_uppercase();
    let payment = money.payment_intent.filter(|id| is_id(id) && is_id(&money.id));
    let id = money.id;
    Ok(payment.map(|payment| Told::Back(MoneyBack { payment, id, how, cents, currency })))
}

/// What is said of a payment page, if it is ours: an account may serve other shops too.
fn about(kind: &str, created_s: i64, session: SessionObject) -> Option<About> {
    let checkout = session.client_reference_id.as_deref().and_then(CheckoutId::parse)?;
    let word = match kind {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => word(&session),
        "checkout.session.async_payment_failed" => Word::Failed,
        "checkout.session.expired" => Word::Expired,
        _ => return None,
    };
    let payment = session.payment_intent.as_ref().and_then(Payment::id);
    let at = Timestamp::from_second(created_s).ok();
    is_id(&session.id).then_some(About { checkout, session: session.id, word, payment, at })
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
mod tests;
