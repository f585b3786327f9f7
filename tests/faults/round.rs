//! Owns one round: a club is taken in, its notices go out, members answer, and the process dies as
//! planned and is started again, until nothing is left to do. Then the books are compared.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use relance::clock::monotonic;

use crate::backup;
use crate::books::{self, Books};
use crate::plan::{Kill, Plan};
use crate::support::daemon::Daemon;
use crate::support::mailstack::{MAILBOX, MailStack};
use crate::support::rehearsal::{Rehearsal, rows};
use crate::support::relay::Relay;
use crate::world::{FIRST, World};

/// A moment before the notice.
const START: &str = "2026-11-02T13:59:59.9Z";
/// How a death at an instant, rather than at a point, is counted.
pub const ANYWHEN: &str = "(any instant)";
/// SIGABRT: how a process dies at a point.
const ABORTED: i32 = 6;
/// Lines of the daemon's log that are shown with a fault.
const LOG_LINES: usize = 40;

/// What a round came to.
#[derive(Debug)]
pub struct Told {
    /// Where it died.
    pub deaths: Vec<&'static str>,
    /// The three ledgers, compared.
    pub books: Books,
    /// How long it took.
    pub took: Duration,
    /// Whether mail came by IMAP.
    pub by_imap: bool,
}

/// Plays a round. `post`: servers for the mail that comes in.
pub fn play(plan: &Plan, post: Option<&MailStack>) -> Told {
    let began = monotonic();
    let post = post.filter(|_| plan.by_imap);
    let relay = Relay::start();
    relay.offer_pipelining(plan.pipelining);
    let site = Rehearsal::of_cip(&relay);
    let deliver = mailbox(plan, &site, post);
    let mut stage = Stage { site: &site, plan, deaths: Vec::new(), faults: Vec::new() };
    stage.import();
    let mut world = World::new(plan, &relay, &site, &*deliver);
    let lived = std::thread::scope(|scope| {
        let life = scope.spawn(|| world.live());
        stage.watch(|| life.is_finished());
        life.join()
    });
    match lived {
        Ok(Ok(())) => {}
        Ok(Err(why)) => stage.faults.push(why),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            stage.faults.push(format!("the world ended: {text}"));
        }
    }
    let Stage { deaths, faults, .. } = stage;
    let mut books = books::compare(plan, &site, &relay, &world, deaths.len());
    books.stuck.extend(faults);
    if !books.is_good() {
        let log = fs::read_to_string(site.site.dir().join("daemon.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        books.log = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    }
    Told { deaths, books, took: began.elapsed(), by_imap: post.is_some() }
}

type Deliver = Box<dyn Fn(&str, &str) + Sync>;

/// A folder of the mail server's own, else a Maildir. Gives the way of a mail into it.
fn mailbox(plan: &Plan, site: &Rehearsal, post: Option<&MailStack>) -> Deliver {
    let (maildir, owner) = match post {
        None => (site.read_maildir(), None),
        Some(post) => {
            site.site.config.use_imap(post);
            let name = format!("round-{}", plan.seed);
            site.site.config.set("inbox.mailbox", name.as_str());
            let inbox = post.maildir(MAILBOX);
            let owner = fs::metadata(inbox.path()).expect("a mailbox").uid();
            let folder = inbox.path().join(format!(".{name}"));
            for part in ["", "new", "cur", "tmp"] {
                let made = fs::create_dir_all(folder.join(part))
                    .and_then(|()| chown(folder.join(part), Some(owner), Some(owner)));
                made.expect("root may make a folder and give it away");
            }
            (folder, Some(owner))
        }
    };
    Box::new(move |name, raw| {
        let written = maildir.join("tmp").join(name);
        let delivered = fs::write(&written, raw)
            .and_then(|()| chown(&written, owner, owner))
            .and_then(|()| fs::rename(&written, maildir.join("new").join(name)));
        delivered.expect("a mail is delivered");
    })
}

struct Stage<'a> {
    site: &'a Rehearsal,
    plan: &'a Plan,
    deaths: Vec<&'static str>,
    faults: Vec<String>,
}

/// A life of the daemon.
struct Life {
    daemon: Daemon,
    since: Instant,
    dies: Option<Kill>,
}

impl Stage<'_> {
    /// The member list is taken in, whatever it dies of.
    fn import(&mut self) {
        let count = u32::try_from(self.plan.members.len()).expect("a small club");
        let text = crate::support::rehearsal::list(&rows(FIRST, count, "CIP"));
        let list = self.site.file("members.csv", text);
        for kill in &self.plan.import {
            self.command(&["import", &list], Some(kill));
        }
        self.command(&["import", &list], None);
    }

    /// Runs a command that dies, or that must succeed.
    fn command(&mut self, args: &[&str], kill: Option<&Kill>) {
        let mut command = self.site.site.command(args);
        if let Some(kill) = kill {
            command.env("RELANCE_DIE_AT", kill.variable());
        }
        command.stdin(Stdio::null());
        let done = command.output().expect("the binary was built");
        match (kill, done.status.signal()) {
            (Some(Kill::At(label, _)), Some(ABORTED)) => self.deaths.push(label),
            _ if done.status.success() => {}
            _ => {
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                self.faults.push(format!("{} ended with {}: {said}", args[0], done.status));
            }
        }
    }

    /// Lets the daemon live and die until `ended`.
    fn watch(&mut self, ended: impl Fn() -> bool) {
        let mut kills: VecDeque<Kill> = self.plan.daemon.clone().into();
        let mut rotates = self.plan.rotates;
        let began = monotonic();
        let mut backs_up = self.plan.backs_up;
        let mut life = self.start(kills.pop_front());
        while !ended() {
            if backs_up.take_if(|after| began.elapsed() >= *after).is_some() {
                self.back_up();
            }
            let overdue = match &life.dies {
                Some(Kill::After(long)) => life.since.elapsed() >= *long,
                _ => false,
            };
            if overdue {
                life.daemon.kill();
                self.deaths.push(ANYWHEN);
            } else if let Some(status) = life.daemon.ended() {
                match (&life.dies, status.signal()) {
                    (Some(Kill::At(label, _)), Some(ABORTED)) => self.deaths.push(label),
                    _ => self.faults.push(format!("the daemon ended with {status}")),
                }
                if self.faults.len() > self.plan.kills() {
                    return;
                }
            } else {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            if std::mem::take(&mut rotates) {
                if let Some(kill) = &self.plan.rotation {
                    self.command(&["key", "new"], Some(kill));
                }
                self.command(&["key", "new"], None);
            }
            life = self.start(kills.pop_front());
        }
        if backs_up.is_some() {
            self.back_up();
        }
        life.daemon.kill();
    }

    /// A backup is made, and dies first where that is planned: then nothing has its name, or all of
    /// it has. What is there is not overwritten, and what is not is made; of one that died nothing
    /// is left beside it.
    fn back_up(&mut self) {
        let file = self.site.site.dir().join("copy.db");
        let name = file.display().to_string();
        let again = ["backup", name.as_str()];
        let plan = self.plan;
        if let Some(kill) = &plan.backup {
            self.command(&again, Some(kill));
        }
        if file.exists() {
            let refused = self.site.cli(&again);
            if !refused.stderr.contains("overwrites nothing") {
                self.faults.push(format!("a backup was overwritten: {}", refused.stderr));
            }
        } else {
            self.command(&again, None);
        }
        self.faults.extend(backup::faults(&file, &self.site.store()));
    }

    fn start(&self, dies: Option<Kill>) -> Life {
        let die_at = dies.as_ref().map(Kill::variable).unwrap_or_default();
        let daemon = self.site.spawn(START, &[], &[("RELANCE_DIE_AT", &die_at)]);
        Life { daemon, since: monotonic(), dies }
    }
}
