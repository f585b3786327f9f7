//! Owns what can happen, whatever door it came by: a link, a reply, a report, a desk, the clock.
//! Each act is decided by `domain/` and applied with its ledger line and its outgoing messages in
//! the caller's transaction. Never fetches or sends anything.
mod addresses;
pub mod adoption;
mod answers;
#[cfg(test)]
pub(crate) mod bench;
pub mod changes;
pub mod checkouts;
mod corrections;
pub mod cover;
pub mod desk;
pub mod firings;
pub mod insurance;
pub mod insurer;
pub mod invoices;
pub mod lapse;
mod letters;
mod morning;
pub mod overdue;
pub mod payers;
pub mod payload;
pub mod payments;
pub mod receipts;
pub mod remittances;
mod retention;
mod sign_ins;
mod subscriptions;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::config::{Association, Config};
use crate::domain::answer::Answer;
use crate::domain::correction::Change;
use crate::domain::desk::Channel;
use crate::domain::member::Member;
use crate::domain::suppression::Fault;
use crate::domain::words::Lang;
use crate::ids::{MessageId, MessageRow, PersonId, RenewalId};
use crate::link::Keyring;
use crate::store::{StoreError, ledger, people};

pub use addresses::unreached_desks;
pub use answers::{RenewalView, view_of_member, view_of_renewal};
pub use letters::tell_desk;
use payload::Side;
pub use retention::{due as retention_due, forget};
pub use sign_ins::sign_in;

/// What every act needs besides its own facts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    /// The operator's files.
    pub config: Arc<Config>,
    /// The keys.
    pub ring: Arc<Keyring>,
}

/// By which door an act came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door<'a> {
    /// A page behind a link.
    Web,
    /// A mail.
    Mail,
    /// A desk or an operator.
    Desk,
    /// Nobody: its time had come.
    Clock,
    /// A desk, in the place of a member who asked for it.
    Behalf {
        /// How the member asked.
        channel: Channel,
        /// Name of whoever took it down.
        staff: &'a str,
    },
    /// The payment provider's word.
    Card,
}

impl Door<'_> {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Mail => "mail",
            Self::Desk | Self::Behalf { .. } => "desk",
            Self::Clock => "clock",
            Self::Card => "card",
        }
    }
}

/// What vouches for an act.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// By which door.
    pub door: Door<'a>,
    /// The message whose link or address was used.
    pub mid: Option<MessageId>,
    /// Language in which the person acted.
    pub lang: Lang,
    /// When it counts: the form's body was complete, our MX had the mail.
    pub at: Timestamp,
    /// Message-ID of the mail that asked, without angle brackets; empty for other doors.
    pub answers: &'a str,
}

/// What a page's form says of the page that it was sent from.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Version of the renewal that the page showed.
    pub version: i64,
    /// Names this page's form.
    pub nonce: &'a str,
    /// The amounts that the page showed: [`crate::domain::offer::Offer::quote`].
    pub quote: &'a str,
}

/// An act.
#[derive(Debug, Clone)]
pub enum Action<'a> {
    /// A member's answer to a renewal.
    Answer {
        /// Which renewal.
        renewal: RenewalId,
        /// What was chosen, and all that was sent beside it.
        answer: &'a Answer,
        /// The page's form; `None` where no page was shown.
        form: Option<Sent<'a>>,
    },
    /// A correction of the member's own data without an answer.
    Correct {
        /// On the page of which renewal.
        renewal: RenewalId,
        /// What is right.
        changes: &'a [Change],
    },
    /// No reminder until that day: the member wants to be reminded then.
    RemindOn {
        /// Of which renewal.
        renewal: RenewalId,
        /// The day.
        day: Date,
    },
    /// One end of a change of address says yes or no.
    ConfirmAddress {
        /// Which change.
        change: i64,
        /// Which end.
        side: Side,
        /// Yes.
        yes: bool,
    },
    /// The last answer is taken back.
    TakeBack {
        /// Which renewal.
        renewal: RenewalId,
    },
    /// Stop an association's reminders.
    Unsubscribe {
        /// Whose.
        person: PersonId,
        /// Which association.
        issuer: &'a str,
    },
    /// Let them go out again.
    Resubscribe {
        /// Whose.
        person: PersonId,
        /// Which association.
        issuer: &'a str,
    },
    /// An expired link was opened: mail a fresh one to the address on file.
    FreshLink {
        /// The expired link's message.
        expired: MessageId,
    },
    /// A member asked a desk for the link to their own page.
    OwnLink {
        /// Of which renewal.
        renewal: RenewalId,
    },
    /// A reply asks for something that a link must confirm first.
    AskToConfirm {
        /// Which message it answers.
        message: MessageRow,
        /// What it asks for: `renew` or `stop`.
        wish: payload::Wish,
    },
    /// Explain how this works.
    Help {
        /// Which message the question answers.
        message: MessageRow,
    },
    /// Pass a kept mail to a desk.
    Forward {
        /// Row of the kept mail.
        inbound: i64,
        /// The message that it answers, where known.
        message: Option<MessageRow>,
        /// Why.
        why: &'a str,
    },
    /// Pass a desk's answer on to the member.
    DeskAnswer {
        /// Row of the kept mail.
        inbound: i64,
        /// The forward that it answers.
        message: MessageRow,
    },
    /// Tell a member whether a mail is ours.
    Verify {
        /// Who is told: the member whose message it is, or who asks.
        person: PersonId,
        /// The attempt that it quotes; `None`: it is not ours.
        about: Option<MessageId>,
    },
    /// An attempt came back.
    Bounced {
        /// Which attempt.
        mid: MessageId,
        /// RFC 3463 status.
        status: &'a str,
        /// Where the fault lies.
        fault: Fault,
        /// Whether our own envelope token vouches for the report.
        vouched: bool,
        /// Whether so much of its mailing came back that the fault is more likely elsewhere: then
        /// it is noted, and nothing counts against the address.
        doubted: bool,
    },
    /// An attempt was complained of.
    Complained {
        /// Which attempt.
        mid: MessageId,
    },
    /// A verified token came back: the attempt left, and a human act lifts a suspension of the
    /// address that it reached.
    Proof {
        /// Which attempt.
        mid: MessageId,
        /// `click`, `reply`, `bounce`.
        what: &'static str,
        /// Whether a person acted.
        human: bool,
    },
}

