//! Owns the turning of HTML mail into lines, and what its markup tells about quoting: block
//! quotes, the containers in which mail programs put what they quote, signatures. Lenient and
//! bounded: no tree is built, unclosed elements cost nothing.

use std::sync::LazyLock;

use mail_parser::decoders::html::add_html_token;

use crate::inbox::phrases::Phrases;
use crate::inbox::text::clean_text;

/// What the markup around a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Nothing.
    #[default]
    Plain,
    /// Quoted, or the line that introduces a quote.
    Quoted,
    /// A signature.
    Signature,
    /// Everything from here on is the mail answered to.
    Cut,
}

/// One line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Without line end.
    pub text: String,
    /// What its markup says.
    pub mark: Mark,
}

/// Elements kept open at one time; deeper ones are read as if not nested.
const OPEN_MAX: usize = 256;
/// Longest tag that is looked at.
const TAG_OCTETS_MAX: usize = 4096;
/// Longest entity that is looked at.
const ENTITY_OCTETS_MAX: usize = 12;

/// Markers in `class`, `id`, `name` or `style` of an element, and what they mean for what is
/// inside (or, for [`Mark::Cut`], after). One row a mail program.
const MARKERS: &[(&str, Mark)] = &[
    // Gmail
    ("gmail_attr", Mark::Quoted),
    ("gmail_signature", Mark::Signature),
    // Thunderbird
    ("moz-cite-prefix", Mark::Quoted),
    ("moz-signature", Mark::Signature),
    ("moz-forward-container", Mark::Cut),
    // Yahoo
    ("yahoo_quoted", Mark::Quoted),
    ("yahooquoted", Mark::Quoted),
    ("ymail_android_signature", Mark::Signature),
    // Outlook: web and mobile, desktop (the line above the header block), Hotmail, Mac
    ("divrplyfwdmsg", Mark::Cut),
    ("appendonsend", Mark::Cut),
    ("ms-outlook-mobile-reference-message", Mark::Cut),
    ("mail-editor-reference-message", Mark::Cut),
    ("ms-outlook-mobile-signature", Mark::Signature),
    ("ms-outlook-ios-signature", Mark::Signature),
    ("border:none;border-top:solid", Mark::Cut),
    ("border-top:solid#b5c4df", Mark::Cut),
    ("border-top:1pxsolidrgb(229,229,229)", Mark::Cut),
    ("stopspelling", Mark::Cut),
    ("olk_src_body_section", Mark::Cut),
    ("\"signature\"", Mark::Signature),
    ("\"x_signature\"", Mark::Signature),
    // Apple Mail
    ("applemailsignature", Mark::Signature),
    // Samsung, Roundcube, GMX, Superhuman
    ("composer_signature", Mark::Signature),
    ("reply-intro", Mark::Quoted),
    ("name=\"quote\"", Mark::Quoted),
    ("sh-quoted-content", Mark::Quoted),
    // Proton, Zoho, Zimbra
    ("protonmail_quote", Mark::Quoted),
    ("protonmail_signature", Mark::Signature),
    ("zmail_extra", Mark::Quoted),
    ("zwchr", Mark::Cut),
    ("data-marker=\"__quoted_text__\"", Mark::Cut),
    ("data-marker=\"__sig_", Mark::Signature),
];

/// Which row of [`MARKERS`] stands in an element.
static MARKER: LazyLock<Phrases<usize>> = LazyLock::new(|| {
    let rows = MARKERS.iter().enumerate().map(|(row, (marker, _))| (row, vec![*marker]));
    Phrases::new(&rows.collect::<Vec<_>>())
});

const BLOCKS: &[&str] = &[
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "body",
    "blockquote",
    "section",
    "article",
    "header",
    "footer",
    "center",
    "hr",
    "dl",
    "dt",
    "dd",
    "form",
    "address",
];
const VOID: &[&str] = &["br", "hr", "img", "meta", "link", "input", "wbr", "area", "base", "col"];
/// Elements whose content is no text.
const UNSHOWN: &[&str] = &["style", "script", "title", "head", "template"];

