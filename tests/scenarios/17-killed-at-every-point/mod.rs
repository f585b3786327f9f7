//! The machine may lose its power at any instant. One member's whole round is played again and
//! again, and each time the daemon dies at another point of it; it is started, and goes on.
//! Nothing is lost, nothing is doubled, and at most one message an open connection is in doubt.

mod round;

use crate::support::club::sent_to;
use crate::support::http;
use crate::support::skip;
use round::{Round, alone};

/// What the round leaves in the ledger, died or not.
const LEDGER: &str = "imported fired answered forwarded bounced address-suspended";

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
    assert_eq!(kinds, "\"notice\" \"confirmation\" \"forward\"", "{point}");
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
