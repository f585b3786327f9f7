//! A member calls our notice spam, and the provider passes that on (RFC 5965). Reminders of that
//! association end at once and without a word; what cannot be done without still comes.

use crate::support::club::{ALICE, BENOIT, Club, SOON, address};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MAILBOX, MailStack, Options, Verdict};

/// A provider's report with the mail that was complained of. Providers take addresses out of the
/// report; the returned mail's own fields stay.
fn complaint(id: &str, kind: &str, returned: &str) -> String {
    format!(
        "From: <fbl@provider.test>\nTo: <{MAILBOX}>\nSubject: FW: complaint\n\
         Message-ID: <{id}@provider.test>\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n\
         --b\nContent-Type: message/feedback-report\n\n\
         Feedback-Type: {kind}\nUser-Agent: provider/1.0\nVersion: 1\nSource-IP: 192.0.2.1\n\n\
         --b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n"
    )
}

fn notice(stack: &MailStack, account: &str) -> String {
    let raw = stack.maildir(account).wait_for("X-Relance-Loop", SOON);
    let text = String::from_utf8(raw).unwrap().replace("\r\n", "\n");
    // What the recipient's server wrote above it is not passed on.
    let begin = text.find("\nFrom:").unwrap() + 1;
    text[begin..].to_owned()
}

#[test]
fn reminders_end_and_what_is_mandatory_still_comes() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE, BENOIT]);
    let raw = complaint("c1", "abuse", &notice(&stack, "alice@club.test"));
    stack.send(Verdict::Silent, "fbl@provider.test", MAILBOX, raw.as_bytes()).unwrap();
    assert_eq!(club.came_to(1), ["complained"]);
    assert_eq!(club.metered("complaint", "complained").as_deref(), Some("1"));
    let stopped = "SELECT p.member_no, u.association FROM unsubscription u
                   JOIN person p ON p.id = u.person";
    assert_eq!(club.query(stopped), ["\"10001\" | \"CIP\""]);
    assert_eq!(club.query("SELECT count(*) FROM address"), ["0"], "the address is well");
    let coming = club.json(&["forecast"])["firings"].clone();
    assert_eq!(coming[0]["step"], "reminder-1");
    assert_eq!(coming[0]["excluded"]["unsubscribed"], 1, "{coming}");

    // Providers repeat themselves.
    let again = complaint("c2", "abuse", &notice(&stack, "alice@club.test"));
    stack.send(Verdict::Silent, "fbl@provider.test", MAILBOX, again.as_bytes()).unwrap();
    club.came_to(2);
    for instant in ["2026-12-08T15:00:00Z", "2026-12-17T15:00:00Z"] {
        club.jump(instant);
    }
    insta::assert_snapshot!(club.messages(), @"
    10001 notice sent
    10002 notice sent
    10002 reminder sent
    10001 last-call sent
    10002 last-call sent
    ");
    insta::assert_snapshot!(club.ledger(), @"
    imported
    fired
    complained
    fired
    fired
    ");
}

#[test]
fn what_was_taken_back_is_no_complaint() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let raw = complaint("c3", "not-spam", &notice(&stack, "alice@club.test"));
    stack.send(Verdict::Silent, "fbl@provider.test", MAILBOX, raw.as_bytes()).unwrap();
    let came = club.came_to(1);
    assert_ne!(came, ["complained"]);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"], "{came:?}");
}

#[test]
fn a_desk_s_complaint_stops_no_member_s_reminders() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let hers = stack.maildir("alice@club.test").wait_for("X-Relance-Loop", SOON);
    let to = Mail::read(&hers).header("Reply-To").unwrap().to_owned();
    let to = address(&to);
    let asks = format!(
        "From: alice@club.test\nTo: {to}\nSubject: Re: notice\nMessage-ID: <q@club.test>\n\n\
         What does it cost?\n"
    );
    stack.send(Verdict::Pass, "alice@club.test", to, asks.as_bytes()).unwrap();
    club.came_to(1);
    // Somebody at the desk takes her question for spam.
    let raw = complaint("c4", "abuse", &notice(&stack, "desk@club.test"));
    stack.send(Verdict::Silent, "fbl@provider.test", MAILBOX, raw.as_bytes()).unwrap();
    assert_eq!(club.came_to(2), ["kept:complaint-of-a-desk", "to-desk:question"]);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
}
