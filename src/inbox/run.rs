//! Owns the loop over a source: connect, catch up, wait, again; and the taking in of a batch,
//! also with a mail that kills the parser in it.

mod by_imap;
mod by_maildir;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::apply::{Arrived, Place, take_in};
use super::attribute::token;
use super::imap::ImapSettings;
use super::maildir::MaildirSource;
use super::read::read;
use super::reading::{Reading, Unreadable};
use super::source::{RawMail, SourceError};
use super::trace;
use crate::actions::Context;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::domain::hold::HoldReason;
use crate::faults;
use crate::hold::missing;
use crate::link::Token;
use crate::outbox::Outbox;
use crate::store::inbounds::{self, MailboxRow};
use crate::store::{Lane, Store, StoreError};

/// Mails read and applied in one transaction.
const BATCH: usize = 32;
/// First wait after a fault; doubled up to the longest.
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// A server that comes back is found within this time.
const RETRY_MAX: Duration = Duration::from_mins(5);
/// A fault that needs a person is tried again at this pace.
const PERSON_WAIT: Duration = Duration::from_mins(2);
/// A mail is parsed together with others once, alone the second time, and not a third time.
const PARSE_TRIES_MAX: i64 = 2;

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
    /// Look now.
    bell: Bell,
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
    /// The store must not act: the mailbox is left as it is.
    Guarded,
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
        self.state.bell.ring();
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

    /// Waits until a look that began after now is over, or failed. Only where
    /// [`Inbox::looks_at_will`].
    pub async fn at_rest(&self) {
        self.state.bell.at_rest().await;
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
        while self.outbox.guard.pass(&stop, &beat).await {
            let (before, heard) = (self.looks(), self.state.bell.hear());
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
                Stop::Guarded => continue,
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
            // A look that failed is over too; the fault says why.
            self.state.bell.served(heard);
            wait = (wait * 2).min(RETRY_MAX);
            let until = crate::clock::monotonic() + pause;
            while crate::clock::monotonic() < until && !stop.is_cancelled() {
                beat();
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.state.bell.rings_after(heard) => break,
                    () = tokio::time::sleep(RETRY_FIRST) => {}
                }
            }
        }
    }

    /// A look that began at `since` found nothing more.
    fn looked(&self, since: jiff::Timestamp) {
        self.set_fault(None);
        self.outbox.inbox_was_read(since);
        self.state.looks.fetch_add(1, Ordering::SeqCst);
        self.state.working.store(false, Ordering::SeqCst);
        self.outbox.open_calendar();
    }

    /// Whether the mailbox may be touched now.
    fn may_look(&self) -> Result<(), Stop> {
        if self.outbox.guard.look().is_some() { Err(Stop::Guarded) } else { Ok(()) }
    }

    async fn set_mailbox(&self, place: &Place, row: MailboxRow) -> Result<(), StoreError> {
        let name = place.mailbox.clone();
        self.store.write(Lane::Front, move |c| inbounds::set_mailbox(c, &name, &row)).await
    }

    /// Counts, parses, applies. After a death in the middle the same mails come again: each alone
    /// the second time, unparsed the third. Each of those is counted just before its own turn, so
    /// that a mail that kills counts against itself and not against its neighbours.
    async fn take(&self, place: &Place, mails: Vec<RawMail>) -> Result<(), Stop> {
        self.may_look()?;
        faults::point("inbox.fetched");
        let (at, keys) = (place.clone(), mails.iter().map(|m| m.key.clone()).collect::<Vec<_>>());
        let turns: Vec<Turn> = self
            .store
            .write(Lane::Front, move |c| keys.iter().map(|key| turn(c, &at, key)).collect())
            .await?;
        faults::point("inbox.counted");
        let mut together = Vec::new();
        // In the order in which they came: of two words of one member the last counts, and a cursor
        // that is past an unread mail loses it where the process dies in between.
        for (mail, turn) in mails.into_iter().zip(turns) {
            match turn {
                Turn::Seen => {}
                Turn::First => together.push((mail, true)),
                Turn::Again => {
                    self.parse_and_apply(place, std::mem::take(&mut together)).await?;
                    let tries = self.count(place, &mail.key).await?;
                    self.parse_and_apply(place, vec![(mail, tries <= PARSE_TRIES_MAX)]).await?;
                }
            }
        }
        self.parse_and_apply(place, together).await
    }

    async fn count(&self, place: &Place, key: &str) -> Result<i64, StoreError> {
        let (at, key) = (place.clone(), key.to_owned());
        let count = move |c: &Connection| inbounds::count_parse(c, &at.mailbox, at.validity, &key);
        let tries = self.store.write(Lane::Front, count).await?;
        faults::point("inbox.counted");
        Ok(tries)
    }

    async fn parse_and_apply(
        &self,
        place: &Place,
        mails: Vec<(RawMail, bool)>,
    ) -> Result<(), Stop> {
        if mails.is_empty() {
            return Ok(());
        }
        let mut arrived = tokio::task::spawn_blocking(move || {
            mails.iter().map(|(mail, parse)| arrive(mail, *parse)).collect::<Vec<_>>()
        })
        .await
        .map_err(|e| StoreError::GiveUp(format!("reading mail panicked: {e}")))?;
        faults::point("inbox.parsed");
        self.foreign(place, &arrived).await?;
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
        for taken in outcomes {
            let message = taken.message.map(tracing::field::display);
            let member = taken.member_no.map(tracing::field::display);
            tracing::info!(outcome = %taken.outcome, message, member, "inbox.taken");
        }
        self.outbox.wake();
        Ok(())
    }
}

impl Inbox {
    /// A token of ours whose message is not here: this store was set back. The mail is left where
    /// it is, to be read once a person has said what was sent meanwhile.
    async fn foreign(&self, place: &Place, arrived: &[Arrived]) -> Result<(), Stop> {
        let ring = &self.context.ring;
        let tokens: Vec<Token> =
            arrived.iter().filter_map(|mail| token(&mail.reading, ring)).collect();
        if tokens.is_empty() {
            return Ok(());
        }
        let days = self.context.config.relance.season.link_days;
        let missing = self.store.read(move |c| missing(c, &tokens, days)).await?;
        let Some(token) = missing else { return Ok(()) };
        let keys: Vec<String> = arrived.iter().map(|mail| mail.key.clone()).collect();
        let place = place.clone();
        self.store
            .write(Lane::Front, move |c| {
                let (mailbox, validity) = (&place.mailbox, place.validity);
                keys.iter().try_for_each(|key| inbounds::uncount(c, mailbox, validity, key))
            })
            .await?;
        self.outbox.guard.hold(HoldReason::SetBack, &format!("{} in a mail", token.message));
        Err(Stop::Guarded)
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

fn arrive(mail: &RawMail, parse: bool) -> Arrived {
    let reading = if parse {
        read(&mail.raw, mail.cut)
    } else {
        tracing::error!(key = %mail.key, "inbox.quarantined");
        Reading { unreadable: Some(Unreadable::Unparsed), ..Reading::default() }
    };
    Arrived::new(mail, reading)
}
