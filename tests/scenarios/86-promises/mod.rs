//! What the federation promised its members about renewals, insurance and invoices, where no other
//! story shows it: one process and one invoice for two bodies, coming back late, a link of last
//! season, one employer for many, the broker's webinar, the certificate, and whom to ask.

mod employer;
mod insurance;
mod late;

use serde_json::json;

use crate::support::club::{hidden, sent_to};
use crate::support::http;
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;

/// The notices of CIP and of OPPI.
const NOTICES: [&str; 2] = ["2026-11-02T14:00:00Z", "2026-11-03T14:00:00Z"];
/// After the mail to whoever lapsed.
const LAPSED: &str = "2027-04-01";

#[test]
fn oppi_renews_both_memberships_in_one_process_with_one_invoice() {
    let relay = Relay::start();
    let site = Rehearsal::of_all(&relay);
    site.keep(&["OPPI", "CIP"]);
    site.import(&[
        row(1, "m1@club.test", "OPPI"),
        row(1, "m1@club.test", "CIP"),
        row(2, "m2@club.test", "CIP").replace(",ON,", ",QC,"),
    ]);
    // CIP's own notice leaves her out, and the forecast says why.
    let day = ["forecast", "--from", "2026-11-02", "--to", "2026-11-02"];
    let forecast = site.json(&[&day[..], &["--members"]].concat());
    let firing = &forecast["firings"][0];
    assert_eq!(
        (&firing["schedule"], &firing["recipients"]["total"]),
        (&json!("cip-notice"), &json!(1))
    );
    assert_eq!(firing["excluded"], json!({"billed-elsewhere": 1}));
    assert_eq!(firing["members"], json!([["1", "billed-elsewhere"]]));
    let text = site.cli(&day).ok();
    assert!(text.contains("1 billed-elsewhere"), "{text}");

    let _daemon = site.start(START);
    for notice in NOTICES {
        site.jump(notice);
    }
    let mails = sent_to(&relay, "m1@club.test");
    assert_eq!(mails.len(), 1, "one notice for both");
    assert!(mails[0].header("From").unwrap().contains("renewal@oppi.example.ca"));
    let link = mails[0].path_with("/r/").unwrap();
    let page = http::get(site.site.web, &link).unwrap();
    let fields = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
    let answer = http::post_form(site.site.web, &link, &fields).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);
    site.settle();

    let renewals = "SELECT issuer, state FROM renewal WHERE person =
                    (SELECT id FROM person WHERE member_no = '1')";
    assert_eq!(site.query(renewals), ["\"OPPI\" | \"pledged\""]);
    assert_eq!(site.query("SELECT number FROM invoice"), ["\"OPPI-2027-00001\""]);
    let invoice = site.json(&["invoice", "show", "OPPI-2027-00001"]);
    let lines = invoice["lines"].as_array().unwrap();
    let of = |kind: &str| {
        let found = lines.iter().filter(|line| line["kind"] == kind);
        found.map(|line| line["supplier"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("dues"), ["OPPI", "CIP"], "each body's dues are a line of its own");
    assert_eq!(of("premium").len(), 1, "insurance once");
    let mails = sent_to(&relay, "m1@club.test");
    assert_eq!(mails.len(), 2, "and one confirmation");
    assert!(mails[1].text.contains("OPPI-2027-00001"), "{}", mails[1].text);
    assert!(mails[1].header("From").unwrap().contains("renewal@oppi.example.ca"));
    // To the end of the season CIP writes nothing to her.
    while site.next().as_str() < LAPSED {}
    assert!(sent_to(&relay, "m2@club.test").len() > 3, "it does to the other");
    let cips = "SELECT count(*) FROM message m JOIN person p ON p.id = m.person
                WHERE m.issuer = 'CIP' AND p.member_no = '1'";
    assert_eq!(site.number(cips), 0);
}

#[test]
fn each_question_goes_where_it_is_answered() {
    let relay = Relay::start();
    let site = Rehearsal::of_all(&relay);
    site.keep(&["SPPI", "CIP"]);
    let french = row(2, "m2@club.test", "SPPI").replace(",en,ON,", ",fr,SK,");
    site.import(&[row(1, "m1@club.test", "SPPI").replace(",ON,", ",SK,"), french]);
    let _daemon = site.start(START);
    site.jump("2026-11-12T18:00:00Z");
    for (who, own, area) in [
        (
            "m1",
            "Questions about your insurance or your account:",
            "Questions about the members’ area:",
        ),
        ("m2", "Questions sur votre assurance ou votre dossier", "Questions sur l’espace membre"),
    ] {
        let mail = sent_to(&relay, who).pop().unwrap();
        let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let answered_by = |words: &str| {
            let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("{words}: {text}"));
            rest.split_once('@').unwrap().1.split(',').next().unwrap().to_owned()
        };
        assert_eq!(answered_by(own), "sppi.example.ca", "the member's own association");
        assert_eq!(answered_by(area), "cip.example.ca", "the national desk");
    }
}
