//! The outbox's states, on a real store: one message at a time through drafting, claiming and
//! every outcome.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::transport::{Outcome, RelayReply};
use super::*;
use crate::actions::payload::Payload;
use crate::actions::{self, Action, Applied, Door, Evidence};
use crate::compose::DeskTopic;
use crate::domain::answer::{Answer, Choice};
use crate::domain::billing::tests::federation;
use crate::domain::suppression::Fault;
use crate::domain::words::{Lang, MessageState};
use crate::link::Keyring;
use crate::scheduler::{self, ChunkEnd};
use crate::store::absent::Absent;
use crate::store::people::{self, Row};
use crate::store::{
    Direct, StoreError, addresses, attempts, firings, ledger, messages, meta, staging,
};

struct Bench {
    _dir: tempfile::TempDir,
    store: Direct,
    context: Context,
    composer: Composer,
    now: Timestamp,
}

fn row(n: u32) -> Row {
    Row {
        member_no: format!("{n}"),
        given_name: "Camille".into(),
        family_name: "Roy".into(),
        email: Some(format!("camille{n}@members.example")),
        email2: None,
        language: Some("fr".into()),
        province: "ON".into(),
        zone: None,
        status: "active".into(),
        phone: String::new(),
        street: String::new(),
        city: String::new(),
        postal_code: String::new(),
        country: "CA".into(),
        employer: String::new(),
        association: "OPPI".into(),
        category: "full".into(),
        pli: true,
        home: false,
        since: None,
    }
}

impl Bench {
    /// So many members of OPPI, whose notice has just been planned.
    fn planned(members: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let opens: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let now: Timestamp = "2026-11-03T14:00:00Z".parse().unwrap();
        let config = federation();
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes).unwrap();
        let ring = Keyring::generate(&Random::seeded(1), opens);
        let context = Context { config: Arc::new(config), ring: Arc::new(ring) };
        let mut store = Direct::open(dir.path(), 0).unwrap();
        store
            .write(|c| {
                meta::set(c, meta::CREATED_AT, &opens.as_millisecond().to_string())?;
                for n in 1..=members {
                    staging::apply(c, &row(n), &Absent::default(), &format!("s{n}"), &[0; 16])?;
                }
                scheduler::register_due(c, &context, now)?;
                for firing in firings::all(c)? {
                    while scheduler::chunk(c, &context, firing.id, now)? == ChunkEnd::More {}
                }
                Ok(())
            })
            .unwrap();
        Self { _dir: dir, store, context, composer, now }
    }

    fn read<T>(&mut self, f: impl FnOnce(&Connection) -> Result<T, StoreError>) -> T {
        self.store.write(f).unwrap()
    }

    fn message(&mut self, n: i64) -> messages::MessageView {
        self.read(|c| messages::by_id(c, MessageRow(n))).unwrap()
    }

    fn draft(&mut self, n: i64) -> Letter {
        let view = self.message(n);
        let (context, composer, now) = (self.context.clone(), self.composer.clone(), self.now);
        match self.read(|c| draft(c, &context, &composer, view, now)) {
            Drafted::Letter(letter) => *letter,
            other => panic!("{other:?}"),
        }
    }

    fn claim(&mut self, letter: &Letter) -> Claimed {
        let (context, now) = (self.context.clone(), self.now);
        self.read(|c| claim(c, &context, letter, now))
    }

    fn settle(&mut self, letter: &Letter, outcome: &Outcome) {
        let (context, now) = (self.context.clone(), self.now);
        let sent = InFlight { view: letter.view.clone(), mid: letter.mid };
        self.read(|c| settle(c, &context, &sent, outcome, 0, now));
    }

    fn act(&mut self, action: &Action<'_>, letter: &Letter) -> Applied {
        let (context, at) = (self.context.clone(), self.now);
        let evidence =
            Evidence { door: Door::Web, mid: Some(letter.mid), lang: Lang::Fr, at, answers: "" };
        self.read(|c| actions::apply(c, &context, action, &evidence))
    }

    /// One message, claimed, with that outcome.
    fn with(outcome: &Outcome) -> (Self, Letter) {
        let mut bench = Self::planned(1);
        let letter = bench.draft(1);
        assert_eq!(bench.claim(&letter), Claimed::Ours);
        bench.settle(&letter, outcome);
        (bench, letter)
    }
}

