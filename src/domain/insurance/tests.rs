use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::config::Text;
use crate::domain::billing::tests::{federation, member};
use crate::domain::words::RenewalState;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The sample's: midnight after 31 December in the East; declarations until the end of January.
fn rules() -> Rules {
    static RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(|| {
        let config = federation();
        Rules::last(&config.relance.season, config.relance.insurance.as_ref().unwrap())
    });
    *RULES
}

fn said(version: i64, said: Said, when: &str) -> Answered {
    let cover = matches!(said, Said::Invoice | Said::Card).then_some(Cover::Keep);
    Answered { version, said, cover, door: "web".into(), mid: None, at: at(when) }
}

fn declared(version: i64, complete: bool, when: &str) -> Declared {
    Declared {
        version,
        questions: "2027-1".into(),
        complete,
        door: "web".into(),
        mid: None,
        at: at(when),
    }
}

fn received(payment: i64, cents: i64, when: &str, recorded: &str) -> Received {
    Received { payment, method: "cheque".into(), cents, at: at(when), recorded: at(recorded) }
}

fn facts() -> Facts {
    Facts { asked: true, declares: true, premium_cents: 20_000, ..Facts::default() }
}

const BEFORE: &str = "2027-01-01T04:59:59.999Z";
const AFTER: &str = "2027-01-01T05:00:00Z";

#[test]
fn who_is_covered_and_on_whose_bill() {
    use Standing::{Covered, Entitled, Without};
    let config = federation();
    for (name, places, issuer, want) in [
        ("at home", &["OPPI+", "CIP"][..], "OPPI", Covered),
        ("on one bill only", &["OPPI+", "CIP+"], "CIP", Without),
        ("could take it", &["OPPI", "CIP"], "OPPI", Entitled),
        ("national only", &["CIP+"], "CIP", Covered),
        ("two bills, insured at home", &["SPPI+", "CIP"], "SPPI", Covered),
        ("and not on the national one", &["SPPI+", "CIP+"], "CIP", Without),
        ("no member there", &["CIP+"], "OPPI", Without),
    ] {
        assert_eq!(standing(&config, &member(places), issuer), want, "{name}");
    }
    let mut one = member(&["OPPI+"]);
    for (status, want) in [("on-leave", Covered), ("deceased", Without), ("resigned", Without)] {
        one.status = status.into();
        assert_eq!(standing(&config, &one, "OPPI"), want, "{status}");
    }
    one.status = "active".into();
    one.memberships[0].category = "student".into();
    assert_eq!(standing(&config, &one, "OPPI"), Without);
    assert!(may_decline(&config, &member(&["OPPI+"])));
    assert!(!may_decline(&config, &one));
}

#[test]
fn a_declaration_is_compared_with_what_is_asked() {
    let config = federation();
    let mut asked = config.relance.insurance.unwrap();
    asked.questions.push(Question {
        id: "sound".into(),
        text: Text { en: "?".into(), fr: None },
        follow_up_on: YesNo::No,
    });
    let questions = asked.questions.clone();
    let given = |answers: &[(&str, bool)]| Declaration {
        questions: "2027-1".into(),
        answers: answers.iter().map(|(id, yes)| ((*id).to_owned(), *yes)).collect(),
    };
    for (answers, complete, follow_up) in [
        (&[("claims", false), ("circumstances", false), ("sound", true)][..], true, false),
        (&[("claims", true), ("circumstances", false), ("sound", true)], true, true),
        (&[("claims", false), ("circumstances", false), ("sound", false)], true, true),
        (&[("claims", false)], false, false),
        (&[], false, false),
    ] {
        let declaration = given(answers);
        assert_eq!(declaration.check(&asked), Ok(()), "{answers:?}");
        assert_eq!(declaration.is_complete(&questions), complete, "{answers:?}");
        assert_eq!(declaration.needs_follow_up(&questions), follow_up, "{answers:?}");
    }
    let twice = given(&[("claims", false), ("claims", true)]);
    assert_eq!(twice.check(&asked), Err(NotDeclared::Strange));
    assert_eq!(given(&[("other", true)]).check(&asked), Err(NotDeclared::Strange));
    let old = Declaration { questions: "2026-1".into(), ..given(&[("claims", false)]) };
    assert_eq!(old.check(&asked), Err(NotDeclared::OtherQuestions));
    assert!(given(&[]).is_complete(&[]), "where nothing is asked nothing is missing");
}

