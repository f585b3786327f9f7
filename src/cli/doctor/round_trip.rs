//! Owns `relance doctor --round-trip`: two mails to ourselves, one to a reply address and one to a
//! bounce address, and what of their tokens the way back left over. The mails act on nothing: their
//! tokens are of a purpose that every door refuses. Reads the mailbox, and leaves it as it is.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use mail_parser::MessageParser;

use super::Findings;
use super::servers::{imap_of, relay_of};
use crate::clock::{Clock, monotonic};
use crate::config::{Config, InboxSource, Transport};
use crate::domain::authentication::is_ours;
use crate::inbox::imap::ImapSource;
use crate::inbox::maildir::MaildirSource;
use crate::inbox::source::RawMail;
use crate::link::{Keyring, Purpose, Token};
use crate::outbox::smtp::Session;
use crate::outbox::transport::{Outcome, Parcel};

/// Mail to oneself takes seconds; greylisting takes minutes, and is worth knowing of.
const BACK_WITHIN: Duration = Duration::from_mins(2);
/// Between two looks at the mailbox.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Mails looked at in one go.
const LOOK_MAX: usize = 50;
/// Probes are of no use later.
const PROBE_HOURS: u32 = 1;

/// One mail on its way.
#[derive(Debug)]
struct Probe {
    what: &'static str,
    address: String,
    token: String,
}

/// What the way back left of one.
#[derive(Debug, PartialEq, Eq)]
struct Back {
    /// Fields that have the token, in the order of the mail.
    fields: Vec<String>,
    /// The results that our own mail server wrote.
    verified: Option<String>,
}

/// Sends both, waits for them, and says what came.
pub(super) fn run(config: &Config, ring: &Keyring, findings: &mut Findings) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(go_and_return(config, ring, findings));
}

async fn go_and_return(config: &Config, ring: &Keyring, findings: &mut Findings) {
    let (smtp, inbox) = (&config.relance.smtp, &config.relance.inbox);
    if smtp.transport == Transport::Maildir || inbox.source == InboxSource::None {
        let why = "mail that goes into a Maildir, or is not read, comes back nowhere";
        return findings.warn("round trip", why, "see [smtp] and [inbox]");
    }
    let probes = probes(config, ring);
    let mut mailbox = match Mailbox::open(config).await {
        Ok(mailbox) => mailbox,
        Err(e) => return findings.bad("round trip", e, "mend the mailbox first"),
    };
    for probe in &probes {
        if let Err(why) = send(config, probe).await {
            let cure = "the relay must take mail for its own domains from us";
            return findings.bad("round trip", format!("{}: {why}", probe.what), cure);
        }
    }
    let begun = monotonic();
    let mut waiting: Vec<&Probe> = probes.iter().collect();
    while !waiting.is_empty() && begun.elapsed() < BACK_WITHIN {
        tokio::time::sleep(LOOK_EVERY).await;
        progress(begun.elapsed(), waiting.len());
        match mailbox.news().await {
            Ok(mails) => waiting.retain(|probe| {
                let back = mails.iter().find_map(|mail| back(&mail.raw, &probe.token, config));
                back.as_ref().inspect(|back| tell(probe, back, begun.elapsed(), config, findings));
                back.is_none()
            }),
            Err(e) => return findings.bad("round trip", e, "mend the mailbox first"),
        }
    }
    for probe in waiting {
        findings.bad(
            "round trip",
            format!("{} did not come back within {} s: {}", probe.what, BACK_WITHIN.as_secs(), probe.address),
            "its domain's MX must lead to this mailbox, and the part after + must be kept (Postfix: recipient_delimiter = +); look for it in the relay's log",
        );
    }
}

fn probes(config: &Config, ring: &Keyring) -> [Probe; 2] {
    let (now, mail) = (Clock::system().now(), &config.relance.mail);
    let expires_h = Token::hours(now) + PROBE_HOURS;
    [
        ("the reply address", "r", &mail.reply_domain),
        ("the bounce address", "b", &mail.bounce_domain),
    ]
    .map(|(what, local, domain)| {
        let message = ring.message_id(&format!("round-trip/{local}/{now}"), 1);
        let token = Token { purpose: Purpose::Probe, message, expires_h }.to_address(ring);
        Probe { what, address: format!("{local}+{token}@{domain}"), token }
    })
}

