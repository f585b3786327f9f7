//! Owns what a message is composed from: plain facts, already decided. No field is markup.

mod cover;
mod desk;
mod money;
mod payer;
mod said;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::{Association, Relance, StepKind};
use crate::domain::bill::Bill;
use crate::domain::desk::Channel;
use crate::domain::invoice::Invoice;
use crate::domain::words::{Lang, RenewalState};

pub use cover::{CoverNews, CoverNote};
pub use desk::{DeskNote, DeskTopic};
pub use money::{InvoiceWhy, ReceiptFacts};
pub use payer::{OpenInvoice, PaidShare, PayerAccount, PayerPayment};
pub use said::Said;

/// Everything that one message says.
#[derive(Debug, Clone)]
pub struct MailFacts<'a> {
    /// Which message it is.
    pub kind: MailKind<'a>,
    /// Language that comes first.
    pub prefer: Lang,
    /// Who gets it. Name and address are already free of control characters.
    pub to: Correspondent<'a>,
    /// The association in whose name it goes out.
    pub issuer: &'a Association,
    /// Season, domains, national body.
    pub relance: &'a Relance,
    /// The association that answers the member's questions about insurance and account: their own.
    pub home: &'a Association,
    /// The member whom it is about, where there is one.
    pub person: Option<PersonFacts<'a>>,
    /// Whether what is new in the insurance is told, where the config has it: the member is covered
    /// or may be.
    pub insurance_news: bool,
    /// What is owed, where the message shows it.
    pub bill: Option<Bill>,
    /// By which channel the member had asked a desk for it; `None` where they did it themselves.
    pub channel: Option<Channel>,
    /// The invoice or credit note that it carries.
    pub invoice: Option<Invoice>,
    /// By when what was promised is to be paid, where something was.
    pub pay_by: Option<Date>,
    /// Links and addresses of this attempt.
    pub links: Links,
    /// Header values of this attempt.
    pub ids: MailIds,
    /// Becomes `Date`.
    pub date: Timestamp,
}

