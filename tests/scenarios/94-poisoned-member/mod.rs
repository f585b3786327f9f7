//! A member whose every field, and whose every answer, was written to do harm: no header is split,
//! no template evaluated, no element begun, no cell of a sheet reckoned, no terminal commanded,
//! in mail, page, invoice, digest, desk's page, list and export. Beside them somebody harmless
//! of the same shape, whose mails and pages must have the same elements.

use crate::support::club::{Club, hidden, sent_to};
use crate::support::http::{self, Answer};
use crate::support::mail::Mail;
use crate::support::markup::skeleton;
use crate::support::relay::Relay;

/// What stands in every text field that a member list may have.
const POISON: &str = "=1;=2{{7*7}}{% if x %}<script>x</script>\"><img src=x>${7*7}&lt;";
/// What no field of a list may have, with what says why.
const REFUSED: [(&str, &str); 8] = [
    ("\"a\r\nBcc: x@evil.test\"", "U+000A"),
    ("a\u{e001}b", "U+E001"),
    ("a\u{2028}b", "U+2028"),
    ("a\u{202e}b", "U+202E"),
    ("a\u{2066}b", "U+2066"),
    ("a\u{0}b", "U+0000"),
    ("a\u{1b}[2Jb", "U+001B"),
    ("a\u{9b}b", "U+009B"),
];
/// What anybody may type into a page's fields, or write in a mail.
const TYPED: [&str; 12] = [
    POISON,
    "a\r\nBcc: victim@evil.test\r\n\r\nbody",
    "a\u{2028}b\u{2029}c\u{85}d",
    "\u{202e}evil\u{2066}",
    "a\u{0}b\u{1b}[2J\u{9b}31m\u{7f}",
    "{{ get_env(name=\"HOME\") }}{% include \"page/layout.html\" %}{# #}",
    "{ $link } { -brand }",
    "</textarea></form><form action=https://evil.test><input name=proof>",
    "\" autofocus onfocus=alert(1) x=\"",
    "'); DROP TABLE person;--",
    "javascript:alert(1)",
    "\u{e001}\u{e002}\u{e003}\u{e004}",
];
const FIELDS: [&str; 12] = [
    "reason",
    "note",
    "employer_name",
    "employer_email",
    "purchase_order",
    "email",
    "phone",
    "street",
    "city",
    "postal_code",
    "proof",
    "remind_on",
];
const HEAD: &str = "member_no,given_name,family_name,email,language,province,association,category,pli,\
    phone,street,city,postal_code,employer\n";

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn list(rows: &[String]) -> String {
    format!("{HEAD}{}\n", rows.join("\n"))
}

/// A row with that text in every free field.
fn row(number: &str, email: &str, text: &str) -> String {
    let cell = quoted(text);
    format!("{number},{cell},{cell},{email},en,ON,CIP,full,yes,{cell},{cell},{cell},K1A 0B1,{cell}")
}

fn import(club: &Club, rows: &[String]) -> String {
    let file = club.site.dir().join("members.csv");
    std::fs::write(&file, list(rows)).unwrap();
    let done = club.site.cli(&["import", file.to_str().unwrap()]);
    format!("{}{}", done.stdout, done.stderr)
}

/// Every element is ours, and what was typed stands as it was typed.
fn sound(what: &str, html: &str) -> Vec<String> {
    assert!(!html.contains("{{49}}") && !html.contains(">49<"), "{what}: {html}");
    skeleton(html).unwrap_or_else(|why| panic!("{what}: {why}\n{html}"))
}

/// Names of a mail's header fields, in order.
fn names(mail: &Mail) -> Vec<&str> {
    let head = mail.raw().split("\r\n\r\n").next().unwrap();
    let fields = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    fields.map(|line| line.split(':').next().unwrap()).collect()
}

fn sound_mail(what: &str, mail: &Mail) {
    for name in names(mail) {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        assert!(plain && name != "Bcc" && name != "Cc", "{what}: {name}");
    }
    assert!(mail.raw().is_ascii() && !mail.raw().contains('\0'), "{what}");
    assert!(!mail.text.contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{what}: {}", mail.text);
    if !mail.html.is_empty() {
        sound(what, &mail.html);
    }
}

/// Nothing in it is a formula, wherever a spreadsheet parts its cells.
fn sound_sheet(what: &str, text: &str) {
    for separator in [b',', b';'] {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(separator).has_headers(false).flexible(true);
        for record in reader.from_reader(text.as_bytes()).records() {
            for cell in &record.unwrap() {
                let first = cell.trim_start_matches(['\u{feff}', ' ', '"']);
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !first.starts_with(['=', '+', '-', '@']), "{what}: {cell:?}");
            }
        }
    }
}