fn reply(code: u16, status: &str) -> RelayReply {
    RelayReply { code, status: status.into(), text: format!("{status} no"), stage: "rcpt" }
}

#[test]
fn each_outcome_has_its_state() {
    let table = [
        (Outcome::Sent("queued as A1".into()), MessageState::Sent, "sent", 1),
        (Outcome::Refused(reply(550, "5.7.1")), MessageState::Refused, "refused", 1),
        (Outcome::Deferred(reply(451, "4.7.1")), MessageState::Deferred, "deferred", 1),
        (Outcome::Unknown("closed".into()), MessageState::Unknown, "unknown", 1),
        (Outcome::RelayDown(reply(530, "5.7.0")), MessageState::Queued, "not-sent", 0),
    ];
    for (outcome, state, attempt, tries) in table {
        let (mut bench, letter) = Bench::with(&outcome);
        let view = bench.message(1);
        assert_eq!((view.state, view.tries), (state, tries), "{outcome:?}");
        let kept = bench.read(|c| attempts::by_mid(c, letter.mid)).unwrap();
        assert_eq!(kept.state, attempt, "{outcome:?}");
    }
}

#[test]
fn a_retry_keeps_its_names_and_an_end_comes() {
    let (mut bench, first) = Bench::with(&Outcome::Deferred(reply(451, "4.7.1")));
    bench.now = bench.now.checked_add(SignedDuration::from_mins(6)).unwrap();
    let second = bench.draft(1);
    assert_eq!((second.mid, &second.header_id), (first.mid, &first.header_id));
    assert_eq!(second.from, first.from, "tokens stay");
    bench.now = bench.now.checked_add(SignedDuration::from_hours(24 * 5)).unwrap();
    let last = bench.draft(1);
    assert_eq!(bench.claim(&last), Claimed::Ours);
    bench.settle(&last, &Outcome::Deferred(reply(451, "4.7.1")));
    let view = bench.message(1);
    assert_eq!(view.state, MessageState::Refused);
    assert!(view.reason.starts_with("gave up"), "{}", view.reason);
}

#[test]
fn where_no_mailbox_is_read_no_deadline_waits() {
    assert_eq!(instant(Timestamp::MAX.as_millisecond()), Timestamp::MAX);
    assert_eq!(instant(i64::MIN), Timestamp::MIN, "nothing was read yet");
    let looked: Timestamp = "2027-01-01T05:00:00Z".parse().unwrap();
    assert_eq!(instant(looked.as_millisecond()), looked);
}

#[test]
fn a_claim_is_had_once() {
    let mut bench = Bench::planned(1);
    let letter = bench.draft(1);
    assert_eq!(bench.claim(&letter), Claimed::Ours);
    assert_eq!(bench.claim(&letter), Claimed::Gone);
}

#[test]
fn who_answered_between_drafting_and_claiming_gets_nothing() {
    let mut bench = Bench::planned(1);
    let letter = bench.draft(1);
    let renewal = letter.view.renewal.unwrap();
    let answer = Action::Answer { renewal, answer: &Answer::plain(Choice::Invoice), form: None };
    assert_eq!(bench.act(&answer, &letter), Applied::Done);
    assert_eq!(bench.claim(&letter), Claimed::Gone);
    let view = bench.message(1);
    assert_eq!((view.state, view.reason.as_str()), (MessageState::Cancelled, "answered"));
    let confirmation = bench.draft(2);
    assert_eq!(confirmation.view.kind, "confirmation");
    let back = Action::TakeBack { renewal };
    assert_eq!(bench.act(&back, &letter), Applied::Done);
    assert_eq!(bench.claim(&confirmation), Claimed::Later, "it shows an older state");
}

