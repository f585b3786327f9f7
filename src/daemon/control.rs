//! Owns the socket by which commands speak to the running daemon: one line asked, one line
//! answered. Only the state folder's owner can reach it.
//!
//! `clock now`, `clock next`, `clock set RFC3339-INSTANT`, `clock step RFC3339-INSTANT`, `wake`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::quiet::Loops;
use crate::store::{Lane, meta};

/// The socket's name in the state folder.
pub const FILE: &str = "control.sock";
/// A line is a few words.
const LINE_OCTETS_MAX: u64 = 200;
/// A command waits so long for the loops to come to rest.
const QUIET_WAIT: Duration = Duration::from_mins(5);
/// After a fault of the socket.
const FAULT_WAIT: Duration = Duration::from_millis(20);
/// Said to whoever would move a real calendar.
const REAL: &str = "the calendar of this daemon is the real one; only a run with --clock can jump";
/// A client that says nothing is gone.
const CLIENT_WAIT: Duration = Duration::from_secs(5);

/// Opens the socket, in place of one that a killed daemon left.
pub fn listen(state: &Path) -> std::io::Result<UnixListener> {
    let path = state.join(FILE);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers one command after another until `stop`.
pub async fn serve(listener: UnixListener, loops: Loops, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(e) => {
                    tracing::warn!(reason = %e, "control.accept_failed");
                    tokio::time::sleep(FAULT_WAIT).await;
                    continue;
                }
            },
        };
        tokio::select! {
            () = stop.cancelled() => return,
            answered = answer(stream, &loops) => {
                if let Err(e) = answered {
                    tracing::warn!(reason = %e, "control.client_lost");
                }
            }
        }
    }
}

async fn answer(stream: UnixStream, loops: &Loops) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LINE_OCTETS_MAX));
    let read = tokio::time::timeout(CLIENT_WAIT, reader.read_line(&mut line)).await;
    read.map_err(|_| std::io::ErrorKind::TimedOut)??;
    let reply = match carry_out(line.trim(), loops).await {
        Ok(text) => format!("ok {text}\n"),
        Err(text) => format!("error {text}\n"),
    };
    write.write_all(reply.as_bytes()).await
}

async fn carry_out(line: &str, loops: &Loops) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["clock", "now"] => Ok(loops.clock.now().to_string()),
        ["clock", "next"] => {
            quiet(loops).await?;
            let next = loops.next().await.map_err(|e| e.to_string())?;
            let next = next.ok_or("nothing more is due in this season")?;
            jump(loops, next).await
        }
        ["clock", "set", at] => {
            let at: Timestamp = at.parse().map_err(|e| format!("{at}: {e}"))?;
            if at < loops.clock.now() {
                return Err(format!("{at} is in the past of this calendar; it only goes forward"));
            }
            quiet(loops).await?;
            jump(loops, at).await
        }
        ["clock", "step", at] => {
            let at: Timestamp = at.parse().map_err(|e| format!("{at}: {e}"))?;
            quiet(loops).await?;
            if !loops.clock.step(at) {
                return Err(REAL.into());
            }
            Ok(at.to_string())
        }
        ["wake"] => {
            loops.outbox.guard.agree().await.map_err(|e| e.to_string())?;
            loops.outbox.wake();
            loops.scheduler.ring();
            if let Some(inbox) = &loops.inbox {
                inbox.wake();
            }
            Ok(String::new())
        }
        _ => Err(format!("unknown command: {line}")),
    }
}

/// Moves the calendar to `at`, once all loops are at rest, and waits until they are again.
pub async fn jump(loops: &Loops, at: Timestamp) -> Result<String, String> {
    if !loops.clock.travels() {
        return Err(REAL.into());
    }
    keep(loops, at).await?;
    let _ = loops.clock.set(at);
    quiet(loops).await?;
    // The calendar ran on while they worked: what a command takes for now is not before what they
    // wrote.
    keep(loops, loops.clock.now()).await?;
    Ok(at.to_string())
}

/// Where a restart goes on, and what commands take for now.
async fn keep(loops: &Loops, at: Timestamp) -> Result<(), String> {
    let kept = move |c: &rusqlite::Connection| meta::set(c, meta::CALENDAR, &at.to_string());
    loops.store.write(Lane::Front, kept).await.map_err(|e| e.to_string())
}

/// Waits until every loop is at rest.
pub async fn quiet(loops: &Loops) -> Result<(), String> {
    if let Ok(rested) = tokio::time::timeout(QUIET_WAIT, loops.rest()).await {
        return rested.map_err(|e| e.to_string());
    }
    let what = loops.busy().await.map_err(|e| e.to_string())?.unwrap_or("working");
    Err(format!("the daemon is still {what}; look at its log"))
}

/// Asks the daemon that runs on a state folder. `Err`: no daemon, or what it said.
pub fn ask(state: &Path, line: &str) -> Result<String, ControlError> {
    use std::io::{BufRead, Write};
    let path = state.join(FILE);
    let mut stream = std::os::unix::net::UnixStream::connect(&path)
        .map_err(|source| ControlError::NoDaemon { path: path.clone(), source })?;
    let lost = |source| ControlError::NoDaemon { path: path.clone(), source };
    writeln!(stream, "{line}").map_err(lost)?;
    let mut reply = String::new();
    std::io::BufReader::new(&stream).read_line(&mut reply).map_err(lost)?;
    match reply.trim_end().split_once(' ') {
        Some(("ok", text)) => Ok(text.to_owned()),
        Some(("error", text)) => Err(ControlError::Refused(text.to_owned())),
        _ => Err(ControlError::Refused("the daemon gave no answer".into())),
    }
}

/// Why a command to the daemon failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nothing listens.
    #[error("no daemon answers at {path} ({source}); is relance run going on this --state?")]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It answered, and said no.
    #[error("{0}")]
    Refused(String),
}
