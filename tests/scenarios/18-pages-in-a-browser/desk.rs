//! The pages behind a desk's links, as [`super`] looks at the members'.

use std::path::Path;

use super::gallery::Gallery;
use crate::support::browser;
use crate::support::club::{hidden, sent_to};
use crate::support::http::{self, Answer};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;
use crate::support::skip;

struct Visit {
    cip: Rehearsal,
    gallery: Gallery,
}

impl Visit {
    fn look(&mut self, name: &str, status: u16, path: &str) {
        self.keep(name, status, path, &[], false);
    }

    /// Keeps what a GET, or a POST of the page's form with these fields, gives in both languages.
    fn keep(&mut self, name: &str, status: u16, path: &str, fields: &[(&str, &str)], post: bool) {
        for lang in ["en", "fr"] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{separator}lang={lang}");
            let mut answer = http::get(self.cip.site.web, &path).unwrap();
            if post {
                let fields = [&hidden(&answer.body)[..], fields].concat();
                answer = http::post_form(self.cip.site.web, &path, &fields).unwrap();
            }
            assert_eq!(answer.status, status, "{name}: {}", answer.body);
            assert!(answer.body.contains(&format!("<html lang=\"{lang}-CA\"")), "{name} in {lang}");
            self.gallery.hang(&format!("{name}-{lang}"), answer);
        }
    }

    fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        http::post_form(self.cip.site.web, path, fields).unwrap()
    }
}

fn link_after(mail: &Mail, words: &str) -> String {
    let (_, rest) = mail.text.split_once(words).unwrap_or_else(|| panic!("{words}: {}", mail.text));
    let (_, link) = rest.split_once("/d/").unwrap();
    format!("/d/{}", link.split_whitespace().next().unwrap())
}

fn newest_digest(relay: &Relay) -> Mail {
    let mails = sent_to(relay, "membership@");
    mails.into_iter().rev().find(|m| m.subject.contains("Digest of")).expect("a digest")
}

#[test]
fn no_page_of_a_desk_has_a_fault_at_any_width_in_either_language() {
    let missing = browser::missing();
    if !missing.is_empty() {
        return skip(&missing.join(", "));
    }
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", "30 7 * * *");
    cip.site.config.set("web.token_requests_per_minute", 1000);
    let calm = "9,Anne-Sophie,Exemple-Longuenom,m9@club.test,fr,QC,CIP,candidate,no".to_owned();
    cip.import(&[row(1, "m1@club.test", "CIP"), row(2, "lost@club.test", "CIP"), calm]);
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let _daemon = cip.start("2026-11-03T14:01:00Z");
    cip.cli(&["suppression", "add", "lost@club.test", "--reason", "returned"]).ok();
    cip.jump("2026-11-04T13:00:00Z");
    let mut visit = Visit { cip, gallery: Gallery::default() };

    let digest = newest_digest(&relay);
    let firing = link_after(&digest, "Notice, due on");
    visit.look("desk-firing", 200, &firing);
    let wrong = [("deed", "send"), ("staff", "Anne Exemple"), ("count", "7")];
    visit.keep("desk-firing-faulty", 400, &firing, &wrong, true);
    let address = link_after(&digest, "lost@club.test");
    visit.look("desk-address", 200, &address);
    visit.submit(&address, &[("deed", "lift"), ("staff", "Anne Exemple"), ("note", "Vu.")]);
    visit.look("desk-done", 200, &address);
    visit.submit(&firing, &[("deed", "send"), ("staff", "Anne Exemple"), ("count", "3")]);
    visit.cip.settle();

    let door = link_after(&digest, "A member calls");
    visit.look("desk-find", 200, &door);
    visit.look("desk-find-faulty", 404, &format!("{door}?member=77"));
    visit.look("desk-member", 200, &format!("{door}?member=1"));
    visit.look("desk-member-uninsured", 200, &format!("{door}?member=9"));
    let unsigned = [("member", "1"), ("choice", "invoice")];
    visit.keep("desk-member-faulty", 400, &door, &unsigned, true);
    let signed = [("staff", "Anne Exemple"), ("channel", "phone"), ("choice", "invoice")];
    let open = http::get(visit.cip.site.web, &format!("{door}?member=1")).unwrap().body;
    let answer = visit.submit(&door, &[&hidden(&open)[..], &signed].concat());
    assert_eq!(answer.status, 303, "{}", answer.body);
    visit.look("desk-member-answered", 200, &format!("{door}?member=1"));
    visit.cip.jump("2026-12-31T13:00:00Z");
    let last = link_after(&newest_digest(&relay), "This is the last digest");
    visit.look("desk-last-day", 200, &last);
    visit.look("desk-expired", 410, &door);

    // The digest itself, as a mail program shows it.
    let html = |body: String| Answer {
        status: 200,
        headers: vec![("content-type".into(), "text/html; charset=utf-8".into())],
        body,
    };
    visit.gallery.hang("desk-digest", html(digest.html));

    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pages");
    let urls = visit.gallery.open();
    let report = browser::check(&urls, &pictures).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(report.matches("ok  ").count(), 2 * urls.len(), "{report}");
}