/// One answer with its declaration, at the last and at the first instant, wherever the deadline's
/// clock stands.
#[test]
fn one_second_decides_from_st_johns_to_vancouver() {
    let config = federation();
    for (zone, last, first) in [
        ("America/St_Johns", "2026-12-31T23:59:59-03:30", "2027-01-01T00:00:00-03:30"),
        ("America/Halifax", "2026-12-31T23:59:59-04:00", "2027-01-01T00:00:00-04:00"),
        ("America/Toronto", "2026-12-31T23:59:59-05:00", "2027-01-01T00:00:00-05:00"),
        ("America/Iqaluit", "2026-12-31T23:59:59-05:00", "2027-01-01T00:00:00-05:00"),
        ("America/Regina", "2026-12-31T23:59:59-06:00", "2027-01-01T00:00:00-06:00"),
        ("America/Edmonton", "2026-12-31T23:59:59-06:00", "2027-01-01T00:00:00-06:00"),
        ("America/Whitehorse", "2026-12-31T23:59:59-07:00", "2027-01-01T00:00:00-07:00"),
        ("America/Vancouver", "2026-12-31T23:59:59-07:00", "2027-01-01T00:00:00-07:00"),
    ] {
        let mut season = config.relance.season.clone();
        season.deadline_zone = zone.into();
        let rules = Rules::last(&season, config.relance.insurance.as_ref().unwrap());
        for (when, want) in [(last, Outcome::Kept), (first, Outcome::Interrupted)] {
            let facts = Facts {
                answers: vec![said(1, Said::Invoice, when)],
                declarations: vec![declared(1, true, when)],
                ..facts()
            };
            let found = outcome(&facts, &rules, at("2027-01-02T00:00:00Z"));
            assert_eq!(found.outcome, want, "{zone} {when}");
        }
        assert_eq!(rules.deadline, at(first), "{zone}");
    }
}

type Change = fn(&mut Facts);
/// Name, what happened, as of when, what became of it, why.
type Case<'a> = (&'a str, Change, &'a str, Outcome, Why);

fn pledge(f: &mut Facts) {
    f.answers = vec![said(1, Said::Invoice, "2026-11-20T15:00:00Z")];
}

fn pledge_and_declare(f: &mut Facts) {
    pledge(f);
    f.declarations = vec![declared(1, true, "2026-11-20T15:00:00Z")];
}

fn pay_all(f: &mut Facts) {
    f.received.push(received(7, 20_000, "2026-12-01T05:00:00Z", "2026-12-04T15:00:00Z"));
}

const LATER: &str = "2027-01-05T15:00:00Z";
const MUCH_LATER: &str = "2027-02-20T15:00:00Z";

