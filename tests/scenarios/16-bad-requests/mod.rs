//! Requests that make no sense, too much of them, and forms that arrive broken: each gets a page
//! that says what is wrong, in the reader's language, and the database does not change.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use relance::clock::monotonic;

use crate::support::club::{ALICE, BENOIT, Club, hidden, taken};
use crate::support::http::{self, Answer};
use crate::support::relay::Relay;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const FRENCH: (&str, &str) = ("Accept-Language", "fr-CA,fr;q=0.9,en;q=0.5");

fn ask(club: &Club, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    http::request(club.site.web, method, path, headers, body).unwrap()
}

#[test]
fn each_is_told_what_is_wrong_in_their_language() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let stop = taken(&relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    let page = club.get(&link).body;
    let fields: Vec<String> = hidden(&page).iter().map(|(n, v)| format!("{n}={v}&")).collect();
    let own = fields.concat();
    let long = "x".repeat(501);
    let huge = "x".repeat(17 * 1024);
    let before = club.dump();
    let cases: [(&str, &str, String, u16, &str, &str); 15] = [
        ("GET", "/nowhere", String::new(), 404, "no such page", "Cette page n’existe pas"),
        ("POST", "/season", "a=b".into(), 405, "cannot do that", "ne permet pas cette action"),
        ("POST", "/", "a=b".into(), 400, "Fill in all three", "Remplissez les trois champs"),
        ("DELETE", &link, String::new(), 405, "cannot do that", "ne permet pas cette action"),
        ("PUT", &stop, "a=b".into(), 405, "cannot do that", "ne permet pas cette action"),
        ("POST", &link, huge.clone(), 413, "too much text", "Le texte est trop long"),
        ("POST", &stop, huge, 413, "too much text", "Le texte est trop long"),
        ("POST", &link, String::new(), 400, "Choose one", "Choisissez"),
        ("POST", &link, own.clone(), 400, "Choose one", "Choisissez"),
        ("POST", &link, format!("{own}choice=gold"), 400, "not offered", "Cette réponse n’est pas"),
        ("POST", &link, format!("{own}act=pay"), 400, "not offered", "Cette réponse n’est pas"),
        ("POST", &link, "choice=invoice".into(), 400, "Part of the form", "partie du formulaire"),
        (
            "POST",
            &link,
            "choice=invoice&version=one&nonce=n".into(),
            400,
            "Part of the form",
            "partie du formulaire",
        ),
        (
            "POST",
            &link,
            format!("{own}choice=not-renewing&reason={long}"),
            400,
            "The text is too long",
            "Le texte est trop long",
        ),
        ("POST", &stop, "act=dance".into(), 400, "Part of the form", "partie du formulaire"),
    ];
    for (method, path, body, status, english, french) in &cases {
        // The client's wish where a page is about nobody; `?lang=` everywhere.
        let chosen = format!("{path}?lang=fr");
        for (path, words) in [(*path, english), (chosen.as_str(), french)] {
            let got = ask(&club, method, path, &[FORM], body.as_bytes());
            let shown: String = body.chars().take(60).collect();
            assert_eq!(got.status, *status, "{method} {path} {shown}");
            assert!(got.body.contains(words), "{method} {path} {shown}: {}", got.body);
            assert!(got.header("content-security-policy").is_some());
        }
    }
    let asked = ask(&club, "GET", "/nowhere", &[FRENCH], b"");
    assert!(asked.body.contains("Cette page n’existe pas"));
    let unreadable = ask(&club, "POST", &link, &[FORM], b"choice=\xff\xfe");
    assert_eq!(unreadable.status, 400);
    assert!(unreadable.body.contains("could not be read"), "{}", unreadable.body);
    assert_eq!(club.dump(), before);

    // A reason that was too long is still in the form, to be shortened.
    let body = format!("{own}choice=not-renewing&reason={long}");
    let again = ask(&club, "POST", &link, &[FORM], body.as_bytes());
    assert!(again.body.contains(&long), "{}", again.body);
}

#[test]
fn half_a_header_is_cut_after_five_seconds() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let before = club.dump();
    let mut slow = TcpStream::connect(club.site.web).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"POST /r/x HTTP/1.1\r\nHost: a\r\nX-Half: ").unwrap();
    let start = monotonic();
    let mut said = Vec::new();
    let _ = slow.read_to_end(&mut said);
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(4) && waited < Duration::from_secs(10), "{waited:?}");
    // Others were served meanwhile, and a header that is too large is refused at once.
    assert_eq!(club.get("/").status, 200);
    let large = "x".repeat(40 * 1024);
    assert_eq!(ask(&club, "GET", "/", &[("X-Large", &large)], b"").status, 431);
    assert_eq!(club.dump(), before);
}

#[test]
fn too_many_of_anything_is_told_when_to_come_back() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.token_requests_per_minute", 5);
    club.site.config.set("web.bad_tokens_per_minute", 5);
    club.site.config.set("web.client_requests_per_minute", 50);
    let club = club.at_the_notice(&[ALICE, BENOIT]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let his = taken(&relay, "benoit", "Voici votre avis").path_with("/r/").unwrap();
    let before = club.dump();
    let from = |client: &str, path: &str| {
        ask(&club, "GET", path, &[("X-Forwarded-For", client), FRENCH], b"")
    };
    let refused = |got: Answer| {
        assert_eq!(got.status, 429);
        assert!(got.body.contains("Trop de demandes en ce moment"), "{}", got.body);
        let wait: u64 = got.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    };

    // One link.
    for _ in 0..5 {
        assert_eq!(from("192.0.2.1", &link).status, 200);
    }
    refused(from("192.0.2.9", &link));
    // One client's damaged links: then its good ones wait too, and nobody else's.
    for _ in 0..5 {
        assert_eq!(from("192.0.2.2", "/r/damaged").status, 404);
    }
    refused(from("192.0.2.2", "/u/damaged"));
    refused(from("192.0.2.2", &his));
    assert_eq!(from("192.0.2.3", &his).status, 200);
    // One client's requests of any kind.
    let statuses: Vec<u16> = (0..60).map(|_| from("192.0.2.4", "/").status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 50, "{statuses:?}");
    refused(from("192.0.2.4", "/"));
    assert_eq!(from("192.0.2.5", "/").status, 200);
    // The one-click POST comes from a few providers for everybody: it is not counted by client.
    let stop = taken(&relay, "benoit", "Voici votre avis").path_with("/u/").unwrap();
    assert_eq!(club.dump(), before);
    let one_click = [("X-Forwarded-For", "192.0.2.4"), FORM];
    let done = ask(&club, "POST", &stop, &one_click, b"List-Unsubscribe=One-Click");
    assert_eq!(done.status, 200, "{}", done.body);
}