fn begin() -> (Relay, Club) {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.site.config.set("web.client_requests_per_minute", 100_000);
    club.site.config.set("web.token_requests_per_minute", 100_000);
    club.site.config.digest("CIP", "30 7 * * *");
    let said = import(
        &club,
        &[
            row("10001", "poison@club.test", POISON),
            row("10002", "plain@club.test", "Harmless"),
            row("10003", "", POISON),
        ],
    );
    assert!(said.contains("3 "), "{said}");
    club.start("2026-11-02T08:00:00-05:00");
    club.next();
    (relay, club)
}

fn notice(relay: &Relay, who: &str) -> Mail {
    sent_to(relay, who).into_iter().next().expect("a notice")
}

fn post(club: &Club, link: &str, fields: &[(&str, &str)]) -> Answer {
    let page = club.get(link).body;
    let hidden: Vec<(&str, &str)> =
        hidden(&page).into_iter().filter(|(n, _)| fields.iter().all(|(f, _)| f != n)).collect();
    http::post_form(club.site.web, link, &[&hidden[..], fields].concat()).unwrap()
}

#[test]
fn a_list_of_harm_is_refused_and_the_refusals_are_harmless() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    let long = "x".repeat(64 * 1024);
    let rows = REFUSED.iter().map(|(text, _)| *text).chain([long.as_str()]).enumerate();
    let rows: Vec<String> = rows
        .map(|(n, text)| format!("{n},=1;@SUM(A1),{text},a@club.test,en,ON,CIP,full,yes,,,,,"))
        .collect();
    let said = import(&club, &rows);
    for (_, why) in REFUSED {
        assert!(said.contains(why), "{why}: {said}");
    }
    let terminal = |c: char| c.is_control() && c != '\n';
    assert!(!said.contains(terminal) && !said.contains('\u{202e}'), "{said:?}");
    let rejects = std::fs::read_to_string(club.site.dir().join("members.rejects.csv")).unwrap();
    sound_sheet("rejects", &rejects);
    assert_eq!(club.query("SELECT count(*) FROM person"), ["0"]);
}

#[test]
fn what_a_list_says_is_shown_and_never_obeyed() {
    let (relay, club) = begin();
    let (poisoned, plain) = (notice(&relay, "poison"), notice(&relay, "plain"));
    sound_mail("notice", &poisoned);
    assert_eq!(names(&poisoned), names(&plain));
    assert_eq!(sound("notice", &poisoned.html), sound("notice", &plain.html));
    assert!(poisoned.text.contains("{{7*7}}{% if x %}<script>"), "{}", poisoned.text);

    let (link, other) = (poisoned.path_with("/r/").unwrap(), plain.path_with("/r/").unwrap());
    assert_eq!(sound("page", &club.get(&link).body), sound("page", &club.get(&other).body));

    // Somebody pays for them, by whose name and order number no header is split either.
    let employer = [("choice", "invoice"), ("employer_email", "employer@club.test")];
    let order = format!("PO{POISON}\r\nBcc: x@evil.test");
    let text = [("employer_name", POISON), ("purchase_order", order.as_str())];
    let done = post(&club, &link, &[&employer[..], &text].concat());
    assert_eq!(done.status, 303, "{}", done.body);
    let text = [("employer_name", "Town"), ("purchase_order", "PO Bcc: x@evil.test")];
    // Somebody else: who pays for two is told of both.
    let town = [("choice", "invoice"), ("employer_email", "town@club.test")];
    assert_eq!(post(&club, &other, &[&town[..], &text].concat()).status, 303);
    club.rest();
    assert_eq!(sound("done", &club.get(&link).body), sound("done", &club.get(&other).body));
    let invoices = ["employer@club.test", "town@club.test"].map(|to| sent_to(&relay, to)).concat();
    assert_eq!(invoices.len(), 2);
    for mail in &invoices {
        sound_mail("invoice by mail", mail);
    }
    assert_eq!(names(&invoices[0]), names(&invoices[1]));
    assert_eq!(sound("invoice", &invoices[0].html), sound("invoice", &invoices[1].html));
    let pages = invoices.iter().map(|mail| club.get(&mail.path_with("/i/").unwrap()).body);
    let shapes: Vec<_> = pages.map(|page| sound("invoice's page", &page)).collect();
    assert_eq!(shapes[0], shapes[1]);

    // A desk reads of it, records money, and writes lists of it.
    club.jump("2026-11-04T14:00:00Z");
    for mail in sent_to(&relay, "desk@club.test") {
        sound_mail("digest", &mail);
    }
    let pay = ["payment", "record", "100.00", "--to", "CIP", "--member", "10001"];
    club.site.cli(&[&pay[..], &["--on", "2026-11-04", "--note", POISON]].concat());
    sheets(&club);
    commands(&club);
}

