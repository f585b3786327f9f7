//! Owns what can go wrong with a session: the server's "no", its end, and which of them a person
//! must mend. No text of an error holds what could be somebody's mail.

use async_imap::error::Error as ImapError;

use crate::inbox::source::SourceError;

/// RFC 5530 codes, and RFC 9051's, that say "not now" rather than "no".
const NOT_NOW: [&str; 4] = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];

/// What came of one command: the server's "no", or the end of the session.
pub(super) enum Fault {
    No(String),
    Lost(SourceError),
}

impl Fault {
    /// `NeedsPerson`, unless the server says that it is for now.
    pub(super) fn lasting(self, what: &str) -> SourceError {
        match self {
            Self::Lost(error) => error,
            Self::No(text) if NOT_NOW.iter().any(|code| text.contains(code)) => {
                SourceError::Retry(format!("{what}: {text}"))
            }
            Self::No(text) => SourceError::NeedsPerson(format!("{what}: {text}")),
        }
    }
}

pub(super) fn gone() -> SourceError {
    retry("session", "it is gone")
}

pub(super) fn retry(what: &str, text: &str) -> SourceError {
    SourceError::Retry(format!("{what}: {text}"))
}

pub(super) fn needs_person(what: &str, text: &str) -> SourceError {
    SourceError::NeedsPerson(format!("{what}: {text}"))
}

/// The library puts what it could not parse, which may be somebody's mail, into the error's text.
pub(super) fn lost(error: &std::io::Error) -> SourceError {
    match error.kind() {
        std::io::ErrorKind::Other => retry("session", "the server's answer makes no sense"),
        _ => retry("session", &error.to_string()),
    }
}

pub(super) fn fault(error: ImapError) -> Fault {
    match error {
        ImapError::No(text) | ImapError::Bad(text) => Fault::No(text),
        ImapError::Io(error) => Fault::Lost(lost(&error)),
        ImapError::ConnectionLost => Fault::Lost(retry("session", "connection closed")),
        ImapError::Validate(_) => {
            Fault::Lost(needs_person("login", "the name or password has a line end in it"))
        }
        _ => Fault::Lost(retry("session", "the server's answer makes no sense")),
    }
}
