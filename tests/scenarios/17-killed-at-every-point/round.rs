//! Owns one member's whole round, and going on with it whenever the daemon dies: the notice, her
//! answer on the page, her question by mail, the report that her address is dead. Her relay's
//! ledger, on disk before each 250, is the witness.

use std::time::Duration;

use relance::clock::monotonic;
use tempfile::NamedTempFile;

use crate::support::club::{ALICE, BEFORE_NOTICE, Club, SOON, hidden, sent_to};
use crate::support::http;
use crate::support::letters::{Letter, no_such_user};
use crate::support::relay::Relay;

/// Our own MX, which vouches for her.
const MX: &str = "mx.cip.example.ca";

/// Just after the notice's time.
pub const NINE: &str = "2026-11-02T14:00:01Z";

/// A round on its way.
pub struct Round {
    pub club: Club,
    pub relay: Relay,
    /// How often the daemon died.
    pub deaths: usize,
    witness: NamedTempFile,
}

impl Round {
    /// Members are in, the daemon starts, and dies at `die_at` when it comes there.
    pub fn begin(die_at: &str, members: &[&str]) -> Self {
        let witness = tempfile::NamedTempFile::new().unwrap();
        let relay = Relay::start_with_ledger(witness.path());
        let club = Club::with_relay(&relay);
        club.import(members);
        let mut round = Self { club, relay, deaths: 0, witness };
        round.try_start(&[("RELANCE_DIE_AT", die_at)]);
        round
    }

    fn try_start(&mut self, envs: &[(&str, &str)]) {
        let daemon = self.club.site.try_start(&["--clock", BEFORE_NOTICE], envs);
        self.club.daemon = daemon.ok();
    }

    /// Starts the daemon again where it died; then it lives.
    fn revive(&mut self) {
        if self.club.daemon.as_mut().is_none_or(|daemon| daemon.ended().is_some()) {
            self.deaths += 1;
            assert_eq!(self.deaths, 1, "it dies once");
            self.try_start(&[]);
            assert!(self.club.daemon.is_some(), "it starts again after any death");
        }
    }

