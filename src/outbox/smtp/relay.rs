//! Owns where the relay is and how to reach it.

use std::sync::Arc;

use lettre::transport::smtp::extension::ClientId;
use secrecy::SecretString;
use tokio_rustls::rustls::ClientConfig;

use crate::config::{SmtpSection, Tls};
use crate::outbox::transport::Deadlines;
use crate::tls::{self, TlsError};

/// Where and how to reach the relay.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Host name, which must also stand in its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Whom to trust; needed unless `tls` is `None`.
    pub trust: Option<Arc<ClientConfig>>,
    /// User name; empty: no AUTH.
    pub username: String,
    /// The password that goes with it.
    pub password: Option<SecretString>,
    /// The name we give in EHLO.
    pub helo: String,
    /// How long each stage may take.
    pub deadlines: Deadlines,
}

impl Relay {
    /// From `[smtp]`. Reads the certificate authorities from disk: call it once, at start.
    pub fn new(
        section: &SmtpSection,
        password: Option<SecretString>,
        deadlines: Deadlines,
    ) -> Result<Self, TlsError> {
        let trust = match section.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Starttls => Some(tls::client_config(section.ca_file.as_deref())?),
        };
        let helo = match section.helo.as_str() {
            "" => ClientId::default().to_string(),
            name => name.to_owned(),
        };
        Ok(Self {
            host: section.host.clone(),
            port: section.port,
            tls: section.tls,
            trust,
            username: section.username.clone(),
            password,
            helo,
            deadlines,
        })
    }
}
