//! Somebody doubts a mail and forwards it to the verify address: whether it is ours is told, to
//! the address on file of the member whose mail it is, and never to a stranger. Nothing in such a
//! mail is a command.

use crate::support::club::{ALICE, BENOIT, Club, sent_to, taken};
use crate::support::mail::Mail;
use crate::support::relay::Relay;

const VERIFY: &str = "verify@reply.test";

fn open() -> (Relay, Club) {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("mail.reply_domain", "reply.test");
    let club = club.at_the_notice(&[ALICE, BENOIT]);
    (relay, club)
}

/// A mail to the verify address.
fn ask(id: &str, from: &str, header: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: {VERIFY}\nMessage-ID: <{id}@asks.test>\nSubject: Fwd: is this you?\n\
         MIME-Version: 1.0\n{header}\n{body}\n"
    )
}

fn outcome(club: &Club, id: &str, raw: &str) -> String {
    let before = club.query("SELECT count(*) FROM inbound")[0].parse::<usize>().unwrap();
    club.arrive(id, raw);
    club.wait_for("SELECT count(*) FROM inbound", &(before + 1).to_string());
    club.rest();
    club.query("SELECT outcome FROM inbound ORDER BY id DESC LIMIT 1")[0].trim_matches('"').into()
}

/// The notice quoted as mail programs do, with its marks.
fn quoted(notice: &Mail) -> String {
    let quote = notice.text.replace('\n', "\n> ");
    format!("Is this really you?\n\n---------- Forwarded message ---------\n> {quote}\n")
}

#[test]
fn ours_is_confirmed_to_the_address_on_file() {
    let (relay, club) = open();
    let notice = taken(&relay, "alice", "Here is your notice");
    let plain = "Content-Type: text/plain; charset=utf-8\n";

    // By the member.
    let raw = ask("one", "alice@club.test", plain, &quoted(&notice));
    assert_eq!(outcome(&club, "one", &raw), "verified:ours");
    let answer = taken(&relay, "alice", "We sent this mail:");
    assert!(answer.text.contains("To: a…@club.test"), "{}", answer.text);
    assert!(answer.text.contains("Monday, November\u{a0}2, 2026"), "{}", answer.text);
    assert!(answer.text.contains("membership 2027: renew by"), "{}", answer.text);
    assert!(answer.text.contains("Nous avons envoyé ce courriel"), "{}", answer.text);
    assert_eq!(answer.header("Auto-Submitted"), Some("auto-replied"));
    assert_eq!(answer.header("In-Reply-To"), Some("<one@asks.test>"));

    // By a stranger, with the mail attached: the member is told, the stranger is not.
    let attached = format!(
        "STOP\n\n--b\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n{}\n--b--\n",
        notice.raw().replace("\r\n", "\n")
    );
    let header = "Content-Type: multipart/mixed; boundary=b\n";
    let raw = ask("two", "boss@work.test", header, &format!("--b\n\n{attached}"));
    assert_eq!(outcome(&club, "two", &raw), "verified:ours");
    let told = |who: &str| {
        sent_to(&relay, who).iter().filter(|m| m.text.contains("We sent this mail:")).count()
    };
    assert_eq!((told("alice"), told("boss"), told("desk")), (2, 0, 0));
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"], "STOP is no command here");
    assert_eq!(club.query("SELECT DISTINCT state FROM renewal"), ["\"open\""]);
    assert_eq!(club.ledger(), "imported\nfired\nverified\nverified\n");
    assert_eq!(club.query("SELECT count(*) FROM inbound WHERE text <> '' OR sender <> ''"), ["0"]);
}

#[test]
fn what_is_not_ours_is_said_to_members_and_left_to_the_desk_for_strangers() {
    let (relay, club) = open();
    let plain = "Content-Type: text/plain; charset=utf-8\n";
    let bait =
        "> Renouvelez ici: https://renew-cip.test/r/AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR\n";
    let raw = ask("one", "benoit@club.test", plain, bait);
    assert_eq!(outcome(&club, "one", &raw), "verified:not-ours");
    let answer = taken(&relay, "benoit", "Nous n’y trouvons aucune de nos marques.");
    let (french, english) =
        (answer.text.find("N’utilisez pas ses liens"), answer.text.find("Do not use its links"));
    assert!(french.is_some() && french < english, "French first: {}", answer.text);

    let raw = ask("two", "somebody@work.test", plain, bait);
    assert_eq!(outcome(&club, "two", &raw), "to-desk:verify");
    assert!(sent_to(&relay, "somebody").is_empty());
    let note = taken(&relay, "desk", "is this you?");
    assert!(note.text.contains("somebody@work.test"), "{}", note.text);

    // Machines are not answered, and a person only so often.
    let auto = format!("{plain}Auto-Submitted: auto-generated\n");
    let raw = ask("three", "benoit@club.test", &auto, bait);
    assert!(outcome(&club, "three", &raw).starts_with("kept:"));
    for n in 0..8 {
        let id = format!("again-{n}");
        let raw = ask(&id, "benoit@club.test", plain, &format!("{n}\n{bait}"));
        assert_eq!(outcome(&club, &id, &raw), "verified:not-ours");
    }
    let told = sent_to(&relay, "benoit").len() - 1;
    assert_eq!(told, 5, "five answers a day");
}
