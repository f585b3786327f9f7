//! Benoît answers his notice instead of opening its link. What a plain word says is done at once
//! where our own mail server vouches for him, and after a confirmation where it does not.
//! Everything else is read by the desk, whose answer reaches him through us.

use crate::support::club::{BENOIT, Club, SOON, address, letter};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MAILBOX, MailStack, Options, Verdict};

const HIM: &str = "benoit@club.test";
const DESK: &str = "desk@club.test";
/// What a renewal by mail is answered with.
const RENEWED: &str = "vous renouvelez votre adhésion";

struct Story {
    stack: MailStack,
    club: Club,
    notice: Mail,
}

/// Benoît's notice lies in his mailbox.
fn begin() -> Option<Story> {
    let stack = mailstack::start_or_skip(&Options::default())?;
    let club = Club::with_servers(&stack).at_the_notice(&[BENOIT]);
    let notice = Mail::read(&stack.maildir(HIM).wait_for("X-Relance-Loop", SOON));
    assert!(notice.subject.starts_with("Adhésion 2027"), "{}", notice.subject);
    Some(Story { stack, club, notice })
}

impl Story {
    /// Answers a mail as a mail program does: above the quoted original, to its Reply-To.
    fn answer(&self, verdict: Verdict, from: &str, to: &Mail, words: &str) -> String {
        let id = format!("<answer-{}@club.test>", self.stack.maildir(MAILBOX).files().len());
        let reply_to = address(to.header("Reply-To").expect("an address for answers"));
        let quoted = to.text.replace('\n', "\n> ");
        let raw = format!(
            "From: {from}\nTo: {reply_to}\nSubject: Re: avis\nMessage-ID: {id}\n\
             In-Reply-To: {}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\n{words}\n\nLe 2 novembre 2026, l’ICU a écrit :\n\
             > {quoted}\n",
            to.header("Message-ID").expect("every mail has an id"),
        );
        self.stack.send(verdict, from, reply_to, raw.as_bytes()).unwrap();
        id
    }

    fn outcome(&self, outcome: &str) {
        let sql = format!("SELECT count(*) FROM inbound WHERE outcome = '{outcome}'");
        self.club.wait_for(&sql, "1");
        self.club.rest();
    }

    fn renewal(&self) -> String {
        self.club.query("SELECT state FROM renewal").join("").trim_matches('"').to_owned()
    }
}

#[test]
fn renouveler_renews_and_is_confirmed_in_french_in_the_same_thread() {
    let Some(story) = begin() else { return };
    let id = story.answer(Verdict::Pass, HIM, &story.notice, "RENOUVELER");
    story.outcome("answered:invoice");
    assert_eq!(story.renewal(), "pledged");

    let confirmation = letter(&story.stack, HIM, RENEWED);
    assert!(
        confirmation.subject.contains("Il reste une étape")
            && confirmation.subject.contains("One step is left"),
        "{}",
        confirmation.subject
    );
    assert_eq!(confirmation.header("In-Reply-To"), Some(id.as_str()));
    let (french, english) = (
        confirmation.text.find(RENEWED).unwrap(),
        confirmation.text.find("you renew your membership").unwrap(),
    );
    assert!(french < english, "his language comes first");
    // The confirmation shows how to take it back.
    let link = confirmation.path_with("/r/").expect("a link to undo");
    assert_eq!(story.club.submit(&link, &[("act", "undo")]).status, 303);
    assert_eq!(story.renewal(), "open");
}

