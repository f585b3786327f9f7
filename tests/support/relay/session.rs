//! Owns one conversation of the scripted relay.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Act, Shared, Stage, Taken};

/// A session that falls silent looks this often whether the relay is gone.
const HANG_LOOK: Duration = Duration::from_millis(20);

/// The conversation is over.
struct Over;

struct Session<'a> {
    shared: &'a Shared,
    reader: BufReader<TcpStream>,
    number: usize,
    from: String,
    to: Vec<String>,
}

/// Talks with one client until it leaves or the script ends it.
pub(super) fn serve(shared: &Shared, stream: TcpStream, number: usize) {
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.open_most.fetch_max(open, Ordering::SeqCst);
    let _ = stream.set_nodelay(true);
    let reader = BufReader::new(stream);
    let mut session = Session { shared, reader, number, from: String::new(), to: Vec::new() };
    let _ = session.run();
    shared.open.fetch_sub(1, Ordering::SeqCst);
}

impl Session<'_> {
    fn run(&mut self) -> Result<(), Over> {
        if self.scripted(Stage::Greeting)? == Heard::Nothing {
            self.say("220 relay.test ESMTP")?;
        }
        loop {
            let line = self.line()?;
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = text.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.ehlo()?,
                "HELO" => self.usual(Stage::Ehlo, "250 relay.test")?,
                "AUTH" => self.usual(Stage::Auth, "235 2.7.0 welcome")?,
                "MAIL" => {
                    self.from = address(&text);
                    self.to.clear();
                    self.usual(Stage::Mail, "250 2.1.0 ok")?;
                }
                "RCPT" => self.rcpt(&text)?,
                "DATA" => self.data()?,
                "RSET" => {
                    self.to.clear();
                    self.usual(Stage::Rset, "250 2.0.0 ok")?;
                }
                "NOOP" => self.say("250 2.0.0 ok")?,
                "QUIT" => return self.say("221 2.0.0 bye"),
                _ => self.say("502 5.5.1 unknown command")?,
            }
        }
    }

    fn ehlo(&mut self) -> Result<(), Over> {
        let auth = if self.shared.scripted(Stage::Auth) { "250-AUTH PLAIN LOGIN\r\n" } else { "" };
        let offers = self.shared.pipelining.load(Ordering::SeqCst);
        let pipelining = if offers { "250-PIPELINING\r\n" } else { "" };
        let usual =
            format!("250-relay.test\r\n{auth}{pipelining}250-8BITMIME\r\n250 ENHANCEDSTATUSCODES");
        self.usual(Stage::Ehlo, &usual)
    }

    fn rcpt(&mut self, text: &str) -> Result<(), Over> {
        self.to.push(address(text));
        let act = self.shared.act_at(Stage::Rcpt, self.to.last().map_or(&[], std::slice::from_ref));
        if let Some(act) = act
            && self.perform(act)? == Heard::Answer
        {
            self.to.pop();
            return Ok(());
        }
        self.say("250 2.1.5 ok")
    }

    fn data(&mut self) -> Result<(), Over> {
        if self.to.is_empty() {
            return self.say("503 5.5.1 no valid recipient");
        }
        if self.scripted(Stage::Data)? == Heard::Answer {
            return Ok(());
        }
        self.say("354 go on")?;
        let mut bytes = Vec::new();
        let mut first = true;
        loop {
            let line = self.line()?;
            if std::mem::take(&mut first) {
                // An answer in the middle of a message makes no sense; the rest does.
                self.scripted(Stage::Body)?;
            }
            if line == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let message = Taken {
            from: std::mem::take(&mut self.from),
            to: std::mem::take(&mut self.to),
            bytes,
            connection: self.number,
        };
        self.dot(message)
    }

    fn dot(&mut self, message: Taken) -> Result<(), Over> {
        let act = self.shared.act_at(Stage::Dot, &message.to);
        match act {
            Some(Act::TakeAndClose) => {
                self.shared.take(message);
                Err(Over)
            }
            Some(Act::TakeAndHang) => {
                self.shared.take(message);
                self.hang()
            }
            Some(act) if self.perform(act)? == Heard::Answer => Ok(()),
            _ => {
                self.shared.take(message);
                self.say("250 2.0.0 queued")
            }
        }
    }

    /// Answers as the script says, else as usual.
    fn usual(&mut self, stage: Stage, usual: &str) -> Result<(), Over> {
        match self.scripted(stage)? {
            Heard::Answer => Ok(()),
            Heard::Nothing => self.say(usual),
        }
    }

    fn scripted(&mut self, stage: Stage) -> Result<Heard, Over> {
        match self.shared.act_at(stage, &self.to) {
            Some(act) => self.perform(act),
            None => Ok(Heard::Nothing),
        }
    }

    fn perform(&mut self, act: Act) -> Result<Heard, Over> {
        match act {
            Act::Reply(text) => self.say(text).map(|()| Heard::Answer),
            Act::ReplyAndClose(text) => {
                self.say(text)?;
                Err(Over)
            }
            Act::Close | Act::TakeAndClose => Err(Over),
            Act::Hang | Act::TakeAndHang => self.hang().map(|()| Heard::Answer),
            Act::Wait(long) => {
                std::thread::sleep(long);
                Ok(Heard::Nothing)
            }
        }
    }

    /// Holds the connection until the client or the relay is gone.
    fn hang(&mut self) -> Result<(), Over> {
        let _ = self.reader.get_ref().set_read_timeout(Some(HANG_LOOK));
        let mut byte = [0];
        while !self.shared.ended.load(Ordering::SeqCst) {
            match self.reader.get_ref().peek(&mut byte) {
                Ok(0) => break,
                // What the client still says is left unread, and unanswered.
                Ok(_) => std::thread::sleep(HANG_LOOK),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        Err(Over)
    }

    fn line(&mut self) -> Result<Vec<u8>, Over> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(read) if read > 0 && line.ends_with(b"\n") => Ok(line),
            _ => Err(Over),
        }
    }

    fn say(&mut self, text: &str) -> Result<(), Over> {
        let bytes = format!("{text}\r\n");
        self.reader.get_mut().write_all(bytes.as_bytes()).map_err(|_| Over)
    }
}

/// Whether the client has heard something for its command.
#[derive(PartialEq, Eq)]
enum Heard {
    Answer,
    Nothing,
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}
