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
    if !support::rehearsal::can_die() {
        return;
    }
    let table = Table::play(0, plan::ROUND_POINTS, table::FEW);
    assert!(table.bad.is_empty(), "{}", table.shown());
    let died = |label: &&str| table.deaths.contains_key(*label);
    let missed: Vec<_> = plan::in_round().filter(|label| !died(label)).collect();
    assert!(missed.is_empty(), "nothing died at {missed:?}\n{}", table.shown());
}

/// What is not a point of a round is one all the same, and is named once.
#[test]
fn the_lists_name_points() {
    let named: Vec<&str> = plan::ELSEWHERE.iter().map(|(label, _)| *label).collect();
    for label in named.iter().chain(plan::IN_IMPORT) {
        assert!(relance::faults::POINTS.contains(label), "{label}");
    }
    let rest = plan::in_round().count();
    assert_eq!(rest + named.len(), relance::faults::POINTS.len());
    assert_eq!(rest as u64, plan::ROUND_POINTS);
}

/// What `benches/run faults` runs.
#[test]
#[ignore = "long: benches/run faults"]
fn as_many_as_asked_for() {
    let asked = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
    };
    let (seed, rounds) = (asked("RELANCE_FAULTS_SEED", 0), asked("RELANCE_FAULTS_ROUNDS", 100));
    let table = Table::play(seed, rounds, table::MANY);
    println!("{}", table.shown());
    assert!(table.bad.is_empty(), "{} rounds went wrong", table.bad.len());
}
