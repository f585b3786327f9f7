//! Owns reading: one SMTP reply (RFC 5321 §4.2) out of a stream, within limits, and what an EHLO
//! reply offers. Never decides what a reply means for a message.

use std::io;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::outbox::transport::REPLY_TEXT_MAX;

/// RFC 5321 §4.5.3.1.5 says 512; relays that explain themselves write more.
const LINE_OCTETS_MAX: usize = 4096;
/// A long EHLO answer has some 30 lines; beyond this somebody floods us.
const REPLY_OCTETS_MAX: usize = 32 * 1024;
/// Replies are short: one read takes all of them.
const READ_OCTETS: usize = 4096;

/// One whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// The text of each line, without code, separator and line end.
    pub lines: Vec<String>,
}

impl Reply {
    /// All lines as one, without control characters, cut to [`REPLY_TEXT_MAX`] octets.
    pub fn text(&self) -> String {
        one_line(&self.lines.join(" "))
    }

    /// The RFC 3463 status at the start of the text; empty where there is none.
    pub fn status(&self) -> String {
        self.lines.first().and_then(|line| enhanced(line)).unwrap_or_default().to_owned()
    }
}

/// Text without control characters, cut to [`REPLY_TEXT_MAX`] octets at a character's border.
pub(super) fn one_line(text: &str) -> String {
    let mut out: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    out.truncate(out.floor_char_boundary(REPLY_TEXT_MAX));
    out
}

/// `5.1.1` of `5.1.1 No such user`: class 2, 4 or 5, then up to three digits twice.
fn enhanced(text: &str) -> Option<&str> {
    let word = text.split([' ', '\t']).next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |p: &str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        ["2" | "4" | "5", subject, detail] if digits(subject) && digits(detail) => Some(word),
        _ => None,
    }
}

/// Why no reply was read. The connection is of no further use.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("connection closed by the relay")]
    Closed,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("not an SMTP reply: {0}")]
    Garbage(String),
    #[error("reply too long")]
    TooLong,
}

/// What was read and not yet taken.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    buffer: Vec<u8>,
}

impl Inbound {
    /// Whether nothing waits: between a reply and the next command the relay must be silent. Looks
    /// at the stream without waiting; a closed stream is not quiet.
    pub fn is_quiet<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> bool {
        self.buffer.is_empty() && self.fill(stream).now_or_never().is_none()
    }

    /// The next whole reply. Has no deadline of its own; a dropped call loses the reply.
    pub async fn reply<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Result<Reply, ReadError> {
        let mut reply = Reply { code: 0, lines: Vec::new() };
        let mut octets = 0;
        loop {
            let line = self.line(stream).await?;
            octets += line.len();
            if octets > REPLY_OCTETS_MAX {
                return Err(ReadError::TooLong);
            }
            let (code, last, text) = split(&line)
                .filter(|(code, ..)| reply.code == 0 || reply.code == *code)
                .ok_or_else(|| ReadError::Garbage(one_line(&String::from_utf8_lossy(&line))))?;
            reply.code = code;
            reply.lines.push(String::from_utf8_lossy(text).into_owned());
            if last {
                return Ok(reply);
            }
        }
    }

    async fn line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<Vec<u8>, ReadError> {
        let mut seen = 0;
        loop {
            if let Some(at) = self.buffer[seen..].iter().position(|&b| b == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=seen + at).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return if line.len() > LINE_OCTETS_MAX {
                    Err(ReadError::TooLong)
                } else {
                    Ok(line)
                };
            }
            seen = self.buffer.len();
            if seen > LINE_OCTETS_MAX {
                return Err(ReadError::TooLong);
            }
            self.fill(stream).await?;
        }
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<(), ReadError> {
        self.buffer.reserve(READ_OCTETS);
        match stream.read_buf(&mut self.buffer).await? {
            0 => Err(ReadError::Closed),
            _ => Ok(()),
        }
    }
}

/// Code, whether it is the last line, and the text.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if !digits.iter().all(u8::is_ascii_digit) || !(200..600).contains(&code) {
        return None;
    }
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

