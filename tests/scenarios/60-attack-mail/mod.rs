//! Somebody who has one of our mails before them, or none, and means no good: forged reports,
//! forged senders, and mails that would have us mail others.

use std::fmt::Write as _;

use crate::support::club::{ALICE, Club, hidden, sent_to, taken};
use crate::support::mail::Mail;
use crate::support::relay::Relay;

const MX: &str = "mx.cip.example.ca";

fn noticed() -> (Relay, Club, Mail) {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let notice = taken(&relay, "alice", "Here is your notice");
    (relay, club, notice)
}

/// Lays a mail in, lets everything follow, and says what it came to.
fn receive(club: &Club, name: &str, raw: &str) -> String {
    club.arrive(name, raw);
    club.rest();
    let outcomes = club.query("SELECT outcome FROM inbound ORDER BY id");
    outcomes.last().map_or_else(String::new, |o| o.replace('"', ""))
}

fn reply_to(mail: &Mail) -> &str {
    mail.header("Reply-To").unwrap().trim_matches(['<', '>'])
}

/// A delivery report as any server writes it, to the envelope sender of `to`.
fn report(to: &str, about: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.evil.test>\nTo: {to}\n\
         Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Message-ID: <report@mx.evil.test>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\n\nThe mail could not be delivered.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.evil.test\n\nFinal-Recipient: rfc822; {about}\nAction: failed\n\
         Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n"
    )
}

