//! The relay says no: for now, so that the message waits and goes out later under the same
//! Message-ID; for good, so that it is listed and a dead address is mailed no more; or about so
//! many members of one city hall that the fault is more likely there than with the members.

use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};

/// Of the members' mail: the desk gets notes of its own.
const STATES: &str = "SELECT state, count(*) FROM message WHERE recipient = 'member'
                      GROUP BY state ORDER BY state";
const SUSPENDED: &str = "SELECT count(*) FROM address WHERE suspended_at IS NOT NULL";

#[test]
fn for_now_means_later_and_the_same_message() {
    let relay = Relay::start();
    let no = Act::Reply("451 4.7.1 come back later");
    relay.rule(Rule::at(Stage::Rcpt, no).for_recipient("m2@").times(2));
    relay.rule(Rule::at(Stage::Dot, no).for_recipient("m3@").times(1));
    relay.rule(Rule::at(Stage::Data, no).for_recipient("m4@").times(1));
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 4, "CIP"));
    let _daemon = cip.start(START);
    assert_eq!(cip.next(), "2026-11-02T14:00:00Z");
    assert_eq!(cip.query(STATES), ["\"deferred\" | 3", "\"sent\" | 1"]);
    let ids = "SELECT header_id FROM attempt ORDER BY message";
    let before = cip.query(ids);

    let second: jiff::Timestamp = cip.next().parse().unwrap();
    let wait = second.duration_since("2026-11-02T14:00:00Z".parse().unwrap()).as_secs();
    assert!((300..400).contains(&wait), "the first wait is five to six minutes: {wait} s");
    // Jitter keeps the three apart.
    while cip.number("SELECT count(*) FROM message WHERE state = 'deferred'") > 0 {
        cip.next();
    }
    assert_eq!(cip.query(STATES), ["\"sent\" | 4"]);
    assert_eq!(cip.query("SELECT max(tries) FROM message"), ["3"]);
    assert_eq!(cip.query(ids), before, "a retry keeps the Message-ID");
    let mut taken: Vec<String> = relay
        .taken()
        .iter()
        .map(|t| Mail::read(&t.bytes).header("Message-ID").unwrap().replace(['<', '>'], ""))
        .collect();
    taken.sort();
    let mut kept: Vec<String> = before.iter().map(|id| id.replace('"', "")).collect();
    kept.sort();
    assert_eq!(taken, kept, "each was taken once");
}

#[test]
fn after_some_days_it_is_given_up() {
    let relay = Relay::start();
    let no = Act::Reply("450 4.2.1 mailbox busy");
    relay.rule(Rule::at(Stage::Rcpt, no).for_recipient("m2@"));
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.set("smtp.retry_days_max", 1);
    cip.import(&rows(1, 2, "CIP"));
    let _daemon = cip.start(START);
    let fired: jiff::Timestamp = cip.next().parse().unwrap();
    let mut last = fired;
    let mut tries = 1;
    while cip.number("SELECT count(*) FROM message WHERE state = 'deferred'") > 0 {
        last = cip.next().parse().unwrap();
        tries += 1;
        assert!(tries < 20, "the waits grow to four hours");
    }
    let hours = last.duration_since(fired).as_hours();
    assert!((24..30).contains(&hours), "{hours} h");
    let listed = cip.json(&["outbox", "list"]);
    assert_eq!(listed[0]["state"], "refused");
    assert_eq!(listed[0]["reason"], "gave up: 4.2.1 mailbox busy");
    assert_eq!(listed[0]["tries"].as_i64(), Some(tries));
    assert_eq!(cip.number(SUSPENDED), 0, "a busy mailbox is not a dead address");
    assert_eq!(relay.taken().len(), 1);
}

