//! Owns a rehearsal: the sample federation or a part of it, on a travelling calendar, with a
//! member list written row by row. Knows how to move and look, not what a scenario is about.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::daemon::{Daemon, Done, Site};
use super::relay::Relay;
use super::{db, http, wait_until};

/// What happens by itself happens within this, even on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);
/// A day before the first step of the sample's season.
pub const START: &str = "2026-11-01T12:00:00Z";
/// The columns that a list must have.
pub const COLUMNS: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli";

/// Config, state and commands of one rehearsal.
#[derive(Debug)]
pub struct Rehearsal {
    /// Its site.
    pub site: Site,
}

impl Rehearsal {
    /// The whole sample federation; mail leaves through `relay`, none comes in.
    pub fn of_all(relay: &Relay) -> Self {
        let site = Site::new();
        site.config.use_relay(relay.port);
        site.config.set("inbox.source", "none");
        site.config.no_digests();
        Self { site }
    }

    /// CIP alone.
    pub fn of_cip(relay: &Relay) -> Self {
        let all = Self::of_all(relay);
        all.keep(&["CIP"]);
        all
    }

    /// Keeps these associations and their calendar.
    pub fn keep(&self, codes: &[&str]) {
        let kept = |value: Option<&toml::Value>| {
            value.and_then(toml::Value::as_str).is_some_and(|code| codes.contains(&code))
        };
        let config = &self.site.config;
        config.retain("associations.toml", "association", |a| kept(a.get("code")));
        config.retain("schedules.toml", "schedule", |s| kept(s.get("association")));
        config.retain("schedules.toml", "digest", |s| kept(s.get("association")));
    }

    /// Mail comes in from a Maildir, which is empty yet. Returns it.
    pub fn read_maildir(&self) -> PathBuf {
        let maildir = self.site.dir().join("incoming");
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(maildir.join(part)).expect("a mailbox folder");
        }
        self.site.config.set("inbox.source", "maildir");
        self.site.config.set("inbox.maildir", maildir.display().to_string());
        maildir
    }

    /// Writes a file beside the config. Returns its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.site.dir().join(name);
        std::fs::write(&path, bytes).expect("a file is written");
        path.display().to_string()
    }

    /// Takes these rows in. They must all be accepted.
    pub fn import(&self, rows: &[String]) {
        let list = self.file("members.csv", list(rows));
        self.site.cli(&["import", &list]).ok();
    }

    /// Starts the daemon at `clock`, or where the calendar was if that is later.
    pub fn start(&self, clock: &str) -> Daemon {
        self.start_with(clock, &[], &[])
    }

    /// As [`Rehearsal::start`], with more arguments and variables.
    pub fn start_with(&self, clock: &str, args: &[&str], envs: &[(&str, &str)]) -> Daemon {
        let args = [&["--clock", clock], args].concat();
        self.site.try_start(&args, envs).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts the daemon and waits for nothing.
    pub fn spawn(&self, clock: &str, args: &[&str], envs: &[(&str, &str)]) -> Daemon {
        self.site.spawn(&[&["--clock", clock], args].concat(), envs)
    }

    /// One life of the daemon, which ends at that point (`label` or `label#N`).
    pub fn dies_at(&self, clock: &str, point: &str) {
        self.site.dies_at(&["--clock", clock], point);
    }

    /// Jumps to what is due next. Returns the instant.
    pub fn next(&self) -> String {
        self.cli(&["clock", "next"]).ok().trim().to_owned()
    }

    /// Jumps to an instant.
    pub fn jump(&self, at: &str) {
        self.cli(&["clock", "set", at]).ok();
    }

    /// Waits until all loops are at rest, and stays.
    pub fn settle(&self) {
        let now = self.cli(&["clock", "now"]).ok();
        // The calendar has moved on since; a second later it has not.
        let now: jiff::Timestamp = now.trim().parse().expect("an instant");
        let soon = now + jiff::SignedDuration::from_secs(2);
        self.jump(&soon.to_string());
    }

    /// A command on this site.
    pub fn cli(&self, args: &[&str]) -> Done {
        self.site.cli(args)
    }

    /// A command whose standard output is JSON, whatever its exit status.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let done = self.site.cli(&[args, &["--json"]].concat());
        serde_json::from_str(&done.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}{}", done.stdout, done.stderr))
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.site.state().join("relance.db")
    }

    /// The rows of a query on the store.
    pub fn query(&self, sql: &str) -> Vec<String> {
        db::query(&self.store(), sql)
    }

    /// The one number that a query gives.
    pub fn number(&self, sql: &str) -> i64 {
        self.query(sql)[0].parse().expect("a number")
    }

    /// Waits until a query gives exactly these rows.
    pub fn wait_for(&self, sql: &str, rows: &[&str]) {
        let what = format!("{rows:?} from {sql}");
        wait_until(&what, SOON, || (self.query(sql) == rows).then_some(()));
    }

    /// `/readyz`: its status and text.
    pub fn ready(&self) -> (u16, String) {
        let answer = http::get(self.site.admin, "/readyz").expect("the daemon answers");
        (answer.status, answer.body)
    }
}

/// Whether the binary can be killed at labelled points; where not, says that the test is skipped.
pub fn can_die() -> bool {
    let can = cfg!(feature = "faults");
    if !can {
        super::skip("built without --features faults");
    }
    can
}

/// A list of these rows, columns first.
pub fn list(rows: &[String]) -> String {
    rows.iter().fold(format!("{COLUMNS}\n"), |mut text, row| {
        let _ = writeln!(text, "{row}");
        text
    })
}

/// A full member with insurance who reads English and lives in Ontario.
pub fn row(number: u32, email: &str, association: &str) -> String {
    format!("{number},Given{number},Family{number},{email},en,ON,{association},full,yes")
}

/// `count` members of an association, numbered from `first`, at addresses of their own.
pub fn rows(first: u32, count: u32, association: &str) -> Vec<String> {
    (first..first + count).map(|n| row(n, &format!("m{n}@club.test"), association)).collect()
}
