//! Owns playing many rounds, some at a time, and the table of what they came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use relance::clock::monotonic;

use crate::plan::Plan;
use crate::round::{Told, play};
use crate::support::mailstack::{self, MailStack, Options};

/// Rounds at a time beside other tests.
pub const FEW: usize = 2;
/// Rounds at a time with the machine to themselves: each mostly waits, for its mailbox and for the
/// pause after a connection that broke, and uses a tenth of a processor.
pub const MANY: usize = 8;
/// After so many bad rounds the rest says nothing new.
const BAD_MAX: usize = 5;

/// All rounds together.
#[derive(Debug, Default)]
pub struct Table {
    pub rounds: usize,
    pub by_imap: usize,
    pub deaths: BTreeMap<&'static str, usize>,
    pub accepted: usize,
    pub sent: usize,
    pub unknown: usize,
    pub refused: usize,
    pub held: usize,
    pub aside: usize,
    pub lost: usize,
    pub doubled: usize,
    pub stuck: usize,
    pub took: Duration,
    /// Rounds that went wrong: seed and what was wrong.
    pub bad: Vec<(u64, String)>,
    /// Which mail server was read.
    pub server: &'static str,
}

impl Table {
    /// Plays `rounds` rounds from `seed` on, so many at a time.
    pub fn play(seed: u64, rounds: u64, at_a_time: usize) -> Self {
        let began = monotonic();
        let post = mailstack::missing().is_empty().then(|| MailStack::start(&Options::default()));
        let server = if post.is_some() { "Dovecot and Maildir" } else { "Maildir (no Dovecot)" };
        let table = Mutex::new(Self { server, ..Self::default() });
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..at_a_time {
                scope.spawn(|| one_after_another(&table, &next, seed, rounds, post.as_ref()));
            }
        });
        let mut table = table.into_inner().expect("no round panics");
        table.took = began.elapsed();
        table
    }

    fn add(&mut self, seed: u64, told: &Told) {
        let books = &told.books;
        self.rounds += 1;
        self.by_imap += usize::from(told.by_imap);
        for death in &told.deaths {
            *self.deaths.entry(death).or_default() += 1;
        }
        self.accepted += books.accepted;
        self.sent += books.sent;
        self.unknown += books.unknown;
        self.refused += books.refused;
        self.held += books.held;
        self.aside += books.aside;
        self.lost += books.lost.len();
        self.doubled += books.doubled.len();
        self.stuck += books.stuck.len();
        if !books.is_good() {
            let took = told.took.as_secs_f64();
            let text = format!(
                "seed {seed}, deaths {:?}, {took:.1} s\n{}{}",
                told.deaths,
                books.faults(),
                books.log
            );
            self.bad.push((seed, text));
        }
    }

    /// As `benches/run faults` prints it.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for (_, told) in &self.bad {
            let _ = writeln!(text, "{told}\n");
        }
        let kills: usize = self.deaths.values().sum();
        let seconds = self.took.as_secs_f64();
        let _ = writeln!(
            text,
            "Mail came in by {} ({} of {} rounds by IMAP)\n\n\
             | rounds | deaths | accepted | sent | unknown | refused | held | aside | lost | doubled | stuck | seconds |\n\
             |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
             | {} | {kills} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {seconds:.0} |\n\n\
             | died at | times |\n|---|---:|",
            self.server,
            self.by_imap,
            self.rounds,
            self.rounds,
            self.accepted,
            self.sent,
            self.unknown,
            self.refused,
            self.held,
            self.aside,
            self.lost,
            self.doubled,
            self.stuck,
        );
        for (label, times) in &self.deaths {
            let _ = writeln!(text, "| {label} | {times} |");
        }
        for (seed, _) in &self.bad {
            let _ = writeln!(text, "\nAgain: benches/run faults --rounds 1 --seed {seed}");
        }
        text
    }
}

fn one_after_another(
    table: &Mutex<Table>,
    next: &AtomicU64,
    seed: u64,
    rounds: u64,
    post: Option<&MailStack>,
) {
    loop {
        let turn = next.fetch_add(1, Ordering::SeqCst);
        if turn >= rounds || table.lock().expect("no round panics").bad.len() >= BAD_MAX {
            return;
        }
        let seed = seed + turn;
        let told = play(&Plan::of(seed), post);
        table.lock().expect("no round panics").add(seed, &told);
    }
}
