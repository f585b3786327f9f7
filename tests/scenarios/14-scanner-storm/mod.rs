//! Mail scanners open every link of every mail, again and again. Nothing comes of it; and then
//! the member renews.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::club::{ALICE, BENOIT, Club, SOON, hidden, taken};
use crate::support::http;
use crate::support::mail::Mail;
use crate::support::relay::Relay;
use crate::support::wait_until;

/// Requests of the storm.
const REQUESTS: usize = 10_000;
/// Scanners at once.
const SCANNERS: usize = 8;
/// What scanners and prefetching browsers say they do.
const MANNERS: [&[(&str, &str)]; 4] = [
    &[("Purpose", "prefetch"), ("X-Purpose", "preview")],
    &[("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Mode", "navigate")],
    &[("User-Agent", "Mozilla/5.0 (scanner)"), ("Accept-Language", "fr-CA")],
    &[("X-Moz", "prefetch"), ("Range", "bytes=0-100"), ("Cookie", "a=b")],
];

/// Every link of every mail so far, with the paths around it.
fn links(relay: &Relay) -> Vec<String> {
    let mails: Vec<Mail> = relay.taken().iter().map(|t| Mail::read(&t.bytes)).collect();
    let listed = |mail: &Mail| {
        let header = mail.header("List-Unsubscribe").unwrap_or_default();
        header
            .split(['<', '>'])
            .filter(|l| l.starts_with("https://"))
            .map(String::from)
            .collect::<Vec<_>>()
    };
    let mut paths: Vec<String> = mails
        .iter()
        .flat_map(|mail| [mail.text_links(), mail.html_links(), listed(mail)].concat())
        .filter_map(|url| url.strip_prefix("https://renew.cip.example.ca").map(String::from))
        .collect();
    paths.sort();
    paths.dedup();
    let french: Vec<String> = paths.iter().map(|path| format!("{path}?lang=fr")).collect();
    [paths, french].concat()
}

#[test]
fn ten_thousand_looks_change_nothing_and_then_she_renews() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.client_requests_per_minute", 1_000_000);
    club.site.config.set("web.token_requests_per_minute", 1_000_000);
    let club = club.at_the_notice(&[ALICE, BENOIT]);
    // Benoît has renewed: his links lead to what was done, with a form to undo it.
    let his = taken(&relay, "benoit", "Voici votre avis").path_with("/r/").unwrap();
    club.submit(&his, &[("choice", "invoice")]);
    club.next();
    club.rest();
    let paths = links(&relay);
    assert!(paths.len() >= 12, "{paths:?}");

    let before = club.dump();
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..SCANNERS {
            scope.spawn(|| {
                loop {
                    let n = turn.fetch_add(1, Ordering::Relaxed);
                    if n >= REQUESTS {
                        return;
                    }
                    let path = &paths[n % paths.len()];
                    let method = ["GET", "HEAD", "OPTIONS"][n / paths.len() % 3];
                    let manner = MANNERS[n % MANNERS.len()];
                    let got = http::request(club.site.web, method, path, manner, b"").unwrap();
                    let expected = if method == "OPTIONS" { 405 } else { 200 };
                    assert_eq!(got.status, expected, "{method} {path}");
                }
            });
        }
    });
    assert_eq!(club.dump(), before);
    assert_eq!(relay.taken().len(), 4, "two notices, a confirmation, a reminder");

    let hers = taken(&relay, "alice", "We do not have your answer yet").path_with("/r/").unwrap();
    assert_eq!(club.submit(&hers, &[("choice", "invoice")]).status, 303);
    assert!(club.get(&hers).body.contains("Your renewal is recorded"));
}

#[test]
fn a_storm_over_the_limit_is_told_to_wait_and_others_are_not() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.trusted_proxies", vec!["127.0.0.1"]);
    let club = club.at_the_notice(&[ALICE, BENOIT]);
    let his = taken(&relay, "benoit", "Voici votre avis").path_with("/r/").unwrap();
    let hers = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let from = |client: &'static str, path: &str| {
        http::request(club.site.web, "GET", path, &[("X-Forwarded-For", client)], b"").unwrap()
    };
    let page = club.get(&hers).body;
    let answer = [&hidden(&page)[..], &[("choice", "invoice")]].concat();
    let before = club.dump();
    let storm: Vec<u16> = (0..60).map(|_| from("192.0.2.1", &hers).status).collect();
    assert_eq!(storm.iter().filter(|s| **s == 200).count(), 29, "as config says: {storm:?}");
    let refused = from("192.0.2.2", &hers);
    assert_eq!(refused.status, 429, "one link, whoever asks");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(from("192.0.2.1", &his).status, 200, "another link is not concerned");
    assert_eq!(club.dump(), before);

    // Her form waits as long as it was told, and is taken.
    wait_until("her turn", SOON, || (club.post(&hers, &answer).status == 303).then_some(()));
    assert_eq!(club.query("SELECT count(*) FROM answer"), ["1"]);
}
