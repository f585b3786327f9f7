//! Owns one connection to the relay (RFC 5321) and what each transaction on it came to.
//!
//! One recipient a transaction; MAIL, RCPT and DATA go out together where the relay offers
//! PIPELINING (RFC 2920). Every stage has its deadline. What failed before the last octet of the
//! body reached the socket is `Deferred`; after it only the relay's own words tell, and without
//! them the outcome is `Unknown`. On any doubt (a reply too many, too long, out of place or too
//! late) the connection is dropped, so that no reply can be taken for another message's.
//!
//! Written over the socket, since a client that hides the body's write cannot tell the one from
//! the other. Never retries, never logs, never knows the store.

mod relay;
mod reply;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_tls;
mod verdict;

use std::fmt::Write as _;
use std::time::Duration;

use data_encoding::BASE64;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

pub use self::relay::Relay;
use self::reply::{Inbound, Offers, Reply};
use self::verdict::{broken, dropped, expect, is_refusal, not_connected, told, unanswered};
use super::transport::{Deadlines, Outcome, Parcel, RelayReply};
use crate::config::Tls;
use crate::faults;
use crate::tls::Stream;

/// RFC 5321 §4.5.3.1.3 allows a path of 256 octets with its brackets.
const ADDRESS_OCTETS_MAX: usize = 254;
/// QUIT is a courtesy: nobody waits for its answer longer than this.
const QUIT_WAIT: Duration = Duration::from_secs(2);

/// Whether the connection may carry another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is in step with the relay.
    Reuse,
    /// Drop the session and open another.
    Drop,
}

/// One open connection, greeted and logged in. To drop it is to close it.
#[derive(Debug)]
pub struct Session {
    stream: Stream,
    inbound: Inbound,
    offers: Offers,
    deadlines: Deadlines,
    /// The body as it goes over the wire; kept for its memory.
    body: Vec<u8>,
    /// False while a transaction runs, so that a cancelled one leaves a session nobody can use.
    in_step: bool,
}

