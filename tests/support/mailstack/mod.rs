//! Owns a private, real Postfix and Dovecot: on loopback, on ports of their own, all state in a
//! temporary folder, gone when dropped. Never touches the machine's own mail service.
//!
//! | address | what happens |
//! |---|---|
//! | anything at `bounce.test`, `reply.test`; `mailbox@relance.test` | into relance's mailbox |
//! | `alice@`, `benoit@`, `desk@club.test` | into theirs |
//! | others at `club.test` | a report from Postfix: 5.1.1 |
//! | `full.test`, `policy.test`, any unknown domain | 5.2.2; 5.7.1; 5.1.2 |
//! | `later.test` | delayed with 4.2.2 |
//! | `discard.test` | accepted and thrown away |

mod configs;
mod maildir;

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use relance::clock::{Clock, monotonic};
use tempfile::TempDir;

pub use maildir::Maildir;

use super::process::{Process, Reach};
use super::{ports, skip, smtp};

/// Our mailbox, and the user name for IMAP and submission.
pub const MAILBOX: &str = "mailbox@relance.test";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse";
/// Who our MX says it is in `Authentication-Results`.
pub const AUTHSERV_ID: &str = "mx.relance.test";
/// The accounts besides our own.
const PEOPLE: [&str; 3] = ["alice@club.test", "benoit@club.test", "desk@club.test"];
/// User and group id of all mail; no account of the machine needs to have it.
const MAIL_ID: u32 = 4242;
/// Both servers are up within about 0.2 s on an idle machine.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// Times that other ports are tried when one was taken between choosing and listening.
const STARTS_MAX: usize = 3;

fn accounts() -> impl Iterator<Item = &'static str> {
    std::iter::once(MAILBOX).chain(PEOPLE)
}

/// How patient Postfix is, in seconds.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the unit stands last")]
pub struct Options {
    /// A sender is warned of a delay after so long; 0: never.
    pub delay_warning_s: u32,
    /// A mail that cannot be delivered comes back after so long.
    pub lifetime_s: u32,
    /// Between two tries.
    pub queue_run_s: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { delay_warning_s: 0, lifetime_s: 86_400, queue_run_s: 5 }
    }
}

/// What our MX writes above a mail for the reply and bounce domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No `Authentication-Results` at all.
    Silent,
    /// SPF and DMARC passed for `club.test`.
    Pass,
    /// Both failed.
    Fail,
}

/// Where the servers listen on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// SMTP for everybody on this machine, without authentication.
    pub smtp: u16,
    /// As `smtp`, with [`Verdict::Pass`].
    pub pass: u16,
    /// As `smtp`, with [`Verdict::Fail`].
    pub fail: u16,
    /// Submission: STARTTLS offered, AUTH demanded.
    pub submission: u16,
    /// Submission with TLS from the first byte, AUTH demanded.
    pub submissions: u16,
    /// IMAP: STARTTLS offered.
    pub imap: u16,
    /// IMAP with TLS from the first byte.
    pub imaps: u16,
}

/// The running servers.
#[derive(Debug)]
pub struct MailStack {
    // Before `dir`: fields are dropped in order, and servers end before their files go.
    postfix: Option<Process>,
    dovecot: Option<Process>,
    /// Where they listen.
    pub ports: Ports,
    dir: TempDir,
}

/// What is missing on this machine to run the servers; empty: nothing.
pub fn missing() -> Vec<String> {
    const FILES: [(&str, &str); 5] = [
        ("/usr/lib/postfix/sbin/master", "postfix"),
        ("/usr/sbin/dovecot", "dovecot-core"),
        ("/usr/lib/dovecot/imap", "dovecot-imapd"),
        ("/usr/lib/dovecot/lmtp", "dovecot-lmtpd"),
        ("/usr/bin/openssl", "openssl"),
    ];
    let mut missing: Vec<String> = FILES
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| format!("package {package} missing"))
        .collect();
    // Only root can start a mail server; another user cannot give a file away either.
    let probe = tempfile::NamedTempFile::new().expect("a temporary file");
    if chown(probe.path(), Some(MAIL_ID), Some(MAIL_ID)).is_err() {
        missing.push("not root".into());
    }
    missing
}

