//! Owns what all messages of one shape share: a message rendered with a private character in the
//! place of each value of the member's own, cut at those places, and encoded as far as no such
//! value can change it (in quoted-printable every line stands for itself, RFC 2045 §6.7).
//!
//! Nothing searches a member's values for the private characters: they are put in when the places
//! are already cut. Never renders.

use std::borrow::Cow;

use super::frame::{member_name, member_no};
use super::mail::Parts;
use super::mime::{Body, Content};
use super::quoted::quote;
use super::text::{squeezed, wrap_line};
use super::{Links, MailFacts, PersonFacts};
use crate::domain::words::Lang;

/// How many values of a message may be the member's own.
pub(super) const SLOTS: usize = 5;

/// What stands for them while a skeleton is rendered, in the order of [`Own::values`]. Other
/// characters than the marks, of which values are freed.
const STAND_INS: [&str; SLOTS] = ["\u{e010}", "\u{e011}", "\u{e012}", "\u{e013}", "\u{e014}"];

/// The first of them.
const STAND_IN_FIRST: char = '\u{e010}';

/// An invented member whose values show whatever a template does to them beside showing them: both
/// cases, markup, white space, words and links too long for a line.
const PROBE: [&str; SLOTS] = [
    "Zoë d’Exemple-Tremblay <b>&amp;</b> \"De La  Très\u{a0}Longue\" 'Épreuve' de l’Exemple-sur-la-Ligne",
    " Ab\u{a0}<&\"'> é/9 ",
    "https://Probe.example/r/AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR?a=%C3%A9&b='<\">&c=AQECAwQFBgcIA",
    "https://Probe.example/u/AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR?a=%C3%A9&b='<\">&c=AQECAwQFBgcIB",
    "https://Probe.example/c/AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR?a=%C3%A9&b='<\">&c=AQECAwQFBgcIC",
];

/// The values of one message that are the member's own, as templates get them.
pub(super) struct Own<'a> {
    /// Name, member number, links: renew, unsubscribe, confirm. Empty: the message has none.
    values: [Cow<'a, str>; SLOTS],
}

impl<'a> Own<'a> {
    /// `None`: a value so strange (a blank number, a link with white space) that it could change
    /// the lines around it. Such a message is rendered whole.
    pub(super) fn of(facts: &'a MailFacts<'_>) -> Option<Self> {
        let (person, links) = (facts.person.as_ref(), &facts.links);
        let links = [&links.renew, &links.unsubscribe, &links.confirm];
        if !links.iter().all(|link| link.bytes().all(|b| b.is_ascii_graphic())) {
            return None;
        }
        let [renew, unsubscribe, confirm] = links.map(|link| Cow::Borrowed(link.as_str()));
        let (name, number) = (Cow::Owned(member_name(person)), Cow::Owned(member_no(person)));
        let values = [name, number, renew, unsubscribe, confirm];
        let blank = |v: &Cow<'_, str>| !v.is_empty() && v.chars().all(char::is_whitespace);
        (!values.iter().any(blank)).then_some(Self { values })
    }

    /// Which values there are.
    pub(super) fn present(&self) -> [bool; SLOTS] {
        self.values.each_ref().map(|v| !v.is_empty())
    }
}

/// The same message with stand-ins for the member's own values.
pub(super) fn stand_in<'a>(facts: &MailFacts<'a>, present: [bool; SLOTS]) -> MailFacts<'a> {
    with_values(facts, present, STAND_INS)
}

/// The same message to the invented member.
pub(super) fn probe<'a>(facts: &MailFacts<'a>, present: [bool; SLOTS]) -> MailFacts<'a> {
    with_values(facts, present, PROBE)
}

fn with_values<'a>(
    facts: &MailFacts<'a>,
    present: [bool; SLOTS],
    values: [&'static str; SLOTS],
) -> MailFacts<'a> {
    let value = |n: usize| if present[n] { values[n] } else { "" };
    let person = facts.person.map(|person| PersonFacts {
        given_name: value(0),
        family_name: "",
        member_no: value(1),
        ..person
    });
    let links = Links {
        payer: String::new(),
        renew: value(2).to_owned(),
        unsubscribe: value(3).to_owned(),
        confirm: value(4).to_owned(),
    };
    MailFacts { person, links, ..facts.clone() }
}

/// One shape of message.
#[derive(Debug)]
pub(super) struct Skeleton {
    subject: String,
    text: Part,
    html: Part,
    first: Lang,
}

impl Skeleton {
    /// Cuts what was rendered with stand-ins. `None`: not a message that can be cut.
    pub(super) fn of(parts: Parts) -> Option<Self> {
        let html = Part::html(&parts.html?)?;
        let text = Part::text(&parts.text)?;
        // A subject is trimmed and encoded as one.
        let whole = !parts.subject.contains(|c| slot(c).is_some());
        whole.then_some(Self { subject: parts.subject, text, html, first: parts.first })
    }

