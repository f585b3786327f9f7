//! Owns what the tests of acts stand on: the shipped federation, a store in memory, a few members.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Context, Door, Evidence};
use crate::domain::billing::tests::federation;
use crate::domain::member::Member;
use crate::domain::words::{Lang, RenewalState};
use crate::ids::{PersonId, Random, RenewalId};
use crate::link::Keyring;
use crate::store::renewals::{self, RenewalRow};
use crate::store::{ledger, messages, migrate, people};

/// Store and config; the clock stands where the test puts it.
pub(crate) struct Bench {
    pub c: Connection,
    pub context: Context,
    pub now: Timestamp,
}

impl Bench {
    /// An ordinary day of the season; nobody is there.
    pub fn new() -> Self {
        let mut c = Connection::open_in_memory().unwrap();
        migrate::run(&mut c, 0).unwrap();
        let now = "2026-11-03T15:00:00Z".parse().unwrap();
        let ring = Keyring::generate(&Random::seeded(5), now);
        let context = Context { config: Arc::new(federation()), ring: Arc::new(ring) };
        Self { c, context, now }
    }

    /// An Ontarian with an address, full member there, with insurance where marked by `+`; the
    /// renewal with the first is open.
    pub fn member(&self, n: i64, places: &[&str]) -> RenewalId {
        self.c
            .execute(
                "INSERT INTO person (id, member_no, subject, salt, given_name, family_name, email,
                   province, status)
                 VALUES (?1, ?2, 'subject-' || ?1, x'00', 'Camille', 'Roy', ?3, 'ON', 'active')",
                (n, (1000 + n).to_string(), format!("m{n}@members.example")),
            )
            .unwrap();
        for place in places {
            let code = place.trim_end_matches('+');
            self.c
                .execute(
                    "INSERT INTO membership (person, association, category, pli, home)
                     VALUES (?1, ?2, 'full', ?3, 0)",
                    (n, code, place.ends_with('+')),
                )
                .unwrap();
        }
        let issuer = places[0].trim_end_matches('+');
        renewals::open(&self.c, PersonId(n), issuer, "2027", 0).unwrap()
    }

    pub fn evidence(&self) -> Evidence<'static> {
        Evidence { door: Door::Desk, mid: None, lang: Lang::En, at: self.now, answers: "" }
    }

    pub fn row(&self, renewal: RenewalId) -> RenewalRow {
        renewals::by_id(&self.c, renewal).unwrap().unwrap()
    }

    pub fn state(&self, renewal: RenewalId) -> RenewalState {
        self.row(renewal).renewal.state
    }

    pub fn person(&self, renewal: RenewalId) -> Member {
        people::by_id(&self.c, self.row(renewal).person).unwrap().unwrap()
    }

    /// Kinds of the messages that wait, oldest first.
    pub fn mailed(&self) -> Vec<String> {
        let due = messages::due(&self.c, 0, i64::MAX, 1000).unwrap();
        due.into_iter().map(|m| m.kind).collect()
    }

    /// Kinds of the ledger's lines; the chain holds.
    pub fn ledger(&self) -> Vec<String> {
        assert!(ledger::verify(&self.c, &self.context.ring).unwrap().is_ok());
        ledger::lines(&self.c, 0).unwrap().into_iter().map(|l| l.kind).collect()
    }
}
