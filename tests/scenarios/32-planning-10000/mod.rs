//! Ten thousand members are due at nine o'clock. Planning goes in chunks, so that nobody waits
//! for the store meanwhile; the process is killed in the middle of it, and again while it sends.
//! Everybody has exactly one message.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::rehearsal::{Rehearsal, START, can_die, rows};
use crate::support::relay::Relay;
use crate::support::wait_until;

const MEMBERS: u32 = 10_000;
/// For ten thousand messages of a debug build on a busy machine.
const LONG: Duration = Duration::from_mins(4);

#[test]
fn ten_thousand_are_planned_in_chunks_and_once() {
    if !can_die() {
        return;
    }
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, MEMBERS, "CIP"));
    cip.dies_at("2026-11-02T13:59:59Z", "scheduler.chunk#3");
    let planned = cip.number("SELECT count(*) FROM message");
    assert!((1..i64::from(MEMBERS) / 2).contains(&planned), "{planned} in three chunks");
    assert_eq!(
        cip.query("SELECT state, planned FROM firing"),
        [format!("\"planning\" | {planned}")],
        "cursor and messages were kept together"
    );

    let debug = [("RUST_LOG", "info,relance::scheduler=debug")];
    let daemon = cip.start_with(START, &[], &debug);
    let whole = "SELECT state, planned, excluded FROM firing";
    wait_until("the plan", LONG, || {
        (cip.query(whole) == [format!("\"done\" | {MEMBERS} | 0")]).then_some(())
    });
    let log = daemon.output();
    let chunks: Vec<u64> = log
        .lines()
        .filter(|line| line.contains("scheduler.chunk"))
        .map(|line| line.rsplit_once("chunk_us=").unwrap().1.trim().parse().unwrap())
        .collect();
    assert!(chunks.len() > 10, "one firing, many short transactions: {}", chunks.len());

    relay.wait_for(500, LONG);
    daemon.kill();
    let daemon = cip.start(START);
    let open = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending', 'deferred')";
    wait_until("the last message", LONG, || (cip.number(open) == 0).then_some(()));
    let taken: Vec<String> = relay.taken().into_iter().flat_map(|t| t.to).collect();
    let different: HashSet<&String> = taken.iter().collect();
    assert_eq!(different.len(), taken.len(), "nobody has two");
    // What was on its way at the kill may have been taken or not: at most one a connection.
    let unknown = cip.number("SELECT count(*) FROM message WHERE state = 'unknown'");
    let sent = cip.number("SELECT count(*) FROM message WHERE state = 'sent'");
    assert_eq!(sent + unknown, i64::from(MEMBERS));
    assert!(unknown <= 4, "{unknown}");
    let taken = i64::try_from(taken.len()).unwrap();
    assert!((sent..=sent + unknown).contains(&taken), "{sent} <= {taken}");
    assert_eq!(daemon.stop().code(), Some(0));
}
