//! Owns one session with an IMAP server (RFC 3501, IDLE of RFC 2177) that reads one mailbox.
//!
//! The mailbox is opened with EXAMINE and mails are fetched with `BODY.PEEK`: nothing is ever
//! deleted, moved or marked. Every command has a deadline and an allowance of octets. A session
//! that timed out, was cancelled or made no sense is gone: its next use says `Retry`.
//!
//! Responses are read here one by one rather than through the library's helpers, which take an
//! end of stream for the end of an answer.

mod dial;
mod fault;
mod gauge;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status,
};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::ExposeSecret;
use tokio::time::timeout;

pub use self::dial::ImapSettings;
use self::dial::dial;
use self::fault::{Fault, fault, gone, lost, needs_person, retry};
use self::gauge::Gauge;
use super::source::{RAW_OCTETS_MAX, RawMail, SourceError};
use crate::tls::Stream;

/// Of a mail over [`RAW_OCTETS_MAX`] only this much is fetched: the header and enough text to know
/// what it is.
const CUT_OCTETS: usize = 128 * 1024;
/// Answers without a mail in them: 200,000 UIDs of ten digits, and banners.
const ANSWER_OCTETS_MAX: u64 = 4 * 1024 * 1024;
/// A batch ends once it holds this much, so that memory is bounded whatever `limit` is.
const BATCH_OCTETS_MAX: usize = 16 * 1024 * 1024;
/// RFC 2177: a server may hang up on a client that is silent for half an hour.
const IDLE_MAX: Duration = Duration::from_mins(28);

/// What the mailbox says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailboxState {
    /// A UID means something only together with this number (RFC 3501 §2.3.1.1).
    pub uid_validity: u32,
    /// The next mail's UID, or more; 0 where the server does not say.
    pub uid_next: u32,
    /// Mails in the mailbox.
    pub exists: u32,
}

/// Why [`ImapSource::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// There is mail that was not read yet.
    NewMail,
    /// None that the server told of.
    Timeout,
}

/// A logged-in session on one mailbox.
#[derive(Debug)]
pub struct ImapSource {
    /// Taken out while a command runs, so that a cancelled one leaves none behind.
    session: Option<Session<Gauge<Stream>>>,
    mailbox: String,
    deadline: Duration,
    idles: bool,
}

impl ImapSource {
    /// Connects, secures, logs in and looks at the mailbox. A refused password, a missing mailbox
    /// or an untrusted certificate is `NeedsPerson`.
    pub async fn connect(settings: &ImapSettings) -> Result<Self, SourceError> {
        let mailbox = quoted(&settings.mailbox)
            .ok_or_else(|| needs_person("mailbox", "the name is not plain ASCII"))?;
        let dialled = timeout(settings.connect_deadline, dial(settings)).await;
        let client = dialled.map_err(|_| retry("connect", "no answer in time"))??;
        let password = settings.password.expose_secret();
        let login = timeout(settings.command_deadline, client.login(&settings.username, password));
        let session = match login.await {
            Ok(Ok(session)) => session,
            Ok(Err((error, _))) => return Err(fault(error).lasting("login")),
            Err(_) => return Err(retry("login", "no answer in time")),
        };
        let mut source = Self {
            session: Some(session),
            mailbox,
            deadline: settings.command_deadline,
            idles: false,
        };
        let mut idles = false;
        let asked = source
            .command("CAPABILITY", ANSWER_OCTETS_MAX, |response| {
                if let Response::Capabilities(all) = response {
                    idles |= all.iter().any(is_idle);
                }
            })
            .await;
        asked.map_err(|fault| fault.lasting("capability"))?;
        source.idles = idles;
        source.status().await?;
        Ok(source)
    }

    /// Whether the server offers IDLE.
    #[must_use]
    pub fn idles(&self) -> bool {
        self.idles
    }

    /// Opens the mailbox anew, read-only, and says what stands in it.
    pub async fn status(&mut self) -> Result<MailboxState, SourceError> {
        let mut state = MailboxState::default();
        let command = format!("EXAMINE {}", self.mailbox);
        let asked = self
            .command(&command, ANSWER_OCTETS_MAX, |response| match response {
                Response::MailboxData(MailboxDatum::Exists(n)) => state.exists = *n,
                Response::Data { status: Status::Ok, outcome } => match outcome.code {
                    Some(ResponseCode::UidValidity(n)) => state.uid_validity = n,
                    Some(ResponseCode::UidNext(n)) => state.uid_next = n,
                    _ => {}
                },
                _ => {}
            })
            .await;
        asked.map_err(|fault| fault.lasting("mailbox"))?;
        if state.uid_validity == 0 {
            return Err(needs_person("mailbox", "the server gives no UIDVALIDITY"));
        }
        Ok(state)
    }

