//! Owns what members write back: replies to mails that a scripted relay took, and their way into
//! a Maildir with a chosen time of arrival.

use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use super::mail::Mail;
use super::relay::Taken;

/// A reply as a member's own program writes it, ready for a mailbox.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Who writes.
    pub from: String,
    /// Where it goes: our Reply-To, with its token.
    pub to: String,
    /// More header lines, each with its line end.
    pub headers: String,
    /// Message-ID without brackets.
    pub id: String,
    /// The text.
    pub text: String,
}

impl Letter {
    /// A reply to `taken` by its recipient, verified by the MX `authserv_id`.
    pub fn reply(taken: &Taken, authserv_id: &str, id: &str, text: &str) -> Self {
        let mail = Mail::read(&taken.bytes);
        let from = taken.to[0].clone();
        let to = mail.header("Reply-To").expect("our mails take replies");
        let to = to.rsplit('<').next().unwrap_or(to).trim_end_matches('>').to_owned();
        let domain = from.rsplit('@').next().unwrap_or_default();
        let headers = format!(
            "Authentication-Results: {authserv_id}; dmarc=pass header.from={domain}\n\
             Subject: Re: {}\nIn-Reply-To: {}\n",
            mail.subject.replace('\n', " "),
            mail.header("Message-ID").expect("every mail has one"),
        );
        Self { from, to, headers, id: format!("{id}@club.test"), text: text.to_owned() }
    }

    /// With one more header line.
    #[must_use]
    pub fn with(mut self, line: &str) -> Self {
        self.headers += line;
        self.headers.push('\n');
        self
    }

    /// Its octets.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { from, to, headers, id, text } = self;
        format!(
            "{headers}From: {from}\nTo: {to}\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        )
        .into_bytes()
    }
}

/// Puts a mail into a Maildir as its server would, arrived `at`.
pub fn deliver(maildir: &Path, name: &str, raw: &[u8], at: &str) {
    let at: jiff::Timestamp = at.parse().expect("an instant");
    let fresh = maildir.join("tmp").join(name);
    fs::write(&fresh, raw).expect("a mail is written");
    let file = File::options().write(true).open(&fresh).expect("just written");
    file.set_modified(SystemTime::from(at)).expect("a file's time can be set");
    fs::rename(fresh, maildir.join("new").join(name)).expect("a mail is delivered");
}
