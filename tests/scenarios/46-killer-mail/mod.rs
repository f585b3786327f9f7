//! A mail kills the process that reads it. Since each mail is counted before it is parsed, the
//! second try reads it alone, and the third sets it aside and passes it to the desk unread. Its
//! neighbours are read as if it had not been there, each once.

mod order;

use std::path::PathBuf;

use crate::support::letters::{Letter, deliver};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, can_die, rows};
use crate::support::relay::Relay;

const MX: &str = "mx.cip.example.ca";
const OUTCOMES: &str = "SELECT key, outcome FROM inbound ORDER BY key";

/// Three members have their notice; three replies came while the daemon was down.
fn three_replies() -> (Relay, Rehearsal, PathBuf) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    cip.import(&rows(1, 3, "CIP"));
    let daemon = cip.start(START);
    cip.next();
    assert_eq!(daemon.stop().code(), Some(0));
    let mut taken = relay.taken();
    taken.sort_by(|a, b| a.to.cmp(&b.to));
    for (n, notice) in taken.iter().enumerate() {
        let reply = Letter::reply(notice, MX, &format!("k{n}"), "renew");
        let at = format!("2026-11-02T14:0{n}:00Z");
        deliver(&maildir, &format!("{n}.k"), &reply.bytes(), &at);
    }
    (relay, cip, maildir)
}

#[test]
fn who_dies_once_reads_each_mail_once() {
    if !can_die() {
        return;
    }
    for point in ["inbox.counted", "inbox.parsed", "inbox.applied"] {
        let (relay, cip, _maildir) = three_replies();
        cip.dies_at(START, point);
        let _daemon = cip.start(START);
        cip.settle();
        let answered = ["0", "1", "2"].map(|n| format!("\"{n}.k\" | \"answered:invoice\""));
        assert_eq!(cip.query(OUTCOMES), answered, "{point}");
        assert_eq!(cip.query("SELECT DISTINCT state, version FROM renewal"), ["\"pledged\" | 1"]);
        let confirmed = "SELECT count(*), count(DISTINCT person) FROM message
                         WHERE kind = 'confirmation' AND state = 'sent'";
        assert_eq!(cip.query(confirmed), ["3 | 3"], "{point}");
        assert_eq!(relay.taken().len(), 6, "{point}");
        assert_eq!(cip.number("SELECT count(*) FROM parsing"), 0);
        cip.cli(&["audit", "verify"]).ok();
    }
}

#[test]
fn who_dies_of_one_mail_sets_it_aside_and_reads_the_others() {
    if !can_die() {
        return;
    }
    let (relay, cip, maildir) = three_replies();
    // Together with the others; then alone, twice counted: the third time it is not parsed.
    cip.dies_at(START, "inbox.parsed");
    cip.dies_at(START, "inbox.parsed");
    let daemon = cip.start(START);
    cip.settle();
    assert_eq!(
        cip.query(OUTCOMES),
        [
            "\"0.k\" | \"to-desk:unparsed\"",
            "\"1.k\" | \"answered:invoice\"",
            "\"2.k\" | \"answered:invoice\"",
        ]
    );
    let forward = relay.taken().into_iter().find(|t| t.to == ["membership@cip.example.ca"]);
    let forward = Mail::read(&forward.expect("the desk is told").bytes);
    assert!(!forward.text.is_empty());
    assert!(daemon.output().contains("inbox.quarantined"), "{}", daemon.output());
    assert_eq!(relay.taken().len(), 3 + 2 + 1);

    // What comes after it is read at once.
    let notice = relay.taken().into_iter().find(|t| t.to == ["m1@club.test"]).unwrap();
    let later = Letter::reply(&notice, MX, "later", "renew").bytes();
    deliver(&maildir, "9.k", &later, "2026-11-02T15:00:00Z");
    let read = "SELECT outcome FROM inbound WHERE key = '9.k'";
    cip.wait_for(read, &["\"answered:invoice\""]);
    assert_eq!(daemon.stop().code(), Some(0));
    let _daemon = cip.start(START);
    cip.settle();
    assert_eq!(cip.number("SELECT count(*) FROM message WHERE kind = 'forward'"), 1);
}

#[test]
fn a_mail_tried_before_is_counted_only_when_its_own_turn_comes() {
    if !can_die() {
        return;
    }
    let (_relay, cip, _maildir) = three_replies();
    cip.dies_at(START, "inbox.counted");
    assert_eq!(cip.query("SELECT DISTINCT tries FROM parsing"), ["1"]);
    cip.dies_at(START, "inbox.counted#3");
    let tries = cip.query("SELECT key, tries FROM parsing ORDER BY key");
    assert_eq!(tries, ["\"1.k\" | 2", "\"2.k\" | 1"], "the first was read, alone");
}