async fn send(config: &Config, probe: &Probe) -> Result<(), String> {
    let relay = relay_of(config)?;
    let mut session = Session::open(&relay).await.map_err(|outcome| format!("{outcome:?}"))?;
    let (outcome, _) = session.send(&parcel(config, probe)).await;
    session.quit().await;
    match outcome {
        Outcome::Sent(_) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn parcel(config: &Config, probe: &Probe) -> Parcel {
    let from = config.associations.first().map_or("", |a| a.from_address.as_str());
    let date =
        jiff::fmt::rfc2822::to_string(&Clock::system().now().to_zoned(jiff::tz::TimeZone::UTC));
    let Probe { address, token, what } = probe;
    let domain = &config.relance.mail.bounce_domain;
    // Our own marker keeps the daemon, and any other of our kind, from answering.
    let text = format!(
        "From: <{from}>\r\nTo: <{address}>\r\nSubject: relance doctor: {what}\r\nDate: {}\r\n\
         Message-ID: <probe.{token}@{domain}>\r\nAuto-Submitted: auto-generated\r\n\
         X-Relance-Loop: probe\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         \r\nSent by relance doctor --round-trip. It may be deleted.\r\n",
        date.unwrap_or_default(),
    );
    Parcel { from: from.to_owned(), to: address.clone(), bytes: text.into_bytes() }
}

/// Where the token stands in a mail that has it in an address.
fn back(raw: &[u8], token: &str, config: &Config) -> Option<Back> {
    let message = MessageParser::default().parse_headers(raw)?;
    let authserv = &config.relance.mail.authserv_id;
    let (mut fields, mut results) = (Vec::new(), Vec::new());
    for (name, value) in message.headers_raw() {
        // Letters of an address may come back in another case.
        let has = value.to_ascii_lowercase().contains(token);
        if has && !name.eq_ignore_ascii_case("Message-ID") && !fields.iter().any(|f| f == name) {
            fields.push(name.to_owned());
        }
        if name.eq_ignore_ascii_case("Authentication-Results") {
            results.push(value.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    // As the mailroom reads them.
    let verified = is_ours(&results, authserv).then(|| results.swap_remove(0));
    (!fields.is_empty()).then_some(Back { fields, verified })
}

fn tell(probe: &Probe, back: &Back, took: Duration, config: &Config, findings: &mut Findings) {
    let found = format!(
        "{} came back in {} s; its token is in {}",
        probe.what,
        took.as_secs(),
        back.fields.join(", ")
    );
    let envelope = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"];
    if back.fields.iter().any(|f| envelope.iter().any(|e| e.eq_ignore_ascii_case(f))) {
        findings.good("round trip", found);
    } else {
        findings.warn(
            "round trip",
            found,
            "no field tells the envelope's recipient: mail that names us in no To (blind copies, most bounces) cannot be attributed by its address (Postfix's local delivery writes Delivered-To)",
        );
    }
    let authserv = &config.relance.mail.authserv_id;
    match &back.verified {
        Some(results) => findings.good("sender verification", results.clone()),
        None if authserv.is_empty() => {}
        None => findings.warn(
            "sender verification",
            format!("{} came back without an Authentication-Results of {authserv}", probe.what),
            "no reply acts at once until your mail server adds it; some add none to mail from themselves",
        ),
    }
}

fn progress(elapsed: Duration, waiting: usize) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let _ = write!(out, "\r{waiting} mails on their way, {} s ", elapsed.as_secs());
    }
}

/// The mailbox, from now on.
enum Mailbox {
    Maildir { source: MaildirSource, known: std::collections::HashSet<String> },
    Imap { source: Box<ImapSource>, last_uid: u32 },
}

impl Mailbox {
    async fn open(config: &Config) -> Result<Self, String> {
        let inbox = &config.relance.inbox;
        if inbox.source == InboxSource::Maildir {
            let dir = inbox.maildir.clone().unwrap_or_default();
            let source = MaildirSource::open(&dir).map_err(|e| e.to_string())?;
            let known = source.list().map_err(|e| e.to_string())?;
            return Ok(Self::Maildir { source, known: known.into_iter().map(|e| e.key).collect() });
        }
        let settings = imap_of(config)?;
        let mut source = ImapSource::connect(&settings).await.map_err(|e| e.to_string())?;
        let state = source.status().await.map_err(|e| e.to_string())?;
        Ok(Self::Imap { source: Box::new(source), last_uid: state.uid_next.saturating_sub(1) })
    }

    /// What came since the last look.
    async fn news(&mut self) -> Result<Vec<RawMail>, String> {
        match self {
            Self::Maildir { source, known } => {
                let mut entries = source.list().map_err(|e| e.to_string())?;
                entries.retain(|entry| !known.contains(&entry.key));
                entries.truncate(LOOK_MAX);
                known.extend(entries.iter().map(|entry| entry.key.clone()));
                let mails = entries.iter().filter_map(|entry| source.read(entry).transpose());
                mails.collect::<Result<_, _>>().map_err(|e| e.to_string())
            }
            Self::Imap { source, last_uid } => {
                source.status().await.map_err(|e| e.to_string())?;
                let mails = source.fetch_since(*last_uid, LOOK_MAX).await;
                let mails = mails.map_err(|e| e.to_string())?;
                *last_uid = mails.iter().map(|mail| mail.uid).max().unwrap_or(*last_uid);
                Ok(mails)
            }
        }
    }
}