#[test]
fn a_new_address_is_composed_again() {
    let mut bench = Bench::planned(1);
    let letter = bench.draft(1);
    let moved = Row { email: Some("camille.roy@members.example".into()), ..row(1) };
    bench.read(|c| staging::apply(c, &moved, &Absent::default(), "s1", &[0; 16]));
    assert_eq!(bench.claim(&letter), Claimed::Later);
    let again = bench.draft(1);
    assert_eq!(again.address, "camille.roy@members.example");
    assert_eq!(bench.claim(&again), Claimed::Ours);
}

#[test]
fn what_died_in_sending_is_in_doubt_until_evidence() {
    let mut bench = Bench::planned(1);
    let letter = bench.draft(1);
    assert_eq!(bench.claim(&letter), Claimed::Ours);
    let (context, now) = (bench.context.clone(), bench.now);
    assert_eq!(bench.read(|c| recover(c, &context, now)), (1, 0));
    assert_eq!(bench.message(1).state, MessageState::Unknown);
    assert_eq!(bench.read(|c| recover(c, &context, now)), (0, 0), "once");
    let proof = Action::Proof { mid: letter.mid, what: "click", human: true };
    assert_eq!(bench.act(&proof, &letter), Applied::Done);
    assert_eq!(bench.message(1).state, MessageState::Sent);
    assert_eq!(bench.act(&proof, &letter), Applied::Already);
}

#[test]
fn config_may_send_again_as_a_next_attempt() {
    let mut bench = Bench::planned(1);
    let letter = bench.draft(1);
    assert_eq!(bench.claim(&letter), Claimed::Ours);
    bench.resends();
    let (context, now) = (bench.context.clone(), bench.now);
    assert_eq!(bench.read(|c| recover(c, &context, now)), (0, 1));
    let again = bench.draft(1);
    assert_eq!(again.view.attempt, 2);
    assert_ne!((again.mid, &again.header_id), (letter.mid, &letter.header_id));
}

impl Bench {
    /// Where config wants rather two than none.
    fn resends(&mut self) {
        let mut config = (*self.context.config).clone();
        config.relance.smtp.in_doubt = crate::config::InDoubt::Resend;
        self.context.config = Arc::new(config);
    }
}

#[test]
fn what_was_proved_while_the_relay_was_silent_stays_sent() {
    for outcome in [
        Outcome::Unknown("no answer in time".into()),
        Outcome::Deferred(reply(451, "4.7.1")),
        Outcome::Refused(reply(550, "5.7.1")),
        Outcome::RelayDown(reply(421, "4.3.2")),
    ] {
        let mut bench = Bench::planned(1);
        bench.resends();
        let letter = bench.draft(1);
        assert_eq!(bench.claim(&letter), Claimed::Ours);
        let proof = Action::Proof { mid: letter.mid, what: "click", human: true };
        assert_eq!(bench.act(&proof, &letter), Applied::Done);
        bench.settle(&letter, &outcome);
        let view = bench.message(1);
        assert_eq!((view.state, view.attempt), (MessageState::Sent, 1), "{outcome:?}");
        let kept = bench.read(|c| attempts::by_mid(c, letter.mid)).unwrap();
        assert_eq!((kept.state.as_str(), kept.evidence.as_str()), ("sent", "click"), "{outcome:?}");
    }
}

#[test]
fn a_proof_takes_back_the_attempt_that_doubt_had_opened() {
    let mut bench = Bench::planned(1);
    bench.resends();
    let first = bench.draft(1);
    assert_eq!(bench.claim(&first), Claimed::Ours);
    bench.settle(&first, &Outcome::Unknown("no answer in time".into()));
    assert_eq!(bench.message(1).state, MessageState::Queued);
    bench.now = bench.now.checked_add(SignedDuration::from_mins(10)).unwrap();
    let second = bench.draft(1);
    assert_eq!(second.view.attempt, 2);
    let proof = Action::Proof { mid: first.mid, what: "reply", human: true };
    assert_eq!(bench.act(&proof, &first), Applied::Done);
    assert_eq!(bench.claim(&second), Claimed::Gone);
    assert_eq!(bench.message(1).state, MessageState::Sent);
    assert_eq!(bench.act(&proof, &first), Applied::Already);
}

