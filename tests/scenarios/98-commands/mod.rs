//! What scripts and people may rely on with any command: a failure shows in the exit code, an error
//! names what was given, and `--json` prints one JSON value.

use serde_json::{Value, json};

use crate::support::club::{ALICE, BENOIT, Club};
use crate::support::relay::Relay;

#[test]
fn a_file_that_cannot_be_read_fails_and_the_others_are_read() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    let mail = club.site.dir().join("one.eml");
    std::fs::write(&mail, "From: a@club.test\nSubject: Hello\n\nHello\n").unwrap();
    let mail = mail.to_str().unwrap();
    let done = club.site.cli(&["inspect", "nofile", mail]);
    assert_eq!(done.code(), 1, "{}", done.stdout);
    assert!(done.stderr.contains("nofile: cannot be read: No such file"), "{}", done.stderr);
    assert!(done.stdout.starts_with(mail), "{}", done.stdout);
    let done = club.site.cli(&["inspect", "--json", "nofile", mail]);
    assert_eq!(done.code(), 1);
    let lines: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["error"].as_str().unwrap().starts_with("nofile: "), "{lines:?}");
    assert_eq!(lines[1]["kind"], "other");
    club.site.cli(&["inspect", mail]).ok();
}

#[test]
fn a_cursor_that_was_never_given_is_told() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let end = &club.query("SELECT max(seq) FROM ledger")[0];
    club.site.cli(&["export", "--json", "--since", end]).ok();
    for form in [&["--json"][..], &[]] {
        let done = club.site.cli(&[&["export", "--since", "999999"], form].concat());
        assert_eq!(done.code(), 1);
        assert_eq!(done.stdout, "");
        let told = format!("--since 999999: the ledger of this store ends at {end}");
        assert!(done.stderr.contains(&told), "{}", done.stderr);
    }
    assert_eq!(club.site.cli(&["export", "--since=-1"]).code(), 2);
}

#[test]
fn an_error_names_the_file_that_was_given() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let file = club.site.dir().join("no-folder").join("file");
    let file = file.to_str().unwrap();
    for args in [&["backup", file][..], &["letters", "notice", "--out", file]] {
        let done = club.site.cli(args);
        assert_eq!(done.code(), 1, "{args:?}");
        let told = format!("relance: {file}: No such file");
        assert!(done.stderr.contains(&told), "{args:?}: {}", done.stderr);
    }
}

#[test]
fn commands_that_do_something_tell_it_as_json() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let at = "2026-12-01T12:00:00Z";
    assert_eq!(club.json(&["clock", "set", at]), json!({"at": at}));
    assert!(club.json(&["clock", "now"])["at"].as_str().unwrap().starts_with("2026-12-01T12:"));
    assert!(club.json(&["clock", "next"])["at"].as_str().unwrap() > at);

    let (a, b) = ("a@gone.test", "b@gone.test");
    let on = json!({"address": a, "added": true});
    assert_eq!(club.json(&["suppression", "add", a]), on);
    assert_eq!(club.json(&["suppression", "add", a])["added"], false);
    let list = club.site.dir().join("gone.csv");
    std::fs::write(&list, format!("{a}\n{b}\n")).unwrap();
    let both = club.json(&["suppression", "import", list.to_str().unwrap()]);
    assert_eq!(both, json!({"rows": 2, "added": 1}));
    let off = json!({"address": b, "removed": true});
    assert_eq!(club.json(&["suppression", "remove", b]), off);

    assert_eq!(club.json(&["inbox", "resume"]), json!({"resumed": 0}));
    let answers = ["--answer", "claims=no", "--answer", "circumstances=no"];
    let declare = [&["insurance", "declare", "10001", "--staff", "Ann"][..], &answers].concat();
    let said = json!({"member_no": "10001", "recorded": true});
    assert_eq!(club.json(&declare), said);

    let membership = &club.json(&["member", "show", "10001"])["memberships"][0];
    for (key, value) in [("pli", true), ("home", false), ("missing", false)] {
        assert_eq!(membership[key], value, "{membership}");
    }
    let shown = club.site.cli(&["member", "show", "10001"]).ok();
    assert!(shown.contains("member of  CIP full insured"), "{shown}");
    let idle = club.site.cli(&["adopt", "--dry-run", "--json"]);
    assert_eq!(idle.code(), 1, "{}", idle.stderr);
    assert_eq!(serde_json::from_str::<Value>(&idle.stdout).unwrap(), json!({"held": false}));
}
