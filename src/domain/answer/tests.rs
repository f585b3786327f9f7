use jiff::Timestamp;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn given(choice: Option<Choice>, body: &str) -> Given {
    Given {
        base_version: 0,
        nonce: "n1".into(),
        choice,
        body: body.into(),
        cover: None,
        dropped: Vec::new(),
        at: at("2026-11-03T10:00:00Z"),
    }
}

/// Name, state, version, answers so far, the form, what becomes of it.
type Case<'a> = (&'a str, RenewalState, i64, &'a [Given], (i64, &'a str, Choice, &'a str), Verdict);

#[test]
fn forms() {
    use Choice::{Card, Invoice, NotRenewing, Situation};
    use RenewalState as S;
    use Verdict::{Accept, AlreadyDone, Closed, Conflict, Stale};
    let paid_for = [given(Some(Invoice), "b")];
    let by_card = [given(Some(Card), "b")];
    let left = [given(Some(NotRenewing), "b")];
    let back = [given(Some(Invoice), "b"), given(None, "")];
    let desk = [given(Some(Situation), "b")];
    let table: [Case<'_>; 18] = [
        ("first answer", S::Open, 0, &[], (0, "n1", Invoice, "b"), Accept),
        ("pressed twice", S::Pledged, 1, &paid_for, (0, "n1", Invoice, "b"), AlreadyDone),
        ("two tabs, the same", S::Pledged, 1, &paid_for, (0, "n2", Invoice, "b"), AlreadyDone),
        ("two tabs, other choice", S::Pledged, 1, &paid_for, (0, "n2", NotRenewing, "b"), Conflict),
        ("two tabs, other body", S::Pledged, 1, &paid_for, (0, "n2", Invoice, "c"), Conflict),
        ("same nonce, other body", S::Pledged, 1, &paid_for, (0, "n1", Invoice, "c"), Conflict),
        ("changed their mind", S::Pledged, 1, &paid_for, (1, "n3", NotRenewing, "b"), Accept),
        ("new details", S::Pledged, 1, &paid_for, (1, "n3", Invoice, "c"), Accept),
        ("an old page", S::NotRenewing, 4, &left, (0, "n9", Invoice, "b"), Stale),
        ("went back after undoing", S::Open, 2, &back, (0, "n1", Invoice, "b"), AlreadyDone),
        ("a new page after undoing", S::Open, 2, &back, (2, "n4", Invoice, "b"), Accept),
        ("card, pressed twice", S::Open, 1, &by_card, (0, "n1", Card, "b"), AlreadyDone),
        ("card, then invoice instead", S::Open, 1, &by_card, (1, "n2", Invoice, "b"), Accept),
        (
            "card in one tab, invoice in another",
            S::Open,
            1,
            &by_card,
            (0, "n2", Invoice, "b"),
            Conflict,
        ),
        ("paid meanwhile", S::Paid, 2, &paid_for, (2, "n9", NotRenewing, "b"), Closed),
        ("paid, and pressed again", S::Paid, 2, &paid_for, (0, "n1", Invoice, "b"), AlreadyDone),
        ("the desk has it", S::WithDesk, 1, &desk, (1, "n9", Invoice, "b"), Closed),
        ("late", S::Lapsed, 0, &[], (0, "n1", Invoice, "b"), Accept),
    ];
    for (name, state, now, given, (version, nonce, choice, body), want) in table {
        let form = Form { version, nonce, choice, body };
        assert_eq!(weigh(state, now, given, &form), want, "{name}");
    }
}

/// Name, state, answers so far, when the reply was written, whether somebody acts now.
type Reply<'a> = (&'a str, RenewalState, &'a [Given], &'a str, bool, Verdict);

#[test]
fn replies() {
    use Choice::{Invoice, NotRenewing};
    use RenewalState as S;
    use Verdict::{Accept, AlreadyDone, Closed, Earlier};
    // What stands was said at ten.
    let pledged = [given(Some(Invoice), "with answers to questions")];
    let back = [given(Some(Invoice), "b"), given(None, "")];
    let left = [given(Some(NotRenewing), "b")];
    let (later, same_second, before) =
        ("2026-11-03T10:00:01Z", "2026-11-03T10:00:00Z", "2026-11-03T09:59:59Z");
    let table: [Reply<'_>; 16] = [
        ("first", S::Open, &[], later, false, Accept),
        ("late", S::Lapsed, &[], later, false, Accept),
        ("said already", S::Pledged, &pledged, later, false, AlreadyDone),
        ("in the same second", S::Pledged, &pledged, same_second, false, AlreadyDone),
        ("after taking back", S::Open, &back, later, false, Accept),
        ("paid", S::Paid, &[], later, false, Closed),
        ("with the desk", S::WithDesk, &[], later, false, Closed),
        ("changed their mind", S::NotRenewing, &left, later, false, Accept),
        ("the same, read later", S::Pledged, &pledged, before, false, Earlier),
        ("paid before it was read", S::Paid, &pledged, before, false, Earlier),
        ("left since", S::NotRenewing, &left, before, false, Earlier),
        ("taken back since", S::Open, &back, before, false, Earlier),
        ("confirms now what stands", S::Pledged, &pledged, before, true, Earlier),
        ("confirms now, and was paid", S::Paid, &pledged, before, true, Earlier),
        ("confirms now, having left", S::NotRenewing, &left, before, true, Accept),
        ("confirms now, after all", S::Open, &back, before, true, Accept),
    ];
    for (name, state, given, at_text, acts_now, want) in table {
        let word = Word { choice: Invoice, at: at(at_text), acts_now };
        assert_eq!(weigh_reply(state, given, &word), want, "{name}");
    }
}

