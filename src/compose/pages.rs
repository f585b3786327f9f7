//! Owns what pages are composed from: plain facts, already decided. No field is markup.
//!
//! Forms post urlencoded to the page's own URL: `choice` (`invoice` | `card` | `not-renewing` |
//! `situation`), the fields of [`TYPED`], `drop`, `q-ID`, `version`, `nonce`, `quote`; `act`
//! (`correct` | `remind` | `declare` | `pay` | `unsubscribe` | `resubscribe` | `confirm` |
//! `refuse` | `undo` | `fresh-link` | `keep` | `replace`).
//!
//! [`TYPED`]: super::page_forms::TYPED

use jiff::Timestamp;

use super::page_forms::{FormFault, Typed};
use super::page_renewal::{DonePage, InvoicePage, RenewalPage};
use super::{Behalf, CardPage, PayerAccount, PersonFacts, Said};
use crate::config::{Association, StepKind};
use crate::domain::answer::Choice;

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
    /// An invoice, for printing and paying.
    Invoice(InvoicePage<'a>),
    /// What a payer has open.
    Payer(PayerPage<'a>),
    /// A new address: form that confirms it, or what became of it.
    Address(AddressPage<'a>),
    /// The link does not verify, or opens nothing any more. Both languages on one page; says nothing
    /// of which, since nobody knows it of a link that was signed with a destroyed key.
    Damaged,
    /// The link has expired: form to have a fresh one mailed to the address on file.
    Expired(ExpiredPage<'a>),
    /// The link was taken back: the same form.
    Revoked(ExpiredPage<'a>),
    /// The link's season is over: form to have this season's link mailed, where there is one.
    SeasonClosed(SeasonClosedPage<'a>),
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

/// Facts of [`Page::Payer`].
#[derive(Debug, Clone)]
pub struct PayerPage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// What is open.
    pub account: &'a PayerAccount,
    /// Path of each open invoice's own page, in the same order.
    pub paths: &'a [String],
    /// Whether one can be paid by card there.
    pub card: bool,
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
    /// For whom a desk has the page open; `None` on the member's own.
    pub behalf: Option<Behalf<'a>>,
    /// What it meets.
    pub conflict: Conflict,
    /// Everything that was filled in, sent again with the new answer.
    pub typed: &'a Typed,
    /// The amounts as they are now.
    pub quote: &'a str,
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

/// Facts of [`Page::Address`].
#[derive(Debug, Clone)]
pub struct AddressPage<'a> {
    /// On whose page it was asked for.
    pub issuer: &'a Association,
    /// Whose address; without a name where the page is the new address's.
    pub person: PersonFacts<'a>,
    /// The new address, masked.
    pub address_masked: &'a str,
    /// Whether the page is the old address's, which may refuse.
    pub old_side: bool,
    /// `asked`, `confirmed` (the other end is waited for), `done`, `refused`.
    pub state: &'a str,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// Facts of [`Page::Expired`], [`Page::Revoked`] and [`Page::FreshLinkSent`].
#[derive(Debug, Clone)]
pub struct ExpiredPage<'a> {
    /// Whose link.
    pub issuer: &'a Association,
    /// Address on file, masked.
    pub address_masked: &'a str,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// Facts of [`Page::SeasonClosed`].
#[derive(Debug, Clone)]
pub struct SeasonClosedPage<'a> {
    /// Whose link.
    pub issuer: &'a Association,
    /// The season that is over.
    pub closed: &'a str,
    /// Whether this season has a renewal for the member.
    pub has_next: bool,
    /// Address on file, masked.
    pub address_masked: &'a str,
    /// The form's idempotency key.
    pub nonce: &'a str,
}
