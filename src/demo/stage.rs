//! Owns the running demo: config and members in their folder, the daemon in this process, and
//! the moments at which everything is at rest.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};

use super::mailbox::Mailbox;
use super::post::Postman;
use super::{SEED, federation, members};
use crate::compose::Composer;
use crate::config::Config;
use crate::daemon::assemble::{Daemon, Options, StartError};
use crate::daemon::control;
use crate::daemon::footing::Footing;
use crate::daemon::lifecycle::Ended;
use crate::daemon::quiet::Loops;
use crate::daemon::state::{self, StateError};
use crate::domain::mailroom::CONFIRM_BEFORE_DEADLINE_DAYS;
use crate::domain::season;
use crate::domain::words::Lang;
use crate::folder::Folder;
use crate::ids::Random;
use crate::link::{KeyError, Keyring};
use crate::members::{CsvFault, Reader, RowOutcome};
use crate::outbox::transport::Deadlines;
use crate::store::{Direct, ImportRow, StoreError, ledger, staging};

/// The calendar starts so long before the season opens.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_hours(12);

/// Why a demo cannot start or go on: show it and end.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The folder.
    #[error("the demo's folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// The sample config.
    #[error("the sample config: {0}")]
    Config(String),
    /// The sample members.
    #[error("the sample members: {0}")]
    Members(String),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The daemon did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The daemon does not come to rest.
    #[error("{0}")]
    Restless(String),
    /// A page.
    #[error(transparent)]
    Words(#[from] crate::compose::ComposeError),
}

impl From<CsvFault> for StageError {
    fn from(e: CsvFault) -> Self {
        Self::Members(e.to_string())
    }
}

/// A running demo.
pub struct Stage {
    /// The daemon's loops, store, calendar and config.
    pub loops: Loops,
    /// Words and markup.
    pub composer: Composer,
    /// What was sent.
    pub mailbox: Mailbox,
    /// Writes into the daemon's inbox.
    pub postman: Postman,
    /// Where the members' pages are.
    pub web: SocketAddr,
    folder: Folder,
    stopping: tokio_util::sync::CancellationToken,
    running: tokio::task::JoinHandle<Ended>,
}

impl Stage {
    /// Makes config, members and Maildirs in `folder`, and starts the daemon. Inside the runtime.
    pub async fn open(folder: Folder) -> Result<Self, StageError> {
        let [web, admin] = free_addresses()?;
        federation::write(&folder, web, admin)?;
        for part in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(folder.incoming().join(part))?;
        }
        let config = Config::load(&folder.config()).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            StageError::Config(lines.join("\n"))
        })?;
        state::open(&folder.state())?;
        let random = Random::seeded(SEED);
        let opens = season::opens(&config.relance.season);
        let start = opens.checked_sub(BEFORE_OPENING).unwrap_or(opens);
        import(&folder, &config, &random, start)?;
        let options = Options {
            state: folder.state(),
            credentials: None,
            clock: Some(start),
            deadlines: Deadlines::default(),
            mailbox_patience: None,
            random,
        };
        let authserv = config.relance.mail.authserv_id.clone();
        let mut footing = Footing::take(&options)?;
        let daemon = Daemon::assemble(config, &options, &mut footing).await?;
        let (loops, composer, stopping) = (daemon.loops(), daemon.composer(), daemon.stopping());
        let fixed = || std::future::ready(None);
        let running = tokio::spawn(async move { daemon.run(&mut footing, fixed).await.0 });
        let mailbox = Mailbox::new(&folder.outgoing(), web);
        let postman = Postman::new(&folder.incoming(), &authserv, loops.clock.clone());
        let stage = Self { loops, composer, mailbox, postman, web, folder, stopping, running };
        stage.settle().await?;
        Ok(stage)
    }

    /// The config, as it was loaded.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.loops.config
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Cancelled once the daemon stops, by a signal or a fault.
    #[must_use]
    pub fn stopping(&self) -> tokio_util::sync::CancellationToken {
        self.stopping.clone()
    }

    /// Waits until what was put into the inbox is read and what followed from it is sent.
    pub async fn settle(&self) -> Result<(), StageError> {
        self.unless_stopped(control::quiet(&self.loops)).await
    }

    /// Moves the calendar forward, and waits until everything due then is done.
    pub async fn jump(&self, at: Timestamp) -> Result<(), StageError> {
        self.unless_stopped(control::jump(&self.loops, at)).await.map(drop)
    }

    /// Loops that have ended never come to rest.
    async fn unless_stopped<T>(
        &self,
        rest: impl Future<Output = Result<T, String>>,
    ) -> Result<T, StageError> {
        let stopped = || StageError::Restless("the daemon has stopped; look at its log".into());
        tokio::select! {
            () = self.stopping.cancelled() => Err(stopped()),
            rested = rest => rested.map_err(StageError::Restless),
        }
    }

    /// Number and hash of the ledger's last line.
    pub async fn ledger_head(&self) -> Result<(i64, Vec<u8>), StageError> {
        Ok(self.loops.store.read(ledger::head).await?)
    }

    /// Whether a reply that ends something is confirmed by mail first, by now.
    #[must_use]
    pub fn near_deadline(&self) -> bool {
        let left =
            season::deadline(&self.config().relance.season).duration_since(self.loops.clock.now());
        left > SignedDuration::ZERO
            && left < SignedDuration::from_hours(24 * CONFIRM_BEFORE_DEADLINE_DAYS)
    }

    /// Language of an association's desk.
    #[must_use]
    pub fn desk_language(&self, code: &str) -> Lang {
        self.config().association(code).map_or(Lang::En, |a| a.desk.language)
    }

    /// Stops the daemon, and clears the folder unless it is kept.
    pub async fn close(self) -> Ended {
        self.stopping.cancel();
        self.running.await.unwrap_or_else(|e| Ended::Failed(e.to_string()))
    }
}

/// Two ports that are free now.
fn free_addresses() -> std::io::Result<[SocketAddr; 2]> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (first, second) = (TcpListener::bind(any)?, TcpListener::bind(any)?);
    Ok([first.local_addr()?, second.local_addr()?])
}

/// Takes the member list in as `relance import` does.
fn import(
    folder: &Folder,
    config: &Config,
    random: &Random,
    at: Timestamp,
) -> Result<(), StageError> {
    let list = members::list();
    std::fs::write(folder.path().join("members.csv"), &list)?;
    let ring = Keyring::load_or_create(&folder.state(), true, random, at)?;
    let mut store = Direct::open(&folder.state(), at.as_millisecond())?;
    let mut reader = Reader::new(list.as_bytes(), config)?;
    let absent = reader.absent();
    let mut rows: Vec<ImportRow> = Vec::new();
    while let Some(outcome) = reader.next_row()? {
        match outcome {
            RowOutcome::Accepted { row, .. } => rows.push(ImportRow::from(*row)),
            RowOutcome::Refused { line, refusals, .. } => {
                let why = refusals.first().map(|r| r.why.clone()).unwrap_or_default();
                return Err(StageError::Members(format!("line {line}: {why}")));
            }
        }
    }
    store.write(|c| {
        for row in &rows {
            let subject = HEXLOWER.encode(&random.bytes::<12>());
            staging::apply(c, row, &absent, &subject, &random.bytes::<16>())?;
        }
        let data = serde_json::json!({"added": rows.len()});
        ledger::append(c, &ring, at.as_millisecond(), "", "imported", &data)
    })?;
    Ok(())
}
