//! Owns the real binary: a site (config and state in a temporary folder), its commands, and the
//! daemon running on it. Knows the command line and the two listeners, nothing else.

mod config_dir;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use relance::clock::monotonic;
use tempfile::TempDir;

pub use config_dir::ConfigDir;

use super::process::{Process, Reach};
use super::{http, ports};

/// From start to `/readyz` saying 200; a first pass over the mailbox is part of it.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// From SIGTERM to the end: open conversations are finished first.
const END_WITHIN: Duration = Duration::from_secs(30);
/// And to come to the point at which it dies, planning ten thousand members on a busy machine.
const DIES_WITHIN: Duration = Duration::from_mins(1);

/// A config and a state folder of one's own.
#[derive(Debug)]
pub struct Site {
    /// Its config.
    pub config: ConfigDir,
    /// Where members' pages are served.
    pub web: SocketAddr,
    /// Where health and metrics are served.
    pub admin: SocketAddr,
    dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    /// Exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Done {
    /// Exit code; -1 where a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Standard output of a command that must have succeeded.
    pub fn ok(self) -> String {
        assert!(self.status.success(), "{}\n{}{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}

impl Site {
    /// The sample config on free ports.
    pub fn new() -> Self {
        Self::from_sample(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"))
    }

    /// Another folder's config on free ports.
    pub fn from_sample(sample: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("site").tempdir().expect("a temporary folder");
        let config = ConfigDir::copy(sample, &dir.path().join("config"));
        let [web, admin] = ports::free().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        config.set("web.listen", web.to_string());
        config.set("web.base_url", format!("http://{web}"));
        config.set("admin.listen", admin.to_string());
        Self { config, web, admin, dir }
    }

    /// The temporary folder; a test may keep files of its own in it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.dir().join("state")
    }

    /// Runs a command on this site: `&["status", "--json"]`.
    pub fn cli(&self, args: &[&str]) -> Done {
        self.cli_with(args, &[])
    }

    /// As [`Site::cli`], with more variables.
    pub fn cli_with(&self, args: &[&str], envs: &[(&str, &str)]) -> Done {
        let mut command = self.command(args);
        command.envs(envs.iter().copied());
        let out = command.output().expect("the binary was built");
        Done {
            status: out.status,
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// Starts the daemon and waits until it is ready.
    pub fn start(&self) -> Daemon {
        self.try_start(&[], &[]).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts the daemon with more arguments and variables. An error says how it ended and what
    /// it wrote, where it ended before it was ready or was not ready in time.
    pub fn try_start(&self, args: &[&str], envs: &[(&str, &str)]) -> Result<Daemon, String> {
        let mut daemon = self.spawn(args, envs);
        daemon.wait_ready().map(|()| daemon)
    }

    /// Starts the daemon and waits for nothing.
    pub fn spawn(&self, args: &[&str], envs: &[(&str, &str)]) -> Daemon {
        let mut command = self.command(&[&["run"], args].concat());
        command.envs(envs.iter().copied());
        self.spawn_command(&command)
    }

    /// One life of the daemon, which ends at that point (`label` or `label#N`).
    pub fn dies_at(&self, args: &[&str], point: &str) {
        let mut daemon = self.spawn(args, &[("RELANCE_DIE_AT", point)]);
        let ended = daemon.wait(DIES_WITHIN).expect("it dies");
        assert!(!ended.success(), "{point}");
    }

    /// Starts a daemon by a command of one's own, and waits for nothing.
    pub fn spawn_command(&self, command: &Command) -> Daemon {
        let output = self.dir().join("daemon.log");
        let process = Process::start_command(command, Reach::One, &output);
        Daemon { process, admin: self.admin }
    }

    /// A command on this site, not run yet. `RELANCE_BINARY` may name another build of the same
    /// program.
    pub fn command(&self, args: &[&str]) -> Command {
        let built = env!("CARGO_BIN_EXE_relance").into();
        let mut command = Command::new(std::env::var_os("RELANCE_BINARY").unwrap_or(built));
        command.args(args).arg("--config").arg(self.config.path()).arg("--state").arg(self.state());
        // The machine's own service manager has no part in a test.
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "STATE_DIRECTORY"] {
            command.env_remove(variable);
        }
        command.env_remove("CREDENTIALS_DIRECTORY");
        command
    }
}

/// A running daemon; SIGTERM when dropped. Its output is shown where the test fails.
#[derive(Debug)]
pub struct Daemon {
    process: Process,
    admin: SocketAddr,
}

impl Daemon {
    /// Waits until `/readyz` says 200.
    pub fn wait_ready(&mut self) -> Result<(), String> {
        let start = monotonic();
        let mut last = String::from("no answer");
        while start.elapsed() < READY_WITHIN {
            if let Some(status) = self.process.ended() {
                return Err(format!("the daemon ended ({status})\n{}", self.output()));
            }
            if let Ok(answer) = http::get(self.admin, "/readyz") {
                if answer.status == 200 {
                    return Ok(());
                }
                last = format!("{} {}", answer.status, answer.body);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("the daemon is not ready: {last}\n{}", self.output()))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Everything that daemons on this site wrote so far.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Sends a signal by name (`HUP`).
    pub fn signal(&mut self, name: &str) {
        self.process.signal(name);
    }

    /// SIGTERM; returns how it ended. Panics where it does not end by itself.
    pub fn stop(mut self) -> ExitStatus {
        self.process.signal("TERM");
        self.process.wait(END_WITHIN).expect("the daemon ends on SIGTERM")
    }

    /// SIGKILL, as a power cut would end it.
    pub fn kill(mut self) {
        self.process.signal("KILL");
        self.process.wait(END_WITHIN).expect("nothing outlives SIGKILL");
    }

    /// How it ended, if it did, by itself or not.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.process.wait(limit)
    }
}

impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "the only trace of why a scenario failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut text = String::new();
            for line in self.output().lines() {
                let _ = writeln!(text, "  daemon: {line}");
            }
            eprint!("{text}");
        }
    }
}
