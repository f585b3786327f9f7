//! On 2 November Alice finds her notice in her mailbox, opens its link and renews by invoice. A
//! confirmation says so. Her second click, her other tab and her change of mind do what she means
//! and nothing twice.

use crate::support::club::{self, ALICE, Club, SOON, hidden};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MailStack, Options};

/// The notice as it lies in Alice's mailbox, and the path of its link.
fn notice(stack: &MailStack) -> (Mail, String) {
    let raw = stack.maildir("alice@club.test").wait_for("/r/", SOON);
    let mail = Mail::read(&raw);
    let link = mail.path_with("/r/").expect("a notice has a link");
    (mail, link)
}

#[test]
fn alice_renews_from_her_notice_and_is_told_so() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);

    let (notice, link) = notice(&stack);
    assert!(notice.subject.starts_with("CIP membership 2027: renew by"), "{}", notice.subject);
    assert_eq!(notice.header("From").map(|f| f.contains("renewal@cip.example.ca")), Some(true));
    assert_eq!(notice.header("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(
        notice.header("List-Unsubscribe-Post"),
        Some("List-Unsubscribe=One-Click"),
        "RFC 8058"
    );
    // Every link opens, in the text as in the HTML, and opening changes nothing.
    let before = club.dump();
    let ours = |url: &String| url.starts_with("https://renew.cip.example.ca/");
    let links: Vec<String> =
        notice.text_links().into_iter().chain(notice.html_links()).filter(ours).collect();
    assert!(links.len() >= 4, "{links:?}");
    for link in &links {
        let path = link.trim_start_matches("https://renew.cip.example.ca");
        assert_eq!(club.get(path).status, 200, "{link}");
    }
    assert_eq!(club.dump(), before);

    // She opens the page in two tabs and answers in the first.
    let (tab, other) = (club.get(&link), club.get(&link));
    for words in ["Alice Martin", "…01", "$315.00", "$185.00", "$555.75", "@club.test"] {
        assert!(tab.body.contains(words), "{words}: {}", tab.body);
    }
    let invoice = [&hidden(&tab.body)[..], &[("choice", "invoice")]].concat();
    let answer = club.post(&link, &invoice);
    assert_eq!((answer.status, answer.header("location")), (303, Some(link.as_str())));
    let done = club.get(&link);
    assert!(done.body.contains("Your renewal is recorded"), "{}", done.body);
    assert!(done.body.contains("This is not a receipt"), "{}", done.body);

    let confirmation =
        club::letter(&stack, "alice@club.test", "We understood: you renew your membership");
    assert!(confirmation.text.contains("$555.75"), "{}", confirmation.text);
    assert!(confirmation.text.contains("nous avons compris"), "{}", confirmation.text);
    club.rest();
    insta::assert_snapshot!(club.messages(), @"
    10001 notice sent
    10001 confirmation sent
    ");

    // The same form again is the same answer.
    let before = club.dump();
    assert_eq!(club.post(&link, &invoice).status, 303);
    assert_eq!(club.dump(), before);

    // The other tab says something else: both are shown, and nothing is changed.
    let leaving =
        [&hidden(&other.body)[..], &[("choice", "not-renewing"), ("proof", "10001")]].concat();
    let conflict = club.post(&link, &leaving);
    assert_eq!(conflict.status, 409);
    for words in ["Which answer should stand?", "You renew for 2027", "Not renewing"] {
        assert!(conflict.body.contains(words), "{words}: {}", conflict.body);
    }
    assert_eq!(club.dump(), before);
    let keep = [&hidden(&conflict.body)[..], &[("act", "keep")]].concat();
    assert_eq!(club.post(&link, &keep).status, 303);
    assert_eq!(club.dump(), before);

    // She takes it back, and the renewal is open again.
    assert_eq!(club.submit(&link, &[("act", "undo")]).status, 303);
    assert!(club.get(&link).body.contains("Pay by cheque/invoice"));
    club::letter(&stack, "alice@club.test", "We understood: you take back");
    club.rest();
    insta::assert_snapshot!(club.ledger(), @"
    imported
    fired
    invoiced
    answered
    credited
    taken-back
    ");
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"open\""]);
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn the_other_tab_may_win_if_she_says_so() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let (_, link) = notice(&stack);
    let other = club.get(&link);
    club.submit(&link, &[("choice", "invoice")]);

    let leaving =
        [&hidden(&other.body)[..], &[("choice", "not-renewing"), ("proof", "10001")]].concat();
    let conflict = club.post(&link, &leaving);
    let replace = [&hidden(&conflict.body)[..], &[("act", "replace")]].concat();
    assert_eq!(club.post(&link, &replace).status, 303);
    assert!(club.get(&link).body.contains("You are not renewing for 2027"));
    club::letter(&stack, "alice@club.test", "We understood: you are not renewing");
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"not-renewing\""]);
}
