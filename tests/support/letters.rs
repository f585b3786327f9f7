//! Owns what comes back: members' replies to mails that a scripted relay took, their servers'
//! reports, and the way into a Maildir with a chosen time of arrival.

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

    /// As it stands in a mailbox.
    pub fn raw(&self) -> String {
        let Self { from, to, headers, id, text } = self;
        format!(
            "{headers}From: {from}\nTo: {to}\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        )
    }

    /// Its octets.
    pub fn bytes(&self) -> Vec<u8> {
        self.raw().into_bytes()
    }
}

/// What a member's server reports of a mail that it could not deliver, since nobody has that
/// address.
pub fn no_such_user(taken: &Taken, id: &str) -> String {
    let (bounce, recipient) = (&taken.from, &taken.to[0]);
    format!(
        "From: MAILER-DAEMON@club.test\nTo: {bounce}\nSubject: Undelivered\n\
         Message-ID: <{id}@club.test>\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nNo such user.\n\
         --b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.club.test\n\n\
         Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 No such user\n\n--b--\n"
    )
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
