//! Owns a scripted SMTP relay: it accepts everything unless told to refuse, hang up or fall
//! silent at a given stage, and keeps what it accepted, in order. It never delivers anything.

mod session;

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wait_until;

/// Where in a conversation something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the greeting.
    Greeting,
    /// At EHLO or HELO.
    Ehlo,
    /// At AUTH (offered only where a rule for it stands).
    Auth,
    /// At MAIL.
    Mail,
    /// At RCPT.
    Rcpt,
    /// At DATA.
    Data,
    /// In the middle of the message: its first line was read.
    Body,
    /// After the final dot.
    Dot,
    /// At RSET.
    Rset,
}

/// What the relay does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Answers so, and goes on. A message refused after the dot is not kept.
    Reply(&'static str),
    /// Answers so, and hangs up.
    ReplyAndClose(&'static str),
    /// Hangs up. At the dot: the message was not taken.
    Close,
    /// Says nothing more, and holds the connection open. At the dot: not taken.
    Hang,
    /// At the dot: takes the message, and hangs up before saying so.
    TakeAndClose,
    /// At the dot: takes the message, and never says so.
    TakeAndHang,
    /// Answers as usual after so long.
    Wait(Duration),
}

/// One line of the script.
#[derive(Debug, Clone)]
pub struct Rule {
    stage: Stage,
    act: Act,
    recipient: Option<String>,
    skip: usize,
    times: usize,
}

impl Rule {
    /// Does `act` at `stage`, always.
    pub fn at(stage: Stage, act: Act) -> Self {
        Self { stage, act, recipient: None, skip: 0, times: usize::MAX }
    }

    /// Only for recipients whose address has `part` in it (from RCPT on).
    #[must_use]
    pub fn for_recipient(mut self, part: &str) -> Self {
        self.recipient = Some(part.into());
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Lets the first `count` pass.
    #[must_use]
    pub fn after(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }
}

/// A message that the relay took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The message with CRLF line ends, dots unstuffed.
    pub bytes: Vec<u8>,
    /// Which connection it came by, from 1.
    pub connection: usize,
}

/// The running relay; it stops listening when dropped.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Mutex<Vec<Rule>>,
    taken: Mutex<Vec<Taken>>,
    ledger: Mutex<Option<File>>,
    pipelining: AtomicBool,
    connections: AtomicUsize,
    open: AtomicUsize,
    open_most: AtomicUsize,
    ended: AtomicBool,
}

impl Relay {
    /// A relay that accepts everything.
    pub fn start() -> Self {
        Self::start_with(Shared::default())
    }

    /// As [`Relay::start`]; each message is also a line in `ledger` (recipients, a tab, the
    /// Message-ID), on disk before the sender hears 250.
    pub fn start_with_ledger(ledger: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(ledger)
            .expect("the ledger can be written");
        Self::start_with(Shared { ledger: Mutex::new(Some(file)), ..Shared::default() })
    }

    fn start_with(shared: Shared) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound listener").port();
        let shared = Arc::new(shared);
        let for_thread = Arc::clone(&shared);
        let listener = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = for_thread.connections.fetch_add(1, Ordering::SeqCst) + 1;
                let shared = Arc::clone(&for_thread);
                std::thread::spawn(move || session::serve(&shared, stream, number));
            }
        });
        Self { port, shared, listener: Some(listener) }
    }

    /// Adds a rule. The first that fits wins.
    pub fn rule(&self, rule: Rule) {
        lock(&self.shared.rules).push(rule);
    }

    /// Forgets all rules: from now on everything is accepted.
    pub fn accept_all(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Whether later greetings offer PIPELINING.
    pub fn offer_pipelining(&self, offer: bool) {
        self.shared.pipelining.store(offer, Ordering::SeqCst);
    }

    /// What it took so far, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken_after(0)
    }

    /// What it took after the first `count`.
    pub fn taken_after(&self, count: usize) -> Vec<Taken> {
        lock(&self.shared.taken).iter().skip(count).cloned().collect()
    }

    /// Waits until it took at least `count` messages.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Vec<Taken> {
        wait_until(&format!("{count} messages at the relay"), limit, || {
            Some(self.taken()).filter(|taken| taken.len() >= count)
        })
    }

    /// Connections it ever had.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The most connections that were open at one time.
    pub fn connections_at_once(&self) -> usize {
        self.shared.open_most.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = std::net::TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.listener.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// What the script says for this stage, if anything; counts it.
    fn act_at(&self, stage: Stage, recipients: &[String]) -> Option<Act> {
        let mut rules = lock(&self.rules);
        for rule in rules.iter_mut().filter(|r| r.stage == stage) {
            let fits = rule
                .recipient
                .as_ref()
                .is_none_or(|part| recipients.iter().any(|to| to.contains(part)));
            if !fits || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times = rule.times.saturating_sub(usize::from(rule.times != usize::MAX));
            return Some(rule.act);
        }
        None
    }

    fn scripted(&self, stage: Stage) -> bool {
        lock(&self.rules).iter().any(|rule| rule.stage == stage)
    }

    fn take(&self, message: Taken) {
        if let Some(file) = lock(&self.ledger).as_mut() {
            let line = format!("{}\t{}\n", message.to.join(","), message_id(&message.bytes));
            file.write_all(line.as_bytes()).expect("the ledger can be written");
            file.sync_data().expect("the ledger reaches the disk");
        }
        lock(&self.taken).push(message);
    }
}

/// A test that failed while it held the lock has said so already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn message_id(bytes: &[u8]) -> String {
    mail_parser::MessageParser::default()
        .parse_headers(bytes)
        .and_then(|m| m.message_id().map(String::from))
        .unwrap_or_default()
}
