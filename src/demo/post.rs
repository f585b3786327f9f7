//! Owns putting mail into the daemon's inbox, as our own mail server would: what a person writes
//! in answer to a mail, in the styles of the usual programs, with the server's trace header on
//! top. Reports are [`super::report`]'s.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox as Correspondent, Message};

use super::mailbox::{Opened, Person};
use crate::clock::Clock;
use crate::domain::words::Lang;

/// A reply quotes no more lines than this: the rest adds nothing.
const QUOTED_LINES_MAX: usize = 60;

/// Our mail server's delivery.
pub struct Postman {
    dir: PathBuf,
    authserv: String,
    clock: Clock,
    last_ms: AtomicI64,
}

/// How a mail program quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `On … wrote:` and `>`.
    Gmail,
    /// A block of header lines, then the text.
    Outlook,
}

/// An answer to a mail.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    /// What it answers.
    pub to: &'a Opened,
    /// Who writes.
    pub from: &'a Person,
    /// The new words.
    pub words: &'a str,
    /// Language of the mail program.
    pub lang: Lang,
    /// How it quotes.
    pub style: Style,
    /// Subject; empty: `Re:` and the mail's.
    pub subject: &'a str,
    /// Header lines more, each ended by CR LF.
    pub header: &'a str,
}

impl Postman {
    /// Delivers into the Maildir `dir`; `authserv` is the name that our server gives itself.
    #[must_use]
    pub fn new(dir: &Path, authserv: &str, clock: Clock) -> Self {
        let (dir, authserv) = (dir.to_owned(), authserv.to_owned());
        Self { dir, authserv, clock, last_ms: AtomicI64::new(0) }
    }

    /// Delivers raw octets for `rcpt` from envelope sender `sender`. Returns the mail's key in
    /// the mailbox. Mails arrive in the order of these calls, at the calendar's time.
    pub fn deliver(&self, sender: &str, rcpt: &str, raw: &str) -> io::Result<String> {
        let now_ms = self.clock.now().as_millisecond();
        let next = |last: i64| Some(now_ms.max(last + 1));
        let last = self.last_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        let at_ms = now_ms.max(last.unwrap_or_default() + 1);
        let key = format!("{at_ms}.demo");
        let draft = self.dir.join("tmp").join(&key);
        let text = format!("Return-Path: <{sender}>\r\nDelivered-To: {rcpt}\r\n{raw}");
        fs::write(&draft, text)?;
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(at_ms).unwrap_or_default());
        File::options().write(true).open(&draft)?.set_modified(at)?;
        fs::rename(&draft, self.dir.join("new").join(&key))?;
        Ok(key)
    }

    /// Delivers a person's answer, whose sender our server could verify.
    pub fn reply(&self, reply: &Reply<'_>) -> io::Result<String> {
        let now = self.clock.now();
        let domain = reply.from.address.rsplit('@').next().unwrap_or_default();
        let trace = format!(
            "Authentication-Results: {}; dmarc=pass header.from={domain};\r\n \
             dkim=pass header.d={domain}\r\n",
            self.authserv
        );
        let written = write(reply, now).map_err(io::Error::other)?;
        let raw = format!("{trace}{}{written}", reply.header);
        self.deliver(&reply.from.address, &reply.to.reply_to, &raw)
    }

    /// Delivers a mail that answers nothing of ours.
    pub fn stray(
        &self,
        from: &Person,
        rcpt: &str,
        subject: &str,
        words: &str,
    ) -> io::Result<String> {
        let now = self.clock.now();
        let message = Message::builder()
            .from(correspondent(from).map_err(io::Error::other)?)
            .to(rcpt.parse().map_err(io::Error::other)?)
            .subject(subject)
            .message_id(Some(own_id(now, &from.address, words)))
            .date(system(now))
            .header(ContentType::TEXT_PLAIN)
            .body(words.to_owned())
            .map_err(io::Error::other)?;
        let raw = format!(
            "Authentication-Results: {}; none\r\n{}",
            self.authserv,
            String::from_utf8_lossy(&message.formatted())
        );
        self.deliver(&from.address, rcpt, &raw)
    }
}

fn correspondent(person: &Person) -> Result<Correspondent, lettre::address::AddressError> {
    let name = (!person.name.is_empty()).then(|| person.name.clone());
    Ok(Correspondent::new(name, person.address.parse()?))
}

pub(super) fn system(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

/// A Message-ID as the member's mail program makes one.
fn own_id(now: Timestamp, from: &str, about: &str) -> String {
    use sha2::{Digest, Sha256};
    let text = format!("{}{from}{about}", now.as_millisecond());
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..9]);
    format!("<{digest}@{}>", from.rsplit('@').next().unwrap_or_default())
}

fn write(
    reply: &Reply<'_>,
    now: Timestamp,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let to = reply.to;
    let subject = match reply.subject {
        "" => format!("Re: {}", to.envelope.subject),
        own => own.to_owned(),
    };
    let id = format!("<{}>", to.message_id);
    let message = Message::builder()
        .from(correspondent(reply.from)?)
        .to(to.reply_to.parse()?)
        .subject(subject)
        .in_reply_to(id.clone())
        .references(id)
        .message_id(Some(own_id(now, &reply.from.address, &to.message_id)))
        .date(system(now))
        .header(ContentType::TEXT_PLAIN)
        .body(body(reply))?;
    Ok(String::from_utf8_lossy(&message.formatted()).into_owned())
}

fn body(reply: &Reply<'_>) -> String {
    let envelope = &reply.to.envelope;
    let (name, address) = (envelope.from.shown(), &envelope.from.address);
    let day = envelope.date;
    let mut out =
        format!("{}\r\n\r\n", reply.words.trim().replace("\r\n", "\n").replace('\n', "\r\n"));
    let quoted = reply.to.text.lines().take(QUOTED_LINES_MAX);
    match (reply.style, reply.lang) {
        (Style::Gmail, Lang::En) => {
            let when = day.strftime("%a, %b %-d, %Y at %-I:%M %p");
            let _ = write!(out, "On {when} {name} <{address}> wrote:\r\n\r\n");
        }
        (Style::Gmail, Lang::Fr) => {
            let when = day.strftime("%Y-%m-%d à %H:%M");
            let _ = write!(out, "Le {when}, {name} <{address}> a écrit :\r\n\r\n");
        }
        (Style::Outlook, Lang::En) => {
            let when = day.strftime("%B %-d, %Y %-I:%M %p");
            let _ = write!(
                out,
                "________________________________\r\nFrom: {name} <{address}>\r\nSent: {when}\r\n\
                 To: {}\r\nSubject: {}\r\n\r\n",
                envelope.to.address, envelope.subject
            );
        }
        (Style::Outlook, Lang::Fr) => {
            let when = day.strftime("%Y-%m-%d %H:%M");
            let _ = write!(
                out,
                "________________________________\r\nDe : {name} <{address}>\r\nEnvoyé : {when}\r\n\
                 À : {}\r\nObjet : {}\r\n\r\n",
                envelope.to.address, envelope.subject
            );
        }
    }
    let mark = if reply.style == Style::Gmail { "> " } else { "" };
    for line in quoted {
        let _ = write!(out, "{mark}{line}\r\n");
    }
    out
}
