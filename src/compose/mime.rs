//! Owns the message's headers and MIME structure (RFC 5322, 2045–2047, 2369, 2919, 3834, 8058).
//! Every value is checked before lettre sees it: lettre panics on a display name with a control
//! character, and on dates that HTTP cannot express.

use std::time::SystemTime;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use super::mail::Parts;
use super::text::{clean, wrap};
use super::{ComposeError, Composed, MailFacts};
use crate::domain::words::Lang;

/// Hexadecimal digits of the MIME boundary: as unlikely in a body as a digest is.
const BOUNDARY_DIGITS: usize = 32;

/// Longest header value taken: far below the 998 octets of RFC 5322 §2.1.1 for one that cannot
/// be folded.
const HEADER_BYTES_MAX: usize = 900;

/// One part, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    bytes: Vec<u8>,
    encoding: ContentTransferEncoding,
}

impl Body {
    /// In the encoding that suits the text.
    fn of(text: String) -> Self {
        let body = lettre::message::Body::new(text);
        Self { encoding: body.encoding(), bytes: body.into_vec() }
    }

    /// What is in quoted-printable already.
    pub(super) const fn of_quoted(bytes: Vec<u8>) -> Self {
        Self { bytes, encoding: ContentTransferEncoding::QuotedPrintable }
    }

    fn part(self, content_type: ContentType) -> SinglePart {
        let body = lettre::message::Body::dangerous_pre_encoded(self.bytes, self.encoding);
        SinglePart::builder().header(content_type).body(body)
    }
}

/// Subject and parts, ready to be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub subject: String,
    pub text: Body,
    /// None for a text-only message.
    pub html: Option<Body>,
    /// Language that comes first.
    pub first: Lang,
}

impl Content {
    /// Wraps and encodes what was rendered.
    pub(super) fn of(parts: Parts) -> Self {
        Self {
            subject: parts.subject,
            text: Body::of(wrap(&parts.text)),
            html: parts.html.map(Body::of),
            first: parts.first,
        }
    }
}

