//! The private Postfix and Dovecot.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::mail::Mail;
use crate::support::mailstack::{
    self, AUTHSERV_ID, MAILBOX, MailStack, Options, PASSWORD, Verdict,
};
use crate::support::smtp::Conversation;

const SOON: Duration = Duration::from_secs(20);

fn letter(subject: &str) -> Vec<u8> {
    format!(
        "From: alice@club.test\nSubject: {subject}\nMessage-ID: <{subject}@club.test>\n\nBonjour\n"
    )
    .into_bytes()
}

#[test]
fn each_bad_address_gives_its_own_report_at_the_token_it_was_sent_from() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let cases = [
        ("nobody@club.test", "5.1.1", "b+Unknown-1@bounce.test"),
        ("anyone@full.test", "5.2.2", "b+Full-2@bounce.test"),
        ("anyone@nodomain.test", "5.1.2", "b+Domain-3@bounce.test"),
    ];
    for (to, _, from) in cases {
        stack.send(Verdict::Silent, from, to, &letter("renewal")).unwrap();
    }
    let mailbox = stack.maildir(MAILBOX);
    mailbox.wait_for_count(cases.len(), SOON);
    for (to, status, from) in cases {
        let report = Mail::read(&mailbox.wait_for(&format!("X-Original-To: {from}"), SOON));
        assert!(report.types.contains(&"message/delivery-status".into()), "{:?}", report.types);
        assert!(report.raw().contains(&format!("Status: {status}")), "{}", report.raw());
        assert!(report.raw().contains(&format!("Final-Recipient: rfc822; {to}")));
        assert_eq!(report.header("Return-Path"), Some("<>"));
        assert_eq!(report.header("Delivered-To"), Some(from));
    }
}

#[test]
fn an_address_that_answers_later_gives_a_warning_and_then_a_failure() {
    let patience = Options { delay_warning_s: 1, lifetime_s: 4, queue_run_s: 1 };
    let Some(stack) = mailstack::start_or_skip(&patience) else { return };
    stack.send(Verdict::Silent, "b+t@bounce.test", "anyone@later.test", &letter("slow")).unwrap();
    let mailbox = stack.maildir(MAILBOX);
    mailbox.wait_for("Action: delayed", SOON);
    let failure = mailbox.wait_for("Action: failed", SOON);
    assert!(String::from_utf8_lossy(&failure).contains("4.2.2"));
}

#[test]
fn members_get_their_mail_and_their_answers_carry_the_verdict_of_our_mx() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    stack.send(Verdict::Silent, "b+t@bounce.test", "benoit@club.test", &letter("notice")).unwrap();
    stack.maildir("benoit@club.test").wait_for("Subject: notice", SOON);

    for (verdict, token) in [(Verdict::Pass, "p"), (Verdict::Fail, "f"), (Verdict::Silent, "s")] {
        let to = format!("r+{token}@reply.test");
        stack.send(verdict, "alice@club.test", &to, &letter(token)).unwrap();
    }
    let mailbox = stack.maildir(MAILBOX);
    let seen = |token: &str| {
        let mail = Mail::read(&mailbox.wait_for(&format!("X-Original-To: r+{token}@reply"), SOON));
        mail.header("Authentication-Results").map(String::from)
    };
    let expected = |word: &str| {
        format!(
            "{AUTHSERV_ID}; spf={word} smtp.mailfrom=club.test; dmarc={word} \
             header.from=club.test"
        )
    };
    assert_eq!(seen("p"), Some(expected("pass")));
    assert_eq!(seen("f"), Some(expected("fail")));
    assert_eq!(seen("s"), None);
}

#[test]
fn the_mx_writes_its_verdict_above_a_forged_one() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let forged = format!("Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=x.test\n");
    let raw = [forged.as_bytes(), &letter("forged")].concat();
    stack.send(Verdict::Fail, "eve@club.test", "r+t@reply.test", &raw).unwrap();
    let mail = Mail::read(&stack.maildir(MAILBOX).wait_for("Subject: forged", SOON));
    let verdicts: Vec<&str> = mail.headers_named("authentication-results").collect();
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts[0].contains("dmarc=fail"), "{verdicts:?}");
}

#[test]
fn submission_wants_the_right_password_and_discards_nothing_else() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let mut talk = Conversation::open(stack.ports.submission).unwrap();
    talk.must("EHLO client.test", 2).unwrap();
    assert!(talk.auth(MAILBOX, "wrong").unwrap().starts_with("535 "));
    assert!(talk.say("MAIL FROM:<b+t@bounce.test>").unwrap().starts_with("250 "));
    assert!(talk.say("RCPT TO:<alice@club.test>").unwrap().starts_with("554 "));
    talk.must("RSET", 2).unwrap();
    assert!(talk.auth(MAILBOX, PASSWORD).unwrap().starts_with("235 "));
    talk.message("b+t@bounce.test", "someone@discard.test", &letter("gone")).unwrap();
}

#[test]
fn a_rebuilt_mailbox_has_a_new_validity_and_servers_come_back_on_their_ports() {
    let Some(mut stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let mailbox = stack.maildir(MAILBOX);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    mailbox.fill(300, long_ago, |i| letter(&format!("old-{i}")));
    let before = imap(&stack, &["SELECT INBOX", "FETCH 1 (UID INTERNALDATE)"]);
    assert!(before.contains("* 300 EXISTS"), "{before}");
    assert!(before.contains("14-Nov-2023"), "{before}");

    // Dovecot takes a validity from the time of day: a second later it is another.
    std::thread::sleep(Duration::from_millis(1100));
    let later = long_ago + Duration::from_hours(24);
    stack.recreate_mailbox(Some(later));
    let after = imap(&stack, &["SELECT INBOX", "FETCH 1 (UID INTERNALDATE)"]);
    assert!(after.contains("* 300 EXISTS") && after.contains("15-Nov-2023"), "{after}");
    assert_ne!(validity(&before), validity(&after));

    stack.stop_postfix();
    assert!(stack.send(Verdict::Silent, "a@b.test", "alice@club.test", &letter("x")).is_err());
    stack.start_postfix().unwrap();
    stack.send(Verdict::Silent, "a@b.test", "alice@club.test", &letter("again")).unwrap();
    stack.maildir("alice@club.test").wait_for("Subject: again", SOON);
}

#[test]
fn twenty_thousand_old_mails_are_laid_quickly() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let start = relance::clock::monotonic();
    stack.maildir(MAILBOX).fill(20_000, SystemTime::UNIX_EPOCH, |i| letter(&format!("old-{i}")));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(stack.maildir(MAILBOX).files().len(), 20_000);
}

fn validity(answer: &str) -> &str {
    let (_, rest) = answer.split_once("UIDVALIDITY ").expect("SELECT tells it");
    rest.split_once(']').expect("in brackets").0
}

/// Logs in over TLS with the stack's certificate as the only authority.
fn imap(stack: &MailStack, commands: &[&str]) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(stack.ca_file()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", stack.ports.imaps)).unwrap();
    let mut stream = StreamOwned::new(tls, socket);
    let mut script = format!("a LOGIN {MAILBOX} \"{PASSWORD}\"\r\n");
    for command in commands {
        script = format!("{script}b {command}\r\n");
    }
    script += "c LOGOUT\r\n";
    stream.write_all(script.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Dovecot closes without TLS's own farewell.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.contains("a OK"), "{answer}");
    answer
}
