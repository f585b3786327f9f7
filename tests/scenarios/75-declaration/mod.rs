//! A reply that says RENEW leaves the two questions open; they are answered by page or, as here, on
//! the telephone. A yes holds nothing up: the member is told what happens next, the insurance
//! contact that there is something to look at, and the answer itself stands in the declaration and
//! nowhere else.

use crate::support::club::{BENOIT, Club, sent_to, taken};
use crate::support::letters::Letter;
use crate::support::relay::Relay;

const MX: &str = "mx.cip.example.ca";
const HIM: &str = "benoit@club.test";
const CONTACT: &str = "insurance@club.test";

/// Benoît has the notice and answered RENOUVELER.
fn renewed_by_reply() -> (Relay, Club) {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("insurance.contact.email", CONTACT);
    club.site.config.set("insurance.contact.name.en", "Insurance desk");
    club.site.config.set("insurance.contact.name.fr", "Service d’assurance");
    club.site.config.set("insurance.contact.language", "fr");
    let club = club.at_the_notice(&[BENOIT]);
    let notice = relay.taken().remove(0);
    let letter = Letter::reply(&notice, MX, "a1", "RENOUVELER").bytes();
    club.arrive("1.reply", std::str::from_utf8(&letter).unwrap());
    assert_eq!(club.came_to(1), ["answered:invoice"]);
    (relay, club)
}

fn declare(club: &Club, claims: &str, circumstances: &str) -> i32 {
    let (claims, circumstances) =
        (format!("claims={claims}"), format!("circumstances={circumstances}"));
    let args = [
        "insurance",
        "declare",
        "10002",
        "--staff",
        "Ann Desk",
        "--answer",
        &circumstances,
        "--answer",
        &claims,
    ];
    let code = club.site.cli(&args).code();
    club.rest();
    code
}

/// Everything that the site wrote but the declarations themselves, and every mail.
fn everything_else(relay: &Relay, club: &Club) -> String {
    let mut all = String::new();
    for table in club.dump().split("== ") {
        if !table.starts_with("declaration:") {
            all += table;
        }
    }
    for mail in relay.taken() {
        all += &String::from_utf8_lossy(&mail.bytes);
        all += &crate::support::mail::Mail::read(&mail.bytes).text;
    }
    all += &club.daemon.as_ref().unwrap().output();
    all
}

#[test]
fn a_reply_leaves_one_step() {
    let (relay, club) = renewed_by_reply();
    let mail = taken(&relay, HIM, "vous renouvelez votre adhésion");
    let text = mail.text.replace('\n', " ");
    assert!(text.contains("Il reste une étape\u{a0}: vos deux réponses"), "{text}");
    assert!(text.contains("One step is left: your two answers"), "{text}");
    assert!(mail.path_with("/r/").is_some(), "with the link");
    assert_eq!(club.query("SELECT count(*) FROM declaration"), ["0"], "a reply answers nothing");
    let evidence = club.json(&["insurance", "evidence", "10002"]);
    let cover = &evidence["renewals"][0]["cover"];
    assert_eq!((&cover["outcome"], &cover["why"]), (&"pending".into(), &"not-declared".into()));
}