#[test]
fn a_dead_address_is_mailed_no_more_and_another_refusal_suspends_nobody() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no such user")).for_recipient("m2@"));
    relay.rule(Rule::at(Stage::Dot, Act::Reply("550 5.7.1 looks like spam")).for_recipient("m3@"));
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("552 5.2.2 full")).for_recipient("m4@"));
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 5, "CIP"));
    let _daemon = cip.start(START);
    cip.next();
    assert_eq!(cip.query(STATES), ["\"refused\" | 3", "\"sent\" | 2"]);
    let suspended = cip.query("SELECT address, reason FROM address WHERE suspended_at IS NOT NULL");
    assert_eq!(suspended, ["\"m2@club.test\" | \"address-dead\""]);
    let forecast = cip.json(&["forecast"])["firings"].clone();
    assert_eq!(forecast[0]["step"], "reminder-1");
    assert_eq!(forecast[0]["recipients"]["total"], 4);
    assert_eq!(forecast[0]["excluded"]["address-suspended"], 1);

    // A person looked at the spam filter: one more attempt, under an id of its own.
    relay.accept_all();
    let listed = cip.json(&["outbox", "list", "--only", "refused"]);
    let spam = listed.as_array().unwrap().iter().find(|m| m["member_no"] == "3").unwrap();
    let number = spam["message"].to_string();
    cip.cli(&["outbox", "resolve", &number, "--as", "resend"]).ok();
    // Two at first, the desk's note on the dead address, and this one.
    relay.wait_for(4, crate::support::rehearsal::SOON);
    cip.settle();
    let shown = cip.json(&["outbox", "show", &number]);
    assert_eq!(shown["state"], "sent");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 2);
    assert_ne!(shown["attempts"][0]["message_id"], shown["attempts"][1]["message_id"]);
    let again = cip.cli(&["outbox", "resolve", &number, "--as", "resend"]);
    assert_eq!(again.code(), 1, "what was sent is not open to a decision");
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn one_broken_directory_silences_no_city_hall() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no such user")).for_recipient("@city"));
    let cip = Rehearsal::of_cip(&relay);
    let mut members: Vec<String> =
        (1..=60).map(|n| row(n, &format!("m{n}@city.test"), "CIP")).collect();
    members.extend(rows(100, 10, "CIP"));
    cip.import(&members);
    let _daemon = cip.start(START);
    cip.next();
    let held = cip.number("SELECT count(*) FROM message WHERE state = 'held'");
    let suspended = cip.number(SUSPENDED);
    assert!(held > 30, "the rest waits for a person: {held}");
    assert!(suspended < 20, "{suspended}");
    let doctor = cip.cli(&["doctor", "--offline"]).stdout;
    assert!(doctor.contains(&format!("{held} messages are held")), "{doctor}");

    // The city mended its directory, and a person lets the rest go.
    relay.accept_all();
    cip.cli(&["firing", "approve", "1"]).ok();
    crate::support::wait_until("the rest goes", crate::support::rehearsal::SOON, || {
        (cip.number("SELECT count(*) FROM message WHERE state = 'held'") == 0).then_some(())
    });
    cip.settle();
    assert_eq!(cip.number(SUSPENDED), suspended, "nobody more was suspended");
    let ended = "SELECT count(*) FROM message
                 WHERE recipient = 'member' AND state IN ('sent', 'refused')";
    assert_eq!(cip.number(ended), 70);
}

#[test]
fn what_a_person_let_go_is_not_held_again() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no such user")).for_recipient("@city"));
    let cip = Rehearsal::of_cip(&relay);
    let mut members: Vec<String> =
        (1..=40).map(|n| row(n, &format!("m{n}@city.test"), "CIP")).collect();
    members.extend(rows(100, 10, "CIP"));
    cip.import(&members);
    let _daemon = cip.start(START);
    cip.next();
    assert!(cip.number("SELECT count(*) FROM message WHERE state = 'held'") > 0);
    // They have all left the city: a person knows, and says so once.
    cip.cli(&["firing", "approve", "1"]).ok();
    crate::support::wait_until("all is decided", crate::support::rehearsal::SOON, || {
        (cip.query(STATES) == ["\"refused\" | 40", "\"sent\" | 10"]).then_some(())
    });
    cip.settle();
    assert_eq!(cip.query(STATES), ["\"refused\" | 40", "\"sent\" | 10"]);
}

#[test]
fn what_a_person_ends_stays_at_home() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no such user")).for_recipient("@city"));
    let cip = Rehearsal::of_cip(&relay);
    let mut members: Vec<String> =
        (1..=40).map(|n| row(n, &format!("m{n}@city.test"), "CIP")).collect();
    members.extend(rows(100, 10, "CIP"));
    cip.import(&members);
    let _daemon = cip.start(START);
    cip.next();
    let held = cip.number("SELECT count(*) FROM message WHERE state = 'held'");
    cip.cli(&["firing", "cancel", "1"]).ok();
    cip.settle();
    let cancelled = cip.number("SELECT count(*) FROM message WHERE state = 'cancelled'");
    assert_eq!(cancelled, held);
    let to_members = relay.taken().into_iter().filter(|t| t.to[0].ends_with("club.test"));
    assert_eq!(to_members.count(), 0, "the desk alone was written to");
    assert_eq!(cip.cli(&["firing", "cancel", "1"]).code(), 1, "nothing of it is held any more");
    cip.cli(&["audit", "verify"]).ok();
}
