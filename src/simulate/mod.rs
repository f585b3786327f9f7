//! Owns playing a season against a copy of the store, with a travelling calendar and invented
//! behaviour: what would go out, to whom, and what it would come to. Every mail goes into a
//! Maildir, every address in the copy is replaced by one that belongs to nobody, and the copy is a
//! simulation for ever. Never touches the store that it was copied from.

mod behaviour;
mod cheques;
mod deeds;
mod outcome;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

pub use behaviour::{Behaviour, BehaviourError, Cheque, Cheques, Declarations, Deed, Shares, When};
pub use outcome::{Outcome, Row};

use self::cheques::{Entered, Post};
use self::deeds::{Did, Turn};
use crate::actions::Context;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::compose::{ComposeError, Composer};
use crate::config::{Config, InboxSource, StepKind, Transport};
use crate::daemon::control;
use crate::daemon::quiet::Loops;
use crate::daemon::simulated::{self, SimulatedError};
use crate::domain::season;
use crate::ids::{MessageRow, Random};
use crate::link::Keyring;
use crate::outbox::maildir::MaildirTransport;
use crate::outbox::{Outbox, Way};
use crate::scheduler::Scheduler;
use crate::store::{Lane, Look, Store, StoreError, copies, firings, ledger, messages, meta};

/// Where invented members read their mail (RFC 2606).
const MEMBERS_DOMAIN: &str = "members.example";
/// Where desks do.
const DESKS_DOMAIN: &str = "desks.example";
/// The calendar starts so long before the season opens.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_hours(12);
/// After a firing whoever waited for another day is served: the next day's pass is over by then.
const NEXT_PASS: SignedDuration = SignedDuration::from_hours(26);
/// Deeds in one transaction.
const DEEDS_AT_ONCE: i64 = 100;
/// Cheques in one transaction.
const CHEQUES_AT_ONCE: usize = 100;

