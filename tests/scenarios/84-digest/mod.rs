//! A desk's digest tells what happened and what waits for a person, and each line's link decides
//! it: once, in somebody's name, and never because a program opened the page.

use crate::support::club::{hidden, sent_to};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Answer};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, SOON, START, can_die, row, rows};
use crate::support::relay::Relay;

/// The desk of CIP in the sample.
const DESK: &str = "membership@";
/// Every morning at half past seven.
const DAILY: &str = "30 7 * * *";

/// Everything that the store says of itself.
fn dump(site: &Rehearsal) -> String {
    crate::support::db::dump(&site.store())
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

/// The desk's digests so far.
fn digests(relay: &Relay) -> Vec<Mail> {
    let is_digest = |mail: &Mail| {
        mail.subject.contains("Digest of") || mail.subject.contains("Récapitulatif du")
    };
    sent_to(relay, DESK).into_iter().filter(is_digest).collect()
}

/// The link that follows a line with these words.
fn link_after(mail: &Mail, words: &str) -> String {
    let (_, rest) = mail.text.split_once(words).unwrap_or_else(|| panic!("{words}: {}", mail.text));
    let (_, link) = rest.split_once("/d/").unwrap();
    format!("/d/{}", link.split_whitespace().next().unwrap())
}

fn members_mailed(relay: &Relay) -> usize {
    relay.taken().iter().filter(|t| t.to.iter().all(|to| !to.starts_with(DESK))).count()
}

/// The notice was missed by more than its bound: it is held, and the desk reads so next morning.
fn held(language: &str) -> (Relay, Rehearsal, Daemon) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", DAILY);
    cip.site.config.set("web.token_requests_per_minute", 1000);
    cip.site.config.set_each("associations.toml", "association", "desk.language", language);
    cip.import(&rows(1, 3, "CIP"));
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let daemon = cip.start("2026-11-03T14:01:00Z");
    cip.settle();
    (relay, cip, daemon)
}

