//! Owns the small closed vocabularies that every part shares: languages, categories of mail,
//! states of a renewal. Each has one stable text form, used in the store, in JSON and in
//! templates.

use serde::{Deserialize, Serialize};

/// A closed vocabulary with one stable text form per word.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            /// Every word, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable text form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The word with that text form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use vocabulary;

vocabulary! {
    /// A language that members read. The text form is the HTML `lang` value's first part.
    Lang {
        /// English, as written in Canada (`en-CA`).
        En = "en",
        /// French, as written in Canada (`fr-CA`).
        Fr = "fr" }
}

impl Lang {
    /// The locale's name: `en-CA` or `fr-CA`.
    #[must_use]
    pub const fn locale(self) -> &'static str {
        match self {
            Self::En => "en-CA",
            Self::Fr => "fr-CA",
        }
    }

    /// The other language.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Fr,
            Self::Fr => Self::En,
        }
    }
}

vocabulary! {
    /// Where a renewal stands.
    RenewalState {
        /// Nobody has answered yet.
        Open = "open",
        /// Renewed, payment by cheque or on invoice promised: the intent to pay.
        Pledged = "pledged",
        /// Renewed and paid.
        Paid = "paid",
        /// The member said that they do not renew.
        NotRenewing = "not-renewing",
        /// Paused: the member's situation changed, the desk decides.
        WithDesk = "with-desk",
        /// The season's end passed without an answer.
        Lapsed = "lapsed" }
}

vocabulary! {
    /// What a message is, which decides who can stop it and what it waits for.
    Category {
        /// The season's notice, an invoice, a receipt, a confirmation, the last call before
        /// cover ends: never stopped by unsubscribing.
        Mandatory = "mandatory",
        /// Reminders and news: stopped by unsubscribing.
        Reminder = "reminder" }
}

vocabulary! {
    /// Where one message stands.
    MessageState {
        /// Waiting for its time and a connection.
        Queued = "queued",
        /// Claimed: a connection has it. Durable before the first byte of DATA.
        Sending = "sending",
        /// The relay has taken it.
        Sent = "sent",
        /// The relay said no for good.
        Refused = "refused",
        /// The relay said not now: waits for its next try.
        Deferred = "deferred",
        /// Whether it left cannot be known. Never sent again unless told.
        Unknown = "unknown",
        /// Stands still until a person decides.
        Held = "held",
        /// Will not go: the reason stands beside it.
        Cancelled = "cancelled" }
}

vocabulary! {
    /// Why a line waits for a person at a desk.
    TaskKind {
        /// A member's situation changed: the desk decides on a new invoice.
        Situation = "situation",
        /// An answer to the insurance questions calls for follow-up.
        Insurance = "insurance",
        /// A cheque or transfer was promised.
        ExpectedCheque = "expected-cheque",
        /// A member says that they have paid.
        SaysPaid = "says-paid",
        /// Money that is applied to nothing.
        Credit = "credit",
        /// Paid a second time.
        DoublePayment = "double-payment",
        /// The member list says otherwise than the member.
        Conflict = "conflict",
        /// Nothing can be mailed to a member: call.
        Call = "call",
        /// A mail that a person must answer.
        Forward = "forward",
        /// An intent to pay that was not kept in time.
        Overdue = "overdue" }
}

vocabulary! {
    /// What a member wants of the insurance that goes with a renewal.
    Cover {
        /// Keep it, or take it.
        Keep = "keep",
        /// Go without.
        Decline = "decline" }
}