struct Open {
    /// Its name's first octets: every closing element is compared with all that are open.
    brief: u64,
    name: String,
    mark: Mark,
}

fn brief(name: &str) -> u64 {
    name.bytes().take(8).fold(0, |brief, octet| brief << 8 | u64::from(octet))
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    text: String,
    /// The mark of the first visible character of the line.
    mark: Option<Mark>,
    open: Vec<Open>,
    cut: bool,
    pre: usize,
}

/// Lines of an HTML document.
#[must_use]
pub fn lines(html: &str) -> Vec<Line> {
    let mut reader = Reader::default();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(tag) = rest.find('<') else {
            reader.words(rest);
            break;
        };
        reader.words(&rest[..tag]);
        rest = reader.tag(&rest[tag..]);
    }
    reader.end_line();
    reader.lines
}

/// The text of an HTML document, quotes marked by `> `.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    for line in lines(html) {
        out.push_str(&line.text);
        out.push('\n');
    }
    out
}

impl Reader {
    /// Reads the tag at the start of `rest`; the answer is what follows it.
    fn tag<'h>(&mut self, rest: &'h str) -> &'h str {
        if let Some(comment) = rest.strip_prefix("<!--") {
            return comment.find("-->").map_or("", |end| &comment[end + 3..]);
        }
        let opens = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        if !opens {
            self.words("<");
            return &rest[1..];
        }
        let Some(end) = tag_end(rest) else { return "" };
        let inside = &rest[1..end];
        let after = rest.get(end + 1..).unwrap_or_default();
        let closing = inside.starts_with('/');
        let inside = inside.trim_start_matches('/');
        let name_end = inside.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inside.len());
        let name = inside[..name_end].to_ascii_lowercase();
        if closing {
            self.close(&name);
            return after;
        }
        if UNSHOWN.contains(&name.as_str()) && name != "head" {
            return skip_element(after, &name);
        }
        self.open(&name, &inside[name_end..]);
        after
    }

    fn open(&mut self, name: &str, attributes: &str) {
        let inherited = self.open.last().map_or(Mark::Plain, |open| open.mark);
        if name == "br" {
            self.end_line();
            return;
        }
        let block = BLOCKS.contains(&name);
        if block {
            self.break_block();
        }
        let mut mark = match (name, inherited) {
            ("blockquote", Mark::Plain) => Mark::Quoted,
            _ => inherited,
        };
        if !attributes.is_empty()
            && let Some(told) = marker(attributes)
        {
            match told {
                Mark::Cut => self.cut = true,
                told if mark == Mark::Plain => mark = told,
                _ => {}
            }
        }
        if name == "hr" && !self.cut {
            // A rule alone proves nothing; what follows it may.
            self.text.push_str("----------------");
            self.end_line();
        }
        if VOID.contains(&name) || attributes.ends_with('/') || self.open.len() >= OPEN_MAX {
            return;
        }
        if name == "pre" {
            self.pre += 1;
        }
        self.open.push(Open { brief: brief(name), name: name.to_owned(), mark });
    }

    fn close(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.break_block();
        }
        let wanted = brief(name);
        let same = |open: &Open| open.brief == wanted && open.name == name;
        if let Some(at) = self.open.iter().rposition(same) {
            self.open.truncate(at);
        }
        if name == "pre" {
            self.pre = self.pre.saturating_sub(1);
        }
    }

    /// Ends the line where something stands on it.
    fn break_block(&mut self) {
        if self.mark.is_some() {
            self.end_line();
        } else {
            self.text.clear();
        }
    }

    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        let inherited = self.open.last().map_or(Mark::Plain, |open| open.mark);
        let mark = if self.cut { Mark::Cut } else { self.mark.unwrap_or(inherited) };
        self.mark = None;
        let text = text.trim_end().trim_start_matches('\n').to_owned();
        self.lines.push(Line { text, mark });
    }

    fn words(&mut self, text: &str) {
        if self.pre > 0 {
            let text = text.replace("\r\n", "\n");
            let mut pieces = text.split(['\n', '\r']).peekable();
            while let Some(piece) = pieces.next() {
                self.piece(piece, false);
                if pieces.peek().is_some() {
                    self.end_line();
                }
            }
            return;
        }
        self.piece(text, true);
    }

    fn piece(&mut self, text: &str, collapse: bool) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c == '&'
                && let Some(end) = rest[..rest.floor_char_boundary(ENTITY_OCTETS_MAX)].find(';')
                && rest[1..end].chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
            {
                add_html_token(&mut self.text, &rest.as_bytes()[..=end], false);
                self.mark.get_or_insert(self.open.last().map_or(Mark::Plain, |o| o.mark));
                rest = &rest[end + 1..];
                continue;
            }
            if collapse && c.is_ascii_whitespace() {
                if !self.text.is_empty() && !self.text.ends_with(' ') {
                    self.text.push(' ');
                }
                rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
                continue;
            }
            let stays = |b: u8| b != b'&' && !(collapse && b.is_ascii_whitespace());
            let more = rest.as_bytes()[1..].iter().position(|b| !stays(*b));
            let run = more.map_or(rest.len(), |more| more + 1);
            self.text.push_str(&rest[..run]);
            self.mark.get_or_insert(self.open.last().map_or(Mark::Plain, |open| open.mark));
            rest = &rest[run..];
        }
    }
}

