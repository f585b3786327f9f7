//! Owns the hidden measuring commands that `benches/run` calls.

mod load;
mod plan;
mod tokens;

use std::hint::black_box;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use self::plan::{peak_mb, reset_peak};
use super::{Place, say};
use crate::actions::Context;
use crate::bell::Bell;
use crate::clock::{Clock, monotonic};
use crate::compose::Composer;
use crate::config::{Config, InboxSource, Tls, Transport};
use crate::ids::Random;
use crate::inbox::read::read;
use crate::link::Keyring;
use crate::outbox::smtp::Relay;
use crate::outbox::transport::Deadlines;
use crate::outbox::{Outbox, Way};
use crate::scheduler::calendar;
use crate::store::absent::Absent;
use crate::store::people::Row;
use crate::store::{Lane, Store, firings, meta, staging};

/// Subcommands of `relance bench`.
#[derive(Debug, Subcommand)]
pub(super) enum Bench {
    /// Plan one notice for so many members, then compose, sign, commit and deliver; prints
    /// `{"messages","seconds","per_s","cpu_s","peak_mb"}` of the latter.
    Send {
        /// Members.
        #[arg(long, default_value_t = 10_000)]
        messages: u32,
        /// Connections.
        #[arg(long, default_value_t = 4)]
        connections: u16,
        /// A server on loopback.
        #[arg(long)]
        to: SocketAddr,
        /// Domain of the members' addresses: where a real server throws mail away.
        #[arg(long, default_value = DOMAIN)]
        domain: String,
    },
    /// Make a state of so many members, and nothing else.
    Fill {
        /// Members.
        #[arg(long, default_value_t = 1_000_000)]
        members: u32,
    },
    /// Ask a web server on loopback each line of a file, `METHOD PATH BODY`; prints
    /// `{"requests","seconds","per_s","p50_ms","p99_ms","max_ms","mean_bytes","statuses"}`.
    Load {
        /// The server.
        #[arg(long)]
        to: SocketAddr,
        /// Connections, which stay open.
        #[arg(long, default_value_t = 16)]
        connections: usize,
        /// What to ask.
        file: PathBuf,
    },
    /// Foretell the season of so many members, count its first notice against what was approved and
    /// plan it; prints `{"members","forecast_s","count_s","plan_s","whole_s","write_ms_max","peak_mb"}`
    /// and the processor seconds.
    Plan {
        /// Members.
        #[arg(long, default_value_t = 100_000)]
        members: u32,
    },
    /// Forge so many links and try each at every door, then measure how long a refusal takes by
    /// what is wrong, by the function and by the page of a demo; prints a JSON object a line.
    Tokens {
        /// Forgeries.
        #[arg(long, default_value_t = 1_000_000)]
        forged: u32,
        /// Measurements of each kind.
        #[arg(long, default_value_t = 100_000)]
        samples: u32,
        /// Repeats a run; 0 draws from the system.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Read the mails of a folder again and again, on one thread, in turn with a full parse of the
    /// same octets by mail-parser; prints `{"mails","mean_bytes","read_per_s","parsed_per_s"}`.
    Read {
        /// How long.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// A folder of nothing but mails.
        dir: PathBuf,
    },
}

impl Bench {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match self {
            Self::Send { messages, connections, to, domain } => {
                let mut config = place.config()?;
                anyhow::ensure!(to.ip().is_loopback(), "--to {to} is not on loopback");
                let smtp = &mut config.relance.smtp;
                (smtp.transport, smtp.host) = (Transport::Smtp, to.ip().to_string());
                (smtp.port, smtp.tls, smtp.connections) = (to.port(), Tls::None, connections);
                (smtp.username, smtp.password_file) = (String::new(), None);
                config.relance.inbox.source = InboxSource::None;
                let state = place.state(&config)?;
                runtime.block_on(send(config, &state, messages, &domain))?;
            }
            Self::Fill { members } => {
                let config = place.config()?;
                runtime.block_on(fill_only(&config, &place.state(&config)?, members))?;
            }
            Self::Load { to, connections, file } => {
                anyhow::ensure!(to.ip().is_loopback(), "--to {to} is not on loopback");
                runtime.block_on(load::load(to, &file, connections))?;
            }
            Self::Plan { members } => {
                let config = place.config()?;
                let state = place.state(&config)?;
                runtime.block_on(plan::plan(config, &state, members))?;
            }
            Self::Tokens { forged, samples, seed } => {
                tokens::run(forged, samples, seed, Clock::system().now())?;
            }
            Self::Read { seconds, dir } => read_mails(&dir, Duration::from_secs(seconds))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes a state as an import would, on which no daemon ever ran: it may become a simulation.
async fn fill_only(config: &Config, state: &Path, members: u32) -> anyhow::Result<()> {
    let issuer = config
        .associations
        .first()
        .ok_or_else(|| anyhow::anyhow!("the config has no association"))?;
    let opens = crate::domain::season::opens(&config.relance.season).as_millisecond();
    std::fs::create_dir_all(state)?;
    let store = Store::open(state, opens)?;
    fill(&store, issuer, members, DOMAIN, None).await?;
    store.close().await;
    Ok(())
}

fn read_mails(dir: &Path, limit: Duration) -> anyhow::Result<()> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        mails.push(std::fs::read(entry?.path())?);
    }
    anyhow::ensure!(!mails.is_empty(), "no mails in {}", dir.display());
    let parser = mail_parser::MessageParser::default();
    let (mut rounds, mut reading, mut parsing) = (0_u32, Duration::ZERO, Duration::ZERO);
    // In turn, so that a slow moment of the machine falls on both.
    while reading + parsing < limit {
        let begun = monotonic();
        for mail in &mails {
            black_box(read(black_box(mail), false));
        }
        let read = monotonic();
        for mail in &mails {
            black_box(parser.parse(black_box(mail.as_slice())));
        }
        reading += read - begun;
        parsing += read.elapsed();
        rounds += 1;
    }
    let done = f64::from(rounds) * f64::from(u32::try_from(mails.len())?);
    say(&json!({
        "mails": mails.len(),
        "mean_bytes": mails.iter().map(Vec::len).sum::<usize>() / mails.len(),
        "read_per_s": done / reading.as_secs_f64(),
        "parsed_per_s": done / parsing.as_secs_f64(),
    })
    .to_string());
    Ok(())
}

async fn send(config: Config, state: &Path, members: u32, domain: &str) -> anyhow::Result<()> {
    let config = Arc::new(config);
    let first = calendar::next(&config, crate::domain::season::opens(&config.relance.season))?
        .ok_or_else(|| anyhow::anyhow!("the config has no firing"))?;
    let (issuer, at) = (first.issuer.clone(), first.due);
    let clock = Clock::travelling(at);
    let store = Store::open(state, at.as_millisecond())?;
    let ring = Keyring::load_or_create(state, true, &Random::System, at)?;
    let context = Context { config: Arc::clone(&config), ring: Arc::new(ring) };
    let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
    fill(&store, &issuer, members, domain, Some(at.as_millisecond() - 1)).await?;
    let relay = Relay::new(&config.relance.smtp, None, Deadlines::default())?;
    let way = Way::Smtp(Box::new(relay));
    let outbox =
        Outbox::new(store.clone(), context.clone(), composer, clock.clone(), Random::System, way);
    let scheduler = crate::scheduler::Scheduler {
        store: store.clone(),
        context,
        clock,
        outbox: outbox.clone(),
        wake: Bell::default(),
    };
    let stop = CancellationToken::new();
    scheduler.tick(at, &stop, &|| {}).await?;
    let planned: i64 = store.read(|c| Ok(firings::all(c)?.iter().map(|f| f.planned).sum())).await?;
    outbox.open_calendar();
    reset_peak();
    let (begun, cpu_s) = (monotonic(), cpu_s());
    let running = tokio::spawn({
        let (outbox, stop) = (outbox.clone(), stop.clone());
        async move { outbox.run(stop, || {}).await }
    });
    let target = u64::try_from(planned)?;
    while outbox.counts().sent.load(std::sync::atomic::Ordering::Relaxed) < target {
        tokio::time::sleep(Duration::from_millis(2)).await;
        anyhow::ensure!(begun.elapsed() < Duration::from_mins(10), "not done within ten minutes");
    }
    stop.cancel();
    running.await?;
    let seconds = begun.elapsed().as_secs_f64();
    store.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a few million at most")]
    let per_s = planned as f64 / seconds;
    say(&json!({
        "messages": planned,
        "seconds": seconds,
        "per_s": per_s,
        "cpu_s": self::cpu_s() - cpu_s,
        "peak_mb": peak_mb(),
    })
    .to_string());
    Ok(())
}

async fn fill(
    store: &Store,
    issuer: &crate::config::Association,
    members: u32,
    domain: &str,
    created_ms: Option<i64>,
) -> anyhow::Result<()> {
    for from in (0..members).step_by(FILL_AT_ONCE) {
        let (issuer, domain) = (issuer.clone(), domain.to_owned());
        let upto = members.min(from.saturating_add(FILL_AT_ONCE.try_into().unwrap_or(u32::MAX)));
        store
            .write(Lane::Front, move |c| {
                if let Some(at) = created_ms {
                    meta::get_or_set(c, meta::CREATED_AT, &at.to_string())?;
                }
                for n in from..upto {
                    let (row, subject) = (row(&issuer, n, &domain), format!("bench-{n}"));
                    staging::apply(c, &row, &Absent::default(), &subject, &[0; 16])?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// The kernel counts a process's time in this unit.
const TICKS_PER_S: f64 = 100.0;

/// Processor time of this process so far.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in brackets, may hold spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_S
}

/// Where members have their addresses unless it is said: nowhere.
const DOMAIN: &str = "members.example";
/// Members written in one transaction.
const FILL_AT_ONCE: usize = 10_000;

fn row(issuer: &crate::config::Association, n: u32, domain: &str) -> Row {
    let category = issuer.categories.first();
    Row {
        member_no: format!("B{n:07}"),
        given_name: "Camille".into(),
        family_name: format!("Tremblay-{n}"),
        email: Some(format!("camille.{n}@{domain}")),
        email2: None,
        language: Some(if n.is_multiple_of(4) { "fr" } else { "en" }.into()),
        province: issuer.provinces.first().cloned().unwrap_or_else(|| "QC".into()),
        zone: None,
        status: "active".into(),
        phone: String::new(),
        street: String::new(),
        city: String::new(),
        postal_code: String::new(),
        country: "CA".into(),
        employer: String::new(),
        association: issuer.code.clone(),
        category: category.map(|c| c.code.clone()).unwrap_or_default(),
        pli: n.is_multiple_of(2),
        home: false,
        since: None,
    }
}
