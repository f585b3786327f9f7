//! The relay closes the connection, or says nothing more, at every stage of a conversation.
//! Before a message is claimed nothing counts; before its last octet is written it is deferred;
//! after the dot nobody can know whether it left, so it is `unknown` and stays so until the
//! config, a person or a proof decides.

use crate::support::rehearsal::{Rehearsal, SOON, START, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};

const PATIENCE: [&str; 2] = ["--relay-patience-s", "2"];
const ONE: &str = "SELECT state, tries, attempt FROM message";

fn cip_with(relay: &Relay, members: u32) -> Rehearsal {
    let cip = Rehearsal::of_cip(relay);
    cip.site.config.set("smtp.connections", 2);
    cip.import(&rows(1, members, "CIP"));
    cip
}

/// One member, one connection, and this in its way the first time.
fn once(stage: Stage, act: Act) -> (Relay, Rehearsal) {
    let relay = Relay::start();
    relay.rule(Rule::at(stage, act).times(1));
    let cip = cip_with(&relay, 1);
    if stage == Stage::Auth {
        let password = cip.site.config.secret("smtp-password", "correct horse");
        cip.site.config.set("smtp.username", "relance");
        cip.site.config.set("smtp.password_file", password);
        // AUTH is offered while a rule for it stands.
        relay.rule(Rule::at(Stage::Auth, Act::Wait(std::time::Duration::ZERO)));
    }
    (relay, cip)
}

#[test]
fn before_a_claim_nothing_counts() {
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::Auth] {
        for act in [Act::Close, Act::Hang] {
            let (relay, cip) = once(stage, act);
            let _daemon = cip.start_with(START, &PATIENCE, &[]);
            cip.next();
            assert_eq!(cip.query(ONE), ["\"sent\" | 1 | 1"], "{stage:?} {act:?}");
            assert_eq!((relay.taken().len(), relay.connections()), (1, 2), "{stage:?} {act:?}");
            let attempts = cip.query("SELECT state, n FROM attempt");
            assert_eq!(attempts, ["\"sent\" | 1"], "{stage:?} {act:?}");
        }
    }
}

#[test]
fn before_the_last_octet_it_is_deferred() {
    for (stage, pipelining) in
        [(Stage::Mail, false), (Stage::Rcpt, false), (Stage::Data, false), (Stage::Rcpt, true)]
    {
        for act in [Act::Close, Act::Hang] {
            let (relay, cip) = once(stage, act);
            relay.offer_pipelining(pipelining);
            let _daemon = cip.start_with(START, &PATIENCE, &[]);
            cip.next();
            assert_eq!(cip.query(ONE), ["\"deferred\" | 1 | 1"], "{stage:?} {act:?}");
            assert_eq!(relay.taken().len(), 0);
            cip.next();
            assert_eq!(cip.query(ONE), ["\"sent\" | 2 | 1"], "{stage:?} {act:?}");
            assert_eq!(relay.taken().len(), 1);
        }
    }
}

#[test]
fn in_the_body_it_is_never_taken_for_sent() {
    for act in [Act::Close, Act::Hang] {
        let (relay, cip) = once(Stage::Body, act);
        let _daemon = cip.start_with(START, &PATIENCE, &[]);
        cip.next();
        // A short message may be in the socket as a whole before the relay goes.
        let state = cip.query("SELECT state FROM message");
        assert!(["\"deferred\"", "\"unknown\""].contains(&state[0].as_str()), "{act:?}: {state:?}");
        assert_eq!(relay.taken().len(), 0);
    }
}

/// Four members, and after the dot each of the four things that leave it open whether they have
/// their mail.
fn four_in_doubt() -> (Relay, Rehearsal) {
    let relay = Relay::start();
    for (member, act) in [
        ("m1@", Act::Close),
        ("m2@", Act::Hang),
        ("m3@", Act::TakeAndClose),
        ("m4@", Act::TakeAndHang),
    ] {
        relay.rule(Rule::at(Stage::Dot, act).for_recipient(member).times(1));
    }
    let cip = cip_with(&relay, 5);
    (relay, cip)
}

