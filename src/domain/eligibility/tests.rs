use super::*;
use crate::domain::billing::tests::{federation, member};
use crate::ids::RenewalId;

/// A promise whose day has passed.
const PAST: Promise = Promise { due_on: Some(jiff::civil::date(2026, 12, 1)), says_paid: false };
const TODAY: Date = jiff::civil::date(2026, 12, 8);

fn step(kind: StepKind) -> Step {
    let audience = if kind == StepKind::LastCall { Audience::Insured } else { Audience::Billed };
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
        ("stopped another's", |m| m.unsubscribed.push("CIP".into()), Some(Open), Reminder, None),
        ("no address", |m| m.email = None, None, Notice, Some(Excluded::NoAddress)),
        ("suspended", |m| m.suspended = true, None, Notice, Some(Excluded::AddressSuspended)),
        ("a report stops no last call", |m| m.suspended = true, None, LastCall, None),
        ("a person does", |m| m.barred = true, None, LastCall, Some(Excluded::AddressSuspended)),
        ("deceased", |m| m.status = "deceased".into(), None, Notice, Some(Excluded::NotActive)),
        ("on leave", |m| m.status = "on-leave".into(), None, Notice, Some(Excluded::NotActive)),
        ("no cover", |m| m.memberships[0].pli = false, None, LastCall, Some(Excluded::NotInsured)),
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
    let run =
        |places: &[&str]| decide(&config, cip, step(StepKind::Notice), &member(places), None, PAST);
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
