//! A mailing that nobody let go in time: another desk decides in the place of its own, the one that
//! stands in while that is closed, and after a while the national one.

use super::{flat, get, link_after, submit};
use crate::support::club::sent_to;
use crate::support::daemon::Daemon;
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START};
use crate::support::relay::Relay;

/// Three members of SPPI, whose notice was due on the 12th at 9, while nobody was there; it is the
/// morning of the 14th.
fn missed(relay: &Relay, configure: impl Fn(&Rehearsal)) -> (Rehearsal, Daemon) {
    let site = Rehearsal::of_all(relay);
    site.keep(&["CIP", "OPPI", "SPPI"]);
    configure(&site);
    site.site.config.digest("SPPI", "30 7 * * *");
    let members: Vec<String> = (1..=3)
        .map(|n| format!("{n},Given{n},Family{n},m{n}@club.test,en,SK,SPPI,full,yes"))
        .collect();
    site.import(&members);
    assert_eq!(site.start(START).stop().code(), Some(0));
    let daemon = site.start("2026-11-13T16:00:00Z");
    site.settle();
    site.jump("2026-11-14T14:00:00Z");
    (site, daemon)
}

fn digests(relay: &Relay, desk: &str) -> Vec<Mail> {
    let all = sent_to(relay, desk).into_iter();
    all.filter(|mail| mail.subject.contains("Digest of")).collect()
}

fn sent(site: &Rehearsal) -> Vec<String> {
    site.query("SELECT DISTINCT state FROM message WHERE kind = 'notice'")
}

#[test]
fn a_mailing_that_nobody_lets_go_comes_to_the_deputy() {
    let relay = Relay::start();
    let (site, _daemon) = missed(&relay, |_| ());
    let own = digests(&relay, "membership@sppi.example.ca");
    let digest = own.last().expect("a digest");
    for words in [
        "Nobody was there to send it in time.",
        "it is not sent.",
        "the desk of CIP can decide too",
    ] {
        assert!(flat(&digest.text).contains(words), "{words}: {}", digest.text);
    }
    let path = link_after(digest, "Notice, due on");
    let page = get(&site, &path).body;
    for words in ["If nobody decides", "Deputy", "the desk of CIP can decide too"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(digests(&relay, "membership@cip.example.ca").len(), 0, "not yet");
    site.jump("2026-11-15T14:00:00Z");
    let deputy = digests(&relay, "membership@cip.example.ca").pop().expect("the deputy has a copy");
    assert!(flat(&deputy.text).contains("in place of the desk of SPPI"));
    let path = link_after(&deputy, "Notice, due on");
    let fields = [("deed", "send"), ("staff", "Ann of CIP"), ("count", "3")];
    assert_eq!(submit(&site, &path, &fields).status, 303);
    site.settle();
    assert_eq!(sent(&site), ["\"sent\""]);
    assert_eq!(site.query("SELECT staff FROM deed"), ["\"Ann of CIP\""]);
}

/// Its own desk is closed: whoever stands in for it decides at once, and the national one later,
/// whichever is first.
#[test]
fn while_a_desk_is_closed_its_deputy_decides_and_the_national_one_may() {
    for decides in ["oppi", "cip"] {
        let relay = Relay::start();
        let (site, _daemon) = missed(&relay, |site| {
            site.site.config.edit("associations.toml", |table| {
                let all = table["association"].as_array_mut().unwrap().iter_mut();
                let mut all = all.filter_map(toml::Value::as_table_mut);
                let sppi = all.find(|one| one["code"].as_str() == Some("SPPI")).unwrap();
                let closed = "from = 2026-11-10\nuntil = 2026-11-20\ndeputy = \"OPPI\"";
                let closed: toml::Table = closed.parse().unwrap();
                let desk = sppi["desk"].as_table_mut().unwrap();
                desk.insert("closure".into(), vec![toml::Value::Table(closed)].into());
            });
        });
        let count = |desk: &str| digests(&relay, &format!("membership@{desk}.example.ca")).len();
        assert_eq!(["sppi", "oppi", "cip"].map(count), [2, 2, 0], "the national one not yet");
        site.jump("2026-11-15T14:00:00Z");
        assert_eq!(["sppi", "oppi", "cip"].map(count), [3, 3, 1]);
        assert!(sent(&site).is_empty() || sent(&site) == ["\"held\""], "{:?}", sent(&site));
        let copy = |desk: &str| digests(&relay, &format!("membership@{desk}.")).pop().unwrap();
        for deputy in ["oppi", "cip"] {
            let told = flat(&copy(deputy).text);
            assert!(told.contains("in place of the desk of SPPI"), "{deputy}: {told}");
        }
        let path = link_after(&copy(decides), "Notice, due on");
        let staff = format!("Ann of {decides}");
        let fields = [("deed", "send"), ("staff", staff.as_str()), ("count", "3")];
        assert_eq!(submit(&site, &path, &fields).status, 303);
        site.settle();
        assert_eq!(sent(&site), ["\"sent\""]);
        // Each of the others finds it done, and does nothing.
        for other in ["sppi", "oppi", "cip"] {
            let path = link_after(&copy(other), "Notice, due on");
            let page = get(&site, &path).body;
            assert!(page.contains(&staff), "{other}: {page}");
            let late = [("deed", "cancel"), ("staff", "Bob"), ("count", "3")];
            let _ = submit(&site, &path, &late);
        }
        site.settle();
        assert_eq!(site.query("SELECT staff FROM deed"), [format!("\"{staff}\"")]);
        assert_eq!(sent(&site), ["\"sent\""]);
    }
}