/// Every sheet that a command writes.
fn sheets(club: &Club) {
    club.site.cli(&["suppression", "add", "=1+1@club.test", "--reason", POISON]);
    let letters = club.site.dir().join("letters.csv");
    club.site.cli(&["letters", "notice", "--out", letters.to_str().unwrap()]).ok();
    let letters = std::fs::read_to_string(letters).unwrap();
    assert!(letters.contains("'=1;'=2{{7*7}}"), "{letters}");
    sound_sheet("letters", &letters);
    let exported = club.site.cli(&["export", "--since", "0"]).ok();
    sound_sheet("export", &exported);
    let covered = club.site.cli(&["insurance", "list", "--csv"]).ok();
    assert!(covered.contains("'=1;'=2{{7*7}}"), "{covered}");
    sound_sheet("insurance", &covered);
    let batch = club.site.cli(&["remit", "--from", "CIP", "--to", "insurer", "--csv"]);
    sound_sheet("remittance", &batch.stdout);
    sound_sheet("suppressions", &club.site.cli(&["suppression", "export"]).ok());
}

/// No command tells a terminal what to do.
fn commands(club: &Club) {
    for args in [
        &["member", "show", "10001"][..],
        &["member", "timeline", "10001"],
        &["member", "export", "10001"],
        &["outbox", "list"],
        &["inbox", "list"],
        &["inbox", "list", "--json"],
        &["invoice", "list"],
        &["insurance", "list"],
        &["suppression", "list"],
        &["preview", "10001", "notice"],
        &["forecast"],
    ] {
        let done = club.site.cli(args);
        for told in [done.stdout, done.stderr] {
            let obeyed = told.find(|c: char| {
                (c.is_control() && c != '\n' && c != '\t')
                    || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(obeyed, None, "{args:?}: {told:?}");
        }
    }
}

#[test]
fn what_is_typed_is_shown_and_never_obeyed() {
    let (relay, club) = begin();
    let link = notice(&relay, "poison").path_with("/r/").unwrap();
    let long = "\u{1b}<b>".repeat(3000);
    for text in TYPED.into_iter().chain([long.as_str()]) {
        for field in FIELDS {
            for (act, choice) in [("correct", ""), ("", "not-renewing"), ("", "situation")] {
                let fields = [("act", act), ("choice", choice), (field, text)];
                let fields = [&fields[..], &[("situation", "other")]].concat();
                let got = post(&club, &link, &fields);
                assert!(matches!(got.status, 303 | 400 | 413), "{field}: {} {text:?}", got.status);
                sound(field, &got.body);
            }
        }
        // Hidden fields are anybody's, too: the other answer that is shown to be confirmed.
        let forged = format!("q-{text}");
        let fields =
            [("choice", "invoice"), ("version", "-7"), ("quote", text), (forged.as_str(), text)];
        sound("conflict", &post(&club, &link, &fields).body);
        // The public door, the language, the path.
        let front = [("number", text), ("code", text), ("postal", text)];
        sound("front", &club.post("/", &front).body);
    }
    for target in ["/?lang=%22%3E%3Cscript%3E", "/%3Cscript%3E", "/r/%0d%0aSet-Cookie:%20a=b"] {
        let got = club.get(target);
        sound(target, &got.body);
        assert!(got.header("set-cookie").is_none() && !got.body.contains("<script"), "{target}");
    }
}

#[test]
fn what_is_mailed_is_passed_on_and_never_obeyed() {
    let (relay, club) = begin();
    let to = notice(&relay, "poison").header("Reply-To").unwrap().to_owned();
    for (n, text) in TYPED.iter().enumerate() {
        let encoded = data_encoding::BASE64.encode(text.as_bytes());
        let raw = format!(
            "From: =?utf-8?B?{encoded}?= <poison@club.test>\nTo: {to}\n\
             Subject: =?utf-8?B?{encoded}?=\nMessage-ID: <typed-{n}@club.test>\n\
             Authentication-Results: mx.cip.example.ca; dmarc=pass header.from=club.test\n\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: base64\n\n{}\n",
            data_encoding::BASE64.encode(format!("A question: {text}?\n").as_bytes())
        );
        club.arrive(&format!("typed-{n}"), &raw);
    }
    club.came_to(TYPED.len());
    club.jump("2026-11-04T14:00:00Z");
    let desk = sent_to(&relay, "desk@club.test");
    assert!(desk.len() > 3, "{}", desk.len());
    for mail in &desk {
        sound_mail("to the desk", mail);
    }
    for mail in sent_to(&relay, "poison") {
        sound_mail("to the member", &mail);
    }
    commands(&club);
    // The desk's own page, with what a name there may be.
    let door = club.site.cli(&["link", "desk", "--issuer", "CIP"]).ok();
    let door = format!("/d/{}", door.trim().split_once("/d/").unwrap().1);
    for text in TYPED {
        let fields = [("staff", text), ("channel", "phone"), ("wanted", "invoice"), ("note", text)];
        for member in ["10001", "10002"] {
            let page = club.get(&format!("{door}?member={member}"));
            sound("desk's page", &page.body);
            let fields = [&hidden(&page.body)[..], &fields].concat();
            sound("desk's page", &club.post(&door, &fields).body);
        }
    }
    commands(&club);
}
