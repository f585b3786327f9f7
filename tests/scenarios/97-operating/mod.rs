//! What an operator does while members are at it: new config without a restart, a link that went
//! astray taken back, a key changed and destroyed.

use std::io::Write as _;
use std::os::unix::net::UnixStream;

use crate::support::club::{ALICE, BENOIT, Club, SOON, sent_to, taken};
use crate::support::http;
use crate::support::letters::Letter;
use crate::support::mailstack::{self, Options};
use crate::support::relay::{Act, Relay, Rule, Stage};
use crate::support::wait_until;

/// Sends SIGHUP and waits until the log has one more of `event`.
fn reload(club: &mut Club, event: &str) {
    let daemon = club.daemon.as_mut().unwrap();
    let count = |text: &str| text.matches(event).count();
    let before = count(&daemon.output());
    daemon.signal("HUP");
    wait_until(event, SOON, || (count(&daemon.output()) > before).then_some(()));
    daemon.wait_ready().unwrap();
}

#[test]
fn new_config_is_taken_up_and_a_faulty_one_changes_nothing() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let id = club.daemon.as_ref().unwrap().id();
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();

    club.site.config.set_each("associations.toml", "association", "desk.email", "not an address");
    reload(&mut club, "relance.reload_refused");
    let log = club.daemon.as_ref().unwrap().output();
    assert!(log.contains("association[0].desk.email"), "the fault is named: {log}");
    assert_eq!(club.get(&link).status, 200, "and the old config goes on");

    club.site.config.set_each("associations.toml", "association", "desk.email", "desk@club.test");
    club.site.config.set_each("associations.toml", "association", "desk.phone", "613-555-0199");
    reload(&mut club, "relance.reloaded");
    assert_eq!(club.daemon.as_ref().unwrap().id(), id, "the same process");
    let page = club.get(&link);
    assert!(page.body.contains("613-555-0199"), "{}", page.body);
    club.rest();
    assert_eq!(relay.taken().len(), 2, "nobody is mailed again");
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
}

#[test]
fn what_only_a_start_can_tell_leaves_the_old_config_running() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    club.site.config.set("admin.listen", other.local_addr().unwrap().to_string());
    reload(&mut club, "relance.reload_failed");
    assert_eq!(club.get(&link).status, 200);
    assert_eq!(http::get(club.site.admin, "/readyz").unwrap().status, 200);
}

#[test]
fn a_conversation_with_the_relay_is_finished_first() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.import(&[ALICE]);
    club.start("2026-11-02T08:00:00-05:00");
    let wait = std::time::Duration::from_secs(2);
    relay.rule(Rule::at(Stage::Dot, Act::Wait(wait)).times(1));
    let mut control = UnixStream::connect(club.site.state().join("control.sock")).unwrap();
    control.write_all(b"clock next\n").unwrap();
    wait_until("the body is under way", SOON, || {
        (club.query("SELECT state FROM attempt") == ["\"sending\""]).then_some(())
    });
    reload(&mut club, "relance.reloaded");
    club.rest();
    assert_eq!(club.query("SELECT state FROM attempt"), ["\"sent\""]);
    assert_eq!(sent_to(&relay, "alice").len(), 1);
}

#[test]
fn a_link_that_went_astray_is_taken_back() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let mail = taken(&relay, "alice", "Here is your notice");
    let [link, stop] = ["/r/", "/u/"].map(|part| mail.path_with(part).unwrap());
    let benoits = taken(&relay, "benoit", "Voici votre avis").path_with("/r/").unwrap();
    assert_eq!(club.json(&["link", "revoke", &link])["revoked"], true);
    assert_eq!(club.json(&["link", "revoke", &link])["revoked"], false, "once");
    assert_eq!(club.json(&["link", "inspect", &link])["revoked"], true);
    assert_eq!(club.query("SELECT count(*) FROM ledger WHERE kind = 'links-revoked'"), ["1"]);

    let page = club.get(&link);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("<h1>This link was deactivated</h1>"), "{}", page.body);
    let french = club.get(&format!("{link}?lang=fr")).body;
    assert!(french.contains("<h1>Ce lien a été désactivé</h1>"), "{french}");
    assert!(!page.body.contains("Martin") && !page.body.contains("10001"), "{}", page.body);
    club.submit(&link, &[("renew", "by-invoice")]);
    assert_eq!(club.query("SELECT DISTINCT state FROM renewal"), ["\"open\""]);
    let notices = relay.taken();
    let alices = notices.iter().find(|t| t.to[0].contains("alice")).unwrap();
    let reply = Letter::reply(alices, "mx.cip.example.ca", "1", "RENEW");
    club.arrive("1", &String::from_utf8(reply.bytes()).unwrap());
    assert_ne!(club.came_to(1), ["answered:renew"]);
    assert_eq!(club.query("SELECT DISTINCT state FROM renewal"), ["\"open\""]);

    club.rest();
    let fresh = sent_to(&relay, "alice").pop().unwrap().path_with("/r/").unwrap();
    assert_ne!(fresh, link);
    assert_eq!(club.get(&fresh).status, 200, "a fresh one goes to the address on file");
    assert_eq!(club.get(&benoits).status, 200, "nobody else's");
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 303, "stopping us still works");
}

