//! Nine planners of one city hall: each renews by a link of their own, every invoice goes to the
//! same accounts office, one cheque pays them all, and one of them is paid back.

use std::fmt::Write as _;

use crate::support::club::{Club, sent_to};
use crate::support::relay::Relay;

const PLANNERS: u32 = 9;
/// 315.00 with 13 %, 185.00 with 8 %.
const EACH: &str = "555.75";
const ALL: &str = "5001.75";

fn states(club: &Club) -> Vec<String> {
    club.query("SELECT state, count(*) FROM renewal GROUP BY state ORDER BY state")
}

#[test]
fn nine_planners_one_cheque_one_refund() {
    let relay = Relay::start();
    let rows: String = (1..=PLANNERS).fold(String::new(), |mut rows, n| {
        let _ = writeln!(rows, "1000{n},Ann,Planner{n},p{n}@club.test,en,ON,CIP,full,yes");
        rows
    });
    let club = Club::with_relay(&relay).at_the_notice(&[&rows]);
    for n in 1..=PLANNERS {
        let link = sent_to(&relay, &format!("p{n}@"))[0].path_with("/r/").unwrap();
        // As each of them types it.
        let email = if n % 2 == 0 { "Accounts@City.test" } else { "accounts@city.test" };
        let order = format!("PO-{n}");
        let fields = [
            ("choice", "invoice"),
            ("employer_name", "City of Example"),
            ("employer_email", email),
            ("purchase_order", &order),
        ];
        let answer = club.submit(&link, &fields);
        assert_eq!(answer.status, 303, "{n}: {}", answer.body);
    }
    club.rest();
    // One payer, nine invoices: each mail's own link shows one, and the lasting link all that is open.
    assert_eq!(club.query("SELECT count(*) FROM payer"), ["1"]);
    let invoices = club.query("SELECT number FROM invoice WHERE payer = 1 ORDER BY n");
    let numbers: Vec<&str> = invoices.iter().map(|n| n.trim_matches('"')).collect();
    assert_eq!(numbers.len(), 9);
    let mails = sent_to(&relay, "city.test");
    assert_eq!(mails.len(), 9);
    for mail in &mails {
        let page = club.get(&mail.path_with("/i/").unwrap()).body;
        let shown: Vec<_> = numbers.iter().filter(|number| page.contains(**number)).collect();
        assert_eq!(shown.len(), 1, "{page}");
    }
    let lasting: Vec<_> = mails.iter().map(|mail| mail.path_with("/p/").unwrap()).collect();
    assert!(lasting.iter().all(|link| *link == lasting[0]), "one link: {lasting:?}");
    let page = club.get(&lasting[0]).body;
    for (n, number) in numbers.iter().enumerate() {
        assert!(page.contains(number) && page.contains(&format!("PO-{}", n + 1)), "{page}");
    }
    assert!(page.contains("$5,001.75"), "{page}");
    assert_eq!(states(&club), ["\"pledged\" | 9"]);

    let cheque = ["payment", "record", ALL, "--payer", "accounts@city.test"];
    let rest = ["--reference", "cheque 4711", "--on", "2026-12-01"];
    let paid = club.json(&[&cheque[..], &rest].concat());
    assert_eq!(paid["waiting"], "0.00", "to the cent");
    assert_eq!(club.query("SELECT count(*) FROM payment"), ["1"]);
    assert_eq!(states(&club), ["\"paid\" | 9"]);
    assert!(club.json(&["invoice", "list", "--open"]).as_array().unwrap().is_empty());
    club.rest();
    let receipt = sent_to(&relay, "city.test").pop().unwrap();
    for words in ["Here is your receipt", "$5,001.75", "All your invoices are paid"] {
        assert!(receipt.text.contains(words), "{words}: {}", receipt.text);
    }
    assert!(numbers.iter().all(|number| receipt.text.contains(number)), "{}", receipt.text);
    assert_eq!(sent_to(&relay, "city.test").len(), 10, "one receipt for one cheque");
    for n in 1..=PLANNERS {
        let told = sent_to(&relay, &format!("p{n}@")).pop().unwrap();
        assert!(told.text.contains("City of Example has paid your invoice"), "{n}: {}", told.text);
        assert!(!told.text.contains("5,001.75"), "{n}: {}", told.text);
    }
    assert!(club.get(&lasting[0]).body.contains("All your invoices are paid"));

    the_fourth_leaves(&club, &numbers, &paid["payment"].to_string());
}

/// The desk takes that invoice back, and the money with it.
fn the_fourth_leaves(club: &Club, numbers: &[&str], payment: &str) {
    club.site.cli(&["invoice", "credit", numbers[3], "--why", "situation"]).ok();
    let waiting = club.json(&["payment", "list", "--waiting"]);
    assert_eq!(waiting[0]["waiting"], EACH);
    club.site.cli(&["payment", "refund", payment, "--amount", EACH, "--on", "2026-12-10"]).ok();
    assert!(club.json(&["payment", "list", "--waiting"]).as_array().unwrap().is_empty());
    let back = club.query("SELECT why, cents FROM payment WHERE reverses = 1");
    assert_eq!(back, ["\"refund\" | -55575"]);
    let others = "SELECT count(*) FROM renewal r JOIN person p ON p.id = r.person
                  WHERE r.state = 'paid' AND p.member_no <> '10004'";
    assert_eq!(club.query(others), ["8"], "the other eight stay paid");
    for number in numbers.iter().filter(|number| **number != numbers[3]) {
        assert_eq!(club.json(&["invoice", "show", number])["owed"], "0.00", "{number}");
    }
    club.site.cli(&["audit", "verify"]).ok();
}
