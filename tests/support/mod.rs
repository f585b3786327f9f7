//! Owns what every scenario stands on: a private mail server, a scripted relay, the real binary,
//! and readers for what they leave behind. Knows nothing of what a scenario is about.
//!
//! Everything listens on loopback and keeps its state in a temporary folder, so that any number
//! of tests may run side by side.

pub mod browser;
pub mod club;
pub mod daemon;
pub mod db;
pub mod http;
pub mod imap;
pub mod letters;
pub mod mail;
pub mod mailstack;
pub mod markup;
pub mod ports;
pub mod process;
pub mod rehearsal;
pub mod relay;
pub mod smtp;
pub mod stripe;
pub mod systemd;

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use relance::clock::monotonic;

/// Between two looks at something that another process is about to change.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Asks `probe` again and again until it gives something. Panics with `what` after `limit`.
pub fn wait_until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = monotonic();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Says that this test does nothing here, and why. `tests/run` names the file in
/// `RELANCE_SKIPS` and counts its lines, since the test runner itself calls this a pass.
#[expect(clippy::print_stderr, reason = "seen where the tests are run by hand")]
pub fn skip(why: &str) {
    let name = std::env::var("NEXTEST_TEST_NAME")
        .ok()
        .or_else(|| std::thread::current().name().map(String::from))
        .unwrap_or_else(|| "a test".into());
    eprintln!("SKIPPED {name}: {why}");
    let Some(path) = std::env::var_os("RELANCE_SKIPS") else { return };
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the file for skipped tests can be written");
    // One write: several tests append at the same time.
    file.write_all(format!("{name}: {why}\n").as_bytes()).expect("a skip is noted");
}
