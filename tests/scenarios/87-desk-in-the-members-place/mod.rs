//! Whatever a member can do on their own page, a desk can take down for them when they call, come by
//! or write a letter: each act with the name, the channel and a mail to the member, never by card.

use crate::support::club::{hidden, sent_to};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Answer};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::Relay;

/// A club whose notice has gone out, and the desk's link to act for its members.
struct Desk {
    relay: Relay,
    cip: Rehearsal,
    door: String,
    channel: &'static str,
    lang: &'static str,
    _daemon: Daemon,
}

impl Desk {
    fn open(lang: &'static str, channel: &'static str) -> Self {
        let relay = Relay::start();
        let cip = Rehearsal::of_cip(&relay);
        cip.site.config.set("web.token_requests_per_minute", 1000);
        let french = "2,Émile,Roy,m2@club.test,fr,QC,CIP,full,yes".to_owned();
        cip.import(&[row(1, "m1@club.test", "CIP"), french]);
        let daemon = cip.start(START);
        cip.jump("2026-11-02T15:00:00Z");
        let link = cip.cli(&["link", "desk", "--issuer", "CIP"]).ok();
        let door = format!("/d/{}", link.trim().split_once("/d/").unwrap().1);
        Self { relay, cip, door, channel, lang, _daemon: daemon }
    }

    fn page(&self, member: &str) -> String {
        let path = format!("{}?member={member}&lang={}", self.door, self.lang);
        http::get(self.cip.site.web, &path).unwrap().body
    }

    /// What the member asks, taken down on the page as it stands.
    fn take_down(&self, member: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.page(member);
        let signed = [("staff", "Anne Exemple"), ("channel", self.channel)];
        let fields = [&hidden(&page)[..], &signed, fields].concat();
        let path = format!("{}?lang={}", self.door, self.lang);
        http::post_form(self.cip.site.web, &path, &fields).unwrap()
    }

    /// As [`Self::take_down`]: it is done, and this is the mail that the member gets.
    fn done(&self, member: &str, fields: &[(&str, &str)]) -> Mail {
        let to = format!("m{member}@club.test");
        let before = sent_to(&self.relay, &to).len();
        let answer = self.take_down(member, fields);
        assert_eq!(answer.status, 303, "{fields:?}: {}", answer.body);
        self.cip.settle();
        let mails = sent_to(&self.relay, &to);
        assert_eq!(mails.len(), before + 1, "one mail for {fields:?}");
        let mut mail = mails.into_iter().next_back().unwrap();
        // As it reads, however its lines are broken.
        mail.text = mail.text.replace('\n', " ");
        mail
    }

    fn state(&self, member: &str) -> String {
        self.cip
            .query(&format!(
                "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
                 WHERE p.member_no = '{member}'"
            ))
            .join(" ")
    }

    /// What the ledger calls the acts, and who stands beside them.
    fn deeds(&self) -> Vec<String> {
        self.cip.query(
            "SELECT json_extract(l.data, '$.did'), d.staff, d.channel, d.at > 0 FROM deed d
             JOIN ledger l ON l.seq = d.ledger ORDER BY d.ledger",
        )
    }
}

