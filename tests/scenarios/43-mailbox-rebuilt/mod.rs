//! The mail server is migrated: the mailbox has a new UIDVALIDITY, new UIDs, and sometimes new
//! dates. What was read before is known by its content and does nothing again; what came
//! meanwhile is read. Where every mail looks new, nothing is read until a person says so.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::daemon::Daemon;
use crate::support::letters::Letter;
use crate::support::mailstack::{self, AUTHSERV_ID, MAILBOX, MailStack, Options, Verdict};
use crate::support::rehearsal::{Rehearsal, SOON, START, row};
use crate::support::relay::{Relay, Taken};
use crate::support::wait_until;

/// Mails that stood in the mailbox before the first contact.
const BACKLOG: usize = 30;
const OUTCOMES: &str = "SELECT outcome FROM inbound ORDER BY id";
const RENEWALS: &str = "SELECT p.member_no, r.state, r.version FROM renewal r
                        JOIN person p ON p.id = r.person ORDER BY p.member_no";

fn moment(at: &str) -> SystemTime {
    at.parse::<jiff::Timestamp>().unwrap().into()
}

fn arrived(path: &Path, at: &str) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(moment(at)).unwrap();
}

/// Alice has renewed by reply; Benoît's reply came while the daemon is down.
fn one_read_and_one_new(stack: &MailStack) -> (Relay, Rehearsal, Vec<Taken>) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.use_imap(stack);
    cip.site.config.set("mail.authserv_id", AUTHSERV_ID);
    let mailbox = stack.maildir(MAILBOX);
    mailbox.fill(BACKLOG, moment("2026-09-01T12:00:00Z"), |i| {
        format!("From: old{i}@club.test\nMessage-ID: <old{i}@club.test>\n\nOld {i}\n").into_bytes()
    });
    let backlog = mailbox.files();
    cip.import(&[row(1, "alice@club.test", "CIP"), row(2, "benoit@club.test", "CIP")]);
    let daemon = cip.start(START);
    cip.next();
    let mut notices = relay.taken();
    notices.sort_by(|a, b| a.to.cmp(&b.to));
    reply(stack, &notices[0], "alice-1");
    cip.wait_for(OUTCOMES, &["\"answered:invoice\""]);
    cip.settle();
    assert_eq!(daemon.stop().code(), Some(0));
    reply(stack, &notices[1], "benoit-1");
    mailbox.wait_for_count(BACKLOG + 2, SOON);
    // The mail servers live today, the calendar travels: both replies arrived in the season.
    let old: Vec<_> = backlog.iter().filter_map(|p| p.file_name()).collect();
    for path in mailbox.files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let base = name.split(':').next().unwrap_or_default();
        if !old.iter().any(|o| o.to_string_lossy().split(':').next() == Some(base)) {
            arrived(&path, "2026-11-02T15:00:00Z");
        }
    }
    (relay, cip, notices)
}

fn reply(stack: &MailStack, notice: &Taken, id: &str) {
    let letter = Letter::reply(notice, AUTHSERV_ID, id, "renew");
    // Our own MX writes the verdict.
    let (_, headers) = letter.headers.split_once('\n').unwrap();
    let letter = Letter { headers: headers.to_owned(), ..letter };
    stack.send(Verdict::Pass, &letter.from, &letter.to, &letter.bytes()).unwrap();
}

fn confirmations(cip: &Rehearsal) -> i64 {
    cip.number("SELECT count(*) FROM message WHERE kind = 'confirmation'")
}

#[test]
fn what_was_read_is_known_again_and_what_is_new_is_read() {
    let Some(mut stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let (relay, cip, _) = one_read_and_one_new(&stack);
    // Dovecot takes a validity from the time of day: a second later it is another.
    std::thread::sleep(Duration::from_millis(1100));
    stack.recreate_mailbox(None);
    let daemon = cip.start(START);
    cip.settle();
    let mut outcomes = cip.query(OUTCOMES);
    outcomes.sort();
    assert_eq!(outcomes, ["\"answered:invoice\"", "\"answered:invoice\"", "\"duplicate\""]);
    assert_eq!(cip.query(RENEWALS), ["\"1\" | \"pledged\" | 1", "\"2\" | \"pledged\" | 1"]);
    assert_eq!(confirmations(&cip), 2, "one for each, not one more for Alice");
    assert_eq!(relay.taken().len(), 4);
    assert!(daemon.output().contains("inbox.mailbox_rebuilt"), "{}", daemon.output());

    // The next mail, and the next start, find the mailbox as it is.
    reply(&stack, &relay.taken()[0], "again-1");
    wait_until("the new mail", SOON, || (cip.query(OUTCOMES).len() == 4).then_some(()));
    assert_eq!(daemon.stop().code(), Some(0));
    let _daemon = cip.start(START);
    cip.settle();
    assert_eq!(cip.query(OUTCOMES).len(), 4);
}

/// Starts a daemon that is not ready, and waits until it says why.
fn started_but_held(cip: &Rehearsal, at: &str) -> Daemon {
    let daemon = cip.spawn(at, &[], &[]);
    wait_until("the mailbox is held", SOON, || {
        let answer = crate::support::http::get(cip.site.admin, "/readyz").ok()?;
        answer.body.contains("relance inbox resume").then_some(())
    });
    daemon
}

#[test]
fn where_everything_looks_new_a_person_decides() {
    let Some(mut stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let (_relay, cip, _) = one_read_and_one_new(&stack);
    std::thread::sleep(Duration::from_millis(1100));
    stack.recreate_mailbox(Some(moment("2026-11-20T03:00:00Z")));
    let daemon = started_but_held(&cip, "2026-11-20T15:00:00Z");
    assert_eq!(cip.ready().0, 503);
    assert_eq!(cip.query(OUTCOMES), ["\"answered:invoice\""], "nothing is read meanwhile");
    assert_eq!(confirmations(&cip), 1);
    // A restart does not make it forget.
    assert_eq!(daemon.stop().code(), Some(0));
    let _daemon = started_but_held(&cip, "2026-11-20T15:00:00Z");
    assert_eq!(cip.query(OUTCOMES).len(), 1);

    let said = cip.cli(&["inbox", "resume"]).ok();
    assert!(said.contains("will be read"), "{said}");
    wait_until("the mailbox is read", SOON, || (cip.ready().0 == 200).then_some(()));
    cip.settle();
    let count = |outcome: &str| {
        cip.number(&format!("SELECT count(*) FROM inbound WHERE outcome = '{outcome}'"))
    };
    assert_eq!((count("answered:invoice"), count("duplicate")), (2, 1));
    assert_eq!(confirmations(&cip), 2, "even now nothing is done twice");
    let strays = cip.number("SELECT count(*) FROM inbound WHERE outcome = 'to-desk:no-token'");
    assert_eq!(strays, i64::try_from(BACKLOG).unwrap(), "what looks new is taken for new");
    let said = cip.cli(&["inbox", "resume"]).ok();
    assert!(said.contains("no mailbox is held"), "{said}");
}
