//! The mailbox has been in use for years before Relance reads it: twenty thousand mails, some of
//! which look like answers. None of them is answered, the daemon is ready soon, and the next mail
//! that comes is read.

use std::time::{Duration, SystemTime};

use crate::support::letters::{Letter, deliver};
use crate::support::mailstack::{self, AUTHSERV_ID, MAILBOX, Options, Verdict};
use crate::support::rehearsal::{Rehearsal, SOON, START, row};
use crate::support::relay::Relay;
use crate::support::wait_until;

const OLD: usize = 20_000;
const OUTCOMES: &str = "SELECT outcome FROM inbound WHERE outcome <> 'backlog'";

fn old_mail(i: usize) -> Vec<u8> {
    format!(
        "From: alice@club.test\nTo: reply@reply.test\nSubject: Re: renewal\n\
         Message-ID: <old{i}@club.test>\nIn-Reply-To: <older{i}@club.test>\n\nrenew\n"
    )
    .into_bytes()
}

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

#[test]
fn by_imap_none_is_answered_and_the_next_is_read() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    stack.maildir(MAILBOX).fill(OLD, long_ago(), old_mail);
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.use_imap(&stack);
    cip.site.config.set("mail.authserv_id", AUTHSERV_ID);
    cip.import(&[row(1, "alice@club.test", "CIP")]);
    // Ready within the support's own limit, Dovecot's first look at the folder included.
    let _daemon = cip.start(START);
    cip.next();
    assert_eq!(relay.taken().len(), 1, "the notice");
    assert_eq!(cip.number("SELECT count(*) FROM inbound"), 0);

    let letter = Letter::reply(&relay.taken()[0], AUTHSERV_ID, "new-1", "renew");
    let (_, headers) = letter.headers.split_once('\n').unwrap();
    let letter = Letter { headers: headers.to_owned(), ..letter };
    stack.send(Verdict::Pass, &letter.from, &letter.to, &letter.bytes()).unwrap();
    cip.wait_for(OUTCOMES, &["\"answered:invoice\""]);
    cip.settle();
    assert_eq!(relay.taken().len(), 2, "the notice and one confirmation");
}

#[test]
fn in_a_maildir_none_is_answered_and_the_next_is_read() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    for i in 0..OLD {
        std::fs::write(maildir.join("cur").join(format!("{i}.old:2,S")), old_mail(i)).unwrap();
    }
    cip.import(&[row(1, "alice@club.test", "CIP")]);
    let daemon = cip.start(START);
    cip.next();
    let letter = Letter::reply(&relay.taken()[0], "mx.cip.example.ca", "new-1", "renew");
    deliver(&maildir, "1.new", &letter.bytes(), "2026-11-02T15:00:00Z");
    cip.wait_for(OUTCOMES, &["\"answered:invoice\""]);
    cip.settle();
    assert_eq!(relay.taken().len(), 2);

    // A second start reads the same folder and answers nothing again.
    assert_eq!(daemon.stop().code(), Some(0));
    let _daemon = cip.start(START);
    wait_until("ready", SOON, || (cip.ready().0 == 200).then_some(()));
    cip.settle();
    assert_eq!(cip.query(OUTCOMES).len(), 1);
    assert_eq!(relay.taken().len(), 2);
    assert_eq!(std::fs::read_dir(maildir.join("cur")).unwrap().count(), OLD, "nothing is moved");
}
