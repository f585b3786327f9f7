//! Owns a grammar of delivery and abuse reports. A third of them are sound, and come with what
//! they say; the others are put together from any pieces, and say nothing certain.

use arbitrary::{Result, Unstructured};
use relance::inbox::reading::{Kind, Reading};

/// A mail, and for a sound report what must be read in it.
pub struct Made {
    /// The mail.
    pub octets: Vec<u8>,
    /// What it says; `None` where it is no sound report.
    pub told: Option<Told>,
}

/// What a sound report says.
#[derive(Debug)]
pub struct Told {
    kind: Kind,
    /// In the order of the report, delivered ones left out where others failed.
    recipients: Vec<String>,
    /// Those that failed with a status of class 4 and no server's words.
    soft: Vec<String>,
    /// Envelope sender and Message-ID of the mail that came back.
    returned: Option<(String, String)>,
}

const BOUNDARY: &str = "=_3a7c/mx.example";

const FROMS: &[&str] = &[
    "MAILER-DAEMON@mx.example",
    "Mail Delivery System <mailer-daemon@mx.example>",
    "Microsoft Outlook <postmaster@mx.example>",
    "Courrier <mailer-daemon@mx.example>",
];
const SUBJECTS: &[&str] = &[
    "Undelivered Mail Returned to Sender",
    "Delivery Status Notification (Failure)",
    "Non remis : Avis de renouvellement",
    "=?utf-8?Q?Message_non_distribu=C3=A9?=",
    "",
];
const STATUSES: &[&str] =
    &["5.1.1", "5.0.0", "5.2.2", "5.7.1", "5.4.4", "5.1.10", "5.7.26", "4.4.7", "4.0.0", "4.2.2"];
const WORDS: &[&str] = &[
    "The mail system",
    "<jean@x.test>: host mx.x.test[192.0.2.1] said: 550 5.1.1 User unknown",
    "Your message could not be delivered to one or more recipients.",
    "Votre message n'a pas pu \u{ea}tre remis aux destinataires suivants :",
    "The following recipients could not be reached:",
    "Boîte aux lettres pleine",
    "mailbox is full (quota exceeded)",
    "451 4.7.1 Greylisted, please try again",
    "This message has been blocked using zen.example",
    "marie@y.test",
    "    (generated from info@z.test)",
    "retry timeout exceeded",
    "-- \u{2028}\u{202e}\u{200b}",
    "> quoted@w.test",
    "On 1 May 2026 at 10:00, A <a@b.test> wrote:",
    "----- Original message -----",
    "--- Below this line is a copy of the message.",
    "Received: from a by b for <c@d.test>; Mon, 2 Nov 2026 09:00:00 +0000",
    "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[]}}",
    "Final-Recipient: rfc822; other@v.test",
    "Action: failed",
    "Status: 5.1.1",
];
/// Lines and pieces of lines for reports that are not sound.
const PIECES: &[&str] = &[
    "From: MAILER-DAEMON@mx.example\n",
    "From: <>\n",
    "From: \"Ren\u{e9}, R\" <r@example.ca>\n",
    "To: bounce+aaaa@reply.example.ca\n",
    "Return-Path: <>\n",
    "Subject: Undeliverable: x\n",
    "Subject: complaint about message from 192.0.2.1\n",
    "Auto-Submitted: auto-replied\n",
    "X-Failed-Recipients: a@b.test, <c@d.test>\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    "Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n",
    "Content-Type: multipart/mixed;\n\tboundary=bb\n",
    "Content-Type: text/html; charset=iso-8859-1\n",
    "Content-Type: text/plain; charset=utf-16le\n",
    "Content-Type: message/delivery-status\n",
    "Content-Type: message/global-delivery-status\n",
    "Content-Type: message/feedback-report\n",
    "Content-Type: message/rfc822\n",
    "Content-Type: text/rfc822-headers\n",
    "Content-Type: message/disposition-notification\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "\n",
    "\n",
    "\n--b\n",
    "\n--b--\n",
    "\n--bb\n",
    "Reporting-MTA: dns; mx.example\n\n",
    "Final-Recipient: rfc822; a@b.test\n",
    "Final-Recipient: x400; /C=CA/O=example/S=Roy\n",
    "Original-Recipient: rfc822;c+40d.test\n",
    "Action: failed\n",
    "Action: delayed\n",
    "Action: relayed\n",
    "Status: 5.1.1 (no such user)\n",
    "Status: 2.\n",
    "Status: 5\n",
    "Diagnostic-Code: smtp; 552-5.2.2 over\n quota\n",
    "Feedback-Type: abuse\nOriginal-Rcpt-To: <a@b.test>\n",
    "Feedback-Type: not-spam\n",
    "Message-ID: <abc@example.ca>\n",
    "Received: from x by y for <z@w.test>; now\n",
    "<a@b.test>: 550 5.1.1 User unknown\n",
    "The following recipients could not be reached:\n  jean  no\n",
    "{\"notificationType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[{\"emailAddress\":\"",
    "\"}]}}\n",
    "=C3=A9=\n",
    "PGh0bWw+\n",
    "a@b.test",
    "@",
    "<",
    "\"",
    "\u{0}",
    "\r",
];

/// A report from any octets.
pub fn make(source: &mut Unstructured) -> Made {
    let sound = source.ratio(1, 3).unwrap_or(false);
    let made = if sound { make_sound(source) } else { make_broken(source) };
    made.unwrap_or(Made { octets: Vec::new(), told: None })
}

