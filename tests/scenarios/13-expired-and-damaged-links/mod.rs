//! A link has an end, and mail programs break links. Whoever comes too late is offered a fresh one
//! at the address on file; whoever comes with a broken one is told so, always in the same words.

use crate::support::club::{ALICE, BENOIT, Club, taken};
use crate::support::relay::Relay;

/// Path of a link of the newest mail that says so.
fn link(relay: &Relay, who: &str, words: &str, part: &str) -> String {
    taken(relay, who, words).path_with(part).expect("the mail has that link")
}

#[test]
fn an_expired_link_offers_a_fresh_one_once_a_day() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("season.link_days", 20);
    let club = club.at_the_notice(&[ALICE]);
    let old = link(&relay, "alice", "Here is your notice", "/r/");
    assert_eq!(club.get(&old).status, 200);
    let stop = link(&relay, "alice", "Here is your notice", "/u/");

    club.jump("2026-11-22T13:00:00Z");
    assert_eq!(club.get(&old).status, 200, "until its last hour");
    club.jump("2026-11-23T14:00:00Z");
    let before = club.dump();
    let page = club.get(&old);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link has expired"), "{}", page.body);
    assert!(!page.body.contains("alice@club.test"), "the address is not told to a stranger");
    assert!(!page.body.contains("Martin"), "nor the name");
    assert!(club.get(&format!("{old}?lang=fr")).body.contains("Ce lien n’est plus valide"));
    assert_eq!(club.get(&stop).status, 200, "reminders can be stopped with it all the same");
    assert_eq!(club.dump(), before);

    // Asked three times, it comes once.
    for _ in 0..3 {
        let sent = club.submit(&old, &[]);
        assert_eq!(sent.status, 200);
        assert!(sent.body.contains("A fresh link is on its way"), "{}", sent.body);
    }
    club.rest();
    assert_eq!(relay.taken().len(), 2, "the notice and one fresh link");
    let fresh = link(&relay, "alice", "Here is a new one", "/r/");
    assert_ne!(fresh, old);
    assert_eq!(club.get(&fresh).status, 200);

    // Once more the next day. What the fresh link does, the old one shows no more.
    club.jump("2026-11-24T14:00:00Z");
    club.submit(&old, &[]);
    club.rest();
    assert_eq!(relay.taken().len(), 3);
    assert_eq!(club.submit(&fresh, &[("choice", "invoice")]).status, 303);
    assert!(club.get(&fresh).body.contains("Your renewal is recorded"));
    assert_eq!(club.get(&old).status, 410);
    club.rest();
    insta::assert_snapshot!(club.ledger(), @"
    imported
    fired
    fresh-link
    fresh-link
    invoiced
    answered
    ");
}

#[test]
fn an_expired_links_form_renews_nothing() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("season.link_days", 20);
    let club = club.at_the_notice(&[ALICE]);
    let old = link(&relay, "alice", "Here is your notice", "/r/");
    let form = club.get(&old).body;
    club.jump("2026-11-24T14:00:00Z");
    let answer = [&crate::support::club::hidden(&form)[..], &[("choice", "invoice")]].concat();
    assert_eq!(club.post(&old, &answer).status, 200);
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"open\""]);
}

/// Every way in which a link may break, and some in which somebody may break it.
fn damaged(good: &str) -> Vec<String> {
    let mut broken: Vec<String> = (0..good.len())
        .map(|at| {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    broken.extend((1..good.len()).step_by(7).map(|end| good[..end].to_owned()));
    broken.extend(
        ["A", "=", ".", "%20", "%3D", "%0A", "%E9", "AAAA", "-"]
            .map(|tail| format!("{good}{tail}")),
    );
    broken.extend([good.to_lowercase(), good.to_uppercase(), good.repeat(2), "A".repeat(40)]);
    broken.extend(["x", "%00", "null", "..%2f..%2fetc", "%F0%9F%98%80"].map(String::from));
    broken.push("A".repeat(5000));
    broken
}

#[test]
fn a_damaged_link_is_one_page_whatever_the_damage() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.bad_tokens_per_minute", 10_000);
    club.site.config.set("web.client_requests_per_minute", 10_000);
    let club = club.at_the_notice(&[BENOIT]);
    let token = link(&relay, "benoit", "Voici votre avis", "/r/").replace("/r/", "");
    let before = club.dump();

    let page = club.get(&format!("/r/{}", "A".repeat(40)));
    assert_eq!(page.status, 404);
    for words in ["Open the link in the mail again", "Ouvrez de nouveau le lien du courriel"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for broken in damaged(&token) {
        for door in ["r", "u", "c"] {
            let path = format!("/{door}/{broken}");
            let got = club.get(&path);
            assert_eq!((got.status, &got.body), (404, &page.body), "{path}");
            let got = club.post(&path, &[("act", "unsubscribe"), ("choice", "invoice")]);
            assert_eq!((got.status, &got.body), (404, &page.body), "POST {path}");
        }
    }
    assert_eq!(club.dump(), before);
}

#[test]
fn a_link_of_one_purpose_opens_no_other_door() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.bad_tokens_per_minute", 1000);
    let club = club.at_the_notice(&[ALICE]);
    let notice = taken(&relay, "alice", "Here is your notice");
    let bounce = &relay.taken()[0].from;
    let reply = notice.header("Reply-To").unwrap();
    let before = club.dump();
    let tokens = [
        ("r", notice.path_with("/r/").unwrap()[3..].to_owned()),
        ("u", notice.path_with("/u/").unwrap()[3..].to_owned()),
        ("bounce", inner(bounce)),
        ("reply", inner(reply)),
        ("ref", inner(notice.header("Message-ID").unwrap())),
    ];
    for (purpose, token) in &tokens {
        for door in ["r", "u", "c"] {
            let status = club.get(&format!("/{door}/{token}")).status;
            let expected = if *purpose == door { 200 } else { 404 };
            assert_eq!(status, expected, "a {purpose} token at /{door}/");
        }
    }
    assert_eq!(club.dump(), before);
}

/// The token in an address or a Message-ID.
fn inner(address: &str) -> String {
    let local = address.rsplit('<').next().unwrap().split('@').next().unwrap();
    local.rsplit('+').next().unwrap().to_owned()
}