#[rustfmt::skip]
const ANSWERS: &[Case<'static>] = &[
    ("nobody answered", |_| {}, AFTER, Outcome::Interrupted, Why::NoAnswer),
    ("intent and declaration", pledge_and_declare, AFTER, Outcome::Kept, Why::Intent),
    ("RENEW by reply: the questions wait", |f| {
        f.answers = vec![Answered { cover: None, door: "mail".into(), ..said(1, Said::Invoice, "2026-12-31T23:00:00Z") }];
    }, AFTER, Outcome::Pending, Why::NotDeclared),
    ("a reply before midnight, read after it", |f| {
        f.answers = vec![Answered { cover: None, door: "mail".into(), ..said(1, Said::Invoice, BEFORE) }];
        f.declarations = vec![declared(1, true, "2026-12-01T15:00:00Z")];
    }, LATER, Outcome::Kept, Why::Intent),
    ("a reply at midnight", |f| f.answers = vec![said(1, Said::Invoice, AFTER)],
        LATER, Outcome::Interrupted, Why::AnsweredLate),
    ("half the questions", |f| { pledge(f); f.declarations = vec![declared(1, false, BEFORE)]; },
        LATER, Outcome::Pending, Why::NotDeclared),
    ("the questions answered late, in time for the broker", |f| {
        pledge(f);
        f.declarations = vec![declared(1, false, BEFORE), declared(2, true, "2027-02-01T04:59:59Z")];
    }, MUCH_LATER, Outcome::Kept, Why::Intent),
    ("and a second too late", |f| {
        pledge(f);
        f.declarations = vec![declared(1, true, "2027-02-01T05:00:00Z")];
    }, MUCH_LATER, Outcome::Interrupted, Why::NotDeclared),
    ("never answered", pledge, MUCH_LATER, Outcome::Interrupted, Why::NotDeclared),
    ("no questions at all", |f| { pledge(f); f.declares = false; }, LATER, Outcome::Kept, Why::Intent),
    ("not renewing", |f| f.answers = vec![said(1, Said::NotRenewing, "2026-11-20T15:00:00Z")],
        AFTER, Outcome::Declined, Why::NotRenewing),
    ("renews without cover", |f| {
        f.answers = vec![Answered { cover: Some(Cover::Decline), ..said(1, Said::Invoice, "2026-11-20T15:00:00Z") }];
    }, AFTER, Outcome::Declined, Why::NoCoverWanted),
    ("changed their mind in time", |f| {
        pledge_and_declare(f);
        f.answers.push(said(2, Said::NotRenewing, "2026-12-31T15:00:00Z"));
    }, AFTER, Outcome::Declined, Why::NotRenewing),
    ("taken back in time", |f| {
        pledge_and_declare(f);
        f.answers.push(said(2, Said::TakenBack, BEFORE));
    }, AFTER, Outcome::Interrupted, Why::NoAnswer),
    ("no undo after the deadline", |f| {
        f.answers = vec![said(1, Said::Invoice, "2026-12-31T23:00:00Z"), said(2, Said::TakenBack, AFTER)];
        f.declarations = vec![declared(1, true, "2026-12-31T23:00:00Z")];
    }, LATER, Outcome::Kept, Why::Intent),
    ("not renewing, after the deadline", |f| {
        pledge_and_declare(f);
        f.answers.push(said(2, Said::NotRenewing, LATER));
    }, LATER, Outcome::Kept, Why::Intent),
    ("card chosen and not paid", |f| f.answers = vec![said(1, Said::Card, "2026-12-31T23:00:00Z")],
        AFTER, Outcome::Interrupted, Why::CardNotPaid),
    ("situation changed, the desk has it", |f| {
        f.answers = vec![said(1, Said::Situation, "2026-12-10T15:00:00Z")];
        f.state = Some(RenewalState::WithDesk);
    }, MUCH_LATER, Outcome::Pending, Why::WithDesk),
    ("situation after a pledge holds that too", |f| {
        pledge_and_declare(f);
        f.answers.push(said(2, Said::Situation, "2026-12-10T15:00:00Z"));
        f.state = Some(RenewalState::WithDesk);
    }, AFTER, Outcome::Pending, Why::WithDesk),
    ("situation, settled by the desk", |f| {
        f.answers = vec![said(1, Said::Situation, "2026-12-10T15:00:00Z")];
        f.declarations = vec![declared(1, true, "2026-12-10T15:00:00Z")];
        f.state = Some(RenewalState::Pledged);
    }, LATER, Outcome::Kept, Why::Intent),
    ("situation after the deadline", |f| {
        pledge_and_declare(f);
        f.answers.push(said(2, Said::Situation, LATER));
        f.state = Some(RenewalState::WithDesk);
    }, LATER, Outcome::Kept, Why::Intent),
    ("situation, lapsed", |f| {
        f.answers = vec![said(1, Said::Situation, "2026-12-10T15:00:00Z")];
        f.state = Some(RenewalState::Lapsed);
    }, LATER, Outcome::Interrupted, Why::Lapsed),
    ("on leave: nobody asked", |f| f.asked = false, MUCH_LATER, Outcome::Pending, Why::NotAsked),
    ("as of an earlier day: not yet", pledge_and_declare, "2026-11-01T12:00:00Z",
        Outcome::Interrupted, Why::NoAnswer),
];

