//! Owns what every source of mail (IMAP, Maildir) hands over.

use jiff::Timestamp;

/// One mail as its source has it.
#[derive(Debug, Clone)]
pub struct RawMail {
    /// What names it for ever within (source, validity): the UID, or the Maildir basename before
    /// `:`.
    pub key: String,
    /// IMAP UID; 0 for a Maildir.
    pub uid: u32,
    /// IMAP INTERNALDATE, or the Maildir file's time of delivery.
    pub received: Timestamp,
    /// Size as the source announces it, in octets.
    pub size: u64,
    /// The raw octets, cut at [`RAW_OCTETS_MAX`] where the mail is larger.
    pub raw: Vec<u8>,
    /// Whether `raw` was cut.
    pub cut: bool,
}

/// A mail is read up to here: notices, replies and reports are far smaller, and a parser's work
/// must be bounded.
pub const RAW_OCTETS_MAX: usize = 1024 * 1024;

/// What a source failed with, and what its loop does about it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Try again later: connection, time-out, a server that is busy. The session is gone.
    #[error("{0}")]
    Retry(String),
    /// Needs a person: password refused, mailbox missing, certificate not trusted. Tried again
    /// rarely.
    #[error("{0}")]
    NeedsPerson(String),
}
