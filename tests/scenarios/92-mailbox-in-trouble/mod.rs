//! The server that holds our mailbox falls silent, hangs up, talks nonsense or lies about sizes,
//! at each command in turn. A member's question is waiting there each time. It is read once the
//! server does as it should, and once only, and nobody has to do anything; where a person must,
//! `/readyz` and `doctor` say so.

use crate::support::club::SOON;
use crate::support::daemon::Daemon;
use crate::support::imap::{Act, HANG, Imap};
use crate::support::letters::Letter;
use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::{Relay, Taken};
use crate::support::wait_until;
use relance::daemon::control;

const MX: &str = "mx.cip.example.ca";

struct Story {
    // Before the folder with its log.
    daemon: Daemon,
    relay: Relay,
    imap: Imap,
    cip: Rehearsal,
    notices: Vec<Taken>,
    asked: usize,
}

/// So many members have their notice; the mailbox is met, and empty.
fn begin(members: u32) -> Story {
    let (relay, imap) = (Relay::start(), Imap::start());
    let cip = Rehearsal::of_cip(&relay);
    imap.configure(&cip.site.config);
    // How long it idles: then it says DONE, whatever has come.
    cip.site.config.set("inbox.poll_s", 5);
    cip.import(&rows(1, members, "CIP"));
    let daemon = cip.start_with(START, &["--mailbox-patience-s", "1"], &[]);
    cip.next();
    let notices = relay.taken();
    assert_eq!(notices.len(), usize::try_from(members).unwrap());
    Story { daemon, relay, imap, cip, notices, asked: 0 }
}

impl Story {
    /// The next member asks something.
    fn ask(&mut self) {
        let notice = &self.notices[self.asked];
        self.asked += 1;
        let question = Letter::reply(notice, MX, &self.asked.to_string(), "May my employer pay?");
        self.imap.deliver(&question.raw());
    }

    /// Waits until every question was read. A wait after a fault is cut short, as the clock would.
    fn all_read(&self, what: &str) {
        let read = "SELECT count(*) FROM message WHERE kind = 'forward'";
        wait_until(&format!("the question to be read in spite of {what}"), SOON, || {
            let _ = control::ask(&self.cip.site.state(), "wake");
            (self.cip.number(read) == i64::try_from(self.asked).unwrap()).then_some(())
        });
    }

    /// Each question went to the desk once, and all is well again.
    fn all_is_well(mut self) {
        self.relay.wait_for(self.notices.len() + self.asked, SOON);
        let forwards =
            "SELECT count(*), count(DISTINCT person) FROM message WHERE kind = 'forward'";
        let asked = self.asked;
        assert_eq!(self.cip.query(forwards), [format!("{asked} | {asked}")]);
        wait_until("readiness", SOON, || (self.cip.ready().0 == 200).then_some(()));
        assert!(self.daemon.ended().is_none(), "one daemon through all of it");
        self.cip.cli(&["audit", "verify"]).ok();
    }
}

/// At each of these commands, this happens once.
fn at_each(cases: &[(&'static str, Act)]) {
    let mut story = begin(u32::try_from(cases.len()).unwrap());
    for (words, act) in cases {
        let what = format!("{act:?} at {words}");
        let before = story.imap.fired();
        story.imap.rule(words, *act, 1);
        let connects = ["greeting", "LOGIN", "CAPABILITY", "EXAMINE"].contains(words);
        if connects {
            // A connection stands: it must come down before another is made.
            story.imap.rule("DONE", Act::Close, 1);
        }
        story.ask();
        wait_until(&what, SOON, || {
            let _ = control::ask(&story.cip.site.state(), "wake");
            (story.imap.fired() == before + 1 + usize::from(connects)).then_some(())
        });
        story.all_read(&what);
    }
    story.all_is_well();
}

const COMMANDS: [&str; 9] = [
    "greeting",
    "LOGIN",
    "CAPABILITY",
    "EXAMINE",
    "UID SEARCH",
    "RFC822.SIZE",
    "BODY.PEEK",
    "IDLE",
    "DONE",
];

#[test]
fn it_falls_silent_at_each_command() {
    at_each(&COMMANDS.map(|words| (words, HANG)));
}

#[test]
fn it_hangs_up_at_each_command() {
    at_each(&COMMANDS.map(|words| (words, Act::Close)));
}

#[test]
fn it_talks_nonsense_or_lies_about_sizes() {
    at_each(&[
        ("greeting", Act::Say("* BYE too busy\r\n")),
        ("LOGIN", Act::Say("TAG NO [UNAVAILABLE] later\r\n")),
        ("EXAMINE", Act::Say("what?\r\n")),
        ("UID SEARCH", Act::Say("TAG NO [INUSE] later\r\n")),
        ("UID SEARCH", Act::SayAndHang("* SEARCH 1 2")),
        ("IDLE", Act::Say("* BYE it dies\r\n")),
        ("IDLE", Act::SayAndHang("+ idling\r\n")),
        ("RFC822.SIZE", Act::Say("* 1 FETCH (UID NUMBER RFC822.SIZE\r\nTAG OK done\r\n")),
        // More than comes, less than comes, and two gigabytes.
        ("BODY.PEEK", Act::SayAndHang("* 1 FETCH (UID NUMBER BODY[]<0> {500}\r\nabc")),
        (
            "BODY.PEEK",
            Act::Say("* 1 FETCH (UID NUMBER BODY[]<0> {3}\r\nabcdef)\r\nTAG OK done\r\n"),
        ),
        ("BODY.PEEK", Act::SayAndHang("* 1 FETCH (UID NUMBER BODY[]<0> {2147483648}\r\nabc")),
    ]);
}

#[test]
fn numbered_anew_while_we_read_nothing_is_read_twice() {
    let mut story = begin(3);
    for _ in 0..2 {
        story.ask();
        story.all_read("nothing");
    }
    story.imap.renumber();
    story.imap.rule("DONE", Act::Close, 1);
    story.ask();
    story.all_read("a new UIDVALIDITY");
    story.all_is_well();
}

#[test]
fn a_password_that_has_expired_needs_a_person_who_is_told() {
    let mut story = begin(1);
    story.imap.rule("LOGIN", Act::Say("TAG NO [AUTHENTICATIONFAILED] it has expired\r\n"), 1000);
    story.imap.rule("DONE", Act::Close, 1);
    story.ask();
    wait_until("the fault to be told", SOON, || {
        let (status, text) = story.cip.ready();
        (status == 503 && text.contains("login") && text.contains("expired")).then_some(())
    });
    let doctor = story.cip.cli(&["doctor"]);
    assert_eq!(doctor.code(), 1);
    assert!(doctor.stdout.contains("expired"), "{}", doctor.stdout);
    assert!(!doctor.stdout.contains("horse"), "a password is never shown");
    story.imap.heal();
    story.all_read("a password that had expired");
    story.all_is_well();
}