/// The servers, or a note that the test was skipped since something is missing.
pub fn start_or_skip(options: &Options) -> Option<MailStack> {
    let missing = missing();
    if missing.is_empty() {
        return Some(MailStack::start(options));
    }
    skip(&missing.join(", "));
    None
}

impl MailStack {
    /// Starts both servers and waits until all ports answer.
    pub fn start(options: &Options) -> Self {
        for _ in 1..STARTS_MAX {
            if let Ok(stack) = Self::try_start(options) {
                return stack;
            }
        }
        Self::try_start(options).unwrap_or_else(|why| panic!("the mail servers: {why}"))
    }

    fn try_start(options: &Options) -> Result<Self, String> {
        let dir = tempfile::Builder::new().prefix("mail").tempdir().expect("a temporary folder");
        let [smtp, pass, fail, submission, submissions, imap, imaps] = ports::free();
        let ports = Ports { smtp, pass, fail, submission, submissions, imap, imaps };
        let mut stack = Self { postfix: None, dovecot: None, ports, dir };
        stack.lay(options);
        stack.start_dovecot()?;
        stack.start_postfix()?;
        Ok(stack)
    }

    /// The folder with all their state; `postfix.log` and `dovecot.log` are in it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The certificate to trust (for `localhost` and 127.0.0.1).
    pub fn ca_file(&self) -> PathBuf {
        self.dir().join("tls/cert.pem")
    }

    /// The mailbox of [`MAILBOX`] or of one of the people.
    pub fn maildir(&self, account: &str) -> Maildir {
        let (user, domain) = account.split_once('@').expect("an account has a domain");
        Maildir::new(self.dir().join("mail").join(domain).join(user).join("Maildir"), MAIL_ID)
    }

    /// Sends a mail as a member's own server would. An error carries Postfix's refusal.
    pub fn send(
        &self,
        verdict: Verdict,
        from: &str,
        to: &str,
        raw: &[u8],
    ) -> std::io::Result<String> {
        let port = match verdict {
            Verdict::Silent => self.ports.smtp,
            Verdict::Pass => self.ports.pass,
            Verdict::Fail => self.ports.fail,
        };
        smtp::send(port, from, to, raw)
    }

    /// Gives relance's mailbox a new UIDVALIDITY and new UIDs, as a migration between servers
    /// does; `arrival` also rewrites when every mail came.
    pub fn recreate_mailbox(&mut self, arrival: Option<SystemTime>) {
        let mailbox = self.maildir(MAILBOX);
        self.stop_dovecot();
        mailbox.forget_numbering();
        if let Some(at) = arrival {
            mailbox.set_arrival(at);
        }
        self.start_dovecot().expect("Dovecot starts again");
    }

    /// Stops Dovecot: IMAP is refused, members' mail waits in the queue.
    pub fn stop_dovecot(&mut self) {
        self.dovecot = None;
    }

    /// Starts Dovecot on its ports and waits for it.
    pub fn start_dovecot(&mut self) -> Result<(), String> {
        let conf = self.dir().join("dovecot/dovecot.conf");
        let args = ["-F".as_ref(), "-c".as_ref(), conf.as_os_str()];
        let output = self.dir().join("dovecot-start.txt");
        let mut process =
            Process::start(Path::new("/usr/sbin/dovecot"), args, Reach::Group, &output);
        wait_for_ports(&mut process, &[self.ports.imap, self.ports.imaps])
            .map_err(|why| format!("Dovecot {why}\n{}", self.logs()))?;
        self.dovecot = Some(process);
        Ok(())
    }

    /// Stops Postfix: SMTP is refused.
    pub fn stop_postfix(&mut self) {
        self.postfix = None;
    }

