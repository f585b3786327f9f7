//! The scripted relay.

use std::time::Duration;

use crate::support::relay::{Act, Relay, Rule, Stage};
use crate::support::smtp::{Conversation, send};
use crate::support::wait_until;

const RAW: &[u8] = b"Message-ID: <m1@club.test>\n\nline\n.dot\n";

fn ready(relay: &Relay) -> Conversation {
    let mut talk = Conversation::open(relay.port).unwrap();
    talk.must("EHLO client.test", 2).unwrap();
    talk
}

#[test]
fn it_keeps_envelope_and_bytes_in_order_and_a_ledger_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let relay = Relay::start_with_ledger(&ledger);
    for to in ["first@club.test", "second@club.test"] {
        assert!(send(relay.port, "b+t@bounce.test", to, RAW).unwrap().starts_with("250"));
    }
    let taken = relay.wait_for(2, Duration::from_secs(5));
    assert_eq!(taken[0].from, "b+t@bounce.test");
    assert_eq!(taken[1].to, ["second@club.test"]);
    assert_eq!(taken[0].bytes, b"Message-ID: <m1@club.test>\r\n\r\nline\r\n.dot\r\n");
    assert_eq!((taken[0].connection, taken[1].connection), (1, 2));
    assert_eq!(
        std::fs::read_to_string(ledger).unwrap(),
        "first@club.test\tm1@club.test\nsecond@club.test\tm1@club.test\n"
    );
    assert_eq!((relay.connections(), relay.connections_at_once()), (2, 1));
}

#[test]
fn it_refuses_at_each_stage_and_keeps_nothing_of_it() {
    let stages = [
        (Stage::Ehlo, "554 5.0.0 no"),
        (Stage::Mail, "451 4.3.0 later"),
        (Stage::Rcpt, "550 5.1.1 nobody"),
        (Stage::Data, "452 4.3.1 full"),
        (Stage::Dot, "554 5.7.1 spam"),
    ];
    for (stage, text) in stages {
        let relay = Relay::start();
        relay.rule(Rule::at(stage, Act::Reply(text)).times(1));
        let refusal = send(relay.port, "b@bounce.test", "a@club.test", RAW).unwrap_err();
        assert_eq!(refusal.to_string().trim_end(), text, "{stage:?}");
        assert_eq!(relay.taken(), []);
        send(relay.port, "b@bounce.test", "a@club.test", RAW).unwrap();
        assert_eq!(relay.taken().len(), 1, "a rule for once is gone after it: {stage:?}");
    }
}

#[test]
fn auth_is_offered_and_refused_only_where_a_rule_says_so() {
    let relay = Relay::start();
    let mut talk = Conversation::open(relay.port).unwrap();
    assert!(!talk.must("EHLO client.test", 2).unwrap().contains("AUTH"));
    relay.rule(Rule::at(Stage::Auth, Act::ReplyAndClose("535 5.7.8 wrong password")));
    let mut talk = Conversation::open(relay.port).unwrap();
    assert!(talk.must("EHLO client.test", 2).unwrap().contains("AUTH"));
    assert!(talk.auth("u", "p").unwrap().starts_with("535"));
    assert!(talk.say("NOOP").is_err());
}

#[test]
fn rules_pick_recipients_and_let_the_first_pass() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no")).for_recipient("bob@").after(1));
    let mut talk = ready(&relay);
    talk.must("MAIL FROM:<b@bounce.test>", 2).unwrap();
    for (to, class) in [("bob@x.test", 2), ("ann@x.test", 2), ("bob@x.test", 5)] {
        talk.must(&format!("RCPT TO:<{to}>"), class).unwrap();
    }
    relay.accept_all();
    talk.must("RCPT TO:<bob@x.test>", 2).unwrap();
}

#[test]
fn at_the_dot_it_can_take_a_message_and_never_say_so() {
    for (act, taken) in [
        (Act::Close, 0),
        (Act::TakeAndClose, 1),
        (Act::Hang, 0),
        (Act::TakeAndHang, 1),
        (Act::Wait(Duration::from_millis(50)), 1),
    ] {
        let relay = Relay::start();
        relay.rule(Rule::at(Stage::Dot, act));
        let sender = std::thread::spawn({
            let port = relay.port;
            move || send(port, "b@bounce.test", "a@club.test", RAW)
        });
        if matches!(act, Act::Hang | Act::TakeAndHang) {
            std::thread::sleep(Duration::from_millis(200));
            assert!(!sender.is_finished(), "{act:?}");
        } else {
            wait_until("the sender", Duration::from_secs(5), || sender.is_finished().then_some(()));
        }
        assert_eq!(relay.taken().len(), taken, "{act:?}");
        // A silent relay hangs up when it goes.
        drop(relay);
        assert_eq!(sender.join().unwrap().is_ok(), matches!(act, Act::Wait(_)), "{act:?}");
    }
}

#[test]
fn it_can_hang_up_before_the_greeting_and_in_the_middle_of_a_message() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Greeting, Act::Close).times(1));
    relay.rule(Rule::at(Stage::Body, Act::Close));
    assert!(Conversation::open(relay.port).is_err());
    let mut talk = ready(&relay);
    talk.must("MAIL FROM:<b@bounce.test>", 2).unwrap();
    talk.must("RCPT TO:<a@club.test>", 2).unwrap();
    talk.must("DATA", 3).unwrap();
    talk.send_raw(b"Subject: cut\r\n").unwrap();
    assert!(talk.reply().is_err());
    assert_eq!(relay.taken(), []);
    let mut talk = ready(&relay);
    talk.must("RSET", 2).unwrap();
}
