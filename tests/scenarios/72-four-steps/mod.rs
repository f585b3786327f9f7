//! The four steps on one page, as members fill them in: two clicks without insurance, two answers
//! more with it; pressing twice, going back, two tabs, a price that changes in between; what was
//! typed is never lost, and nothing is done twice.

use crate::support::club::{ALICE, BENOIT, Club, hidden, sent_to, taken};
use crate::support::http::Answer;
use crate::support::relay::Relay;

/// No insurance, and none to be had: an optional one was never taken.
const CHARLES: &str = "10003,Charles,Côté,charles@club.test,fr,ON,CIP,candidate,no\n";

/// What a member with insurance fills in, and her number.
const INSURED: [(&str, &str); 5] = [
    ("choice", "invoice"),
    ("cover", "keep"),
    ("q-claims", "no"),
    ("q-circumstances", "no"),
    ("proof", "10001"),
];

struct Stand {
    relay: Relay,
    club: Club,
}

fn stand() -> Stand {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT, CHARLES]);
    Stand { relay, club }
}

impl Stand {
    fn link(&self, who: &str) -> String {
        let mails = sent_to(&self.relay, who);
        mails.iter().find_map(|mail| mail.path_with("/r/")).expect("a link")
    }

    /// Sends the open page's form with these fields.
    fn send(&self, page: &Answer, link: &str, fields: &[(&str, &str)]) -> Answer {
        self.club.post(link, &[&hidden(&page.body)[..], fields].concat())
    }

    fn one(&self, sql: &str) -> String {
        self.club.query(sql).join(" ")
    }

    fn state(&self, number: &str) -> String {
        self.one(&format!(
            "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
             WHERE p.member_no = '{number}'"
        ))
    }
}

#[test]
fn two_clicks_without_insurance() {
    let stand = stand();
    let link = stand.link("charles");
    let page = stand.club.get(&link);
    assert!(page.body.contains("Vous n’avez pas l’assurance en ce moment"), "{}", page.body);
    assert_eq!(stand.send(&page, &link, &[("choice", "invoice")]).status, 303);
    assert_eq!(stand.state("10003"), "\"pledged\"");
    let done = stand.club.get(&link);
    for words in ["Où en est mon renouvellement?", "CIP-2027-00001", "Annuler ma réponse"] {
        assert!(done.body.contains(words), "{words}: {}", done.body);
    }
    assert!(!done.body.contains("vos deux réponses"), "nothing is asked of who took none");
    stand.club.rest();
    let mail = taken(&stand.relay, "charles", "nous avons compris");
    assert!(mail.text.contains("Facture CIP-2027-00001"), "{}", mail.text);
}

#[test]
fn insurance_takes_two_answers_more_and_shows_them_never_again() {
    let stand = stand();
    let link = stand.link("alice");
    let page = stand.club.get(&link);
    assert!(!page.body.contains(" checked"), "nothing is chosen beforehand");
    for hidden_away in ["alice@club.test", "10001"] {
        assert!(!page.body.contains(hidden_away), "{hidden_away} is masked: {}", page.body);
    }
    // One answer of two: told so at the top, with what she filled in.
    let begun = [("choice", "invoice"), ("cover", "keep"), ("q-claims", "yes"), ("proof", "10001")];
    let faulty = stand.send(&page, &link, &begun);
    assert_eq!(faulty.status, 400);
    let said = "href=\"#question-2\">Answer question 2";
    assert!(faulty.body.contains(said), "{}", faulty.body);
    assert!(faulty.body.contains("tabindex=\"-1\" autofocus"), "{}", faulty.body);
    assert!(faulty.body.contains("name=\"q-claims\" value=\"yes\" checked"), "{}", faulty.body);
    assert_eq!(stand.state("10001"), "\"open\"");
    // Whoever got the mail passed on cannot declare in her name.
    let stranger = [&INSURED[..4], &[("proof", "10002")]].concat();
    let faulty = stand.send(&page, &link, &stranger);
    assert!(faulty.body.contains("not the member number"), "{}", faulty.body);
    assert_eq!(stand.one("SELECT count(*) FROM declaration"), "0");

    let before = stand.club.get(&link);
    assert_eq!(stand.send(&before, &link, &INSURED).status, 303);
    assert_eq!(stand.state("10001"), "\"pledged\"");
    assert_eq!(stand.one("SELECT count(*) FROM declaration"), "1");
    // Again, by the back button: the same form, and the same from another tab.
    stand.club.rest();
    let settled = stand.club.dump();
    assert_eq!(stand.send(&before, &link, &INSURED).status, 303);
    assert_eq!(stand.send(&page, &link, &INSURED).status, 303);
    assert_eq!(stand.club.dump(), settled, "nothing is doubled");
    let done = stand.club.get(&link);
    assert!(!done.body.contains("q-claims"), "the answers are not shown: {}", done.body);
    assert!(done.body.contains("certificate of insurance comes from"), "{}", done.body);
}