#[test]
fn without_our_servers_word_the_address_on_file_is_asked_first() {
    for (verdict, from) in
        [(Verdict::Fail, HIM), (Verdict::Silent, HIM), (Verdict::Pass, "alice@club.test")]
    {
        let Some(story) = begin() else { return };
        story.answer(verdict, from, &story.notice, "RENOUVELER");
        story.outcome("asked-to-confirm");
        assert_eq!(story.renewal(), "open", "{verdict:?} {from}: nothing is done yet");

        let asked = letter(&story.stack, HIM, "Nous n’avons pas pu");
        let link = asked.path_with("/c/").expect("a link that confirms");
        let before = story.club.dump();
        assert!(story.club.get(&link).body.contains("Confirmer"));
        assert_eq!(story.club.dump(), before);
        assert_eq!(story.club.submit(&link, &[("act", "confirm")]).status, 303);
        assert_eq!(story.renewal(), "pledged", "{verdict:?} {from}");
        letter(&story.stack, HIM, RENEWED);
        assert_eq!(story.stack.maildir("alice@club.test").files().len(), 0);
    }
}

#[test]
fn what_is_no_command_goes_to_the_desk_whose_answer_comes_back_through_us() {
    let Some(story) = begin() else { return };
    let no = story.answer(Verdict::Pass, HIM, &story.notice, "Je ne veux pas renouveler.");
    story.outcome("to-desk:question");
    assert_eq!(story.renewal(), "open", "a sentence is for a person");

    let forward = letter(&story.stack, DESK, "Je ne veux pas renouveler.");
    assert!(forward.subject.contains("10002"), "{}", forward.subject);
    let token = story.notice.path_with("/r/").unwrap().replace("/r/", "");
    assert!(!forward.raw().contains(&token), "no link of his in the desk's mail");
    assert!(!forward.text.contains("https://renew"), "{}", forward.text);
    assert_eq!(story.stack.maildir(DESK).files().len(), 1, "once");

    story.answer(Verdict::Pass, DESK, &forward, "Bonjour, c’est noté, nous vous appelons.");
    story.outcome("desk-answer");
    let answer = letter(&story.stack, HIM, "c’est noté, nous vous appelons");
    assert_eq!(answer.header("In-Reply-To"), Some(no.as_str()));
    for name in ["From", "Reply-To", "Sender", "Cc"] {
        let field = answer.header(name).unwrap_or_default();
        assert!(!field.contains(DESK), "he writes back to us, not past us: {name} {field}");
    }

    // And round again: his next question answers the desk's answer.
    story.answer(Verdict::Pass, HIM, &answer, "Merci. Et le reçu, quand vient-il?");
    letter(&story.stack, DESK, "quand vient-il");
    story.club.rest();
    insta::assert_snapshot!(story.club.messages(), @"
    10002 notice sent
    10002 forward sent
    10002 desk-answer sent
    10002 forward sent
    ");
    insta::assert_snapshot!(story.club.ledger(), @"
    imported
    fired
    forwarded
    desk-answered
    forwarded
    ");
}

#[test]
fn his_link_in_a_question_is_taken_out_of_what_the_desk_reads() {
    let Some(story) = begin() else { return };
    let link = story.notice.text_links().into_iter().find(|l| l.contains("/r/")).unwrap();
    let words = format!("Ce lien ne marche pas : {link} Que faire?");
    story.answer(Verdict::Fail, HIM, &story.notice, &words);
    story.outcome("to-desk:unverified");
    let forward = letter(&story.stack, DESK, "Ce lien ne marche pas");
    let token = link.rsplit('/').next().unwrap();
    assert!(!forward.raw().contains(token), "{}", forward.text);
    let kept = story.club.query("SELECT text FROM inbound WHERE outcome LIKE 'to-desk%'");
    assert!(!kept.join("").contains(token), "{kept:?}");
}

#[test]
fn a_desk_that_cannot_prove_itself_is_not_passed_on() {
    let Some(story) = begin() else { return };
    story.answer(Verdict::Pass, HIM, &story.notice, "Mon employeur paie-t-il encore?");
    let forward = letter(&story.stack, DESK, "Mon employeur");
    let before = story.stack.maildir(HIM).files().len();
    story.answer(Verdict::Fail, DESK, &forward, "Envoyez votre carte de crédit à ...");
    story.outcome("to-desk:unverified");
    assert_eq!(story.stack.maildir(HIM).files().len(), before);
}
