//! Owns abuse reports: feedback reports (RFC 5965, 6591) and the forms of providers that send
//! none. Never calls a report of what is not spam (`not-spam`, RFC 6430) a complaint.

use std::sync::LazyLock;

use super::clues::Clues;
use super::mime::{Header, Mail, address};
use super::phrases::Phrases;
use super::reading::Reported;
use super::report::{Notice, notice};
use super::text::fold;

/// Subjects of complaints without a feedback part, one row a provider.
const SUBJECTS: &[&str] = &[
    "complaint about message from",
    "email feedback report",
    "abuse report",
    "spam complaint",
    "spam report",
    "feedback loop report",
    "client tos notification",
    "[spamcop",
    "plainte concernant",
    "signalement de courrier indesirable",
];

/// Local parts that send them.
const SENDERS: &[&str] =
    &["fbl", "feedback", "feedbackloop", "abuse", "staff", "scomp", "complaint", "spamcop"];

static SUBJECT: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(&[((), SUBJECTS.to_vec())]));

/// Fields that name who complained, in the report or in the returned header.
const RECIPIENT_FIELDS: &[&str] =
    &["Original-Rcpt-To", "Removal-Recipient", "X-HmXmrOriginalRecipient"];

/// Local parts of addresses that take unsubscriptions by mail (RFC 2369 `List-Unsubscribe`).
const UNSUBSCRIBE_BOXES: &[&str] = &[
    "unsubscribe",
    "unsub",
    "opt-out",
    "optout",
    "list-unsubscribe",
    "desabonnement",
    "desabonner",
];

/// Who complains; `None` where the mail is no complaint.
#[must_use]
pub fn read(mail: &Mail<'_>, clues: &Clues) -> Option<Vec<Reported>> {
    let part = mail.parts.iter().find(|part| part.content.mime == "message/feedback-report");
    if let Some(part) = part {
        let octets = part.octets();
        let start = octets.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
        let (fields, _) = Header::parse(&octets[start..]);
        let kind = fields.text("Feedback-Type").to_ascii_lowercase();
        return (kind.trim() != "not-spam").then(|| reported(&fields, word(kind.trim())));
    }
    if mail.content.report_type == "feedback-report" {
        return Some(Vec::new());
    }
    if let Some(Notice::Complaint(who)) = notice(&clues.text) {
        let told = |address: String| Reported { address, reason: "abuse", ..Reported::default() };
        return Some(who.iter().filter_map(|who| address(who)).map(told).collect());
    }
    let local = clues.from.address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let sender = SENDERS.iter().any(|sender| local.contains(sender));
    if sender && !clues.answering && SUBJECT.any(&clues.subject) {
        return Some(returned_recipient(mail));
    }
    unsubscription(mail, clues)
}

/// What a complaint can be about, besides `complaint` itself.
pub(super) const WORDS: &[&str] =
    &["abuse", "auth-failure", "fraud", "opt-out", "opt-out-list", "virus"];

fn word(kind: &str) -> &'static str {
    WORDS.iter().find(|word| **word == kind).copied().unwrap_or("complaint")
}

fn reported(fields: &Header<'_>, reason: &'static str) -> Vec<Reported> {
    let mut found: Vec<Reported> = Vec::new();
    for name in RECIPIENT_FIELDS {
        for value in fields.all(name) {
            let Some(address) = address(&super::mime::unfold(value)) else { continue };
            if found.iter().all(|known| known.address != address) {
                found.push(Reported { address, reason, ..Reported::default() });
            }
        }
    }
    found
}

fn returned_recipient(mail: &Mail<'_>) -> Vec<Reported> {
    let part = mail.parts.iter().find(|part| part.content.mime == "message/rfc822");
    part.map(|part| {
        let octets = part.octets();
        reported(&Header::parse(&octets).0, "abuse")
    })
    .unwrap_or_default()
}

/// A mail that a program sends for its user to the address in `List-Unsubscribe`: subject and box
/// say so, and no text of a person stands in it.
fn unsubscription(mail: &Mail<'_>, clues: &Clues) -> Option<Vec<Reported>> {
    const WORDS: [&str; 5] =
        ["unsubscribe", "opt-out", "desabonner", "se desabonner", "desabonnement"];
    if !WORDS.contains(&clues.subject.trim()) {
        return None;
    }
    let to = mail.header.addresses("To").into_iter().next()?;
    let local = fold(to.address.split('@').next().unwrap_or_default());
    let boxed = UNSUBSCRIBE_BOXES.iter().any(|name| local.starts_with(name));
    boxed.then(|| {
        let address = clues.from.address.clone();
        vec![Reported { address, reason: "opt-out", ..Reported::default() }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::mime;

    #[test]
    fn a_notification_names_addresses_and_nothing_else() {
        let long = "x ".repeat(2000);
        for (named, want) in [
            ("a@X.test", vec!["a@x.test"]),
            ("a@x.test\\nBcc: b@y.test", vec![]),
            (long.as_str(), vec![]),
        ] {
            let raw = format!(
                "From: a@b.test\n\n{{\"notificationType\":\"Complaint\",\"complaint\":\
                 {{\"complainedRecipients\":[{{\"emailAddress\":\"{named}\"}}]}}}}\n"
            );
            let mail = mime::parse(raw.as_bytes());
            let told = read(&mail, &Clues::find(&mail)).expect("a complaint");
            let told: Vec<_> = told.iter().map(|r| r.address.as_str()).collect();
            assert_eq!(told, want, "{named}");
        }
    }
}
