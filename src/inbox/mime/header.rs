//! Owns one header: its fields in order, as they stand in the octets (RFC 5322 §2.2), and the
//! lists of addresses and ids in them. Lenient: the first line that is neither field nor
//! continuation ends the header.

use super::decode;
use crate::inbox::guard::{ADDRESSES_MAX, FIELDS_MAX, HEADER_OCTETS_MAX, ID_OCTETS_MAX};
use crate::inbox::text::clean_line;

/// The fields of one header, borrowed from the mail.
#[derive(Debug, Default)]
pub struct Header<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

/// One address of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Decoded display name or comment, cleaned.
    pub name: String,
    /// The address with a lower-case domain; never empty.
    pub address: String,
}

impl<'a> Header<'a> {
    /// The header at the start of these octets, and where the body begins.
    pub fn parse(octets: &'a [u8]) -> (Self, usize) {
        let mut fields: Vec<(&[u8], &[u8])> = Vec::with_capacity(24);
        let mut at = 0;
        while at < octets.len() {
            let end = line_end(octets, at);
            let line = trim_line(&octets[at..end]);
            if line.is_empty() {
                return (Self { fields }, end);
            }
            if at > HEADER_OCTETS_MAX || fields.len() >= FIELDS_MAX {
                let body = body_start(octets, at);
                return (Self { fields }, body);
            }
            if matches!(line[0], b' ' | b'\t') {
                if let Some((_, value)) = fields.last_mut() {
                    let start = offset_in(octets, value);
                    *value = &octets[start..at + line.len()];
                }
            } else if let Some(colon) = field_colon(line) {
                fields.push((trim_end(&line[..colon]), &line[colon + 1..]));
            } else if !is_envelope_line(line) {
                return (Self { fields }, at);
            }
            at = end;
        }
        (Self { fields }, octets.len())
    }

    /// Raw octets of the first field of that name.
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Raw octets of every field of that name, in order.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'a [u8]> + 'h {
        let named = move |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().filter(named).map(|&(_, value)| value)
    }

    /// Whether a field of that name stands here.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first such field unfolded, not decoded; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.raw(name).map(unfold).unwrap_or_default()
    }

    /// The first such field with encoded words decoded, cleaned.
    pub fn decoded(&self, name: &str) -> String {
        clean_line(&decode::encoded_words(&self.text(name)))
    }

    /// The addresses of every field of that name.
    pub fn addresses(&self, name: &str) -> Vec<Mailbox> {
        let mut found = Vec::new();
        for value in self.all(name) {
            addresses_in(&unfold(value), &mut found);
        }
        found
    }

    /// The ids (`<…>`) of every field of that name, without brackets: printable ASCII, bounded.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for value in self.all(name) {
            let text = unfold(value);
            let mut rest = text.as_str();
            while let Some((_, after)) = rest.split_once('<') {
                let Some((id, after)) = after.split_once('>') else { break };
                let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
                if is_id(&id) && found.len() < ADDRESSES_MAX {
                    found.push(id);
                }
                rest = after;
            }
            let bare = text.trim().trim_matches(['<', '>']);
            if found.is_empty() && bare.contains('@') && is_id(bare) {
                found.push(bare.to_owned());
            }
        }
        found
    }
}

/// Whether an id can stand in a field of an answer (RFC 5322 §3.6.4): what cannot is none.
fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    (1..=ID_OCTETS_MAX).contains(&id.len()) && id.bytes().all(plain)
}

/// Where the line that starts at `at` ends, its LF included.
pub fn line_end(octets: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &octets[at..]).map_or(octets.len(), |found| at + found + 1)
}

/// A line without its line end.
pub fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn trim_end(name: &[u8]) -> &[u8] {
    name.trim_ascii_end()
}

/// The colon of `Name: value`; `None` where the line is no field.
fn field_colon(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let plain = |&b: &u8| (33..=126).contains(&b);
    (!name.is_empty() && name.len() <= 100 && name.iter().all(plain)).then_some(colon)
}

/// Lines that stand before or in a header without being fields: mbox separators, and lines of
/// nothing but NUL or control octets.
fn is_envelope_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ") || line.iter().all(|&b| b < 32)
}

/// Where the body begins after a header that was too long to read.
fn body_start(octets: &[u8], mut at: usize) -> usize {
    while at < octets.len() {
        let end = line_end(octets, at);
        if trim_line(&octets[at..end]).is_empty() {
            return end;
        }
        at = end;
    }
    octets.len()
}