    /// Does `step` again and again, as the world would, until `done` and nothing is under way.
    pub fn until(&mut self, step: impl Fn(&Self), done: impl Fn(&Self) -> bool) {
        let start = monotonic();
        loop {
            self.revive();
            step(self);
            let rested = self.club.try_rest();
            if rested && done(self) {
                return;
            }
            assert!(start.elapsed() < SOON, "no end in sight:\n{}", self.club.messages());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The whole round, to its end.
    pub fn whole(&mut self) {
        self.notice();
        self.answer();
        self.question();
        self.report();
        // What died last is alive again, and at rest.
        self.until(|_| (), |_| true);
    }

    /// Nine o'clock comes.
    pub fn notice(&mut self) {
        let jump = |r: &Self| drop(r.club.site.cli(&["clock", "set", NINE]));
        self.until(jump, |r| r.club.settled("notice") == 1);
        if sent_to(&self.relay, "alice").is_empty() {
            // It died before a byte was sent: a person looks into the relay's log, and says so.
            let doubtful = self.club.in_doubt();
            assert_eq!(doubtful.len(), 1, "it is listed");
            self.club.site.cli(&["outbox", "resolve", &doubtful[0], "--as", "resend"]).ok();
            self.until(|_| (), |r| !sent_to(&r.relay, "alice").is_empty());
        }
    }

    /// The link of her notice.
    pub fn link(&self) -> String {
        sent_to(&self.relay, "alice")[0].path_with("/r/").unwrap()
    }

    /// She opens her link and renews; where no answer comes, she opens it again.
    pub fn answer(&mut self) {
        let link = self.link();
        let click = |r: &Self| {
            let Ok(page) = http::get(r.club.site.web, &link) else { return };
            if page.body.contains("value=\"invoice\"") {
                let form = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
                let _ = http::post_form(r.club.site.web, &link, &form);
            }
        };
        self.until(click, |r| r.club.settled("confirmation") == 1);
    }

    /// She asks something by mail.
    pub fn question(&mut self) {
        let notice = self.relay.taken().remove(0);
        let question = Letter::reply(&notice, MX, "question", "May my employer pay?");
        self.club.arrive("question", &question.raw());
        self.until(|_| (), |r| r.club.settled("forward") == 1);
    }

    /// Her address is dead, says her server.
    pub fn report(&mut self) {
        let notice = self.relay.taken().remove(0);
        self.club.arrive("report", &no_such_user(&notice, "report"));
        let suspended = "SELECT count(*) FROM address WHERE suspended_at IS NOT NULL";
        self.until(|_| (), |r| r.club.query(suspended) == ["1"]);
    }

    /// Nothing lost, nothing doubled; in doubt no more than `doubtful_max`, and those are listed.
    pub fn is_whole(&self, doubtful_max: usize) {
        let club = &self.club;
        let told = std::fs::read_to_string(self.witness.path()).unwrap_or_default();
        let mut witness: Vec<&str> =
            told.lines().filter_map(|l| Some(l.split_once('\t')?.1)).collect();
        witness.sort_unstable();
        let heard = witness.len();
        witness.dedup();
        assert_eq!(heard, witness.len(), "no message went out twice: {told}");

        let attempts =
            club.query("SELECT message || ' ' || header_id || ' ' || state FROM attempt");
        let attempts: Vec<Vec<&str>> =
            attempts.iter().map(|row| row.trim_matches('"').split(' ').collect()).collect();
        for id in &witness {
            assert!(attempts.iter().any(|a| a[1] == *id), "{id} left, and nobody knows");
        }
        for message in club.query("SELECT id || ' ' || state FROM message") {
            let (id, state) = message.trim_matches('"').split_once(' ').unwrap();
            let own = attempts.iter().filter(|a| a[0] == id);
            let left = own.filter(|a| witness.contains(&a[1])).count();
            match state {
                "sent" => assert_eq!(left, 1, "message {id} is marked sent"),
                "unknown" => assert!(left <= 1, "message {id}"),
                other => panic!("message {id} is {other}\n{}", club.messages()),
            }
        }
        let doubtful = club.query("SELECT CAST(id AS TEXT) FROM message WHERE state = 'unknown'");
        assert!(doubtful.len() <= doubtful_max, "{doubtful:?}");
        let listed: Vec<String> = club.in_doubt().iter().map(|id| format!("\"{id}\"")).collect();
        assert_eq!(listed, doubtful, "a person finds them");
        club.site.cli(&["audit", "verify"]).ok();
    }
}

/// Alice alone.
pub fn alone(die_at: &str) -> Round {
    Round::begin(die_at, &[ALICE])
}

impl Club {
    /// As [`Club::rest`]; false where the daemon died meanwhile.
    fn try_rest(&self) -> bool {
        let now = self.site.cli(&["clock", "now"]);
        if !now.status.success() {
            return false;
        }
        let now: jiff::Timestamp = now.stdout.trim().parse().unwrap();
        let soon = now + jiff::SignedDuration::from_secs(1);
        self.site.cli(&["clock", "set", &soon.to_string()]).status.success()
    }

    /// How many messages of a kind were sent, or are in doubt.
    pub fn settled(&self, kind: &str) -> usize {
        let sql = format!(
            "SELECT id FROM message WHERE kind = '{kind}' AND state IN ('sent', 'unknown')"
        );
        self.query(&sql).len()
    }

    /// The numbers that `outbox list` gives for messages in doubt.
    pub fn in_doubt(&self) -> Vec<String> {
        let listed = self.site.cli(&["outbox", "list", "--json"]).ok();
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let unknown = listed.as_array().unwrap().iter().filter(|m| m["state"] == "unknown");
        unknown.map(|m| m["message"].to_string()).collect()
    }
}
