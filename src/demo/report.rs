//! Owns the reports that other people's mail servers send: failures and delays in several
//! dialects (RFC 3464, 6522), and complaints (RFC 5965).

use std::io;

use super::mailbox::Opened;
use super::post::Postman;
use crate::clock::Clock;

/// What became of a mail at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No such user, as Postfix says it.
    NoUser,
    /// No such user, as Exchange says it.
    NoUserExchange,
    /// The mailbox is full.
    Full,
    /// Still trying.
    Delayed,
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::NoUser, Self::NoUserExchange, Self::Full, Self::Delayed];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoUser => "no-user",
            Self::NoUserExchange => "no-user-exchange",
            Self::Full => "full",
            Self::Delayed => "delayed",
        }
    }

    /// The kind with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == text)
    }

    /// Action, status, diagnostic (RFC 3464), and what a person reads.
    const fn said(self) -> [&'static str; 4] {
        match self {
            Self::NoUser => [
                "failed",
                "5.1.1",
                "smtp; 550 5.1.1 User unknown in virtual mailbox table",
                "This is the mail system at host mx.members.example.\r\n\r\nI'm sorry to have to \
                 inform you that your message could not\r\nbe delivered to one or more recipients. \
                 It's attached below.",
            ],
            Self::NoUserExchange => [
                "failed",
                "5.1.10",
                "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP \
                 address lookup",
                "Delivery has failed to these recipients or groups:\r\n\r\nThe email address you \
                 entered couldn't be found. Please check the\r\nrecipient's email address and try \
                 to resend the message.",
            ],
            Self::Full => [
                "failed",
                "5.2.2",
                "smtp; 552 5.2.2 The email account that you tried to reach is over quota",
                "The following message could not be delivered because the recipient's\r\nmailbox \
                 is full.",
            ],
            Self::Delayed => [
                "delayed",
                "4.4.1",
                "smtp; 451 4.4.1 Connection timed out",
                "This is a warning only. You do not need to resend your message.\r\nDelivery has \
                 been delayed; it will be tried again for 4 days.",
            ],
        }
    }
}

/// Delivers a delivery report on `mail` to its envelope sender.
pub fn bounce(
    postman: &Postman,
    clock: &Clock,
    mail: &Opened,
    trouble: Trouble,
) -> io::Result<String> {
    let [action, status, diagnostic, text] = trouble.said();
    let to = &mail.envelope.to.address;
    let date = clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000");
    let subject = match trouble {
        Trouble::NoUserExchange => format!("Undeliverable: {}", ascii(&mail.envelope.subject)),
        Trouble::Delayed => "Delayed Mail (still being retried)".to_owned(),
        _ => "Undelivered Mail Returned to Sender".to_owned(),
    };
    let raw = format!(
        "From: MAILER-DAEMON@mx.members.example (Mail Delivery System)\r\n\
         To: {sender}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}.{action}@mx.members.example>\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_report\"\r\n\r\n\
         --=_report\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         {text}\r\n\r\n<{to}>: {plain}\r\n\r\n\
         --=_report\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.members.example\r\nArrival-Date: {date}\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nOriginal-Recipient: rfc822;{to}\r\n\
         Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n\
         --=_report\r\nContent-Type: text/rfc822-headers\r\n\r\n{header}\r\n--=_report--\r\n",
        sender = mail.envelope_from,
        id = mail.envelope.id,
        plain = diagnostic.trim_start_matches("smtp; "),
        header = header(mail),
    );
    postman.deliver("", &mail.envelope_from, &raw)
}

/// Delivers the complaint that a mail provider sends when somebody presses “spam”.
pub fn complain(postman: &Postman, clock: &Clock, mail: &Opened) -> io::Result<String> {
    let date = clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000");
    let to = &mail.envelope.to.address;
    let raw = format!(
        "From: Feedback loop <fbl@mx.members.example>\r\nTo: {sender}\r\n\
         Subject: Abuse report\r\nDate: {date}\r\n\
         Message-ID: <{id}.abuse@mx.members.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"=_report\"\r\n\r\n\
         --=_report\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         This is an email abuse report for a message received on {date}.\r\n\r\n\
         --=_report\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\nUser-Agent: Example-Feedback/1.0\r\nVersion: 1\r\n\
         Original-Mail-From: <{sender}>\r\nOriginal-Rcpt-To: <{to}>\r\n\r\n\
         --=_report\r\nContent-Type: message/rfc822\r\n\r\n{header}\r\n--=_report--\r\n",
        sender = mail.envelope_from,
        id = mail.envelope.id,
        header = header(mail),
    );
    postman.deliver("", &mail.envelope_from, &raw)
}

/// The mail's header, as servers return it.
fn header(mail: &Opened) -> String {
    let source = &mail.source;
    let end = source.find("\r\n\r\n").map_or(source.len(), |at| at + 2);
    source[..end].to_owned()
}

fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}
