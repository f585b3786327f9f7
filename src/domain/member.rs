//! Owns the facts about one member on which every decision rests.

use jiff::civil::Date;

use super::place;
use super::words::{Lang, RenewalState};
use crate::ids::{PersonId, RenewalId};

/// A member of the federation as of one read of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Row.
    pub id: PersonId,
    /// Member number, the handle in logs and commands.
    pub member_no: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Address on file; `None`: the desk writes letters.
    pub email: Option<String>,
    /// Own language, where known.
    pub language: Option<Lang>,
    /// Province or territory code, or empty outside Canada.
    pub province: String,
    /// Own time zone (IANA name), where the list says one.
    pub zone: Option<String>,
    /// `active`, `on-leave`, `honorary`, `deceased`, `resigned`.
    pub status: String,
    /// Places in associations, in the order in which they were first imported.
    pub memberships: Vec<Membership>,
    /// Whether mail to `email` is suspended.
    pub suspended: bool,
    /// Whether a person put `email` on the list: then nothing goes there, not even a last call.
    pub barred: bool,
    /// Associations whose reminders they stopped.
    pub unsubscribed: Vec<String>,
}

/// A person's place in one association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Association's code.
    pub association: String,
    /// Category's code there.
    pub category: String,
    /// Whether professional liability insurance is carried.
    pub pli: bool,
    /// Whether this is the home association, where the list says so.
    pub home: bool,
    /// Member since, where the list says so.
    pub since: Option<Date>,
}

/// One renewal as of one read of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Row.
    pub id: RenewalId,
    /// Where it stands.
    pub state: RenewalState,
    /// Goes up by one with every accepted answer.
    pub version: i64,
    /// Until this day no reminder goes out: the member asked to be reminded then.
    pub remind_on: Option<Date>,
}

impl Member {
    /// The membership in that association.
    #[must_use]
    pub fn membership(&self, association: &str) -> Option<&Membership> {
        self.memberships.iter().find(|m| m.association == association)
    }

    /// The language that comes first in what they get: their own; else French for Quebec, else
    /// the association's.
    #[must_use]
    pub fn reads(&self, association_language: Lang) -> Lang {
        reads(self.language, &self.province, association_language)
    }

    /// The time zone where they are, as far as it is known: their own, else their province's.
    #[must_use]
    pub fn clock(&self) -> Option<&str> {
        let usual = || place::province(&self.province).map(|p| p.zone);
        self.zone.as_deref().or_else(usual)
    }

    /// Statuses to which the season's mail goes.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// The language that comes first for somebody of that own language and province.
#[must_use]
pub fn reads(own: Option<Lang>, province: &str, association_language: Lang) -> Lang {
    match own {
        Some(lang) => lang,
        None if province == "QC" => Lang::Fr,
        None => association_language,
    }
}
