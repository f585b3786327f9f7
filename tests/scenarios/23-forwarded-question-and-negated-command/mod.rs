//! Mails that hold a word of an act and mean something else, and a notice that somebody passed
//! on: nothing is done on either, and the desk reads every one.

use crate::support::club::{BENOIT, Club, SOON, address, letter};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MailStack, Options, Verdict};

const HIM: &str = "benoit@club.test";
const COLLEAGUE: &str = "alice@club.test";
const DESK: &str = "desk@club.test";

fn begin() -> Option<(MailStack, Club, Mail)> {
    let stack = mailstack::start_or_skip(&Options::default())?;
    let club = Club::with_servers(&stack).at_the_notice(&[BENOIT]);
    let notice = Mail::read(&stack.maildir(HIM).wait_for("X-Relance-Loop", SOON));
    Some((stack, club, notice))
}

fn write(stack: &MailStack, from: &str, id: &str, to: &str, subject: &str, text: &str) {
    let raw = format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}@club.test>\n\
         In-Reply-To: <something@club.test>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    );
    stack.send(Verdict::Pass, from, to, raw.as_bytes()).unwrap();
}

/// Nothing was answered, nothing stopped.
fn untouched(club: &Club) {
    let state = "SELECT state || ' ' || version FROM renewal";
    assert_eq!(club.query(state), ["\"open 0\""]);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
}

#[test]
fn a_negation_a_question_or_a_condition_is_no_command() {
    let Some((stack, club, notice)) = begin() else { return };
    let to = address(notice.header("Reply-To").unwrap());
    let words = [
        "Je ne veux pas renouveler.",
        "Ne pas renouveler, merci.",
        "Please do not renew my membership.",
        "I do not want to stop.",
        "N’arrêtez pas les rappels.",
        "Dois-je renouveler?",
        "Si mon employeur paie, je veux renouveler.",
        "J’ai renouvelé ailleurs.",
        "Renouveler ou arrêter : que me conseillez-vous?",
    ];
    for (n, text) in words.iter().enumerate() {
        write(&stack, HIM, &format!("n{n}"), to, "Re: avis", text);
    }
    assert_eq!(club.came_to(words.len()), vec!["to-desk:question"; words.len()]);
    untouched(&club);
    for text in words {
        letter(&stack, DESK, text);
    }
    assert_eq!(stack.maildir(DESK).files().len(), words.len(), "each once");
    assert_eq!(stack.maildir(HIM).files().len(), 1, "he gets nothing but the notice");
    let n = words.len().to_string();
    assert_eq!(club.metered("reply", "to-desk:question"), Some(n));
    let kept = club.json(&["inbox", "list"]);
    assert_eq!(kept[0]["from"], HIM);
    assert_eq!(kept[0]["member_no"], "10002");
    let listed = club.site.cli(&["inbox", "list"]).ok();
    assert!(!listed.contains("renouveler"), "words of people are shown only in JSON: {listed}");

    // The plain word does it: what was tested above is not deafness.
    write(&stack, HIM, "yes", to, "Re: avis", "Oui, je veux renouveler.\n\nBenoît");
    letter(&stack, HIM, "vous renouvelez votre adhésion");
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"pledged\""]);
}

#[test]
fn a_notice_that_a_stranger_passes_on_is_a_question_for_the_desk() {
    let Some((stack, club, notice)) = begin() else { return };
    let to = address(notice.header("Reply-To").unwrap());
    let token = notice.path_with("/r/").unwrap().replace("/r/", "");
    let forwarded = format!(
        "Bonjour, Benoît m’a transféré ceci. Qui doit payer?\n\n\
         ---------- Message transféré ---------\nDe : CIP <avis@cip.example.ca>\n\
         Date: lun. 2 nov. 2026 09:00\nObjet : Adhésion 2027\nÀ : <{HIM}>\n\n{}",
        notice.text
    );
    write(&stack, COLLEAGUE, "f1", to, "TR: Adhésion 2027", &forwarded);
    assert_eq!(club.came_to(1), ["to-desk:unverified"]);
    let question = letter(&stack, DESK, "Qui doit payer?");
    assert!(question.text.contains(COLLEAGUE), "who asks: {}", question.text);
    assert!(!question.raw().contains(&token), "no link of his: {}", question.raw());
    untouched(&club);

    // A plain word of hers is no answer of his: he is asked.
    write(&stack, COLLEAGUE, "f2", to, "Re: Adhésion 2027", "renouveler");
    write(&stack, COLLEAGUE, "f3", to, "Re: Adhésion 2027", "STOP");
    let all = ["asked-to-confirm", "asked-to-confirm", "to-desk:unverified"];
    assert_eq!(club.came_to(3), all);
    untouched(&club);
    let asked = letter(&stack, HIM, "Nous n’avons pas pu");
    assert!(asked.path_with("/c/").is_some(), "a link that confirms");
    assert_eq!(stack.maildir(COLLEAGUE).files().len(), 0, "she gets nothing of his");
}

#[test]
fn a_forwarded_notice_without_its_address_is_nobody_s() {
    let Some((stack, club, _)) = begin() else { return };
    let to = crate::support::mailstack::MAILBOX;
    let raw = format!(
        "From: {COLLEAGUE}\nTo: {to}\nSubject: renouveler\nMessage-ID: <x@club.test>\n\nrenouveler\n"
    );
    stack.send(Verdict::Pass, COLLEAGUE, to, raw.as_bytes()).unwrap();
    assert_eq!(club.came_to(1), ["to-desk:no-token"]);
    untouched(&club);
    letter(&stack, DESK, "renouveler");
    let kept = club.json(&["inbox", "list"]);
    assert_eq!(kept[0]["member_no"], serde_json::Value::Null);
}