#[rustfmt::skip]
const MONEY: &[Case<'static>] = &[
    ("paid and declared", |f| { pledge_and_declare(f); pay_all(f); }, AFTER, Outcome::Kept, Why::Paid),
    ("paid without an answer", pay_all, AFTER, Outcome::Pending, Why::NotDeclared),
    ("paid without an answer, declared", |f| {
        pay_all(f);
        f.declarations = vec![declared(1, true, BEFORE)];
    }, AFTER, Outcome::Kept, Why::Paid),
    ("part of the premium is no payment", |f| {
        f.received = vec![received(7, 19_999, "2026-12-01T05:00:00Z", "2026-12-01T15:00:00Z")];
    }, AFTER, Outcome::Interrupted, Why::NoAnswer),
    ("two parts are", |f| {
        pledge_and_declare(f);
        f.received = vec![
            received(7, 5_000, "2026-12-01T05:00:00Z", "2026-12-01T15:00:00Z"),
            received(8, 15_000, "2026-12-20T05:00:00Z", "2026-12-20T15:00:00Z"),
        ];
    }, AFTER, Outcome::Kept, Why::Paid),
    ("a cheque of 31 December, recorded in January", |f| {
        f.received = vec![received(7, 20_000, "2026-12-31T05:00:00Z", "2027-01-04T15:00:00Z")];
        f.declarations = vec![declared(1, true, BEFORE)];
    }, LATER, Outcome::Kept, Why::Paid),
    ("and before it was recorded", |f| {
        f.received = vec![received(7, 20_000, "2026-12-31T05:00:00Z", "2027-01-04T15:00:00Z")];
        f.declarations = vec![declared(1, true, BEFORE)];
    }, "2027-01-02T15:00:00Z", Outcome::Interrupted, Why::NoAnswer),
    ("paid after the deadline", |f| {
        f.received = vec![received(7, 20_000, AFTER, "2027-01-01T15:00:00Z")];
        f.declarations = vec![declared(1, true, BEFORE)];
    }, LATER, Outcome::Interrupted, Why::NoAnswer),
    ("card, paid", |f| {
        f.answers = vec![said(1, Said::Card, "2026-12-31T23:00:00Z")];
        f.declarations = vec![declared(1, true, "2026-12-31T23:00:00Z")];
        f.received = vec![received(7, 20_000, "2026-12-31T23:01:00Z", "2026-12-31T23:01:00Z")];
    }, AFTER, Outcome::Kept, Why::Paid),
    ("said no, then paid", |f| {
        f.answers = vec![said(1, Said::NotRenewing, "2026-11-20T15:00:00Z")];
        f.declarations = vec![declared(1, true, "2026-11-20T15:00:00Z")];
        pay_all(f);
    }, AFTER, Outcome::Kept, Why::Paid),
    ("paid, then said no", |f| {
        pay_all(f);
        f.answers = vec![said(1, Said::NotRenewing, "2026-12-20T15:00:00Z")];
    }, AFTER, Outcome::Declined, Why::NotRenewing),
    ("refunded before the deadline", |f| {
        pay_all(f);
        f.received.push(received(8, -20_000, "2026-12-20T05:00:00Z", "2026-12-20T15:00:00Z"));
    }, AFTER, Outcome::Interrupted, Why::NoAnswer),
    ("a cheque that bounced after the deadline showed intent all the same", |f| {
        pay_all(f);
        f.declarations = vec![declared(1, true, BEFORE)];
        f.received.push(received(8, -20_000, "2027-01-10T05:00:00Z", "2027-01-10T15:00:00Z"));
    }, MUCH_LATER, Outcome::Kept, Why::Intent),
    ("an overdue pledge keeps cover unless the broker says otherwise", pledge_and_declare,
        "2027-03-30T15:00:00Z", Outcome::Kept, Why::Intent),
];