    /// Starts Postfix on its ports and waits for it.
    pub fn start_postfix(&mut self) -> Result<(), String> {
        let conf = self.dir().join("postfix/conf");
        let args = ["-c".as_ref(), conf.as_os_str(), "-d".as_ref()];
        let output = self.dir().join("postfix-start.txt");
        let master = Path::new("/usr/lib/postfix/sbin/master");
        let mut process = Process::start(master, args, Reach::Group, &output);
        let Ports { smtp, pass, fail, submission, submissions, .. } = self.ports;
        wait_for_ports(&mut process, &[smtp, pass, fail, submission, submissions])
            .map_err(|why| format!("Postfix {why}\n{}", self.logs()))?;
        self.postfix = Some(process);
        Ok(())
    }

    /// What both servers logged.
    pub fn logs(&self) -> String {
        ["postfix.log", "postfix-start.txt", "dovecot.log", "dovecot-start.txt"]
            .map(|name| fs::read_to_string(self.dir().join(name)).unwrap_or_default())
            .concat()
    }

    /// Writes every file the servers need.
    fn lay(&self, options: &Options) {
        let dir = self.dir();
        // Servers that gave up root must pass through.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("our own folder");
        for part in ["tls", "dovecot/run", "dovecot/state", "postfix/conf", "postfix/data", "mail"]
        {
            fs::create_dir_all(dir.join(part)).expect("a folder");
        }
        make_certificate(&dir.join("tls"));
        for account in accounts() {
            self.maildir(account).create();
        }
        lay_spool(&dir.join("postfix"));
        let files = [
            ("dovecot/dovecot.conf", configs::dovecot(dir, &self.ports)),
            ("dovecot/users", configs::dovecot_users()),
            ("postfix/conf/main.cf", configs::postfix_main(dir, options)),
            ("postfix/conf/master.cf", configs::postfix_master(&self.ports)),
            ("postfix/mailboxes", configs::postfix_mailboxes()),
            ("postfix/transport", configs::postfix_transport(dir)),
            ("postfix/verdict-pass", configs::postfix_verdict(true)),
            ("postfix/verdict-fail", configs::postfix_verdict(false)),
        ];
        // Postfix waits two seconds over a file that was changed just now.
        let hour_ago = SystemTime::from(Clock::system().now()) - Duration::from_hours(1);
        for (name, text) in files {
            let path = dir.join(name);
            fs::write(&path, text).expect("a config file");
            let file = fs::File::options().write(true).open(&path).expect("just written");
            file.set_modified(hour_ago).expect("a file's time can be set");
        }
    }
}

/// The spool, with the owners that Postfix insists on.
fn lay_spool(postfix: &Path) {
    let user = id_in("/etc/passwd", "postfix");
    let drop_group = id_in("/etc/group", "postdrop");
    chown(postfix.join("data"), Some(user), None).expect("root may give a folder away");
    let lay = |name: &str, owner: Option<u32>, group: Option<u32>, mode: u32| {
        let path = postfix.join("spool").join(name);
        fs::create_dir_all(&path).expect("a spool folder");
        chown(&path, owner, group).expect("root may give a folder away");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("our own folder");
    };
    lay("pid", None, None, 0o755);
    let queues = "active bounce corrupt defer deferred flush hold incoming private saved trace";
    for name in queues.split(' ') {
        lay(name, Some(user), None, 0o700);
    }
    lay("maildrop", Some(user), Some(drop_group), 0o730);
    lay("public", Some(user), Some(drop_group), 0o710);
}

/// The number of a user or group.
fn id_in(file: &str, name: &str) -> u32 {
    fs::read_to_string(file)
        .expect("every machine has it")
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1))??.parse().ok()
        })
        .unwrap_or_else(|| panic!("the postfix package adds {name} to {file}"))
}

/// A certificate that is its own authority, for a day.
fn make_certificate(dir: &Path) {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "1", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        // rustls takes no authority for a server.
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .status()
        .expect("openssl runs");
    assert!(status.success(), "openssl makes a certificate");
}

fn wait_for_ports(process: &mut Process, ports: &[u16]) -> Result<(), String> {
    let start = monotonic();
    for port in ports {
        while TcpStream::connect(("127.0.0.1", *port)).is_err() {
            if let Some(status) = process.ended() {
                return Err(format!("ended at once ({status})"));
            }
            if start.elapsed() > UP_WITHIN {
                return Err(format!("does not listen on {port}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}
