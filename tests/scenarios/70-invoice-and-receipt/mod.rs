//! Benoît renews by answering his notice and gets his invoice. A cheque comes in parts, then one too
//! many, and the second of them bounces; the desk records it all by command. Each mail and each list
//! says what is true then, to the cent, and the ledger holds.

use crate::support::club::{ALICE, BENOIT, Club, sent_to, taken};
use crate::support::letters::Letter;
use crate::support::relay::Relay;

const MX: &str = "mx.cip.example.ca";
const HIM: &str = "benoit@club.test";
const INVOICE: &str = "CIP-2027-00001";

/// Benoît has renewed by answering; his confirmation carries the invoice.
fn begin(relay: &Relay) -> Club {
    let club = Club::with_relay(relay).at_the_notice(&[ALICE, BENOIT]);
    let notice = relay.taken().into_iter().find(|mail| mail.to[0].contains("benoit")).unwrap();
    let letter = Letter::reply(&notice, MX, "renew-1", "renouveler");
    club.arrive("renew-1", &String::from_utf8(letter.bytes()).unwrap());
    club.came_to(1);
    club
}

fn payment(club: &Club, args: &[&str]) -> serde_json::Value {
    club.json(&[&["payment"], args].concat())
}

fn state(club: &Club, member: &str) -> String {
    let sql = format!(
        "SELECT r.state FROM renewal r JOIN person p ON p.id = r.person
         WHERE p.member_no = '{member}'"
    );
    club.query(&sql).join("").trim_matches('"').to_owned()
}

fn owed(club: &Club, number: &str) -> String {
    club.json(&["invoice", "show", number])["owed"].as_str().unwrap().to_owned()
}

fn tasks(club: &Club) -> String {
    club.query("SELECT kind FROM task WHERE closed_at IS NULL ORDER BY id")
        .join(" ")
        .replace('"', "")
}

/// No-break spaces are how money is written, not what this story is about.
fn text(relay: &Relay, words: &str) -> String {
    let mail = taken(relay, HIM, words);
    mail.text.replace('\u{a0}', " ").replace("\r\n", "\n")
}

/// Both languages, each line with its taxes and who collects them.
fn says_all_of_the_invoice(mail: &str) {
    for line in [
        "Facture CIP-2027-00001",
        "À payer au plus tard le 31 janvier 2027",
        "Au nom de : Benoît Roy",
        "Cotisation de l’ICU, membre à part entière\n    315,00 $",
        "Prime d’assurance responsabilité professionnelle (ARP)\n    185,00 $",
        "TPS 5 %, ICU (inscription 100000001 RT0001)\n    15,75 $",
        "TVQ 9,975 %, ICU (inscription 1000000001 TQ0001)\n    31,42 $",
        "Taxe sur les primes d’assurance 9 %\n    16,65 $",
        "Total\n    563,82 $",
        "n’est ni un reçu ni une preuve d’assurance",
        "Invoice CIP-2027-00001",
        "QST 9.975%, CIP (reg. 1000000001 TQ0001)\n    $31.42",
        "Total\n    $563.82",
    ] {
        let mail = mail.replace("\n    ", "\u{1}").replace('\n', " ").replace('\u{1}', "\n    ");
        assert!(mail.contains(line), "{line}\n{mail}");
    }
}