/// Why a season cannot be played: show it and end.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A folder.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another season is configured.
    #[error(
        "the config's season is {0}; write the season to be played into relance.toml, in a config folder of its own (--config)"
    )]
    Season(String),
    /// The copy.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody could get mail.
    #[error(transparent)]
    Real(#[from] SimulatedError),
    /// Words.
    #[error(transparent)]
    Words(#[from] ComposeError),
    /// It does not come to rest.
    #[error("{0}")]
    Restless(String),
}

/// What is played.
#[derive(Debug, Clone)]
pub struct Play {
    /// The operator's files.
    pub config: Config,
    /// The state folder whose store is copied.
    pub state: PathBuf,
    /// A folder for the copy; removed by whoever made it.
    pub copy: PathBuf,
    /// Maildir for every mail.
    pub out: PathBuf,
    /// How people behave.
    pub behaviour: Behaviour,
    /// What the machine's calendar reads.
    pub now: Timestamp,
}

/// Plays it to the season's end. `progress` hears where the calendar is.
pub async fn play(play: Play, progress: impl Fn(Timestamp)) -> Result<Outcome, SimulateError> {
    let Play { mut config, state, copy, out, behaviour, now } = play;
    harmless(&mut config, &out);
    let ring = Keyring::generate(&Random::System, now);
    let (start, head) = prepare(&config, &ring, &state, &copy, now)?;
    let context = Context { config: Arc::new(config), ring: Arc::new(ring) };
    let running = Running::start(context, &copy, &out, start)?;
    let played = running.through(&behaviour, progress).await;
    let outcome = match played {
        Ok(deeds) => running.outcome(deeds, head).await,
        Err(e) => Err(e),
    };
    running.stop().await;
    outcome
}

/// Nothing leaves this machine and no desk hears of it.
fn harmless(config: &mut Config, out: &Path) {
    config.relance.smtp.transport = Transport::Maildir;
    config.relance.smtp.maildir = Some(out.to_owned());
    config.relance.inbox.source = InboxSource::None;
    for association in &mut config.associations {
        association.desk.email =
            format!("{}@{DESKS_DOMAIN}", association.code.to_ascii_lowercase());
    }
}

/// Copies the store, replaces its addresses and marks it. Returns where the calendar starts: before
/// the opening, or now where the season has begun; and the ledger's last line, after which this
/// play's keys make the chain.
fn prepare(
    config: &Config,
    ring: &Keyring,
    state: &Path,
    copy: &Path,
    now: Timestamp,
) -> Result<(Timestamp, i64), SimulateError> {
    let season = &config.relance.season;
    copies::copy(state, copy, now.as_millisecond())?;
    let mut store = crate::store::Direct::open(copy, now.as_millisecond())?;
    let begun = store.write(|c| {
        let begun = firings::all(c)?.iter().any(|f| f.season == season.id);
        copies::replace_addresses(c, |address| stand_in(ring, address))?;
        Ok(begun)
    })?;
    let opens = season::opens(season);
    let early = opens.checked_sub(BEFORE_OPENING).unwrap_or(opens);
    let reads = Look::open(state)?.read(|c| meta::calendar(c, now))?;
    let start = if begun { early.max(reads) } else { early };
    store.write(|c| {
        if !begun {
            // What is due in the season is to be played, not left to a person as due before us.
            meta::set(c, meta::CREATED_AT, &early.as_millisecond().to_string())?;
        }
        Ok(simulated::mark_copy(c, config, start))
    })??;
    let head = store.write(|c| Ok(ledger::head(c)?.0))?;
    Ok((start, head))
}

/// The same stand-in for the same address, so that what is shared stays shared.
fn stand_in(ring: &Keyring, address: &str) -> String {
    let mark = ring.mark("stand-in", address.to_ascii_lowercase().as_bytes());
    format!("m{}@{MEMBERS_DOMAIN}", HEXLOWER.encode(&mark[..8]))
}

/// What invented people did, and what of it was not taken.
#[derive(Debug, Clone, Copy, Default)]
struct Deeds {
    done: u64,
    refused: u64,
    cheques: u64,
}

struct Running {
    loops: Loops,
    context: Context,
    random: Random,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    fn start(
        context: Context,
        copy: &Path,
        out: &Path,
        start: Timestamp,
    ) -> Result<Self, SimulateError> {
        let config = Arc::clone(&context.config);
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
        let maildir = MaildirTransport::open(out)
            .map_err(|source| SimulateError::Io { what: out.display().to_string(), source })?
            .unsynced();
        let clock = Clock::fixed(start);
        let store = Store::open_fleeting(copy, start.as_millisecond())?;
        let random = Random::System;
        let outbox = Outbox::new(
            store.clone(),
            context.clone(),
            composer,
            clock.clone(),
            random.clone(),
            Way::Maildir(maildir),
        );
        outbox.open_calendar();
        // No mailbox is read: no deadline waits for one.
        outbox.inbox_was_read(Timestamp::MAX);
        let wake = Bell::default();
        let scheduler = Scheduler {
            store: store.clone(),
            context: context.clone(),
            clock: clock.clone(),
            outbox: outbox.clone(),
            wake: wake.clone(),
        };
        let stop = CancellationToken::new();
        let (sending, calendar) = (outbox.clone(), stop.clone());
        let stopping = stop.clone();
        let tasks = vec![
            tokio::spawn(async move { sending.run(stopping, || {}).await }),
            tokio::spawn(async move { scheduler.run(calendar, || {}).await }),
        ];
        let loops = Loops { store, clock, config, outbox, scheduler: wake, inbox: None };
        Ok(Self { loops, context, random, stop, tasks })
    }

    /// From one thing that is due to the next, to the season's end.
    async fn through(
        &self,
        behaviour: &Behaviour,
        progress: impl Fn(Timestamp),
    ) -> Result<Deeds, SimulateError> {
        let ends = season::ends(&self.context.config.relance.season);
        let (mut deeds, mut after, mut pass) = (Deeds::default(), MessageRow(0), None);
        let mut post = Post::new(self.loops.clock.now());
        control::quiet(&self.loops).await.map_err(SimulateError::Restless)?;
        loop {
            let now = self.loops.clock.now();
            let due = self.loops.next().await?;
            let all = due.into_iter().chain(pass.take()).chain(post.next());
            let Some(at) = all.filter(|at| *at > now && *at < ends).min() else { break };
            if due == Some(at) {
                pass = at.checked_add(NEXT_PASS).ok();
            }
            progress(at);
            control::jump(&self.loops, at).await.map_err(SimulateError::Restless)?;
            self.enter(&mut post, &mut deeds).await?;
            after = self.act(behaviour, after, &mut deeds, &mut post).await?;
        }
        control::jump(&self.loops, ends).await.map_err(SimulateError::Restless)?;
        Ok(deeds)
    }

    /// The desk enters the cheques that came.
    async fn enter(&self, post: &mut Post, deeds: &mut Deeds) -> Result<(), SimulateError> {
        let at = self.loops.clock.now();
        let due = post.take(at);
        for some in due.chunks(CHEQUES_AT_ONCE) {
            let (context, some) = (self.context.clone(), some.to_vec());
            let entered = self.loops.store.write(Lane::Front, move |c| {
                some.into_iter()
                    .map(|coming| cheques::enter(c, &context, coming, at))
                    .collect::<Result<Vec<_>, _>>()
            });
            for one in entered.await? {
                deeds.cheques += u64::from(one != Entered::Nothing);
                if let Entered::Bounces(payment) = one {
                    post.bounces(payment, at);
                }
            }
        }
        Ok(())
    }

    /// Lets everybody act on the mail that reached them since.
    async fn act(
        &self,
        behaviour: &Behaviour,
        mut after: MessageRow,
        deeds: &mut Deeds,
        post: &mut Post,
    ) -> Result<MessageRow, SimulateError> {
        let at = self.loops.clock.now();
        loop {
            let (context, random) = (self.context.clone(), self.random.clone());
            let known = behaviour.clone();
            let round = self.loops.store.write(Lane::Front, move |c| {
                let mails = messages::reached_after(c, after, DEEDS_AT_ONCE)?;
                let mut did = Vec::new();
                for mail in &mails {
                    let kind = StepKind::parse(&mail.kind);
                    let deed = kind.and_then(|kind| known.deed(&mail.member_no, kind));
                    if let Some(deed) = deed {
                        let (context, behaviour, random) = (&context, &known, &random);
                        let turn = Turn { context, behaviour, mail, at, random };
                        did.push((mail.member_no.clone(), turn.act(c, deed)?));
                    }
                }
                Ok((mails.last().map(|mail| mail.id), did))
            });
            let (last, did) = round.await?;
            for (member_no, did) in did {
                match did {
                    Did::Nothing => deeds.refused += 1,
                    Did::Acted => deeds.done += 1,
                    Did::Promised(from) => {
                        deeds.done += 1;
                        post.promised(behaviour, from, &member_no, at);
                    }
                }
            }
            let Some(last) = last else { break };
            after = last;
        }
        control::quiet(&self.loops).await.map_err(SimulateError::Restless)?;
        Ok(after)
    }

    async fn outcome(&self, deeds: Deeds, head: i64) -> Result<Outcome, SimulateError> {
        let context = self.context.clone();
        let read = move |c: &rusqlite::Connection| Outcome::read(c, &context, deeds, head);
        Ok(self.loops.store.read(read).await?)
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            // A loop that died is told by what is missing in the outcome.
            let _ = task.await;
        }
        self.loops.store.close().await;
    }
}

#[cfg(test)]
mod tests;
