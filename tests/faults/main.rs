//! The process dies again and again, at each labelled point and at any instant, while notices go
//! out over several connections to a relay that refuses and hangs up, and answers, questions and
//! reports come in. After each round three ledgers must say the same.
//!
//! `benches/run faults` plays as many rounds as one likes.

mod books;
mod plan;
mod round;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the scenarios need all of it, and this a part")]
mod support;
mod table;
mod world;

use table::Table;

/// The first rounds of the long run: each point once.
#[test]
fn at_each_point_once() {
    if !cfg!(feature = "faults") {
        support::skip("built without the feature faults");
        return;
    }
    let table = Table::play(0, plan::ROUND_POINTS);
    assert!(table.bad.is_empty(), "{}", table.shown());
    let died = |label: &&&str| table.deaths.contains_key(**label);
    let missed: Vec<_> =
        plan::IN_IMPORT.iter().chain(plan::IN_DAEMON).filter(|label| !died(label)).collect();
    assert!(missed.is_empty(), "nothing died at {missed:?}\n{}", table.shown());
}

/// Every label is in the plan of a round, or named as one that no round reaches.
#[cfg(feature = "faults")]
#[test]
fn no_point_is_forgotten() {
    let elsewhere = plan::ELSEWHERE.iter().map(|(label, _)| label);
    let mut planned: Vec<&str> =
        plan::IN_IMPORT.iter().chain(plan::IN_DAEMON).chain(elsewhere).copied().collect();
    planned.sort_unstable();
    let mut all = relance::faults::POINTS.to_vec();
    all.sort_unstable();
    assert_eq!(planned, all);
}

/// What `benches/run faults` runs.
#[test]
#[ignore = "long: benches/run faults"]
fn as_many_as_asked_for() {
    let asked = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
    };
    let table = Table::play(asked("RELANCE_FAULTS_SEED", 0), asked("RELANCE_FAULTS_ROUNDS", 100));
    println!("{}", table.shown());
    assert!(table.bad.is_empty(), "{} rounds went wrong", table.bad.len());
}
