//! Owns the structure of one mail: its header and its leaf parts in order (RFC 2045, 2046).
//! Nothing recurses: multiparts wait on a stack of bounded depth, a returned message stays one
//! part that is not entered, so no nesting can exhaust a thread's stack. Never interprets what a
//! part says.

pub mod decode;
mod header;

use std::borrow::Cow;

pub use header::{Header, Mailbox, unfold};
use header::{line_end, trim_line};

use super::guard::{DEPTH_MAX, PARTS_MAX, TEXT_OCTETS_MAX};
use super::text::is_unseen;

/// One mail, borrowed.
#[derive(Debug, Default)]
pub struct Mail<'a> {
    /// The outer header.
    pub header: Header<'a>,
    /// What the outer Content-Type says.
    pub content: Content,
    /// Leaf parts in order; a mail without multipart is one part.
    pub parts: Vec<Part<'a>>,
    /// Whether parts deeper than the limit were left unread.
    pub too_deep: bool,
}

/// One leaf part.
#[derive(Debug, Default)]
pub struct Part<'a> {
    /// What its Content-Type says.
    pub content: Content,
    /// Content-Transfer-Encoding, lower case.
    pub encoding: String,
    /// Whether it is an attachment rather than text to read.
    pub attached: bool,
    /// The body as it stands in the mail.
    pub body: &'a [u8],
}

/// The Content-Type that was declared.
#[derive(Debug, Default, Clone)]
pub struct Content {
    /// `type/subtype`, lower case; `text/plain` where none is declared.
    pub mime: String,
    /// `charset`, lower case.
    pub charset: String,
    /// `report-type`, lower case.
    pub report_type: String,
    boundary: String,
}

impl Part<'_> {
    /// Octets with the transfer encoding undone.
    pub fn octets(&self) -> Cow<'_, [u8]> {
        let body = &self.body[..self.body.len().min(TEXT_OCTETS_MAX)];
        match self.encoding.as_str() {
            "base64" => Cow::Owned(decode::base64(body)),
            "quoted-printable" => Cow::Owned(decode::quoted_printable(body)),
            _ => Cow::Borrowed(body),
        }
    }

    /// The text, decoded, with every line end LF.
    pub fn text(&self) -> String {
        let octets = self.octets();
        let text = decode::charset(&octets, &self.content.charset);
        super::text::clean_text(&text)
    }
}

/// Reads the structure.
pub fn parse(raw: &[u8]) -> Mail<'_> {
    let (header, start) = Header::parse(raw);
    let mut mail = Mail { content: content(&header), header, ..Mail::default() };
    let top = Entity { body: &raw[start..], depth: 0 };
    let mut waiting = vec![(top, None)];
    while let Some((entity, inner)) = waiting.pop() {
        let header = inner.as_ref().unwrap_or(&mail.header);
        let what = content(header);
        if mail.parts.len() >= PARTS_MAX {
            mail.too_deep = true;
            break;
        }
        let multipart = what.mime.starts_with("multipart/");
        if multipart && entity.depth >= DEPTH_MAX {
            mail.too_deep = true;
            continue;
        }
        let children = if multipart { split(entity.body, &what.boundary) } else { Vec::new() };
        if children.is_empty() {
            mail.parts.push(leaf(header, what, &entity));
            continue;
        }
        for child in children.into_iter().rev() {
            let (header, start) = Header::parse(child);
            let body = &child[start..];
            waiting.push((Entity { body, depth: entity.depth + 1 }, Some(header)));
        }
    }
    mail
}

struct Entity<'a> {
    body: &'a [u8],
    depth: u8,
}

fn leaf<'a>(header: &Header<'_>, mut content: Content, entity: &Entity<'a>) -> Part<'a> {
    let disposition = header.text("Content-Disposition").to_ascii_lowercase();
    // A multipart whose boundary never comes is text like any other.
    if content.mime.starts_with("multipart/") {
        "text/plain".clone_into(&mut content.mime);
    }
    let encoding = header.text("Content-Transfer-Encoding").to_ascii_lowercase();
    let encoding = encoding.split([';', ' ']).next().unwrap_or_default().to_owned();
    Part { content, encoding, attached: disposition.starts_with("attachment"), body: entity.body }
}

/// The bodies between the boundary's lines. A boundary that was not declared, or never comes, is
/// taken from the first line that looks like one.
fn split<'a>(body: &'a [u8], declared: &str) -> Vec<&'a [u8]> {
    let parts = split_at(body, declared.as_bytes());
    if !parts.is_empty() {
        return parts;
    }
    guessed_boundary(body).map(|boundary| split_at(body, boundary)).unwrap_or_default()
}

fn split_at<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let (mut at, mut start) = (0, None);
    while at < body.len() && parts.len() < PARTS_MAX {
        let end = line_end(body, at);
        let line = &body[at..end];
        if line.starts_with(b"--") && line[2..].starts_with(boundary) {
            let after = trim_line(&line[2 + boundary.len()..]).trim_ascii_end();
            // A longer boundary that begins alike belongs to an inner multipart.
            if after.is_empty() || after == b"--" {
                if let Some(start) = start {
                    parts.push(&body[start..at]);
                }
                start = after.is_empty().then_some(end);
                if start.is_none() {
                    break;
                }
            }
        }
        at = end;
    }
    if let Some(start) = start {
        parts.push(&body[start..]);
    }
    parts
}

