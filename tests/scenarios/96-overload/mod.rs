//! The first hours of the season at once: while notices still go out, a thousand members renew,
//! and what could not be delivered comes back. Every answer that was taken stands in the ledger,
//! everybody has one notice, every report is read, and memory stays bounded.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::club::hidden;
use crate::support::http::{self, Answer};
use crate::support::letters::no_such_user;
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, rows};
use crate::support::relay::{Act, Relay, Rule, Stage, Taken};
use crate::support::wait_until;

const NOTICES: u32 = 2_000;
const CLIENTS: usize = 1_000;
const REPORTS: usize = 200;
/// Clients that ask at once.
const AT_ONCE: usize = 64;
/// The relay takes so long over a message that half of the notices still wait when the clients
/// come.
const RELAY_PAUSE: Duration = Duration::from_millis(10);
/// For thousands of messages of a debug build on a busy machine.
const LONG: Duration = Duration::from_mins(4);
/// What the process may hold at its worst, in kilobytes.
const PEAK_KB_MAX: u64 = 120 * 1024;

#[test]
fn a_thousand_renew_while_notices_leave_and_reports_return() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Dot, Act::Wait(RELAY_PAUSE)));
    let cip = Rehearsal::of_cip(&relay);
    let incoming = cip.read_maildir();
    cip.import(&rows(1, NOTICES, "CIP"));
    let daemon = cip.start("2026-11-02T14:00:00Z");

    let first = relay.wait_for(CLIENTS + REPORTS, LONG);
    let (answering, dead) = first[..CLIENTS + REPORTS].split_at(CLIENTS);
    for (n, taken) in dead.iter().enumerate() {
        report(&incoming, n, taken);
    }
    let accepted = renew(&cip, answering);
    assert_eq!(accepted, CLIENTS, "nobody was turned away");

    let open = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending', 'deferred')";
    wait_until("the last message", LONG, || (cip.number(open) == 0).then_some(()));
    let read = "SELECT count(*) FROM inbound WHERE outcome = 'bounced-hard'";
    wait_until("the last report", LONG, || {
        (cip.number(read) == i64::try_from(REPORTS).unwrap()).then_some(())
    });

    let answers = "SELECT count(*) FROM ledger WHERE kind = 'answered'";
    assert_eq!(cip.number(answers), i64::try_from(accepted).unwrap());
    let renewals = "SELECT state, count(*) FROM renewal GROUP BY state ORDER BY state";
    assert_eq!(cip.query(renewals), ["\"open\" | 1000", "\"pledged\" | 1000"]);
    let told = "SELECT kind, state, count(*) FROM message
                WHERE kind IN ('notice', 'confirmation') GROUP BY kind, state ORDER BY kind";
    assert_eq!(
        cip.query(told),
        ["\"confirmation\" | \"sent\" | 1000", "\"notice\" | \"sent\" | 2000"]
    );
    let mails = relay.taken();
    let different: HashSet<String> = mails.iter().map(message_id).collect();
    assert_eq!(different.len(), mails.len(), "nothing went out twice");
    assert_eq!(cip.ready().0, 200);
    cip.cli(&["audit", "verify"]).ok();
    let peak_kb = peak_kb(daemon.id());
    assert!(peak_kb <= PEAK_KB_MAX, "{peak_kb} kB");
    assert_eq!(daemon.stop().code(), Some(0));
}

/// Each opens the link of their notice and renews by invoice. Returns how many were accepted.
fn renew(cip: &Rehearsal, notices: &[Taken]) -> usize {
    let (turn, accepted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(taken) = notices.get(turn.fetch_add(1, Ordering::Relaxed)) {
                    let link = Mail::read(&taken.bytes).path_with("/r/").unwrap();
                    let page = ask(cip, "GET", &link, "");
                    assert_eq!(page.status, 200, "{}", page.body);
                    let own = hidden(&page.body).into_iter().map(|(k, v)| format!("&{k}={v}"));
                    let form = format!("choice=invoice{}", own.collect::<String>());
                    let answer = ask(cip, "POST", &link, &form);
                    if answer.status == 303 {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    accepted.into_inner()
}

/// A request by the proxy in front, each for a client of its own.
fn ask(cip: &Rehearsal, method: &str, path: &str, form: &str) -> Answer {
    static CLIENT: AtomicUsize = AtomicUsize::new(0);
    let n = CLIENT.fetch_add(1, Ordering::Relaxed);
    let address = format!("198.18.{}.{}", n / 256, n % 256);
    let headers = [
        ("X-Forwarded-For", address.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    http::request(cip.site.web, method, path, &headers, form.as_bytes())
        .unwrap_or_else(|e| panic!("{method} {path}: {e}"))
}

/// The member's server says that the address is dead.
fn report(incoming: &Path, n: usize, taken: &Taken) {
    let name = format!("report-{n}");
    fs::write(incoming.join("tmp").join(&name), no_such_user(taken, &name)).unwrap();
    fs::rename(incoming.join("tmp").join(&name), incoming.join("new").join(&name)).unwrap();
}

fn message_id(taken: &Taken) -> String {
    Mail::read(&taken.bytes).header("Message-ID").unwrap().to_owned()
}

/// The most memory that the process held, as the kernel counts it.
fn peak_kb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
