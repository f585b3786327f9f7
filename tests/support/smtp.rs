//! Owns a small SMTP client (RFC 5321): one message, one recipient, every reply kept. It puts
//! members' mail into the mail server and talks to the scripted relay; it is not the daemon's.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use data_encoding::BASE64;

/// A server that says nothing for so long is broken.
const REPLY_WITHIN: Duration = Duration::from_secs(20);

/// A conversation with a server on 127.0.0.1.
#[derive(Debug)]
pub struct Conversation {
    reader: BufReader<TcpStream>,
}

impl Conversation {
    /// Connects, and reads the greeting.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        stream.set_nodelay(true)?;
        let mut talk = Self { reader: BufReader::new(stream) };
        talk.expect_class(2)?;
        Ok(talk)
    }

    /// Sends one line and reads the reply.
    pub fn say(&mut self, line: &str) -> io::Result<String> {
        self.send_raw(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// Sends one line, and fails unless the reply's first digit is `class`.
    pub fn must(&mut self, line: &str, class: u8) -> io::Result<String> {
        self.send_raw(format!("{line}\r\n").as_bytes())?;
        self.expect_class(class)
    }

    /// Sends bytes as they are, and waits for nothing.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Reads one reply, of however many lines.
    pub fn reply(&mut self) -> io::Result<String> {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up"));
            }
            let last = line.as_bytes().get(3) != Some(&b'-');
            all.push_str(&line);
            if last {
                return Ok(all);
            }
        }
    }

    fn expect_class(&mut self, class: u8) -> io::Result<String> {
        let reply = self.reply()?;
        if reply.as_bytes().first() == Some(&(b'0' + class)) {
            return Ok(reply);
        }
        Err(io::Error::other(reply))
    }

    /// AUTH PLAIN (RFC 4954). Gives the server's reply, whatever it is.
    pub fn auth(&mut self, user: &str, password: &str) -> io::Result<String> {
        let secret = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        self.say(&format!("AUTH PLAIN {secret}"))
    }

    /// One message. `raw` has LF or CRLF line ends; dots are stuffed here.
    pub fn message(&mut self, from: &str, to: &str, raw: &[u8]) -> io::Result<String> {
        self.must(&format!("MAIL FROM:<{from}>"), 2)?;
        self.must(&format!("RCPT TO:<{to}>"), 2)?;
        self.must("DATA", 3)?;
        self.send_raw(&stuffed(raw))?;
        self.expect_class(2)
    }
}

/// Sends one message to the server on that port. An error carries the refusal's text.
pub fn send(port: u16, from: &str, to: &str, raw: &[u8]) -> io::Result<String> {
    let mut talk = Conversation::open(port)?;
    talk.must("EHLO client.test", 2)?;
    let reply = talk.message(from, to, raw)?;
    talk.say("QUIT")?;
    Ok(reply)
}

/// CRLF line ends, leading dots doubled (RFC 5321 §4.5.2), the final dot.
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let text = raw.strip_suffix(b"\n").unwrap_or(raw);
    let mut out = Vec::with_capacity(raw.len() + 64);
    for line in text.split(|b| *b == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
