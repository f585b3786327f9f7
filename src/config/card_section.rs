//! Owns the shape of `[card]` in `relance.toml`: payment by card.
//! Every doc comment below is the config reference's text for its key.

use std::path::PathBuf;

use serde::Deserialize;

/// Who takes payments by card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardProvider {
    /// Nobody: pages offer cheque and invoice only.
    None,
    /// A payment page of our own that charges nobody. For simulations.
    Demo,
    /// Stripe's hosted payment page (Checkout).
    Stripe,
}

/// `[card]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSection {
    /// Who takes payments by card: `none`, `demo` (a page of our own that charges nobody; `run`
    /// takes it in a simulation only) or `stripe`.
    #[serde(default = "default_provider")]
    pub provider: CardProvider,
    /// Currency of every amount, as three letters of ISO 4217; it must have hundredths.
    #[serde(default = "default_currency")]
    pub currency: String,
    /// File that holds Stripe's secret or restricted key; a bare name is looked up in
    /// `$CREDENTIALS_DIRECTORY`.
    #[serde(default)]
    pub secret_key_file: Option<PathBuf>,
    /// File that holds the signing secret of the webhook endpoint; a bare name is looked up in
    /// `$CREDENTIALS_DIRECTORY`.
    #[serde(default)]
    pub webhook_secret_file: Option<PathBuf>,
    /// Where Stripe's API answers; another address than Stripe's own is for tests.
    #[serde(default = "default_api_base")]
    pub api_base: String,
    /// Where the payment page lies: Stripe's, or your own domain for it. Browsers are let go
    /// there and nowhere else.
    #[serde(default = "default_page_base")]
    pub page_base: String,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl Default for CardSection {
    fn default() -> Self {
        Self {
            provider: default_provider(),
            currency: default_currency(),
            secret_key_file: None,
            webhook_secret_file: None,
            api_base: default_api_base(),
            page_base: default_page_base(),
            ca_file: None,
        }
    }
}

fn default_provider() -> CardProvider {
    CardProvider::None
}
fn default_currency() -> String {
    "CAD".into()
}
fn default_api_base() -> String {
    "https://api.stripe.com".into()
}
fn default_page_base() -> String {
    "https://checkout.stripe.com".into()
}