fn make_broken(source: &mut Unstructured) -> Result<Made> {
    let mut octets: Vec<u8> = Vec::new();
    while !source.is_empty() && octets.len() < 60_000 {
        match source.int_in_range(0..=9)? {
            0 => octets.extend(<&[u8]>::arbitrary_take(source)?),
            1 => octets.extend(source.choose(WORDS)?.bytes().chain(*b"\n")),
            2 => octets.extend(octets.iter().rev().take(40).copied().collect::<Vec<_>>()),
            _ => octets.extend(source.choose(PIECES)?.bytes()),
        }
    }
    if octets.len() % 3 == 1 {
        octets = crlf(&octets);
    }
    Ok(Made { octets, told: None })
}

trait Take<'a>: Sized {
    fn arbitrary_take(source: &mut Unstructured<'a>) -> Result<Self>;
}

impl<'a> Take<'a> for &'a [u8] {
    /// A few octets as they are.
    fn arbitrary_take(source: &mut Unstructured<'a>) -> Result<Self> {
        let count = source.int_in_range(0..=64_usize)?.min(source.len());
        source.bytes(count)
    }
}

fn make_sound(source: &mut Unstructured) -> Result<Made> {
    let mut mail = format!(
        "Return-Path: <>\nFrom: {}\nTo: bounce@reply.example.ca\nSubject: {}\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"{BOUNDARY}\"\n",
        source.choose(FROMS)?,
        source.choose(SUBJECTS)?,
    );
    let words = words(source)?;
    mail.push_str(&format!(
        "\n--{BOUNDARY}\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\
         --{BOUNDARY}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
    ));
    let mut told =
        Told { kind: Kind::Report, recipients: Vec::new(), soft: Vec::new(), returned: None };
    let mut done = Vec::new();
    for n in 0..source.int_in_range(1..=6)? {
        group(source, n, &mut mail, &mut told, &mut done)?;
    }
    if told.kind == Kind::Report {
        told.recipients = done;
    }
    if source.ratio(2, 3)? {
        let sender = format!("bounce+{}@reply.example.ca", "a1".repeat(24));
        let id = format!("{}@reply.example.ca", "b2".repeat(24));
        let whole = source.ratio(1, 2)?;
        mail.push_str(&format!(
            "\n--{BOUNDARY}\nContent-Type: {}\n\nReturn-Path: <{sender}>\nMessage-ID: <{id}>\n\
             To: somebody@x.test\nSubject: =?utf-8?Q?Avis?=\n\n",
            if whole { "message/rfc822" } else { "text/rfc822-headers" },
        ));
        told.returned = Some((sender, id));
    }
    mail.push_str(&format!("\n--{BOUNDARY}--\n"));
    let octets = if source.ratio(1, 2)? { crlf(mail.as_bytes()) } else { mail.into_bytes() };
    // A text that is a notification of its own is that, whatever follows.
    let told = (!words.contains("notificationType")).then_some(told);
    Ok(Made { octets, told })
}

/// What the server says to people: any words, and anything else.
fn words(source: &mut Unstructured) -> Result<String> {
    let mut text = String::new();
    for _ in 0..source.int_in_range(0..=12)? {
        if source.ratio(1, 4)? {
            text.extend(source.arbitrary::<&str>()?.chars().take(200));
        } else {
            text.push_str(source.choose(WORDS)?);
        }
        text.push('\n');
    }
    Ok(text.replace(BOUNDARY, ""))
}

fn group(
    source: &mut Unstructured,
    n: usize,
    mail: &mut String,
    told: &mut Told,
    done: &mut Vec<String>,
) -> Result<()> {
    let address = format!("member{n}@club{n}.test");
    let action = *source.choose(&["failed", "failed", "delayed", "delivered", "relayed"])?;
    let fails = action == "failed";
    let status = match action {
        "failed" => *source.choose(STATUSES)?,
        "delayed" => "4.4.1",
        _ => "2.0.0",
    };
    mail.push_str(&format!("\nFinal-Recipient: rfc822; {address}\nAction: {action}\n"));
    mail.push_str(&format!("Status: {status}\n"));
    let server = source.ratio(1, 2)?;
    if server {
        let line = source.choose(WORDS)?.replace(['\u{2028}', ':'], " ");
        mail.push_str(&format!("Diagnostic-Code: smtp; {line}\n"));
    }
    if fails {
        told.kind = Kind::Bounce;
    }
    if fails || action == "delayed" {
        told.recipients.push(address.clone());
    }
    if fails && !server && status.starts_with('4') {
        told.soft.push(address.clone());
    }
    done.push(address);
    Ok(())
}

fn crlf(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() * 2);
    for &octet in octets {
        if octet == b'\n' {
            out.push(b'\r');
        }
        out.push(octet);
    }
    out
}

impl Told {
    /// Panics where a reading says something else.
    pub fn check(&self, reading: &Reading) {
        assert_eq!(reading.kind, self.kind, "{self:?}\n{reading:?}");
        let named: Vec<&str> = reading.recipients.iter().map(|r| r.address.as_str()).collect();
        assert_eq!(named, self.recipients, "{reading:?}");
        for reported in &reading.recipients {
            let soft = self.soft.contains(&reported.address);
            assert!(!(soft && reported.hard), "{reported:?}");
        }
        if let Some((sender, id)) = &self.returned {
            assert!(reading.addressed.contains(sender), "{:?}", reading.addressed);
            assert!(reading.references.contains(id), "{:?}", reading.references);
        }
    }
}
