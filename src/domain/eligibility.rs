//! Owns who gets a step of the season, and why somebody does not. Decided at planning, and again
//! in the transaction that claims the message for sending.

#[cfg(test)]
mod tests;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::bill::Bill;
use super::billing::{self, Terms};
use super::member::{Member, Renewal};
use super::season;
use super::words::{Category, RenewalState};
use crate::config::{Association, Audience, Config, SeasonSection, StepKind};

/// Why a member gets nothing. The text form stands in forecasts and in cancelled messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excluded {
    /// No place in the issuing association.
    NotAMember,
    /// Another association's invoice carries these dues.
    BilledElsewhere,
    /// On leave, honorary, deceased or resigned.
    NotActive,
    /// Renewed, paid, not renewing, or with the desk.
    Answered,
    /// The season ended without an answer.
    Lapsed,
    /// Stopped this association's reminders.
    Unsubscribed,
    /// No address on file: the desk writes a letter.
    NoAddress,
    /// Mail to the address comes back: the desk is told.
    AddressSuspended,
    /// No insurance that could end.
    NotInsured,
    /// Insured, and the step is for the others.
    Insured,
    /// Asked to be reminded on that day or a later one, and is.
    RemindLater,
    /// Got another step today: waits a day.
    SameDay,
    /// Got a later step already.
    LaterStep,
    /// Has not promised to pay.
    NothingPromised,
    /// Promised to pay, and the day for it has not passed.
    NotDue,
    /// Says that the payment is on its way: the desk looks.
    SaysPaid,
}

impl Excluded {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAMember => "not-a-member",
            Self::BilledElsewhere => "billed-elsewhere",
            Self::NotActive => "not-active",
            Self::Answered => "answered",
            Self::Lapsed => "lapsed",
            Self::Unsubscribed => "unsubscribed",
            Self::NoAddress => "no-address",
            Self::AddressSuspended => "address-suspended",
            Self::NotInsured => "not-insured",
            Self::Insured => "insured",
            Self::RemindLater => "remind-later",
            Self::SameDay => "same-day",
            Self::LaterStep => "later-step",
            Self::NothingPromised => "nothing-promised",
            Self::NotDue => "not-due",
            Self::SaysPaid => "says-paid",
        }
    }

    /// Whether the member is billed, and only mail does not reach them.
    #[must_use]
    pub const fn needs_a_letter(self) -> bool {
        matches!(self, Self::NoAddress | Self::AddressSuspended)
    }
}

/// What a step is, for unsubscribing: the notice carries the invoice, the last call warns of
/// cover ending, the lapse tells what happened; all three are mandatory.
#[must_use]
pub const fn category(kind: StepKind) -> Category {
    match kind {
        StepKind::Notice | StepKind::LastCall | StepKind::Lapse => Category::Mandatory,
        StepKind::Reminder | StepKind::PaymentReminder => Category::Reminder,
    }
}

/// A step on its way to one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub kind: StepKind,
    /// For whom, of those whom the kind is for.
    pub audience: Audience,
    /// The day that it is in the issuer's zone.
    pub day: Date,
    /// The day of its firing; `None` where the member asked for it.
    pub nominal: Option<Date>,
}

/// What stands behind a promise to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Promise {
    /// The invoice's day; `None` where there is no invoice: the season's `pay_by` then.
    pub due_on: Option<Date>,
    /// Whether the member says that the payment is on its way.
    pub says_paid: bool,
}

/// A step of the calendar that the member got before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Whether the same association wrote it.
    pub same_issuer: bool,
    /// Whether it asked for an answer, as notices, reminders and last calls do.
    pub asks: bool,
    /// The day on which it was written, in the issuer's zone.
    pub day: Date,
    /// Whether it comes later in the calendar than the one that is being planned.
    pub later: bool,
}

/// What `member` owes `issuer`; or why nothing. The same for every step.
pub fn owing(
    config: &Config,
    issuer: &Association,
    member: &Member,
    terms: &Terms<'_>,
) -> Result<Bill, Excluded> {
    if member.membership(&issuer.code).is_none() {
        return Err(Excluded::NotAMember);
    }
    if !member.is_active() {
        return Err(Excluded::NotActive);
    }
    billing::bill(config, member, issuer, terms).ok_or(Excluded::BilledElsewhere)
}