#[test]
fn a_yes_never_blocks_and_stands_nowhere_else() {
    let (relay, club) = renewed_by_reply();
    assert_eq!(declare(&club, "no", "yes"), 0);
    let state = club.query("SELECT state FROM renewal");
    assert_eq!(state, ["\"pledged\""], "the renewal stands");
    let next = taken(&relay, HIM, "Une personne en prendra connaissance");
    assert!(next.text.contains("Somebody will look at them"), "{}", next.text);
    assert!(next.text.contains("Service d’assurance"), "{}", next.text);
    let note = taken(&relay, CONTACT, "relance insurance evidence 10002");
    assert!(note.subject.contains("10002"), "{}", note.subject);
    assert!(
        note.text.contains("La déclaration d’assurance de Benoît"),
        "in the contact's language: {}",
        note.text
    );
    assert_eq!(sent_to(&relay, CONTACT).len(), 1);
    let tasks = club.query("SELECT kind || ' ' || data FROM task");
    assert_eq!(tasks, ["\"insurance {\\\"declaration\\\":1,\\\"member\\\":\\\"10002\\\"}\""]);

    // What was answered: for whoever looks at the evidence.
    let evidence = club.json(&["insurance", "evidence", "10002"]);
    let declared = &evidence["renewals"][0]["declarations"][0];
    assert_eq!(declared["matches_ledger"], true);
    assert_eq!((&declared["door"], &declared["staff"]), (&"desk".into(), &"Ann Desk".into()));
    assert_eq!(declared["answers"][0]["answer"], "no", "in the order of the questions");
    assert_eq!(declared["answers"][1]["answer"], "yes");
    let text = declared["answers"][1]["text"].as_str().unwrap();
    assert!(text.starts_with("Question d’exemple"), "as it was shown to him: {text}");
    assert_eq!(evidence["renewals"][0]["cover"]["outcome"], "kept");
    let mails = evidence["renewals"][0]["mails"].as_array().unwrap();
    assert!(mails.iter().all(|m| m["message_id"].as_str().unwrap().contains('@')), "{mails:?}");

    // Nowhere else. The questions' texts are in the ledger once, for whoever audits them.
    let all = everything_else(&relay, &club);
    for trace in ["circumstances\",true", "circumstances=yes", "\"claims\",false", "claims=no"] {
        assert!(!all.contains(trace), "{trace}");
    }
    assert_eq!(all.matches("circumstances").count(), 1, "in the questions' own line");
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn two_no_are_recorded_and_a_correction_is_a_new_version() {
    let (relay, club) = renewed_by_reply();
    assert_eq!(declare(&club, "no", "no"), 0);
    let told = taken(&relay, HIM, "Nous avons noté vos réponses");
    assert!(told.text.contains("We have recorded your answers"), "{}", told.text);
    assert_eq!(sent_to(&relay, CONTACT).len(), 0, "nothing to look at");
    assert_eq!(declare(&club, "no", "no"), 0);
    assert_eq!(club.query("SELECT count(*) FROM declaration"), ["1"], "said twice, kept once");
    assert_eq!(declare(&club, "yes", "no"), 0);
    assert_eq!(club.query("SELECT max(version) FROM declaration"), ["2"]);
    assert_eq!(sent_to(&relay, CONTACT).len(), 1);
    assert_eq!(declare(&club, "perhaps", "no"), 1);
    let strange = ["insurance", "declare", "10002", "--staff", "Ann", "--answer", "other=no"];
    assert_eq!(club.site.cli(&strange).code(), 1);
    assert_eq!(club.query("SELECT count(*) FROM declaration"), ["2"]);
}

#[test]
fn a_reply_that_answers_the_questions_goes_to_the_desk() {
    let (relay, club) = renewed_by_reply();
    let confirmation = relay.taken().pop().expect("his confirmation");
    let letter = Letter::reply(&confirmation, MX, "a2", "Non aux deux questions.").bytes();
    club.arrive("2.reply", std::str::from_utf8(&letter).unwrap());
    assert_eq!(club.came_to(2), ["answered:invoice", "to-desk:question"]);
    assert_eq!(club.query("SELECT count(*) FROM declaration"), ["0"]);
}

#[test]
fn a_changed_question_needs_a_new_version() {
    let (_relay, club) = renewed_by_reply();
    declare(&club, "no", "no");
    club.site.cli(&["check"]).ok();
    club.site.config.edit("relance.toml", |table| {
        table["insurance"]["question"][0]["text"]["en"] = "Something else?".into();
    });
    let done = club.site.cli(&["check"]);
    assert_eq!(done.code(), 1);
    assert!(done.stdout.contains("questions_version"), "{}", done.stdout);
    club.site.config.set("insurance.questions_version", "2027-2");
    club.site.cli(&["check"]).ok();
}