#[test]
fn a_held_mailing_is_let_go_by_its_link_with_its_count_typed() {
    let (relay, cip, _daemon) = held("fr");
    let all = digests(&relay);
    let [digest] = &all[..] else { panic!("three mornings, one digest: {}", all.len()) };
    assert_eq!(digest.header("Auto-Submitted"), Some("auto-generated"));
    assert!(digest.subject.starts_with("[ICU] Récapitulatif du 3\u{a0}novembre 2026"));
    assert!(digest.text.contains("Envois qui attendent une décision"), "{}", digest.text);
    assert!(!digest.text.contains("Digest"), "the desk's language only: {}", digest.text);
    let kept = digest.text.split_once("--head").unwrap().1.split_whitespace().next().unwrap();
    assert!(cip.cli(&["audit", "verify", "--head", kept]).ok().contains("the chain holds"));
    assert_eq!(cip.query("SELECT superseded FROM digest"), ["2"]);

    let path = link_after(digest, "Avis, prévu le");
    let before = dump(&cip);
    for _ in 0..20 {
        let page = get(&cip, &path);
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<dd>3 (anglais 3, français 0)"), "{}", page.body);
        assert_eq!(http::head(cip.site.web, &path).unwrap().status, 200);
    }
    // A program that presses every button, without a name or a number, or with a wrong one.
    for fields in [
        &[("deed", "send")][..],
        &[("deed", "send"), ("staff", "M. Robot")],
        &[("deed", "send"), ("staff", "M. Robot"), ("count", "4")],
        &[("deed", "lift"), ("staff", "M. Robot"), ("count", "3")],
        &[("staff", "M. Robot"), ("count", "3")],
    ] {
        assert_eq!(submit(&cip, &path, fields).status, 400, "{fields:?}");
    }
    let wrong = submit(&cip, &path, &[("deed", "send"), ("staff", "Anne Exemple"), ("count", "4")]);
    assert!(wrong.body.contains("Le nombre inscrit n’est pas celui des destinataires"));
    assert!(wrong.body.contains("value=\"Anne Exemple\""), "what was typed stays");
    assert_eq!(dump(&cip), before);
    assert_eq!(members_mailed(&relay), 0);

    let sent = [
        ("deed", "send"),
        ("staff", "Anne Exemple"),
        ("count", "3"),
        ("note", "Serveur en panne."),
    ];
    let answer = submit(&cip, &path, &sent);
    assert_eq!((answer.status, answer.header("location")), (303, Some(path.as_str())));
    relay.wait_for(5, SOON);
    cip.settle();
    assert_eq!(members_mailed(&relay), 3);
    let page = get(&cip, &path).body;
    for words in
        ["La décision est prise", "L’envoi a été autorisé.", "Anne Exemple", "Serveur en panne."]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let before = dump(&cip);
    let again =
        http::post_form(cip.site.web, &path, &[("deed", "cancel"), ("staff", "B"), ("count", "3")]);
    assert_eq!(again.unwrap().status, 303);
    assert_eq!(dump(&cip), before, "a link decides once");

    let acts = cip.query("SELECT data FROM ledger WHERE kind = 'desk-acted'");
    assert_eq!(acts.len(), 1);
    assert!(acts[0].contains("firing") && !acts[0].contains("Anne"), "{acts:?}");
    assert_eq!(cip.query("SELECT staff FROM deed"), ["\"Anne Exemple\""]);
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn what_is_settled_elsewhere_has_nothing_to_decide() {
    let (relay, cip, _daemon) = held("en");
    let path = link_after(&digests(&relay)[0], "Notice, due on");
    cip.cli(&["firing", "cancel", "1"]).ok();
    let before = dump(&cip);
    let page = get(&cip, &path);
    assert!(page.body.contains("There is nothing to decide any more"), "{}", page.body);
    let late = [("deed", "send"), ("staff", "Ann"), ("count", "3")];
    assert_eq!(http::post_form(cip.site.web, &path, &late).unwrap().status, 303);
    assert_eq!(dump(&cip), before);
    cip.jump("2026-12-04T15:00:00Z");
    let page = get(&cip, &path);
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link has expired"), "{}", page.body);
}

#[test]
fn other_lines_are_decided_by_their_links() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", DAILY);
    let lost = "7,Given7,Family7,lost@club.test,en,ON,CIP,full,yes".to_owned();
    cip.import(&[row(1, "m1@club.test", "CIP"), lost]);
    let _daemon = cip.start(START);
    cip.cli(&["suppression", "add", "lost@club.test", "--reason", "returned"]).ok();
    cip.jump("2026-11-01T13:00:00Z");
    let digest = digests(&relay).pop().expect("the first one");
    assert!(digest.text.contains("number 7: lost@club.test"), "{}", digest.text);
    assert!(digest.text.contains("no other way to reach"), "{}", digest.text);
    assert!(!digest.text.contains("m1@club.test"), "whom mail reaches is not listed");

    let path = link_after(&digest, "number 7: lost@club.test");
    assert_eq!(submit(&cip, &path, &[("deed", "lift"), ("staff", "")]).status, 400);
    assert_eq!(submit(&cip, &path, &[("deed", "lift"), ("staff", "Ann")]).status, 303);
    assert!(get(&cip, &path).body.contains("The address is mailed to again."));
    assert_eq!(cip.json(&["suppression", "list"]), serde_json::json!([]));
    let subject = "SELECT subject = (SELECT subject FROM person WHERE member_no = '7') FROM ledger
                   WHERE kind = 'desk-acted'";
    assert_eq!(cip.query(subject), ["1"]);
}

#[test]
fn an_expected_cheque_is_marked_received_in_part_and_then_in_full() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", DAILY);
    cip.import(&[row(1, "m1@club.test", "CIP")]);
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T15:00:00Z");
    let hers = sent_to(&relay, "m1@club.test").remove(0).path_with("/r/").unwrap();
    submit(&cip, &hers, &[("choice", "invoice")]);
    cip.jump("2026-11-03T13:00:00Z");
    let digest = digests(&relay).pop().unwrap();
    let expected = "Cheques and transfers to come";
    assert!(digest.text.contains("Renewed: 1, of them paid 0, promised 1"), "{}", digest.text);
    assert!(digest.text.contains("$555.75, invoice"), "{}", digest.text);
    let path = link_after(&digest, expected);
    assert!(get(&cip, &path).body.contains("Still owed: $555.75"));
    let part = [
        ("deed", "received"),
        ("staff", "Ann"),
        ("amount", "100.00"),
        ("on", "2026-11-03"),
        ("method", "cheque"),
        ("reference", "0042"),
    ];
    for (n, wrong) in [(2, ""), (2, "0"), (3, "2026-11-04"), (4, "card")] {
        let mut fields = part;
        fields[n].1 = wrong;
        assert_eq!(submit(&cip, &path, &fields).status, 400, "{fields:?}");
    }
    assert_eq!(cip.number("SELECT count(*) FROM payment"), 0);
    assert_eq!(submit(&cip, &path, &part).status, 303);
    assert_eq!(submit(&cip, &path, &part).status, 303, "pressed twice");
    assert_eq!(
        cip.query("SELECT cents, method, reference FROM payment"),
        ["10000 | \"cheque\" | \"0042\""]
    );
    assert!(get(&cip, &path).body.contains("The payment was recorded."));

    cip.jump("2026-11-04T13:00:00Z");
    let next = link_after(&digests(&relay).pop().unwrap(), expected);
    assert_ne!(next, path, "what still waits has a fresh link");
    assert!(get(&cip, &next).body.contains("Still owed: $455.75"));
    let mut rest = part;
    rest[2].1 = "455.75";
    assert_eq!(submit(&cip, &next, &rest).status, 303);
    cip.settle();
    assert_eq!(cip.query("SELECT state FROM renewal"), ["\"paid\""]);
    assert_eq!(cip.number("SELECT count(*) FROM task WHERE closed_at IS NULL"), 0);
    assert_eq!(cip.number("SELECT count(*) FROM message WHERE kind = 'receipt'"), 2);
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn silence_is_kept_for_a_week_at_most() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", DAILY);
    let _daemon = cip.start(START);
    for day in 2..=10 {
        cip.jump(&format!("2026-11-{day:02}T13:00:00Z"));
    }
    let states = cip.query("SELECT local, state FROM digest ORDER BY id");
    let sent: Vec<&str> =
        states.iter().filter(|s| s.contains("sent")).map(|s| s.trim_matches('"')).collect();
    assert_eq!(states.len(), 9, "{states:?}");
    assert!(sent[0].starts_with("2026-11-02T07:30"), "{states:?}");
    assert!(sent[1].starts_with("2026-11-09T07:30"), "{states:?}");
    assert_eq!((sent.len(), digests(&relay).len()), (2, 2));
}