/// Where a tag ends, quotes respected; a tag without end ends where the next begins.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate().take(TAG_OCTETS_MAX) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.find('>')
}

/// What follows `</name`.
fn skip_element<'h>(rest: &'h str, name: &str) -> &'h str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let at = from + at;
        let tail = &rest.as_bytes()[at + 2..];
        if tail.len() >= name.len() && tail[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
        }
        from = at + 2;
    }
    ""
}

fn marker(attributes: &str) -> Option<Mark> {
    let plain: String = attributes
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '\'' { '"' } else { c.to_ascii_lowercase() })
        .collect();
    let found = MARKER.find(&plain).map(|(row, _, _)| row).min();
    found.map(|row| MARKERS[row].1).filter(|mark| *mark != Mark::Plain)
}

/// Cleans each line as a text body is cleaned.
pub fn clean(lines: &mut [Line]) {
    for line in lines {
        // A line end that an entity hides is none in HTML, and one line stays one.
        line.text = clean_text(&line.text.replace('\u{A0}', " ")).replace('\n', " ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_marks() {
        use Mark::{Cut, Plain, Quoted, Signature};
        for (html, want) in [
            ("<p>A &eacute;<br>b</p>", vec![("A é", Plain), ("b", Plain)]),
            (
                "x<blockquote>q<blockquote>r</blockquote></blockquote>y",
                vec![("x", Plain), ("q", Quoted), ("r", Quoted), ("y", Plain)],
            ),
            (
                "a<div id=\"divRplyFwdMsg\">From</div>b",
                vec![("a", Plain), ("From", Cut), ("b", Cut)],
            ),
            ("a<div class='gmail_signature'>s</div>", vec![("a", Plain), ("s", Signature)]),
            ("<style>p{}</style>a<!-- b -->c", vec![("ac", Plain)]),
            ("1 < 2 & 3 &unknown; <b", vec![("1 < 2 & 3 &unknown;", Plain)]),
            ("<pre>a\n  b</pre>", vec![("a", Plain), ("  b", Plain)]),
            ("<pre>a\r\nb\rc</pre>", vec![("a", Plain), ("b", Plain), ("c", Plain)]),
        ] {
            let found = lines(html);
            let found: Vec<_> = found
                .iter()
                .filter(|line| !line.text.is_empty())
                .map(|line| (line.text.as_str(), line.mark))
                .collect();
            assert_eq!(found, want, "{html}");
        }
    }

    #[test]
    fn a_line_stays_one() {
        let mut found = lines("<p>a&#13;&#x2028;b\rc</p>");
        clean(&mut found);
        assert_eq!(found.iter().map(|line| line.text.as_str()).collect::<String>(), "a  b c");
    }
}
