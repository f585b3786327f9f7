//! Owns professional liability insurance: who is covered, what a declaration is worth, and what
//! becomes of cover at the season's deadline, with the evidence for it. The deadline is an
//! exclusive instant; what counts is when a form's body was complete or our MX had the mail, never
//! when it was read.

mod deadline;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::billing::{self, Terms};
use super::member::Member;
use crate::config::{Config, InsuranceSection, PliRule, Question, SeasonSection, YesNo};
use crate::domain::season;

pub use super::words::Cover;
pub use deadline::outcome;

/// How a member stands to insurance before they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Carries it: it goes on or ends at the deadline.
    Covered,
    /// Could take it.
    Entitled,
    /// Their category has none, or another association bills it.
    Without,
}

/// Code of the association whose bill carries the member's insurance: their home's, or whoever
/// bills for it.
#[must_use]
pub fn insurer_of<'a>(config: &'a Config, member: &'a Member) -> Option<&'a str> {
    let home = billing::home(config, member)?;
    Some(billing::billed_by(config, member, &home.association))
}

/// How `member` stands with the bill of `issuer`.
#[must_use]
pub fn standing(config: &Config, member: &Member, issuer: &str) -> Standing {
    if insurer_of(config, member) != Some(issuer) || !is_insurable(&member.status) {
        return Standing::Without;
    }
    // Covered is whose bill carries the premium before they choose, on any day of the season.
    let terms = Terms::on(config, config.relance.season.cover_from);
    let bill = config.association(issuer).and_then(|i| billing::bill(config, member, i, &terms));
    if bill.is_some_and(|bill| bill.insures()) {
        Standing::Covered
    } else if may_decline(config, member) {
        Standing::Entitled
    } else {
        Standing::Without
    }
}

fn rule(config: &Config, association: &str, category: &str) -> PliRule {
    let body = config.association(association);
    body.and_then(|a| a.category(category)).map_or(PliRule::None, |c| c.pli)
}

/// The dead and those who resigned need none; on leave is no reason to lose it silently.
fn is_insurable(status: &str) -> bool {
    !matches!(status, "deceased" | "resigned")
}

/// Whether the member may go without: not where the category includes it for everybody.
#[must_use]
pub fn may_decline(config: &Config, member: &Member) -> bool {
    billing::home(config, member)
        .is_some_and(|m| rule(config, &m.association, &m.category) == PliRule::Optional)
}

/// Answers to the insurance questions, as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Version of the questions that were shown.
    pub questions: String,
    /// Id of each question, and whether it was answered yes. In order of the questions.
    pub answers: Vec<(String, bool)>,
}

/// What is wrong with a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDeclared {
    /// It answers another version of the questions than is asked now: show them again.
    OtherQuestions,
    /// It answers what was not asked, or one question twice.
    Strange,
}

impl Declaration {
    /// Compares it with what is asked. Whether it is complete and whether it calls for follow-up
    /// are [`Declaration::is_complete`]'s and [`Declaration::needs_follow_up`]'s.
    pub fn check(&self, asked: &InsuranceSection) -> Result<(), NotDeclared> {
        if self.questions != asked.questions_version {
            return Err(NotDeclared::OtherQuestions);
        }
        for (n, (id, _)) in self.answers.iter().enumerate() {
            let known = asked.questions.iter().any(|q| q.id == *id);
            if !known || self.answers[..n].iter().any(|(other, _)| other == id) {
                return Err(NotDeclared::Strange);
            }
        }
        Ok(())
    }

    fn answer(&self, question: &Question) -> Option<bool> {
        self.answers.iter().find(|(id, _)| *id == question.id).map(|(_, yes)| *yes)
    }

    /// Whether every question has its answer.
    #[must_use]
    pub fn is_complete(&self, asked: &[Question]) -> bool {
        asked.iter().all(|q| self.answer(q).is_some())
    }

    /// Whether an answer is one that somebody must look at. It blocks nothing.
    #[must_use]
    pub fn needs_follow_up(&self, asked: &[Question]) -> bool {
        asked.iter().any(|q| self.answer(q) == Some(q.follow_up_on == YesNo::Yes))
    }
}

/// What became of cover at the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It goes on.
    Kept,
    /// It ended.
    Interrupted,
    /// The member wanted none.
    Declined,
    /// Intent in time, something is still missing.
    Pending,
}

impl Outcome {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Interrupted, Self::Declined, Self::Pending];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Interrupted => "interrupted",
            Self::Declined => "declined",
            Self::Pending => "pending",
        }
    }

    /// The outcome with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.as_str() == text)
    }
}

/// Why it came to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The premium was paid in time.
    Paid,
    /// The intent to pay was declared in time.
    Intent,
    /// Nobody answered, or the answer was taken back.
    NoAnswer,
    /// The only answer came after the deadline.
    AnsweredLate,
    /// Chose to pay by card, and no payment came in time.
    CardNotPaid,
    /// Said that they do not renew.
    NotRenewing,
    /// Renews without insurance.
    NoCoverWanted,
    /// The questions are not answered.
    NotDeclared,
    /// The pledge was not paid by the day that the broker named.
    PledgeUnpaid,
    /// The member's situation changed: the desk decides.
    WithDesk,
    /// On leave or honorary: nobody asked them, the desk decides.
    NotAsked,
    /// Lapsed while the desk had it.
    Lapsed,
}

