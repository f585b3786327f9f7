//! Owns the processes a test starts: each is ended by its own id when its guard is dropped, and
//! by a warden of its own if the test itself is killed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use relance::clock::monotonic;

/// How long a process may take to end after SIGTERM before it is killed.
const END_WITHIN: Duration = Duration::from_secs(20);

/// Whom a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The process alone.
    One,
    /// The process and its children: it leads a session of its own.
    Group,
}

/// Ends `$1` when its input ends without a word, as it does when the test is killed. (The
/// kernel's own way, a signal at the parent's death, is lost on servers that change user.)
const WARDEN: &str = "read word && exit
kill -s TERM -- \"$1\"; sleep 2; kill -s KILL -- \"$1\"";

/// A running child process with its output in a file.
#[derive(Debug)]
pub struct Process {
    child: Child,
    warden: Child,
    reach: Reach,
    output: PathBuf,
}

impl Process {
    /// Starts `program args` with its output appended to the file `output`.
    pub fn start<I, S>(program: &Path, args: I, reach: Reach, output: &Path) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(program);
        command.args(args);
        Self::start_command(&command, reach, output)
    }

    /// As [`Process::start`], with the environment and folder of `wanted`.
    pub fn start_command(wanted: &Command, reach: Reach, output: &Path) -> Self {
        let mut command = Command::new("prlimit");
        // A huge limit makes some servers spend seconds closing descriptors.
        command.args(["--nofile=4096", "--"]);
        if reach == Reach::Group {
            command.arg("setsid");
        }
        command.arg(wanted.get_program()).args(wanted.get_args());
        for (key, value) in wanted.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        if let Some(dir) = wanted.get_current_dir() {
            command.current_dir(dir);
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(output)
            .expect("the output file can be written");
        let err = log.try_clone().expect("a second handle on the output file");
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(err)
            .spawn()
            .expect("prlimit and setsid are there (util-linux)");
        let warden = Command::new("setsid")
            .args(["sh", "-c", WARDEN, "sh", &target(&child, reach)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("setsid is there (util-linux)");
        Self { child, warden, reach, output: output.to_owned() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it wrote so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the child is ours")
    }

    /// Sends it a signal by name (`TERM`, `KILL`, `HUP`), unless it has ended.
    pub fn signal(&mut self, name: &str) {
        if self.ended().is_some() {
            return;
        }
        if name == "KILL" && self.reach == Reach::One {
            // Without a shell between: whoever kills at an instant means this one.
            let _ = self.child.kill();
        } else {
            signal_target(name, &target(&self.child, self.reach));
        }
    }

    /// Waits until it ends; `None` when it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let start = monotonic();
        loop {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            if start.elapsed() >= limit {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM, then SIGKILL where that is not heard within 20 s. Returns how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let ended = self.wait(END_WITHIN);
        if ended.is_none() || self.reach == Reach::Group {
            // Also what a leader left behind: the next start needs its ports and sockets.
            signal_target("KILL", &target(&self.child, self.reach));
        }
        ended.unwrap_or_else(|| self.child.wait().expect("the child is ours"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        if let Some(mut word) = self.warden.stdin.take() {
            // It may be gone with the session of a test that was interrupted.
            let _ = word.write_all(b"done\n");
        }
        let _ = self.warden.wait();
    }
}

/// What `kill` takes for a process, or for it and its children.
fn target(child: &Child, reach: Reach) -> String {
    let sign = if reach == Reach::Group { "-" } else { "" };
    format!("{sign}{}", child.id())
}

/// The shell's own `kill`: a minimal machine has no program of that name.
fn signal_target(name: &str, target: &str) {
    // A failure means that it ended in between, which is what was wanted.
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\"", "sh", name, target])
        .stderr(Stdio::null())
        .status();
}
