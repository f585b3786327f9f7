//! Owns the seam to whoever takes payments by card: opening a payment page, taking it back, asking
//! what became of it, believing its webhooks. Never sees a card number: the payer types it on the
//! provider's page. Never decides what a payment does: that is `domain::checkout`'s.
//!
//! Every call has a deadline, and every error says what the caller can do. No secret, and nothing
//! that a provider wrote in its own words, gets into a log.

mod call;
mod demo;
mod signature;
mod stripe;
pub mod watch;

use std::path::Path;

use jiff::Timestamp;

use crate::config::{self, CardProvider, CardSection, SecretError};
use crate::domain::checkout::{Back, Word};
use crate::domain::money::Cents;
use crate::domain::words::Lang;
use crate::ids::CheckoutId;
use crate::tls::TlsError;

pub use call::CALL_DEADLINE;
pub use signature::{Doubt, TOLERANCE_S};
pub use stripe::Stripe;

/// What is to be paid, and where the payer comes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Names it, and is its idempotency key: the same id must always come with the same facts.
    pub id: CheckoutId,
    /// How much.
    pub amount: Cents,
    /// In which currency: three capital letters.
    pub currency: String,
    /// What the payer reads beside the amount. Names no person.
    pub description: String,
    /// Language of the payment page.
    pub lang: Lang,
    /// After this instant the page takes no card any more.
    pub ends: Timestamp,
    /// The site that the payer comes from, without a slash at the end.
    pub site: String,
}

/// A payment page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The provider's name for it.
    pub id: String,
    /// Where the payer is sent.
    pub url: String,
}

/// What a provider tells us unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The provider's name for the event; it may tell the same one several times.
    pub id: String,
    /// The provider's word for its kind.
    pub kind: String,
    /// What it says; `None`: nothing that concerns us.
    pub told: Option<Told>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Of a payment page.
    Page(About),
    /// Of money that was paid.
    Back(MoneyBack),
}

/// What is said of money that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyBack {
    /// The provider's name for the payment.
    pub payment: String,
    /// The provider's name for what happened to it.
    pub id: String,
    /// What that was.
    pub how: Back,
    /// How much.
    pub cents: i64,
    /// In which currency: three capital letters.
    pub currency: String,
}

/// What is said of one payment page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Our own id, as the provider gives it back.
    pub checkout: CheckoutId,
    /// The provider's name for the page.
    pub session: String,
    /// What became of it.
    pub word: Word,
    /// The provider's name for the payment, once there is one.
    pub payment: Option<String>,
    /// When it came about, where the provider says so.
    pub at: Option<Timestamp>,
}

/// Where a payment page stands, as the provider answers when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What became of it.
    pub word: Word,
    /// The provider's name for the payment, once there is one.
    pub payment: Option<String>,
    /// When it was paid, where the provider says so.
    pub at: Option<Timestamp>,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// No answer, or “not now”: the same call with the same id may be made again.
    #[error("the provider did not answer: {0}")]
    Retry(String),
    /// Refused: the same call will be refused again. A person must look at the settings.
    #[error("the provider refused: {0}")]
    GiveUp(String),
    /// The provider failed in the middle. What it made under this id nobody can reach: go on with
    /// another id.
    #[error("the provider failed: {0}")]
    Unknown(String),
}

/// Why a webhook is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Not signed as it should be: anybody may have sent it.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// Signed, and not readable as an event.
    #[error("not an event: {0}")]
    Form(String),
    /// Of test payments where real ones are taken, or the other way round.
    #[error("an event of the {0} mode, and our key is of the other")]
    Mode(&'static str),
    /// This provider sends none.
    #[error("this provider sends no webhooks")]
    None,
}

/// Why there is no provider. All need a person.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A key file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A file is not named, or holds something else.
    #[error("{0}")]
    Key(String),
}

/// Whoever takes payments by card.
#[derive(Debug)]
pub enum Provider {
    /// A page of our own that charges nobody.
    Demo,
    /// Stripe Checkout.
    Stripe(Box<Stripe>),
}

impl Provider {
    /// As configured; `None` where cards are not taken. Reads the secrets: call it once, at start.
    pub fn new(
        section: &CardSection,
        credentials: Option<&Path>,
    ) -> Result<Option<Self>, SetUpError> {
        Ok(match section.provider {
            CardProvider::None => None,
            CardProvider::Demo => Some(Self::Demo),
            CardProvider::Stripe => {
                let read = |file: &Option<std::path::PathBuf>, key: &str| {
                    let missing = || SetUpError::Key(format!("card.{key} is missing"));
                    let file = file.as_deref().ok_or_else(missing)?;
                    Ok::<_, SetUpError>(config::secret(file, credentials)?)
                };
                let key = read(&section.secret_key_file, "secret_key_file")?;
                let webhook = read(&section.webhook_secret_file, "webhook_secret_file")?;
                Some(Self::Stripe(Box::new(Stripe::new(section, key, webhook)?)))
            }
        })
    }

    /// Stable name, as the store keeps it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Demo => demo::NAME,
            Self::Stripe(_) => stripe::NAME,
        }
    }

    /// The origin of its payment pages, where that is another site than ours.
    #[must_use]
    pub fn page_origin(&self) -> Option<&str> {
        match self {
            Self::Demo => None,
            Self::Stripe(stripe) => Some(stripe.page_origin()),
        }
    }

    /// Opens a payment page. The same checkout twice is the same page.
    pub async fn open(&self, checkout: &Checkout) -> Result<Session, CardError> {
        match self {
            Self::Demo => Ok(demo::open(checkout)),
            Self::Stripe(stripe) => stripe.open(checkout).await,
        }
    }

    /// Takes a payment page back, so that nobody can pay there any more, and says where it stands
    /// then: it may have been paid meanwhile.
    pub async fn expire(&self, session: &str) -> Result<Status, CardError> {
        match self {
            Self::Demo => Ok(Status { word: Word::Expired, payment: None, at: None }),
            Self::Stripe(stripe) => stripe.expire(session).await,
        }
    }

    /// Asks what became of a payment page.
    pub async fn look(&self, session: &str, ended: bool) -> Result<Status, CardError> {
        match self {
            // Its page tells us by itself, in the transaction that it is.
            Self::Demo => {
                let word = if ended { Word::Expired } else { Word::Waiting };
                Ok(Status { word, payment: None, at: None })
            }
            Self::Stripe(stripe) => stripe.look(session).await,
        }
    }

    /// Gives a payment back, all of it or a part. The same `key` twice is the same refund; gives the
    /// provider's name for it. `payment`: its name for the payment.
    pub async fn refund(
        &self,
        payment: &str,
        amount: Cents,
        key: &str,
    ) -> Result<String, CardError> {
        match self {
            Self::Demo => Ok(demo::refund(key)),
            Self::Stripe(stripe) => stripe.refund(payment, amount, key).await,
        }
    }

    /// Whether the provider answers and takes our key; says how it is reached.
    pub async fn answers(&self) -> Result<String, CardError> {
        match self {
            Self::Demo => Ok("demo: its page charges nobody".into()),
            Self::Stripe(stripe) => stripe.answers().await,
        }
    }

    /// Reads a webhook, if it is the provider's own.
    pub fn verify_webhook(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Event, WebhookError> {
        match self {
            Self::Demo => Err(WebhookError::None),
            Self::Stripe(stripe) => stripe.verify_webhook(signature, body, now),
        }
    }
}