#[test]
fn what_becomes_of_cover() {
    let rules = rules();
    for (name, change, as_of, want, why) in ANSWERS.iter().chain(MONEY) {
        let mut facts = facts();
        change(&mut facts);
        let found = outcome(&facts, &rules, at(as_of));
        assert_eq!((found.outcome, found.why), (*want, *why), "{name}");
    }
}

#[test]
fn the_brokers_day_for_unpaid_pledges() {
    let mut config = federation();
    let insurance = config.relance.insurance.as_mut().unwrap();
    insurance.unpaid_pledge_ends = Some(jiff::civil::date(2027, 2, 28));
    assert_eq!(Rules::last(&config.relance.season, insurance).pledges_end, None, "kept");
    insurance.overdue_pledge = crate::config::OverduePledge::Interrupt;
    let rules = Rules::last(&config.relance.season, insurance);
    assert_eq!(
        rules.stages().iter().map(|s| s.0).collect::<Vec<_>>(),
        ["deadline", "declarations", "pledges"]
    );
    let end = at("2027-03-01T05:00:00Z");
    let mut facts = facts();
    pledge_and_declare(&mut facts);
    let just_before = end - SignedDuration::from_secs(1);
    assert_eq!(outcome(&facts, &rules, just_before).outcome, Outcome::Kept);
    let found = outcome(&facts, &rules, end);
    assert_eq!((found.outcome, found.why), (Outcome::Interrupted, Why::PledgeUnpaid));
    for (when, want) in [(just_before, Outcome::Kept), (end, Outcome::Interrupted)] {
        let mut facts = facts.clone();
        facts.received =
            vec![Received { at: when, recorded: end, ..received(7, 20_000, AFTER, AFTER) }];
        assert_eq!(outcome(&facts, &rules, at(MUCH_LATER).max(end)).outcome, want, "{when}");
    }
    facts.premium_cents = 0;
    assert_eq!(outcome(&facts, &rules, end).outcome, Outcome::Kept, "nothing was owed");
}

#[test]
fn the_evidence_says_what_decided() {
    let mut facts = facts();
    pledge_and_declare(&mut facts);
    pay_all(&mut facts);
    facts.answers.push(said(2, Said::NotRenewing, LATER));
    let found = outcome(&facts, &rules(), at(MUCH_LATER));
    assert_eq!(found.answer.as_ref().unwrap().version, 1);
    assert_eq!(found.declaration.as_ref().unwrap().version, 1);
    assert_eq!(found.payment.as_ref().unwrap().payment, 7);
    assert_eq!(found.late, Some(at(LATER)));
    let text = serde_json::to_string(&found).unwrap();
    let back: Finding = serde_json::from_str(&text).unwrap();
    assert_eq!((back.outcome, back.why), (found.outcome, found.why));
    assert!(text.contains(found.why.as_str()) && text.contains(found.outcome.as_str()), "{text}");
}

#[test]
fn a_click_vouches_for_the_mail_before_it() {
    let deadline = at(AFTER);
    for (asked, clicked, want) in [
        ("2026-12-01T10:00:00Z", "2026-12-02T10:00:00Z", "2026-12-02T10:00:00Z"),
        (BEFORE, "2027-01-01T05:00:00Z", BEFORE),
        (BEFORE, "2027-01-03T10:00:00Z", BEFORE),
        (AFTER, "2027-01-03T10:00:00Z", "2027-01-03T10:00:00Z"),
    ] {
        assert_eq!(confirmed_at(at(asked), at(clicked), deadline), at(want), "{asked} {clicked}");
    }
}

