//! Owns what every classifier asks of a mail, found once: who sends it, what its text is, what
//! it returns. Never decides a kind.

use super::guard::{ADDRESSES_MAX, REPORT_TEXT_MAX};
use super::mime::{Header, Mail, Mailbox, Part};
use super::reply::html;
use super::report;
use super::text::fold;

/// Octets of the folded text in which a report or auto-reply must say what it is.
const OPENING_OCTETS: usize = 2500;

/// The header of a mail that another returns.
#[derive(Debug, Default)]
pub struct Returned {
    /// Whether no header of a returned mail can be read.
    pub is_empty: bool,
    /// Whether something was returned at all.
    pub any: bool,
    /// The returned mail's octets, where it is itself a program's.
    pub report: Option<Vec<u8>>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// To and Cc.
    pub to: Vec<String>,
    /// From, Sender, Reply-To and Return-Path.
    pub from: Vec<String>,
    /// Every address in its trace and envelope fields: where tokens of ours can stand.
    pub envelope: Vec<String>,
}

/// What classifiers ask.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent observation")]
pub struct Clues {
    /// The first address in From.
    pub from: Mailbox,
    /// No address in From at all.
    pub nameless: bool,
    /// From is a program's that reports on mail.
    pub daemon: bool,
    /// The envelope sender is known to be empty.
    pub null_sender: bool,
    /// Auto-Submitted says anything but `no`.
    pub auto_submitted: bool,
    /// A machine wrote it, by any of the above.
    pub machine: bool,
    /// The subject begins as an answer's or a forward's.
    pub answering: bool,
    /// The folded subject.
    pub subject: String,
    /// Addresses in X-Failed-Recipients.
    pub failed_recipients: Vec<String>,
    /// The text to read, markup removed, returned mail and all.
    pub text: String,
    /// The text without the returned mail.
    pub report_text: String,
    /// The same, folded.
    pub folded_report: String,
    /// The beginning of it.
    pub opening: String,
    /// The returned header.
    pub returned: Returned,
    /// Who sent the returned mail, and who sends this one.
    pub senders: Vec<String>,
}

impl Clues {
    /// Finds them.
    #[must_use]
    pub fn find(mail: &Mail<'_>) -> Self {
        let header = &mail.header;
        let from = header.addresses("From").into_iter().next().unwrap_or_default();
        let return_path = header.text("Return-Path");
        let auto = header.text("Auto-Submitted").to_ascii_lowercase();
        let subject = fold(&header.decoded("Subject"));
        let text = readable(&mail.parts);
        let (report_text, rest) = report::part_returned(&text);
        let mut report_text = report_text.to_owned();
        truncate(&mut report_text, REPORT_TEXT_MAX);
        let folded_report = fold(&report_text);
        let mut opening = folded_report.clone();
        truncate(&mut opening, OPENING_OCTETS);
        let returned = returned(&mail.parts, rest);
        let who = fold(&header.decoded("From"));
        let mut clues = Self {
            nameless: from.address.is_empty(),
            daemon: report::is_daemon(&who),
            null_sender: return_path.trim() == "<>",
            auto_submitted: !auto.is_empty() && !auto.starts_with("no"),
            answering: is_answer(&subject),
            failed_recipients: failed_recipients(header),
            senders: returned.from.clone(),
            from,
            subject,
            report_text,
            folded_report,
            opening,
            returned,
            text,
            machine: false,
        };
        clues.machine = clues.daemon
            || clues.null_sender
            || clues.auto_submitted
            || clues.nameless
            || !clues.failed_recipients.is_empty()
            || mail.content.mime == "multipart/report";
        clues.senders.push(clues.from.address.clone());
        if clues.returned.is_empty {
            clues.senders.extend(header.addresses("To").into_iter().map(|to| to.address));
        }
        clues
    }
}

impl Clues {
    /// Domain of the sender's address; empty where there is none.
    pub fn domain(&self) -> &str {
        self.from.address.rsplit('@').next().unwrap_or_default()
    }
}

