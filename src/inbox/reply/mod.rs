//! Owns what a person newly wrote in a mail: its text, its language, the command that it plainly
//! is. Never takes quoted words for new ones.

mod attribution;
pub(super) mod command;
pub mod html;
mod marks;
mod trim;

use std::borrow::Cow;

pub use command::{command, lang, says_more};

use super::mime::Mail;
use super::reading::Reply;
use super::text::clean_text;
use html::{Line, Mark};

/// What text says: command and language.
#[must_use]
pub fn of_text(text: String) -> Reply {
    Reply { command: command(&text), lang: lang(&text), text }
}

/// The new text of a mail: from its plain part, or from its HTML where there is none or the
/// plain one is empty.
#[must_use]
pub fn of_mail(mail: &Mail<'_>) -> Option<String> {
    let shown =
        |mime: &str| mail.parts.iter().find(|part| part.content.mime == mime && !part.attached);
    let plain = shown("text/plain").map(super::mime::Part::text);
    if let Some(plain) = plain.filter(|text| !text.trim().is_empty()) {
        return Some(match unquoted(&plain) {
            Cow::Borrowed(clean) => from_clean(clean),
            Cow::Owned(text) => from_clean(&clean_text(&text)),
        });
    }
    shown("text/html").map(|part| from_html(&part.text()))
}

/// Everything that a mail shows as text, quotes included: for the desk, where no new text was
/// found in a person's mail.
#[must_use]
pub fn whole(mail: &Mail<'_>) -> String {
    let shown =
        |mime: &str| mail.parts.iter().find(|part| part.content.mime == mime && !part.attached);
    if let Some(part) = shown("text/plain") {
        return part.text();
    }
    let lines = shown("text/html").map(|part| html::lines(&part.text())).unwrap_or_default();
    let lines = lines.into_iter().take(super::guard::REPLY_LINES_MAX).map(|line| line.text);
    lines.collect::<Vec<_>>().join("\n")
}

/// The new text of a plain body.
#[must_use]
pub fn from_plain(text: &str) -> String {
    from_clean(&clean_text(&unquoted(text)))
}

fn from_clean(text: &str) -> String {
    let lines = text.lines().map(|line| Line { text: line.to_owned(), mark: Mark::Plain });
    let lines: Vec<Line> = lines.take(super::guard::REPLY_LINES_MAX).collect();
    trim::new_text(&lines)
}

/// Quoted-printable that no field declares, as some gateways leave it, is undone.
fn unquoted(text: &str) -> Cow<'_, str> {
    let soft = text.lines().filter(|line| line.ends_with('=')).count();
    let coded = ["=C3=", "=E2=80=", "=3D", "=C2=A0"].iter().any(|code| text.contains(code));
    if soft < 2 || !coded {
        return Cow::Borrowed(text);
    }
    let octets = super::mime::decode::quoted_printable(text.as_bytes());
    Cow::Owned(String::from_utf8_lossy(&octets).into_owned())
}

/// The new text of an HTML body.
#[must_use]
pub fn from_html(html: &str) -> String {
    let mut lines = html::lines(html);
    lines.truncate(super::guard::REPLY_LINES_MAX);
    html::clean(&mut lines);
    trim::new_text(&lines)
}

/// The new text of one raw mail.
#[must_use]
pub fn new_text(raw: &[u8]) -> String {
    let (octets, _) = super::guard::ready(raw);
    of_mail(&super::mime::parse(&octets)).unwrap_or_default()
}
