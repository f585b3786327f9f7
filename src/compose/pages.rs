//! Owns what pages are composed from: plain facts, already decided. No field is markup.
//!
//! Forms post urlencoded to the page's own URL: `choice` (`invoice` | `not-renewing`), `reason`,
//! `version`, `nonce`; `act` (`unsubscribe` | `resubscribe` | `confirm` | `undo` |
//! `fresh-link` | `keep` | `replace`).

use jiff::Timestamp;

use super::{Bill, CardPage, PersonFacts, Said};
use crate::config::{Association, StepKind};
use crate::domain::answer::Choice;

/// Longest reason taken with “not renewing”, in characters; the form says so to the browser.
pub const REASON_CHARS_MAX: u32 = 500;

/// One page. Render with [`super::Composer::page`].
#[derive(Debug, Clone)]
pub enum Page<'a> {
    /// What a renewal link opens while the renewal is open: who, what, how much, one form.
    Renewal(RenewalPage<'a>),
    /// What was done and when, with a form to undo it where that is allowed.
    Done(DonePage<'a>),
    /// The form does not fit what is recorded: both shown, the member decides.
    Conflict(ConflictPage<'a>),
    /// Form to stop reminders.
    Unsubscribe(UnsubscribePage<'a>),
    /// Reminders are stopped; form to have them again.
    Unsubscribed(UnsubscribePage<'a>),
    /// Form that confirms an act asked for by mail.
    Confirm(ConfirmPage<'a>),
    /// The link does not verify. Both languages on one page; says nothing of why.
    Damaged,
    /// The link has expired: form to have a fresh one mailed to the address on file.
    Expired(ExpiredPage<'a>),
    /// A fresh link is on its way, if the address is on file.
    FreshLinkSent(ExpiredPage<'a>),
    /// Where a payment by card stands, or the demonstration's payment page.
    Card(CardPage<'a>),
    /// No such page (404).
    NotFound,
    /// No such method here (405).
    WrongMethod,
    /// The form is too large (413).
    TooLarge,
    /// The form is faulty (400): lists what is wrong.
    BadForm(&'a [FormFault]),
    /// Too many requests (429).
    TooMany,
    /// Something failed here (500 or 503).
    ServerTrouble,
    /// A page of a desk.
    Desk(super::DeskPage<'a>),
    /// The public front page: what this site is, to use the link in the mail, and a form for
    /// whoever has a code instead.
    Front(FrontPage<'a>),
    /// Number and code were right: the pages to choose from; none where nothing is to be renewed.
    SignedIn(SignedInPage<'a>),
    /// The season's dates and senders, for everybody.
    Season(SeasonPage<'a>),
}

/// Facts of [`Page::Front`]. Its form posts `number`, `code` and `postal`.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrontPage<'a> {
    /// Member number as it was typed; empty on the first view.
    pub number: &'a str,
    /// Code as it was typed.
    pub code: &'a str,
    /// Postal code as it was typed.
    pub postal: &'a str,
    /// What was wrong with the form just sent.
    pub faults: &'a [FormFault],
}

/// Facts of [`Page::SignedIn`].
#[derive(Debug, Clone)]
pub struct SignedInPage<'a> {
    /// Who bills, and the path of the renewal's page.
    pub links: Vec<(&'a Association, String)>,
}

/// Facts of [`Page::Season`].
#[derive(Debug, Clone)]
pub struct SeasonPage<'a> {
    /// The associations that write.
    pub bodies: Vec<SeasonBody<'a>>,
}

/// One association's calendar.
#[derive(Debug, Clone)]
pub struct SeasonBody<'a> {
    /// Who writes.
    pub issuer: &'a Association,
    /// When, by date.
    pub steps: Vec<SeasonStep<'a>>,
}

/// One mailing.
#[derive(Debug, Clone, Copy)]
pub struct SeasonStep<'a> {
    /// What goes out.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// In whose zone it is told.
    pub zone: &'a str,
}

/// Facts of [`Page::Renewal`].
#[derive(Debug, Clone)]
pub struct RenewalPage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// Who renews.
    pub person: PersonFacts<'a>,
    /// Address on file, masked ([`super::mask`]).
    pub address_masked: &'a str,
    /// What is owed.
    pub bill: &'a Bill,
    /// Version of the renewal that the form answers.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
    /// Reason typed in the form just sent, shown again with its faults; empty on the first view.
    pub reason: &'a str,
    /// What was wrong with the form just sent; empty on the first view.
    pub faults: &'a [FormFault],
}

/// Facts of [`Page::Done`].
#[derive(Debug, Clone)]
pub struct DonePage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// Who renewed, or did not.
    pub person: PersonFacts<'a>,
    /// What was done.
    pub said: Said,
    /// When.
    pub at: Timestamp,
    /// What is owed, where it still is.
    pub bill: Option<&'a Bill>,
    /// Until when it can be undone here; none where it cannot.
    pub undo_until: Option<Timestamp>,
    /// Version of the renewal.
    pub version: i64,
    /// The undo form's idempotency key.
    pub nonce: &'a str,
}

/// Facts of [`Page::Conflict`]. Its form posts `act` (`keep` | `replace`) with `choice`,
/// `version` and `nonce`.
#[derive(Debug, Clone)]
pub struct ConflictPage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// Whose renewal.
    pub person: PersonFacts<'a>,
    /// What the form just sent asks for.
    pub asked: Choice,
    /// What it meets.
    pub conflict: Conflict,
    /// Version of the renewal now: what `replace` answers.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// What a form meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The same view of the page was already answered otherwise.
    Answered {
        /// The answer that is recorded.
        recorded: Said,
        /// When.
        at: Timestamp,
    },
    /// The renewal changed since the page was opened.
    Changed {
        /// What was done meanwhile; none where the amounts or details changed.
        meanwhile: Option<Said>,
        /// When.
        at: Timestamp,
    },
}

/// Facts of [`Page::Unsubscribe`] and [`Page::Unsubscribed`].
#[derive(Debug, Clone)]
pub struct UnsubscribePage<'a> {
    /// Whose reminders.
    pub issuer: &'a Association,
    /// Address on file, masked.
    pub address_masked: &'a str,
    /// Whether insurance goes with the renewal: its last call is never stopped.
    pub insured: bool,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// Facts of [`Page::Confirm`].
#[derive(Debug, Clone)]
pub struct ConfirmPage<'a> {
    /// Who was asked.
    pub issuer: &'a Association,
    /// The member in whose name.
    pub person: PersonFacts<'a>,
    /// What was asked.
    pub asked: Said,
    /// Version of the renewal.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// Facts of [`Page::Expired`] and [`Page::FreshLinkSent`].
#[derive(Debug, Clone)]
pub struct ExpiredPage<'a> {
    /// Whose link.
    pub issuer: &'a Association,
    /// Address on file, masked.
    pub address_masked: &'a str,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormFault {
    /// No answer was chosen.
    NoChoice,
    /// An answer that this page does not offer.
    UnknownChoice,
    /// The reason is longer than [`REASON_CHARS_MAX`].
    ReasonTooLong,
    /// A hidden field is missing: the page was cut or changed on its way.
    Incomplete,
    /// The form cannot be read at all.
    Unreadable,
    /// Of number, code and postal code one is missing.
    CodeIncomplete,
    /// Number, code and postal code do not belong together.
    CodeWrong,
    /// Too many wrong codes.
    CodeTooOften,
}

impl FormFault {
    /// Every fault.
    pub const ALL: &'static [Self] = &[
        Self::NoChoice,
        Self::UnknownChoice,
        Self::ReasonTooLong,
        Self::Incomplete,
        Self::Unreadable,
        Self::CodeIncomplete,
        Self::CodeWrong,
        Self::CodeTooOften,
    ];

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoChoice => "no-choice",
            Self::UnknownChoice => "unknown-choice",
            Self::ReasonTooLong => "reason-too-long",
            Self::Incomplete => "incomplete",
            Self::Unreadable => "unreadable",
            Self::CodeIncomplete => "code-incomplete",
            Self::CodeWrong => "code-wrong",
            Self::CodeTooOften => "code-too-often",
        }
    }
}