/// How many lines in a boundary is looked for that no field declares.
const GUESS_LINES: usize = 20;

fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    for _ in 0..GUESS_LINES {
        if at >= body.len() {
            return None;
        }
        let end = line_end(body, at);
        let line = trim_line(&body[at..end]).trim_ascii_end();
        let next = &body[end..line_end(body, end)];
        let mime = next.len() > 13 && next[..13].eq_ignore_ascii_case(b"content-type:");
        if line.len() > 6 && line.starts_with(b"--") && mime {
            return Some(&line[2..]);
        }
        at = end;
    }
    None
}

fn content(header: &Header<'_>) -> Content {
    let value = header.text("Content-Type");
    let mut pieces = value.split(';');
    let mime: String = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut content = Content {
        mime: if mime.contains('/') { mime } else { "text/plain".to_owned() },
        ..Content::default()
    };
    let Some(semicolon) = value.find(';') else { return content };
    for (name, text) in parameters(&value[semicolon + 1..]) {
        match name.as_str() {
            "charset" => content.charset = text.to_ascii_lowercase(),
            "report-type" => content.report_type = text.to_ascii_lowercase(),
            "boundary" => content.boundary = text,
            _ => {}
        }
    }
    content
}

/// `name=value` pairs, quoted or not (RFC 2045 §5.1).
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ';', '\t']).to_ascii_lowercase();
        let after = after.trim_start();
        let (value, next) = if let Some(quoted) = after.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            (&quoted[..end], quoted.get(end + 1..).unwrap_or_default())
        } else {
            let end = after.find([';', ' ', '\t']).unwrap_or(after.len());
            (&after[..end], &after[end..])
        };
        if found.len() >= 16 {
            break;
        }
        found.push((name, value.trim_end().to_owned()));
        rest = next;
    }
    found
}

/// An address without brackets, quotes and white space, its domain in lower case; `None` where
/// the text is none.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['<', '>', ' ', '\'', '[', ']', '\u{A0}']);
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, domain) = text.rsplit_once('@')?;
    let domain = domain.trim_end_matches(['.', ',', ';', ':', '>', ')', '"', '\'']);
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let hidden = |c: char| c.is_control() || is_unseen(c);
    let bad = |c: char| c.is_whitespace() || hidden(c) || "<>(),;:\"".contains(c);
    let bad_domain = |c: char| bad(c) || c == '@' || c == '/' || c == '=';
    let ok = !local.is_empty()
        && local.len() <= 256
        && !domain.is_empty()
        && domain.len() <= 255
        && (quoted || !local.contains(|c: char| bad(c) && c != ':'))
        && !local.contains(hidden)
        && !domain.trim_matches(['[', ']']).contains(bad_domain);
    ok.then(|| format!("{local}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(raw: &str) -> Vec<(String, String)> {
        let mail = parse(raw.as_bytes());
        mail.parts.iter().map(|p| (p.content.mime.clone(), p.text().trim().to_owned())).collect()
    }

    #[test]
    fn structures() {
        let nested = "Content-Type: multipart/mixed; boundary=\"a\"\n\n--a\nContent-Type: \
            multipart/alternative; boundary=ab\n\n--ab\n\none\n--ab\nContent-Type: text/html\n\n\
            <p>two\n--ab--\n--a\nContent-Type: message/rfc822\n\nSubject: x\n\nthree\n--a--\nend";
        let found = kinds(nested);
        let mimes: Vec<_> = found.iter().map(|(mime, _)| mime.as_str()).collect();
        assert_eq!(mimes, ["text/plain", "text/html", "message/rfc822"]);
        assert_eq!(found[0].1, "one");
        // Without an end, and with a boundary that no field declares.
        let open = "Content-Type: multipart/mixed\n\n--xyzzy\nContent-Type: text/plain\n\nhello\n";
        assert_eq!(kinds(open), [("text/plain".to_owned(), "hello".to_owned())]);
        let never = "Content-Type: multipart/mixed; boundary=b\n\nhello\n";
        assert_eq!(kinds(never), [("text/plain".to_owned(), "hello".to_owned())]);
    }

    #[test]
    fn addresses() {
        for (text, want) in [
            ("<A.b@Example.CA>", Some("A.b@example.ca")),
            ("mailto:x@y.test", Some("x@y.test")),
            ("\"a b\"@y.test", Some("\"a b\"@y.test")),
            ("x@y.test.", Some("x@y.test")),
            ("a b@y.test", None),
            ("a\u{202E}b@y.test", None),
            ("\"a\u{0}b\"@y.test", None),
            ("@y.test", None),
            ("x@", None),
            ("x", None),
        ] {
            assert_eq!(address(text).as_deref(), want, "{text}");
        }
    }
}
