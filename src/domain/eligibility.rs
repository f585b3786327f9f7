//! Owns who gets a step of the season, and why somebody does not. Decided at planning, and again
//! in the transaction that claims the message for sending.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::{federation, member};
    use crate::ids::RenewalId;

    /// A promise whose day has passed.
    const PAST: Promise =
        Promise { due_on: Some(jiff::civil::date(2026, 12, 1)), says_paid: false };
    const TODAY: Date = jiff::civil::date(2026, 12, 8);

    fn step(kind: StepKind) -> Step {
        let audience =
            if kind == StepKind::LastCall { Audience::Insured } else { Audience::Billed };
        Step { kind, audience, day: TODAY, nominal: Some(TODAY) }
    }

    fn renewal(state: RenewalState) -> Renewal {
        Renewal { id: RenewalId(1), state, version: 0, remind_on: None }
    }

    type Change = fn(&mut Member);
    /// Name, what is different, state of the renewal, step, why not.
    type Case<'a> = (&'a str, Change, Option<RenewalState>, StepKind, Option<Excluded>);

    #[test]
    fn who_gets_what() {
        use RenewalState::{Lapsed, NotRenewing, Open, Paid, Pledged, WithDesk};
        use StepKind::{Lapse, LastCall, Notice, PaymentReminder, Reminder};
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        let same: Change = |_| {};
        let stopped: Change = |m| m.unsubscribed.push("OPPI".into());
        let table: [Case<'_>; 29] = [
            ("a notice", same, None, Notice, None),
            ("a reminder", same, Some(Open), Reminder, None),
            ("pledged", same, Some(Pledged), Reminder, Some(Excluded::Answered)),
            ("paid", same, Some(Paid), LastCall, Some(Excluded::Answered)),
            ("not renewing", same, Some(NotRenewing), LastCall, Some(Excluded::Answered)),
            ("with the desk", same, Some(WithDesk), Reminder, Some(Excluded::Answered)),
            ("lapsed", same, Some(Lapsed), Reminder, Some(Excluded::Lapsed)),
            ("stopped, reminder", stopped, Some(Open), Reminder, Some(Excluded::Unsubscribed)),
            ("stopped, notice", stopped, None, Notice, None),
            ("stopped, last call", stopped, Some(Open), LastCall, None),
            (
                "stopped another's",
                |m| m.unsubscribed.push("CIP".into()),
                Some(Open),
                Reminder,
                None,
            ),
            ("no address", |m| m.email = None, None, Notice, Some(Excluded::NoAddress)),
            ("suspended", |m| m.suspended = true, None, Notice, Some(Excluded::AddressSuspended)),
            ("a report stops no last call", |m| m.suspended = true, None, LastCall, None),
            (
                "a person does",
                |m| m.barred = true,
                None,
                LastCall,
                Some(Excluded::AddressSuspended),
            ),
            ("deceased", |m| m.status = "deceased".into(), None, Notice, Some(Excluded::NotActive)),
            ("on leave", |m| m.status = "on-leave".into(), None, Notice, Some(Excluded::NotActive)),
            (
                "no cover",
                |m| m.memberships[0].pli = false,
                None,
                LastCall,
                Some(Excluded::NotInsured),
            ),
            ("lapses", same, Some(Open), Lapse, None),
            ("lapsed already", same, Some(Lapsed), Lapse, Some(Excluded::Lapsed)),
            ("a pledge never lapses", same, Some(Pledged), Lapse, Some(Excluded::Answered)),
            ("with the desk, neither", same, Some(WithDesk), Lapse, Some(Excluded::Answered)),
            ("told though stopped", stopped, Some(Open), Lapse, None),
            ("promised", same, Some(Pledged), PaymentReminder, None),
            ("paid since", same, Some(Paid), PaymentReminder, Some(Excluded::Answered)),
            ("nothing", same, Some(Open), PaymentReminder, Some(Excluded::NothingPromised)),
            ("stopped", stopped, Some(Pledged), PaymentReminder, Some(Excluded::Unsubscribed)),
            (
                "bounced",
                |m| m.suspended = true,
                Some(Pledged),
                PaymentReminder,
                Some(Excluded::AddressSuspended),
            ),
            ("left", |m| m.memberships.clear(), None, Notice, Some(Excluded::NotAMember)),
        ];
        for (name, change, state, kind, want) in table {
            let mut m = member(&["OPPI+", "CIP"]);
            change(&mut m);
            let renewal = state.map(renewal);
            let got = decide(&config, issuer, step(kind), &m, renewal.as_ref(), PAST);
            assert_eq!(got.as_ref().err().copied(), want, "{name}");
        }
    }

    #[test]
    fn the_national_notice_skips_whom_another_bills() {
        let config = federation();
        let cip = config.association("CIP").unwrap();
        let run = |places: &[&str]| {
            decide(&config, cip, step(StepKind::Notice), &member(places), None, PAST)
        };
        assert_eq!(run(&["OPPI", "CIP"]).unwrap_err(), Excluded::BilledElsewhere);
        assert!(run(&["SPPI", "CIP"]).is_ok());
        assert!(run(&["CIP"]).is_ok());
    }

    #[test]
    fn a_day_of_their_own() {
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        let m = member(&["OPPI+", "CIP"]);
        for (kind, remind_on, want) in [
            (StepKind::Reminder, "2026-12-09", Some(Excluded::RemindLater)),
            (StepKind::Reminder, "2026-12-08", Some(Excluded::RemindLater)),
            (StepKind::Reminder, "2026-12-07", None),
            (StepKind::LastCall, "2026-12-09", None),
            (StepKind::Lapse, "2026-12-09", None),
        ] {
            let mut renewal = renewal(RenewalState::Open);
            renewal.remind_on = Some(remind_on.parse().unwrap());
            let got = decide(&config, issuer, step(kind), &m, Some(&renewal), PAST);
            assert_eq!(got.err(), want, "{kind:?} {remind_on}");
        }
        let mut asked = renewal(RenewalState::Open);
        asked.remind_on = Some(TODAY);
        let own = Step { nominal: None, ..step(StepKind::Reminder) };
        assert!(decide(&config, issuer, own, &m, Some(&asked), PAST).is_ok());
    }

    #[test]
    fn when_a_promise_is_due() {
        let mut config = federation();
        config.relance.season.pay_by = Some("2026-12-07".parse().unwrap());
        let issuer = config.association("OPPI").unwrap();
        let m = member(&["OPPI+", "CIP"]);
        let kind = StepKind::PaymentReminder;
        for (due_on, says_paid, want) in [
            (Some("2026-12-07"), false, None),
            (Some("2026-12-08"), false, Some(Excluded::NotDue)),
            (None, false, None),
            (Some("2026-12-07"), true, Some(Excluded::SaysPaid)),
        ] {
            let promise = Promise { due_on: due_on.map(|d| d.parse().unwrap()), says_paid };
            let pledged = renewal(RenewalState::Pledged);
            let got = decide(&config, issuer, step(kind), &m, Some(&pledged), promise);
            assert_eq!(got.err(), want, "{due_on:?} {says_paid}");
        }
        // So far from the invoice's own day as the step is from the season's.
        for (pay_by, nominal, due_on, want) in [
            (Some("2026-12-01"), Some("2026-12-04"), "2026-12-05", None),
            (Some("2026-12-01"), Some("2026-12-04"), "2026-12-06", Some(Excluded::NotDue)),
            (Some("2026-12-20"), Some("2026-12-06"), "2026-12-22", None),
            (Some("2026-12-20"), Some("2026-12-06"), "2026-12-23", Some(Excluded::NotDue)),
            (Some("2026-12-01"), None, "2026-12-07", None),
            (Some("2026-12-01"), None, "2026-12-08", Some(Excluded::NotDue)),
            (None, Some("2026-12-04"), "2026-12-07", None),
            (None, Some("2026-12-04"), "2026-12-08", Some(Excluded::NotDue)),
        ] {
            let day = |text: &str| text.parse::<Date>().unwrap();
            config.relance.season.pay_by = pay_by.map(day);
            let issuer = config.association("OPPI").unwrap();
            let step = Step { nominal: nominal.map(day), ..step(kind) };
            let promise = Promise { due_on: Some(day(due_on)), says_paid: false };
            let pledged = renewal(RenewalState::Pledged);
            let got = decide(&config, issuer, step, &m, Some(&pledged), promise);
            assert_eq!(got.err(), want, "{pay_by:?} {nominal:?} {due_on}");
        }
    }

    #[test]
    fn audiences() {
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        for (places, audience, want) in [
            (["OPPI+", "CIP"], Audience::Insured, None),
            (["OPPI", "CIP"], Audience::Insured, Some(Excluded::NotInsured)),
            (["OPPI+", "CIP"], Audience::NotInsured, Some(Excluded::Insured)),
            (["OPPI", "CIP"], Audience::NotInsured, None),
            (["OPPI", "CIP"], Audience::Billed, None),
        ] {
            let step = Step { audience, ..step(StepKind::LastCall) };
            let got = decide(&config, issuer, step, &member(&places), None, PAST);
            assert_eq!(got.err(), want, "{places:?} {audience:?}");
        }
    }

    #[test]
    fn who_lapses() {
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        let m = member(&["OPPI+", "CIP"]);
        for &state in RenewalState::ALL {
            let want = state == RenewalState::Open;
            assert_eq!(lapses(&config, issuer, &m, &renewal(state)), want, "{state}");
        }
        let mut gone = m.clone();
        gone.status = "on-leave".into();
        assert!(!lapses(&config, issuer, &gone, &renewal(RenewalState::Open)));
        let elsewhere = config.association("CIP").unwrap();
        assert!(!lapses(&config, elsewhere, &m, &renewal(RenewalState::Open)));
        let mut silent = m;
        (silent.email, silent.suspended) = (None, true);
        assert!(lapses(&config, issuer, &silent, &renewal(RenewalState::Open)));
    }

    #[test]
    fn one_step_a_day_and_none_after_a_later_one() {
        use StepKind::{Lapse, LastCall, Notice, PaymentReminder, Reminder};
        let deadline: Date = "2026-12-31".parse().unwrap();
        let yesterday = TODAY.yesterday().unwrap();
        let had = |same_issuer, asks, day, later| Earlier { same_issuer, asks, day, later };
        let own = had(true, true, TODAY, false);
        let theirs = had(false, true, TODAY, false);
        let table = [
            ("nothing before", Reminder, vec![], None),
            ("ours, today", Reminder, vec![own], Some(Excluded::SameDay)),
            ("ours, yesterday", Reminder, vec![had(true, true, yesterday, false)], None),
            ("theirs, today", Reminder, vec![theirs], Some(Excluded::SameDay)),
            ("a notice minds its own", Notice, vec![theirs], None),
            ("a notice after a reminder", Notice, vec![own], Some(Excluded::SameDay)),
            (
                "a late notice after the reminder",
                Notice,
                vec![had(true, true, yesterday, true)],
                Some(Excluded::LaterStep),
            ),
            ("a payment reminder", PaymentReminder, vec![theirs], Some(Excluded::SameDay)),
            ("is no later step", Reminder, vec![had(true, false, yesterday, true)], None),
            ("a last call waits", LastCall, vec![own], Some(Excluded::SameDay)),
            ("a lapse waits for nothing", Lapse, vec![own], None),
        ];
        for (name, kind, earlier, want) in table {
            assert_eq!(crowded(step(kind), deadline, &earlier).err(), want, "{name}");
        }
        assert_eq!(crowded(step(LastCall), TODAY, &[own]), Ok(()), "not on the last day");
    }
}
