//! A person looks at the forecast and types how many a mailing reaches. When it is due and the
//! count is another, it waits for a person, who types the new one. Looking changes nothing, and
//! makes nothing where there is nothing.

use crate::support::db;
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::Relay;

const FIRING: &str = "SELECT state, reason, counted FROM firing WHERE schedule = 'cip-notice'";

fn to_members(relay: &Relay) -> usize {
    relay.taken().iter().filter(|t| t.to[0].ends_with("@club.test")).count()
}

fn approved(cip: &Rehearsal) -> serde_json::Value {
    let forecast = cip.json(&["forecast", "--from", "2026-10-25"]);
    let firings = forecast["firings"].as_array().unwrap().clone();
    firings.into_iter().find(|f| f["schedule"] == "cip-notice").unwrap()
}

#[test]
fn a_surprising_count_waits_for_a_person() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 100, "CIP"));
    let _daemon = cip.start(START);

    let wrong = cip.cli(&["approve", "cip-notice", "--count", "99"]);
    assert_eq!(wrong.code(), 1);
    assert!(wrong.stderr.contains("the forecast says 100, not 99"), "{}", wrong.stderr);
    let unknown = cip.cli(&["approve", "cip-notise", "--count", "100"]);
    assert!(unknown.stderr.contains("no such schedule"), "{}", unknown.stderr);
    cip.cli(&["approve", "cip-notice", "--count", "100", "--by", "Ann"]).ok();
    assert_eq!(approved(&cip)["approved"]["recipients"], 100);
    assert_eq!(cip.query("SELECT by, recipients FROM forecast"), ["\"Ann\" | 100"]);

    // A list with half as many again.
    cip.import(&rows(101, 50, "CIP"));
    let text = cip.cli(&["forecast"]).ok();
    assert!(text.contains("approved 100 (+50)"), "{text}");
    cip.jump("2026-11-02T14:00:00Z");
    assert_eq!(cip.query(FIRING), ["\"held\" | \"surprising count\" | 150"]);
    assert_eq!(to_members(&relay), 0);
    let notes = "SELECT state, payload FROM message WHERE kind = 'desk-note'";
    assert_eq!(cip.query(notes).len(), 1, "the desk is told");
    let told = relay
        .taken()
        .iter()
        .map(|t| Mail::read(&t.bytes))
        .any(|mail| mail.text.contains("relance firing approve 1"));
    assert!(told, "with the command");
    // No time ends it.
    cip.jump("2026-11-20T15:00:00Z");
    assert_eq!(cip.query(FIRING), ["\"held\" | \"surprising count\" | 150"]);
    let text = cip.cli(&["forecast"]).ok();
    assert!(text.contains("relance approve cip-notice --count 150"), "{text}");

    let untyped = cip.cli(&["firing", "approve", "1"]);
    assert_eq!(untyped.code(), 1);
    assert!(untyped.stderr.contains("150 recipients"), "{}", untyped.stderr);
    let mistyped = cip.cli(&["approve", "cip-notice", "--count", "100"]);
    assert_eq!(mistyped.code(), 1, "{}", mistyped.stdout);
    cip.cli(&["approve", "cip-notice", "--count", "150"]).ok();
    cip.wait_for("SELECT count(*) FROM message WHERE kind = 'notice' AND state = 'sent'", &["150"]);
    cip.settle();
    assert_eq!(cip.query(FIRING), ["\"done\" | \"approved\" | 150"]);
    assert_eq!(approved(&cip)["approved"]["recipients"], 150);
    // The daily pass compares with what was approved last.
    cip.jump("2026-11-21T15:00:00Z");
    assert_eq!(cip.query(FIRING)[0].split(" | ").next(), Some("\"done\""));
    assert_eq!(to_members(&relay), 150);
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn as_approved_goes_by_itself() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 100, "CIP"));
    let _daemon = cip.start(START);
    // Notice, reminder and last call to all of them, the lapse too; nobody has promised to pay.
    cip.cli(&["approve", "--all", "--count", "400"]).ok();
    // A difference of twenty is none.
    cip.import(&rows(101, 20, "CIP"));
    cip.jump("2026-11-02T14:00:00Z");
    assert_eq!(cip.query(FIRING), ["\"done\" | \"\" | 120"]);
    assert_eq!(to_members(&relay), 120);
}

#[test]
fn looking_makes_nothing() {
    let cip = Rehearsal::of_cip(&Relay::start());
    let list = cip.file("members.csv", crate::support::rehearsal::list(&rows(1, 3, "CIP")));
    let state = cip.site.state();
    for args in [
        &["forecast"][..],
        &["key", "list"],
        &["doctor", "--offline"],
        &["import", "--dry-run", &list],
        &["firing", "list"],
        &["letters", "notice", "--out", "/dev/null"],
        &["preview", "1", "notice"],
        &["check"],
    ] {
        let done = cip.cli(args);
        assert!(!state.exists(), "{args:?}: {}{}", done.stdout, done.stderr);
    }
    let dry = cip.cli(&["import", "--dry-run", "--json", &list]).ok();
    assert!(dry.contains("\"added\": 3"), "{dry}");

    cip.import(&rows(1, 3, "CIP"));
    let before = db::dump(&cip.store());
    let changed = cip.file("other.csv", crate::support::rehearsal::list(&rows(3, 2, "CIP")));
    let dry = cip.cli(&["import", "--dry-run", "--json", &changed]).ok();
    assert!(dry.contains("\"added\": 1") && dry.contains("\"unchanged\": 1"), "{dry}");
    for args in
        [&["forecast", "--members"][..], &["preview", "1", "notice"], &["doctor", "--offline"]]
    {
        cip.cli(args);
        assert_eq!(db::dump(&cip.store()), before, "{args:?}");
    }
}

#[test]
fn a_schedule_that_fired_and_is_gone() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 2, "CIP"));
    let daemon = cip.start(START);
    cip.jump("2026-12-08T14:00:00Z");
    assert_eq!(daemon.stop().code(), Some(0));
    cip.site.config.edit("schedules.toml", |table| {
        let all = table["schedule"].as_array_mut().unwrap();
        // One that has fired, and one that has not.
        all.retain(|s| !["cip-reminder-1", "cip-lapse"].contains(&s["id"].as_str().unwrap()));
    });
    let refused = cip.cli(&["run", "--clock", START]);
    assert_eq!(refused.code(), 1);
    let (_, block) = refused.stderr.split_once("\n\n").expect("what to paste");
    assert!(!refused.stderr.contains("cip-lapse"), "{}", refused.stderr);
    cip.site.config.edit("schedules.toml", |table| {
        let back: toml::Table = block.parse().expect("TOML");
        let schedule = back["schedule"][0].clone();
        table["schedule"].as_array_mut().unwrap().push(schedule);
    });
    let before = to_members(&relay);
    let _daemon = cip.start(START);
    cip.settle();
    assert_eq!(to_members(&relay), before, "it does not fire again");
}
