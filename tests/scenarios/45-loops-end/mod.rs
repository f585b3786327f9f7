//! Machines answer machines: an out-of-office note, a list, our own mail coming back, two desks
//! whose programs thank for every mail. Each loop ends, and an answer is never given twice for one
//! mail.

use std::path::PathBuf;

use crate::support::daemon::Daemon;
use crate::support::letters::{Letter, deliver};
use crate::support::rehearsal::{Rehearsal, SOON, START, rows};
use crate::support::relay::{Relay, Taken};

const MX: &str = "mx.cip.example.ca";
const OUTCOMES: &str = "SELECT outcome FROM inbound WHERE outcome <> 'backlog' ORDER BY id";
/// Automatic answers to one address on one day.
const ANSWERS: usize = 5;

struct Club {
    relay: Relay,
    cip: Rehearsal,
    maildir: PathBuf,
}

/// One member who has the notice.
fn noticed() -> (Club, Daemon, Taken) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    cip.import(&rows(1, 1, "CIP"));
    let daemon = cip.start(START);
    cip.next();
    let notice = relay.taken().remove(0);
    (Club { relay, cip, maildir }, daemon, notice)
}

impl Club {
    /// Delivers one mail now and waits until it was read and everything that follows is done.
    fn receive(&self, name: &str, raw: &[u8]) -> String {
        let seen = self.cip.query(OUTCOMES).len();
        let now = self.cip.cli(&["clock", "now"]).ok();
        deliver(&self.maildir, name, raw, now.trim());
        // Tells the daemon to look, so that nobody waits.
        self.cip.cli(&["inbox", "resume"]).ok();
        crate::support::wait_until("the mail is read", SOON, || {
            (self.cip.query(OUTCOMES).len() > seen).then_some(())
        });
        self.cip.settle();
        self.cip.query(OUTCOMES).pop().unwrap().replace('"', "")
    }
}

#[test]
fn machines_get_no_answer() {
    let (club, _daemon, notice) = noticed();
    let renew = |id: &str| Letter::reply(&notice, MX, id, "renew");
    let away = "I am out of the office until Monday. For urgent matters call the front desk.";
    let cases = [
        (renew("a1").with("Auto-Submitted: auto-replied").bytes(), "kept:auto-reply"),
        (
            Letter::reply(&notice, MX, "a2", away).with("X-Autoreply: yes").bytes(),
            "kept:auto-reply",
        ),
        (renew("a3").with("List-Id: <planners.club.test>").bytes(), "kept:list-or-bulk"),
        (renew("a4").with("Precedence: bulk").bytes(), "kept:list-or-bulk"),
        (renew("a5").with("Return-Path: <>").bytes(), "kept:auto-reply"),
        (notice.bytes.clone(), "kept:own-mail"),
    ];
    for (n, (raw, outcome)) in cases.iter().enumerate() {
        assert_eq!(club.receive(&format!("{n}.a"), raw), *outcome, "case {n}");
    }
    assert_eq!(club.relay.taken().len(), 1, "the notice, and nothing more");
    assert_eq!(club.cip.query("SELECT state FROM renewal"), ["\"open\""], "and nothing was done");
}

#[test]
fn a_program_that_asks_for_help_for_ever_is_answered_a_few_times() {
    let (club, daemon, notice) = noticed();
    let mut last = notice;
    for n in 0..8 {
        let reply = Letter::reply(&last, MX, &format!("h{n}"), "help").bytes();
        assert_eq!(club.receive(&format!("{n}.h"), &reply), "helped");
        last = club.relay.taken().pop().unwrap();
    }
    assert_eq!(club.relay.taken().len(), 1 + ANSWERS);
    assert_eq!(daemon.stop().code(), Some(0));
    let _daemon = club.cip.start(START);
    let reply = |id: &str| Letter::reply(&last, MX, id, "help").bytes();
    club.receive("restarted.h", &reply("restarted"));
    assert_eq!(club.relay.taken().len(), 1 + ANSWERS, "the cap outlives a restart");
    club.cip.jump("2026-11-03T15:00:00Z");
    club.receive("tomorrow.h", &reply("tomorrow"));
    assert_eq!(club.relay.taken().len(), 2 + ANSWERS, "and ends with the day");
}

#[test]
fn a_member_s_and_a_desk_s_machine_do_not_answer_each_other_for_ever() {
    let (club, _daemon, notice) = noticed();
    let mut answered = 0;
    let mut queue = vec![notice];
    // Neither program says that it is one: each thanks for whatever comes.
    while let Some(mail) = queue.pop() {
        let before = club.relay.taken().len();
        let thanks = Letter::reply(&mail, MX, &format!("t{answered}"), "We have your message.");
        club.receive(&format!("{answered}.t"), &thanks.bytes());
        answered += 1;
        queue.extend(club.relay.taken().split_off(before));
        if answered > 80 {
            break;
        }
    }
    assert!(queue.is_empty(), "they still talk after {answered} mails");
    let to_desk = club.cip.number("SELECT count(*) FROM message WHERE kind = 'forward'");
    assert!((1..=20).contains(&to_desk), "{to_desk}");
    let kept = club.cip.number("SELECT count(*) FROM inbound WHERE outcome LIKE 'to-desk%'");
    assert!(kept >= to_desk, "nothing that was written is lost");
}

#[test]
fn one_mail_acts_once_and_another_under_its_id_acts_too() {
    let (club, _daemon, notice) = noticed();
    let renew = Letter::reply(&notice, MX, "same", "renew");
    assert_eq!(club.receive("1.s", &renew.bytes()), "answered:invoice");
    assert_eq!(club.receive("2.s", &renew.bytes()), "duplicate");
    // On its way to us by two routes: the trace differs, the mail does not.
    let routed = [b"Received: by other.test\n".as_slice(), &renew.bytes()].concat();
    assert_eq!(club.receive("3.s", &routed), "duplicate");
    let confirmations = "SELECT count(*) FROM message WHERE kind = 'confirmation'";
    assert_eq!(club.cip.number(confirmations), 1);
    let other = Letter { text: "stop".into(), ..renew };
    assert_eq!(club.receive("4.s", &other.bytes()), "stopped");
    assert_eq!(club.cip.number("SELECT count(*) FROM unsubscription"), 1);
    assert_eq!(club.cip.number("SELECT max(version) FROM renewal"), 1);
}