    /// Puts a member's own values in. `None`: they would change more than their lines.
    pub(super) fn fill(&self, own: &Own<'_>) -> Option<Content> {
        Some(Content {
            subject: self.subject.clone(),
            text: self.text.fill(own, Medium::Text)?,
            html: Some(self.html.fill(own, Medium::Html)?),
            first: self.first,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    /// Wrapped once the values are in.
    Text,
    /// Values escaped.
    Html,
}

/// One MIME part.
#[derive(Debug, Default)]
struct Part {
    pieces: Vec<Piece>,
    /// Octets of [`Piece::Ready`].
    ready_bytes: usize,
    /// What decides how lettre would encode the whole.
    weight: Weight,
}

#[derive(Debug)]
enum Piece {
    /// Whole lines, encoded.
    Ready(Vec<u8>),
    /// A line with values of the member's own.
    Line(Vec<Segment>),
}

#[derive(Debug)]
enum Segment {
    Fixed(String),
    /// Index into [`Own::values`].
    Own(usize),
}

/// Octets before encoding, and those that quoted-printable takes three for.
#[derive(Debug, Default, Clone, Copy)]
struct Weight {
    bytes: usize,
    escaped: usize,
}

impl Weight {
    fn add(&mut self, text: &str) {
        self.bytes += text.len();
        self.escaped += text.bytes().filter(|b| !matches!(b, b'\t' | b' '..=b'~')).count();
    }

    /// Where more than a third is escaped, base64 is shorter.
    fn suits_quoted_printable(self) -> bool {
        self.escaped <= self.bytes / 3
    }
}

impl Part {
    fn text(rendered: &str) -> Option<Self> {
        let mut cutter = Cutter::default();
        for line in squeezed(rendered) {
            if !cutter.cut(line) {
                wrap_line(line, &mut cutter.pending);
            }
        }
        cutter.finish()
    }

    fn html(rendered: &str) -> Option<Self> {
        let mut cutter = Cutter::default();
        for line in rendered.split_inclusive('\n') {
            if !cutter.cut(line) {
                cutter.pending.push_str(line);
            }
        }
        cutter.finish()
    }

    fn fill(&self, own: &Own<'_>, medium: Medium) -> Option<Body> {
        /// For the lines that are not ready: a dozen, some of them long.
        const ROOM_BYTES: usize = 8192;
        let mut bytes = Vec::with_capacity(self.ready_bytes + ROOM_BYTES);
        let mut weight = self.weight;
        let (mut line, mut wrapped) = (String::new(), String::new());
        for piece in &self.pieces {
            let segments = match piece {
                Piece::Ready(ready) => {
                    bytes.extend_from_slice(ready);
                    continue;
                }
                Piece::Line(segments) => segments,
            };
            line.clear();
            for segment in segments {
                match segment {
                    Segment::Fixed(text) => line.push_str(text),
                    Segment::Own(n) if medium == Medium::Html => escape(&own.values[*n], &mut line),
                    Segment::Own(n) => line.push_str(&own.values[*n]),
                }
            }
            let lines = if medium == Medium::Text {
                wrapped.clear();
                wrap_line(line.trim_end(), &mut wrapped);
                &wrapped
            } else {
                &line
            };
            weight.add(lines);
            quote(lines, &mut bytes);
        }
        weight.suits_quoted_printable().then(|| Body::of_quoted(bytes))
    }
}

#[derive(Default)]
struct Cutter {
    part: Part,
    /// Lines without a stand-in, not yet encoded.
    pending: String,
    beyond_ascii: bool,
}

impl Cutter {
    /// Takes a line that holds stand-ins. `false`: it holds none.
    fn cut(&mut self, line: &str) -> bool {
        let mut segments = Vec::new();
        let mut from = 0;
        for (at, c) in line.char_indices() {
            let Some(n) = slot(c) else { continue };
            if at > from {
                segments.push(Segment::Fixed(line[from..at].to_owned()));
            }
            segments.push(Segment::Own(n));
            from = at + c.len_utf8();
        }
        if segments.is_empty() {
            return false;
        }
        if from < line.len() {
            segments.push(Segment::Fixed(line[from..].to_owned()));
        }
        self.flush();
        self.part.pieces.push(Piece::Line(segments));
        true
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.part.weight.add(&self.pending);
        self.beyond_ascii |= !self.pending.is_ascii();
        let mut ready = Vec::new();
        quote(&self.pending, &mut ready);
        self.part.ready_bytes += ready.len();
        self.part.pieces.push(Piece::Ready(ready));
        self.pending.clear();
    }

    /// Text that is all ASCII may go out as it is: whether it may then depends on the values.
    fn finish(mut self) -> Option<Part> {
        self.flush();
        self.beyond_ascii.then_some(self.part)
    }
}

/// Which value that character stands for.
fn slot(c: char) -> Option<usize> {
    (c as usize).checked_sub(STAND_IN_FIRST as usize).filter(|n| *n < SLOTS)
}

/// As tera escapes what `{{ }}` shows in HTML.
fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}
