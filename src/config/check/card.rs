//! Owns what the keys of `[card]` must agree on.

use std::path::Path;

use super::Report;
use super::machine::{exists, secret_file};
use crate::config::reference::{File, is_loopback, url_host};
use crate::config::{CardProvider, CardSection};

const FILE: File = File::Relance;
/// Currencies without hundredths (ISO 4217), which a payment provider counts in whole units.
const WITHOUT_HUNDREDTHS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF", "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
];

pub(super) fn check(card: &CardSection, credentials_dir: Option<&Path>, report: &mut Report) {
    currency(card, report);
    if report.is_stained(FILE, "card.provider") {
        return;
    }
    match card.provider {
        CardProvider::None => {}
        CardProvider::Demo => report.warn(
            FILE,
            "card.provider",
            "is demo: its page charges nobody, and run takes it in a simulation only (--clock)",
            "Write \"stripe\", or \"none\" until then.",
        ),
        CardProvider::Stripe => stripe(card, credentials_dir, report),
    }
}

fn currency(card: &CardSection, report: &mut Report) {
    let code = card.currency.as_str();
    let cure = "Write three letters like \"CAD\".";
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
        report.fault(FILE, "card.currency", format!("is “{code}”, which is no currency"), cure);
    } else if WITHOUT_HUNDREDTHS.contains(&code) {
        let problem = format!("is {code}, which is not counted in hundredths; amounts here are");
        report.fault(FILE, "card.currency", problem, cure);
    }
}

fn stripe(card: &CardSection, credentials_dir: Option<&Path>, report: &mut Report) {
    for (at, file, what) in [
        ("card.secret_key_file", &card.secret_key_file, "Stripe's secret key"),
        ("card.webhook_secret_file", &card.webhook_secret_file, "the webhook's signing secret"),
    ] {
        match file {
            None => report.fault(
                FILE,
                at,
                "is missing, and provider is stripe",
                format!("Name the file that holds {what}."),
            ),
            Some(file) => secret_file(at, file, credentials_dir, report),
        }
    }
    exists("card.ca_file", card.ca_file.as_deref(), report);
    let host = url_host(&card.api_base);
    if host != "api.stripe.com" && !report.is_stained(FILE, "card.api_base") {
        let problem = if is_loopback(host) {
            format!("is {}: payments go to a test server on this machine", card.api_base)
        } else {
            format!("is {}: the secret key goes there", card.api_base)
        };
        report.warn(FILE, "card.api_base", problem, "Leave it out for Stripe's own.");
    }
}