    /// UIDs above `last_uid`, ascending.
    pub async fn uids_since(&mut self, last_uid: u32) -> Result<Vec<u32>, SourceError> {
        let Some(first) = last_uid.checked_add(1) else { return Ok(Vec::new()) };
        let mut uids = self.search(&format!("UID {first}:*")).await?;
        // `n:*` always takes in the last mail, whatever its UID (RFC 3501 §6.4.8).
        uids.retain(|&uid| uid >= first);
        Ok(uids)
    }

    /// UIDs of mails that arrived on `since` or later by the server's calendar, ascending: what to
    /// look at again once UIDVALIDITY changed.
    pub async fn search_younger(&mut self, since: Date) -> Result<Vec<u32>, SourceError> {
        self.search(&since.strftime("SINCE %-d-%b-%Y").to_string()).await
    }

    /// Mails above `last_uid`, oldest first: `limit` at most, and fewer where they are large.
    /// An empty answer means that there are none.
    pub async fn fetch_since(
        &mut self,
        last_uid: u32,
        limit: usize,
    ) -> Result<Vec<RawMail>, SourceError> {
        let mut rest = self.uids_since(last_uid).await?;
        loop {
            let later = rest.split_off(limit.max(1).min(rest.len()));
            let mails = self.fetch(&rest).await?;
            // Nothing came of these: they were expunged meanwhile, and more may wait behind.
            if !mails.is_empty() || later.is_empty() {
                return Ok(mails);
            }
            rest = later;
        }
    }

    /// The mails with these UIDs, in that order; who is gone is left out, and the last ones where
    /// all together are too large: ask again for what is missing behind the last that came. A mail
    /// that the server will not give is `NeedsPerson` when it is the first.
    pub async fn fetch(&mut self, mut uids: &[u32]) -> Result<Vec<RawMail>, SourceError> {
        let Some(first) = uids.first() else { return Ok(Vec::new()) };
        let mut about = HashMap::new();
        match self.sizes(uids, &mut about).await {
            Ok(()) => {}
            // A "no" may be about any of them: those in front of the first that is not told of are
            // sound, and the next call meets the fault again.
            Err(Fault::No(_)) if about.contains_key(first) => {
                let sound = uids.iter().take_while(|uid| about.contains_key(*uid)).count();
                uids = &uids[..sound];
            }
            Err(fault) => return Err(fault.lasting(&format!("UID {first}"))),
        }
        let mut mails: Vec<RawMail> = Vec::new();
        let mut octets = 0;
        for &uid in uids {
            let Some(&(size, received)) = about.get(&uid) else { continue };
            match self.fetch_one(uid, size, received).await {
                Ok(Some(mail)) => {
                    octets += mail.raw.len();
                    mails.push(mail);
                }
                Ok(None) => {}
                Err(fault) if mails.is_empty() => return Err(fault.lasting(&format!("UID {uid}"))),
                // What came is handed over; the next call meets the fault again.
                Err(_) => break,
            }
            if octets >= BATCH_OCTETS_MAX {
                break;
            }
        }
        Ok(mails)
    }

    /// Waits until there is mail above `last_uid` or `deadline` has passed. Looks first; then IDLE
    /// reports what comes, where the server offers it. Without IDLE it just sleeps.
    pub async fn wait(&mut self, last_uid: u32, deadline: Duration) -> Result<Event, SourceError> {
        if !self.uids_since(last_uid).await?.is_empty() {
            return Ok(Event::NewMail);
        }
        if self.idles {
            return self.idle(deadline.min(IDLE_MAX)).await;
        }
        tokio::time::sleep(deadline).await;
        Ok(Event::Timeout)
    }

    /// Says goodbye, within the deadline.
    pub async fn logout(mut self) {
        let _ = self.command("LOGOUT", ANSWER_OCTETS_MAX, |_| {}).await;
    }

    /// Whatever comes between the search before and the DONE after is seen here, so that no mail
    /// slips through between two commands.
    async fn idle(&mut self, deadline: Duration) -> Result<Event, SourceError> {
        let mut session = self.session.take().ok_or_else(gone)?;
        session.get_mut().allow(ANSWER_OCTETS_MAX);
        let sent = timeout(self.deadline, session.run_command("IDLE")).await;
        let tag = sent.map_err(|_| retry("idle", "no answer in time"))?;
        let tag = tag.map_err(|e| fault(e).lasting("idle"))?;

        let mut event = Event::Timeout;
        let heard = timeout(deadline, async {
            while event == Event::Timeout {
                let response = session.read_response().await.map_err(|e| lost(&e))?;
                let response = response.ok_or_else(|| retry("idle", "connection closed"))?;
                match response.parsed() {
                    Response::MailboxData(MailboxDatum::Exists(_)) => event = Event::NewMail,
                    Response::Data { status: Status::Bye, .. } | Response::Done { .. } => {
                        return Err(retry("idle", "the server ended it"));
                    }
                    _ => {}
                }
            }
            Ok(())
        });
        if let Ok(Err(error)) = heard.await {
            return Err(error);
        }

        let end = async {
            session.run_command_untagged("DONE").await.map_err(|e| fault(e).lasting("idle"))?;
            loop {
                let response = session.read_response().await.map_err(|e| lost(&e))?;
                let response = response.ok_or_else(|| retry("idle", "connection closed"))?;
                match response.parsed() {
                    Response::MailboxData(MailboxDatum::Exists(_)) => event = Event::NewMail,
                    Response::Done { tag: got, .. } if *got == tag => return Ok(()),
                    _ => {}
                }
            }
        };
        timeout(self.deadline, end).await.map_err(|_| retry("idle", "no answer in time"))??;
        self.session = Some(session);
        Ok(event)
    }

