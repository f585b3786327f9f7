//! Owns looking at the servers that the daemon speaks to: relay, mailbox, payment provider. Changes
//! nothing there.

use std::path::Path;
use std::time::Duration;

use super::{Findings, Place};
use crate::card::{CardError, Provider};
use crate::config::{self, Config, InboxSource, Transport};
use crate::inbox::imap::{ImapSettings, ImapSource};
use crate::inbox::maildir::MaildirSource;
use crate::outbox::smtp::{Relay, Session};
use crate::outbox::transport::{Deadlines, Outcome};

/// A server is given so long.
const SERVER_WAIT: Duration = Duration::from_secs(10);

pub(super) fn servers(config: &Config, findings: &mut Findings) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        relay(config, findings).await;
        mailbox(config, findings).await;
        card(config, findings).await;
    });
}

fn password(file: Option<&Path>) -> Result<Option<secrecy::SecretString>, String> {
    file.map(|f| config::secret(f, Place::credentials().as_deref()))
        .transpose()
        .map_err(|e| e.to_string())
}

/// The relay, asked with little patience.
pub(super) fn relay_of(config: &Config) -> Result<Relay, String> {
    let (smtp, wait) = (&config.relance.smtp, SERVER_WAIT);
    let deadlines = Deadlines { connect: wait, command: wait, data: wait, body: wait, last: wait };
    let password = password(smtp.password_file.as_deref())?;
    Relay::new(smtp, password, deadlines).map_err(|e| e.to_string())
}

/// The mailbox, asked with little patience.
pub(super) fn imap_of(config: &Config) -> Result<ImapSettings, String> {
    let inbox = &config.relance.inbox;
    let password = password(inbox.password_file.as_deref())?.unwrap_or_default();
    let settings = ImapSettings::new(inbox, password).map_err(|e| e.to_string())?;
    let wait = SERVER_WAIT;
    Ok(ImapSettings { connect_deadline: wait, command_deadline: wait, ..settings })
}

async fn relay(config: &Config, findings: &mut Findings) {
    let smtp = &config.relance.smtp;
    if smtp.transport == Transport::Maildir {
        return findings.good("relay", "none: mail goes into a Maildir");
    }
    let opened = match relay_of(config) {
        Ok(relay) => Session::open(&relay).await,
        Err(e) => return findings.bad("relay", e, "see smtp.password_file and smtp.ca_file"),
    };
    let name = format!("{}:{}", smtp.host, smtp.port);
    match opened {
        Ok(session) => {
            session.quit().await;
            findings.good("relay", format!("{name} answers"));
        }
        Err(Outcome::RelayDown(r) | Outcome::Deferred(r) | Outcome::Refused(r)) => {
            let what = format!("{name} at {}: {} {}", r.stage, r.code, r.text);
            findings.bad("relay", what, "see [smtp]: host, port, tls, username, password_file");
        }
        Err(other) => findings.bad("relay", format!("{name}: {other:?}"), "see [smtp]"),
    }
}

async fn mailbox(config: &Config, findings: &mut Findings) {
    let inbox = &config.relance.inbox;
    match inbox.source {
        InboxSource::None => findings.warn("inbox", "none", "replies and bounces are not read"),
        InboxSource::Maildir => {
            let dir = inbox.maildir.clone().unwrap_or_default();
            match MaildirSource::open(&dir) {
                Ok(_) => findings.good("inbox", dir.display().to_string()),
                Err(e) => findings.bad("inbox", e.to_string(), "see inbox.maildir"),
            }
        }
        InboxSource::Imap => {
            let settings = match imap_of(config) {
                Ok(settings) => settings,
                Err(e) => {
                    return findings.bad("inbox", e, "see inbox.password_file and inbox.ca_file");
                }
            };
            let name = format!("{}:{}", inbox.host, inbox.port);
            match ImapSource::connect(&settings).await {
                Ok(source) => {
                    source.logout().await;
                    findings.good("inbox", format!("{name} answers"));
                }
                Err(e) => findings.bad("inbox", format!("{name}: {e}"), "see [inbox]"),
            }
        }
    }
}

async fn card(config: &Config, findings: &mut Findings) {
    let provider = Provider::new(&config.relance.card, Place::credentials().as_deref());
    let provider = match provider {
        Ok(Some(provider)) => provider,
        Ok(None) => return findings.good("cards", "none are taken"),
        Err(e) => return findings.bad("cards", e.to_string(), "see [card]"),
    };
    match provider.answers().await {
        Ok(how) => findings.good("cards", how),
        Err(e @ CardError::GiveUp(_)) => {
            let cure = "a key that may read and write Checkout Sessions: see card.secret_key_file";
            findings.bad("cards", e.to_string(), cure);
        }
        Err(e) => findings.bad("cards", e.to_string(), "see card.api_base, and the network"),
    }
}
