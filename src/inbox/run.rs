//! Owns the loop of each source: connect, catch up, wait, again; and what happens at first
//! contact, after a rebuild of the mailbox, and with a mail that kills the parser.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::apply::{Arrived, Place, take_in};
use super::imap::{ImapSettings, ImapSource};
use super::maildir::MaildirSource;
use super::read::read;
use super::reading::{Reading, Unreadable};
use super::source::{RawMail, SourceError};
use super::trace;
use crate::actions::Context;
use crate::clock::Clock;
use crate::faults;
use crate::outbox::Outbox;
use crate::store::inbounds::{self, MailboxRow};
use crate::store::{Lane, Store, StoreError};

/// Mails read and applied in one transaction.
const BATCH: usize = 32;
/// A Maildir costs one look at two folders: new mail is found within this time.
const MAILDIR_LOOK: Duration = Duration::from_secs(2);
/// First wait after a fault; doubled up to the longest.
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// A server that comes back is found within this time.
const RETRY_MAX: Duration = Duration::from_mins(5);
/// A fault that needs a person is tried again at this pace.
const PERSON_WAIT: Duration = Duration::from_mins(2);
/// A mail is parsed together with others once, alone the second time, and not a third time.
const PARSE_TRIES_MAX: i64 = 2;
/// From so many mails on, a mailbox in which every one is younger than the watermark was
/// rewritten by somebody's restore.
const REWRITTEN_MIN: usize = 20;

/// Where mail comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// An IMAP mailbox.
    Imap(Box<ImapSettings>),
    /// A Maildir.
    Maildir(MaildirSource),
}

/// The loop's parts and state. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    /// Where effects and cursor are kept.
    pub store: Store,
    /// Config and keys.
    pub context: Context,
    /// The calendar.
    pub clock: Clock,
    /// Woken when there is something to send, and opened for the calendar after the first look.
    pub outbox: Outbox,
    /// Where mail comes from.
    pub source: Source,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    wake: Notify,
    /// Complete looks that found nothing more.
    looks: AtomicU64,
    working: AtomicBool,
    fault: std::sync::Mutex<Option<String>>,
}

/// What stops a session.
enum Stop {
    Source(SourceError),
    Store(StoreError),
    Held,
    Asked,
}

impl From<SourceError> for Stop {
    fn from(e: SourceError) -> Self {
        Self::Source(e)
    }
}

impl From<StoreError> for Stop {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

impl Inbox {
    /// Puts the parts together. Nothing runs yet.
    #[must_use]
    pub fn new(
        store: Store,
        context: Context,
        clock: Clock,
        outbox: Outbox,
        source: Source,
    ) -> Self {
        Self { store, context, clock, outbox, source, state: Arc::default() }
    }

    /// Look now.
    pub fn wake(&self) {
        self.state.wake.notify_one();
    }

    /// Whether a look costs nothing and can be asked for (a Maildir).
    #[must_use]
    pub fn looks_at_will(&self) -> bool {
        matches!(self.source, Source::Maildir(_))
    }

    /// Complete looks so far.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.state.looks.load(Ordering::SeqCst)
    }