/// Puts headers and parts together.
pub(super) fn assemble(facts: &MailFacts<'_>, content: Content) -> Result<Composed, ComposeError> {
    let ids = &facts.ids;
    let from = mailbox("From", facts.issuer.name.get(content.first), &facts.issuer.from_address)?;
    let to = mailbox("To", facts.to.name, facts.to.address)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
        .map_err(|_| ComposeError::Header { field: "To", what: "no valid address" })?;
    let mut builder = Message::builder()
        .envelope(envelope)
        .date(date(facts.date)?)
        .from(from)
        .to(to)
        .subject(header("Subject", &content.subject)?)
        .message_id(Some(format!("<{}>", id("Message-ID", &ids.message_id)?)));
    if !ids.reply_to.is_empty() {
        builder = builder.reply_to(mailbox("Reply-To", "", &ids.reply_to)?);
    }
    // Somebody else's id, which only keeps a thread together: one that cannot stand in a header
    // must not cost the person the answer.
    if let Ok(answered) = id("In-Reply-To", &ids.in_reply_to) {
        let answered = format!("<{answered}>");
        builder = builder.in_reply_to(answered.clone()).references(answered);
    }
    for (name, value) in extra_headers(facts)? {
        let name = HeaderName::new_from_ascii_str(name);
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    let plain = content.text.part(ContentType::TEXT_PLAIN);
    let message = match content.html {
        None => builder.singlepart(plain),
        Some(html) => builder.multipart(
            MultiPart::builder()
                .kind(lettre::message::MultiPartKind::Alternative)
                .boundary(boundary(&ids.message_id))
                .singlepart(plain)
                .singlepart(html.part(ContentType::TEXT_HTML)),
        ),
    };
    let message = message
        .map_err(|_| ComposeError::Header { field: "From", what: "no message can be built" })?;
    let bytes = message.formatted();
    let digest = Sha256::digest(&bytes).into();
    Ok(Composed { bytes, digest, subject: content.subject })
}

/// Headers that lettre has no type for.
fn extra_headers(facts: &MailFacts<'_>) -> Result<Vec<(&'static str, String)>, ComposeError> {
    let ids = &facts.ids;
    let mut headers = vec![
        ("List-Id", format!("<{}>", id("List-Id", &facts.issuer.list_id)?)),
        ("Auto-Submitted", header("Auto-Submitted", ids.auto_submitted)?),
        // Exchange honours this one where it ignores RFC 3834.
        ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
        ("X-Relance-Loop", id("X-Relance-Loop", &ids.message_id)?.to_owned()),
    ];
    let unsubscribe = &facts.links.unsubscribe;
    if !unsubscribe.is_empty() {
        let url = id("List-Unsubscribe", unsubscribe)?;
        let ways = if ids.reply_to.is_empty() {
            format!("<{url}>")
        } else {
            let reply_to = id("Reply-To", &ids.reply_to)?;
            format!("<{url}>, <mailto:{reply_to}?subject=STOP>")
        };
        headers.push(("List-Unsubscribe", ways));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    Ok(headers)
}

/// A display name and an address. An empty name leaves the address alone.
fn mailbox(field: &'static str, name: &str, address: &str) -> Result<Mailbox, ComposeError> {
    let name = header(field, name)?;
    let address = header(field, address)?;
    if !address.is_ascii() {
        return Err(ComposeError::Header { field, what: "not ASCII" });
    }
    let address: Address =
        address.parse().map_err(|_| ComposeError::Header { field, what: "no valid address" })?;
    let name = name.trim();
    Ok(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
}

/// A value free of control characters and of bounded length.
fn header(field: &'static str, value: &str) -> Result<String, ComposeError> {
    if value.chars().any(char::is_control) {
        return Err(ComposeError::Header { field, what: "a control character" });
    }
    if value.len() > HEADER_BYTES_MAX {
        return Err(ComposeError::Header { field, what: "too long" });
    }
    Ok(clean(value, false))
}

/// A value that stands between angle brackets: printable ASCII without white space or brackets.
fn id<'v>(field: &'static str, value: &'v str) -> Result<&'v str, ComposeError> {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    if value.is_empty() || value.len() > HEADER_BYTES_MAX || !value.bytes().all(plain) {
        return Err(ComposeError::Header { field, what: "empty, too long or not plain ASCII" });
    }
    Ok(value)
}

/// lettre writes dates of the years 1970 to 9999 and panics on others.
fn date(at: Timestamp) -> Result<SystemTime, ComposeError> {
    let year = at.to_zoned(jiff::tz::TimeZone::UTC).year();
    if (1970..=9999).contains(&year) {
        Ok(SystemTime::from(at))
    } else {
        Err(ComposeError::Header { field: "Date", what: "outside the years 1970 to 9999" })
    }
}

/// The same for every retry of a message.
fn boundary(message_id: &str) -> String {
    let mut digest = HEXLOWER.encode(&Sha256::digest(message_id.as_bytes()));
    digest.truncate(BOUNDARY_DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::super::sample::Sample;
    use super::super::{Composer, MailKind};
    use super::*;

    fn composer(sample: &Sample) -> Composer {
        let words = &sample.relance.words;
        Composer::unlinted(words, &sample.relance, &sample.associations, &sample.taxes, false)
            .unwrap()
    }

    fn has(bytes: &[u8], header: &str) -> bool {
        let text = String::from_utf8_lossy(bytes);
        text.lines().take_while(|l| !l.is_empty()).any(|l| l.starts_with(&format!("{header}:")))
    }

    #[test]
    fn every_mail_is_well_formed() {
        let sample = Sample::new();
        let composer = composer(&sample);
        for (name, facts) in sample.mails() {
            let made = composer.mail(&facts).unwrap();
            assert_eq!(made.digest, composer.mail(&facts).unwrap().digest, "{name} repeats");
            let bytes = &made.bytes;
            assert!(bytes.is_ascii(), "{name} passes relays without 8BITMIME");
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.split("\r\n").all(|l| l.len() <= 998 && !l.contains('\n')), "{name}");
            let step = matches!(facts.kind, MailKind::Step(_));
            assert_eq!(has(bytes, "List-Unsubscribe"), step, "{name}");
            assert_eq!(has(bytes, "List-Unsubscribe-Post"), step, "{name}");
            assert_eq!(has(bytes, "In-Reply-To"), !step, "{name}");
            assert_eq!(has(bytes, "References"), !step, "{name}");
            let parsed = MessageParser::default().parse(bytes).unwrap();
            assert_eq!(parsed.message_id(), Some(facts.ids.message_id.as_str()), "{name}");
            assert_eq!(parsed.date().unwrap().to_timestamp(), facts.date.as_second(), "{name}");
            let text_only = facts.kind.is_for_desk() && !matches!(facts.kind, MailKind::Digest(_));
            let parts = if text_only { 1 } else { 3 };
            assert_eq!(parsed.parts.len(), parts, "{name}");
            if step {
                let html = parsed.body_html(0).unwrap();
                let button = format!("<a href=\"{}\"", facts.links.renew);
                assert_eq!(html.matches(&button).count(), 2, "{name}: one button a half");
                let line = format!("\n{}\n", facts.links.renew);
                let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
                assert_eq!(text.matches(&line).count(), 2, "{name}: the link on its own line");
                assert!(!html.contains("<img") && !html.contains("src="), "{name}");
            }
        }
    }

    #[test]
    fn a_subject_begins_in_the_preferred_language() {
        const SHOWN_CHARS: usize = 40;
        let sample = Sample::new();
        let composer = composer(&sample);
        for (name, facts) in sample.mails() {
            if facts.kind.is_for_desk() {
                continue;
            }
            let subject = composer.0.parts(&facts).unwrap().subject;
            let (first, _) = subject.split_once(" | ").unwrap();
            let own = composer.0.half(&facts, facts.prefer, true).unwrap().subject;
            assert_eq!(first, own, "{name}");
            assert!(first.chars().count() >= SHOWN_CHARS, "{name}: {first}");
            assert!(subject.chars().count() <= 180, "{name}: {subject}");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_an_error() {
        let sample = Sample::new();
        let composer = composer(&sample);
        let mails = sample.mails();
        let facts = &mails[0].1;
        let field = |facts: &MailFacts<'_>| match composer.mail(facts) {
            Err(ComposeError::Header { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        for (name, address) in [
            ("Jean\nTremblay", "a@example.ca"),
            ("Jean\0", "a@example.ca"),
            ("Jean", "é@example.ca"),
            ("Jean", "a@exämple.ca"),
            ("Jean", "nothing"),
            ("Jean", "a@example.ca\r\nBcc: b@example.ca"),
        ] {
            let mut facts = facts.clone();
            (facts.to.name, facts.to.address) = (name, address);
            assert_eq!(field(&facts), "To", "{name:?} {address:?}");
        }
        let mut bent = facts.clone();
        bent.ids.message_id = "a b@example.ca".into();
        assert_eq!(field(&bent), "Message-ID");
        let mut bent = facts.clone();
        bent.links.unsubscribe = "https://example.ca/>, <https://evil.example".into();
        assert_eq!(field(&bent), "List-Unsubscribe");
        let mut bent = facts.clone();
        bent.date = "-000001-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(field(&bent), "Date");
        let mut bare = facts.clone();
        bare.links.renew.clear();
        assert!(matches!(composer.mail(&bare), Err(ComposeError::MissingFact { .. })));
        let mut unpriced = facts.clone();
        unpriced.bill = None;
        assert!(matches!(composer.mail(&unpriced), Err(ComposeError::MissingFact { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_name_makes_it_panic_or_grow_a_header(name in any::<String>(), family in any::<String>()) {
            let sample = Sample::new();
            let composer = composer(&sample);
            let mails = sample.mails();
            let mut facts = mails[0].1.clone();
            facts.to.name = &name;
            facts.person = facts.person.map(|p| super::super::PersonFacts { family_name: &family, ..p });
            if let Ok(composed) = composer.mail(&facts) {
                let parsed = MessageParser::default().parse(&composed.bytes).unwrap();
                prop_assert_eq!(parsed.headers().len(), 14);
                let html = parsed.body_html(0).unwrap();
                prop_assert!(!html.contains("<script"));
            }
        }
    }
}