#[test]
fn a_forged_report_silences_reminders_but_not_the_last_call() {
    let (relay, club, _notice) = noticed();
    let envelope = relay.taken()[0].from.clone();
    assert_eq!(receive(&club, "1.b", &report(&envelope, "alice@club.test")), "bounced-hard");
    let suspended = "SELECT count(*) FROM address WHERE suspended_at IS NOT NULL";
    assert_eq!(club.query(suspended), ["1"]);
    club.next();
    club.next();
    insta::assert_snapshot!(club.messages(), @r"
    10001 notice sent
    10001 desk-note sent
    10001 last-call sent
    ");
}

#[test]
fn an_address_on_the_list_of_a_person_gets_no_last_call_either() {
    let (_relay, club, _notice) = noticed();
    let reason = ["suppression", "add", "alice@club.test", "--reason", "asked the desk"];
    club.site.cli(&reason).ok();
    club.next();
    club.next();
    insta::assert_snapshot!(club.messages(), @"10001 notice sent");
}

#[test]
fn a_complaint_needs_more_than_our_message_id() {
    let (_relay, club, notice) = noticed();
    let id = notice.header("Message-ID").unwrap();
    let complaint = |name: &str, returned: &str| {
        format!(
            "From: fbl@evil.test\nTo: fbl@reply.cip.example.ca\nSubject: complaint\n\
             Message-ID: <{name}@evil.test>\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
             --b\n\nUnwanted.\n\n--b\nContent-Type: message/feedback-report\n\n\
             Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\n\n--b\n\
             Content-Type: message/rfc822\n\n{returned}\nSubject: x\n\nx\n--b--\n"
        )
    };
    let by_id = complaint("c1", &format!("Message-ID: {id}"));
    assert_eq!(receive(&club, "1.c", &by_id), "to-desk:complaint");
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
    // A provider returns the whole header, our own reply address in it.
    let whole = complaint("c2", &format!("Message-ID: {id}\nReply-To: {}", reply_to(&notice)));
    assert_eq!(receive(&club, "2.c", &whole), "complained");
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
}

#[test]
fn switching_back_and_forth_floods_nobody() {
    let (relay, club, notice) = noticed();
    let stop = notice.path_with("/u/").unwrap();
    let renew = notice.path_with("/r/").unwrap();
    for n in 0..9 {
        let act = if n % 2 == 0 { "unsubscribe" } else { "resubscribe" };
        assert_eq!(club.post(&stop, &[("act", act)]).status, 303, "{n}");
    }
    for n in 0..8 {
        let page = club.get(&renew).body;
        let own = hidden(&page);
        let fields: Vec<(&str, &str)> = if n % 2 == 0 {
            [&own[..], &[("choice", "invoice")]].concat()
        } else {
            vec![("act", "undo")]
        };
        assert_eq!(club.post(&renew, &fields).status, 303, "{n}");
    }
    club.rest();
    let mails = sent_to(&relay, "alice").len();
    assert!(mails <= 11, "{mails} mails to one member on one day");
    let last = club.query("SELECT max(version) FROM renewal");
    assert_eq!(last, ["8"], "every act counts all the same");
}

#[test]
fn mail_from_any_sender_reaches_the_desk() {
    let (relay, club, _notice) = noticed();
    let senders = [
        "plain@evil.test",
        "\"a b\"@evil.test",
        "jos\u{e9}@evil.test",
        "a..b@evil.test",
        ".a@evil.test",
        "a@[192.0.2.1]",
        "a@localhost",
        "a@b_c.test",
        "a@evil.test\u{202e}",
        "x:y@evil.test",
        "someone",
    ];
    for (n, sender) in senders.iter().enumerate() {
        let raw = format!(
            "From: {sender}\nTo: renew@reply.cip.example.ca\nSubject: question {n}\n\
             Message-ID: <q{n}@evil.test>\n\nWhat is this number {n}?\n"
        );
        receive(&club, &format!("{n}.q"), &raw);
    }
    let held = club.query("SELECT state || ' ' || reason FROM message WHERE state <> 'sent'");
    assert_eq!(held, Vec::<String>::new());
    let desk = sent_to(&relay, "desk@");
    let missing = (0..senders.len()).filter(|n| {
        let words = format!("What is this number {n}?");
        !desk.iter().any(|mail| mail.text.contains(&words))
    });
    let missing = missing.fold(String::new(), |mut all, n| {
        let _ = write!(all, "{} ", senders[n]);
        all
    });
    assert_eq!(missing, "");
}

#[test]
fn an_answer_does_not_depend_on_the_id_of_the_question() {
    let (relay, club, notice) = noticed();
    let ids = [
        "\u{e9}t\u{e9}@club.test".into(),
        "a<b@club.test".into(),
        format!("{}@x", "i".repeat(3000)),
    ];
    for (n, id) in ids.iter().enumerate() {
        let act = if n % 2 == 0 { "stop" } else { "help" };
        let raw = format!(
            "Authentication-Results: {MX}; dmarc=pass header.from=club.test\n\
             From: alice@club.test\nTo: {}\nSubject: Re: x\nIn-Reply-To: <x>\n\
             Message-ID: <{id}>\n\n{act}\n",
            reply_to(&notice)
        );
        receive(&club, &format!("{n}.i"), &raw);
    }
    let held = club.query("SELECT state || ' ' || reason FROM message WHERE state <> 'sent'");
    assert_eq!(held, Vec::<String>::new());
    assert!(sent_to(&relay, "alice").len() > 2);
}

#[test]
fn a_suppressed_address_stays_so_in_capitals() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    let row = "10001,Alice,Martin,ALICE@club.test,en,ON,CIP,full,yes\n";
    club.import(&[row]);
    club.site.cli(&["suppression", "add", "Alice@club.test"]).ok();
    assert!(club.site.cli(&["suppression", "list"]).ok().contains("10001"));
    club.start(crate::support::club::BEFORE_NOTICE);
    club.next();
    assert_eq!(sent_to(&relay, "alice").len() + sent_to(&relay, "ALICE").len(), 0);
    club.site.cli(&["suppression", "remove", "aLICE@club.test"]).ok();
}

#[test]
fn a_desk_sees_who_really_wrote() {
    let (relay, club, notice) = noticed();
    let to = reply_to(&notice).to_owned();
    let name = format!("Alice Martin <alice@club.test>{}", " .".repeat(80));
    let raw = format!(
        "Authentication-Results: {MX}; dmarc=pass header.from=evil.test\n\
         From: \"{name}\" <mallory@evil.test>\nTo: {to}\nSubject: my address\n\
         Message-ID: <m1@evil.test>\nIn-Reply-To: <x>\n\nPlease mail me at mallory@evil.test.\n"
    );
    assert_eq!(receive(&club, "1.m", &raw), "to-desk:unverified");
    let mail = taken(&relay, "desk@", "Please mail me");
    assert!(
        mail.text.contains("could not make sure that the sender is the member"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("<mallory@evil.test>"), "{}", mail.text);
    assert!(!mail.text.contains("<alice@club.test>"), "{}", mail.text);
}
