//! Benoît is away, and his mail server says so to our notice. Nothing is done and nobody is
//! answered; until when he is away is kept, for who looks after his renewal.

use crate::support::club::{BENOIT, Club, SOON, address};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, Options, Verdict};

const HIM: &str = "benoit@club.test";
/// What must not change.
const STATE: &str = "SELECT r.state || ' ' || r.version || ' ' || (SELECT count(*) FROM message)
    || ' ' || (SELECT count(*) FROM ledger) || ' ' || (SELECT count(*) FROM address)
    FROM renewal r";

fn note(id: &str, to: &str, header: &str, text: &str) -> String {
    format!(
        "From: Benoît Roy <{HIM}>\nTo: {to}\nMessage-ID: <{id}@club.test>\n{header}\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

#[test]
fn it_changes_nothing_and_its_return_date_is_on_the_record() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[BENOIT]);
    let notice = Mail::read(&stack.maildir(HIM).wait_for("X-Relance-Loop", SOON));
    let before = club.query(STATE);
    let envelope = notice.header("Return-Path").unwrap().trim_matches(['<', '>']).to_owned();
    let reply_to = address(notice.header("Reply-To").unwrap()).to_owned();
    let answers = format!("In-Reply-To: {}", notice.header("Message-ID").unwrap());

    // As Sieve does it (RFC 5230): to the sender of the envelope, said to be automatic.
    let sieve = note(
        "a1",
        &envelope,
        &format!("Subject: Absence du bureau\nAuto-Submitted: auto-replied\n{answers}"),
        "Bonjour,\n\nJe suis absent du bureau. Je serai de retour le 16 novembre 2026.\n\
         Pour toute urgence, écrivez à ma collègue.",
    );
    stack.send(Verdict::Pass, "", &envelope, sieve.as_bytes()).unwrap();
    assert_eq!(club.came_to(1), ["kept:auto-reply"]);
    // As others do it: to Reply-To, with words that would be an act from a person.
    let exchange = note(
        "a2",
        &reply_to,
        &format!("Subject: Réponse automatique : Adhésion 2027\n{answers}"),
        "Je suis absent jusqu’au 15 décembre inclusivement. Veuillez communiquer avec le \
         secrétariat pour renouveler.",
    );
    stack.send(Verdict::Pass, HIM, &reply_to, exchange.as_bytes()).unwrap();
    assert_eq!(club.came_to(2), ["kept:auto-reply"; 2]);

    assert_eq!(club.query(STATE), before);
    assert_eq!(stack.maildir("desk@club.test").files().len(), 0);
    assert_eq!(stack.maildir(HIM).files().len(), 1, "the notice");
    assert_eq!(club.metered("autoreply", "kept:auto-reply").as_deref(), Some("2"));

    let kept = club.json(&["inbox", "list"]);
    assert_eq!(kept.as_array().unwrap().len(), 2);
    for (mail, back_on) in [(&kept[0], "16 novembre 2026"), (&kept[1], "15 décembre")] {
        assert_eq!(mail["kind"], "autoreply");
        assert_eq!(mail["outcome"], "kept:auto-reply");
        assert_eq!(mail["member_no"], "10002");
        assert_eq!(mail["back_on"], back_on);
        assert!(mail.get("text").is_none(), "{mail}");
    }
    let listed = club.site.cli(&["inbox", "list", "--limit", "1"]).ok();
    assert_eq!(listed.lines().count(), 1);
    assert!(listed.contains("10002  back on 15 décembre"), "{listed}");
    assert!(!club.dump().contains("ma collègue"), "of the note nothing else is kept");

    club.jump("2026-12-08T15:00:00Z");
    assert_eq!(club.messages(), "10002 notice sent\n10002 reminder sent\n");
}