/// Which message.
#[derive(Debug, Clone)]
pub enum MailKind<'a> {
    /// A step of the season: notice, reminder or last call. Template of the step's name.
    Step(StepKind),
    /// What was done, and how to undo it. Template `confirmation`.
    Confirmation(Said),
    /// An invoice or a credit note by itself. Template `invoice`.
    Invoice(InvoiceWhy),
    /// Money was received. Template `receipt`.
    Receipt(ReceiptFacts),
    /// A new invoice for who pays in the member's place, and all that is open with it. Template
    /// `payer-invoice`.
    PayerInvoice(&'a PayerAccount),
    /// A payer's money was received: to which invoices it went. Template `payer-receipt`.
    PayerReceipt(&'a PayerPayment, &'a PayerAccount),
    /// A payer's money went back to the bank: what is open again. Template `payer-returned`.
    PayerReturned(&'a PayerPayment, &'a PayerAccount),
    /// What was paid twice by card went back: what is left unapplied of it is nothing. Template
    /// `refund`.
    Refund(&'a PayerPayment),
    /// Somebody, by name, has paid in the member's place. Template `paid-by-payer`.
    PaidByPayer(&'a str),
    /// A fresh link in place of an expired one. Template `fresh-link`.
    FreshLink,
    /// A reply asked for something, but its sender could not be verified: one link confirms it.
    /// Template `confirm-request`.
    ConfirmRequest(Said),
    /// A new address waits to be confirmed, by itself and by the one on file. Template
    /// `address-change`.
    AddressChange {
        /// The new address; masked for the old one.
        address: &'a str,
        /// Whether this goes to the one on file.
        old_side: bool,
    },
    /// A member's mail for the desk, in the desk's language only. Template `forward`.
    Forward(Forwarded<'a>),
    /// The desk's answer to a forwarded mail, on its way to the member. Template `desk-answer`.
    DeskAnswer(&'a str),
    /// What a desk must know, in its language only. Template `desk-note`.
    DeskNote(DeskNote<'a>),
    /// A desk's digest, in its language only. Template `digest`.
    Digest(super::DigestMail<'a>),
    /// Whether a mail that was forwarded to us is ours: the facts of the one that is; none where
    /// it is not. Template `verify-answer`.
    VerifyAnswer(Option<Sent<'a>>),
    /// An answer to the insurance questions calls for follow-up: what happens next. Template
    /// `insurance-follow-up`.
    InsuranceFollowUp,
    /// The answers to the insurance questions were recorded. Template `declaration-recorded`.
    DeclarationRecorded,
    /// What became of insurance cover. Template `cover-ended` or `cover-pending`.
    Cover(CoverNews),
    /// Where the certificate of insurance lies. Template `certificate`.
    Certificate(&'a str),
}

/// A mail of ours that somebody asks about.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// When it went out.
    pub at: Timestamp,
    /// Its subject; empty where it was not kept.
    pub subject: &'a str,
    /// To whom, masked.
    pub address_masked: &'a str,
}

impl MailKind<'_> {
    /// Whether it is for a desk, in its language only.
    #[must_use]
    pub const fn is_for_desk(&self) -> bool {
        matches!(self, Self::Forward(_) | Self::DeskNote(_) | Self::Digest(_))
    }
}

/// A mail that somebody sent to us, on its way to a desk.
#[derive(Debug, Clone)]
pub struct Forwarded<'a> {
    /// Whom it came from, as the mail says.
    pub from: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// The newly written text, links and tokens redacted.
    pub text: &'a str,
    /// Why it came to the desk: `question`, `unverified`, `no-token`, `expired`, `complaint`,
    /// `unparsed`, `too-large`.
    pub why: &'a str,
    /// When our mailbox got it.
    pub received: Timestamp,
}

/// Somebody with an address.
#[derive(Debug, Clone, Copy)]
pub struct Correspondent<'a> {
    /// Display name; empty for none.
    pub name: &'a str,
    /// Address, ASCII.
    pub address: &'a str,
}

/// A member, as a message names them.
#[derive(Debug, Clone, Copy)]
pub struct PersonFacts<'a> {
    /// Member number.
    pub member_no: &'a str,
    /// Given name.
    pub given_name: &'a str,
    /// Family name.
    pub family_name: &'a str,
    /// Category code of the membership with the issuer.
    pub category: &'a str,
    /// Whether professional liability insurance goes with this renewal.
    pub insured: bool,
    /// Where the renewal stands now.
    pub state: RenewalState,
    /// What is to be said of cover.
    pub cover: CoverNote,
    /// The zone by which the deadline falls for them; empty: the policy's.
    pub zone: &'a str,
}

/// Complete URLs and addresses. Those that a message does not use are empty.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// The renewal's page; language-neutral.
    pub renew: String,
    /// The page that stops reminders, and the address of the RFC 8058 POST.
    pub unsubscribe: String,
    /// The page that confirms an act asked for by an unverified reply.
    pub confirm: String,
    /// A payer's lasting page.
    pub payer: String,
}

/// Header values of one attempt.
#[derive(Debug, Clone)]
pub struct MailIds {
    /// Without angle brackets.
    pub message_id: String,
    /// `r+TOKEN@reply-domain`; the mailto of `List-Unsubscribe` is the same address with the
    /// subject `STOP`.
    pub reply_to: String,
    /// Message-ID that this one answers, without angle brackets; empty for none.
    pub in_reply_to: String,
    /// `auto-generated`, or `auto-replied` for an answer to a mail (RFC 3834 §5).
    pub auto_submitted: &'static str,
}

/// One message, ready for DATA.
#[derive(Debug, Clone)]
pub struct Composed {
    /// RFC 5322 bytes with CRLF line ends.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// The subject, decoded.
    pub subject: String,
}
