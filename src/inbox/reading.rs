//! Owns what one raw mail turned out to be ([`Reading`]): plain facts, owned, no borrow of the
//! raw bytes. Made by `read(raw) -> Reading`, which never panics and never fails: what cannot
//! be parsed is a reading too.

/// What a mail is, and everything that deciding needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// What kind of mail.
    pub kind: Kind,
    /// Why it could not be read in full; `None` for a mail that was.
    pub unreadable: Option<Unreadable>,
    /// Recipients that a bounce or complaint reports on.
    pub recipients: Vec<Reported>,
    /// Address in `From`, lower-case domain; empty where there is none.
    pub from: String,
    /// Display name in `From`, cleaned of control, zero-width and bidirectional characters.
    pub from_name: String,
    /// Decoded subject, cleaned likewise.
    pub subject: String,
    /// Message-ID without angle brackets; empty where there is none.
    pub message_id: String,
    /// Ids in In-Reply-To and References, and the Message-ID of a returned part, without angle
    /// brackets, each once.
    pub references: Vec<String>,
    /// Every address of To, Cc, Delivered-To, X-Original-To, Envelope-To, Original-Recipient and
    /// of a returned part's Return-Path: where our own tokens can stand.
    pub addressed: Vec<String>,
    /// The date of the topmost trace line (`Received`), where it has one.
    pub trace: Option<jiff::Timestamp>,
    /// Topmost Authentication-Results first (RFC 8601), unfolded.
    pub authentication_results: Vec<String>,
    /// True where RFC 3834, RFC 2919 or a null sender forbids an answer.
    pub no_answer: bool,
    /// True where our own loop marker (`X-Relance-Loop`) stands in the header.
    pub own_loop: bool,
    /// Return date of an auto-reply, as written, where it gives one.
    pub back_on: Option<String>,
    /// Of a person's mail: runs of letters in its texts and attached mails that may be tokens of
    /// ours.
    pub quoted: Vec<String>,
    /// The newly written text of a human reply.
    pub reply: Option<Reply>,
}

/// What kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A delivery report about a failure (RFC 3464 or a text form).
    Bounce,
    /// A delivery report about delay, relay or success: nobody failed.
    Report,
    /// An abuse report (RFC 5965 or a text form).
    Complaint,
    /// Written by a machine: out of office, vacation, ticket received, challenge.
    AutoReply,
    /// A person's answer to one of our mails.
    Reply,
    /// Anything else.
    #[default]
    Other,
}

/// One recipient in a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reported {
    /// The address, lower-case domain; empty where the report names none.
    pub address: String,
    /// RFC 3463 status `5.1.1`; `5.0.0` where only the class is known; empty in complaints.
    pub status: String,
    /// Whether the address itself is dead, as against full, blocked or late.
    pub hard: bool,
    /// Word of the list of reasons: for reports those of `reasons::Reason`; for complaints
    /// `abuse`, `auth-failure`, `fraud`, `opt-out`, `opt-out-list`, `virus` or `complaint`.
    pub reason: &'static str,
}

/// A person's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The new text, without quote, header block and signature.
    pub text: String,
    /// The command that it plainly is, if it is one.
    pub command: Option<Command>,
    /// Language of the text, where it can be told.
    pub lang: Option<crate::domain::words::Lang>,
}

/// The plain words that act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// renew, renouveler.
    Renew,
    /// cheque, chèque: renew, paying by cheque.
    Cheque,
    /// paid, payé.
    Paid,
    /// stop, arrêt, désabonner.
    Stop,
    /// help, aide.
    Help,
    /// receipt, reçu.
    Receipt,
}

impl Command {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Cheque => "cheque",
            Self::Paid => "paid",
            Self::Stop => "stop",
            Self::Help => "help",
            Self::Receipt => "receipt",
        }
    }
}

/// Why a mail could not be read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Larger than the limit; only header and beginning were read.
    TooLarge,
    /// Nested deeper than the limit.
    TooDeep,
    /// The parser gave nothing, or panicked.
    Unparsed,
}