fn offset_in(octets: &[u8], inner: &[u8]) -> usize {
    inner.as_ptr() as usize - octets.as_ptr() as usize
}

/// One field value on one line. Octets that are no UTF-8 are read as Windows-1252.
pub fn unfold(value: &[u8]) -> String {
    let text = decode::charset(value, "");
    if !text.contains('\n') {
        return text.trim().to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if out.is_empty() { line.trim() } else { line.trim_end() };
        if line.trim_start().len() < line.len() && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line.trim_start());
    }
    out
}

/// Splits an address list leniently: commas and semicolons outside quotes, brackets and comments
/// part addresses; `group:` prefixes are dropped.
pub fn addresses_in(text: &str, found: &mut Vec<Mailbox>) {
    let (mut quoted, mut angle, mut comment, mut start) = (false, false, 0_u32, 0);
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '"' if comment == 0 => quoted = !quoted,
            '(' if !quoted => comment += 1,
            ')' if !quoted => comment = comment.saturating_sub(1),
            '<' if !quoted && comment == 0 => angle = true,
            '>' if !quoted && comment == 0 => angle = false,
            ',' | ';' if !quoted && !angle && comment == 0 => {
                push_mailbox(&text[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    push_mailbox(&text[start..], found);
}

fn push_mailbox(item: &str, found: &mut Vec<Mailbox>) {
    if found.len() >= ADDRESSES_MAX {
        return;
    }
    let item = item.trim();
    let (name, address) = match item.rfind('<') {
        Some(open) => {
            let inner = &item[open + 1..];
            (&item[..open], inner.split('>').next().unwrap_or(inner))
        }
        None => match item.split_once('(') {
            Some((address, comment)) => (comment.trim_end_matches(')'), address),
            None => match item.split_whitespace().find(|word| word.contains('@')) {
                Some(word) => ("", word),
                None => return,
            },
        },
    };
    if let Some(address) = super::address(address) {
        let name = decode::encoded_words(name.trim().trim_matches('"'));
        found.push(Mailbox { name: clean_line(&name.replace("\\\"", "\"")), address });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_order() {
        let (header, body) = Header::parse(b"A: 1\r\nb : two\r\n\t three\r\nA: 4\r\n\r\nbody");
        assert_eq!(header.text("a"), "1");
        assert_eq!(header.text("B"), "two three");
        assert_eq!(header.all("A").count(), 2);
        assert_eq!(body, 32);
    }

    #[test]
    fn a_header_without_end_or_with_rubbish() {
        let (header, body) = Header::parse(b"From x\nA: 1\nthis is text\n");
        assert_eq!((header.text("A").as_str(), body), ("1", 12));
        let (header, body) = Header::parse(b"A: 1");
        assert_eq!((header.text("A").as_str(), body), ("1", 4));
        assert!(Header::parse(b"").0.is_empty());
    }

    #[test]
    fn ids_that_an_answer_can_name() {
        let long = "a".repeat(ID_OCTETS_MAX);
        for (value, want) in [
            ("<a@x.test> <b\r\n @x.test>".to_owned(), vec!["a@x.test", "b@x.test"]),
            ("a@x.test".to_owned(), vec!["a@x.test"]),
            ("<é@x.test> <c<d@x.test> <e\u{0}@x.test> <f@x.test>".to_owned(), vec!["f@x.test"]),
            (format!("<{long}@x.test>"), vec![]),
            ("a\tb@x.test".to_owned(), vec![]),
        ] {
            let raw = format!("Message-ID: {value}\r\n\r\n");
            assert_eq!(Header::parse(raw.as_bytes()).0.ids("Message-ID"), want, "{value}");
        }
    }

    #[test]
    fn address_lists() {
        for (text, want) in [
            ("a@X.example, \"B, C\" <b@x.test>", vec![("", "a@x.example"), ("B, C", "b@x.test")]),
            ("a@x.test (Jean Roy)", vec![("Jean Roy", "a@x.test")]),
            ("=?utf-8?Q?Ren=C3=A9?= <r@x.test>", vec![("René", "r@x.test")]),
            ("undisclosed-recipients:;", vec![]),
            ("\"x <evil@x.test>\" <b@x.test>", vec![("x <evil@x.test>", "b@x.test")]),
            ("MAILER-DAEMON", vec![]),
        ] {
            let mut found = Vec::new();
            addresses_in(text, &mut found);
            let found: Vec<_> =
                found.iter().map(|m| (m.name.as_str(), m.address.as_str())).collect();
            assert_eq!(found, want, "{text}");
        }
    }
}
