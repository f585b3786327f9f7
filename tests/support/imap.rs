//! Owns a scripted IMAP server (RFC 3501) with one mailbox: it serves what was delivered, unless
//! told to fall silent, hang up or say something else at a given command. Knows just enough of
//! the protocol for a client that reads; in the clear, on loopback.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::daemon::ConfigDir;

/// A session that idles or falls silent looks this often whether something has come.
const LOOK: Duration = Duration::from_millis(20);
/// When every mail arrived; a travelling calendar has its own time of arrival.
const ARRIVED: &str = "02-Nov-2026 09:30:00 -0500";

/// What the server does in place of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Says this, with the command's tag for `TAG` and its UID for `NUMBER`.
    Say(&'static str),
    /// Says this, and then nothing more, on a connection that stays open.
    SayAndHang(&'static str),
    /// Hangs up.
    Close,
}

/// Falls silent on an open connection.
pub const HANG: Act = Act::SayAndHang("");

#[derive(Debug)]
struct Rule {
    words: &'static str,
    act: Act,
    times: usize,
}

/// The running server; it stops listening when dropped.
#[derive(Debug)]
pub struct Imap {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Mutex<Vec<Rule>>,
    /// UIDs are places in here, from 1.
    mails: Mutex<Vec<String>>,
    validity: AtomicUsize,
    fired: AtomicUsize,
    ended: AtomicBool,
}

impl Imap {
    /// A server with an empty mailbox.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound listener").port();
        let shared = Arc::new(Shared { validity: AtomicUsize::new(7), ..Shared::default() });
        let own = Arc::clone(&shared);
        let listener = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&own);
                std::thread::spawn(move || {
                    let _ = Session { shared: &shared, stream: BufReader::new(stream) }.run();
                });
            }
        });
        Self { port, shared, listener: Some(listener) }
    }

    /// Has a site read its mail here.
    pub fn configure(&self, config: &ConfigDir) {
        for (key, value) in [("source", "imap"), ("host", "127.0.0.1"), ("tls", "none")] {
            config.set(&format!("inbox.{key}"), value);
        }
        config.set("inbox.port", i64::from(self.port));
        config.set("inbox.username", "clerk");
        config.set("inbox.password_file", config.secret("imap-password", "correct horse"));
    }

    /// At commands with `words` in them (`greeting` and `DONE` are some too) does `act`, so many
    /// times.
    pub fn rule(&self, words: &'static str, act: Act, times: usize) {
        lock(&self.shared.rules).push(Rule { words, act, times });
    }

    /// From now on everything is as it should be.
    pub fn heal(&self) {
        lock(&self.shared.rules).clear();
    }

    /// How often a rule was obeyed.
    pub fn fired(&self) -> usize {
        self.shared.fired.load(Ordering::SeqCst)
    }

    /// A mail comes in.
    pub fn deliver(&self, raw: &str) {
        lock(&self.shared.mails).push(raw.replace('\n', "\r\n"));
    }

    /// The mailbox is numbered anew; mails keep their order.
    pub fn renumber(&self) {
        self.shared.validity.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Imap {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.listener.take() {
            let _ = thread.join();
        }
    }
}

/// The conversation is over.
struct Over;

struct Session<'a> {
    shared: &'a Shared,
    stream: BufReader<TcpStream>,
}

