//! A member calls: the desk opens its link, gives the member number, and renews for the member.
//! Evidence is the desk's name, the channel and the time; the member is mailed.

use crate::support::club::{hidden, sent_to};
use crate::support::http::{self, Answer};
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;

fn get(site: &Rehearsal, path: &str) -> Answer {
    http::get(site.site.web, path).unwrap()
}

fn door(site: &Rehearsal, issuer: &str) -> String {
    let link = site.cli(&["link", "desk", "--issuer", issuer]).ok();
    let (_, token) = link.trim().split_once("/d/").unwrap();
    format!("/d/{token}")
}

/// Sends the member's form with these fields besides its own.
fn act(site: &Rehearsal, door: &str, member: &str, fields: &[(&str, &str)]) -> Answer {
    let page = get(site, &format!("{door}?member={member}")).body;
    let fields = [&hidden(&page)[..], fields].concat();
    http::post_form(site.site.web, door, &fields).unwrap()
}

/// Where the first member's renewal stands.
const HERS: &str = "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
                    WHERE p.member_no = '1'";

fn begin() -> (Relay, Rehearsal) {
    let relay = Relay::start();
    let site = Rehearsal::of_all(&relay);
    site.keep(&["CIP", "SPPI"]);
    let french = "2,Émile,Roy,m2@club.test,fr,QC,CIP,full,yes".to_owned();
    site.import(&[row(1, "m1@club.test", "CIP"), french, row(3, "m3@club.test", "SPPI")]);
    (relay, site)
}

#[test]
fn a_desk_renews_for_a_member_who_called() {
    let (relay, site) = begin();
    let _daemon = site.start(START);
    site.jump("2026-11-02T15:00:00Z");
    let door = door(&site, "CIP");
    let before = crate::support::db::dump(&site.store());
    assert!(get(&site, &door).body.contains("Act for a member"));
    let page = get(&site, &format!("{door}?member=2&lang=fr")).body;
    assert!(page.contains("Vous agissez pour ce membre, au nom de l’ICU."), "{page}");
    assert!(page.contains("Émile Roy") && page.contains("m2@club.test"), "{page}");
    for number in ["99", "3", ""] {
        let page = get(&site, &format!("{door}?member={number}"));
        assert_eq!(page.status, 404, "{number}: only members of this association");
        assert!(page.body.contains("No member of CIP has this number."), "{}", page.body);
    }
    for fields in [
        &[("choice", "invoice")][..],
        &[("choice", "invoice"), ("staff", "Ann Example")],
        &[("choice", "invoice"), ("channel", "phone")],
        &[("staff", "Ann Example"), ("channel", "phone")],
        &[("choice", "invoice"), ("staff", "Ann Example"), ("channel", "pigeon")],
    ] {
        assert_eq!(act(&site, &door, "2", fields).status, 400, "{fields:?}");
    }
    assert_eq!(crate::support::db::dump(&site.store()), before);

    let signed = [("staff", "Ann Example"), ("channel", "phone"), ("desk_note", "Called at noon.")];
    let wanted = [&signed[..], &[("choice", "invoice")]].concat();
    let answer = act(&site, &door, "2", &wanted);
    assert_eq!(answer.status, 303);
    let shown = get(&site, answer.header("location").unwrap()).body;
    assert!(shown.contains("Renewed, payment to come"), "{shown}");
    site.settle();
    let state = "SELECT r.state, a.door FROM renewal r JOIN answer a ON a.renewal = r.id
                 JOIN person p ON p.id = r.person WHERE p.member_no = '2'";
    assert_eq!(site.query(state), ["\"pledged\" | \"desk\""]);
    let mail = sent_to(&relay, "m2@club.test").pop().unwrap();
    assert!(
        mail.text.contains("Notre service l’a noté à la suite de votre appel."),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("Our desk recorded this after your telephone call."));
    assert!(!mail.text.contains("personal link or from your address"), "it was not so");
    assert_eq!(
        site.query("SELECT staff, channel, note FROM deed"),
        ["\"Ann Example\" | \"phone\" | \"Called at noon.\""]
    );
    let line = site.query("SELECT data FROM ledger WHERE kind = 'desk-acted'");
    assert!(line.len() == 1 && !line[0].contains("Ann"), "{line:?}");

    // The link goes on: another member, another wish.
    let stop = [&signed[..], &[("act", "stop")]].concat();
    assert_eq!(act(&site, &door, "1", &stop).status, 303);
    assert!(get(&site, &format!("{door}?member=1")).body.contains("stopped"));
    let start = [&signed[..], &[("act", "start")]].concat();
    assert_eq!(act(&site, &door, "1", &start).status, 303);
    assert_eq!(site.query("SELECT count(*) FROM unsubscription"), ["0"]);
    site.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_page_that_is_older_than_the_members_own_answer_does_nothing() {
    let (relay, site) = begin();
    let _daemon = site.start(START);
    site.jump("2026-11-02T15:00:00Z");
    let door = door(&site, "CIP");
    let stale = get(&site, &format!("{door}?member=1")).body;
    let hers = sent_to(&relay, "m1@club.test").remove(0).path_with("/r/").unwrap();
    let page = get(&site, &hers).body;
    let leaving = [&hidden(&page)[..], &[("choice", "not-renewing"), ("proof", "1")]].concat();
    assert_eq!(http::post_form(site.site.web, &hers, &leaving).unwrap().status, 303);
    let wanted = [("choice", "invoice"), ("staff", "Ann"), ("channel", "letter")];
    let late = [&hidden(&stale)[..], &wanted].concat();
    let answer = http::post_form(site.site.web, &door, &late).unwrap();
    assert_eq!(answer.status, 409, "{}", answer.body);
    for words in ["Which answer should stand?", "You are not renewing for", "Ann"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert_eq!(site.query("SELECT count(*) FROM deed"), ["0"]);
    assert_eq!(site.query(HERS), ["\"not-renewing\""]);

    // The desk asks the member once more, who says it again.
    let once_more = [&hidden(&answer.body)[..], &[("act", "replace")]].concat();
    assert_eq!(http::post_form(site.site.web, &door, &once_more).unwrap().status, 303);
    assert_eq!(site.query(HERS), ["\"pledged\""]);
    assert_eq!(site.query("SELECT staff, channel FROM deed"), ["\"Ann\" | \"letter\""]);
}

#[test]
fn a_link_is_one_associations_and_one_days() {
    let (_relay, site) = begin();
    let _daemon = site.start(START);
    let door = door(&site, "SPPI");
    assert_eq!(get(&site, &format!("{door}?member=1")).status, 404);
    let page = get(&site, &format!("{door}?member=3"));
    assert_eq!(page.status, 200, "before the notice too");
    let wanted = [("choice", "invoice"), ("staff", "Ann"), ("channel", "in-person")];
    assert_eq!(act(&site, &door, "3", &wanted).status, 303);
    assert_eq!(site.query("SELECT state FROM renewal"), ["\"pledged\""]);
    site.jump("2026-11-03T15:00:00Z");
    assert_eq!(get(&site, &door).status, 410);
    assert_eq!(act(&site, &door, "3", &wanted).status, 410);
}
