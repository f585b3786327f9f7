//! Somebody starts a second daemon on the same state, or a planner runs twice. The second daemon
//! goes away and says who was first; two planners at once double nothing.

use std::sync::{Arc, Barrier};

use relance::actions::Context;
use relance::config::Config;
use relance::ids::Random;
use relance::link::Keyring;
use relance::scheduler::{ChunkEnd, chunk, register_due};
use relance::store::firings::{self, FiringState};
use relance::store::{Direct, meta};

use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::Relay;

#[test]
fn a_second_daemon_says_who_was_first() {
    let cip = Rehearsal::of_cip(&Relay::start());
    let daemon = cip.start(START);
    let second = cip.site.cli(&["run", "--clock", START]);
    assert_eq!(second.code(), 1);
    let why = format!("another relance (process {}) already runs", daemon.id());
    assert!(second.stderr.contains(&why), "{}", second.stderr);
    assert_eq!(cip.ready().0, 200, "the first is not disturbed");
    cip.next();
    // After SIGKILL the lock is free at once.
    daemon.kill();
    assert_eq!(cip.start(START).stop().code(), Some(0));
}

#[test]
fn two_planners_double_nothing() {
    let cip = Rehearsal::of_cip(&Relay::start());
    cip.import(&rows(1, 400, "CIP"));
    let state = cip.site.state();
    let made: jiff::Timestamp = START.parse().unwrap();
    let now: jiff::Timestamp = "2026-11-02T14:00:00Z".parse().unwrap();
    let ring = Keyring::load_or_create(&state, true, &Random::System, made).unwrap();
    let config = Arc::new(Config::load(cip.site.config.path()).unwrap());
    let context = Context { config, ring: Arc::new(ring) };
    let mut direct = Direct::open(&state, made.as_millisecond()).unwrap();
    let at = made.as_millisecond().to_string();
    direct.write(|c| meta::get_or_set(c, meta::CREATED_AT, &at)).unwrap();

    let begin = Barrier::new(2);
    let planned: usize = std::thread::scope(|scope| {
        let plan = || {
            let mut direct = Direct::open(&state, made.as_millisecond()).unwrap();
            begin.wait();
            let new = direct.write(|c| register_due(c, &context, now)).unwrap();
            let open = direct.write(|c| firings::in_state(c, FiringState::Planning)).unwrap();
            for firing in open {
                while direct.write(|c| chunk(c, &context, firing.id, now)).unwrap()
                    == ChunkEnd::More
                {}
            }
            new
        };
        let both = [scope.spawn(plan), scope.spawn(plan)];
        both.map(|thread| thread.join().unwrap()).iter().sum()
    });
    assert_eq!(planned, 1, "one of the two registered the firing");
    let row = "SELECT schedule, local, state, planned, excluded FROM firing";
    assert_eq!(cip.query(row), ["\"cip-notice\" | \"2026-11-02T09:00\" | \"done\" | 400 | 0"]);
    let messages = "SELECT count(*), count(DISTINCT person), count(DISTINCT cause) FROM message";
    assert_eq!(cip.query(messages), ["400 | 400 | 400"]);
    assert_eq!(cip.number("SELECT count(*) FROM renewal"), 400);
    assert_eq!(cip.number("SELECT count(*) FROM ledger WHERE kind = 'fired'"), 1);
    cip.cli(&["audit", "verify"]).ok();
}
