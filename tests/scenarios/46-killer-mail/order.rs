//! After a death, too, mails are read in the order in which they came: whoever wrote twice is taken
//! at their last word, and the cursor of a mailbox never goes past what is unread.

use super::{MX, three_replies};
use crate::support::imap::Imap;
use crate::support::letters::{Letter, deliver};
use crate::support::rehearsal::{Rehearsal, START, can_die, rows};
use crate::support::relay::{Relay, Taken};

/// The notice of a member.
fn notice(relay: &Relay, n: u32) -> Taken {
    let theirs = |taken: &Taken| taken.to == [format!("m{n}@club.test")];
    relay.taken().into_iter().find(theirs).expect("a notice")
}

#[test]
fn older_files_are_read_first() {
    if !can_die() {
        return;
    }
    let (relay, cip, maildir) = three_replies();
    cip.dies_at(START, "inbox.counted");
    // One is younger than those three; one is older, and was delivered late.
    let again = Letter::reply(&notice(&relay, 1), MX, "again", "May my employer pay?");
    deliver(&maildir, "9.k", &again.bytes(), "2026-11-02T14:09:00Z");
    let late = Letter::reply(&notice(&relay, 2), MX, "late", "Is it too late?");
    deliver(&maildir, "8.k", &late.bytes(), "2026-11-02T13:59:00Z");
    let _daemon = cip.start(START);
    cip.settle();
    let read = cip.query("SELECT key FROM inbound ORDER BY id");
    assert_eq!(read, ["8.k", "0.k", "1.k", "2.k", "9.k"].map(|key| format!("\"{key}\"")));
}

#[test]
fn the_cursor_of_a_mailbox_passes_nothing_unread() {
    if !can_die() {
        return;
    }
    let (relay, imap) = (Relay::start(), Imap::start());
    let cip = Rehearsal::of_cip(&relay);
    imap.configure(&cip.site.config);
    cip.import(&rows(1, 4, "CIP"));
    let daemon = cip.start(START);
    cip.next();
    assert_eq!(daemon.stop().code(), Some(0));
    let answer = |n: u32| {
        let reply = Letter::reply(&notice(&relay, n), MX, &format!("i{n}"), "renew");
        imap.deliver(&reply.raw());
    };
    (1..=3).for_each(answer);
    cip.dies_at(START, "inbox.counted");
    answer(4);
    // What was applied first may be all that is: the rest is read in the next life.
    cip.dies_at(START, "inbox.applied");
    let read = "SELECT key FROM inbound ORDER BY id";
    assert_eq!(cip.query(read), ["\"1\""], "the oldest");
    let _daemon = cip.start(START);
    cip.settle();
    cip.wait_for(read, &["\"1\"", "\"2\"", "\"3\"", "\"4\""]);
    cip.settle();
    assert_eq!(cip.query("SELECT DISTINCT outcome FROM inbound"), ["\"answered:invoice\""]);
    assert_eq!(cip.query("SELECT DISTINCT state FROM renewal"), ["\"pledged\""]);
}
