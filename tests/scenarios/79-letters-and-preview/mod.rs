//! Whom no mail reaches gets a letter with a code to type in; a desk looks at one mail before it
//! goes; and a whole season is played against a copy in which nobody real can be written to.

use std::collections::BTreeMap;

use crate::support::mail::Mail;
use crate::support::rehearsal::{COLUMNS, Rehearsal, START, list, rows};
use crate::support::relay::Relay;
use crate::support::{db, http};

/// The rows of a CSV file by column.
fn read(path: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("marked as UTF-8, for spreadsheets");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let row = |r: csv::StringRecord| {
        heads.iter().zip(r.iter()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    reader.records().map(|r| row(r.unwrap())).collect()
}

fn site() -> (Relay, Rehearsal) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let text = format!(
        "{COLUMNS},street,city,postal_code,country\n\
         1,Ann,One,m1@club.test,en,ON,CIP,full,yes,1 Main Street,Ottawa,K1A 0B1,CA\n\
         2,Zoë,Deux,,fr,QC,CIP,full,yes,2 rue de l’Exemple,Gatineau,J8X 1A1,CA\n\
         3,=1+1,Three,,en,NS,CIP,full,no,3 Third Avenue,Halifax,B3H 1A1,CA\n\
         4,Dee,Four,,en,ON,CIP,student,no,4 Fourth Street,Ottawa,K1A 0B1,CA\n"
    );
    let file = cip.file("members.csv", text);
    cip.cli(&["import", &file]).ok();
    (relay, cip)
}

#[test]
fn a_letter_goes_where_the_member_says_that_they_live() {
    let (relay, cip) = site();
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    let told = relay.taken().into_iter().find(|t| t.to[0] == "m1@club.test").unwrap();
    let link = Mail::read(&told.bytes).path_with("/r/").unwrap();
    let page = http::get(cip.site.web, &link).unwrap();
    let moved = [
        ("act", "correct"),
        ("street", "9 New Street"),
        ("city", "Kingston"),
        ("postal_code", "K7L 1A1"),
        ("proof", "K1A 0B1"),
    ];
    let fields = [&crate::support::club::hidden(&page.body)[..], &moved].concat();
    let saved = http::post_form(cip.site.web, &link, &fields).unwrap();
    assert_eq!(saved.status, 303, "{}", saved.body);
    cip.settle();
    // The list still has the old street, and their mail address no more.
    let text = format!(
        "{COLUMNS},street,city,postal_code,country\n\
         1,Anne,One,,en,ON,CIP,full,yes,1 Main Street,Ottawa,K1A 0B1,CA\n\
         2,Zoë,Deux,,fr,QC,CIP,full,yes,2 rue de l’Exemple,Gatineau,J8X 1A1,CA\n\
         3,=1+1,Three,,en,NS,CIP,full,no,3 Third Avenue,Halifax,B3H 1A1,CA\n\
         4,Dee,Four,,en,ON,CIP,student,no,4 Fourth Street,Ottawa,K1A 0B1,CA\n"
    );
    let file = cip.file("later.csv", text);
    cip.cli(&["import", &file]).ok();
    let out = cip.site.dir().join("letters.csv").display().to_string();
    cip.cli(&["letters", "notice", "--out", &out]).ok();
    let row = read(&out).into_iter().find(|row| row["member_no"] == "1").unwrap();
    assert_eq!((row["street"].as_str(), row["city"].as_str()), ("9 New Street", "Kingston"));
    assert_eq!(row["postal_code"], "K7L 1A1");
    assert_eq!(row["given_name"], "Anne", "the list's own corrections count too");
}

#[test]
fn letters_to_whom_no_mail_reaches() {
    let (_relay, cip) = site();
    let _daemon = cip.start(START);
    let out = cip.site.dir().join("letters.csv").display().to_string();
    let said = cip.cli(&["letters", "notice", "--out", &out]).ok();
    assert!(said.contains("3 letters"), "{said}");
    let rows = read(&out);
    assert_eq!(rows.len(), 3);
    let two = &rows[0];
    assert_eq!(two["member_no"], "2");
    assert_eq!(two["language"], "fr");
    assert_eq!(two["city"], "Gatineau");
    assert_eq!(two["deadline"], "31\u{a0}décembre\u{a0}2026".replace("\u{a0}2026", " 2026"));
    assert_eq!(two["deadline_date"], "2026-12-31");
    assert!(two["amount"].ends_with("\u{a0}$"), "{}", two["amount"]);
    assert_eq!(two["why"], "no-address");
    let code = &two["code"];
    assert_eq!(code.len(), 11, "{code}");
    assert!(code.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric()), "{code}");
    assert!(!code.contains(['I', 'L', 'O', 'U']), "{code}");
    assert_eq!(rows[1]["given_name"], "'=1+1", "no cell is a formula");
    let codes: std::collections::BTreeSet<_> = rows.iter().map(|r| &r["code"]).collect();
    assert_eq!(codes.len(), 3);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "people's data");

    // The same code for the whole season; the last call is for the insured.
    cip.cli(&["letters", "last-call", "--issuer", "CIP", "--out", &out]).ok();
    let last: Vec<_> = read(&out);
    assert_eq!(last.len(), 1);
    assert_eq!(last[0]["code"], *code);
    let none = cip.cli(&["letters", "reminder-9", "--out", &out]);
    assert_eq!(none.code(), 1);
    assert!(none.stderr.contains("there are lapse, last-call"), "{}", none.stderr);

    // Nobody lapsed yet; then all three have, and their letters say until when they can come back.
    cip.cli(&["letters", "lapse", "--out", &out]).ok();
    assert_eq!(read(&out).len(), 0);
    cip.jump("2026-11-02T14:00:00Z");
    cip.jump("2027-04-01T13:00:00Z");
    cip.cli(&["letters", "lapse", "--out", &out]).ok();
    let lapsed = read(&out);
    assert_eq!(lapsed.len(), 3);
    assert_eq!(lapsed[0]["deadline_date"], "2027-06-30");
}

