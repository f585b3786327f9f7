//! Owns the reading of one raw mail: guard, parse, classify, in that order. Never panics and
//! never fails: what cannot be read is a [`Reading`] too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::clues::Clues;
use super::guard::{self, ADDRESSES_MAX};
use super::mime::{self, Header, Mail};
use super::reading::{Kind, Reading, Unreadable};
use super::text::clean_line;
use super::{autoreply, complaint, reply, report};

/// Field by which mails of our own are known when they come back.
const LOOP_FIELD: &str = "X-Relance-Loop";
/// Authentication-Results that are kept: one a hop that adds its own.
const RESULTS_MAX: usize = 20;

/// Fields in which an address of ours, with its token, can stand.
const ADDRESSED: &[&str] = &[
    "To",
    "Cc",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "Original-Recipient",
    "X-Envelope-To",
    "Apparently-To",
    "X-Delivered-To",
    "X-Failed-Recipients",
    "Resent-To",
];

/// Reads one mail. `cut` says that the source already cut it.
#[must_use]
pub fn read(raw: &[u8], cut: bool) -> Reading {
    catch_unwind(AssertUnwindSafe(|| read_unguarded(raw, cut))).unwrap_or_else(|_| Reading {
        unreadable: Some(Unreadable::Unparsed),
        ..Reading::default()
    })
}

fn read_unguarded(raw: &[u8], cut: bool) -> Reading {
    let (octets, shortened) = guard::ready(raw);
    let mail = mime::parse(&octets);
    let clues = Clues::find(&mail);
    let mut reading = envelope(&mail, &clues);
    reading.unreadable = match (cut || shortened, mail.too_deep) {
        (true, _) => Some(Unreadable::TooLarge),
        (false, true) => Some(Unreadable::TooDeep),
        (false, false) if mail.header.is_empty() => Some(Unreadable::Unparsed),
        _ => None,
    };
    classify(&mail, &clues, &mut reading);
    reading
}

/// What the header says, whatever the mail is.
fn envelope(mail: &Mail<'_>, clues: &Clues) -> Reading {
    let header = &mail.header;
    let mut references = header.ids("In-Reply-To");
    references.extend(header.ids("References"));
    references.extend(clues.returned.message_id.clone());
    let mut addressed: Vec<String> =
        ADDRESSED.iter().flat_map(|name| header.addresses(name)).map(|m| m.address).collect();
    addressed.extend(header.all("Original-Recipient").filter_map(|value| {
        let value = mime::unfold(value);
        mime::address(value.rsplit(';').next().unwrap_or_default())
    }));
    addressed.extend(clues.returned.envelope.iter().cloned());
    let results = header.all("Authentication-Results").take(RESULTS_MAX);
    Reading {
        from: clues.from.address.clone(),
        from_name: clues.from.name.clone(),
        subject: header.decoded("Subject"),
        message_id: header.ids("Message-ID").into_iter().next().unwrap_or_default(),
        references: once(references),
        addressed: once(addressed),
        authentication_results: results.map(|value| clean_line(&mime::unfold(value))).collect(),
        no_answer: no_answer(header, clues),
        own_loop: header.has(LOOP_FIELD),
        ..Reading::default()
    }
}

/// Each once, in order, and no more than are worth looking up.
fn once(items: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        if kept.len() >= ADDRESSES_MAX {
            break;
        }
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// RFC 3834 §2, RFC 2919, and the older words for bulk mail.
fn no_answer(header: &Header<'_>, clues: &Clues) -> bool {
    let precedence = header.text("Precedence").trim().to_ascii_lowercase();
    clues.auto_submitted
        || clues.null_sender
        || clues.daemon
        || header.has("List-Id")
        || header.has("List-Post")
        || header.has("List-Unsubscribe")
        || matches!(precedence.as_str(), "bulk" | "junk" | "list" | "auto_reply")
}

/// Surest first: machine formats, then header fields, then text; a person's mail last.
fn classify(mail: &Mail<'_>, clues: &Clues, reading: &mut Reading) {
    if let Some(recipients) = complaint::read(mail, clues) {
        reading.kind = Kind::Complaint;
        reading.recipients = recipients;
        reading.no_answer = true;
        return;
    }
    let answered_by_machine = autoreply::by_header(mail);
    let may_report = !answered_by_machine
        || clues.daemon
        || !clues.failed_recipients.is_empty()
        || mail.content.report_type == "delivery-status";
    if let Some((kind, recipients)) = may_report.then(|| report::read(mail, clues)).flatten() {
        reading.kind = kind;
        reading.recipients = recipients;
        reading.no_answer = true;
        return;
    }
    let new_text = reply::of_mail(mail);
    let words = new_text.as_deref().unwrap_or_default();
    if answered_by_machine || autoreply::by_text(mail, clues, words) {
        reading.kind = Kind::AutoReply;
        reading.back_on = autoreply::back_on(words);
        reading.no_answer = true;
        return;
    }
    let answers = !reading.references.is_empty() || clues.answering;
    reading.kind = if answers { Kind::Reply } else { Kind::Other };
    reading.reply = new_text.map(reply::of_text);
}
