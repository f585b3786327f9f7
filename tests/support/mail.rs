//! Owns reading a mail as its recipient sees it: decoded texts, headers, links. Knows nothing of
//! what relance writes.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// A mail, taken apart.
#[derive(Debug, Clone)]
pub struct Mail {
    raw: String,
    headers: Vec<(String, String)>,
    /// Decoded subject.
    pub subject: String,
    /// Decoded plain text (the first such part).
    pub text: String,
    /// Decoded HTML; empty where there is none.
    pub html: String,
    /// The parts' types, in order: `multipart/report`, `text/plain` …
    pub types: Vec<String>,
}

impl Mail {
    /// Takes a mail apart. Panics where it is none.
    pub fn read(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).expect("a mail");
        let part = |wanted: fn(&PartType<'_>) -> Option<String>| {
            message.parts.iter().find_map(|p| wanted(&p.body)).unwrap_or_default()
        };
        Self {
            raw: String::from_utf8_lossy(raw).into_owned(),
            headers: message
                .headers_raw()
                .map(|(name, value)| (name.to_ascii_lowercase(), unfolded(value)))
                .collect(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: part(|body| match body {
                PartType::Text(text) => Some(text.to_string()),
                _ => None,
            }),
            html: part(|body| match body {
                PartType::Html(html) => Some(html.to_string()),
                _ => None,
            }),
            types: types(&message),
        }
    }

    /// The mail as it came.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The first header of that name (any case), unfolded, not decoded.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).next()
    }

    /// All headers of that name (any case), topmost first.
    pub fn headers_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_ascii_lowercase();
        self.headers.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Every http(s) link of the plain text, in order.
    pub fn text_links(&self) -> Vec<String> {
        self.text
            .match_indices("http")
            .map(|(at, _)| &self.text[at..])
            .filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"))
            .map(|rest| {
                let end = rest.find(|c: char| c.is_whitespace() || "<>\"".contains(c));
                rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ')']).to_owned()
            })
            .collect()
    }

    /// Every `href` of the HTML, in order.
    pub fn html_links(&self) -> Vec<String> {
        self.html
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(link, _)| link.replace("&amp;", "&"))
            .collect()
    }

    /// The path and query of the first link, in text or HTML, that has `part` in it.
    pub fn path_with(&self, part: &str) -> Option<String> {
        let link =
            self.text_links().into_iter().chain(self.html_links()).find(|l| l.contains(part))?;
        let (_, rest) = link.split_once("://")?;
        Some(rest.find('/').map_or_else(|| "/".into(), |slash| rest[slash..].to_owned()))
    }
}

fn types(message: &Message<'_>) -> Vec<String> {
    message
        .parts
        .iter()
        .map(|part| {
            part.content_type().map_or_else(
                || "text/plain".into(),
                |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or_default()),
            )
        })
        .collect()
}

fn unfolded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}