#[test]
fn an_intent_is_never_turned_away_for_a_question() {
    let stand = stand();
    let link = stand.link("alice");
    let page = stand.club.get(&link);
    assert_eq!(stand.send(&page, &link, &[("choice", "invoice")]).status, 303);
    let done = stand.club.get(&link);
    assert!(done.body.contains("One step is left: your two answers"), "{}", done.body);
    let (no, proof) = ([("q-claims", "no"), ("q-circumstances", "no")], ("proof", "10001"));
    let faulty = stand.send(&done, &link, &[("act", "declare"), no[0], proof]);
    assert_eq!(faulty.status, 400, "one is missing");
    let whole = [("act", "declare"), no[0], no[1], proof];
    assert_eq!(stand.send(&done, &link, &whole).status, 303);
    let done = stand.club.get(&link);
    assert!(!done.body.contains("One step is left"), "{}", done.body);
    stand.club.rest();
    insta::assert_snapshot!(stand.club.ledger(), @"
    imported
    fired
    invoiced
    answered
    insurance-questions
    declared
    ");
}

#[test]
fn two_tabs_and_a_price_that_changed() {
    let stand = stand();
    let link = stand.link("alice");
    let (tab, other) = (stand.club.get(&link), stand.club.get(&link));
    assert_eq!(stand.send(&tab, &link, &INSURED).status, 303);
    // The other tab declines: both are shown, with all that was filled in.
    let decline = [("choice", "invoice"), ("cover", "decline"), ("proof", "10001")];
    stand.club.rest();
    let settled = stand.club.dump();
    let conflict = stand.send(&other, &link, &decline);
    assert_eq!(conflict.status, 409);
    assert_eq!(stand.club.dump(), settled);
    let kept = "name=\"cover\" value=\"decline\"";
    assert!(conflict.body.contains(kept), "{}", conflict.body);
    assert_eq!(stand.send(&conflict, &link, &[("act", "replace")]).status, 303);
    // The first invoice is taken back, the second carries no premium.
    let documents = "SELECT number || ' ' || kind || ' ' || total_cents FROM invoice ORDER BY n";
    insta::assert_snapshot!(stand.club.query(documents).join("\n"), @r#"
    "CIP-2027-00001 invoice 55575"
    "CIP-2027-00002 credit-note -55575"
    "CIP-2027-00003 invoice 35595"
    "#);

    // Benoît has the page open while the fee goes up.
    let mut stand = stand;
    let link = stand.link("benoit");
    let page = stand.club.get(&link);
    stand.club.daemon = None;
    stand.club.site.config.edit("associations.toml", |file| {
        let full = &mut file["association"][0]["category"][0];
        full["dues_cents"] = toml::Value::Integer(40_000);
    });
    stand.club.start("2026-11-02T15:00:00-05:00");
    let fields = [("choice", "invoice"), ("employer_name", "Ville")];
    let priced = stand.send(&page, &link, &fields);
    assert_eq!(priced.status, 400, "an employer without an address: {}", priced.body);
    let fields = [fields[0], fields[1], ("employer_email", "compta@club.test")];
    let priced = stand.send(&page, &link, &fields);
    assert_eq!(priced.status, 409);
    for words in ["Les montants ont changé", "400,00", "value=\"Ville\"", "compta@club.test"] {
        assert!(priced.body.replace('\u{a0}', " ").contains(words), "{words}: {}", priced.body);
    }
    assert_eq!(stand.state("10002"), "\"open\"");
    assert_eq!(stand.send(&priced, &link, &fields).status, 303);
    assert_eq!(stand.state("10002"), "\"pledged\"");
}

#[test]
fn an_employer_gets_the_invoice_and_nothing_else() {
    let stand = stand();
    let link = stand.link("alice");
    let employer = [
        ("employer_name", "Ville d’Exemple"),
        ("employer_email", "compta@employer.test"),
        ("purchase_order", "BC-118"),
    ];
    let page = stand.club.get(&link);
    assert_eq!(stand.send(&page, &link, &[&INSURED[..], &employer].concat()).status, 303);
    stand.club.rest();
    let mail = taken(&stand.relay, "compta", "asked us to send you this invoice");
    for words in ["Ville d’Exemple", "BC-118", "Alice Martin", "Facture CIP-2027-00001"] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    let theirs = mail.path_with("/i/").expect("a link that shows the invoice");
    let page = stand.club.get(&theirs);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("BC-118") && page.body.contains("lang=\"fr-CA\""), "{}", page.body);
    for secret in ["alice@club.test", "claims", "/r/"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    // Neither link opens the other's page.
    assert_eq!(stand.club.get(&theirs.replace("/i/", "/r/")).status, 404);
    assert_eq!(stand.club.get(&link.replace("/r/", "/i/")).status, 404);
    assert_eq!(stand.club.get(&format!("{link}/invoice")).status, 200);

    // She takes it back within the day: the employer owes nothing.
    assert_eq!(stand.club.submit(&link, &[("act", "undo")]).status, 303);
    assert_eq!(stand.state("10001"), "\"open\"");
    assert!(stand.club.get(&theirs).body.contains("Nothing is owed on this invoice"));
    // What was declared stays, and is not asked again.
    assert!(!stand.club.get(&link).body.contains("q-claims"));
}

#[test]
fn a_situation_goes_to_the_desk() {
    let stand = stand();
    let link = stand.link("alice");
    let page = stand.club.get(&link);
    let nothing = stand.send(&page, &link, &[("choice", "situation"), ("note", "Je pars")]);
    assert_eq!(nothing.status, 400);
    assert!(nothing.body.contains(">Je pars</textarea>"), "{}", nothing.body);
    let retired = [("choice", "situation"), ("situation", "retired"), ("note", "En juin")];
    assert_eq!(stand.send(&page, &link, &retired).status, 303);
    assert_eq!(stand.state("10001"), "\"with-desk\"");
    assert_eq!(stand.one("SELECT kind FROM task WHERE closed_at IS NULL"), "\"situation\"");
    stand.club.rest();
    taken(&stand.relay, "alice", "your situation has changed");
    // Reminders pause: the next step finds nobody to write to but the others.
    let done = stand.club.get(&link);
    assert!(done.body.contains("A person looks at your file"), "{}", done.body);
    assert_eq!(stand.send(&page, &link, &[("choice", "invoice")]).status, 303, "closed");
    assert_eq!(stand.state("10001"), "\"with-desk\"");
    assert_eq!(stand.club.submit(&link, &[("act", "undo")]).status, 303);
    assert_eq!(stand.state("10001"), "\"open\"");
    assert_eq!(stand.one("SELECT count(*) FROM task WHERE closed_at IS NULL"), "0");
}

#[test]
fn reminders_can_be_put_off() {
    let stand = stand();
    let link = stand.link("charles");
    for (day, status) in
        [("2026-11-02", 400), ("2026-12-31", 400), ("bald", 400), ("2026-12-01", 303)]
    {
        let answer = stand.club.submit(&link, &[("act", "remind"), ("remind_on", day)]);
        assert_eq!(answer.status, status, "{day}");
    }
    let page = stand.club.get(&link).body.replace('\u{a0}', " ");
    assert!(page.contains("avant le 1<sup"), "{page}");
    assert_eq!(
        stand.one("SELECT remind_on FROM renewal WHERE remind_on IS NOT NULL"),
        "\"2026-12-01\""
    );
}
