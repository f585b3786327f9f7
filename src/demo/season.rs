//! Owns playing a whole season without a person: from firing to firing, and after each the
//! people do what their temper says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::act::{About, Expected, act};
use super::mailbox::{Opened, Person};
use super::stage::{Stage, StageError};
use super::table::{self, Check, Fired, Table};
use super::temper::{Deed, deed};
use crate::actions::cover;
use crate::config::StepKind;
use crate::domain::season;
use crate::ids::{MessageId, Random};
use crate::link::Keyring;
use crate::scheduler::calendar;
use crate::store::{firings, inbounds, ledger, messages, overview, people};

/// After a firing, mails answer mails: question, forward, answer. More rounds than that would be
/// a loop.
const ROUNDS_MAX: usize = 8;
/// The last days before the deadline, and the first after it.
const LATE: [(&str, SignedDuration); 2] =
    [("late", SignedDuration::from_hours(-84)), ("too-late", SignedDuration::from_hours(84))];
/// From a midnight to the working day after it, wherever the association is.
const DAY_AFTER: SignedDuration = SignedDuration::from_hours(18);
/// Mails that answer nothing of ours: sender, subject, words.
const STRAYS: [(&str, &str, &str); 2] = [
    ("deals@shop.example", "You have won", "Click here to get your prize."),
    ("lost.member@members.example", "Question", "I never got my renewal notice. Who can help?"),
];

/// Plays the season. `progress` hears where it is.
pub async fn play(stage: &Stage, progress: impl Fn(&str)) -> Result<Table, StageError> {
    let mut play = Play { stage, expected: Expected::default(), read: BTreeMap::new() };
    let season = &stage.config().relance.season;
    let deadline = season::deadline(season);
    let mut late =
        LATE.map(|(kind, from)| (kind, deadline.saturating_add(from))).into_iter().peekable();
    loop {
        let now = stage.loops.clock.now();
        let next = calendar::next(stage.config(), now)
            .map_err(|e| StageError::Restless(e.to_string()))?
            .map(|n| (n.due, n.schedule.id.clone()));
        let moment = late.next_if(|(_, at)| {
            next.as_ref().is_none_or(|(due, _)| at.as_ref().is_ok_and(|at| at < due))
        });
        match (moment, next) {
            (Some((kind, Ok(at))), _) => {
                progress(&format!("{} {kind}", day(at)));
                stage.jump(at).await?;
                play.late(kind).await?;
            }
            (_, Some((due, schedule))) => {
                progress(&format!("{} {schedule}", day(due)));
                stage.jump(due).await?;
                if schedule == "cip-notice" {
                    play.strays()?;
                }
                play.rounds().await?;
            }
            (_, None) => break,
        }
    }
    // What becomes of insurance cover, and the mails of the day after.
    while let Some(at) = cover::next(stage.config(), stage.loops.clock.now()) {
        progress(&format!("{} insurance cover", day(at)));
        stage.jump(at).await?;
        stage.jump(at + DAY_AFTER).await?;
        play.rounds().await?;
    }
    stage.jump(season::ends(season)).await?;
    play.rounds().await?;
    play.table().await
}

fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

struct Play<'a> {
    stage: &'a Stage,
    expected: Expected,
    /// Mails that people have looked at, and what they are.
    read: BTreeMap<MessageId, About>,
}

