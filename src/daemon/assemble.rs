//! Owns putting the daemon together: config, keys, store, clock, loops, listeners; and what
//! readiness means. Runs nothing by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::footing::{Door, Footing};
use super::health::{self, Check, Health};
use super::lifecycle::{Ended, Lifecycle, Tasks};
use super::quiet::{Loops, overdue};
use super::{control, metrics, simulated, state};
use crate::actions::Context;
use crate::bell::Bell;
use crate::card::{self, Provider};
use crate::clock::Clock;
use crate::compose::Composer;
use crate::config::{self, Config, InboxSource, Transport};
use crate::domain::hold::Held;
use crate::hold;
use crate::ids::Random;
use crate::inbox::imap::ImapSettings;
use crate::inbox::maildir::MaildirSource;
use crate::inbox::{Inbox, Source};
use crate::link::Keyring;
use crate::outbox::maildir::MaildirTransport;
use crate::outbox::smtp::Relay;
use crate::outbox::transport::Deadlines;
use crate::outbox::{self, Outbox, Way};
use crate::scheduler::Scheduler;
use crate::store::{Lane, Store, holds, ledger, meta, read_once};
use crate::web::guesses::Guesses;
use crate::web::limits::WebLimits;
use crate::web::{self, listen};

/// In flight work is finished within this after SIGTERM: longer than a relay's usual answer,
/// shorter than systemd's patience (90 s).
pub const DRAIN: Duration = Duration::from_secs(30);
/// A loop's longest step: a relay's final answer may take ten minutes (RFC 5321 §4.5.3.2.6), but
/// feeders, scheduler and inbox go round far more often.
const LOOP_BEAT: Duration = Duration::from_mins(15);
/// Calendar mail waits for one complete look at the inbox, and no longer than this.
const FIRST_LOOK_MAX: Duration = Duration::from_mins(10);
/// A firing that is this late is overdue: something is wrong with the scheduler.
const OVERDUE_S: i64 = 180;

/// What the operator asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The state folder, chosen.
    pub state: PathBuf,
    /// Where systemd put the credentials.
    pub credentials: Option<PathBuf>,
    /// Start of a travelling calendar.
    pub clock: Option<Timestamp>,
    /// Deadlines towards the relay.
    pub deadlines: Deadlines,
    /// Deadline of each step towards the mailbox, where it is not the usual one.
    pub mailbox_patience: Option<Duration>,
    /// For keys, nonces and jitter: the system's, or a seed where every run must be alike.
    pub random: Random,
}