/// Whether `member`, who owes `bill`, gets the step. `promise` is looked at by payment reminders
/// only.
pub fn reaches(
    config: &Config,
    issuer: &Association,
    step: Step,
    member: &Member,
    bill: &Bill,
    renewal: Option<&Renewal>,
    promise: Promise,
) -> Result<(), Excluded> {
    let Step { kind, audience, day, nominal } = step;
    let state = renewal.map_or(RenewalState::Open, |r| r.state);
    match kind {
        StepKind::PaymentReminder => match state {
            RenewalState::Pledged => {
                if day < reminded_from(&config.relance.season, nominal, promise.due_on) {
                    return Err(Excluded::NotDue);
                }
                if promise.says_paid {
                    return Err(Excluded::SaysPaid);
                }
            }
            RenewalState::Paid => return Err(Excluded::Answered),
            _ => return Err(Excluded::NothingPromised),
        },
        _ => match state {
            RenewalState::Open => {}
            RenewalState::Lapsed => return Err(Excluded::Lapsed),
            RenewalState::Pledged
            | RenewalState::Paid
            | RenewalState::NotRenewing
            | RenewalState::WithDesk => return Err(Excluded::Answered),
        },
    }
    match (audience, bill.insures()) {
        (Audience::Insured, false) => return Err(Excluded::NotInsured),
        (Audience::NotInsured, true) => return Err(Excluded::Insured),
        _ => {}
    }
    // Their own reminder comes in place of those before it, and of that very day's.
    let asked = renewal.and_then(|r| r.remind_on);
    if kind == StepKind::Reminder && asked.is_some_and(|asked| nominal.is_some_and(|n| asked >= n))
    {
        return Err(Excluded::RemindLater);
    }
    if category(kind) == Category::Reminder && member.unsubscribed.contains(&issuer.code) {
        return Err(Excluded::Unsubscribed);
    }
    reachable(kind, member)
}

/// The first day on which a step reminds of an invoice: as far from the invoice's own day as the
/// step's is from the season's `pay_by`. Without either, the day after.
fn reminded_from(season: &SeasonSection, nominal: Option<Date>, due_on: Option<Date>) -> Date {
    let due = due_on.unwrap_or_else(|| season::pay_by(season));
    match (season.pay_by, nominal) {
        (Some(pay_by), Some(nominal)) => {
            let days = (nominal - pay_by).get_days();
            due.saturating_add(i64::from(days).days())
        }
        _ => due.saturating_add(1.days()),
    }
}

/// Whether a mail of that kind may go to the member's address.
pub fn reachable(kind: StepKind, member: &Member) -> Result<(), Excluded> {
    match &member.email {
        None => Err(Excluded::NoAddress),
        // A report can be forged by whoever saw the mail: it never silences the last call.
        Some(_) if member.barred || (member.suspended && kind != StepKind::LastCall) => {
            Err(Excluded::AddressSuspended)
        }
        Some(_) => Ok(()),
    }
}

/// Whether `member` gets the step, and what they are billed on these terms.
pub fn decide(
    config: &Config,
    issuer: &Association,
    step: Step,
    member: &Member,
    renewal: Option<&Renewal>,
    promise: Promise,
) -> Result<Bill, Excluded> {
    let bill = owing(config, issuer, member, &Terms::on(config, step.day))?;
    reaches(config, issuer, step, member, &bill, renewal, promise)?;
    Ok(bill)
}

/// Whether the membership behind an open renewal lapses: who left, died or went on leave does not.
#[must_use]
pub fn lapses(config: &Config, issuer: &Association, member: &Member, renewal: &Renewal) -> bool {
    renewal.state == RenewalState::Open
        && member.is_active()
        && billing::is_billed(config, member, issuer)
}

/// Whether the mail that tells of a lapse still holds, and what coming back costs.
pub fn told_of_lapse(
    config: &Config,
    issuer: &Association,
    member: &Member,
    renewal: Option<&Renewal>,
    terms: &Terms<'_>,
) -> Result<Bill, Excluded> {
    let bill = owing(config, issuer, member, terms)?;
    if renewal.is_none_or(|r| r.state != RenewalState::Lapsed) {
        return Err(Excluded::Answered);
    }
    reachable(StepKind::Lapse, member)?;
    Ok(bill)
}

/// Whether a step waits for another that the member got: one step a day, and none after a later
/// one. Another association's step delays reminders only. A last call waits for nothing on the
/// last day (`declare_by`).
pub fn crowded(step: Step, declare_by: Date, earlier: &[Earlier]) -> Result<(), Excluded> {
    let Step { kind, day, .. } = step;
    if kind.asks() && earlier.iter().any(|e| e.same_issuer && e.asks && e.later) {
        return Err(Excluded::LaterStep);
    }
    let gives_way = match kind {
        StepKind::Lapse => false,
        StepKind::LastCall => day < declare_by,
        StepKind::Notice | StepKind::Reminder | StepKind::PaymentReminder => true,
    };
    let optional = category(kind) == Category::Reminder;
    let today = |e: &Earlier| e.day == day && (e.same_issuer || optional);
    if gives_way && earlier.iter().any(today) { Err(Excluded::SameDay) } else { Ok(()) }
}