#[test]
fn where_a_choice_leads() {
    use Choice::{Card, Invoice, NotRenewing, Situation};
    use RenewalState as S;
    let (some, none) = (Cents::new(100).unwrap(), Cents::default());
    for (choice, from, owed, want) in [
        (Invoice, S::Open, some, S::Pledged),
        (Invoice, S::Lapsed, some, S::Pledged),
        (Invoice, S::Open, none, S::Paid),
        (Card, S::Open, some, S::Open),
        (Card, S::Lapsed, some, S::Lapsed),
        (Card, S::Pledged, some, S::Pledged),
        (Card, S::NotRenewing, some, S::Open),
        (Card, S::Open, none, S::Paid),
        (NotRenewing, S::Pledged, some, S::NotRenewing),
        (Situation, S::Open, some, S::WithDesk),
    ] {
        assert_eq!(choice.leads(from, owed), want, "{choice:?} from {from}");
    }
}

#[test]
fn whatever_differs_makes_another_answer() {
    let plain = Answer::plain(Choice::Invoice);
    let employer = Employer {
        name: "Ville d’Exemple".into(),
        email: "compta@example.org".into(),
        purchase_order: String::new(),
    };
    let declared =
        |yes| Some(Declared { questions: "1".into(), answers: vec![("claims".into(), yes)] });
    let change =
        Change { field: super::super::correction::Field::Phone, value: "514-555-0142".into() };
    let others = [
        Answer::plain(Choice::Card),
        Answer { cover: Some(Cover::Keep), ..plain.clone() },
        Answer { cover: Some(Cover::Decline), ..plain.clone() },
        Answer { dropped: vec!["CIP".into()], ..plain.clone() },
        Answer { employer: Some(employer), ..plain.clone() },
        Answer { situation: Some(Situation::Retired), ..plain.clone() },
        Answer { note: "x".into(), ..plain.clone() },
        Answer { changes: vec![change], ..plain.clone() },
        Answer { declared: declared(true), ..plain.clone() },
        Answer { declared: declared(false), ..plain.clone() },
    ];
    let mut all: Vec<String> = others.iter().chain([&plain]).map(Answer::whole).collect();
    let n = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), n);
}

#[test]
fn undo_has_an_end() {
    let last = Given { at: at("2027-01-01T02:00:00Z"), ..given(Some(Choice::Invoice), "") };
    let deadline = at("2027-01-01T05:00:00Z");
    let table = [
        (RenewalState::Pledged, "2027-01-01T04:59:59Z", true),
        (RenewalState::Pledged, "2027-01-01T05:00:00Z", false),
        (RenewalState::NotRenewing, "2027-01-01T05:00:00Z", true),
        (RenewalState::NotRenewing, "2027-01-02T02:00:00Z", false),
        (RenewalState::WithDesk, "2027-01-01T05:00:00Z", true),
        (RenewalState::Paid, "2027-01-01T02:00:01Z", false),
        (RenewalState::Open, "2027-01-01T02:00:01Z", false),
    ];
    for (state, now, want) in table {
        assert_eq!(may_undo(state, Some(&last), deadline, at(now)), want, "{state} {now}");
    }
    let back = Given { choice: None, ..last };
    let now = at("2027-01-01T02:00:01Z");
    assert!(!may_undo(RenewalState::Pledged, None, deadline, now));
    assert!(!may_undo(RenewalState::NotRenewing, Some(&back), deadline, now));
}

#[test]
fn every_word_is_read_back() {
    for choice in Choice::ALL {
        assert_eq!(Choice::parse(choice.as_str()), Some(choice));
    }
    for kind in Situation::ALL {
        assert_eq!(Situation::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(Choice::parse("dance"), None);
}
