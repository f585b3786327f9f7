//! A notice tells the member number and is easily passed on, so the number proves nothing where a
//! postal code is on file; where none is, it stands in, and the page says so. Whoever guesses is
//! stopped after five tries, whichever of the member's links they hold.

use crate::support::club::{BEFORE_NOTICE, Club, hidden, sent_to};
use crate::support::http::Answer;
use crate::support::relay::Relay;

const LIST: &str = "\
member_no,given_name,family_name,email,language,province,postal_code,association,category,pli
10001,Alice,Martin,alice@club.test,en,ON,K1A 0B1,CIP,full,yes
10002,Benoît,Roy,benoit@club.test,fr,QC,,CIP,full,yes
";

fn stand() -> (Relay, Club) {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    let list = club.site.dir().join("with-postal-codes.csv");
    std::fs::write(&list, LIST).unwrap();
    club.site.cli(&["import", &list.display().to_string()]).ok();
    club.start(BEFORE_NOTICE);
    club.next();
    (relay, club)
}

/// The links that went to a member, oldest first.
fn links(relay: &Relay, who: &str) -> Vec<String> {
    sent_to(relay, who).iter().filter_map(|mail| mail.path_with("/r/")).collect()
}

fn correct(club: &Club, link: &str, phone: &str, proof: &str) -> Answer {
    let page = club.get(link);
    let fields = [("act", "correct"), ("phone", phone), ("proof", proof)];
    club.post(link, &[&hidden(&page.body)[..], &fields].concat())
}

#[test]
fn the_number_in_the_notice_proves_nothing_where_a_postal_code_is_on_file() {
    let (relay, club) = stand();
    let link = links(&relay, "alice").remove(0);
    let page = club.get(&link).body;
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
    assert_eq!(page.matches("name=\"proof\"").count(), 1, "one field for the page");
    assert!(place("name=\"q-circumstances\"") < place("name=\"proof\""));
    for button in ["value=\"invoice\"", "value=\"correct\"", "value=\"not-renewing\""] {
        assert!(place("name=\"proof\"") < place(button), "{button} comes after it");
    }
    assert!(page.contains(">Your postal code</label>"), "{page}");
    let notice = &sent_to(&relay, "alice")[0];
    assert!(notice.text.contains("10001"), "the notice tells the number");

    let refused = correct(&club, &link, "613-555-0177", "10001");
    assert_eq!(refused.status, 400);
    let said = "That is not the postal code that we have on file.";
    assert!(refused.body.contains(said), "{}", refused.body);
    assert_eq!(correct(&club, &link, "613-555-0177", "k1a0b1").status, 303);
}

#[test]
fn the_number_stands_in_where_none_is_and_the_page_says_so() {
    let (relay, club) = stand();
    let link = links(&relay, "benoit").remove(0);
    let page = club.get(&link).body;
    for words in ["Votre numéro de membre</label>", "Aucun code postal ne figure à votre dossier"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(correct(&club, &link, "613-555-0177", "10001").status, 400);
    assert_eq!(correct(&club, &link, "613-555-0177", "10002").status, 303);
    // What is missing can be declared and corrected at once, by one field.
    let whole = [("choice", "invoice")];
    assert_eq!(club.submit(&link, &whole).status, 303);
    let done = club.get(&link).body;
    assert_eq!(done.matches("name=\"proof\"").count(), 1, "{done}");
    assert_eq!(correct(&club, &link, "613-555-0178", "10002").status, 303);
}

#[test]
fn five_wrong_tries_by_whichever_link() {
    let (relay, club) = stand();
    club.jump("2026-12-08T16:00:00Z");
    let links = links(&relay, "alice");
    assert!(links.len() >= 2, "a notice and a reminder");
    for n in 0..5 {
        let wrong = correct(&club, &links[n % 2], "613-555-0177", &format!("K1A 0B{}", n + 2));
        assert!(wrong.body.contains("not the postal code"), "{n}: {}", wrong.body);
    }
    for link in &links {
        let right = correct(&club, link, "613-555-0177", "K1A 0B1");
        assert_eq!(right.status, 400);
        assert!(right.body.contains("Too many tries"), "{}", right.body);
    }
    // Another member is not kept waiting for it, nor an answer that needs no proof.
    let his = &sent_to(&relay, "benoit")[0].path_with("/r/").unwrap();
    assert_eq!(correct(&club, his, "613-555-0177", "10002").status, 303);
    assert_eq!(club.submit(&links[0], &[("choice", "invoice")]).status, 303);
}
