//! Every page that a member may come to, as the daemon serves it, opened in a real browser at the
//! width of a telephone and of a desk, in both languages: axe finds nothing to complain of.
//!
//! The pictures stay in `target/pages` for whoever wants to look.

mod desk;
mod gallery;

use std::path::Path;

use crate::support::browser;
use crate::support::club::{ALICE, BENOIT, Club, hidden, sent_to, taken};
use crate::support::http::{self, Answer};
use crate::support::relay::Relay;
use crate::support::skip;
use crate::support::stripe::{Fault, Stripe};
use gallery::Gallery;

/// The club, and what its pages are asked for.
struct Visit {
    relay: Relay,
    club: Club,
    gallery: Gallery,
}

impl Visit {
    /// Alice's and Benoît's notices are out.
    fn begin() -> Self {
        let relay = Relay::start();
        let club = Club::with_relay(&relay);
        club.site.config.set("web.token_requests_per_minute", 1000);
        club.site.config.set("season.link_days", 100);
        let club = club.at_the_notice(&[ALICE, BENOIT]);
        Self { relay, club, gallery: Gallery::default() }
    }

    fn link(&self, who: &str, door: &str) -> String {
        let mails = sent_to(&self.relay, who);
        mails.iter().rev().find_map(|mail| mail.path_with(door)).expect("a mail with that link")
    }

    /// Keeps what `ask` gives in both languages.
    fn keep(&mut self, name: &str, status: u16, path: &str, ask: impl Fn(&Club, &str) -> Answer) {
        for lang in ["en", "fr"] {
            let answer = ask(&self.club, &format!("{path}?lang={lang}"));
            assert_eq!(answer.status, status, "{name}");
            assert!(answer.body.contains(&format!("<html lang=\"{lang}-CA\"")), "{name} in {lang}");
            self.gallery.hang(&format!("{name}-{lang}"), answer);
        }
    }

    fn look(&mut self, name: &str, status: u16, path: &str) {
        self.keep(name, status, path, Club::get);
    }
}

/// An unverified reply of Benoît's, so that a confirmation is asked for.
fn doubtful_reply(visit: &Visit, words: &str) {
    let notice = taken(&visit.relay, "benoit", "Voici votre avis");
    let raw = format!(
        "From: benoit@club.test\nTo: {}\nSubject: Re\nMessage-ID: <{words}@club.test>\n\
         In-Reply-To: {}\n\n{words}\n",
        notice.header("Reply-To").unwrap(),
        notice.header("Message-ID").unwrap(),
    );
    visit.club.arrive(words, &raw);
    let asked = "SELECT count(*) FROM message WHERE kind = 'confirm-request' AND state = 'sent'";
    visit.club.wait_for(asked, "1");
}