impl Session {
    /// Connects, greets, secures and logs in. The `Err` is `Deferred` or `RelayDown`.
    pub async fn open(relay: &Relay) -> Result<Self, Outcome> {
        let deadlines = relay.deadlines;
        let stream = timeout(deadlines.connect, async {
            let stream = Stream::connect(&relay.host, relay.port).await?;
            match (relay.tls, &relay.trust) {
                (Tls::Implicit, Some(trust)) => stream.secure(&relay.host, trust.clone()).await,
                (Tls::Implicit, None) => Err(std::io::Error::other("no TLS settings")),
                _ => Ok(stream),
            }
        });
        let stream = match stream.await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(not_connected("connect", &error)),
            Err(_) => return Err(Outcome::Deferred(broken("connect", "no answer in time"))),
        };
        let mut session = Self {
            stream,
            inbound: Inbound::default(),
            offers: Offers::default(),
            deadlines,
            body: Vec::new(),
            in_step: false,
        };
        let banner = session.hear("banner", deadlines.command).await?;
        expect("banner", &banner, 2)?;
        session.greet(&relay.helo).await?;
        if relay.tls == Tls::Starttls {
            session = session.starttls(relay).await?;
            session.greet(&relay.helo).await?;
        }
        session.log_in(relay).await?;
        session.in_step = true;
        faults::point("smtp.open");
        Ok(session)
    }

    /// Whether the relay kept the connection open and silent since the last message. Costs one
    /// look at the socket: ask before claiming a message for this session.
    pub fn usable(&mut self) -> bool {
        self.in_step && self.inbound.is_quiet(&mut self.stream)
    }

    /// One message to one recipient. Dropping the future half-way leaves a session that answers
    /// `Deferred` and `Drop` for ever.
    pub async fn send(&mut self, parcel: &Parcel) -> (Outcome, Keep) {
        if !self.usable() {
            let reply = broken("mail", "the relay closed the connection or is out of step");
            return (Outcome::Deferred(reply), Keep::Drop);
        }
        if let Some(refusal) = self.unfit(parcel) {
            return (Outcome::Refused(refusal), Keep::Reuse);
        }
        self.in_step = false;
        let (outcome, keep) = match self.envelope(parcel).await {
            Ok(()) => self.content(&parcel.bytes).await,
            Err(ended) => ended,
        };
        self.in_step = keep == Keep::Reuse;
        (outcome, keep)
    }

    /// Says goodbye, without waiting long for the answer.
    pub async fn quit(mut self) {
        if self.in_step {
            let _ = self.ask("quit", b"QUIT\r\n", QUIT_WAIT).await;
        }
    }

    async fn greet(&mut self, helo: &str) -> Result<(), Outcome> {
        let line = format!("EHLO {helo}\r\n");
        let reply = self.ask("ehlo", line.as_bytes(), self.deadlines.command).await?;
        expect("ehlo", &reply, 2)?;
        self.offers = Offers::of(&reply);
        Ok(())
    }

    async fn starttls(mut self, relay: &Relay) -> Result<Self, Outcome> {
        let down = |text| Err(Outcome::RelayDown(broken("starttls", text)));
        let Some(trust) = &relay.trust else { return down("no TLS settings") };
        if !self.offers.starttls {
            return down("the relay offers no STARTTLS");
        }
        let reply = self.ask("starttls", b"STARTTLS\r\n", self.deadlines.command).await?;
        expect("starttls", &reply, 2)?;
        // What came with the answer, in the clear, could have been put there by anybody.
        if !self.inbound.is_quiet(&mut self.stream) {
            return Err(Outcome::Deferred(broken("starttls", "text before the TLS handshake")));
        }
        let secured = self.stream.secure(&relay.host, trust.clone());
        match timeout(self.deadlines.connect, secured).await {
            Ok(Ok(stream)) => self.stream = stream,
            Ok(Err(error)) => return Err(not_connected("starttls", &error)),
            Err(_) => return Err(Outcome::Deferred(broken("starttls", "no handshake in time"))),
        }
        Ok(self)
    }

    async fn log_in(&mut self, relay: &Relay) -> Result<(), Outcome> {
        if relay.username.is_empty() {
            return Ok(());
        }
        let user = relay.username.as_str();
        let password = relay.password.as_ref().map_or("", |p| p.expose_secret());
        let base64 = |text: &str| Zeroizing::new(BASE64.encode(text.as_bytes()));
        let mut steps: Vec<(Zeroizing<String>, u16)> = Vec::new();
        if self.offers.plain {
            let both = Zeroizing::new(format!("\0{user}\0{password}"));
            steps.push((Zeroizing::new(format!("AUTH PLAIN {}\r\n", *base64(&both))), 2));
        } else if self.offers.login {
            steps.push((Zeroizing::new("AUTH LOGIN\r\n".to_owned()), 3));
            steps.push((Zeroizing::new(format!("{}\r\n", *base64(user))), 3));
            steps.push((Zeroizing::new(format!("{}\r\n", *base64(password))), 2));
        } else {
            let text = "the relay offers neither AUTH PLAIN nor AUTH LOGIN";
            return Err(Outcome::RelayDown(broken("auth", text)));
        }
        for (line, class) in steps {
            let reply = self.ask("auth", line.as_bytes(), self.deadlines.command).await?;
            expect("auth", &reply, class)?;
        }
        Ok(())
    }

    /// Why this message cannot be put into SMTP's words at this relay.
    fn unfit(&self, parcel: &Parcel) -> Option<RelayReply> {
        let refuse = |stage, code, status: &str, text: &str| {
            Some(RelayReply { code, status: status.into(), text: text.into(), stage })
        };
        if !parcel.from.is_empty() && !fits_path(&parcel.from) {
            return refuse("mail", 501, "5.1.7", "the sender's address does not fit SMTP");
        }
        if !fits_path(&parcel.to) {
            return refuse("rcpt", 501, "5.1.3", "the recipient's address does not fit SMTP");
        }
        if self.offers.size.is_some_and(|max| parcel.bytes.len() as u64 > max) {
            return refuse("mail", 552, "5.3.4", "larger than the relay takes");
        }
        if !self.offers.eight_bit && !parcel.bytes.is_ascii() {
            return refuse("mail", 554, "5.6.3", "the relay takes seven-bit mail only");
        }
        None
    }

    /// MAIL, RCPT and DATA. `Ok`: the relay waits for the body.
    async fn envelope(&mut self, parcel: &Parcel) -> Result<(), (Outcome, Keep)> {
        let mut mail = format!("MAIL FROM:<{}>", parcel.from);
        if self.offers.sized {
            let _ = write!(mail, " SIZE={}", parcel.bytes.len());
        }
        if self.offers.eight_bit && !parcel.bytes.is_ascii() {
            mail.push_str(" BODY=8BITMIME");
        }
        mail.push_str("\r\n");
        let rcpt = format!("RCPT TO:<{}>\r\n", parcel.to);
        let (command, data) = (self.deadlines.command, self.deadlines.data);
        if self.offers.pipelining {
            let group = format!("{mail}{rcpt}DATA\r\n");
            self.say("mail", group.as_bytes(), command).await.map_err(dropped)?;
        }

        let reply = self.turn("mail", &mail, command).await.map_err(dropped)?;
        expect("mail", &reply, 2).map_err(dropped)?;
        faults::point("smtp.mail");

        let reply = self.turn("rcpt", &rcpt, command).await.map_err(dropped)?;
        if let Err(outcome) = expect("rcpt", &reply, 2) {
            let keep = self.abandon(&reply, self.offers.pipelining).await;
            return Err((outcome, keep));
        }
        faults::point("smtp.rcpt");

        let reply = self.turn("data", "DATA\r\n", data).await.map_err(dropped)?;
        if let Err(outcome) = expect("data", &reply, 3) {
            let keep = self.abandon(&reply, false).await;
            return Err((outcome, keep));
        }
        faults::point("smtp.data");
        Ok(())
    }

    /// One command and its reply; under PIPELINING the command went out with its group.
    async fn turn(
        &mut self,
        stage: &'static str,
        command: &str,
        deadline: Duration,
    ) -> Result<Reply, Outcome> {
        if self.offers.pipelining {
            self.hear(stage, deadline).await
        } else {
            self.ask(stage, command.as_bytes(), deadline).await
        }
    }

    /// Leaves a transaction that was answered with `reply`, so that the next may follow.
    async fn abandon(&mut self, reply: &Reply, data_pending: bool) -> Keep {
        match self.leave(reply, data_pending).await {
            Ok(()) => Keep::Reuse,
            Err(_) => Keep::Drop,
        }
    }

    async fn leave(&mut self, reply: &Reply, data_pending: bool) -> Result<(), Outcome> {
        let deadline = self.deadlines.command;
        if !is_refusal(reply) {
            return Err(Outcome::Deferred(told("rcpt", reply)));
        }
        if data_pending {
            let reply = self.hear("data", self.deadlines.data).await?;
            if reply.code == 354 {
                // RFC 2920 §3.1: the relay waits for a body in spite of all; it gets an empty one.
                self.ask("data", b".\r\n", deadline).await?;
            } else if !is_refusal(&reply) {
                return Err(Outcome::Deferred(told("data", &reply)));
            }
        }
        let reply = self.ask("rcpt", b"RSET\r\n", deadline).await?;
        expect("rcpt", &reply, 2)
    }

    /// The body, the dot and the relay's last word.
    async fn content(&mut self, bytes: &[u8]) -> (Outcome, Keep) {
        stuff(bytes, &mut self.body);
        let body = std::mem::take(&mut self.body);
        let written = self.say("body", &body, self.deadlines.body).await;
        self.body = body;
        if let Err(outcome) = written {
            return (outcome, Keep::Drop);
        }
        faults::point("smtp.dot");
        let reply = match self.hear("final", self.deadlines.last).await {
            Ok(reply) => reply,
            Err(outcome) => return (outcome, Keep::Drop),
        };
        let outcome = match expect("final", &reply, 2) {
            Ok(()) => Outcome::Sent(reply.text()),
            Err(outcome) => outcome,
        };
        let in_step = (reply.code / 100 == 2 || is_refusal(&reply))
            && self.inbound.is_quiet(&mut self.stream);
        (outcome, if in_step { Keep::Reuse } else { Keep::Drop })
    }

    async fn ask(
        &mut self,
        stage: &'static str,
        command: &[u8],
        deadline: Duration,
    ) -> Result<Reply, Outcome> {
        self.say(stage, command, deadline).await?;
        self.hear(stage, deadline).await
    }

    /// Writes all of `octets`; the `Err` means that the last of them did not reach the socket.
    async fn say(
        &mut self,
        stage: &'static str,
        octets: &[u8],
        deadline: Duration,
    ) -> Result<(), Outcome> {
        if !self.inbound.is_quiet(&mut self.stream) {
            let text = "the relay closed the connection or spoke out of turn";
            return Err(Outcome::Deferred(broken(stage, text)));
        }
        let stream = &mut self.stream;
        let write = async move {
            stream.write_all(octets).await?;
            stream.flush().await
        };
        match timeout(deadline, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Outcome::Deferred(broken(stage, &error.to_string()))),
            Err(_) => Err(Outcome::Deferred(broken(stage, "the relay does not read"))),
        }
    }

    async fn hear(&mut self, stage: &'static str, deadline: Duration) -> Result<Reply, Outcome> {
        match timeout(deadline, self.inbound.reply(&mut self.stream)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(unanswered(stage, &error.to_string())),
            Err(_) => Err(unanswered(stage, "no answer in time")),
        }
    }
}

/// Whether an address can stand between angle brackets without ending them or the line.
fn fits_path(address: &str) -> bool {
    address.len() <= ADDRESS_OCTETS_MAX
        && address.contains('@')
        && address.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
}

/// The body as RFC 5321 §4.5.2 wants it, with the final dot: every line ends in CRLF (a lone CR or
/// LF inside a message is how one message is made to look like two), a leading dot is doubled.
fn stuff(bytes: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.reserve(bytes.len() + bytes.len() / 16 + 8);
    let mut rest = bytes;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            out.push(b'.');
        }
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        rest = match &rest[end..] {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => &[],
        };
    }
    out.extend_from_slice(b".\r\n");
}