impl Session<'_> {
    fn run(&mut self) -> Result<(), Over> {
        self.answer("greeting", "*", "* OK ready\r\n")?;
        loop {
            let line = self.line()?;
            let Some((tag, command)) = line.split_once(' ') else { return Err(Over) };
            if command == "IDLE" {
                self.idle(tag)?;
            } else {
                let usual = self.usual(command);
                self.answer(command, tag, &usual)?;
            }
        }
    }

    fn idle(&mut self, tag: &str) -> Result<(), Over> {
        let before = lock(&self.shared.mails).len();
        self.answer("IDLE", tag, "+ idling\r\n")?;
        let _ = self.stream.get_ref().set_read_timeout(Some(LOOK));
        let mut told = false;
        let mut line = String::new();
        while !line.ends_with('\n') {
            match self.stream.read_line(&mut line) {
                Ok(0) => return Err(Over),
                Err(e) if e.kind() != std::io::ErrorKind::WouldBlock => return Err(Over),
                _ => {}
            }
            let now = lock(&self.shared.mails).len();
            if now > before && !told {
                told = true;
                self.say(&format!("* {now} EXISTS\r\n"))?;
            }
        }
        let _ = self.stream.get_ref().set_read_timeout(None);
        self.answer("DONE", tag, "TAG OK done\r\n")
    }

    fn usual(&self, command: &str) -> String {
        let mails = lock(&self.shared.mails);
        let done = "TAG OK done\r\n";
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["CAPABILITY", ..] => format!("* CAPABILITY IMAP4rev1 IDLE\r\n{done}"),
            ["EXAMINE", ..] => format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY {}] ok\r\n* OK [UIDNEXT {}] ok\r\n\
                 TAG OK [READ-ONLY] done\r\n",
                mails.len(),
                self.shared.validity.load(Ordering::SeqCst),
                mails.len() + 1
            ),
            ["UID", "SEARCH", "UID", range] => {
                let first = range.split(':').next().and_then(|n| n.parse().ok()).unwrap_or(1);
                let found = (1..=mails.len()).filter(|uid| *uid >= first);
                format!("* SEARCH{}\r\n{done}", listed(found))
            }
            ["UID", "SEARCH", ..] => format!("* SEARCH{}\r\n{done}", listed(1..=mails.len())),
            ["UID", "FETCH", set, rest @ ..] => {
                let numbers = set.split(',').filter_map(|uid| uid.parse::<usize>().ok());
                let asked = numbers.filter_map(|n| Some((n, mails.get(n.checked_sub(1)?)?)));
                let sizes = rest.contains(&"RFC822.SIZE");
                let told = asked.map(|(uid, raw)| {
                    let size = raw.len();
                    if sizes {
                        format!("* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE \"{ARRIVED}\")\r\n")
                    } else {
                        format!("* {uid} FETCH (UID {uid} BODY[]<0> {{{size}}}\r\n{raw})\r\n")
                    }
                });
                format!("{}{done}", told.collect::<String>())
            }
            _ => done.into(),
        }
    }

    fn answer(&mut self, command: &str, tag: &str, usual: &str) -> Result<(), Over> {
        // UID FETCH and its number.
        let uid = command.split(' ').nth(2).unwrap_or_default();
        let filled = |text: &str| text.replace("TAG", tag).replace("NUMBER", uid);
        let act = {
            let mut rules = lock(&self.shared.rules);
            let rule = rules.iter_mut().find(|r| r.times > 0 && command.contains(r.words));
            rule.map(|rule| {
                rule.times -= 1;
                rule.act
            })
        };
        if act.is_some() {
            self.shared.fired.fetch_add(1, Ordering::SeqCst);
        }
        match act {
            None => self.say(&usual.replace("TAG", tag)),
            Some(Act::Say(text)) => self.say(&filled(text)),
            Some(Act::Close) => Err(Over),
            Some(Act::SayAndHang(text)) => {
                self.say(&filled(text))?;
                self.hang()
            }
        }
    }

    /// Holds the connection, and reads nothing, until the client or the server is gone.
    fn hang(&mut self) -> Result<(), Over> {
        let _ = self.stream.get_ref().set_read_timeout(Some(LOOK));
        let mut byte = [0];
        while !self.shared.ended.load(Ordering::SeqCst) {
            match self.stream.get_ref().peek(&mut byte) {
                Ok(0) => break,
                Ok(_) => std::thread::sleep(LOOK),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        Err(Over)
    }

    fn line(&mut self) -> Result<String, Over> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(read) if read > 0 => Ok(line.trim_end().to_owned()),
            _ => Err(Over),
        }
    }

    fn say(&mut self, text: &str) -> Result<(), Over> {
        self.stream.get_mut().write_all(text.as_bytes()).map_err(|_| Over)
    }
}

fn listed(uids: impl Iterator<Item = usize>) -> String {
    uids.fold(String::new(), |mut text, uid| {
        let _ = write!(text, " {uid}");
        text
    })
}

/// A test that failed while it held the lock has said so already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
