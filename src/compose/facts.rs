//! Owns what a message is composed from: plain facts, already decided. No field is markup.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::{Association, Relance, StepKind};
use crate::domain::bill::Bill;
use crate::domain::desk::Channel;
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::payment::Method;
use crate::domain::words::{Lang, RenewalState};

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
    /// What is owed, where the message shows it.
    pub bill: Option<Bill>,
    /// By which channel the member had asked a desk for it; `None` where they did it themselves.
    pub channel: Option<Channel>,
    /// The invoice or credit note that it carries.
    pub invoice: Option<Invoice>,
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
    /// The invoice for who pays in the member's place, with a link that shows and pays it and nothing
    /// else. Template `payer-invoice`.
    PayerInvoice,
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

/// What a member is told of their insurance cover after the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverNews {
    /// It is interrupted: neither payment nor intent came in time.
    NoAnswer,
    /// It is interrupted: the questions were not answered in the broker's time.
    NotDeclared,
    /// It is interrupted: what was promised was not paid by the broker's day.
    NotPaid,
    /// It waits for the answers to the questions.
    DeclarationDue,
}

impl CoverNews {
    /// All of it.
    pub const ALL: [Self; 4] =
        [Self::NoAnswer, Self::NotDeclared, Self::NotPaid, Self::DeclarationDue];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::NotDeclared => "not-declared",
            Self::NotPaid => "not-paid",
            Self::DeclarationDue => "declaration-due",
        }
    }

    /// The news with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.as_str() == text)
    }

    /// Template of the mail, which is also the message's kind.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::DeclarationDue => "cover-pending",
            Self::NoAnswer | Self::NotDeclared | Self::NotPaid => "cover-ended",
        }
    }
}

/// How the cover of a member who renews stands, where that needs a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CoverNote {
    /// Nothing is to be said of it.
    #[default]
    Nothing,
    /// The questions wait for their answers.
    DeclarationDue,
    /// They still do, after the deadline.
    DeclarationLate,
    /// The answer came after the deadline.
    TooLate,
}

impl CoverNote {
    /// For templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::DeclarationDue => "declaration-due",
            Self::DeclarationLate => "declaration-late",
            Self::TooLate => "too-late",
        }
    }
}

/// What was received and what it settles; `MailFacts::bill` has the lines and taxes settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// Number of the payment: the receipt's own.
    pub payment: i64,
    /// How it came.
    pub method: Method,
    /// The day on which it came.
    pub received_on: Date,
    /// Numbers of the invoices that it settles, in whole or in part.
    pub invoices: Vec<String>,
    /// What is still owed of them.
    pub left: Cents,
    /// What of it settles nothing and waits for the desk; zero where others share the payment.
    pub unapplied: Cents,
}

/// Why a document is mailed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceWhy {
    /// The desk issued it in place of another.
    Instead,
    /// The desk took the invoice back.
    Credited,
    /// It was not paid by its day: a second copy.
    SecondCopy,
    /// The fee for that.
    LateFee,
    /// Its payment came back: it is owed again.
    Returned,
}

impl InvoiceWhy {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Instead, Self::Credited, Self::SecondCopy, Self::LateFee, Self::Returned];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instead => "instead",
            Self::Credited => "credited",
            Self::SecondCopy => "second-copy",
            Self::LateFee => "late-fee",
            Self::Returned => "returned",
        }
    }

    /// The reason with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }
}

/// What a desk must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskTopic {
    /// Mail to a member comes back: nothing is mailed to that address any more.
    AddressSuspended,
    /// A firing came too late and waits for a decision.
    FiringHeld,
    /// Too many addresses of one firing are dead: the rest of it waits for a decision.
    MessagesHeld,
    /// Mail to another association's desk comes back.
    DeskUnreached,
    /// An insurance declaration calls for follow-up: goes to the insurance contact.
    InsuranceFollowUp,
    /// What became of the cover of the association's members.
    CoverOutcomes,
}

impl DeskTopic {
    /// Every topic.
    pub const ALL: [Self; 6] = [
        Self::AddressSuspended,
        Self::FiringHeld,
        Self::MessagesHeld,
        Self::DeskUnreached,
        Self::InsuranceFollowUp,
        Self::CoverOutcomes,
    ];

    /// Stable text form, as in the store and the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddressSuspended => "address-suspended",
            Self::FiringHeld => "firing-held",
            Self::MessagesHeld => "messages-held",
            Self::DeskUnreached => "desk-unreached",
            Self::InsuranceFollowUp => "insurance-follow-up",
            Self::CoverOutcomes => "cover-outcomes",
        }
    }

    /// The topic with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }
}

/// Facts of a note to a desk; those that its topic does not need are empty.
#[derive(Debug, Clone, Copy)]
pub struct DeskNote<'a> {
    /// About what.
    pub topic: DeskTopic,
    /// The address that mail comes back from.
    pub address: &'a str,
    /// Short name of the association whose desk it is.
    pub unreached: &'a str,
    /// Numbers of the other members behind the same address.
    pub shared: &'a str,
    /// The member's telephone.
    pub phone: &'a str,
    /// The member's other address.
    pub other_address: &'a str,
    /// The member's employer.
    pub employer: &'a str,
    /// Name of the firing's step.
    pub step: &'a str,
    /// When the firing was due.
    pub due: Option<Timestamp>,
    /// The firing's number, for the command that decides.
    pub firing: i64,
    /// How many members' cover was kept, interrupted, declined, pending.
    pub totals: [i64; 4],
    /// Language of whoever gets it, where that is not the desk.
    pub lang: Option<Lang>,
}

/// What was understood and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// Renewed, payment by cheque or on invoice.
    RenewedByInvoice,
    /// Renewed; nothing was owed.
    Renewed,
    /// Renewed and paid.
    Paid,
    /// Renewing by card: not paid yet.
    PayingByCard,
    /// The member's situation changed: the desk has it.
    Situation,
    /// A new address counts.
    AddressChanged,
    /// Not renewing.
    NotRenewing,
    /// Reminders of this association stopped.
    Unsubscribed,
    /// Reminders start again.
    Resubscribed,
    /// The last answer was taken back: the renewal is open again.
    Undone,
    /// A member asked how this works.
    Help,
    /// Says that they have paid: payment reminders rest and the desk looks.
    SaysPaid,
}

impl Said {
    /// Stable text form, for templates, the store and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RenewedByInvoice => "renewed-by-invoice",
            Self::Renewed => "renewed",
            Self::Paid => "paid",
            Self::PayingByCard => "paying-by-card",
            Self::Situation => "situation",
            Self::AddressChanged => "address-changed",
            Self::NotRenewing => "not-renewing",
            Self::Unsubscribed => "unsubscribed",
            Self::Resubscribed => "resubscribed",
            Self::Undone => "undone",
            Self::Help => "help",
            Self::SaysPaid => "says-paid",
        }
    }

    /// Every word.
    pub const ALL: [Self; 12] = [
        Self::RenewedByInvoice,
        Self::Renewed,
        Self::Paid,
        Self::PayingByCard,
        Self::Situation,
        Self::AddressChanged,
        Self::NotRenewing,
        Self::Unsubscribed,
        Self::Resubscribed,
        Self::Undone,
        Self::Help,
        Self::SaysPaid,
    ];

    /// The word with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Whether it is an answer to a renewal, which its page can take back.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::RenewedByInvoice | Self::NotRenewing | Self::Situation)
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
