//! What a person newly wrote: any text and markup, and plain answers above any quote, which must
//! be read as what they are whatever is quoted below.
#![no_main]

use libfuzzer_sys::fuzz_target;
use relance::inbox::read::read;
use relance::inbox::reading::{Command, Kind};
use relance::inbox::{from_html, from_plain, new_text};
use relance_fuzz::reading;

const LINES_MAX: usize = 4000;

const ANSWERS: &[(&str, Option<Command>)] = &[
    ("Renouveler", Some(Command::Renew)),
    ("Please renew my membership", Some(Command::Renew)),
    ("Chèque", Some(Command::Cheque)),
    ("I have already paid", Some(Command::Paid)),
    ("Me désabonner svp", Some(Command::Stop)),
    ("Receipt please", Some(Command::Receipt)),
    ("Merci", None),
    ("I do not want to renew", None),
];
const LEADS: &[&str] = &[
    "",
    "Le lun. 2 nov. 2026 à 09:00, A B <a@b.test> a écrit :",
    "On Mon, Nov 2, 2026 at 9:00 AM A B <a@b.test> wrote:",
];

fuzz_target!(|octets: &[u8]| {
    let Some((&mode, rest)) = octets.split_first() else { return };
    match mode % 4 {
        0 => plain(&String::from_utf8_lossy(rest)),
        1 => html(&String::from_utf8_lossy(rest)),
        2 => bounded(&new_text(rest)),
        _ => quoted(usize::from(mode / 4), &String::from_utf8_lossy(rest)),
    }
});

/// New text is part of the text, in its order.
fn plain(text: &str) {
    let new = from_plain(text);
    bounded(&new);
    // Quoted-printable that no field declares is undone.
    if text.contains('=') {
        return;
    }
    let whole = letters(text);
    let mut rest = whole.as_str();
    for line in new.lines() {
        let line = letters(line);
        let Some(at) = rest.find(&line) else { panic!("not in the text: {line:?}") };
        rest = &rest[at + line.len()..];
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn html(text: &str) {
    bounded(&from_html(text));
}

fn bounded(new: &str) {
    assert!(new.lines().count() <= LINES_MAX);
    assert!(!new.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{new:?}");
    assert_eq!(new.trim_end_matches(['\n']), new, "no blank line at the end");
}

/// Quoted words never act, and never keep an answer from being read.
fn quoted(choice: usize, text: &str) {
    let (answer, command) = ANSWERS[choice % ANSWERS.len()];
    let lead = LEADS[choice / ANSWERS.len() % LEADS.len()];
    let mut quote = String::new();
    // `> offer <<<` is an ornament; a broken quoted-printable body is undone.
    let text = text.replace(['<', '='], " ");
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
        quote.push_str("> ");
        quote.push_str(line);
        quote.push('\n');
    }
    let mail = format!(
        "From: Jean Roy <jean@example.ca>\nTo: reply@reply.example.ca\n\
         Subject: Re: =?utf-8?Q?Adh=C3=A9sion?=\nIn-Reply-To: <x@reply.example.ca>\n\
         Content-Type: text/plain; charset=utf-8\n\n{answer}\n\n{lead}\n{quote}"
    );
    let read = read(mail.as_bytes(), false);
    reading::check(&read);
    assert_eq!(read.kind, Kind::Reply, "{mail}");
    let reply = read.reply.expect("a person's words");
    assert_eq!((reply.text.as_str(), reply.command), (answer, command), "{mail}");
}