    /// Whether a look is under way.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.state.working.load(Ordering::SeqCst)
    }

    /// Why mail is not read at the moment.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.state.fault.lock().ok()?.clone()
    }

    fn set_fault(&self, fault: Option<String>) {
        if let Ok(mut kept) = self.state.fault.lock()
            && *kept != fault
        {
            if let Some(reason) = &fault {
                tracing::error!(%reason, "inbox.fault");
            } else {
                tracing::info!("inbox.works");
            }
            *kept = fault;
        }
    }

    /// Runs until `stop`. `beat` is called at every round.
    pub async fn run(self, stop: CancellationToken, beat: impl Fn() + Send + Sync) {
        let mut wait = RETRY_FIRST;
        while !stop.is_cancelled() {
            beat();
            let before = self.looks();
            let ended = match &self.source {
                Source::Imap(settings) => self.imap(settings, &stop, &beat).await,
                Source::Maildir(maildir) => self.maildir(maildir, &stop, &beat).await,
            };
            self.state.working.store(false, Ordering::SeqCst);
            if self.looks() > before {
                wait = RETRY_FIRST;
            }
            let pause = match ended {
                Stop::Asked => return,
                Stop::Held => PERSON_WAIT,
                Stop::Source(SourceError::NeedsPerson(text)) => {
                    self.set_fault(Some(text));
                    PERSON_WAIT
                }
                Stop::Source(SourceError::Retry(text)) => {
                    self.set_fault(Some(text));
                    wait
                }
                Stop::Store(e) => {
                    self.set_fault(Some(e.to_string()));
                    wait
                }
            };
            wait = (wait * 2).min(RETRY_MAX);
            let until = crate::clock::monotonic() + pause;
            while crate::clock::monotonic() < until && !stop.is_cancelled() {
                beat();
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.state.wake.notified() => break,
                    () = tokio::time::sleep(RETRY_FIRST) => {}
                }
            }
        }
    }

    /// A look that began at `since` found nothing more.
    fn looked(&self, since: Timestamp) {
        self.set_fault(None);
        self.outbox.inbox_was_read(since);
        self.state.looks.fetch_add(1, Ordering::SeqCst);
        self.state.working.store(false, Ordering::SeqCst);
        self.outbox.open_calendar();
    }

    async fn imap(
        &self,
        settings: &ImapSettings,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Stop {
        let session = async {
            let mut source = ImapSource::connect(settings).await?;
            let state = source.status().await?;
            let place = Place {
                mailbox: format!("imap/{}/{}", settings.host, settings.mailbox),
                validity: i64::from(state.uid_validity),
            };
            self.meet(&mut source, &place, state.uid_next, beat).await?;
            let poll = Duration::from_secs(u64::from(self.context.config.relance.inbox.poll_s));
            loop {
                beat();
                self.state.working.store(true, Ordering::SeqCst);
                let since = self.clock.now();
                let last = self.cursor(&place).await?;
                let mails = source.fetch_since(last, BATCH).await?;
                if mails.is_empty() {
                    self.looked(since);
                    source.wait(last, poll.min(MAX_WAIT)).await?;
                } else {
                    self.take(&place, mails).await?;
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => Stop::Asked,
            ended = session => match ended { Ok(never) => never, Err(stop) => stop },
        }
    }

    async fn cursor(&self, place: &Place) -> Result<u32, StoreError> {
        let name = place.mailbox.clone();
        let row = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        Ok(row.map_or(0, |r| u32::try_from(r.last_uid).unwrap_or(u32::MAX)))
    }

    /// First contact: the backlog is ignored. A new UIDVALIDITY: what is younger than the
    /// watermark less a day is read again, and known mail is told by its content.
    async fn meet(
        &self,
        source: &mut ImapSource,
        place: &Place,
        uid_next: u32,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let name = place.mailbox.clone();
        let met = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        let row = MailboxRow {
            validity: place.validity,
            last_uid: i64::from(uid_next.saturating_sub(1)),
            watermark_ms: now.as_millisecond(),
            held: String::new(),
        };
        let Some(before) = met else {
            let last = match uid_next {
                0 => source.uids_since(0).await?.into_iter().max().unwrap_or(0),
                next => next - 1,
            };
            let row = MailboxRow { last_uid: i64::from(last), ..row };
            return Ok(self.set_mailbox(place, row).await?);
        };
        if before.validity == place.validity {
            return Ok(());
        }
        let since = Timestamp::from_millisecond(before.watermark_ms).unwrap_or(now);
        let since = since.checked_sub(SignedDuration::from_hours(24)).unwrap_or(since);
        let uids = source.search_younger(since.to_zoned(jiff::tz::TimeZone::UTC).date()).await?;
        let state = source.status().await?;
        let max = usize::try_from(self.context.config.relance.inbox.rescan_mails_max)
            .unwrap_or(usize::MAX);
        let rewritten = uids.len() >= REWRITTEN_MIN
            && uids.len() == usize::try_from(state.exists).unwrap_or(usize::MAX)
            && now.duration_since(since) > SignedDuration::from_hours(72);
        if (uids.len() > max || rewritten) && before.held != "resumed" {
            let why = format!(
                "the mailbox was rebuilt and {} mails look new; see what they are, then run: relance inbox resume",
                uids.len()
            );
            let held = MailboxRow { held: why.clone(), ..before };
            self.set_mailbox(place, held).await?;
            self.set_fault(Some(why));
            return Err(Stop::Held);
        }
        tracing::warn!(mails = uids.len(), "inbox.mailbox_rebuilt");
        let watermark_ms = before.watermark_ms;
        for batch in uids.chunks(BATCH) {
            beat();
            let mails = source.fetch(batch).await?;
            let mails = mails.into_iter().filter(|m| m.received >= since).collect();
            self.take(place, mails).await?;
        }
        Ok(self.set_mailbox(place, MailboxRow { watermark_ms, ..row }).await?)
    }

    async fn set_mailbox(&self, place: &Place, row: MailboxRow) -> Result<(), StoreError> {
        let name = place.mailbox.clone();
        self.store.write(Lane::Front, move |c| inbounds::set_mailbox(c, &name, &row)).await
    }

    async fn maildir(
        &self,
        maildir: &MaildirSource,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Stop {
        let mut known = HashSet::new();
        while !stop.is_cancelled() {
            beat();
            self.state.working.store(true, Ordering::SeqCst);
            let since = self.clock.now();
            if let Err(ended) = self.look(maildir, &mut known).await {
                return ended;
            }
            self.looked(since);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.state.wake.notified() => {}
                () = tokio::time::sleep(MAILDIR_LOOK) => {}
            }
        }
        Stop::Asked
    }

    /// One complete look at a Maildir.
    async fn look(&self, maildir: &MaildirSource, known: &mut HashSet<String>) -> Result<(), Stop> {
        let place = Place { mailbox: "maildir".into(), validity: 0 };
        let name = place.mailbox.clone();
        let met = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        let source = maildir.clone();
        let entries = blocking(move || source.list()).await??;
        if met.is_none() {
            // First contact: what stands there is the backlog. Remembered by name, since files
            // carry no number that only grows.
            let keys: Vec<String> = entries.iter().map(|e| e.key.clone()).collect();
            known.extend(keys.iter().cloned());
            self.ignore(&place, keys).await?;
            return Ok(());
        }
        let fresh: Vec<_> = entries.into_iter().filter(|e| !known.contains(&e.key)).collect();
        for batch in fresh.chunks(BATCH) {
            let (source, entries) = (maildir.clone(), batch.to_vec());
            let mails = blocking(move || {
                entries
                    .iter()
                    .filter_map(|e| source.read(e).transpose())
                    .collect::<Result<Vec<_>, _>>()
            })
            .await??;
            self.take(&place, mails).await?;
            known.extend(batch.iter().map(|e| e.key.clone()));
        }
        Ok(())
    }

    async fn ignore(&self, place: &Place, keys: Vec<String>) -> Result<(), StoreError> {
        let (place, now_ms) = (place.clone(), self.clock.now().as_millisecond());
        self.store
            .write(Lane::Front, move |c| {
                for key in &keys {
                    inbounds::ignore(c, &place.mailbox, place.validity, key, now_ms)?;
                }
                let row = MailboxRow {
                    validity: place.validity,
                    last_uid: 0,
                    watermark_ms: now_ms,
                    held: String::new(),
                };
                inbounds::set_mailbox(c, &place.mailbox, &row)
            })
            .await
    }

    /// Counts, parses, applies. After a death in the middle the same mails come again: each alone
    /// the second time, unparsed the third. Each of those is counted just before its own turn, so
    /// that a mail that kills counts against itself and not against its neighbours.
    async fn take(&self, place: &Place, mails: Vec<RawMail>) -> Result<(), StoreError> {
        let (at, keys) = (place.clone(), mails.iter().map(|m| m.key.clone()).collect::<Vec<_>>());
        let turns: Vec<Turn> = self
            .store
            .write(Lane::Front, move |c| keys.iter().map(|key| turn(c, &at, key)).collect())
            .await?;
        faults::point("inbox.counted");
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for (mail, turn) in mails.into_iter().zip(turns) {
            match turn {
                Turn::Seen => {}
                Turn::First => together.push((mail, true)),
                Turn::Again => alone.push(mail),
            }
        }
        if !together.is_empty() {
            self.parse_and_apply(place, together).await?;
        }
        for mail in alone {
            let (at, key) = (place.clone(), mail.key.clone());
            let tries = self
                .store
                .write(Lane::Front, move |c| {
                    inbounds::count_parse(c, &at.mailbox, at.validity, &key)
                })
                .await?;
            faults::point("inbox.counted");
            self.parse_and_apply(place, vec![(mail, tries <= PARSE_TRIES_MAX)]).await?;
        }
        Ok(())
    }

    async fn parse_and_apply(
        &self,
        place: &Place,
        mails: Vec<(RawMail, bool)>,
    ) -> Result<(), StoreError> {
        let mut arrived = tokio::task::spawn_blocking(move || {
            mails.iter().map(|(mail, parse)| arrive(mail, *parse)).collect::<Vec<_>>()
        })
        .await
        .map_err(|e| StoreError::GiveUp(format!("reading mail panicked: {e}")))?;
        faults::point("inbox.parsed");
        let (context, place, now) = (self.context.clone(), place.clone(), self.clock.now());
        let by = context.config.relance.insurance.as_ref().map(|i| i.mail_counts_by);
        for mail in &mut arrived {
            let mut trace = mail.reading.trace;
            if self.clock.travels() {
                // The mail server's calendar is the machine's, which may be months off.
                mail.received = now;
                // Whoever writes a Maildir in a simulation writes its calendar's time.
                trace = trace.filter(|_| self.looks_at_will());
            }
            mail.received = trace::received(by.unwrap_or_default(), trace, mail.received);
        }
        let outcomes = self
            .store
            .write(Lane::Front, move |c| {
                let one = |mail: &Arrived| take_in(c, &context, &place, mail, now);
                arrived.iter().map(one).collect::<Result<Vec<_>, _>>()
            })
            .await?;
        faults::point("inbox.applied");
        for outcome in outcomes {
            tracing::info!(%outcome, "inbox.taken");
        }
        self.outbox.wake();
        Ok(())
    }
}

/// When a mail's turn comes.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// It was read before.
    Seen,
    /// Never tried: counted now, and parsed with others.
    First,
    /// Tried before: counted and parsed by itself.
    Again,
}

fn turn(c: &Connection, place: &Place, key: &str) -> Result<Turn, StoreError> {
    if inbounds::seen_key(c, &place.mailbox, place.validity, key)? {
        return Ok(Turn::Seen);
    }
    if inbounds::was_counted(c, &place.mailbox, place.validity, key)? {
        return Ok(Turn::Again);
    }
    inbounds::count_parse(c, &place.mailbox, place.validity, key)?;
    Ok(Turn::First)
}

/// IDLE and poll: however long config wants to wait, the session is looked at this often.
const MAX_WAIT: Duration = Duration::from_mins(10);

fn arrive(mail: &RawMail, parse: bool) -> Arrived {
    let reading = if parse {
        read(&mail.raw, mail.cut)
    } else {
        tracing::error!(key = %mail.key, "inbox.quarantined");
        Reading { unreadable: Some(Unreadable::Unparsed), ..Reading::default() }
    };
    Arrived::new(mail, reading)
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(f)
        .await
        .map_err(|e| Stop::Source(SourceError::Retry(format!("reading the folder panicked: {e}"))))
}