#[test]
fn a_member_who_calls_has_all_four_steps_taken_down() {
    let desk = Desk::open("en", "phone");
    let page = desk.page("1");
    for words in
        ["You are acting for this member", "never take a card number", "Mail the member the link"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(" checked"), "nothing is chosen beforehand");
    assert!(!page.contains("name=\"proof\""), "who signs is no stranger");
    // No card by telephone, whatever is sent.
    for card in [("choice", "card"), ("act", "pay")] {
        assert_eq!(desk.take_down("1", &[card]).status, 400, "{card:?}");
    }
    let mail = desk.done("1", &[("act", "link")]);
    assert!(mail.text.contains("As you asked our desk"), "{}", mail.text);
    assert!(mail.path_with("/r/").is_some());

    let correction = [("act", "correct"), ("phone", "416-555-0199"), ("city", "Exampleville")];
    let mail = desk.done("1", &correction);
    assert!(mail.text.contains("some of your details on file"), "{}", mail.text);
    assert!(mail.text.contains("after your telephone call"), "{}", mail.text);
    assert_eq!(
        desk.cip.query("SELECT phone, city FROM person WHERE member_no = '1'"),
        ["\"416-555-0199\" | \"Exampleville\""]
    );
    let mail = desk.done("1", &[("act", "remind"), ("remind_on", "2026-12-01")]);
    assert!(mail.text.contains("reminded later"), "{}", mail.text);
    assert_eq!(desk.cip.query("SELECT max(remind_on) FROM renewal"), ["\"2026-12-01\""]);

    // One of the two questions read out only: told so, nothing recorded.
    let begun = [("choice", "invoice"), ("cover", "keep"), ("q-claims", "no")];
    let faulty = desk.take_down("1", &begun);
    assert_eq!(faulty.status, 400);
    assert!(faulty.body.contains("value=\"Anne Exemple\""), "what was typed stays");
    let answers = [
        ("q-circumstances", "no"),
        ("employer_name", "City of Example"),
        ("employer_email", "accounts@city.test"),
        ("purchase_order", "PO-7"),
    ];
    let mail = desk.done("1", &[&begun[..], &answers].concat());
    assert!(mail.text.contains("you renew your membership"), "{}", mail.text);
    assert_eq!(desk.state("1"), "\"pledged\"");
    assert_eq!(sent_to(&desk.relay, "accounts@city.test").len(), 1, "the payer has the invoice");
    let page = desk.page("1");
    assert!(!page.contains("q-claims"), "what was answered is shown never again: {page}");
    let evidence = desk.cip.json(&["insurance", "evidence", "1"]);
    let declared = &evidence["renewals"][0]["declarations"][0];
    for (name, want) in [("staff", "Anne Exemple"), ("channel", "phone"), ("door", "desk")] {
        assert_eq!(declared[name], want, "{declared}");
    }
    assert_eq!(declared["matches_ledger"], true);
    let text = declared["answers"][0]["text"].as_str().unwrap();
    assert!(text.contains("question"), "as it was read out: {text}");

    let deeds = ["link", "correct", "remind", "invoice"];
    let deeds = deeds.map(|did| format!("\"{did}\" | \"Anne Exemple\" | \"phone\" | 1"));
    assert_eq!(desk.deeds(), deeds);
    let named = "SELECT count(*) FROM ledger WHERE data LIKE '%Anne%'";
    assert_eq!(desk.cip.query(named), ["0"], "no name in the chain");
    desk.cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn un_membre_qui_se_presente_change_d_avis() {
    let desk = Desk::open("fr", "in-person");
    let page = desk.page("2");
    assert!(page.contains("ne prenez jamais un numéro de carte"), "{page}");
    let mail = desk.done("2", &[("choice", "situation"), ("situation", "on-leave")]);
    assert!(mail.text.contains("votre situation a changé"), "{}", mail.text);
    assert!(mail.text.contains("à la suite de votre visite"), "{}", mail.text);
    assert_eq!(desk.state("2"), "\"with-desk\"");
    let mail = desk.done("2", &[("act", "undo")]);
    assert!(mail.text.contains("vous annulez votre dernière réponse"), "{}", mail.text);
    assert_eq!(desk.state("2"), "\"open\"");

    let leaving = [("choice", "not-renewing"), ("reason", "Je prends ma retraite.")];
    let mail = desk.done("2", &leaving);
    assert!(mail.text.contains("vous ne renouvelez pas"), "{}", mail.text);
    assert_eq!(desk.state("2"), "\"not-renewing\"");
    let reason = "SELECT reason FROM answer WHERE choice = 'not-renewing'";
    assert_eq!(desk.cip.query(reason), ["\"Je prends ma retraite.\""]);
    desk.done("2", &[("act", "undo")]);

    // Renouveler sans assurance, puis plus de rappels.
    desk.done("2", &[("choice", "invoice"), ("cover", "decline")]);
    assert_eq!(desk.state("2"), "\"pledged\"");
    assert_eq!(
        desk.cip.query("SELECT kind FROM invoice_line ORDER BY invoice, ord"),
        ["\"dues\""],
        "without a premium"
    );
    let mail = desk.done("2", &[("act", "stop")]);
    assert!(mail.text.contains("Les rappels ont pris fin"), "{}", mail.text);
    assert!(desk.page("2").contains("Reprendre les rappels"));
    desk.done("2", &[("act", "start")]);
    let did = ["situation", "undo", "not-renewing", "undo", "invoice", "stop", "start"];
    let deeds = did.map(|did| format!("\"{did}\" | \"Anne Exemple\" | \"in-person\" | 1"));
    assert_eq!(desk.deeds(), deeds);
    desk.cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn the_two_questions_are_answered_later_by_letter() {
    let desk = Desk::open("fr", "letter");
    desk.done("2", &[("choice", "invoice")]);
    let page = desk.page("2");
    assert!(page.contains("vos deux réponses"), "{page}");
    let mail = desk.done("2", &[("act", "declare"), ("q-claims", "no"), ("q-circumstances", "no")]);
    assert!(mail.text.contains("à la suite de votre lettre"), "{}", mail.text);
    assert_eq!(
        desk.cip.query("SELECT staff, channel, language FROM declaration"),
        ["\"Anne Exemple\" | \"letter\" | \"fr\""]
    );
    assert!(!desk.page("2").contains("q-claims"));
    // A yes holds nothing up, and the desk's own lists say only that there is one.
    let desk = Desk::open("en", "phone");
    let fields =
        [("choice", "invoice"), ("cover", "keep"), ("q-claims", "yes"), ("q-circumstances", "no")];
    assert_eq!(desk.take_down("1", &fields).status, 303);
    desk.cip.settle();
    assert_eq!(desk.state("1"), "\"pledged\"");
    let tasks = desk.cip.query("SELECT kind FROM task WHERE kind = 'insurance'");
    assert_eq!(tasks.len(), 1);
}
