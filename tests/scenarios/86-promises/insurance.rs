//! The broker's webinar stands beside the questions, and the certificate can be had once it is
//! there.

use crate::support::club::{ALICE, BENOIT, Club, sent_to, taken};
use crate::support::relay::Relay;

const WEBINAR: &str = "https://learning.cip.example.ca/pli-webinar";
/// No insurance, but may take it.
const CHARLES: &str = "10003,Charles,Côté,charles@club.test,fr,ON,CIP,candidate,no\n";
/// No insurance, and none to be had.
const DIANE: &str = "10004,Diane,Green,diane@club.test,en,ON,CIP,student,no\n";
/// Title and beginning of what the sample config says is new, in English and in French.
const NEWS: [[&str; 2]; 2] = [
    [
        "What is new this year in professional liability insurance",
        "Sample text, invented: two questions are now answered",
    ],
    [
        "Ce qui change cette année en assurance responsabilité professionnelle",
        "Texte d’exemple, inventé : deux questions précèdent désormais",
    ],
];

#[test]
fn the_webinar_is_read_before_the_questions_and_the_certificate_follows() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT, CHARLES]);
    let link = |who: &str| sent_to(&relay, who)[0].path_with("/r/").unwrap();
    let his = link("benoit");
    for (lang, words) in [("en", "Example Brokers"), ("fr", "Courtiers Exemple")] {
        let page = club.get(&format!("{his}?lang={lang}")).body;
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        assert!(at(words) < at("name=\"q-claims\""), "{lang}");
        assert!(at(&format!("href=\"{WEBINAR}\"")) < at("name=\"q-claims\""), "{lang}");
    }
    assert!(
        !club.get(&format!("{his}?lang=fr")).body.contains("certificat d’assurance a été émis")
    );

    let renewed = [
        ("choice", "invoice"),
        ("cover", "keep"),
        ("q-claims", "no"),
        ("q-circumstances", "no"),
        ("proof", "10002"),
    ];
    assert_eq!(club.submit(&his, &renewed).status, 303);
    let done = club.get(&his).body;
    assert!(done.contains("Votre certificat d’assurance"), "who sends it, and when: {done}");
    assert!(done.contains("Courtiers Exemple"), "{done}");
    assert_eq!(
        club.site.cli(&["payment", "record", "563.82", "--invoice", "CIP-2027-00001"]).code(),
        0
    );

    let url = "https://certificates.example/10002";
    let list = club.site.dir().join("certificates.csv");
    std::fs::write(&list, format!("member_no,url\n10002,{url}\n")).unwrap();
    let list = list.display().to_string();
    club.site.cli(&["insurance", "certificates", "import", &list]).ok();
    club.rest();
    let mail = taken(&relay, "benoit", url);
    assert!(mail.subject.starts_with("Votre certificat"), "{}", mail.subject);
    assert!(mail.text.contains("is ready"), "both languages: {}", mail.text);
    assert_eq!(sent_to(&relay, "alice").len(), 1, "nobody else hears of it");
    let done = club.get(&format!("{his}?lang=en")).body;
    assert!(done.contains("Your certificate of insurance was issued on"), "{done}");
}

#[test]
fn what_changes_in_the_insurance_is_told_with_the_notice() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT, CHARLES, DIANE]);
    let plain =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ");
    let notice = |who: &str| {
        let mails = sent_to(&relay, who);
        assert_eq!(mails.len(), 1, "{who}");
        (plain(&mails[0].text), plain(&mails[0].html), mails[0].path_with("/r/").unwrap())
    };
    for who in ["alice", "benoit", "charles"] {
        let (text, html, link) = notice(who);
        for words in NEWS.iter().flatten() {
            assert_eq!(text.matches(words).count(), 1, "{who}, {words}: {text}");
            assert_eq!(html.matches(words).count(), 1, "{who}, {words}: {html}");
        }
        for (lang, [title, news]) in ["en", "fr"].into_iter().zip(NEWS) {
            let page = plain(&club.get(&format!("{link}?lang={lang}")).body);
            let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"));
            let told = at(title);
            assert!(told < at(news) && at(news) < at("name=\"q-claims\""), "{who} {lang}");
        }
    }

    // Whoever has no insurance and can have none reads it nowhere.
    let (text, html, link) = notice("diane");
    let pages = ["en", "fr"].map(|lang| plain(&club.get(&format!("{link}?lang={lang}")).body));
    assert!(pages.iter().all(|page| page.contains("value=\"invoice\"")), "{pages:?}");
    for shown in [&text, &html].into_iter().chain(&pages) {
        for words in NEWS.iter().flatten() {
            assert!(!shown.contains(words), "{words}: {shown}");
        }
    }
}

#[test]
fn each_option_says_what_it_means_for_the_cover() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("card.provider", "demo");
    let club = club.at_the_notice(&[ALICE, CHARLES]);
    let text = |who: &str, lang: &str| {
        let link = sent_to(&relay, who)[0].path_with("/r/").unwrap();
        let page = club.get(&format!("{link}?lang={lang}")).body;
        page.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
    };
    let page = text("alice", "en");
    let (card, invoice) = (
        "your insurance goes on without interruption, as soon as",
        "it keeps your insurance without interruption",
    );
    for words in [card, invoice, "Pay by card", "value=\"card\"", "value=\"invoice\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let deadline = page.matches("December 31, 2026").count();
    assert!(deadline >= 2, "each says until when: {page}");
    // Who has no insurance is promised none.
    let page = text("charles", "en");
    assert!(page.contains("value=\"card\"") && page.contains("value=\"invoice\""), "{page}");
    for words in [card, invoice] {
        assert!(!page.contains(words), "{words}: {page}");
    }
}
