//! A store is set back to before the notices went out. What its first life has sent is not mailed
//! again: a backup says itself that it is one, and of a copied file the mailbox or a click tells.

use super::s90_backup::{backup, held, held_no_more, restore, start_held};
use crate::support::club::{ALICE, BEFORE_NOTICE, BENOIT, Club, sent_to, taken};
use crate::support::relay::Relay;

/// The evening of the notice: what was missed is within its bound, and goes if nothing holds it.
const EVENING: &str = "2026-11-02T20:00:00-05:00";

/// Long after the bound: each step of the week before would wait for the desk.
const WEEK_LATER: &str = "2026-11-09T08:00:00-05:00";

/// An hour before the notice, the first look at the mailbox over.
fn before(relay: &Relay) -> Club {
    let mut club = Club::with_relay(relay);
    club.import(&[ALICE, BENOIT]);
    club.start(BEFORE_NOTICE);
    club.rest();
    club
}

/// The file was copied an hour before the notice, which has gone out since.
fn copied(relay: &Relay) -> (Club, String) {
    let mut club = before(relay);
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    let file = club.site.dir().join("copied.db").display().to_string();
    std::fs::copy(club.database(), &file).unwrap();
    club.start(BEFORE_NOTICE);
    club.next();
    (club, file)
}

#[test]
fn a_backup_is_put_back_and_nothing_is_mailed_twice() {
    let relay = Relay::start();
    let mut club = before(&relay);
    let file = backup(&club, "monday.db");
    club.next();
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let sent = relay.taken().len();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &file);
    club.daemon = Some(start_held(&club, WEEK_LATER, "this store is a copy"));
    assert_eq!(club.get(&link).status, 503, "not damaged: not known here yet");
    let would = club.json(&["adopt", "--dry-run", "--assume-sent-until", WEEK_LATER]);
    assert_eq!(would["reason"], "copy");
    held(&club, "this store is a copy");
    let early = club.site.cli(&["adopt", "--assume-sent-until", "2027-01-01T00:00:00Z"]);
    assert!(early.stderr.contains("still to come"), "{}", early.stderr);
    club.site.cli(&["adopt", "--assume-sent-until", WEEK_LATER]).ok();
    held_no_more(&club);
    club.rest();
    assert_eq!(relay.taken().len(), sent, "{}", club.messages());
    let evidence = "SELECT DISTINCT m.state, a.evidence FROM message m
                    JOIN attempt a ON a.message = m.id WHERE m.kind = 'notice'";
    assert_eq!(club.query(evidence), ["\"sent\" | \"assumed\""]);
    // The link that was mailed opens again, and the season goes on.
    assert_eq!(club.get(&link).status, 200);
    club.next();
    assert!(relay.taken().len() > sent, "{}", club.messages());
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
}

#[test]
fn a_click_tells_of_a_copied_file() {
    let relay = Relay::start();
    let (mut club, file) = copied(&relay);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &file);
    // Back on the day before: nothing is due yet, and nothing tells it from the original.
    club.start(BEFORE_NOTICE);
    let sent = relay.taken().len();
    assert_eq!(club.get(&link).status, 503);
    held(&club, "its message is not in this store");
    club.jump(EVENING);
    assert_eq!(relay.taken().len(), sent, "{}", club.messages());
    club.site.cli(&["adopt", "--assume-sent-until", EVENING]).ok();
    held_no_more(&club);
    club.rest();
    assert_eq!(club.get(&link).status, 200);
    assert_eq!(relay.taken().len(), sent, "{}", club.messages());
}

#[test]
fn the_mailbox_tells_before_anything_goes_and_the_relays_log_says_what_went() {
    let relay = Relay::start();
    let (mut club, file) = copied(&relay);
    let notice = taken(&relay, "alice", "Here is your notice");
    let reply_to = notice.header("Reply-To").expect("an address to answer").to_owned();
    let message_id = notice.header("Message-ID").expect("an id").to_owned();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &file);
    let sent = relay.taken().len();
    let raw = format!(
        "From: alice@club.test\r\nTo: {reply_to}\r\nSubject: Re: notice\r\n\
         Message-ID: <q1@club.test>\r\nDate: Mon, 2 Nov 2026 19:00:00 -0500\r\n\r\n\
         What does my insurance cover?\r\n"
    );
    club.arrive("1.q.club", &raw);
    club.daemon = Some(start_held(&club, EVENING, "its message is not in this store"));
    assert_eq!(relay.taken().len(), sent, "{}", club.messages());
    let inbound = "SELECT count(*) FROM inbound WHERE outcome <> 'backlog'";
    assert_eq!(club.query(inbound), ["0"], "the mail is left for later");
    // The relay's log has one of the two.
    let log = club.site.dir().join("mail.log");
    let lines = format!(
        "Nov  2 14:00:00 mx postfix/cleanup[7]: 4AAA: message-id={message_id}\n\
         Nov  2 14:00:01 mx postfix/smtp[7]: 4AAA: to=<alice@club.test>, dsn=2.0.0, status=sent (ok)\n"
    );
    std::fs::write(&log, lines).unwrap();
    club.site.cli(&["adopt", "--relay-log", &log.display().to_string()]).ok();
    held_no_more(&club);
    club.wait_for(inbound, "1");
    club.rest();
    assert_eq!(sent_to(&relay, "alice").len(), 1, "{}", club.messages());
    assert_eq!(sent_to(&relay, "benoit").len(), 2, "his is not in the log, and goes");
    let evidence = "SELECT count(*) FROM attempt WHERE evidence = 'relay-log'";
    assert_eq!(club.query(evidence), ["1"]);
}

#[test]
fn an_employers_lasting_link_tells_of_a_copied_file() {
    let relay = Relay::start();
    let (mut club, file) = copied(&relay);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let employer = [("employer_name", "City of Example"), ("employer_email", "pays@city.test")];
    let fields = [&[("choice", "invoice")][..], &employer].concat();
    assert_eq!(club.submit(&link, &fields).status, 303);
    club.rest();
    let lasting = sent_to(&relay, "pays@city.test")[0].path_with("/p/").unwrap();
    let invoice = format!("{lasting}/CIP-2027-00001");
    assert_eq!(club.get(&invoice).status, 200);
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    for first in [&lasting, &invoice] {
        restore(&club, &file);
        club.start(BEFORE_NOTICE);
        let sent = relay.taken().len();
        // What is no link of ours tells of nothing.
        assert_eq!(club.get(&format!("/p/{}", "A".repeat(40))).status, 404);
        held_no_more(&club);
        assert_eq!(club.get(first).status, 503);
        held(&club, "its message is not in this store");
        assert_eq!(club.post(&invoice, &[("act", "pay")]).status, 503, "no card is taken");
        club.jump(EVENING);
        assert_eq!(relay.taken().len(), sent, "{}", club.messages());
        club.site.cli(&["adopt", "--assume-sent-until", EVENING]).ok();
        held_no_more(&club);
        club.rest();
        assert_eq!(relay.taken().len(), sent, "{}", club.messages());
        // What was billed since is not in it: a person says so, and it holds nothing again.
        assert_eq!(club.get(first).status, 404);
        held_no_more(&club);
        assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    }
}