#[test]
fn a_key_is_changed_and_destroyed_only_once_its_links_are_of_no_use() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let refused = club.site.cli(&["key", "retire", "1"]);
    assert!(refused.stderr.contains("key 1 signs new links"), "{}", refused.stderr);
    assert_eq!(club.json(&["key", "new"])["id"], 2);
    reload(&mut club, "relance.reloaded");
    assert_eq!(club.get(&link).status, 200, "a link of the key before");
    let refused = club.site.cli(&["key", "retire", "1"]);
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr.contains("may be used until"), "{}", refused.stderr);
    assert_eq!(club.json(&["key", "retire", "1", "--compromised"])["id"], 1);
    reload(&mut club, "relance.reloaded");
    let page = club.get(&link);
    assert_eq!(page.status, 404, "like any other that is not ours");
    for said in ["This link does not work", "deactivated", "ait été désactivé"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(club.json(&["key", "list"]).as_array().unwrap().len(), 1);
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
}

#[test]
fn mail_to_ourselves_comes_back_with_its_token_and_acts_on_nothing() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let ledger = club.ledger();
    let found = club.site.cli(&["doctor", "--round-trip", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let trips: Vec<_> =
        found.as_array().unwrap().iter().filter(|f| f["what"] == "round trip").collect();
    assert_eq!(trips.len(), 2, "{found}");
    for (trip, what) in trips.iter().zip(["the reply address", "the bounce address"]) {
        let told = trip["found"].as_str().unwrap();
        assert!(told.starts_with(what) && told.contains("Delivered-To"), "{told}");
        assert_eq!(trip["level"], "good", "{told}");
    }
    assert_eq!(club.came_to(2), ["kept:own-mail", "kept:own-mail"]);
    assert_eq!(club.ledger(), ledger, "nothing follows");
}

#[test]
fn a_simulation_mails_nobody_real_who_came_into_it_later() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.start("2026-11-02T08:00:00-05:00");
    club.import(&[ALICE, "10009,Eve,Real,eve@members.internal,en,ON,CIP,full,yes\n"]);
    club.next();
    assert_eq!(relay.taken().len(), 1, "Alice alone");
    let told = "SELECT p.member_no, m.state, m.reason FROM message m
                JOIN person p ON p.id = m.person WHERE m.kind = 'notice' ORDER BY 1";
    assert_eq!(
        club.query(told),
        ["\"10001\" | \"sent\" | \"\"", "\"10009\" | \"cancelled\" | \"real-address\""]
    );
}

#[test]
fn what_a_payer_was_sent_opens_nothing_once_it_is_taken_back() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let employer = [
        ("choice", "invoice"),
        ("employer_name", "Town"),
        ("employer_email", "town@club.test"),
        ("purchase_order", "PO 1"),
    ];
    let done = club.submit(&link, &employer);
    assert_eq!(done.status, 303, "{}", done.body);
    club.rest();
    let mail = sent_to(&relay, "town").pop().unwrap();
    for (part, number) in [("/i/", ""), ("/p/", "/CIP-2027-00001")] {
        let path = mail.path_with(part).unwrap_or_else(|| panic!("{part}: {}", mail.text));
        assert!(club.get(&path).body.contains("10001"), "{part}");
        assert_eq!(club.get(&format!("{path}{number}")).status, 200, "{part}");
        assert_eq!(club.json(&["link", "revoke", &path])["revoked"], true);
        let page = club.get(&path);
        assert_eq!(page.status, 410, "{part}");
        assert!(!page.body.contains("10001"), "{}", page.body);
        // Where the form of one invoice goes.
        let door = format!("{path}{number}");
        assert_eq!(club.get(&door).status, 410, "{door}");
        assert_eq!(club.post(&door, &[("act", "pay")]).status, 410, "{door}");
    }
    assert_eq!(club.get(&link).status, 200, "the member's own is another");
}

#[test]
fn what_is_done_in_a_simulation_has_the_simulations_time() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let cli = |args: &[&str]| club.site.cli(args).ok();
    let later = "2031-03-01T12:00:00Z";
    cli(&["clock", "set", later]);
    club.rest();
    let newest = club.query("SELECT max(seq) FROM ledger")[0].clone();

    let (list, out) = (club.site.dir().join("list.csv"), club.site.dir().join("given.json"));
    let row = "9,Ida,Roy,ida@club.test,en,ON,CIP,full,yes";
    std::fs::write(&list, format!("{}\n{row}\n", crate::support::rehearsal::COLUMNS)).unwrap();
    cli(&["import", list.to_str().unwrap()]);
    cli(&["link", "code", "9"]);
    let told = club.json(&["link", "inspect", &link]);
    assert_eq!(told["expired"], true, "{told}");
    cli(&["link", "revoke", &link]);
    cli(&["member", "export", "9", "--out", out.to_str().unwrap()]);
    cli(&["member", "erase", "9", "--why", "a letter", "--yes"]);
    cli(&["member", "readmit", "9"]);
    cli(&["key", "new"]);
    cli(&["key", "retire", "1", "--compromised"]);
    let retention = cli(&["retention", "--dry-run"]);
    assert!(retention.contains("inbound     before 2029-03-01"), "{retention}");

    let at = "strftime('%Y-%m', at / 1000, 'unixepoch')";
    let lines = club.query(&format!("SELECT kind, {at} FROM ledger WHERE seq > {newest}"));
    assert!(lines.len() >= 7, "{lines:?}");
    for line in &lines {
        assert!(line.ends_with("\"2031-03\""), "{line}");
    }
    let given = std::fs::read_to_string(out).unwrap();
    assert!(given.contains("\"written_at\": \"2031-03-01"), "{given}");
}
