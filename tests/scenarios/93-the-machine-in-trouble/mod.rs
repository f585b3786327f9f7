//! The disk is full, another process holds the store, no descriptor is left, the store cannot be
//! written at all, the end of its log is torn: nothing is lost or doubled, whoever waits for an
//! answer is told to come again, `/readyz` says what is wrong, and once it is mended everything
//! goes on by itself.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use std::time::Duration;

use crate::support::club::hidden;
use crate::support::daemon::Daemon;
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, SOON, START, rows};
use crate::support::relay::{Act, Relay, Rule, Stage, Taken};
use crate::support::{http, wait_until};

/// A moment before the notice: a jump would wait for what cannot be written.
const JUST_BEFORE: &str = "2026-11-02T13:59:59Z";
/// The store's writer waits 10 s for another process before it says no.
const LONGER_THAN_THE_WRITER_WAITS: Duration = Duration::from_secs(11);
/// Nobody's user id on a usual machine.
const SOMEBODY: u32 = 4243;

/// Limits a running process, or lets it free again.
fn limit(daemon: &Daemon, what: &str) {
    let pid = daemon.id().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, what]).status();
    assert!(done.unwrap().success(), "{what}");
}

/// No file may grow beyond a few octets: what a full disk comes to, for one process.
fn fill_the_disk(daemon: &Daemon) {
    limit(daemon, "--fsize=4096:unlimited");
}

fn empty_the_disk(daemon: &Daemon) {
    limit(daemon, "--fsize=unlimited:unlimited");
}

/// A daemon that gets an error for a write beyond its limit, as on a full disk, and not a signal.
fn start_with_errors(cip: &Rehearsal, clock: &str) -> Daemon {
    let own = cip.site.command(&["run", "--clock", clock]);
    let mut command = Command::new("env");
    command.arg("--ignore-signal=XFSZ").arg(own.get_program()).args(own.get_args());
    for (key, _) in own.get_envs() {
        command.env_remove(key);
    }
    let mut daemon = cip.site.spawn_command(&command);
    daemon.wait_ready().unwrap_or_else(|why| panic!("{why}"));
    daemon
}

fn club(members: u32) -> (Relay, Rehearsal) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, members, "CIP"));
    (relay, cip)
}

/// Everybody has one notice, and nothing is in doubt.
fn all_went_once(relay: &Relay, cip: &Rehearsal, members: usize) {
    let sent = "SELECT count(*) FROM message WHERE kind = 'notice' AND state = 'sent'";
    cip.wait_for(sent, &[&members.to_string()]);
    let mut to: Vec<String> = relay.taken().into_iter().flat_map(|taken| taken.to).collect();
    to.retain(|address| address.starts_with('m'));
    let all = to.len();
    to.sort();
    to.dedup();
    assert_eq!((all, to.len()), (members, members), "each has one");
    assert_eq!(cip.number("SELECT count(*) FROM message WHERE state = 'unknown'"), 0);
    cip.cli(&["audit", "verify"]).ok();
}

fn link(taken: &Taken) -> String {
    Mail::read(&taken.bytes).path_with("/r/").unwrap()
}

/// Presses "by invoice". The status that comes back.
fn press(cip: &Rehearsal, link: &str) -> u16 {
    let page = http::get(cip.site.web, link).unwrap();
    assert_eq!(page.status, 200, "a page is read, not written");
    let form = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
    http::post_form(cip.site.web, link, &form).unwrap().status
}

fn pledged(cip: &Rehearsal) -> i64 {
    cip.number("SELECT count(*) FROM renewal WHERE state = 'pledged'")
}

fn not_ready(cip: &Rehearsal) {
    wait_until("the fault to be told", SOON, || {
        let (status, text) = cip.ready();
        (status == 503 && text.contains("nothing can be written")).then_some(())
    });
}

fn ready(cip: &Rehearsal) {
    wait_until("readiness", SOON, || (cip.ready().0 == 200).then_some(()));
}

