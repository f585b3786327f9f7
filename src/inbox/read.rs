//! Owns the reading of one raw mail: guard, parse, classify, in that order. Never panics and
//! never fails: what cannot be read is a [`Reading`] too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::clues::Clues;
use super::guard::{self, ADDRESSES_MAX};
use super::mime::{self, Header, Mail};
use super::reading::{Command, Kind, Reading, Reply, Unreadable};
use super::text::clean_line;
use super::{autoreply, complaint, quoted, reply, report, trace};

/// Field by which mails of our own are known when they come back.
const LOOP_FIELD: &str = "X-Relance-Loop";
/// Authentication-Results that are kept: one a hop that adds its own.
const RESULTS_MAX: usize = 20;

/// Trace fields that are ours: one or two hops.
const TRACES_MAX: usize = 3;

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
    // `for <address>` in the trace that our own server added.
    for value in header.all("Received").take(TRACES_MAX) {
        let line = mime::unfold(value);
        if let Some((_, last)) = line.rsplit_once(" for ") {
            addressed.extend(report::addresses(last).into_iter().map(|(_, _, address)| address));
        }
    }
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
        trace: header.all("Received").next().and_then(|line| trace::date(&mime::unfold(line))),
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
    let answers = ["In-Reply-To", "References"].iter().any(|name| mail.header.has(name))
        || ["re:", "re :", "aw:"].iter().any(|prefix| clues.subject.starts_with(prefix));
    reading.kind = if answers { Kind::Reply } else { Kind::Other };
    reading.quoted = quoted::runs(mail);
    reading.reply = Some(match new_text.filter(|text| !text.trim().is_empty()) {
        Some(text) => {
            let mut reply = reply::of_text(text);
            if reply.command.is_none() && !answers && is_aside(&reply.text) {
                let subject = reply::of_text(reading.subject.clone()).command;
                reply.command = subject.filter(|command| *command == Command::Stop);
            }
            reply
        }
        None => wordless(mail, reading, answers),
    });
}

/// A line or two that ask nothing: what some mail programs write under the subject of a `mailto`.
fn is_aside(text: &str) -> bool {
    text.lines().filter(|line| !line.trim().is_empty()).count() <= 2 && !text.contains('?')
}

/// A person's mail without new text: the desk gets all of it, and a subject of one plain word is
/// that word (`mailto:…?subject=STOP` of RFC 2369). The subject of an answer is ours, not theirs.
fn wordless(mail: &Mail<'_>, reading: &Reading, answers: bool) -> Reply {
    let subject = if answers { String::new() } else { reading.subject.clone() };
    Reply { text: reply::whole(mail), ..reply::of_text(subject) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mail_without_words_of_its_own() {
        let mail = |subject: &str, more: &str, body: &str| {
            let raw = format!("From: a@b.test\r\nSubject: {subject}\r\n{more}\r\n{body}");
            let reading = read(raw.as_bytes(), false);
            let reply = reading.reply.unwrap_or_default();
            (reading.kind, reply.command, reply.text.trim().to_owned())
        };
        let stop = Some(crate::inbox::reading::Command::Stop);
        assert_eq!(mail("STOP", "", ""), (Kind::Other, stop, String::new()));
        let line = "This message was automatically generated by a mail program.";
        assert_eq!(mail("STOP", "", line), (Kind::Other, stop, line.into()));
        let asks = "Why do I get this?";
        assert_eq!(mail("STOP", "", asks), (Kind::Other, None, asks.into()));
        let answer = mail("Re: STOP", "In-Reply-To: <x@y.test>\r\n", "");
        assert_eq!(answer, (Kind::Reply, None, String::new()));
        let quote = "> renew\r\n> by link\r\n";
        let (kind, command, text) = mail("Re: x", "In-Reply-To: <x@y.test>\r\n", quote);
        assert_eq!((kind, command), (Kind::Reply, None));
        assert!(text.contains("by link"), "the desk sees what there is: {text}");
    }

    /// Pieces of mails, among them what parsers stumble over.
    const PIECES: &[&str] = &[
        "From: MAILER-DAEMON@example.ca\n",
        "From: \"Ren\u{e9}, R\" <r@example.ca>\n",
        "Subject: =?utf-8?Q?=C3=A9?= =?utf-8?B?w6k=?=\n",
        "Subject: Undeliverable\n",
        "Content-Type: multipart/report; boundary=b\n",
        "Content-Type: text/html; charset=iso-2022-jp\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Type: message/delivery-status\n",
        "Content-Type: message/rfc822\n",
        "Content-Type: message/feedback-report\n",
        "Auto-Submitted: auto-replied\n",
        "X-Failed-Recipients: a@b.test, <c@d.test>\n",
        "\n",
        "\r\n",
        "\r",
        "--b\n",
        "--b--\n",
        "<a@b.test>: 550 5.1.1 User unknown\n",
        "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1\n",
        "The following recipients could not be reached:\n  jean  no\n",
        "{\"notificationType\":\"Bounce\",\"bounce\":{}}\n",
        "Le 2 nov. 2026 \u{e0} 09:00, A <a@b.test> a \u{e9}crit :\n",
        "De : A\nEnvoy\u{e9} : B\n\u{c0} : C\n",
        "Je serai de retour le 3 ao\u{fb}t 2026\u{a0}!\n",
        "> \u{e9}\u{202e}\u{200b}\n",
        "-- \n",
        "<div class='gmail_quote'><blockquote>",
        "</div></x>",
        "&eacute;&#xD800;&amp",
        "=C3=",
        "\u{1b}$B",
        "\u{0}",
        "\u{1F600}@\u{e9}.test ",
        "@",
        "<",
        "\"",
        "(",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn any_octets_are_read(octets in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read_unguarded(&octets, false);
        }

        #[test]
        fn any_pieces_are_read(
            picks in proptest::collection::vec((0..PIECES.len(), 0_usize..200), 0..60),
            cut in 0_usize..4000,
        ) {
            let mut mail: Vec<u8> = picks.iter().flat_map(|(at, _)| PIECES[*at].bytes()).collect();
            // One octet in a few pieces is broken.
            for (_, at) in picks.iter().filter(|(_, at)| at % 7 == 0) {
                if let Some(octet) = mail.get_mut(at * 9) {
                    *octet = octet.wrapping_add(128);
                }
            }
            mail.truncate(cut.max(20));
            let reading = read_unguarded(&mail, false);
            prop_assert!(reading.recipients.iter().all(|r| !r.reason.is_empty()));
            prop_assert!(reading.recipients.iter().all(|r| !r.hard || r.status.starts_with('5')));
            prop_assert!(!reading.from_name.chars().any(char::is_control));
        }
    }
}