#[test]
fn one_mail_is_shown_and_nothing_is_written() {
    let (relay, cip) = site();
    let daemon = cip.start(START);
    cip.settle();
    let before = db::dump(&cip.store());
    let text = cip.cli(&["preview", "1", "notice"]).ok();
    assert!(text.starts_with("CIP membership 2027"), "{text}");
    assert!(text.contains("Hello Ann One,") && text.contains("Bonjour Ann One,"), "{text}");
    let html = cip.cli(&["preview", "1", "reminder-1", "--html"]).ok();
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    let eml = cip.cli(&["preview", "1", "lapse", "--eml"]).ok();
    let mail = Mail::read(eml.as_bytes());
    assert!(mail.subject.contains("has lapsed"), "{}", mail.subject);
    // Made with keys that are nobody's: the page calls each link damaged.
    for link in [mail.path_with("/r/").unwrap(), mail.path_with("/u/").unwrap()] {
        let answer = http::get(cip.site.web, &link).unwrap();
        assert_eq!(answer.status, 404, "{link}: {}", answer.body);
    }
    let nobody = cip.cli(&["preview", "2", "notice"]);
    assert_eq!(nobody.code(), 0);
    assert!(nobody.stderr.contains("would not get it: no-address"), "{}", nobody.stderr);
    assert!(nobody.stdout.contains("Bonjour Zoë Deux,"), "{}", nobody.stdout);
    for (args, why) in [
        (&["preview", "99", "notice"][..], "no such member"),
        (&["preview", "1", "reminder-9"], "no association that bills"),
    ] {
        let done = cip.cli(args);
        assert_eq!(done.code(), 1);
        assert!(done.stderr.contains(why), "{}", done.stderr);
    }
    assert_eq!(db::dump(&cip.store()), before);
    assert_eq!(relay.taken().len(), 0);
    drop(daemon);
}

#[test]
fn a_season_is_played_against_a_copy() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    // Addresses that could be real: the copy has none of them.
    let real: Vec<String> = rows(1, 200, "CIP")
        .into_iter()
        .map(|row| row.replace("@club.test", "@members-of-the-club.ca"))
        .collect();
    let file = cip.file("members.csv", list(&real));
    cip.cli(&["import", &file]).ok();
    let before = db::dump(&cip.store());
    let behaviour = cip.file(
        "behaviour.toml",
        "seed = 3\n[shares]\ninvoice = 40\nreply = 10\nnot_renewing = 10\nbounce = 5\n",
    );
    let out = cip.site.dir().join("played").display().to_string();
    let played =
        cip.json(&["simulate", "--season", "2027", "--behaviour", &behaviour, "--out", &out]);
    assert_eq!(played["unsettled"], 0, "{played:#}");
    let row = &played["associations"][0];
    let number = |map: &str, key: &str| row[map][key].as_i64().unwrap_or(0);
    assert_eq!(number("sent", "notice"), 200);
    let (reminders, pledged) = (number("sent", "reminder"), number("renewals", "pledged"));
    assert!((80..160).contains(&reminders), "{played:#}");
    assert!((70..130).contains(&pledged), "{played:#}");
    assert!((5..40).contains(&number("renewals", "not-renewing")), "{played:#}");
    assert!((2..25).contains(&row["bounced"].as_i64().unwrap()), "{played:#}");
    let states: i64 =
        row["renewals"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum();
    assert_eq!(states, 200, "everybody stands somewhere");
    assert_eq!(number("renewals", "open"), 0, "who did nothing lapsed");
    // A bounced address is written to no more, and lapses all the same.
    assert!(number("sent", "lapse") < number("renewals", "lapsed"), "{played:#}");

    let mails: i64 = row["sent"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum();
    let files: Vec<_> = std::fs::read_dir(format!("{out}/new")).unwrap().flatten().collect();
    assert_eq!(i64::try_from(files.len()).unwrap(), mails);
    for file in &files {
        let raw = std::fs::read_to_string(file.path()).unwrap();
        assert!(!raw.contains("members-of-the-club.ca"), "{}", file.path().display());
    }
    assert_eq!(db::dump(&cip.store()), before, "the store itself is not touched");
    assert_eq!(relay.taken().len(), 0);

    let again = format!("{out}-again");
    let twice =
        cip.json(&["simulate", "--season", "2027", "--behaviour", &behaviour, "--out", &again]);
    assert_eq!(twice["associations"], played["associations"], "the same people do the same");
    let there =
        cip.cli(&["simulate", "--season", "2027", "--behaviour", &behaviour, "--out", &out]);
    assert_eq!(there.code(), 1, "it writes over nothing");
    let other = cip.cli(&["simulate", "--season", "2028", "--behaviour", &behaviour, "--out", "x"]);
    assert!(other.stderr.contains("the config's season is 2027"), "{}", other.stderr);
}
