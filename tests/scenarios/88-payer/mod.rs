//! An employer pays for three planners: what it has open stands behind one lasting link, a cheque pays
//! the oldest first unless it says otherwise, one bounces, one invoice is paid by card; whoever paid
//! gets the receipt.

use crate::support::club::{Club, sent_to};
use crate::support::relay::Relay;

const OFFICE: &str = "accounts@city.test";
/// 315.00 with 13 %, 185.00 with 8 %.
const EACH: &str = "555.75";

/// Three planners whose invoices the employer gets, in order.
fn begin(relay: &Relay) -> Club {
    let row = |n: u32| format!("1000{n},Ann,Planner{n},p{n}@club.test,en,ON,CIP,full,yes\n");
    let club = Club::with_relay(relay);
    club.site.config.set("card.provider", "demo");
    let club = club.at_the_notice(&[&row(1), &row(2), &row(3)]);
    for n in 1..=3 {
        let link = sent_to(relay, &format!("p{n}@"))[0].path_with("/r/").unwrap();
        let fields = [
            ("choice", "invoice"),
            ("employer_name", "City of Example"),
            ("employer_email", OFFICE),
        ];
        assert_eq!(club.submit(&link, &fields).status, 303);
        club.rest();
    }
    club
}

fn number(n: u32) -> String {
    format!("CIP-2027-0000{n}")
}

fn owed(club: &Club) -> Vec<String> {
    let one = |n| club.json(&["invoice", "show", &number(n)])["owed"].as_str().unwrap().to_owned();
    (1..=3).map(one).collect()
}

fn flat(text: &str) -> String {
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn one_link_for_all_that_is_open() {
    let relay = Relay::start();
    let club = begin(&relay);
    let mails = sent_to(&relay, OFFICE);
    assert_eq!(mails.len(), 3);
    for (n, mail) in mails.iter().enumerate() {
        let listed = (1..=3).filter(|k| flat(&mail.text).contains(&format!("{}, Ann", number(*k))));
        assert_eq!(listed.count(), n + 1, "what is open in all: {}", mail.text);
    }
    assert!(flat(&mails[2].text).contains("$1,667.25"), "{}", mails[2].text);
    let lasting = mails[0].path_with("/p/").unwrap();
    let before = club.dump();
    let page = flat(&club.get(&lasting).body);
    for words in ["Ann Planner1", "10001", "CIP-2027-00003", "$1,667.25", "January 31, 2027"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for secret in ["claims", "premium", "p1@club.test", OFFICE] {
        assert!(!page.to_lowercase().contains(secret), "{secret}: {page}");
    }
    assert!(club.get(&format!("{lasting}?lang=fr")).body.contains("Vos factures à payer"));
    // From there to each invoice, and to none of anybody else's.
    let second = format!("{lasting}/{}", number(2));
    let one = club.get(&second).body;
    assert!(one.contains("Planner2") && !one.contains("Planner1"), "{one}");
    assert_eq!(club.get(&format!("{lasting}/CIP-2027-00009")).status, 404);
    assert_eq!(club.get(&lasting.replace("/p/", "/i/")).status, 404, "for nothing else");
    assert_eq!(club.dump(), before, "looking changes nothing");

    // The second by card, from there.
    let pressed = club.submit(&second, &[("act", "pay")]);
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let demo = pressed.header("location").unwrap();
    let demo = &demo[demo.find("/card/").unwrap()..];
    assert_eq!(club.post(demo, &[("act", "pay")]).status, 303);
    club.rest();
    assert_eq!(owed(&club), [EACH, "0.00", EACH]);
    let receipt = sent_to(&relay, OFFICE).pop().unwrap();
    assert!(receipt.text.contains("Paid by card"), "{}", receipt.text);
    assert!(flat(&receipt.text).contains("$1,111.50"), "what is open still: {}", receipt.text);
    let told = sent_to(&relay, "p2@").pop().unwrap();
    assert!(told.text.contains("City of Example has paid your invoice"), "{}", told.text);

    // The first by card, by the member: then the receipt is theirs.
    let link = sent_to(&relay, "p1@")[0].path_with("/r/").unwrap();
    let pressed = club.post(&format!("{link}/card"), &[]);
    let demo = pressed.header("location").unwrap();
    let demo = &demo[demo.find("/card/").unwrap()..];
    assert_eq!(club.post(demo, &[("act", "pay")]).status, 303);
    club.rest();
    let told = sent_to(&relay, "p1@").pop().unwrap();
    assert!(told.text.contains("Here is your receipt"), "{}", told.text);
    assert_eq!(sent_to(&relay, OFFICE).len(), 4);
    let page = club.get(&lasting).body;
    assert!(page.contains("Planner3") && !page.contains("Planner1"), "{page}");
}

#[test]
fn a_cheque_pays_the_oldest_first_unless_it_says_otherwise() {
    let relay = Relay::start();
    let club = begin(&relay);
    let record = |args: &[&str]| {
        let own = ["payment", "record", "--payer", "Accounts@City.test"];
        club.json(&[&own[..], args].concat())
    };
    assert_eq!(record(&["600.00"])["waiting"], "0.00");
    assert_eq!(owed(&club), ["0.00", "511.50", EACH]);
    let third = number(3);
    let named = record(&[EACH, "--invoice", &third]);
    assert_eq!(owed(&club), ["0.00", "511.50", "0.00"]);
    club.rest();
    let last = sent_to(&relay, "p3@").pop().unwrap();
    assert!(last.text.contains("has paid your invoice"), "{}", last.text);
    let second = sent_to(&relay, "p2@").pop().unwrap();
    assert!(!second.text.contains("has paid your invoice"), "not whole: {}", second.text);

    // That one bounces: the office and the member are told, and nobody else.
    let before: Vec<_> = [1, 2].map(|n| sent_to(&relay, &format!("p{n}@")).len()).into();
    let payment = named["payment"].to_string();
    club.site.cli(&["payment", "bounce", &payment, "--on", "2026-12-10"]).ok();
    club.rest();
    assert_eq!(owed(&club), ["0.00", "511.50", EACH]);
    let told = sent_to(&relay, OFFICE).pop().unwrap();
    let text = flat(&told.text);
    assert!(text.contains("came back from the bank") && text.contains("$1,067.25"), "{text}");
    let after: Vec<_> = [1, 2].map(|n| sent_to(&relay, &format!("p{n}@")).len()).into();
    assert_eq!(before, after);

    // More than is open waits; the list knows whose it is.
    let more = record(&["1,100.00".replace(',', "").as_str()]);
    assert_eq!((owed(&club), &more["waiting"]), (vec!["0.00".to_owned(); 3], &"32.75".into()));
    let list = club.json(&["payment", "list", "--payer", OFFICE]);
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 4, "three, and the one that went back");
    assert!(list.iter().all(|row| row["payer"] == OFFICE), "{list:?}");
    let nobody = club.site.cli(&["payment", "record", "5.00", "--payer", "x@city.test"]);
    assert_eq!(nobody.code(), 1);
    assert!(nobody.stderr.contains("pays for nobody here"), "{}", nobody.stderr);
    club.site.cli(&["audit", "verify"]).ok();
}