fn truncate(text: &mut String, octets: usize) {
    if text.len() > octets {
        text.truncate(text.floor_char_boundary(octets));
    }
}

fn failed_recipients(header: &Header<'_>) -> Vec<String> {
    header.addresses("X-Failed-Recipients").into_iter().map(|m| m.address).collect()
}

/// `Re:`, `Fwd:`, `TR:` and their like.
fn is_answer(subject: &str) -> bool {
    ["re:", "re :", "fw:", "fwd:", "tr:", "tr :", "aw:", "rv:", "wg:"]
        .iter()
        .any(|prefix| subject.starts_with(prefix))
}

/// Text that a person would read first: the text parts before anything returned, HTML only where
/// no plain text is.
fn readable(parts: &[Part<'_>]) -> String {
    let mut plain = String::new();
    let mut rich: Option<&Part<'_>> = None;
    for part in parts {
        match part.content.mime.as_str() {
            mime if mime.starts_with("message/") && !plain.is_empty() => break,
            "text/html" if !part.attached => rich = rich.or(Some(part)),
            mime if mime.starts_with("text/")
                && !mime.starts_with("text/rfc822")
                && plain.len() < REPORT_TEXT_MAX
                && (!part.attached || plain.is_empty()) =>
            {
                plain.push_str(&part.text());
                plain.push('\n');
            }
            _ => {}
        }
    }
    match rich {
        Some(part) if plain.trim().is_empty() => html::to_text(&part.text()),
        _ => plain,
    }
}

/// The header of the returned mail: a part of its own, or what follows the report's text.
fn returned(parts: &[Part<'_>], rest: &str) -> Returned {
    let mut any = false;
    for part in parts {
        let mime = part.content.mime.as_str();
        let kept = mime.starts_with("message/rfc822")
            || mime.starts_with("message/global-headers")
            || mime == "message/global"
            || mime == "message/partial"
            || mime.starts_with("text/rfc822-header");
        if kept {
            any = true;
            let octets = part.octets();
            let start = octets.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
            if let Some(found) = returned_mail(&octets[start..]) {
                return found;
            }
        }
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n').take(12) {
        let name = line.split(':').next().unwrap_or_default();
        let field = line.contains(':') && !name.is_empty() && !name.contains(' ');
        if field && let Some(found) = returned_mail(&rest.as_bytes()[at..]) {
            return found;
        }
        at += line.len();
    }
    Returned { is_empty: true, any: any || !rest.trim().is_empty(), ..Returned::default() }
}

fn returned_mail(octets: &[u8]) -> Option<Returned> {
    let (header, _) = Header::parse(octets);
    if header.is_empty() {
        return None;
    }
    let mut found = returned_header(&header);
    if report::is_daemon(&fold(&header.decoded("From"))) {
        found.report = Some(octets.to_vec());
    }
    Some(found)
}

fn returned_header(header: &Header<'_>) -> Returned {
    let addresses = |names: &[&str]| {
        let found = names.iter().flat_map(|name| header.addresses(name));
        found.map(|m| m.address).take(ADDRESSES_MAX).collect::<Vec<_>>()
    };
    let mut envelope = addresses(&[
        "Return-Path",
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Envelope-From",
        "X-Envelope-To",
        "Errors-To",
        "Reply-To",
        "Sender",
        "From",
        "To",
        "List-Unsubscribe",
    ]);
    for value in header.all("Received").take(20) {
        let line = super::mime::unfold(value);
        envelope.extend(report::addresses(&line).into_iter().map(|(_, _, address)| address));
    }
    envelope.truncate(ADDRESSES_MAX);
    Returned {
        is_empty: false,
        any: true,
        report: None,
        message_id: header.ids("Message-ID").into_iter().next(),
        to: addresses(&["To", "Cc"]),
        from: addresses(&["From", "Sender", "Reply-To", "Return-Path"]),
        envelope,
    }
}