#[test]
fn a_dead_address_is_suspended_and_a_click_lifts_it() {
    let (mut bench, letter) = Bench::with(&Outcome::Refused(reply(550, "5.1.1")));
    let suspended =
        |bench: &mut Bench| bench.read(|c| people::by_number(c, "1")).is_some_and(|m| m.suspended);
    assert!(suspended(&mut bench));
    let proof = Action::Proof { mid: letter.mid, what: "reply", human: true };
    assert_eq!(bench.act(&proof, &letter), Applied::Done);
    assert!(!suspended(&mut bench));
    let kinds: Vec<String> =
        bench.read(|c| ledger::lines(c, 0)).into_iter().map(|l| l.kind).collect();
    assert!(kinds.ends_with(&[
        "bounced".into(),
        "address-suspended".into(),
        "address-lifted".into()
    ]));
}

#[test]
fn soft_reports_add_up_and_one_attempt_counts_once() {
    let (mut bench, letter) = Bench::with(&Outcome::Sent("ok".into()));
    let soft = Action::Bounced {
        mid: letter.mid,
        status: "5.2.2",
        fault: Fault::Mailbox,
        vouched: true,
        doubted: false,
    };
    assert_eq!(bench.act(&soft, &letter), Applied::Done);
    assert_eq!(bench.act(&soft, &letter), Applied::Already);
    let score = bench.read(|c| addresses::score(c, &letter.address));
    assert!((score.0 - 2.0).abs() < 1e-9 && !score.2, "{score:?}");
}

