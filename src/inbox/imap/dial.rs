//! Owns the way to the server: settings, connection, TLS, greeting.

use std::sync::Arc;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{Response, Status};
use secrecy::SecretString;
use tokio_rustls::rustls::ClientConfig;

use super::ANSWER_OCTETS_MAX;
use super::fault::{fault, lost, needs_person, retry};
use super::gauge::Gauge;
use crate::config::{InboxSection, Tls};
use crate::inbox::source::SourceError;
use crate::tls::{self, Stream, TlsError};

/// Where and how to reach the mailbox.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// Host name, which must also stand in its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Whom to trust; needed unless `tls` is `None`.
    pub trust: Option<Arc<ClientConfig>>,
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
    /// The mailbox's name, ASCII.
    pub mailbox: String,
    /// Connection and TLS handshake.
    pub connect_deadline: Duration,
    /// Each command, and each fetch of one mail.
    pub command_deadline: Duration,
}

impl ImapSettings {
    /// From `[inbox]`. Reads the certificate authorities from disk: call it once, at start.
    pub fn new(section: &InboxSection, password: SecretString) -> Result<Self, TlsError> {
        let trust = match section.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Starttls => Some(tls::client_config(section.ca_file.as_deref())?),
        };
        Ok(Self {
            host: section.host.clone(),
            port: section.port,
            tls: section.tls,
            trust,
            username: section.username.clone(),
            password,
            mailbox: section.mailbox.clone(),
            connect_deadline: Duration::from_secs(30),
            command_deadline: Duration::from_mins(1),
        })
    }
}

/// The connection, secured and greeted.
pub(super) async fn dial(settings: &ImapSettings) -> Result<Client<Gauge<Stream>>, SourceError> {
    let secure = async |stream: Stream| match &settings.trust {
        None => Err(needs_person("tls", "no TLS settings")),
        Some(trust) => stream.secure(&settings.host, trust.clone()).await.map_err(|error| {
            let text = error.to_string();
            if tls::is_distrust(&error) { needs_person("tls", &text) } else { retry("tls", &text) }
        }),
    };
    let stream = Stream::connect(&settings.host, settings.port).await;
    let mut stream = stream.map_err(|e| retry("connect", &e.to_string()))?;
    if settings.tls == Tls::Implicit {
        stream = secure(stream).await?;
    }
    let mut client = Client::new(Gauge::new(stream));
    client.get_mut().allow(ANSWER_OCTETS_MAX);
    let greeting = client.read_response().await.map_err(|e| lost(&e))?;
    let greeting = greeting.ok_or_else(|| retry("greeting", "connection closed"))?;
    if !matches!(greeting.parsed(), Response::Data { status: Status::Ok, .. }) {
        return Err(retry("greeting", "the server does not greet"));
    }
    if settings.tls == Tls::Starttls {
        let asked = client.run_command_and_check_ok("STARTTLS", None).await;
        asked.map_err(|e| fault(e).lasting("starttls"))?;
        // What was read in the clear behind the answer is thrown away with the old client.
        let stream = secure(client.into_inner().into_inner()).await?;
        client = Client::new(Gauge::new(stream));
        client.get_mut().allow(ANSWER_OCTETS_MAX);
    }
    Ok(client)
}
