//! Somebody has enough of reminders and says so: on the page, or by the button that mail programs
//! show. Reminders end at once; what cannot be done without still comes.

use crate::support::club::{ALICE, Club, taken};
use crate::support::http;
use crate::support::relay::Relay;

const MULTIPART: &str = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                         One-Click\r\n--b--\r\n";

fn begin(relay: &Relay) -> (Club, String) {
    let club = Club::with_relay(relay).at_the_notice(&[ALICE]);
    let link = taken(relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    (club, link)
}

/// What the member gets from now to the end of the season.
fn rest_of_the_season(club: &Club) -> String {
    club.rest();
    for instant in ["2026-12-08T15:00:00Z", "2026-12-17T15:00:00Z", "2026-12-30T15:00:00Z"] {
        club.jump(instant);
    }
    club.messages()
}

#[test]
fn on_the_page_reminders_end_and_the_last_call_still_comes() {
    let relay = Relay::start();
    let (club, link) = begin(&relay);
    let page = club.get(&link);
    for words in ["Stop the reminders?", "the last call before your insurance cover ends"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(club.get(&format!("{link}?lang=fr")).body.contains("Mettre fin aux rappels?"));
    assert_eq!(club.submit(&link, &[("act", "unsubscribe")]).status, 303);
    assert!(club.get(&link).body.contains("The reminders are stopped"));
    insta::assert_snapshot!(rest_of_the_season(&club), @"
    10001 notice sent
    10001 confirmation sent
    10001 last-call sent
    ");
    let confirmation = taken(&relay, "alice", "you want no more reminders");
    assert!(confirmation.path_with("/u/").is_some(), "how to undo it");
}

#[test]
fn by_the_mail_programs_button_in_both_forms() {
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=b", MULTIPART),
    ] {
        let relay = Relay::start();
        let (club, _) = begin(&relay);
        let notice = taken(&relay, "alice", "Here is your notice");
        assert_eq!(notice.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let listed = notice.header("List-Unsubscribe").unwrap();
        assert!(listed.contains("<mailto:"), "{listed}");
        let url = listed.split(['<', '>']).find(|l| l.starts_with("https://")).unwrap();
        let path = url.trim_start_matches("https://renew.cip.example.ca");
        let headers = [("Content-Type", kind)];
        // Twice: providers try again.
        for _ in 0..2 {
            let done = http::request(club.site.web, "POST", path, &headers, body.as_bytes());
            let done = done.unwrap();
            assert_eq!(done.status, 200, "{kind}: {}", done.body);
            assert_eq!(done.header("location"), None, "RFC 8058 wants no redirect");
        }
        assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
        let got = rest_of_the_season(&club);
        assert!(!got.contains("reminder"), "{kind}: {got}");
        assert!(got.contains("last-call sent"), "{kind}: {got}");
    }
}

#[test]
fn a_mistake_is_undone_and_reminders_come_again() {
    let relay = Relay::start();
    let (club, link) = begin(&relay);
    club.submit(&link, &[("act", "unsubscribe")]);
    assert_eq!(club.submit(&link, &[("act", "resubscribe")]).status, 303);
    assert!(club.get(&link).body.contains("Stop the reminders?"));
    let got = rest_of_the_season(&club);
    assert!(got.contains("reminder sent"), "{got}");
    insta::assert_snapshot!(club.ledger(), @"
    imported
    fired
    unsubscribed
    resubscribed
    fired
    fired
    ");
}

#[test]
fn the_forecast_says_who_gets_no_reminder() {
    let relay = Relay::start();
    let (club, link) = begin(&relay);
    club.submit(&link, &[("act", "unsubscribe")]);
    let forecast = club.site.cli(&["forecast", "--json"]).ok();
    let forecast: serde_json::Value = serde_json::from_str(&forecast).unwrap();
    let coming = &forecast["firings"];
    let row = |n: usize| (&coming[n]["step"], &coming[n]["recipients"]["total"]);
    assert_eq!(row(0), (&"reminder-1".into(), &0.into()), "{forecast}");
    assert_eq!(coming[0]["excluded"]["unsubscribed"], 1, "{forecast}");
    assert_eq!(row(1), (&"last-call".into(), &1.into()), "{forecast}");
}

/// Mail programs that know no one-click POST write to the address beside it, with its subject and
/// no words.
#[test]
fn by_the_mail_that_the_button_writes() {
    const PASS: &str =
        "Authentication-Results: mx.cip.example.ca; dmarc=pass header.from=club.test\n";
    const FAIL: &str =
        "Authentication-Results: mx.cip.example.ca; dmarc=fail header.from=club.test\n";
    for (verdict, body) in [(PASS, ""), (PASS, " \n\n"), (FAIL, "")] {
        let relay = Relay::start();
        let (club, _) = begin(&relay);
        let notice = taken(&relay, "alice", "Here is your notice");
        let listed = notice.header("List-Unsubscribe").unwrap();
        let mailto = listed.split("mailto:").nth(1).unwrap().trim_end_matches('>');
        let (address, subject) = mailto.split_once("?subject=").unwrap();
        let raw = format!(
            "{verdict}From: Alice <alice@club.test>\nTo: {address}\nSubject: {subject}\n\
             Message-ID: <button@club.test>\n\n{body}"
        );
        club.arrive("button", &raw);
        if verdict == FAIL {
            club.wait_for("SELECT outcome FROM inbound", "\"asked-to-confirm\"");
            club.rest();
            let asked = taken(&relay, "alice", "A mail in your name asked us for this");
            let link = asked.path_with("/c/").unwrap();
            assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
            assert_eq!(club.submit(&link, &[("act", "unsubscribe")]).status, 303);
        } else {
            club.wait_for("SELECT outcome FROM inbound", "\"stopped\"");
        }
        assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
        club.rest();
        assert!(taken(&relay, "alice", "you want no more reminders").path_with("/u/").is_some());
    }
}