/// A note to that association's desk comes back as from a dead address; the desks that are then
/// not reached, and what is queued in return.
fn lose_a_desk_note(bench: &mut Bench, issuer: &str) -> (Vec<String>, Vec<i64>) {
    let (context, now) = (bench.context.clone(), bench.now);
    let newest = "SELECT id FROM message WHERE kind = 'desk-note' AND state = 'queued'";
    let queued = |c: &Connection| -> Result<Vec<i64>, StoreError> {
        let mut statement = c.prepare(newest)?;
        let rows = statement.query_map([], |r| r.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let payload = Payload {
        topic: DeskTopic::MessagesHeld.as_str().into(),
        firing: Some(1),
        ..Payload::default()
    };
    let note = bench.read(|c| {
        let seq = ledger::append(c, &context.ring, 0, "", "firing-held", &serde_json::json!({}))?;
        actions::tell_desk(c, &context, seq, issuer, None, &payload, now)?;
        queued(c)
    });
    let letter = bench.draft(note[0]);
    assert_eq!(bench.claim(&letter), Claimed::Ours);
    bench.settle(&letter, &Outcome::Refused(reply(550, "5.1.1")));
    bench.read(|c| {
        let desks = actions::unreached_desks(c, &context.config, now.as_millisecond())?;
        Ok((desks, queued(c)?))
    })
}

#[test]
fn a_desk_that_is_not_reached_is_told_to_the_national_one() {
    let mut bench = Bench::planned(1);
    let (desks, told) = lose_a_desk_note(&mut bench, "OPPI");
    assert_eq!((desks.as_slice(), told.len()), (["OPPI".to_owned()].as_slice(), 1));
    let view = bench.message(told[0]);
    assert_eq!((view.issuer.as_str(), view.to_desk), ("CIP", true));
    let letter = bench.draft(told[0]);
    let config = bench.context.config.clone();
    let desk = |code| config.association(code).unwrap().desk.email.clone();
    assert_eq!(letter.address, desk("CIP"));
    let text = String::from_utf8_lossy(&letter.composed.bytes).replace("=\r\n", "");
    assert!(text.contains("OPPI") && text.contains(&desk("OPPI")), "{text}");
    assert_eq!(bench.claim(&letter), Claimed::Ours);
    bench.settle(&letter, &Outcome::Sent("ok".into()));

    // Nobody is above the national desk: the log, `doctor` and the metrics have it.
    let (desks, told) = lose_a_desk_note(&mut bench, "CIP");
    assert_eq!((desks.len(), told), (2, vec![]));
    let kinds = bench.read(|c| ledger::lines(c, 0)).into_iter().map(|l| l.kind);
    assert_eq!(kinds.filter(|kind| kind == "desk-unreached").count(), 2);
}

#[test]
fn too_many_dead_addresses_hold_the_rest_and_suspend_nobody_more() {
    let mut bench = Bench::planned(40);
    let mut suspended = 0;
    for n in 1..=40 {
        let view = bench.message(n);
        if view.state != MessageState::Queued {
            continue;
        }
        let letter = bench.draft(n);
        assert_eq!(bench.claim(&letter), Claimed::Ours);
        bench.settle(&letter, &Outcome::Refused(reply(550, "5.1.1")));
        suspended += 1;
    }
    assert_eq!(suspended, 20, "the sample says enough");
    let tally = bench.read(messages::tally);
    assert!(tally.contains(&("notice".into(), "held".into(), 20)), "{tally:?}");
    let dead = bench.read(|c| {
        (1..=40)
            .map(|n| addresses::score(c, &format!("camille{n}@members.example")))
            .collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(dead.iter().filter(|d| d.2).count(), 19, "the last one found the firing sick");
    let firing = bench.message(40).firing.unwrap();
    assert_eq!(bench.read(|c| messages::release_firing(c, firing, 0)), 20);
    assert_eq!(bench.message(40).state, MessageState::Queued);
}

#[test]
fn a_mailing_is_held_at_the_same_report_however_seldom_it_is_weighed() {
    let mut bench = Bench::planned(62);
    for n in 1..=61 {
        let letter = bench.draft(n);
        assert_eq!(bench.claim(&letter), Claimed::Ours);
        let (taken, dead) = (Outcome::Sent("ok".into()), Outcome::Refused(reply(550, "5.1.1")));
        bench.settle(&letter, if n <= 40 { &taken } else { &dead });
        // 20 of 60 are no more than a third, 21 of 61 are.
        let expected = if n < 61 { MessageState::Queued } else { MessageState::Held };
        assert_eq!(bench.message(62).state, expected, "after {n}");
    }
}

#[test]
fn rate_limits_hold_calendar_mail_back() {
    let mut bench = Bench::planned(3);
    let mut config = (*bench.context.config).clone();
    config.relance.smtp.messages_per_minute = 2;
    bench.context.config = Arc::new(config);
    let letters: Vec<Letter> = (1..=3).map(|n| bench.draft(n)).collect();
    assert_eq!(bench.claim(&letters[0]), Claimed::Ours);
    assert_eq!(bench.claim(&letters[1]), Claimed::Ours);
    assert_eq!(bench.claim(&letters[2]), Claimed::Gone);
    let view = bench.message(3);
    assert_eq!(view.state, MessageState::Queued);
    assert!(view.due_ms > bench.now.as_millisecond());
    bench.now = bench.now.checked_add(SignedDuration::from_secs(61)).unwrap();
    assert_eq!(bench.claim(&letters[2]), Claimed::Ours);
}

#[test]
fn planning_twice_adds_nothing() {
    let mut bench = Bench::planned(5);
    let (context, now) = (bench.context.clone(), bench.now);
    bench.read(|c| {
        assert_eq!(scheduler::register_due(c, &context, now)?, 0);
        let notice = firings::all(c)?.into_iter().find(|f| f.issuer == "OPPI").unwrap();
        firings::replan(c, notice.id, firings::FiringState::Planning, "2026-11-04")?;
        while scheduler::chunk(c, &context, notice.id, now)? == ChunkEnd::More {}
        assert_eq!(messages::tally(c)?, vec![("notice".into(), "queued".into(), 5)]);
        Ok(())
    });
}