#[test]
fn paid_in_parts_too_much_and_bounced() {
    let relay = Relay::start();
    let club = begin(&relay);
    let mail = text(&relay, "vous renouvelez votre adhésion");
    says_all_of_the_invoice(&mail);
    assert_eq!((state(&club, "10002"), owed(&club, INVOICE)), ("pledged".into(), "563.82".into()));
    assert_eq!(tasks(&club), "expected-cheque");
    let shown = club.json(&["invoice", "show", INVOICE]);
    assert_eq!((&shown["due_on"], &shown["place"]), (&"2027-01-31".into(), &"QC".into()));

    // A part: the premium first, as the config says.
    let part = payment(&club, &["record", "250.00", "--invoice", INVOICE, "--reference", "117"]);
    assert_eq!((&part["new"], &part["waiting"]), (&true.into(), &"0.00".into()));
    club.rest();
    let receipt = text(&relay, "Voici votre reçu");
    assert!(receipt.contains("(ARP)\n    185,00 $"), "{receipt}");
    assert!(receipt.contains("Montant reçu\n    250,00 $"), "{receipt}");
    assert!(receipt.contains("Reste à payer : 313,82 $"), "{receipt}");
    assert_eq!((state(&club, "10002"), owed(&club, INVOICE)), ("pledged".into(), "313.82".into()));

    // The rest, and 10.00 more than that.
    let rest = payment(&club, &["record", "323.82", "--invoice", INVOICE]);
    assert_eq!(rest["waiting"], "10.00");
    club.rest();
    let receipt = text(&relay, "Votre facture est payée en entier");
    assert!(receipt.contains("Montant reçu en trop : 10,00 $"), "{receipt}");
    assert_eq!((state(&club, "10002"), tasks(&club)), ("paid".into(), "credit".into()));
    let waiting = club.json(&["payment", "list", "--waiting"]);
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["waiting"]), (1, &"10.00".into()));
    assert!(club.json(&["invoice", "list", "--open"]).as_array().unwrap().is_empty());

    // Once more by mistake: told apart from too much, and paid back.
    let twice = payment(&club, &["record", "563.82", "--invoice", INVOICE]);
    assert_eq!(
        (&twice["waiting"], tasks(&club)),
        (&"563.82".into(), "credit double-payment".into())
    );
    let number = twice["payment"].to_string();
    club.site.cli(&["payment", "refund", &number]).ok();
    assert_eq!(tasks(&club), "credit");

    // The second cheque bounces: what it paid is owed again, and he is told.
    let number = rest["payment"].to_string();
    let back = club.site.cli(&["payment", "bounce", &number, "--on", "2026-12-10"]);
    assert!(back.ok().contains("recorded"));
    club.rest();
    let mail = text(&relay, "nous a été retourné par la banque");
    assert!(mail.contains(INVOICE), "{mail}");
    assert_eq!((state(&club, "10002"), owed(&club, INVOICE)), ("pledged".into(), "313.82".into()));
    assert_eq!(tasks(&club), "expected-cheque", "no credit is left of it");
    let again = club.site.cli(&["payment", "bounce", &number]);
    assert_eq!(again.code(), 1);

    // He retired: the desk takes the invoice back; what he paid counts towards the new one.
    let list = club.list(&[ALICE, &BENOIT.replace("full,yes", "retired,no")]);
    club.site.cli(&["import", &list]).ok();
    let done = club.json(&["invoice", "credit", INVOICE, "--why", "situation", "--reissue"]);
    assert_eq!(
        (&done["credit_note"], &done["invoice"]),
        (&"CIP-2027-00002".into(), &"CIP-2027-00003".into())
    );
    club.rest();
    // 95.00 with 5 % and 9.975 %; 250.00 are there.
    let new = club.json(&["invoice", "show", "CIP-2027-00003"]);
    assert_eq!((&new["total"], &new["owed"]), (&"109.23".into(), &"0.00".into()));
    assert_eq!((state(&club, "10002"), tasks(&club)), ("paid".into(), "credit".into()));
    assert_eq!(club.json(&["payment", "list", "--waiting"])[0]["waiting"], "140.77");
    text(&relay, "Votre facture pour 2027 a changé");
    let receipts = sent_to(&relay, HIM).iter().filter(|m| m.text.contains("votre reçu")).count();
    assert_eq!(receipts, 3, "one for each time that money settled something");

    let told = club.site.cli(&["audit", "verify"]).ok();
    assert!(told.contains("holds") || told.contains("ok"), "{told}");
    assert!(!club.query("SELECT data FROM ledger").join("").contains("Benoît"));
}