#[test]
fn after_the_dot_it_is_unknown_and_only_a_person_decides() {
    let (relay, cip) = four_in_doubt();
    let daemon = cip.start_with(START, &PATIENCE, &[]);
    cip.next();
    let states = "SELECT p.member_no, m.state FROM message m JOIN person p ON p.id = m.person
                  WHERE m.kind = 'notice' ORDER BY p.member_no";
    let in_doubt = [
        "\"1\" | \"unknown\"",
        "\"2\" | \"unknown\"",
        "\"3\" | \"unknown\"",
        "\"4\" | \"unknown\"",
        "\"5\" | \"sent\"",
    ];
    assert_eq!(cip.query(states), in_doubt);
    assert_eq!(relay.taken().len(), 3, "two of the four left");
    // Neither time nor a restart sends any of them again.
    cip.jump("2026-11-20T12:00:00Z");
    assert_eq!(daemon.stop().code(), Some(0));
    let daemon = cip.start_with(START, &PATIENCE, &[]);
    cip.jump("2026-11-25T12:00:00Z");
    assert_eq!(cip.query(states), in_doubt);
    assert_eq!(relay.taken().len(), 3);

    let listed = cip.json(&["outbox", "list", "--only", "unknown"]);
    assert_eq!(listed.as_array().unwrap().len(), 4);
    let number = |member: &str| {
        let all = listed.as_array().unwrap();
        all.iter().find(|m| m["member_no"] == member).unwrap()["message"].to_string()
    };
    let doctor = cip.cli(&["doctor", "--offline"]).stdout;
    assert!(doctor.contains("4 messages are unknown"), "{doctor}");
    let resolve = |member: &str, verdict: &str| {
        cip.cli(&["outbox", "resolve", &number(member), "--as", verdict])
    };
    for (member, verdict) in [("1", "resend"), ("2", "cancelled"), ("3", "sent"), ("4", "sent")] {
        let said = resolve(member, verdict).ok();
        assert!(said.contains("done"), "{said}");
    }
    relay.wait_for(4, SOON);
    cip.settle();
    assert_eq!(relay.taken().len(), 4);
    assert_eq!(relay.taken()[3].to, ["m1@club.test"]);
    let decided = [
        "\"1\" | \"sent\"",
        "\"2\" | \"cancelled\"",
        "\"3\" | \"sent\"",
        "\"4\" | \"sent\"",
        "\"5\" | \"sent\"",
    ];
    assert_eq!(cip.query(states), decided);
    assert_eq!(resolve("2", "resend").code(), 1, "a decision is made once");
    assert_eq!(cip.cli(&["outbox", "resolve", "999", "--as", "sent"]).code(), 1);
    let acts = cip.query("SELECT kind FROM ledger WHERE kind LIKE 'resolved%' ORDER BY seq");
    assert_eq!(acts.len(), 4);
    cip.cli(&["audit", "verify"]).ok();
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn config_may_want_rather_two_than_none() {
    let (relay, cip) = four_in_doubt();
    cip.site.config.set("smtp.in_doubt", "resend");
    let _daemon = cip.start_with(START, &PATIENCE, &[]);
    cip.next();
    while cip.number("SELECT count(*) FROM message WHERE state <> 'sent'") > 0 {
        assert_eq!(cip.query("SELECT 1 FROM message WHERE state = 'unknown'").len(), 0);
        cip.next();
    }
    // Two had theirs already, and have it twice now: that was asked for.
    assert_eq!(relay.taken().len(), 7);
    let again = "SELECT count(*) FROM message WHERE attempt = 2";
    assert_eq!(cip.number(again), 4, "each under an attempt of its own");
    assert_eq!(cip.number("SELECT count(*) FROM ledger WHERE kind = 'sent-again'"), 4);
}

#[test]
fn a_relay_that_never_says_yes_gets_a_message_a_few_times_at_most() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Dot, Act::TakeAndClose));
    let cip = cip_with(&relay, 1);
    cip.site.config.set("smtp.in_doubt", "resend");
    let _daemon = cip.start_with(START, &PATIENCE, &[]);
    cip.next();
    for day in 3..8 {
        cip.jump(&format!("2026-11-{day:02}T12:00:00Z"));
    }
    assert_eq!(cip.query("SELECT state, attempt FROM message"), ["\"unknown\" | 3"]);
    assert_eq!(relay.taken().len(), 3);
}