#[test]
fn words_have_one_text_form() {
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
    }
    for why in [Why::NoCoverWanted, Why::CardNotPaid, Why::NotAsked, Why::AnsweredLate] {
        assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
    }
    assert_eq!(Said::of(None), Some(Said::TakenBack));
    assert_eq!(Said::of(Some("not-renewing")), Some(Said::NotRenewing));
    assert_eq!(Said::of(Some("else")), None);
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // Two months around the deadline, and the deadline itself often.
    prop_oneof![
        (-5_000_000i64..5_000_000).prop_map(|s| rules().deadline + SignedDuration::from_secs(s)),
        (-2i64..3).prop_map(|s| rules().deadline + SignedDuration::from_secs(s)),
    ]
}

fn history() -> impl Strategy<Value = Facts> {
    let what = prop_oneof![
        Just(Said::Invoice),
        Just(Said::Card),
        Just(Said::NotRenewing),
        Just(Said::Situation),
        Just(Said::TakenBack)
    ];
    let cover = prop_oneof![Just(None), Just(Some(Cover::Keep)), Just(Some(Cover::Decline))];
    let answers = prop::collection::vec((what, cover, instant()), 0..4);
    let declarations = prop::collection::vec((any::<bool>(), instant()), 0..3);
    let money = prop::collection::vec((-20_000i64..30_000, instant(), instant()), 0..4);
    let states = prop::sample::select(RenewalState::ALL);
    (answers, declarations, money, any::<bool>(), any::<bool>(), prop::option::of(states)).prop_map(
        |(answers, declarations, money, asked, declares, state)| Facts {
            state,
            asked,
            declares,
            answers: (1..)
                .zip(answers)
                .map(|(version, (what, cover, when))| Answered {
                    cover,
                    at: when,
                    ..said(version, what, AFTER)
                })
                .collect(),
            declarations: (1..)
                .zip(declarations)
                .map(|(version, (complete, when))| Declared {
                    at: when,
                    ..declared(version, complete, AFTER)
                })
                .collect(),
            premium_cents: 20_000,
            received: (1..)
                .zip(money)
                .map(|(id, (cents, when, recorded))| Received {
                    at: when,
                    recorded,
                    ..received(id, cents, AFTER, AFTER)
                })
                .collect(),
        },
    )
}

proptest! {
    /// Whatever happens from the deadline on, nobody gains cover by it except by answering the
    /// questions in the broker's time, and nobody whose cover goes on loses it by a late answer.
    #[test]
    fn what_comes_late_changes_nothing(facts in history(), more in history()) {
        let rules = rules();
        let end = rules.declarations_end + SignedDuration::from_hours(24 * 60);
        let kept = |facts: &Facts| outcome(facts, &rules, end);
        let before = kept(&facts);
        let mut later = facts.clone();
        let late = |at: Timestamp| at >= rules.deadline;
        later.answers.extend(more.answers.into_iter().filter(|a| late(a.at)));
        later.received.extend(more.received.into_iter().filter(|r| late(r.at)));
        let after = kept(&later);
        prop_assert_eq!(before.outcome, after.outcome, "{:?} {:?}", before, after);
    }

    /// Cover goes on only with a complete declaration where questions are asked, and with an
    /// intent, a payment or a desk's decision from before the deadline.
    #[test]
    fn nothing_is_kept_without_evidence(facts in history(), as_of in instant()) {
        let rules = rules();
        let found = outcome(&facts, &rules, as_of);
        if found.outcome == Outcome::Kept {
            prop_assert!(found.declaration.is_some() || !facts.declares);
            let in_time = found.answer.as_ref().is_some_and(|a| a.at < rules.deadline);
            let paid = facts.received.iter().any(|r| r.at < rules.deadline && r.cents > 0);
            prop_assert!(in_time || paid);
        }
        if let Some(answer) = &found.answer {
            prop_assert!(answer.at < rules.deadline && answer.at <= as_of);
        }
    }
}