#[test]
fn nothing_is_recorded_that_cannot_be_right() {
    let relay = Relay::start();
    let club = begin(&relay);
    let before = club.dump();
    for (args, why) in [
        (&["record", "5.00"][..], "say which association"),
        (&["record", "5.00", "--invoice", "CIP-2027-00009"], "no invoice"),
        (&["record", "0.00", "--invoice", INVOICE], "not above zero"),
        (&["record", "5", "--to", "OPPI", "--invoice", INVOICE], "no association"),
        (&["refund", "7"], "no payment 7"),
        (&["allocate", "7", "--invoice", INVOICE], "payment 7 is not here"),
    ] {
        let done = club.site.cli(&[&["payment"], args].concat());
        assert_eq!(done.code(), 1, "{args:?}");
        assert!(done.stderr.contains(why), "{args:?}: {}", done.stderr);
    }
    let bad = club.site.cli(&["payment", "record", "5,00", "--invoice", INVOICE]);
    assert!(bad.stderr.contains("like 962.55"), "{}", bad.stderr);
    assert_eq!(club.dump(), before);
}

#[test]
fn what_was_not_paid_by_its_day_is_told_once() {
    let relay = Relay::start();
    let club = begin(&relay);
    club.jump("2027-02-01T13:59:00Z");
    assert_eq!(tasks(&club), "expected-cheque");
    club.jump("2027-02-02T15:00:00Z");
    let mail = text(&relay, "dont voici une seconde copie");
    assert!(mail.contains(INVOICE), "{mail}");
    assert_eq!(tasks(&club), "expected-cheque overdue");
    assert_eq!(state(&club, "10002"), "pledged", "cover and renewal stay as they are");
    club.jump("2027-02-20T15:00:00Z");
    let copies = sent_to(&relay, HIM).iter().filter(|m| m.text.contains("seconde copie")).count();
    assert_eq!(copies, 1);
    club.site.cli(&["payment", "record", "563.82", "--invoice", INVOICE]).ok();
    assert_eq!((tasks(&club), state(&club, "10002")), (String::new(), "paid".into()));
}

#[test]
fn payments_of_another_system_come_in_once() {
    let relay = Relay::start();
    let club = begin(&relay);
    let file = club.site.dir().join("payments.csv");
    let rows = "external_id,association,member_no,amount,received_on,reverses\n\
                A-1,CIP,10001,555.75,2026-11-20,\n\
                A-2,CIP,10002,563.82,2026-11-20,\n\
                A-3,CIP,10002,563.82,2026-11-21,\n\
                A-4,CIP,10009,5.00,2026-11-21,\n\
                A-5,CIP,10002,five,2026-11-21,\n\
                A-6,CIP,10002,-563.82,2026-11-25,A-3\n";
    std::fs::write(&file, rows).unwrap();
    let file = file.display().to_string();
    let take = || club.site.cli(&["import", "payments", &file, "--json"]);
    let done = take();
    assert_eq!(done.code(), 1, "two rows are wrong");
    let told: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&told["new"], &told["known"]), (&4.into(), &0.into()));
    assert_eq!(told["refused"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(told["waiting"][0]["amount"], "563.82", "paid a second time");
    // Alice had not answered: whoever pays renews, on an invoice of that moment.
    assert_eq!((state(&club, "10001"), state(&club, "10002")), ("paid".into(), "paid".into()));
    assert_eq!(club.json(&["invoice", "show", "CIP-2027-00002"])["owed"], "0.00");
    assert_eq!(tasks(&club), "", "the second payment went back");
    let kept = || club.query("SELECT count(*) FROM ledger UNION ALL SELECT count(*) FROM payment");
    let before = kept();
    let again: serde_json::Value = serde_json::from_str(&take().stdout).unwrap();
    assert_eq!((&again["new"], &again["known"]), (&0.into(), &4.into()));
    assert_eq!(kept(), before);
}