impl Why {
    /// Stable text form, that of its JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Intent => "intent",
            Self::NoAnswer => "no-answer",
            Self::AnsweredLate => "answered-late",
            Self::CardNotPaid => "card-not-paid",
            Self::NotRenewing => "not-renewing",
            Self::NoCoverWanted => "no-cover-wanted",
            Self::NotDeclared => "not-declared",
            Self::PledgeUnpaid => "pledge-unpaid",
            Self::WithDesk => "with-desk",
            Self::NotAsked => "not-asked",
            Self::Lapsed => "lapsed",
        }
    }
}

/// What a member said of their renewal, as far as cover depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// Renews, and will pay by cheque or on invoice: the intent to pay.
    Invoice,
    /// Renews and pays by card at once: no promise until it is paid.
    Card,
    /// Does not renew.
    NotRenewing,
    /// Their situation changed.
    Situation,
    /// Took the answer before back.
    TakenBack,
}

impl Said {
    /// From the text form of a choice, as the store keeps it; `None` is an answer taken back.
    #[must_use]
    pub fn of(choice: Option<&str>) -> Option<Self> {
        match choice {
            None => Some(Self::TakenBack),
            Some("invoice") => Some(Self::Invoice),
            Some("card") => Some(Self::Card),
            Some("not-renewing") => Some(Self::NotRenewing),
            Some("situation") => Some(Self::Situation),
            Some(_) => None,
        }
    }
}

/// One accepted answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Version of the renewal that it made; 0 where it was read after a later one and made none.
    pub version: i64,
    /// What it said.
    pub said: Said,
    /// What it said of insurance, where that was asked.
    pub cover: Option<Cover>,
    /// By which door: `web`, `mail`, `desk`.
    pub door: String,
    /// The message whose link or address was used, in hexadecimal.
    pub mid: Option<String>,
    /// When it counts.
    pub at: Timestamp,
}

/// One version of a declaration, without its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Its number, from 1.
    pub version: i64,
    /// Version of the questions.
    pub questions: String,
    /// Whether every question was answered.
    #[serde(skip)]
    pub complete: bool,
    /// By which door.
    pub door: String,
    /// The message whose link was used, in hexadecimal.
    pub mid: Option<String>,
    /// When it counts.
    pub at: Timestamp,
}

/// Money applied to the premium; negative where it went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The payment's row.
    pub payment: i64,
    /// `card`, `cheque`, `transfer`, `ams`.
    pub method: String,
    /// Cents applied to the premium and its taxes.
    pub cents: i64,
    /// When it counts: for a card the instant, else the beginning of the day of receipt.
    pub at: Timestamp,
    /// When it was recorded.
    #[serde(skip)]
    pub recorded: Timestamp,
}

/// Everything on which an outcome rests.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Where the renewal stands.
    pub state: Option<super::words::RenewalState>,
    /// Whether the season's mail went to the member at all: their status is active.
    pub asked: bool,
    /// Whether there are questions to answer.
    pub declares: bool,
    /// What the member said, oldest first, by when each counts.
    pub answers: Vec<Answered>,
    /// Declarations, oldest version first.
    pub declarations: Vec<Declared>,
    /// Premium and its taxes as invoiced, in cents; 0 where no invoice stands.
    pub premium_cents: i64,
    /// Money applied to it, in order of recording.
    pub received: Vec<Received>,
}

/// When what a mail asked for counts, where a link has confirmed it: the mail's own time where the
/// deadline fell between the two, since the click only vouches for who wrote. Else the click's.
#[must_use]
pub fn confirmed_at(asked: Timestamp, clicked: Timestamp, deadline: Timestamp) -> Timestamp {
    if asked < deadline && deadline <= clicked { asked } else { clicked }
}

/// The instants that decide, each exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The first instant at which an intent comes too late.
    pub deadline: Timestamp,
    /// The first instant at which a pending declaration comes too late.
    pub declarations_end: Timestamp,
    /// The first instant at which an unpaid pledge keeps no cover; `None`: it does until a person
    /// decides.
    pub pledges_end: Option<Timestamp>,
}

impl Rules {
    /// As the config says for `member`: each day ends by their clock or the policy's.
    #[must_use]
    pub fn of(season: &SeasonSection, insurance: &InsuranceSection, member: &Member) -> Self {
        Self::in_zone(season, insurance, season::deadline_zone(season, member))
    }

    /// As the config says for whoever's day ends last.
    #[must_use]
    pub fn last(season: &SeasonSection, insurance: &InsuranceSection) -> Self {
        Self::in_zone(season, insurance, season::last_zone(season))
    }

    fn in_zone(season: &SeasonSection, insurance: &InsuranceSection, zone: &str) -> Self {
        let after = |day| season::after(day, zone);
        let interrupts = insurance.overdue_pledge == crate::config::OverduePledge::Interrupt;
        Self {
            deadline: after(season.declare_by),
            declarations_end: after(insurance.declaration_until.unwrap_or(season.lapses)),
            pledges_end: insurance.unpaid_pledge_ends.filter(|_| interrupts).map(after),
        }
    }

    /// The instants at which outcomes are looked at anew, in order, each with its lasting name.
    #[must_use]
    pub fn stages(&self) -> Vec<(&'static str, Timestamp)> {
        let mut stages = vec![("declarations", self.declarations_end)];
        stages.extend(self.pledges_end.map(|at| ("pledges", at)));
        stages.sort_by_key(|(_, at)| *at);
        // Whatever the others say, nothing is settled before the deadline.
        stages.insert(0, ("deadline", self.deadline));
        stages
    }
}

/// What became of one member's cover, and what it rests on. As JSON it is the evidence that the
/// store and the ledger keep; no answer to a question is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
    /// The answer that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// The declaration that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declared>,
    /// The payment with which the premium was paid in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Received>,
    /// An answer that came after the deadline and changes nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Timestamp>,
}
