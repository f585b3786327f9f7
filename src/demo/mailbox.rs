//! Owns reading what the daemon sent: every member's and every desk's mail, in one Maildir.
//! Never changes it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use mail_parser::MessageParser;

use crate::ids::MessageId;

/// What the Maildir transport puts behind a message's id.
const SUFFIX: &str = ".relance";

/// All mails, in memory as far as a list needs them.
pub struct Mailbox {
    dir: PathBuf,
    web: SocketAddr,
    known: Mutex<BTreeMap<MessageId, Arc<Envelope>>>,
}

/// What a list shows of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its id, which is its file's name.
    pub id: MessageId,
    /// Sender's name and address.
    pub from: Person,
    /// To whom.
    pub to: Person,
    /// Subject.
    pub subject: String,
    /// Its Date.
    pub date: Timestamp,
}

/// A name and an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// May be empty.
    pub name: String,
    /// Address.
    pub address: String,
}

impl Person {
    /// The name, or the address where there is none.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }
}

/// A mail in full.
#[derive(Debug, Clone)]
pub struct Opened {
    /// As in the list.
    pub envelope: Arc<Envelope>,
    /// Where bounces go.
    pub envelope_from: String,
    /// Where answers go.
    pub reply_to: String,
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// The text part.
    pub text: String,
    /// The HTML part, where there is one.
    pub html: Option<String>,
    /// The whole file.
    pub source: String,
    /// Paths on the members' pages, in order of appearance, each once.
    pub paths: Vec<String>,
}

impl Opened {
    /// The first link of that page: `r`, `u` or `c`.
    #[must_use]
    pub fn path(&self, page: &str) -> Option<&str> {
        let prefix = format!("/{page}/");
        self.paths.iter().find(|p| p.starts_with(&prefix)).map(String::as_str)
    }
}

impl Mailbox {
    /// The Maildir `dir`; links of its mails lead to `web`.
    #[must_use]
    pub fn new(dir: &Path, web: SocketAddr) -> Self {
        Self { dir: dir.join("new"), web, known: Mutex::default() }
    }

    /// Looks for new mails; gives all, oldest first.
    pub fn list(&self) -> io::Result<Vec<Arc<Envelope>>> {
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|n| n.strip_suffix(SUFFIX));
            ids.extend(id.and_then(MessageId::from_hex));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if !known.contains_key(&id)
                && let Some(opened) = self.read(id)?
            {
                known.insert(id, opened.envelope);
            }
        }
        let mut all: Vec<Arc<Envelope>> = known.values().cloned().collect();
        all.sort_by_key(|e| (e.date, e.id));
        Ok(all)
    }

    /// One mail; `None` where it is not here.
    pub fn read(&self, id: MessageId) -> io::Result<Option<Opened>> {
        match std::fs::read(self.dir.join(format!("{id}{SUFFIX}"))) {
            Ok(raw) => Ok(open(id, &raw, self.web)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

fn open(id: MessageId, raw: &[u8], web: SocketAddr) -> Option<Opened> {
    let mail = MessageParser::default().parse(raw)?;
    let source = String::from_utf8_lossy(raw).into_owned();
    let first = |address: Option<&mail_parser::Address<'_>>| {
        let one = address.and_then(|a| a.first());
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Person {
            name: text(one.and_then(|a| a.name())),
            address: text(one.and_then(|a| a.address())),
        }
    };
    let text = mail.body_text(0).map(|t| t.replace("\r\n", "\n")).unwrap_or_default();
    let is_html = mail.html_body.iter().any(|part| {
        mail.parts.get(*part as usize).is_some_and(mail_parser::MessagePart::is_text_html)
    });
    Some(Opened {
        envelope: Arc::new(Envelope {
            id,
            from: first(mail.from()),
            to: first(mail.to()),
            subject: mail.subject().unwrap_or_default().to_owned(),
            date: mail
                .date()
                .and_then(|d| Timestamp::from_second(d.to_timestamp()).ok())
                .unwrap_or_default(),
        }),
        envelope_from: top(&source, "Return-Path:"),
        reply_to: first(mail.reply_to()).address,
        message_id: mail.message_id().unwrap_or_default().to_owned(),
        html: is_html.then(|| mail.body_html(0).unwrap_or_default().into_owned()),
        paths: paths(&text, web),
        text,
        source,
    })
}

/// A field that the delivery put on top.
fn top(source: &str, name: &str) -> String {
    let line = source.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_matches(['<', '>']).to_owned()
}

/// Paths of the links that lead to the members' pages.
fn paths(text: &str, web: SocketAddr) -> Vec<String> {
    let base = format!("http://{web}");
    let mut out: Vec<String> = Vec::new();
    for (at, _) in text.match_indices(&base) {
        let rest = &text[at + base.len()..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let path = rest[..end].to_owned();
        if path.len() > 1 && !out.contains(&path) {
            out.push(path);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_and_its_links() {
        let web = SocketAddr::from(([127, 0, 0, 1], 1080));
        let raw = "Return-Path: <b+x@bounce.test>\r\nDelivered-To: a@members.example\r\n\
            From: OPPI <renewal@oppi.example.ca>\r\nTo: =?utf-8?B?Wm/DqQ==?= <a@members.example>\r\n\
            Reply-To: r+y@reply.test\r\nSubject: One\r\nMessage-ID: <m@bounce.test>\r\n\
            Date: Tue, 3 Nov 2026 09:00:00 -0500\r\n\r\n\
            http://127.0.0.1:1080/r/abc\r\nthen http://127.0.0.1:1080/u/def.\r\nhttp://127.0.0.1:1080/r/abc\r\n";
        let opened = open(MessageId([1; 8]), raw.as_bytes(), web).unwrap();
        assert_eq!(opened.envelope_from, "b+x@bounce.test");
        assert_eq!(opened.reply_to, "r+y@reply.test");
        assert_eq!(opened.message_id, "m@bounce.test");
        assert_eq!(opened.envelope.to.shown(), "Zoé");
        assert_eq!(opened.envelope.date.to_string(), "2026-11-03T14:00:00Z");
        assert_eq!(opened.paths, ["/r/abc", "/u/def."]);
        assert_eq!(opened.path("r"), Some("/r/abc"));
        assert_eq!(opened.html, None);
    }
}