    async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, SourceError> {
        let mut uids = Vec::new();
        let asked = self
            .command(&format!("UID SEARCH {criteria}"), ANSWER_OCTETS_MAX, |response| {
                if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                    uids.extend_from_slice(found);
                }
            })
            .await;
        asked.map_err(|fault| fault.lasting("search"))?;
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// Size and time of arrival of these mails, as far as they are there.
    async fn sizes(
        &mut self,
        uids: &[u32],
        about: &mut HashMap<u32, (u64, Timestamp)>,
    ) -> Result<(), Fault> {
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let command = format!("UID FETCH {set} (UID RFC822.SIZE INTERNALDATE)");
        self.command(&command, ANSWER_OCTETS_MAX, |response| about.extend(facts(response))).await
    }

    async fn fetch_one(
        &mut self,
        uid: u32,
        size: u64,
        received: Timestamp,
    ) -> Result<Option<RawMail>, Fault> {
        // Asked for with a limit in any case: some servers announce less than they send.
        let octets = if size > RAW_OCTETS_MAX as u64 { CUT_OCTETS } else { RAW_OCTETS_MAX };
        let mut raw = None;
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{octets}>)");
        self.command(&command, ANSWER_OCTETS_MAX + octets as u64, |response| {
            if let Response::Fetch(_, values) = response
                && has_uid(values, uid)
            {
                for value in values {
                    if let AttributeValue::BodySection { section: None, data, .. } = value {
                        raw = Some(data.as_deref().unwrap_or_default().to_vec());
                    }
                }
            }
        })
        .await?;
        let Some(mut raw) = raw else { return Ok(None) };
        raw.truncate(octets);
        let cut = raw.len() == octets && size != octets as u64;
        Ok(Some(RawMail { key: uid.to_string(), uid, received, size, raw, cut }))
    }

    /// One command, each untagged response shown to `see`, until its own tagged answer.
    async fn command(
        &mut self,
        text: &str,
        octets_max: u64,
        mut see: impl FnMut(&Response<'_>),
    ) -> Result<(), Fault> {
        let name = text.split(' ').next().unwrap_or_default().to_lowercase();
        let mut session = self.session.take().ok_or_else(|| Fault::Lost(gone()))?;
        session.get_mut().allow(octets_max);
        let exchange = async {
            let tag = session.run_command(text).await.map_err(fault)?;
            loop {
                let response = session.read_response().await.map_err(|e| Fault::Lost(lost(&e)))?;
                let Some(response) = response else {
                    return Err(Fault::Lost(retry(&name, "connection closed")));
                };
                match response.parsed() {
                    Response::Done { tag: got, status, outcome } if *got == tag => {
                        let text = outcome.information.as_deref().unwrap_or_default();
                        return Ok(match status {
                            Status::Ok => Ok(()),
                            _ => Err(text.to_owned()),
                        });
                    }
                    untagged => see(untagged),
                }
            }
        };
        let answered = timeout(self.deadline, exchange).await;
        let answered = answered.map_err(|_| Fault::Lost(retry(&name, "no answer in time")))??;
        self.session = Some(session);
        answered.map_err(Fault::No)
    }
}

fn is_idle(capability: &Capability<'_>) -> bool {
    matches!(capability, Capability::Atom(name) if name.eq_ignore_ascii_case("IDLE"))
}

fn has_uid(values: &[AttributeValue<'_>], uid: u32) -> bool {
    values.iter().any(|value| matches!(value, AttributeValue::Uid(got) if *got == uid))
}

/// UID, size and time of arrival, where the response gives all three.
fn facts(response: &Response<'_>) -> Option<(u32, (u64, Timestamp))> {
    let Response::Fetch(_, values) = response else { return None };
    let mut uid = None;
    let mut size = None;
    let mut received = None;
    for value in values {
        match value {
            AttributeValue::Uid(number) => uid = Some(*number),
            AttributeValue::Rfc822Size(octets) => size = Some(u64::from(*octets)),
            AttributeValue::InternalDate(text) => {
                let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim());
                received = parsed.and_then(|time| time.to_timestamp()).ok();
            }
            _ => {}
        }
    }
    uid.zip(size.zip(received))
}

/// An IMAP quoted string; `None` for what needs another form.
fn quoted(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    plain.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
