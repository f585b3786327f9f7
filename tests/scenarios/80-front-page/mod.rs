//! A member without a mail at hand types number, code and postal code on the front page and
//! reaches the very page of the link; whoever guesses learns nothing and is soon stopped. The
//! season's dates and senders stand on a page for everybody.

use crate::support::club::{Club, hidden};
use crate::support::http::Answer;
use crate::support::relay::Relay;

const COLUMNS: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli,postal_code";
/// With a mail address, without one, and without a postal code.
const ROWS: &str = "\
a-1,Alice,Martin,alice@club.test,en,ON,CIP,full,yes,K1A 0B1
A-2,Benoît,Roy,,fr,QC,CIP,full,yes,H2X 1Y4
A-3,Carol,Ng,carol@club.test,en,ON,CIP,full,no,
";

fn open() -> (Relay, Club) {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.site.config.set("web.bad_tokens_per_minute", 10_000);
    let list = club.site.dir().join("members.csv");
    std::fs::write(&list, format!("{COLUMNS}\n{ROWS}")).unwrap();
    club.site.cli(&["import", &list.display().to_string()]).ok();
    club.start("2026-11-02T08:00:00-05:00");
    club.next();
    (relay, club)
}

fn code(club: &Club, member: &str) -> String {
    club.json(&["link", "code", member])["code"].as_str().unwrap().to_owned()
}

fn sign_in(club: &Club, number: &str, code: &str, postal: &str) -> Answer {
    club.post("/", &[("number", number), ("code", code), ("postal", postal)])
}

#[test]
fn number_code_and_postal_code_reach_the_page_of_the_link() {
    let (relay, club) = open();
    // Benoît has no address: no notice reached him, and he owes as the others do.
    assert_eq!(club.query("SELECT count(*) FROM renewal"), ["3"]);
    assert_eq!(club.query("SELECT count(*) FROM message WHERE kind = 'notice'"), ["2"]);
    let code = code(&club, "A-2");
    let typed = code.to_lowercase().replace('-', " ");
    let led = sign_in(&club, "a-2", &typed, "h2x1y4");
    assert_eq!(led.status, 303, "{}", led.body);
    let page = led.header("location").unwrap().to_owned();
    assert!(page.starts_with("/r/"), "{page}");
    let shown = club.get(&page);
    assert!(shown.status == 200 && shown.body.contains("Benoît Roy"), "{}", shown.body);
    assert!(shown.body.contains("<html lang=\"fr-CA\""));

    // Once more the same day: the same page, and nothing more in the ledger.
    assert_eq!(sign_in(&club, "A-2", &code, "H2X 1Y4").status, 303);
    assert_eq!(club.submit(&page, &[("choice", "invoice")]).status, 303);
    assert!(club.get(&page).body.contains("Votre renouvellement est noté"));
    club.rest();
    assert_eq!(club.ledger(), "imported\nfired\ncode-told\nsigned-in\ninvoiced\nanswered\n");
    let sent = "SELECT count(*) FROM message WHERE kind = 'sign-in' AND state <> 'cancelled'";
    assert_eq!(club.query(sent), ["0"]);
    assert_eq!(relay.taken().len(), 2, "no mail stands behind it");

    // Hours later the page asks for a new way in.
    club.jump("2026-11-02T20:00:00Z");
    assert_eq!(club.get(&page).status, 410);
    assert_eq!(sign_in(&club, "A-2", &code, "H2X 1Y4").status, 303);
}

