//! Owns what a transport is asked and what it answers.

use std::time::Duration;

/// One message for one recipient.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Envelope sender: `b+TOKEN@bounce-domain`.
    pub from: String,
    /// The one envelope recipient.
    pub to: String,
    /// RFC 5322 octets.
    pub bytes: Vec<u8>,
}

/// What became of one parcel, or of the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it; its last reply line (queue id).
    Sent(String),
    /// 5xx at RCPT or after the dot: belongs to this message.
    Refused(RelayReply),
    /// 4xx anywhere, or a failure before the last octet of the body reached the socket: not sent,
    /// may be tried again.
    Deferred(RelayReply),
    /// The final answer never came, or made no sense: it may have left.
    Unknown(String),
    /// 5xx at banner, EHLO, STARTTLS, AUTH or MAIL: belongs to the relay. The message was not
    /// sent and its try does not count.
    RelayDown(RelayReply),
}

/// What the relay, or the socket, said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RelayReply {
    /// Three-digit code; 0 where there was none.
    pub code: u16,
    /// RFC 3463 status, where the reply begins with one.
    pub status: String,
    /// The text, cut to [`REPLY_TEXT_MAX`] octets, one line.
    pub text: String,
    /// At which stage: `connect`, `banner`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt`, `data`,
    /// `body`, `final`.
    pub stage: &'static str,
}

/// A relay's words are kept up to here.
pub const REPLY_TEXT_MAX: usize = 500;

/// Deadlines of one SMTP transaction (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// TCP connection and TLS handshake.
    pub connect: Duration,
    /// Banner, EHLO, AUTH, MAIL, RCPT: each.
    pub command: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// Writing the whole body.
    pub body: Duration,
    /// The answer after the final dot (§4.5.3.2.6: ten minutes).
    pub last: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            body: Duration::from_mins(3),
            last: Duration::from_mins(10),
        }
    }
}
