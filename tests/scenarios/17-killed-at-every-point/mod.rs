//! The machine may lose its power at any instant. One member's whole round is played again and
//! again, and each time the daemon dies at another point of it; it is started, and goes on.
//! Nothing is lost, nothing is doubled, and at most one message an open connection is in doubt.

mod round;

use crate::support::club::Club;
use crate::support::relay::Relay;
use crate::support::skip;
use round::{NINE, Round, alone};

/// A part of the round.
type Act = fn(&mut Round);

/// What the round leaves in the ledger, died or not.
const LEDGER: &str = "imported fired invoiced answered forwarded bounced address-suspended";

/// Whether the binary has the points at which it can be made to die.
fn cannot_die() -> bool {
    if cfg!(feature = "faults") {
        return false;
    }
    skip("built without the feature faults");
    true
}

/// Plays the round with a death at each of these points.
fn die_at(points: &[&str]) {
    if cannot_die() {
        return;
    }
    for point in points {
        let mut round = alone(point);
        round.whole();
        assert_eq!(round.deaths, 1, "{point} was never reached");
        check(&round, point);
    }
}

fn check(round: &Round, point: &str) {
    round.is_whole(1);
    let acts: Vec<String> = round.club.ledger().lines().map(String::from).collect();
    let own = |act: &&String| !["proved-sent", "resolved-resend"].contains(&act.as_str());
    let acts: Vec<&str> = acts.iter().filter(own).map(String::as_str).collect();
    assert_eq!(acts.join(" "), LEDGER, "{point}");
    let kinds = round.club.query("SELECT kind FROM message ORDER BY id").join(" ");
    assert_eq!(kinds, "\"notice\" \"confirmation\" \"forward\" \"desk-note\"", "{point}");
    assert_eq!(round.club.query("SELECT count(*) FROM inbound"), ["2"], "{point}");
    assert_eq!(round.club.query("SELECT state FROM renewal"), ["\"pledged\""], "{point}");
}

#[test]
fn undisturbed_it_is_what_the_others_are_measured_by() {
    let mut round = alone("nowhere");
    round.whole();
    assert_eq!(round.deaths, 0);
    check(&round, "nowhere");
    round.is_whole(0);
}

#[test]
fn while_planning() {
    die_at(&["scheduler.registered", "scheduler.registered#2", "scheduler.chunk"]);
}

#[test]
fn before_and_after_claiming() {
    die_at(&[
        "outbox.before-claim",
        "outbox.before-claim#2",
        "outbox.before-claim#3",
        "outbox.claimed",
        "outbox.claimed#2",
        "outbox.claimed#3",
    ]);
}

#[test]
fn after_sending_and_settling() {
    die_at(&[
        "outbox.sent",
        "outbox.sent#2",
        "outbox.sent#3",
        "outbox.settled",
        "outbox.settled#2",
        "outbox.settled#3",
    ]);
}

#[test]
fn while_reading_mail() {
    die_at(&[
        "inbox.counted",
        "inbox.counted#2",
        "inbox.parsed",
        "inbox.parsed#2",
        "inbox.applied",
        "inbox.applied#2",
    ]);
}

/// Between every two steps of the store, as far as the round goes.
fn at_commits(label: &str, first: usize) {
    if cannot_die() {
        return;
    }
    for n in (first..).step_by(3) {
        let point = format!("{label}#{n}");
        let mut round = alone(&point);
        round.whole();
        if round.deaths == 0 {
            assert!(n > 12, "the round has more commits than {n}");
            return;
        }
        check(&round, &point);
    }
}

#[test]
fn before_a_commit() {
    at_commits("store.committing", 1);
}

#[test]
fn before_a_commit_is_told() {
    at_commits("store.committed", 2);
}

#[test]
fn a_click_an_answer_or_a_report_proves_that_a_message_in_doubt_left() {
    if cannot_die() {
        return;
    }
    let acts: [(Act, &str); 3] =
        [(Round::answer, "click"), (Round::question, "reply"), (Round::report, "returned")];
    for (act, evidence) in acts {
        let mut round = alone("outbox.sent");
        round.notice();
        let state = "SELECT m.state, a.evidence FROM message m JOIN attempt a ON a.message = m.id
                     WHERE m.kind = 'notice'";
        assert_eq!(round.club.query(state), ["\"unknown\" | \"\""]);
        assert_eq!(round.club.in_doubt().len(), 1);
        // Looking proves nothing: a scanner looks too.
        assert_eq!(round.club.get(&round.link()).status, 200);
        assert_eq!(round.club.in_doubt().len(), 1);

        act(&mut round);
        assert_eq!(round.club.query(state), [format!("\"sent\" | \"{evidence}\"")]);
        assert!(round.club.ledger().contains("proved-sent"), "{evidence}");
        round.is_whole(0);
    }
}

/// Rows of so many members.
fn crowd(members: usize) -> Vec<String> {
    (0..members)
        .map(|n| format!("{},Given,Family,member{n}@club.test,en,ON,CIP,full,yes\n", 20_000 + n))
        .collect()
}

#[test]
fn in_the_middle_of_a_crowd_no_more_than_the_open_connections_are_in_doubt() {
    if cannot_die() {
        return;
    }
    for (point, members) in [
        // Enough for several chunks of a few milliseconds each.
        ("scheduler.chunk#2", 500),
        ("outbox.claimed#40", 120),
        ("outbox.sent#60", 120),
        ("outbox.settled#80", 120),
    ] {
        let crowd = crowd(members);
        let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
        let mut round = Round::begin(point, &crowd);
        let jump = |r: &Round| drop(r.club.site.cli(&["clock", "set", NINE]));
        round.until(jump, |r| r.club.settled("notice") == crowd.len());
        assert_eq!(round.deaths, 1, "{point}");
        // As config says.
        round.is_whole(4);
    }
}

#[test]
fn an_import_goes_on_where_it_was() {
    if cannot_die() {
        return;
    }
    let crowd = crowd(1200);
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    for point in ["import.begun", "import.chunk", "import.chunk#3"] {
        let relay = Relay::start();
        let club = Club::with_relay(&relay);
        let list = club.list(&crowd);
        let died = club.site.cli_with(&["import", &list], &[("RELANCE_DIE_AT", point)]);
        assert_eq!(died.code(), -1, "{point}: {}{}", died.stdout, died.stderr);
        club.site.cli(&["import", &list]).ok();
        assert_eq!(
            club.query("SELECT count(*), count(DISTINCT email) FROM person"),
            ["1200 | 1200"]
        );
        assert_eq!(club.query("SELECT count(*) FROM membership WHERE missing = 0"), ["1200"]);
        assert_eq!(club.query("SELECT state FROM import"), ["\"done\""], "{point}");
    }
}