#[test]
fn whoever_guesses_learns_nothing_and_is_stopped() {
    let (_relay, club) = open();
    let right = code(&club, "a-1");
    let before = club.dump();
    let bare = |answer: &Answer, typed: &[&str]| {
        let mut body = answer.body.clone();
        for text in typed {
            body = body.replace(&format!("value=\"{text}\""), "value=\"\"");
        }
        (answer.status, body)
    };
    let wrong = [
        ["a-1", "00000-00000", "K1A 0B1"],
        ["a-1", right.as_str(), "K1A 0B2"],
        ["nobody", right.as_str(), "K1A 0B1"],
        ["A-2", right.as_str(), "K1A 0B1"],
        ["A-3", right.as_str(), "K1A 0B1"],
    ];
    let pages: Vec<_> = wrong.iter().map(|t| bare(&sign_in(&club, t[0], t[1], t[2]), t)).collect();
    assert_eq!(pages[0].0, 400);
    assert!(pages[0].1.contains("do not belong together"), "{}", pages[0].1);
    for page in &pages {
        assert_eq!(page, &pages[0], "one page, whatever is wrong");
    }
    assert_eq!(sign_in(&club, "a-1", "", "K1A 0B1").status, 400, "not a try");
    for _ in 0..3 {
        assert_eq!(sign_in(&club, "a-1", "00000-00000", "K1A 0B1").status, 400);
    }
    // Five failures: even what is right waits now, for this number alone.
    for number in ["a-1", " A-1"] {
        let locked = sign_in(&club, number, &right, "K1A 0B1");
        assert_eq!(locked.status, 429);
        assert!(locked.body.contains("Wait an hour"), "{}", locked.body);
    }
    assert_eq!(club.dump(), before, "counted in memory");
    assert_eq!(sign_in(&club, "A-2", &code(&club, "A-2"), "H2X 1Y4").status, 303);
}

#[test]
fn the_codes_of_all_members_together_have_a_cap() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.code_failures_per_hour", 3);
    let club = club.at_the_notice(&[crate::support::club::ALICE]);
    for n in 0..6 {
        let status = sign_in(&club, &n.to_string(), "7K2QX-9ZB4M", "K1A 0B1").status;
        assert_eq!(status, if n < 3 { 400 } else { 429 });
    }
}

#[test]
fn dates_and_senders_are_for_everybody() {
    let (_relay, club) = open();
    let front = club.get("/");
    assert!(hidden(&front.body).is_empty() && front.body.contains("/season?lang=en"));
    assert_eq!(front.header("cache-control"), Some("no-store"));
    let before = club.dump();
    for (lang, words) in [("en", "Renewal notice"), ("fr", "Avis de renouvellement")] {
        let page = club.get(&format!("/season?lang={lang}"));
        assert_eq!(page.status, 200);
        assert_eq!(page.header("cache-control"), Some("public, max-age=3600"));
        for text in [words, "2026", "renewal@cip.example.ca", "verify@reply.test"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
    }
    assert_eq!(club.dump(), before);
}

#[test]
fn a_member_whom_two_associations_bill_chooses_the_page() {
    let relay = Relay::start();
    let club = crate::support::rehearsal::Rehearsal::of_all(&relay);
    let list = format!(
        "{COLUMNS}\nS-1,Sam,Lee,sam@club.test,en,SK,SPPI,full,yes,S4P 3Y2\n\
         S-1,Sam,Lee,sam@club.test,en,SK,CIP,full,yes,S4P 3Y2\n"
    );
    let file = club.file("two.csv", list);
    club.cli(&["import", &file]).ok();
    let _daemon = club.start("2026-11-10T12:00:00Z");
    let code = club.json(&["link", "code", "S-1"])["code"].as_str().unwrap().to_owned();
    let fields = [("number", "S-1"), ("code", code.as_str()), ("postal", "S4P 3Y2")];
    let page = crate::support::http::post_form(club.site.web, "/", &fields).unwrap();
    assert_eq!(page.status, 200, "{}", page.body);
    let links: Vec<&str> = page.body.split("href=\"/r/").skip(1).collect();
    assert_eq!(links.len(), 2, "{}", page.body);
    for link in links {
        let path = format!("/r/{}", link.split('"').next().unwrap());
        let opened = crate::support::http::get(club.site.web, &path).unwrap();
        assert!(opened.body.contains("Sam Lee"), "{path}: {}", opened.body);
    }
}