#[test]
fn killed_while_it_is_written_it_comes_once() {
    if !can_die() {
        return;
    }
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", DAILY);
    cip.import(&rows(1, 2, "CIP"));
    cip.dies_at("2026-11-01T12:29:59Z", "scheduler.registered#1");
    let daemon = cip.start("2026-11-01T12:30:01Z");
    cip.settle();
    daemon.kill();
    let _daemon = cip.start("2026-11-01T12:31:00Z");
    cip.settle();
    assert_eq!(cip.query("SELECT local, state FROM digest").len(), 1);
    assert_eq!(digests(&relay).len(), 1);
    assert_eq!(cip.query("SELECT count(*), count(DISTINCT id) FROM desk_link"), ["1 | 1"]);
}

#[test]
fn on_the_last_day_the_desk_has_a_list_to_call() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.digest("CIP", "30 7 * * Mon-Fri");
    let calm = "9,Given9,Family9,m9@club.test,en,ON,CIP,full,no".to_owned();
    cip.import(&[row(1, "m1@club.test", "CIP"), row(2, "m2@club.test", "CIP"), calm]);
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T15:00:00Z");
    cip.jump("2026-12-30T13:00:00Z");
    assert!(!digests(&relay).pop().unwrap().text.contains("last digest before"));
    cip.jump("2026-12-31T13:00:00Z");
    let digest = digests(&relay).pop().unwrap();
    let path = link_after(&digest, "This is the last digest before the deadline.");
    let page = get(&cip, &path).body;
    assert!(page.contains("2 members to call"), "{page}");
    assert!(page.contains("Given1 Family1") && !page.contains("Given9"), "covered ones only");

    let notice = sent_to(&relay, "m1@club.test").remove(0);
    let hers = notice.path_with("/r/").unwrap();
    let before = dump(&cip);
    get(&cip, &path);
    assert_eq!(dump(&cip), before);
    submit(&cip, &hers, &[("choice", "invoice")]);
    cip.settle();
    let page = get(&cip, &path).body;
    assert!(page.contains("1 members to call"), "{page}");
    assert!(page.contains("Given1 Family1, number 1:"), "renewed today: {page}");
}

#[test]
fn the_command_says_what_the_next_one_would() {
    let (relay, cip, _daemon) = held("en");
    let before = dump(&cip);
    let text = cip.cli(&["digest", "CIP"]).ok();
    assert!(text.contains("Mailings that wait for a decision"), "{text}");
    assert!(!text.contains("/d/"), "no link leaves by a command: {text}");
    let json = cip.json(&["digest", "CIP"]);
    assert_eq!(json["due"], "2026-11-04T12:30:00Z");
    assert_eq!(json["waiting"], 1);
    assert_eq!(json["digest"]["listings"][0]["section"], "firings");
    assert_eq!(cip.cli(&["digest", "XYZ"]).code(), 1);
    assert_eq!(dump(&cip), before);
    assert_eq!(digests(&relay).len(), 1);
}
