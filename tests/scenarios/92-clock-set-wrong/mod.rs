//! Somebody sets the machine's clock by a day, forward or back: nothing is written under a wrong
//! date, nothing is sent, and the season goes on from where it was.

use jiff::{SignedDuration, Timestamp};
use relance::ids::Random;
use relance::link::Keyring;
use relance::store::{Direct, ledger};

use super::s90_backup::{held, held_no_more};
use crate::support::club::{ALICE, BEFORE_NOTICE, BENOIT, Club, SOON, taken};
use crate::support::http;
use crate::support::relay::Relay;
use crate::support::wait_until;

#[test]
fn a_day_forward_and_back_again() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.import(&[ALICE, BENOIT]);
    club.start(BEFORE_NOTICE);
    club.rest();
    let lines = club.ledger();
    club.site.cli(&["clock", "step", "2026-11-03T08:00:00-05:00"]).ok();
    held(&club, "the clock was set by an hour or more");
    assert_eq!(club.query("SELECT count(*) FROM firing"), ["0"]);
    assert_eq!(club.ledger(), lines, "no line has a wrong date");
    // Set right again: a person still has to look.
    club.site.cli(&["clock", "step", BEFORE_NOTICE]).ok();
    held(&club, "the clock was set by an hour or more");
    club.site.cli(&["adopt"]).ok();
    held_no_more(&club);
    club.next();
    taken(&relay, "alice", "Here is your notice");
    assert_eq!(relay.taken().len(), 2);
}

#[test]
fn a_day_back_while_members_answer() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let stop = taken(&relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    let before = club.dump();
    club.site.cli(&["clock", "step", "2026-11-01T09:00:00-05:00"]).ok();
    // Asked at once: the page looks at the clock itself.
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 503);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
    assert_eq!(club.get(&stop).status, 200, "looking is free");
    held(&club, "the clock was set by an hour or more");
    let without_hold = |dump: String| {
        dump.lines().filter(|l| !l.contains("clock-jumped")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_hold(club.dump()), without_hold(before));
    club.site.cli(&["clock", "step", "2026-11-02T09:10:00-05:00"]).ok();
    club.site.cli(&["adopt"]).ok();
    held_no_more(&club);
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 303);
}

#[test]
fn a_start_behind_the_ledger_holds_and_a_person_ends_it() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.import(&[ALICE]);
    assert_eq!(club.site.start().stop().code(), Some(0));
    let state = club.site.state();
    let ring = Keyring::load(&state, &Random::System).unwrap();
    let now: Timestamp = relance::clock::Clock::system().now();
    let write = |ahead: SignedDuration| {
        let at_ms = (now + ahead).as_millisecond();
        let mut store = Direct::open(&state, at_ms).unwrap();
        let nothing = serde_json::json!({});
        store.write(|c| ledger::append(c, &ring, at_ms, "", "approved", &nothing)).unwrap();
    };
    write(SignedDuration::from_mins(9));
    assert_eq!(club.site.start().stop().code(), Some(0), "clocks are set by a few minutes");
    write(SignedDuration::from_hours(24));
    let daemon = club.site.spawn(&[], &[]);
    held(&club, "the clock is behind the ledger's last line");
    let doctor = club.site.cli(&["doctor", "--offline"]).stdout;
    assert!(doctor.contains("set the clock (timedatectl)"), "{doctor}");
    club.site.cli(&["adopt"]).ok();
    wait_until("ready", SOON, || {
        http::get(club.site.admin, "/readyz").ok().filter(|ready| ready.status == 200)
    });
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(club.site.start().stop().code(), Some(0), "the person's word stands");
}
