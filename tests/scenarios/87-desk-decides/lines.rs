//! A message in doubt, a mail that was kept, a line that only needs doing.

use super::{Desk, get, link_after};
use crate::support::letters::deliver;
use crate::support::rehearsal::{Rehearsal, START, row, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};

#[test]
fn a_message_in_doubt_has_left_or_goes_out_again() {
    let desk = Desk::open("fr", 0);
    for member in ["m1@", "m2@"] {
        let rule = Rule::at(Stage::Dot, Act::TakeAndClose).for_recipient(member).times(1);
        desk.relay.rule(rule);
    }
    desk.cip.import(&rows(1, 2, "CIP"));
    desk.cip.jump("2026-11-03T15:00:00Z");
    let states = "SELECT m.state FROM message m WHERE m.kind = 'notice' ORDER BY m.person";
    assert_eq!(desk.cip.query(states), ["\"unknown\"", "\"unknown\""]);
    let digest = desk.digest(4);
    assert!(digest.text.contains("Messages dont le départ est incertain"), "{}", digest.text);
    let (first, second) =
        (link_after(&digest, "numéro 1, depuis"), link_after(&digest, "numéro 2, depuis"));
    desk.decide(&first, &[("deed", "left"), ("note", "Elle l’a reçu.")]);
    desk.decide(&second, &[("deed", "resend")]);
    assert_eq!(desk.cip.query(states), ["\"sent\"", "\"sent\""]);
    assert_eq!((desk.mails(1).len(), desk.mails(2).len()), (1, 2), "one of them again");
    desk.audit();
}

#[test]
fn a_line_that_only_needs_doing_is_closed_with_what_came_of_it() {
    let desk = Desk::open("en", 1);
    let answers = [("q-claims", "yes"), ("q-circumstances", "no")];
    desk.member(1, &[&[("choice", "invoice"), ("cover", "keep")][..], &answers].concat());
    let digest = desk.digest(3);
    let link = link_after(&digest, "Insurance: to follow up");
    assert!(!get(&desk.cip, &link).body.contains("q-claims"), "the answer is in no desk's page");
    let unsaid = [("deed", "done"), ("staff", "Ann")];
    assert_eq!(super::submit(&desk.cip, &link, &unsaid).status, 400, "it must be said");
    desk.decide(&link, &[("deed", "done"), ("note", "The broker has the details.")]);
    let closed = "SELECT closed_by, outcome FROM task WHERE kind = 'insurance'";
    assert_eq!(desk.cip.query(closed), ["\"Anne Exemple\" | \"The broker has the details.\""]);
}

/// Strangers' mails that are passed on one by one on one day.
const PASSED_ON: usize = 50;

#[test]
fn un_courriel_sans_jeton_qui_a_ete_conserve_est_lu_et_traite() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    cip.site.config.digest("CIP", "30 7 * * *");
    cip.site.config.set_each("associations.toml", "association", "desk.language", "fr");
    cip.import(&[row(1, "m1@club.test", "CIP")]);
    let daemon = cip.start(START);
    cip.settle();
    let now = cip.cli(&["clock", "now"]).ok();
    for n in 0..=PASSED_ON {
        let mail = format!(
            "From: stranger{n}@elsewhere.test\nTo: renewal@cip.example.ca\n\
             Message-ID: <s{n}@elsewhere.test>\nSubject: Ma prime {n}\n\nCombien? https://x.test/\n"
        );
        deliver(&maildir, &format!("{n}.s"), mail.as_bytes(), now.trim());
    }
    cip.cli(&["inbox", "resume"]).ok();
    let all = (PASSED_ON + 1).to_string();
    cip.wait_for("SELECT count(*) FROM inbound WHERE outcome <> 'backlog'", &[&all]);
    cip.settle();
    assert_eq!(cip.query("SELECT count(*) FROM waiting_mail"), ["1"]);
    let desk = Desk { relay, cip, _daemon: daemon };
    let digest = desk.digest(2);
    let link = link_after(&digest, "Courriels qui attendent une réponse");
    let page = get(&desk.cip, &link).body;
    assert!(page.contains("Combien? https[:]//x.test/"), "read, with no live link: {page}");
    desk.decide(&link, &[("deed", "answered")]);
    assert_eq!(desk.cip.query("SELECT count(*) FROM waiting_mail WHERE settled_at IS NULL"), ["0"]);
}