/// What applying came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Done now.
    Done,
    /// It was so already; nothing was written.
    Already,
    /// Another answer came first.
    Conflict,
    /// The page was older than the last two changes.
    Stale,
    /// The amounts are not those that the page showed.
    Priced,
    /// The renewal takes no answer any more.
    Closed,
    /// Its time has passed (taking back).
    TooLate,
    /// What it is about is not here, or a cap was reached.
    Nothing,
}

/// Applies one act in the caller's transaction.
pub fn apply(
    c: &Connection,
    context: &Context,
    action: &Action<'_>,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    match action {
        Action::Answer { renewal, answer, form } => {
            answers::answer(c, context, *renewal, answer, *form, evidence)
        }
        Action::Correct { renewal, changes } => {
            corrections::correct(c, context, *renewal, changes, evidence)
        }
        Action::RemindOn { renewal, day } => {
            answers::remind_on(c, context, *renewal, *day, evidence)
        }
        Action::ConfirmAddress { change, side, yes } => {
            corrections::confirm(c, context, *change, *side, *yes, evidence)
        }
        Action::TakeBack { renewal } => answers::take_back(c, context, *renewal, evidence),
        Action::Unsubscribe { person, issuer } => {
            subscriptions::stop(c, context, *person, issuer, evidence)
        }
        Action::Resubscribe { person, issuer } => {
            subscriptions::start(c, context, *person, issuer, evidence)
        }
        Action::FreshLink { expired } => letters::fresh_link(c, context, *expired, evidence),
        Action::OwnLink { renewal } => letters::own_link(c, context, *renewal, evidence),
        Action::AskToConfirm { message, wish } => {
            letters::ask_to_confirm(c, context, *message, *wish, evidence)
        }
        Action::Help { message } => letters::help(c, context, *message, evidence),
        Action::Forward { inbound, message, why } => {
            letters::forward(c, context, *inbound, *message, why, evidence)
        }
        Action::DeskAnswer { inbound, message } => {
            letters::desk_answer(c, context, *inbound, *message, evidence)
        }
        Action::Verify { person, about } => letters::verify(c, context, *person, *about, evidence),
        Action::Bounced { mid, status, fault, vouched, doubted } => {
            let report = addresses::Came { status, fault: *fault, vouched: *vouched };
            addresses::bounced(c, context, *mid, &report, *doubted, evidence)
        }
        Action::Complained { mid } => subscriptions::complained(c, context, *mid, evidence),
        Action::Proof { mid, what, human } => {
            addresses::proof(c, context, *mid, what, *human, evidence)
        }
    }
}

/// Appends the act to the ledger.
fn note(
    c: &Connection,
    context: &Context,
    subject: &str,
    kind: &str,
    data: &serde_json::Value,
    evidence: &Evidence<'_>,
) -> Result<i64, StoreError> {
    ledger::append(c, &context.ring, evidence.at.as_millisecond(), subject, kind, data)
}

/// The member and the ledger's name for them.
fn person(c: &Connection, id: PersonId) -> Result<(Member, String), StoreError> {
    let member = people::by_id(c, id)?
        .ok_or_else(|| StoreError::GiveUp("a message names a person who is not here".into()))?;
    Ok((member, people::contact(c, id)?.subject))
}

fn association<'a>(context: &'a Context, code: &str) -> Result<&'a Association, StoreError> {
    context.config.association(code).ok_or_else(|| {
        StoreError::GiveUp(format!("association {code} is in the store but not in the config"))
    })
}