#[test]
fn the_disk_is_full_while_notices_go_out() {
    let (relay, cip) = club(60);
    // So that the disk fills up in the middle.
    relay.rule(Rule::at(Stage::Dot, Act::Wait(Duration::from_millis(30))));
    let mut daemon = start_with_errors(&cip, JUST_BEFORE);
    relay.wait_for(10, SOON);
    fill_the_disk(&daemon);
    not_ready(&cip);
    let left = relay.taken().len();
    // Messages that were `sending` already may end; no other is begun.
    std::thread::sleep(Duration::from_secs(1));
    let more = relay.taken().len() - left;
    assert!(more <= 4, "{more} began that nobody could note");
    assert!(daemon.ended().is_none(), "it waits");
    empty_the_disk(&daemon);
    all_went_once(&relay, &cip, 60);
    ready(&cip);
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn the_disk_is_full_when_a_member_answers() {
    let (relay, cip) = club(1);
    let daemon = start_with_errors(&cip, START);
    cip.next();
    let link = link(&relay.taken()[0]);
    fill_the_disk(&daemon);
    assert_eq!(press(&cip, &link), 503, "she is told to come again");
    not_ready(&cip);
    assert_eq!(pledged(&cip), 0);
    empty_the_disk(&daemon);
    assert_eq!(press(&cip, &link), 303);
    ready(&cip);
    assert_eq!(pledged(&cip), 1);
    relay.wait_for(2, SOON);
    assert_eq!(cip.number("SELECT count(*) FROM ledger WHERE kind = 'answered'"), 1);
}

#[test]
fn another_process_holds_the_store() {
    let (relay, cip) = club(2);
    let daemon = cip.start(START);
    cip.next();
    let link = link(&relay.taken()[0]);
    let other = rusqlite::Connection::open(cip.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // For a moment: whoever waits is served when it is over.
    std::thread::scope(|scope| {
        let pressed = scope.spawn(|| press(&cip, &link));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!pressed.is_finished(), "it waits");
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(pressed.join().unwrap(), 303);
    });
    // For long: whoever waits is told.
    let second = self::link(&relay.taken()[1]);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = relance::clock::monotonic();
    assert_eq!(press(&cip, &second), 503);
    assert!(began.elapsed() < LONGER_THAN_THE_WRITER_WAITS * 2);
    not_ready(&cip);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(press(&cip, &second), 303);
    ready(&cip);
    assert_eq!(pledged(&cip), 2);
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn no_descriptor_is_left() {
    let (relay, cip) = club(30);
    let mut daemon = cip.start("2026-11-02T13:59:57Z");
    // The limit is on a descriptor's number.
    let is_open = |n: &u32| fs::symlink_metadata(format!("/proc/{}/fd/{n}", daemon.id())).is_ok();
    let free = (0..4096).find(|n| !is_open(n)).unwrap();
    limit(&daemon, &format!("--nofile={free}:4096"));
    let said = |words: &str| daemon.output().contains(words);
    wait_until("the relay to be out of reach", SOON, || said("outbox.relay_stopped").then_some(()));
    assert!(relay.taken().len() < 30);
    // A caller is not refused for good: it waits at the door.
    let waiting = std::net::TcpStream::connect(cip.site.web).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    limit(&daemon, "--nofile=4096:4096");
    drop(waiting);
    all_went_once(&relay, &cip, 30);
    assert_eq!(cip.number("SELECT max(tries) FROM message"), 1, "no attempt counts");
    ready(&cip);
    assert!(daemon.ended().is_none(), "one daemon through all of it");
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_store_that_cannot_be_written_is_not_started_on() {
    let (relay, cip) = club(1);
    let daemon = cip.start(START);
    assert_eq!(daemon.stop().code(), Some(0));
    let state = cip.site.state();
    let before = cip.query("SELECT * FROM message");
    let own = cip.site.command(&["run", "--clock", START]);
    let is_root = fs::metadata(&state).unwrap().uid() == 0;
    let mut command = Command::new("timeout");
    command.arg("30");
    if is_root {
        // Root may write anything: somebody else starts it.
        let id = SOMEBODY.to_string();
        let owner = format!("{id}:{id}");
        let given = Command::new("chown").args(["-R", &owner]).arg(cip.site.dir()).status();
        assert!(given.unwrap().success());
        command.args(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
    }
    command.arg(own.get_program()).args(own.get_args());
    let mode = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&cip.store(), 0o400);
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("relance.db can only be read"), "{said}");
    mode(&cip.store(), 0o600);
    assert_eq!(cip.query("SELECT * FROM message"), before);
    assert_eq!(relay.taken().len(), 0);
}

#[test]
fn the_end_of_the_log_is_torn() {
    let (relay, cip) = club(8);
    let daemon = cip.start(START);
    cip.next();
    daemon.kill();
    let rows =
        "SELECT m.id, m.state, a.mid, a.state FROM message m JOIN attempt a ON a.message = m.id";
    let before = cip.query(rows);
    assert_eq!(before.len(), 8);
    let log = cip.site.state().join("relance.db-wal");
    let whole = fs::read(&log).unwrap();
    assert!(whole.len() > 8192, "what was written last stands in the log only");
    // A frame is a header of 24 octets and a page of 4096.
    let frame = 24 + 4096;
    let last = &whole[whole.len() - frame..];
    let garbled: Vec<u8> = last.iter().map(|octet| octet ^ 0x55).collect();
    let tails: [(&str, &[u8]); 4] = [
        ("zeros", &[0; 5000]),
        ("a frame again", last),
        ("half a frame", &last[..2000]),
        ("a garbled frame", &garbled),
    ];
    for (what, tail) in tails {
        let mut file = fs::File::options().append(true).open(&log).unwrap();
        file.write_all(tail).unwrap();
        drop(file);
        let daemon = cip.start(START);
        assert_eq!(cip.query(rows), before, "{what}");
        cip.settle();
        cip.cli(&["audit", "verify"]).ok();
        // The log goes on behind what was whole.
        daemon.kill();
        assert_eq!(cip.query(rows), before, "{what}");
        assert_eq!(relay.taken().len(), 8, "{what}");
    }
}
