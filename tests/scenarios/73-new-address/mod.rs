//! A member corrects their own data on the page: at once, except a new address, which counts when
//! both ends have confirmed it. The association's list does not undo it, and a third value is the
//! desk's to settle.

use crate::support::club::{ALICE, Club, sent_to, taken};
use crate::support::relay::Relay;

const WITH_PHONE: &str = "member_no,given_name,family_name,email,language,province,association,category,pli,phone,postal_code\n";

fn list(club: &Club, email: &str, phone: &str) {
    let row = format!("10001,Alice,Martin,{email},en,ON,CIP,full,yes,{phone},K1A 0B1\n");
    let file = club.site.dir().join("full.csv");
    std::fs::write(&file, format!("{WITH_PHONE}{row}")).unwrap();
    club.site.cli(&["import", file.to_str().unwrap()]).ok();
}

fn person(club: &Club, column: &str) -> String {
    club.query(&format!("SELECT {column} FROM person")).join(" ")
}

#[test]
fn both_ends_confirm_a_new_address() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    list(&club, "alice@club.test", "613-555-0142");
    let link = sent_to(&relay, "alice").iter().find_map(|m| m.path_with("/r/")).unwrap();
    let page = club.get(&link).body;
    assert!(page.contains("…0142") && !page.contains("613-555-0142"), "{page}");

    // Nobody without her postal code, and nothing half-way.
    let new = [("act", "correct"), ("email", "new@club.test"), ("phone", "613 555-0199")];
    let faulty = club.submit(&link, &new);
    assert_eq!(faulty.status, 400);
    assert!(faulty.body.contains("value=\"new@club.test\""), "{}", faulty.body);
    let proof = [&new[..], &[("proof", "k1a0b1")]].concat();
    let saved = club.submit(&link, &proof);
    assert_eq!(saved.status, 303);
    assert!(saved.header("location").unwrap().ends_with("?saved=1"));
    assert!(
        club.get(saved.header("location").unwrap()).body.contains("Your corrections are saved")
    );
    assert_eq!(person(&club, "phone"), "\"613 555-0199\"");
    assert_eq!(person(&club, "email"), "\"alice@club.test\"");
    // Sent again, nothing more happens.
    club.rest();
    let settled = club.dump();
    assert_eq!(club.submit(&link, &proof).status, 303);
    assert_eq!(club.dump(), settled);

    club.rest();
    let to_new = taken(&relay, "new@club.test", "gave this address");
    assert!(!to_new.text.contains("Alice"), "a mistyped address learns no name: {}", to_new.text);
    let to_old = taken(&relay, "alice@club.test", "asked us to write");
    assert!(!to_old.text.contains("new@club.test"), "{}", to_old.text);
    let (new_end, old_end) = (to_new.path_with("/c/").unwrap(), to_old.path_with("/c/").unwrap());
    assert_eq!(club.submit(&new_end, &[("act", "confirm")]).status, 303);
    assert_eq!(person(&club, "email"), "\"alice@club.test\"", "one end is not both");
    assert!(club.get(&old_end).body.contains("No, it was not me"));
    assert_eq!(club.submit(&old_end, &[("act", "confirm")]).status, 303);
    assert_eq!(person(&club, "email"), "\"new@club.test\"");
    assert!(club.get(&new_end).body.contains("is confirmed"));
    club.rest();
    taken(&relay, "new@club.test", "mail about your membership goes to this address");

    // An older list changes nothing; a third value is the desk's; then the list has it.
    list(&club, "alice@club.test", "613-555-0142");
    assert_eq!(person(&club, "email || ' ' || phone"), "\"new@club.test 613 555-0199\"");
    list(&club, "third@club.test", "613-555-0199");
    assert_eq!(person(&club, "email"), "\"new@club.test\"");
    assert_eq!(club.query("SELECT kind FROM task"), ["\"conflict\""]);
    list(&club, "new@club.test", "613-555-0199");
    let states = club.query("SELECT field || ' ' || state FROM correction ORDER BY id");
    assert_eq!(states, ["\"phone settled\"", "\"email settled\""]);
    list(&club, "later@club.test", "613-555-0199");
    assert_eq!(person(&club, "email"), "\"later@club.test\"", "the list is the master again");
    let ledger = club.query("SELECT data FROM ledger").concat();
    assert!(!ledger.contains("club.test") && !ledger.contains("555"), "no contact data");
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn the_old_address_can_refuse() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = sent_to(&relay, "alice").iter().find_map(|m| m.path_with("/r/")).unwrap();
    let new = [("act", "correct"), ("email", "thief@club.test"), ("proof", "10001")];
    assert_eq!(club.submit(&link, &new).status, 303);
    club.rest();
    let end = |who: &str, words: &str| taken(&relay, who, words).path_with("/c/").unwrap();
    let (old, thief) = (end("alice", "asked us to write"), end("thief", "gave this address"));
    assert_eq!(club.submit(&old, &[("act", "refuse")]).status, 303);
    club.post(&thief, &[("act", "confirm"), ("nonce", "n")]);
    assert!(club.get(&thief).body.contains("Nothing has changed"));
    assert_eq!(person(&club, "email"), "\"alice@club.test\"");
}

#[test]
fn a_dead_address_has_no_say() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = sent_to(&relay, "alice").iter().find_map(|m| m.path_with("/r/")).unwrap();
    let new = [("act", "correct"), ("email", "new@club.test"), ("proof", "10001")];
    assert_eq!(club.submit(&link, &new).status, 303);
    club.rest();
    club.site.cli(&["suppression", "add", "alice@club.test", "--reason", "left the firm"]).ok();
    let end = taken(&relay, "new@club.test", "gave this address").path_with("/c/").unwrap();
    assert_eq!(club.submit(&end, &[("act", "confirm")]).status, 303);
    assert_eq!(person(&club, "email"), "\"new@club.test\"");
}