/// What the relay offers (RFC 5321 §4.1.1.1). What we do not use is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one keyword of the EHLO reply")]
pub(super) struct Offers {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 6152.
    pub eight_bit: bool,
    /// RFC 3207.
    pub starttls: bool,
    /// RFC 4616, over RFC 4954.
    pub plain: bool,
    /// The older way, which some relays offer alone.
    pub login: bool,
    /// RFC 1870: octets at most, where the relay names a limit.
    pub size: Option<u64>,
    /// RFC 1870: whether MAIL may carry SIZE.
    pub sized: bool,
}

impl Offers {
    /// From an EHLO reply, whose first line is a greeting.
    pub fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1) {
            let upper = line.to_ascii_uppercase();
            // Some old relays write "AUTH=LOGIN".
            let mut words = upper.split([' ', '=']).filter(|w| !w.is_empty());
            match words.next() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("STARTTLS") => offers.starttls = true,
                Some("SIZE") => {
                    offers.sized = true;
                    let octets = words.next().and_then(|w| w.parse().ok());
                    offers.size = octets.filter(|&octets| octets > 0);
                }
                Some("AUTH") => {
                    for mechanism in words {
                        offers.plain |= mechanism == "PLAIN";
                        offers.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(bytes: &[u8]) -> Result<Reply, ReadError> {
        Inbound::default().reply(&mut &*bytes).await
    }

    #[tokio::test]
    async fn replies_are_read_or_named() {
        let long = format!("250 {}\r\n", "x".repeat(LINE_OCTETS_MAX));
        let endless = format!("250-{}\r\n", "x".repeat(1000)).repeat(40);
        let cases: &[(&str, &str)] = &[
            ("250 ok\r\n", "250 ok"),
            ("250\r\n", "250 "),
            ("250 ok\n", "250 ok"),
            ("250-a\r\n250-b\r\n250 c\r\n", "250 a b c"),
            ("550 5.1.1 no\u{7}body\r\n", "550 5.1.1 no body"),
            ("250-a\r\n550 b\r\n", "not an SMTP reply: 550 b"),
            ("hello\r\n", "not an SMTP reply: hello"),
            ("999 no\r\n", "not an SMTP reply: 999 no"),
            ("+50 no\r\n", "not an SMTP reply: +50 no"),
            ("250x\r\n", "not an SMTP reply: 250x"),
            ("\r\n", "not an SMTP reply: "),
            ("250-a\r\n", "connection closed by the relay"),
            ("", "connection closed by the relay"),
            (&long, "reply too long"),
            (&endless, "reply too long"),
        ];
        for (bytes, want) in cases {
            let got = match read(bytes.as_bytes()).await {
                Ok(reply) => format!("{} {}", reply.code, reply.text()),
                Err(error) => error.to_string(),
            };
            assert_eq!(&got, want, "{bytes:?}");
        }
    }

    #[test]
    fn statuses_stand_at_the_start_only() {
        let cases = [
            ("5.1.1 no such user", "5.1.1"),
            ("4.7.28", "4.7.28"),
            ("2.0.0 Ok: queued", "2.0.0"),
            ("3.0.0 no such class", ""),
            ("5.1.1234 too long", ""),
            ("5.1 too short", ""),
            ("5.1.1.1 an address", ""),
            ("user 5.1.1", ""),
            ("", ""),
        ];
        for (text, want) in cases {
            let reply = Reply { code: 550, lines: vec![text.to_owned()] };
            assert_eq!(reply.status(), want, "{text:?}");
        }
    }

    #[test]
    fn offers_are_read_without_regard_to_case() {
        let lines =
            ["STARTTLS hello", "pipelining", "Size 1000", "AUTH=login", "auth PLAIN XOAUTH2"];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        let want = Offers {
            pipelining: true,
            size: Some(1000),
            sized: true,
            plain: true,
            login: true,
            ..Offers::default()
        };
        assert_eq!(Offers::of(&reply), want, "the greeting offers nothing");
    }

    proptest! {
        #[test]
        fn any_octets_end_in_a_reply_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let got = read(&bytes).now_or_never().expect("a slice never waits");
            if let Ok(reply) = got {
                prop_assert!((200..600).contains(&reply.code));
                prop_assert!(reply.text().len() <= REPLY_TEXT_MAX);
            }
        }
    }
}
