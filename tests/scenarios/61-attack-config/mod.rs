//! Mistakes of an operator and of a relay: a step renamed after it fired, the keys of another
//! store, a store that cannot be written, and a relay that repeats addresses in what it says.

use crate::support::club::{ALICE, BENOIT, Club, sent_to, taken};
use crate::support::http;
use crate::support::rehearsal::{Rehearsal, SOON, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};
use crate::support::wait_until;

#[test]
fn a_step_that_has_fired_cannot_fire_again_under_another_name() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let now = club.now().to_string();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    let rename = |from: &'static str, to: &'static str| {
        club.site.config.edit("schedules.toml", |all| {
            for schedule in all["schedule"].as_array_mut().unwrap() {
                let schedule = schedule.as_table_mut().unwrap();
                if schedule["step"].as_str() == Some(from) {
                    schedule.insert("step".into(), to.into());
                    schedule.insert("id".into(), format!("cip-{to}").into());
                }
            }
        });
    };
    rename("notice", "announcement");
    let refused = club.site.cli(&["run", "--clock", &now]);
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr.contains("is gone or renamed; put its id"), "{}", refused.stderr);
    rename("announcement", "notice");
    club.start(&now);
    club.rest();
    assert_eq!(sent_to(&relay, "alice").len(), 1);
    assert_eq!(sent_to(&relay, "benoit").len(), 1);
}

#[test]
fn what_a_relay_says_of_an_address_is_not_passed_on() {
    let relay = Relay::start();
    let said = "554 5.7.1 <alice@club.test>: Recipient address rejected: go away";
    relay.rule(Rule::at(Stage::Mail, Act::Reply(said)));
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 1, "CIP"));
    let daemon = cip.start("2026-11-02T13:59:58Z");
    wait_until("readiness says why", SOON, || cip.ready().1.contains("go away").then_some(()));
    let told = format!("{}{}", daemon.output(), cip.ready().1);
    assert!(told.contains("554 at mail: 5.7.1 … Recipient address rejected"), "{told}");
    assert!(!told.contains("alice@"), "{told}");
}

#[test]
fn the_keys_of_another_store_start_nothing() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let now = club.now().to_string();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    let other = Club::with_relay(&relay);
    other.import(&[ALICE]);
    let file = |club: &Club| club.site.state().join("keys.toml");
    let own = std::fs::read(file(&club)).unwrap();
    std::fs::write(file(&club), std::fs::read(file(&other)).unwrap()).unwrap();
    let refused = club.site.cli(&["run", "--clock", &now]);
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr.contains("not made with these keys"), "{}", refused.stderr);
    assert!(club.site.cli(&["doctor"]).stdout.contains("not made with these keys"));
    std::fs::write(file(&club), own).unwrap();
    club.start(&now);
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
}

#[test]
fn readiness_sees_a_store_that_cannot_be_written() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let stop = taken(&relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    let ready = || http::get(club.site.admin, "/readyz").unwrap();
    let other = rusqlite::Connection::open(club.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 503);
    assert_eq!(ready().status, 503);
    assert!(ready().body.contains("store: nothing can be written: "), "{}", ready().body);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 303);
    let again = ready();
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
}

#[test]
fn a_copy_on_another_host_mails_nothing_until_it_is_adopted() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    let host = club.site.dir().join("host");
    std::fs::write(&host, "here\n").unwrap();
    club.site.config.set("host.identity_file", host.display().to_string());
    club.import(&[ALICE]);
    assert_eq!(club.site.start().stop().code(), Some(0));
    assert_eq!(club.site.start().stop().code(), Some(0), "a restart is at home");
    std::fs::write(&host, "elsewhere\n").unwrap();
    let held = club.site.spawn(&[], &[]);
    let ready = || http::get(club.site.admin, "/readyz").ok();
    let says = "hold: nothing is sent: this state was made on another host";
    wait_until("readiness says why", SOON, || {
        ready().filter(|answer| answer.status == 503 && answer.body.contains(says))
    });
    assert!(held.output().contains("hold.nothing_is_sent"), "{}", held.output());
    let doctor = club.site.cli(&["doctor", "--offline"]);
    assert!(doctor.stdout.contains("and run: relance adopt"), "{}", doctor.stdout);
    // A person says so while it runs, and it goes on.
    club.site.cli(&["adopt"]).ok();
    wait_until("it is ready", SOON, || ready().filter(|answer| answer.status == 200));
    assert_eq!(held.stop().code(), Some(0));
    assert_eq!(club.site.start().stop().code(), Some(0), "it is at home");
    assert_ne!(club.site.cli(&["adopt"]).code(), 0, "it is at home already");
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
}