/// Why the daemon cannot start: what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state folder.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// Another daemon has it.
    #[error(transparent)]
    Lock(#[from] crate::store::LockError),
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] crate::link::KeyError),
    /// The calendar.
    #[error(transparent)]
    Simulated(#[from] simulated::SimulatedError),
    /// Words and templates.
    #[error("words: {0}; run: relance check")]
    Words(#[from] crate::compose::ComposeError),
    /// A password file.
    #[error(transparent)]
    Secret(#[from] config::SecretError),
    /// The payment provider.
    #[error(transparent)]
    Card(#[from] card::SetUpError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The mailbox's folder.
    #[error("inbox: {0}; make it, or name another in inbox.maildir")]
    Inbox(#[from] crate::inbox::source::SourceError),
    /// A listener or a folder.
    #[error("{what}: {source}")]
    Io {
        /// What was to be opened.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Everything, ready to run.
pub struct Daemon {
    lifecycle: Lifecycle,
    loops: Loops,
    scheduler: Scheduler,
    site: web::Site,
    members: TcpListener,
    admin: TcpListener,
    control: tokio::net::UnixListener,
}

impl Daemon {
    /// Opens everything in the order in which faults are cheapest: folder, lock, store, words,
    /// servers' settings, listeners; stands on `footing`. Inside the runtime.
    pub async fn assemble(
        config: Config,
        options: &Options,
        footing: &mut Footing,
    ) -> Result<Self, StartError> {
        let machine = Clock::system().now();
        let store = Store::open(&options.state, machine.as_millisecond())?;
        let config = Arc::new(config);
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
        // Before the store is marked: a start that fails leaves it as it was.
        let (way, mailbox) = (way(&config, options)?, source(&config, options)?);
        let provider = Provider::new(&config.relance.card, options.credentials.as_deref())?;
        let provider = provider.map(Arc::new);
        let members = footing.listener(Door::Members, config.relance.web.listen).await?;
        let admin = footing.listener(Door::Admin, config.relance.admin.listen).await?;
        let (clock, held) = calendar(&store, &config, options.clock).await?;
        let unused = store.read(ledger::is_empty).await?;
        let random = options.random.clone();
        let ring = Keyring::load_or_create(&options.state, unused, &random, clock.now())?;
        let own = ring.clone();
        if !store.read(move |c| ledger::is_continued_by(c, &own)).await? {
            let path = Keyring::file(&options.state).display().to_string();
            return Err(crate::link::KeyError::Foreign { path }.into());
        }
        let context = Context { config: Arc::clone(&config), ring: Arc::new(ring) };
        recover(&store, &context, &clock).await?;
        let outbox = Outbox::new(
            store.clone(),
            context.clone(),
            composer.clone(),
            clock.clone(),
            random.clone(),
            way,
        );
        outbox.guard.found(held);
        let inbox = mailbox.map(|source| {
            Inbox::new(store.clone(), context.clone(), clock.clone(), outbox.clone(), source)
        });
        let loops = Loops {
            store: store.clone(),
            clock: clock.clone(),
            config: Arc::clone(&config),
            outbox: outbox.clone(),
            scheduler: Bell::default(),
            inbox,
        };
        let scheduler = Scheduler {
            store: store.clone(),
            context: context.clone(),
            clock: clock.clone(),
            outbox: outbox.clone(),
            wake: loops.scheduler.clone(),
        };
        let limits = Arc::new(WebLimits::new(&config.relance.web));
        let guesses = Arc::new(Guesses::new(config.relance.web.code_failures_per_hour));
        let control = control::listen(&options.state)
            .map_err(|source| StartError::Io { what: "the control socket".into(), source })?;
        let lifecycle = Lifecycle::new();
        let site = web::Site {
            store,
            context,
            composer,
            clock,
            random,
            outbox,
            scheduler: loops.scheduler.clone(),
            card: provider,
            limits,
            guesses,
        };
        Ok(Self { lifecycle, loops, scheduler, site, members, admin, control })
    }

    /// The parts that a driver inside the process needs.
    #[must_use]
    pub fn loops(&self) -> Loops {
        self.loops.clone()
    }

    /// Words and markup, as the pages use them.
    #[must_use]
    pub fn composer(&self) -> Composer {
        self.site.composer.clone()
    }

    /// Cancelled by a stop; cancelling it asks for one, as SIGTERM does.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.lifecycle.tasks().soft()
    }

    /// Starts every loop and runs until the end, or until `renewed`, asked on SIGHUP, has the
    /// config of a successor, which is handed on.
    pub async fn run<F: Future<Output = Option<Config>>>(
        self,
        footing: &mut Footing,
        renewed: impl FnMut() -> F,
    ) -> (Ended, Option<Config>) {
        let Self { lifecycle, loops, scheduler, site, members, admin, control } = self;
        let tasks = lifecycle.tasks().clone();
        let store = loops.store.clone();
        spawn_loops(&tasks, &loops, scheduler);
        super::card::spawn(&tasks, &site, LOOP_BEAT);
        let stop = tasks.soft();
        tasks.spawn("web", {
            let stop = stop.clone();
            async move {
                listen::serve(members, web::router(site), listen::Limits::default(), stop).await;
                Ok(())
            }
        });
        let health = Health {
            beats: tasks.heartbeats(),
            checks: checks(loops.clone()),
            registry: Arc::new(metrics::registry(loops.clone())),
        };
        tasks.spawn("admin", {
            let stop = stop.clone();
            async move {
                let router = health::router(health);
                listen::serve(admin, router, listen::Limits::default(), stop).await;
                Ok(())
            }
        });
        tasks.spawn("control", async move {
            control::serve(control, loops, stop).await;
            Ok(())
        });
        let ended = lifecycle.run(DRAIN, &mut footing.signals, renewed).await;
        store.close().await;
        ended
    }
}

fn spawn_loops(tasks: &Tasks, loops: &Loops, scheduler: Scheduler) {
    let stop = tasks.soft();
    let outbox = loops.outbox.clone();
    let beat = tasks.heartbeat("outbox", LOOP_BEAT);
    tasks.spawn("outbox", {
        let (outbox, stop) = (outbox.clone(), stop.clone());
        async move {
            outbox.run(stop, move || beat.beat()).await;
            Ok(())
        }
    });
    let beat = tasks.heartbeat("guard", LOOP_BEAT);
    tasks.spawn("guard", {
        let (guard, stop) = (outbox.guard.clone(), stop.clone());
        async move {
            guard.run(stop, move || beat.beat()).await;
            Ok(())
        }
    });
    let beat = tasks.heartbeat("scheduler", LOOP_BEAT);
    tasks.spawn("scheduler", {
        let stop = stop.clone();
        async move {
            scheduler.run(stop, move || beat.beat()).await;
            Ok(())
        }
    });
    let Some(inbox) = loops.inbox.clone() else {
        outbox.open_calendar();
        outbox.inbox_was_read(Timestamp::MAX);
        return;
    };
    let beat = tasks.heartbeat("inbox", LOOP_BEAT);
    tasks.spawn("inbox", {
        let stop = stop.clone();
        async move {
            inbox.run(stop, move || beat.beat()).await;
            Ok(())
        }
    });
    tasks.spawn("first-look", async move {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = first_look(&outbox, &stop) => {}
            }
        }
        Ok(())
    });
}

/// A mailbox that cannot be read keeps calendar mail waiting, and not for ever: counted from when
/// nothing holds us, since meanwhile it is not read.
async fn first_look(outbox: &Outbox, stop: &CancellationToken) {
    outbox.calendar_closed().await;
    if !outbox.guard.pass(stop, &|| {}).await {
        return;
    }
    tokio::time::sleep(FIRST_LOOK_MAX).await;
    if outbox.guard.held().is_none() {
        outbox.open_calendar();
    }
}

async fn calendar(
    store: &Store,
    config: &Arc<Config>,
    start: Option<Timestamp>,
) -> Result<(Clock, Option<Held>), StartError> {
    let kept = store.read(|c| meta::get(c, meta::CALENDAR)).await?;
    let kept: Option<Timestamp> = kept.and_then(|text| text.parse().ok());
    let clock = match start {
        // A simulation goes on from where it was: its calendar never runs back.
        Some(start) => Clock::travelling(kept.map_or(start, |kept| kept.max(start))),
        None => Clock::system(),
    };
    let (config, now_ms) = (Arc::clone(config), clock.now().as_millisecond());
    let simulation = start.map(|_| clock.now());
    let own = clock.clone();
    let admitted = store
        .write(Lane::Front, move |c| {
            if let Err(e) = simulated::admit(c, &config, start, now_ms) {
                return Ok(Err(StartError::from(e)));
            }
            if let Some(at) = simulation {
                meta::set(c, meta::CALENDAR, &at.to_string())?;
            }
            let host = state::host_identity(&config.relance.host);
            let held = hold::at_start(c, &host, &own)?;
            if let Some(held) = &held {
                holds::hold(c, held)?;
            } else {
                meta::get_or_set(c, meta::HOST, &host)?;
                if let Some((boot, bearing_ms)) = hold::bearing(&own) {
                    holds::set_bearing(c, &boot, bearing_ms)?;
                }
            }
            Ok(Ok(held))
        })
        .await?;
    Ok((clock, admitted?))
}

async fn recover(store: &Store, context: &Context, clock: &Clock) -> Result<(), StartError> {
    let (context, now) = (context.clone(), clock.now());
    let (unknown, resent) =
        store.write(Lane::Front, move |c| outbox::recover(c, &context, now)).await?;
    crate::faults::point("outbox.recovered");
    if unknown + resent > 0 {
        tracing::warn!(unknown, resent, "outbox.recovered");
    }
    Ok(())
}

fn password(
    file: Option<&Path>,
    options: &Options,
) -> Result<Option<secrecy::SecretString>, StartError> {
    Ok(file.map(|f| config::secret(f, options.credentials.as_deref())).transpose()?)
}

fn way(config: &Config, options: &Options) -> Result<Way, StartError> {
    let smtp = &config.relance.smtp;
    Ok(match smtp.transport {
        Transport::Maildir => {
            let dir = smtp.maildir.clone().unwrap_or_else(|| options.state.join("outgoing"));
            let maildir = MaildirTransport::open(&dir)
                .map_err(|source| StartError::Io { what: dir.display().to_string(), source })?;
            Way::Maildir(maildir)
        }
        Transport::Smtp => {
            let password = password(smtp.password_file.as_deref(), options)?;
            Way::Smtp(Box::new(Relay::new(smtp, password, options.deadlines)?))
        }
    })
}

fn source(config: &Config, options: &Options) -> Result<Option<Source>, StartError> {
    let inbox = &config.relance.inbox;
    Ok(match inbox.source {
        InboxSource::None => None,
        InboxSource::Maildir => {
            let dir = inbox.maildir.clone().unwrap_or_else(|| options.state.join("incoming"));
            Some(Source::Maildir(MaildirSource::open(&dir)?))
        }
        InboxSource::Imap => {
            let password = password(inbox.password_file.as_deref(), options)?.unwrap_or_default();
            let mut settings = ImapSettings::new(inbox, password)?;
            if let Some(each) = options.mailbox_patience {
                (settings.connect_deadline, settings.command_deadline) = (each, each);
            }
            Some(Source::Imap(Box::new(settings)))
        }
    })
}

/// What `/readyz` looks at.
fn checks(loops: Loops) -> Arc<dyn Fn() -> Vec<Check> + Send + Sync> {
    Arc::new(move || {
        let state = loops.store.path().parent().map(Path::to_path_buf).unwrap_or_default();
        let late = loops.clock.now() - jiff::SignedDuration::from_secs(OVERDUE_S);
        let store = read_once(&state, |c| overdue(c, &loops.config, late));
        // Reading works on a full disk.
        let written = match loops.store.write_fault() {
            Some(reason) => Err(format!("nothing can be written: {reason}")),
            None => Ok(()),
        };
        let scheduler = match &store {
            Ok(true) => Err("a firing is overdue; look at the log for scheduler".into()),
            _ => Ok(()),
        };
        let relay = match loops.outbox.relay_stopped() {
            Some(reason) => Err(format!("the relay is stopped: {reason}")),
            None => Ok(()),
        };
        let inbox = match &loops.inbox {
            None => Ok(()),
            Some(inbox) => match inbox.fault() {
                Some(reason) => Err(reason),
                None if loops.outbox.guard.held().is_some() => Err("left alone".into()),
                None if inbox.looks() == 0 => Err("the first look is not over".into()),
                None => Ok(()),
            },
        };
        let held = match loops.outbox.guard.look() {
            Some(held) => Err(format!("nothing is sent: {}; {}", held.told(), held.reason.cure())),
            None => Ok(()),
        };
        vec![
            ("hold", held),
            ("store", store.map_err(|e| e.to_string()).and(written)),
            ("scheduler", scheduler),
            ("relay", relay),
            ("inbox", inbox),
        ]
    })
}