#[test]
fn no_page_has_a_fault_at_any_width_in_either_language() {
    let missing = browser::missing();
    if !missing.is_empty() {
        return skip(&missing.join(", "));
    }
    let mut visit = Visit::begin();
    visit.look("front", 200, "/");
    let wrong = [("number", "10001"), ("code", "7K2QX-9ZB4M"), ("postal", "K1A 0B1")];
    visit.keep("front-faulty", 400, "/", |club, path| club.post(path, &wrong));
    visit.look("season", 200, "/season");
    visit.look("not-found", 404, "/nowhere");
    visit.look("damaged", 404, "/r/damaged");

    // Alice's renewal: open, faulty, in conflict, done, taken back.
    let hers = visit.link("alice", "/r/");
    visit.look("renewal", 200, &hers);
    visit.keep("faulty", 400, &hers, |club, path| club.submit(path, &[]));
    let stale = visit.club.get(&hers).body;
    visit.club.submit(&hers, &[("choice", "invoice")]);
    visit.look("done", 200, &hers);
    visit.look("invoice", 200, &format!("{hers}/invoice"));
    let other = [&hidden(&stale)[..], &[("choice", "not-renewing"), ("proof", "10001")]].concat();
    visit.keep("conflict", 409, &hers, |club, path| club.post(path, &other));
    visit.club.submit(&hers, &[("act", "undo")]);
    visit.club.submit(&hers, &[("choice", "situation"), ("situation", "retired")]);
    visit.look("situation", 200, &hers);
    visit.club.submit(&hers, &[("act", "undo")]);
    let begun = [("choice", "invoice"), ("cover", "keep"), ("q-claims", "yes"), ("phone", "x")];
    visit.keep("incomplete", 400, &hers, |club, path| club.submit(path, &begun));
    let new = [("act", "correct"), ("email", "new@club.test"), ("proof", "10001")];
    visit.club.submit(&hers, &new);
    visit.club.rest();
    let end = visit.link("alice", "/c/");
    visit.look("new-address", 200, &end);
    visit
        .club
        .submit(&hers, &[("choice", "not-renewing"), ("proof", "10001"), ("reason", "Retraite")]);
    visit.look("not-renewing", 200, &hers);

    // Benoît has enough of reminders, and writes from where nobody can vouch for him.
    let stop = visit.link("benoit", "/u/");
    visit.look("unsubscribe", 200, &stop);
    visit.keep("bad-form", 400, &stop, |club, path| club.post(path, &[("act", "dance")]));
    doubtful_reply(&visit, "RENOUVELER");
    let confirm = visit.link("benoit", "/c/");
    visit.look("confirm", 200, &confirm);
    visit.club.submit(&stop, &[("act", "unsubscribe")]);
    visit.look("unsubscribed", 200, &stop);

    // Too late, and too much.
    let his = visit.link("benoit", "/r/");
    visit.club.jump("2027-03-01T14:00:00Z");
    visit.look("expired", 410, &his);
    visit.keep("fresh-link-sent", 200, &his, |club, path| club.submit(path, &[]));
    let huge = "x".repeat(17 * 1024);
    visit.keep("too-large", 413, &hers, |club, path| club.post(path, &[("reason", &huge)]));
    visit.club.jump("2027-12-01T14:00:00Z");
    visit.look("season-closed", 410, &his);
    for _ in 0..20 {
        visit.club.get("/r/damaged");
    }
    visit.look("too-many", 429, "/r/damaged");

    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pages");
    let urls = visit.gallery.open();
    let report = browser::check(&urls, &pictures).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(report.matches("ok  ").count(), 2 * urls.len(), "{report}");
}

#[test]
fn no_page_about_a_card_has_a_fault() {
    let missing = browser::missing();
    if !missing.is_empty() {
        return skip(&missing.join(", "));
    }
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("card.provider", "demo");
    let club = club.at_the_notice(&[ALICE]);
    let mut visit = Visit { relay, club, gallery: Gallery::default() };
    let card = format!("{}/card", visit.link("alice", "/r/"));
    let press = |visit: &Visit| {
        let to = visit.club.post(&card, &[]).header("location").unwrap().to_owned();
        to.trim_start_matches("https://renew.cip.example.ca").to_owned()
    };
    let page = press(&visit);
    let back = page.replace("/demo/", "/return/");
    visit.look("card-demo", 200, &page);
    visit.look("card-waiting", 200, &back);
    visit.keep("card-left", 200, &back, |club, path| club.get(&format!("{path}&left=1")));
    visit.club.post(&page, &[("act", "decline")]);
    visit.look("card-ended", 200, &back);
    let page = press(&visit);
    visit.club.post(&page, &[("act", "pay")]);
    visit.look("card-paid", 200, &page.replace("/demo/", "/return/"));
    visit.keep("card-nothing-owed", 409, &card, |club, path| club.post(path, &[]));

    let stripe = Stripe::start();
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    stripe.configure(&club.site.config);
    let club = club.at_the_notice(&[ALICE]);
    let mut down = Visit { relay, club, gallery: visit.gallery };
    let card = format!("{}/card", down.link("alice", "/r/"));
    stripe.fail(&[Fault::Status(500), Fault::Status(500)]);
    down.keep("card-down", 503, &card, |club, path| club.post(path, &[]));

    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pages");
    let urls = down.gallery.open();
    let report = browser::check(&urls, &pictures).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(report.matches("ok  ").count(), 2 * urls.len(), "{report}");
}

#[test]
fn what_the_browser_sees_is_what_the_daemon_serves() {
    let missing = browser::missing();
    if !missing.is_empty() {
        return skip(&missing.join(", "));
    }
    // The daemon's own answer, policies and all, not one that was kept.
    let visit = Visit::begin();
    let url = format!("http://{}{}", visit.club.site.web, visit.link("alice", "/r/"));
    let before = visit.club.dump();
    let pictures = tempfile::tempdir().unwrap();
    browser::check(&[url], pictures.path()).unwrap_or_else(|report| panic!("{report}"));
    let options = http::request(visit.club.site.web, "OPTIONS", "/", &[], b"").unwrap();
    assert!(options.header("content-security-policy").is_some_and(|p| p.contains("'none'")));
    assert_eq!(visit.club.dump(), before);
}
