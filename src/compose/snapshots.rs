//! Whole mails and pages as they go out, decoded, for people to read in review; and the
//! properties that each of them must have.

use mail_parser::MessageParser;

use super::sample::Sample;
use super::*;

/// Kinds kept as snapshots: one of each template. The lint renders the rest.
const KEPT: &[&str] = &[
    "notice",
    "reminder",
    "last-call",
    "lapse",
    "payment-reminder",
    "confirmation-renewed-by-invoice",
    "confirmation-undone",
    "invoice-second-copy",
    "receipt-cheque",
    "receipt-card",
    "fresh-link",
    "confirm-request-not-renewing",
    "forward-question",
    "desk-note-address-suspended",
    "desk-note-firing-held",
    "desk-note-desk-unreached",
    "desk-answer",
    "digest",
    "verify-answer-ours",
    "confirmation-declaration-due",
    "insurance-follow-up",
    "cover-ended-no-answer",
    "cover-pending-declaration-due",
    "certificate",
    "desk-note-insurance-follow-up",
    "desk-note-cover-outcomes",
];

fn composer(sample: &Sample) -> Composer {
    Composer::new(&sample.relance, &sample.associations, &sample.taxes).unwrap()
}

/// Headers as sent, parts decoded.
fn readable(bytes: &[u8]) -> String {
    let message = MessageParser::default().parse(bytes).unwrap();
    let raw = std::str::from_utf8(bytes).unwrap();
    let headers = raw.split("\r\n\r\n").next().unwrap().replace("\r\n", "\n");
    let subject = message.subject().unwrap();
    let text = message.body_text(0).unwrap();
    let mut out = format!("{headers}\n\nSUBJECT {subject}\n\nTEXT\n{text}");
    if message.html_body_count() == 1 && message.body_html(0).unwrap().starts_with("<!DOCTYPE") {
        out.push_str("\nHTML\n");
        out.push_str(&message.body_html(0).unwrap());
    }
    out.replace("\r\n", "\n").replace('\u{a0}', "\u{237d}")
}

#[test]
fn mails() {
    let sample = Sample::new();
    let composer = composer(&sample);
    let mut others = String::new();
    for (name, facts) in sample.mails() {
        let bytes = composer.mail(&facts).unwrap().bytes;
        let shown = readable(&bytes);
        if KEPT.iter().any(|k| name.strip_prefix(k).is_some_and(|rest| rest.len() == 7)) {
            insta::assert_snapshot!(format!("mail-{name}"), shown);
        } else if !name.ends_with("-en") {
            let text = shown.split("\nHTML\n").next().unwrap().split_once("\n\nSUBJECT").unwrap().1;
            others = format!("{others}######## {name}\nSUBJECT{text}\n");
        }
    }
    insta::assert_snapshot!("mails-others", others);
}

#[test]
fn pages() {
    let sample = Sample::new();
    let composer = composer(&sample);
    for (name, page) in sample.pages() {
        let mut both = String::new();
        for &lang in Lang::ALL {
            let html = composer.page(&page, lang).unwrap();
            assert!(html.len() < 30_000, "{name} has {} bytes", html.len());
            assert!(!html.contains("<script") && !html.contains("src="), "{name}");
            assert!(
                html.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{}\">", lang.locale()))
            );
            // The style is the same in all of them.
            let (head, rest) = html.split_once("<style>").unwrap();
            let (_, body) = rest.split_once("</style>").unwrap();
            both = format!("{both}{head}<style>…</style>{body}\n\n");
        }
        insta::assert_snapshot!(format!("page-{name}"), both.replace('\u{a0}', "\u{237d}"));
    }
}
