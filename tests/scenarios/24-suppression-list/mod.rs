//! Addresses that nothing is mailed to, as operators keep them: by hand, from a file, out to a
//! file. The list holds for the next step, in the forecast and in what goes out.

use crate::support::club::{ALICE, BENOIT, Club, sent_to};
use crate::support::relay::Relay;

const REMINDER: &str = "2026-12-08T15:00:00Z";

fn begin(relay: &Relay) -> Club {
    Club::with_relay(relay).at_the_notice(&[ALICE, BENOIT])
}

fn suppression(club: &Club, args: &[&str]) -> String {
    club.site.cli(&[&["suppression"], args].concat()).ok().trim().to_owned()
}

/// What the next step leaves out for its address, and how many it goes to.
fn coming(club: &Club) -> (serde_json::Value, serde_json::Value) {
    let all = club.json(&["forecast"])["firings"].clone();
    (all[0]["excluded"]["address-suspended"].clone(), all[0]["recipients"]["total"].clone())
}

#[test]
fn by_hand_and_back() {
    let relay = Relay::start();
    let club = begin(&relay);
    assert_eq!(suppression(&club, &["list"]), "none");
    assert_eq!(coming(&club), (serde_json::Value::Null, 2.into()));

    assert_eq!(
        suppression(&club, &["add", "Alice@CLUB.test", "--reason", "asked by phone"]),
        "added"
    );
    assert_eq!(suppression(&club, &["add", "alice@club.test"]), "it is on the list already");
    let listed = club.json(&["suppression", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["address"], "alice@club.test", "as it is on file");
    assert_eq!(listed[0]["reason"], "asked by phone");
    assert_eq!(listed[0]["members"], serde_json::json!(["10001"]));
    assert_eq!(coming(&club), (1.into(), 1.into()));

    suppression(&club, &["add", "benoit@club.test"]);
    suppression(&club, &["remove", "benoit@club.test"]);
    assert_eq!(coming(&club), (1.into(), 1.into()));
    club.jump(REMINDER);
    assert_eq!(sent_to(&relay, "alice").len(), 1, "the notice, and no reminder");
    assert_eq!(sent_to(&relay, "benoit").len(), 2);

    suppression(&club, &["remove", "ALICE@club.test"]);
    assert_eq!(suppression(&club, &["list"]), "none");
    // Who is reachable again gets the step that they missed, on the next day; on the day of the
    // last call it would be a second mail, and stays away.
    club.jump("2026-12-09T15:00:00Z");
    club.jump("2026-12-17T15:00:00Z");
    insta::assert_snapshot!(club.messages(), @"
    10001 notice sent
    10002 notice sent
    10002 reminder sent
    10001 reminder sent
    10001 last-call sent
    10002 last-call sent
    ");
    let unknown = club.site.cli(&["suppression", "remove", "nobody@club.test"]);
    assert_eq!(unknown.code(), 1);
    assert!(unknown.stderr.contains("nobody@club.test is not on the list"), "{}", unknown.stderr);
}

#[test]
fn from_a_file_all_or_nothing_and_out_again() {
    let relay = Relay::start();
    let club = begin(&relay);
    let file = club.site.dir().join("list.csv").display().to_string();
    let import = |text: &str| {
        std::fs::write(&file, text).unwrap();
        club.site.cli(&["suppression", "import", &file])
    };
    let bad = import("address,reason\nalice@club.test,moved\nnot an address,\n");
    assert_ne!(bad.code(), 0, "{}", bad.stdout);
    assert!(bad.stderr.contains("not an address"), "{}", bad.stderr);
    assert_eq!(suppression(&club, &["list"]), "none");

    let text = "address,reason\nalice@club.test,\"moved, no address\"\nelse@else.test\n";
    assert_eq!(import(text).ok().trim(), "2 rows, 2 of them new");
    assert_eq!(import(text).ok().trim(), "2 rows, 0 of them new");
    assert_eq!(coming(&club), (1.into(), 1.into()));
    let exported = suppression(&club, &["export"]);
    let want = "address,reason\nalice@club.test,\"moved, no address\"\nelse@else.test,by-a-person";
    assert_eq!(exported, want);

    // Into another club's list.
    let other = begin(&relay);
    let copy = other.site.dir().join("copy.csv");
    std::fs::write(&copy, exported).unwrap();
    suppression(&other, &["import", &copy.display().to_string()]);
    let strip = |club: &Club| {
        let mut rows = club.json(&["suppression", "list"]);
        rows.as_array_mut().unwrap().iter_mut().for_each(|row| row["since"] = "".into());
        rows
    };
    assert_eq!(strip(&other), strip(&club));
    assert_eq!(club.site.cli(&["audit", "verify"]).code(), 0);
}
