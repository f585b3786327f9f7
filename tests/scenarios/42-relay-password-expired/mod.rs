//! On the morning of the notices the relay does not know our password any more. That is nobody's
//! refusal: everything waits, `/readyz` and `doctor` say why, and when the password works again
//! it all goes out, once, with nobody's doing.

use crate::support::rehearsal::{Rehearsal, SOON, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};
use crate::support::wait_until;

#[test]
fn everything_waits_until_the_password_works_again() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Auth, Act::Reply("535 5.7.8 authentication failed")));
    let cip = Rehearsal::of_cip(&relay);
    let password = cip.site.config.secret("smtp-password", "old horse");
    cip.site.config.set("smtp.username", "relance");
    cip.site.config.set("smtp.password_file", password);
    cip.import(&rows(1, 30, "CIP"));
    let _daemon = cip.start("2026-11-02T13:59:58Z");
    // The firing comes by itself: a jump would wait for a relay that works.
    let sees = |text: &str| wait_until(text, SOON, || cip.ready().1.contains(text).then_some(()));
    sees("relay: the relay is stopped: 535 at auth: 5.7.8 authentication failed");
    assert_eq!(cip.ready().0, 503);
    cip.wait_for("SELECT state, count(*) FROM message GROUP BY state", &["\"queued\" | 30"]);
    assert_eq!(cip.number("SELECT count(*) FROM attempt"), 0, "no attempt counts");
    assert_eq!(cip.number("SELECT max(tries) FROM message"), 0);
    let done = cip.cli(&["doctor", "--json"]);
    assert_eq!(done.code(), 1);
    let findings: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let relays: Vec<String> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["what"] == "relay")
        .map(|f| format!("{} {} {}", f["level"], f["found"], f["cure"]))
        .collect();
    assert!(relays.iter().all(|r| r.starts_with("\"bad\"")), "{relays:?}");
    assert!(relays.iter().any(|r| r.contains("stopped: 535")), "{relays:?}");
    assert!(relays.iter().any(|r| r.contains("password_file")), "{relays:?}");
    assert!(!relays.concat().contains("horse"), "a password is never shown");

    relay.accept_all();
    // AUTH is offered while a rule for it stands.
    relay.rule(Rule::at(Stage::Auth, Act::Wait(std::time::Duration::ZERO)));
    relay.wait_for(30, SOON);
    cip.settle();
    assert_eq!(
        cip.query("SELECT DISTINCT state, tries, attempt FROM message"),
        ["\"sent\" | 1 | 1"]
    );
    let mut to: Vec<String> = relay.taken().into_iter().flat_map(|t| t.to).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), relay.taken().len()), (30, 30));
    assert_eq!(cip.ready().0, 200);
    let doctor = cip.cli(&["doctor"]).stdout;
    assert!(!doctor.contains("stopped"), "{doctor}");
}