impl Play<'_> {
    /// Lets everybody act on their new mails until nothing new comes of it.
    async fn rounds(&mut self) -> Result<(), StageError> {
        for _ in 0..ROUNDS_MAX {
            self.stage.settle().await?;
            if self.round().await? == 0 {
                return Ok(());
            }
        }
        self.expected.problems.push("mails answer mails without an end".into());
        Ok(())
    }

    /// One look into everybody's mailbox; how many new mails there were. By number, so that each
    /// run is alike.
    async fn round(&mut self) -> Result<usize, StageError> {
        let mut fresh: Vec<(About, Opened)> = Vec::new();
        for envelope in self.stage.mailbox.list()? {
            if self.read.contains_key(&envelope.id) {
                continue;
            }
            let (about, mail) =
                (self.stage.about(envelope.id).await?, self.stage.mailbox.read(envelope.id)?);
            match about.zip(mail) {
                Some(found) => fresh.push(found),
                None => self.expected.problems.push(format!("mail {} is of nothing", envelope.id)),
            }
        }
        fresh.sort_by(|a, b| {
            let key = |(about, mail): &(About, Opened)| {
                (about.number.clone(), about.issuer.clone(), mail.envelope.id)
            };
            key(a).cmp(&key(b))
        });
        let count = fresh.len();
        for (about, mail) in fresh {
            let what = deed(&about.number, &about.kind);
            act(self.stage, &mail, &about, what, &mut self.expected).await?;
            self.read.insert(mail.envelope.id, about);
        }
        Ok(count)
    }

    /// Who has not answered thinks of it again, with the latest mail at hand.
    async fn late(&mut self, kind: &str) -> Result<(), StageError> {
        let mut latest: BTreeMap<(String, String), (Timestamp, MessageId)> = BTreeMap::new();
        for envelope in self.stage.mailbox.list()? {
            let Some(about) = self.read.get(&envelope.id) else { continue };
            let key = (about.issuer.clone(), about.number.clone());
            let step = matches!(about.kind.as_str(), "notice" | "reminder" | "last-call");
            if step && !self.expected.answers.contains_key(&key) {
                latest.insert(key, (envelope.date, envelope.id));
            }
        }
        for (_, id) in latest.into_values() {
            let (Some(about), Some(mail)) =
                (self.read.get(&id).cloned(), self.stage.mailbox.read(id)?)
            else {
                continue;
            };
            let what = deed(&about.number, kind);
            if what != Deed::Nothing {
                act(self.stage, &mail, &about, what, &mut self.expected).await?;
            }
        }
        self.rounds().await
    }

    fn strays(&mut self) -> Result<(), StageError> {
        let rcpt = format!("renewal@{}", self.stage.config().relance.mail.reply_domain);
        for (from, subject, words) in STRAYS {
            let from = Person { name: String::new(), address: from.into() };
            self.stage.postman.stray(&from, &rcpt, subject, words)?;
            self.expected.delivered += 1;
        }
        Ok(())
    }

    async fn table(self) -> Result<Table, StageError> {
        let Self { stage, expected, .. } = self;
        let ring = Keyring::load(&stage.folder().state(), &Random::System)?;
        let config = std::sync::Arc::clone(stage.config());
        let mails = i64::try_from(stage.mailbox.list()?.len()).unwrap_or(i64::MAX);
        let table = stage.loops.store.read(move |c| {
            let associations = table::rows(c, &config)?;
            let mut checks = table::checks(&associations, &expected);
            let mut check = |what: &str, expected: i64, found: i64| {
                checks.push(Check { what: what.to_owned(), expected, found });
            };
            let (mut sent, mut unsettled) = (BTreeMap::new(), 0);
            for (kind, state, n) in messages::tally(c)? {
                match state.as_str() {
                    "sent" => *sent.entry(kind).or_default() += n,
                    "cancelled" => {}
                    _ => unsettled += n,
                }
            }
            check("messages sent and mails there", sent.values().sum(), mails);
            check("messages neither sent nor cancelled", 0, unsettled);
            let mut received = BTreeMap::new();
            for (_, outcome, n) in inbounds::tally(c)? {
                *received.entry(outcome).or_default() += n;
            }
            check(
                "mails put into the inbox and taken in",
                expected.delivered,
                received.values().sum(),
            );
            let planned = firings::all(c)?.iter().map(|f| f.planned).sum();
            let calendar = StepKind::ALL.map(StepKind::as_str);
            let messages = overview::messages(c)?;
            let steps = messages.iter().filter(|(_, kind, _, _)| calendar.contains(&kind.as_str()));
            check("planned and written", planned, steps.map(|(_, _, _, n)| n).sum());
            let mut problems = expected.problems.clone();
            let ledger_lines = match ledger::verify(c, &ring)? {
                Ok(lines) => lines,
                Err(broken) => {
                    problems.push(format!("ledger line {}: {}", broken.seq, broken.why));
                    0
                }
            };
            Ok(Table {
                season: config.relance.season.id.clone(),
                people: people::count(c)?,
                firings: fired(c)?,
                total: table::total(&associations),
                associations,
                sent,
                received,
                ledger_lines,
                checks: checks.len(),
                wrong: checks.into_iter().filter(|c| c.expected != c.found).collect(),
                problems,
            })
        });
        Ok(table.await?)
    }
}

fn fired(c: &rusqlite::Connection) -> Result<Vec<Fired>, crate::store::StoreError> {
    let fired = |f: firings::FiringRow| Fired {
        schedule: f.schedule,
        local: f.local,
        recipients: f.planned,
    };
    Ok(firings::all(c)?.into_iter().map(fired).collect())
}
