//! Owns `relance dns`: the records that the config needs, to be pasted and adapted.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Place, say, say_json};
use crate::config::{Config, reference};

/// Arguments of `relance dns`.
#[derive(Debug, Args)]
pub(super) struct Dns {
    /// Name of the mail server that receives for the bounce and the reply domain.
    #[arg(long, value_name = "HOST")]
    mx: Option<String>,
    /// A JSON list.
    #[arg(long)]
    json: bool,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Record {
    name: String,
    kind: &'static str,
    value: String,
    why: &'static str,
}

impl Dns {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let records = records(&config, self.mx.as_deref().unwrap_or("MX-HOST"));
        if self.json {
            say_json(&records)?;
        } else {
            for r in records {
                say(&format!("; {}\n{}. IN {} {}", r.why, r.name, r.kind, r.value));
            }
            say(&format!(
                "; the mailbox of [inbox] also gets {}: members forward a mail there that they doubt",
                config.relance.mail.verify_address()
            ));
            say("; DKIM: the relay's own selector, for each From domain; see its manual");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn records(config: &Config, mx: &str) -> BTreeSet<Record> {
    let mail = &config.relance.mail;
    let mut out = BTreeSet::new();
    for (domain, why) in [
        (&mail.bounce_domain, "bounces come back to the envelope sender"),
        (
            &mail.reply_domain,
            "replies come back to Reply-To, and doubted mails to the verify address",
        ),
    ] {
        out.insert(record(domain, "MX", format!("10 {mx}."), why));
    }
    let spf = "\"v=spf1 a:RELAY-HOST -all\"".to_owned();
    out.insert(record(
        &mail.bounce_domain,
        "TXT",
        spf,
        "the relay may send for the envelope sender",
    ));
    for association in &config.associations {
        if let Some((_, domain)) = association.from_address.rsplit_once('@') {
            let dmarc = "\"v=DMARC1; p=quarantine; adkim=r\"".to_owned();
            let why = "what receivers do with mail that is not signed by this domain";
            out.insert(record(&format!("_dmarc.{domain}"), "TXT", dmarc, why));
        }
        let base = association.link_base.as_deref().unwrap_or(&config.relance.web.base_url);
        let address = "PROXY-ADDRESS".to_owned();
        out.insert(record(reference::url_host(base), "A", address, "links lead here"));
    }
    out
}

fn record(name: &str, kind: &'static str, value: String, why: &'static str) -> Record {
    Record { name: name.to_owned(), kind, value, why }
}
