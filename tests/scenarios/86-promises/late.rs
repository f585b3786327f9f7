//! Whoever lapsed comes back by the same link, with the late fee, until the season closes, and not
//! after it. A link of last season says that it is over, and has this season's mailed.

use crate::support::club::{ALICE, BENOIT, Club, sent_to, taken};
use crate::support::letters::Letter;
use crate::support::relay::Relay;

const MX: &str = "mx.cip.example.ca";
/// After the lapse's firing.
const LAPSED: &str = "2027-04-01T13:01:00Z";
/// The season of the sample closes on 30 June, in Toronto.
const LAST_MINUTE: &str = "2027-07-01T03:50:00Z";
const CLOSED: &str = "2027-07-01T04:00:00Z";

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn state(club: &Club, number: &str) -> Vec<String> {
    club.query(&format!(
        "SELECT r.season, r.state FROM renewal r JOIN person p ON p.id = r.person
         WHERE p.member_no = '{number}' ORDER BY r.id"
    ))
}

#[test]
fn who_lapsed_comes_back_with_the_late_fee_until_the_season_closes() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set_each("associations.toml", "association", "late_fee_cents", 5_000);
    club.site.config.set("card.provider", "demo");
    let third = ALICE.replace("10001", "10003").replace("alice", "carole");
    let club = club.at_the_notice(&[ALICE, BENOIT, &third]);
    club.jump("2026-12-08T15:00:00Z");
    let link = |who: &str| sent_to(&relay, who).last().unwrap().path_with("/r/").unwrap();
    // The reminder's link, kept since December; the others by the mail that told them.
    let kept = link("alice");
    club.jump(LAPSED);
    assert_eq!(state(&club, "10001"), ["\"2027\" | \"lapsed\""]);
    let page = club.get(&kept);
    assert_eq!(page.status, 200);
    let text = flat(&page.body);
    assert!(text.contains("your membership lapsed on March 31, 2027"), "{text}");
    assert!(text.contains("the late fee is part of the amount"), "{text}");
    assert_eq!(club.submit(&kept, &[("choice", "invoice")]).status, 303);
    assert_eq!(state(&club, "10001"), ["\"2027\" | \"pledged\""]);
    let invoice = club.json(&["invoice", "show", "CIP-2027-00001"]);
    let fee = invoice["lines"].as_array().unwrap().iter().find(|l| l["kind"] == "penalty");
    assert_eq!(fee.expect("a line of its own")["amount"], "50.00", "{invoice}");
    club.rest();
    taken(&relay, "alice", "CIP-2027-00001");

    club.jump(LAST_MINUTE);
    let (his, hers) = (link("benoit"), link("carole"));
    let form = club.get(&his);
    assert_eq!((form.status, club.get(&hers).status), (200, 200), "on the last day");
    assert_eq!(club.submit(&hers, &[("choice", "invoice")]).status, 303);
    assert_eq!(state(&club, "10003"), ["\"2027\" | \"pledged\""]);

    club.jump(CLOSED);
    let page = club.get(&his);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("La période de renouvellement 2027 est terminée"), "{}", page.body);
    assert!(!page.body.contains("<form method=\"post\""), "nothing to send: {}", page.body);
    assert!(club.get(&format!("{his}?lang=en")).body.contains("The 2027 season is closed"));
    // The form that was open since yesterday, the payment page, a reply: none of them renews.
    let fields = [&crate::support::club::hidden(&form.body)[..], &[("choice", "invoice")]].concat();
    let mails = relay.taken().len();
    assert_eq!(club.post(&his, &fields).status, 410);
    let pressed = club.post(&format!("{his}/card"), &[]);
    assert_eq!((pressed.status, pressed.header("location")), (303, Some(his.as_str())));
    let last = relay.taken().into_iter().rfind(|mail| mail.to[0].contains("benoit")).unwrap();
    let letter = Letter::reply(&last, MX, "renew-late", "renouveler");
    club.arrive("renew-late", &String::from_utf8(letter.bytes()).unwrap());
    assert_eq!(club.came_to(1), ["to-desk:question"], "the desk reads it");
    assert_eq!(state(&club, "10002"), ["\"2027\" | \"lapsed\""]);
    let read = sent_to(&relay, "desk@club.test").pop().unwrap();
    assert!(read.text.contains("renouveler") && read.text.contains("10002"), "{}", read.text);
    assert_eq!(relay.taken().len(), mails + 1, "he is mailed nothing");
    // What was answered in time stays to be seen.
    assert_eq!(club.get(&hers).status, 200);
}

/// The season after the sample's, in which the config names no other.
fn next_season(club: &Club) {
    for (key, text) in [
        ("season.opens", "2027-11-01"),
        ("season.cover_from", "2028-01-01"),
        ("season.cover_until", "2028-12-31"),
        ("season.declare_by", "2027-12-31"),
        ("season.lapses", "2028-03-31"),
        ("season.pay_by", "2028-01-31"),
        ("season.closes", "2028-06-30"),
        ("insurance.declaration_until", "2028-01-31"),
    ] {
        let day: toml::value::Datetime = text.parse().unwrap();
        club.site.config.set(key, day);
    }
    club.site.config.set("season.id", "2028");
}

/// Alice's link of November 2026, a year later.
fn a_link_of_last_season(link_days: i64) {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("season.link_days", link_days);
    let mut club = club.at_the_notice(&[ALICE]);
    let old = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    club.daemon = None;
    next_season(&club);
    club.start("2027-10-20T15:00:00Z");
    let page = club.get(&old);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("The 2027 season is closed"), "{}", page.body);
    assert!(page.body.contains("Call us"), "the next is not open yet: {}", page.body);
    assert_eq!(club.post(&old, &[("act", "fresh-link")]).status, 410);
    assert_eq!(state(&club, "10001"), ["\"2027\" | \"open\""]);

    // It is, and the notice has not gone out yet.
    club.jump("2027-11-01T15:00:00Z");
    let before = (club.dump(), relay.taken().len());
    let page = club.get(&old);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("Send me the 2028 link"), "{}", page.body);
    for stranger in ["alice@club.test", "Martin", "$315.00"] {
        assert!(!page.body.contains(stranger), "{stranger} is not told: {}", page.body);
    }
    assert_eq!((club.dump(), relay.taken().len()), before, "looking changes nothing");
    for _ in 0..3 {
        let sent = club.submit(&old, &[("choice", "invoice")]);
        assert_eq!(sent.status, 200);
        assert!(sent.body.contains("A fresh link is on its way"), "{}", sent.body);
    }
    club.rest();
    assert_eq!(relay.taken().len(), before.1 + 1, "once a day");
    assert_eq!(state(&club, "10001"), ["\"2027\" | \"open\"", "\"2028\" | \"open\""]);
    let mail = taken(&relay, "alice", "Here is a new one");
    assert!(mail.subject.contains("2028"), "{}", mail.subject);
    let fresh = mail.path_with("/r/").unwrap();
    assert_eq!(club.submit(&fresh, &[("choice", "invoice")]).status, 303);
    assert_eq!(state(&club, "10001"), ["\"2027\" | \"open\"", "\"2028\" | \"pledged\""]);
    assert_eq!(club.query("SELECT number FROM invoice"), ["\"CIP-2028-00001\""]);
    assert_eq!(club.get(&old).status, 410, "the old one shows nothing of it");
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn last_seasons_link_says_so_and_has_this_ones_mailed() {
    a_link_of_last_season(150);
}

#[test]
fn a_link_that_outlives_its_season_renews_nothing() {
    a_link_of_last_season(500);
}
