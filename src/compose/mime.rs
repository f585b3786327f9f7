//! Owns the message's headers and MIME structure (RFC 5322, 2045–2047, 2369, 2919, 3834, 8058).
//! Every value is checked before lettre sees it: lettre panics on a display name with a control
//! character, and on dates that HTTP cannot express.

use std::time::SystemTime;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use super::mail::Parts;
use super::text::clean;
use super::{ComposeError, Composed, MailFacts};

/// Hexadecimal digits of the MIME boundary: as unlikely in a body as a digest is.
const BOUNDARY_DIGITS: usize = 32;

/// Longest header value taken: far below the 998 octets of RFC 5322 §2.1.1 for one that cannot
/// be folded.
const HEADER_BYTES_MAX: usize = 900;

/// Puts headers and parts together.
pub(super) fn assemble(facts: &MailFacts<'_>, parts: &Parts) -> Result<Composed, ComposeError> {
    let ids = &facts.ids;
    let from = mailbox("From", facts.issuer.name.get(parts.first), &facts.issuer.from_address)?;
    let to = mailbox("To", facts.to.name, facts.to.address)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
        .map_err(|_| ComposeError::Header { field: "To", what: "no valid address" })?;
    let mut builder = Message::builder()
        .envelope(envelope)
        .date(date(facts.date)?)
        .from(from)
        .to(to)
        .subject(header("Subject", &parts.subject)?)
        .message_id(Some(format!("<{}>", id("Message-ID", &ids.message_id)?)));
    if !ids.reply_to.is_empty() {
        builder = builder.reply_to(mailbox("Reply-To", "", &ids.reply_to)?);
    }
    if !ids.in_reply_to.is_empty() {
        let answered = format!("<{}>", id("In-Reply-To", &ids.in_reply_to)?);
        builder = builder.in_reply_to(answered.clone()).references(answered);
    }
    for (name, value) in extra_headers(facts)? {
        let name = HeaderName::new_from_ascii_str(name);
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    let plain = || part(ContentType::TEXT_PLAIN, &parts.text);
    let message = match &parts.html {
        None => builder.singlepart(plain()),
        Some(html) => builder.multipart(
            MultiPart::builder()
                .kind(lettre::message::MultiPartKind::Alternative)
                .boundary(boundary(&ids.message_id))
                .singlepart(plain())
                .singlepart(part(ContentType::TEXT_HTML, html)),
        ),
    };
    let message = message
        .map_err(|_| ComposeError::Header { field: "From", what: "no message can be built" })?;
    let bytes = message.formatted();
    let digest = Sha256::digest(&bytes).into();
    Ok(Composed { bytes, digest })
}

fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder().header(content_type).body(body.to_owned())
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
        let mut ways = format!("<{url}>");
        if !ids.reply_to.is_empty() {
            let reply_to = id("Reply-To", &ids.reply_to)?;
            ways.push_str(&format!(", <mailto:{reply_to}?subject=STOP>"));
        }
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
