//! The deadline by each member's own clock: the last second before midnight in St. John's, in
//! Toronto and in Vancouver is in time there, and the next one is not; mails and pages name that
//! clock. By the policy's clock the same answers come to something else.

use serde_json::Value;

use crate::support::club::{SOON, sent_to};
use crate::support::daemon::Daemon;
use crate::support::http;
use crate::support::letters::{Letter, deliver};
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;
use crate::support::wait_until;

const MX: &str = "mx.cip.example.ca";
/// The day has ended everywhere.
const OVER: &str = "2027-01-01T12:00:30Z";

/// Each member's province, and when our mail server had their reply.
const REPLIES: [(&str, &str); 6] = [
    ("NL", "Thu, 31 Dec 2026 23:59:59 -0330"),
    ("NL", "Fri, 1 Jan 2027 00:00:00 -0330"),
    ("ON", "Thu, 31 Dec 2026 23:59:59 -0500"),
    ("ON", "Fri, 1 Jan 2027 00:00:00 -0500"),
    ("BC", "Thu, 31 Dec 2026 23:59:59 -0700"),
    ("BC", "Fri, 1 Jan 2027 00:00:00 -0700"),
];

/// Everybody has the last call, and answers it by reply.
fn story(by: &str) -> (Relay, Rehearsal, Daemon) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.set("season.deadline_by", by);
    let maildir = cip.read_maildir();
    let rows: Vec<String> = (1u32..)
        .zip(REPLIES)
        .map(|(n, (province, _))| {
            let row = row(n, &format!("m{n}@club.test"), "CIP");
            row.replace(",ON,", &format!(",{province},"))
        })
        .collect();
    cip.import(&rows);
    let daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    cip.jump("2026-12-17T14:00:00Z");
    cip.jump(OVER);
    for (n, (_, had)) in (1..).zip(REPLIES) {
        let taken = relay.taken();
        let to = format!("m{n}@club.test");
        let last = taken.iter().rfind(|mail| mail.to.iter().any(|t| t.contains(&to))).unwrap();
        let letter = Letter::reply(last, MX, &format!("r{n}"), "RENEW");
        let trace = format!("Received: from m{n}.club.test by {MX} with ESMTPS; {had}");
        let raw = [trace.as_bytes(), b"\n", &letter.bytes()].concat();
        deliver(&maildir, &format!("{n}.reply"), &raw, OVER);
    }
    cip.settle();
    wait_until("six answers", SOON, || {
        (cip.query("SELECT count(*) FROM answer") == ["6"]).then_some(())
    });
    cip.settle();
    (relay, cip, daemon)
}

fn told(list: &Value) -> Vec<String> {
    let word = |m: &Value, key: &str| m[key].as_str().unwrap_or_default().to_owned();
    let members = list["members"].as_array().unwrap();
    members.iter().map(|m| format!("{} {}", word(m, "member_no"), word(m, "why"))).collect()
}

#[test]
fn one_second_decides_where_each_member_is() {
    let (relay, cip, _daemon) = story("member");
    let list = cip.json(&["insurance", "list"]);
    assert_eq!(list["status"], "settled");
    assert_eq!(
        told(&list),
        [
            "1 not-declared",
            "2 answered-late",
            "3 not-declared",
            "4 answered-late",
            "5 not-declared",
            "6 answered-late"
        ]
    );
    let ends = ["2027-01-01T03:30:00Z", "2027-01-01T05:00:00Z", "2027-01-01T07:00:00Z"];
    for (n, end) in [0, 2, 4].into_iter().zip(ends) {
        assert_eq!(list["members"][n]["deadline"], end);
    }
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (n, english, french) in [
        (1, "11:59 p.m. Newfoundland Time", "23 h 59, heure de Terre-Neuve"),
        (3, "11:59 p.m. Eastern Time", "23 h 59, heure de l’Est"),
        (5, "11:59 p.m. Vancouver time", "23 h 59, heure de Vancouver"),
    ] {
        let mails = sent_to(&relay, &format!("m{n}@club.test"));
        let notice = flat(&mails[0].text);
        assert!(notice.contains(english) && notice.contains(french), "{n}: {notice}");
        let link = mails[0].path_with("/r/").unwrap();
        let page = http::get(cip.site.web, &format!("{link}?lang=fr")).unwrap().body;
        assert!(!flat(&page).contains("23 h 59, heure de l’Est") || n == 3, "{n}: {page}");
    }
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn by_the_policys_clock_all_have_the_same_midnight() {
    let (_relay, cip, _daemon) = story("policy");
    assert_eq!(
        told(&cip.json(&["insurance", "list"])),
        [
            "1 not-declared",
            "2 not-declared",
            "3 not-declared",
            "4 answered-late",
            "5 answered-late",
            "6 answered-late"
        ]
    );
}
