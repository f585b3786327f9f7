//! What waits for a desk is decided by its digest's links, with the consequence at once: a changed
//! situation, a value that the list contradicts, money that settles nothing, a message in doubt, a
//! mail that was kept, a line that only needs doing, a mailing that nobody let go in time.

mod deputies;
mod lines;
mod money;
mod situation;

use crate::support::club::{hidden, sent_to};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Answer};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;

/// A club whose desk reads a digest every morning at half past seven.
struct Desk {
    relay: Relay,
    cip: Rehearsal,
    _daemon: Daemon,
}

impl Desk {
    /// With so many members, whose notice has gone out.
    fn open(language: &str, members: u32) -> Self {
        Self::open_with(language, members, |_| ())
    }

    /// As [`Desk::open`], with config as it is then.
    fn open_with(language: &str, members: u32, configure: impl Fn(&Rehearsal)) -> Self {
        let relay = Relay::start();
        let cip = Rehearsal::of_cip(&relay);
        configure(&cip);
        cip.site.config.digest("CIP", "30 7 * * *");
        cip.site.config.set("web.token_requests_per_minute", 1000);
        cip.site.config.set_each("associations.toml", "association", "desk.language", language);
        let rows: Vec<String> =
            (1..=members).map(|n| row(n, &format!("m{n}@club.test"), "CIP")).collect();
        if !rows.is_empty() {
            cip.import(&rows);
        }
        let daemon = cip.start(START);
        cip.jump("2026-11-02T15:00:00Z");
        Self { relay, cip, _daemon: daemon }
    }

    /// What the member sends on their own page.
    fn member(&self, n: u32, fields: &[(&str, &str)]) {
        let own = self.mails(n).iter().find_map(|mail| mail.path_with("/r/")).expect("a link");
        let number = n.to_string();
        let fields = [fields, &[("proof", number.as_str())]].concat();
        let answer = submit(&self.cip, &own, &fields);
        assert_eq!(answer.status, 303, "{fields:?}: {}", answer.body);
        self.cip.settle();
    }

    /// Every mail to the member so far.
    fn mails(&self, n: u32) -> Vec<Mail> {
        sent_to(&self.relay, &format!("m{n}@club.test"))
    }

    /// The last mail to the member, its lines put together.
    fn last_mail(&self, n: u32) -> String {
        flat(&self.mails(n).pop().expect("a mail").text)
    }

    /// The digest of that morning in November.
    fn digest(&self, day: u8) -> Mail {
        self.cip.jump(&format!("2026-11-{day:02}T13:00:00Z"));
        let is_digest = |mail: &Mail| {
            mail.subject.contains("Digest of") || mail.subject.contains("Récapitulatif du")
        };
        sent_to(&self.relay, "membership@").into_iter().rfind(is_digest).unwrap()
    }

    /// Decides by a link; it is done, and done once.
    fn decide(&self, path: &str, fields: &[(&str, &str)]) {
        let signed = [fields, &[("staff", "Anne Exemple")]].concat();
        let answer = submit(&self.cip, path, &signed);
        assert_eq!(answer.status, 303, "{fields:?}: {}", answer.body);
        self.cip.settle();
        let before = crate::support::db::dump(&self.cip.store());
        assert_eq!(submit(&self.cip, path, &signed).status, 303);
        assert_eq!(crate::support::db::dump(&self.cip.store()), before, "a link decides once");
        let page = get(&self.cip, path).body;
        assert!(page.contains("Anne Exemple"), "{page}");
    }

    fn state(&self, n: u32) -> String {
        self.cip
            .query(&format!(
                "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
                 WHERE p.member_no = '{n}'"
            ))
            .join(" ")
    }

    /// How many lines of that kind wait.
    fn waiting(&self, kind: &str) -> i64 {
        self.cip.number(&format!(
            "SELECT count(*) FROM task WHERE kind = '{kind}' AND closed_at IS NULL"
        ))
    }

    fn audit(&self) {
        self.cip.cli(&["audit", "verify"]).ok();
        self.cip.cli(&["audit", "books"]).ok();
    }
}

/// A text with its lines put together.
fn flat(text: &str) -> String {
    let words = text.split([' ', '\r', '\n']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn get(site: &Rehearsal, path: &str) -> Answer {
    http::get(site.site.web, path).unwrap()
}

/// Opens a page and sends its form with these fields besides its own.
fn submit(site: &Rehearsal, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = get(site, path).body;
    let fields = [&hidden(&page)[..], fields].concat();
    http::post_form(site.site.web, path, &fields).unwrap()
}

/// The link that follows a line with these words.
fn link_after(mail: &Mail, words: &str) -> String {
    let (_, rest) = mail.text.split_once(words).unwrap_or_else(|| panic!("{words}: {}", mail.text));
    let (_, link) = rest.split_once("/d/").unwrap();
    format!("/d/{}", link.split_whitespace().next().unwrap())
}
