//! What names people is forgotten in time, by the config's months: a dry run says what, a command
//! or the daemon's daily pass does it, and that something happened stays.

use crate::support::club::{ALICE, BENOIT, Club, taken};
use crate::support::relay::Relay;

fn season() -> (Relay, Club) {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("retention.inbound_months", 1);
    club.site.config.set("retention.attempt_months", 3);
    let club = club.at_the_notice(&[ALICE, BENOIT]);
    let notice = taken(&relay, "alice", "Here is your notice");
    let raw = format!(
        "From: alice@club.test\nTo: {}\nSubject: Re: a question\nMessage-ID: <q@club.test>\n\
         In-Reply-To: {}\n\nWhat about my neighbour?\n",
        notice.header("Reply-To").unwrap(),
        notice.header("Message-ID").unwrap(),
    );
    club.arrive("q", &raw);
    club.wait_for("SELECT count(*) FROM inbound", "1");
    club.rest();
    (relay, club)
}

const TEXTS: &str = "SELECT count(*) FROM inbound WHERE text <> '' OR sender <> ''";
const ADDRESSES: &str = "SELECT count(*) FROM attempt WHERE address <> ''";

#[test]
fn the_daemon_forgets_by_its_calendar() {
    let (_relay, club) = season();
    let sent = club.query("SELECT count(*) FROM attempt WHERE state = 'sent'");
    club.jump("2026-11-30T15:00:00Z");
    assert_eq!(club.query(TEXTS), ["1"], "not yet");
    club.jump("2026-12-03T15:00:00Z");
    club.wait_for(TEXTS, "0");
    assert_eq!(
        club.query("SELECT kind || ' ' || outcome FROM inbound"),
        ["\"reply to-desk:unverified\""]
    );
    assert!(club.query(ADDRESSES)[0].parse::<u32>().unwrap() >= 3, "kept for longer");
    club.jump("2027-02-28T15:00:00Z");
    let old = format!("{ADDRESSES} AND started_at < 1793800000000");
    club.wait_for(&old, "0");
    let still = club.query("SELECT count(*) FROM attempt WHERE state = 'sent'");
    assert!(still[0].parse::<u32>().unwrap() >= sent[0].parse().unwrap(), "that it went stays");
    assert!(club.ledger().contains("forgotten"));
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_command_says_first_and_does_then() {
    let (_relay, mut club) = season();
    club.daemon.take().unwrap().stop();
    // As if it had been long ago.
    let db = rusqlite::Connection::open(club.database()).unwrap();
    db.execute("UPDATE inbound SET received = 1000", []).unwrap();
    drop(db);
    let dry = club.site.cli(&["retention", "--dry-run"]).ok();
    assert!(dry.contains("inbound     before "), "{dry}");
    assert!(dry.contains(": 1 would be forgotten"), "{dry}");
    assert_eq!(club.query(TEXTS), ["1"]);
    let done = club.json(&["retention", "--apply"]);
    assert_eq!(done["retention"][0]["kept"], "inbound");
    assert_eq!(done["retention"][0]["forgotten"], 1);
    assert_eq!(club.query(TEXTS), ["0"]);
    let octets = std::fs::read(club.database()).unwrap();
    assert!(!octets.windows(9).any(|w| w == b"neighbour"), "overwritten on the disk");
    assert_eq!(club.json(&["retention", "--dry-run"])["retention"][0]["due"], 0);
    assert_eq!(club.site.cli(&["retention"]).code(), 2, "one of the two must be said");
    club.site.cli(&["audit", "verify"]).ok();
}
