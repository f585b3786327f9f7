//! Owns the table of what happened in a season, by association, and the proof that it adds up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::Connection;
use serde::Serialize;

use super::act::{Expected, Should};
use crate::config::Config;
use crate::domain::billing;
use crate::domain::words::RenewalState;
use crate::ids::{FiringId, PersonId};
use crate::store::{StoreError, invoices, messages, overview, people, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 500;

/// One association's season; or all of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its code.
    pub association: String,
    /// Memberships.
    pub members: i64,
    /// Of them, on another association's invoice.
    pub billed_elsewhere: i64,
    /// On leave, honorary, resigned.
    pub not_active: i64,
    /// Without an address: they get a letter.
    pub no_email: i64,
    /// Their address was dead before their turn came.
    pub dead_address: i64,
    /// Notices sent.
    pub notices: i64,
    /// Reminders sent.
    pub reminders: i64,
    /// Last calls sent.
    pub last_calls: i64,
    /// Renewed on the page.
    pub by_link: i64,
    /// Renewed by answering the mail.
    pub by_reply: i64,
    /// Said that they do not renew.
    pub not_renewing: i64,
    /// Not answered.
    pub open: i64,
    /// Stopped the reminders.
    pub stopped: i64,
    /// Mails passed to the desk.
    pub to_desk: i64,
    /// Mails that came back.
    pub bounces: i64,
    /// Promised by cheque or on invoice, in cents.
    pub cents_promised: i64,
}

/// Whether two ways of counting agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is counted.
    pub what: String,
    /// One way.
    pub expected: i64,
    /// The other.
    pub found: i64,
}

/// A firing as it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fired {
    /// Schedule's id.
    pub schedule: String,
    /// Nominal local time.
    pub local: String,
    /// To whom it was planned.
    pub recipients: i64,
}

/// The whole season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Season's id.
    pub season: String,
    /// Persons in the list.
    pub people: i64,
    /// Firings in order.
    pub firings: Vec<Fired>,
    /// By association.
    pub associations: Vec<Row>,
    /// Their sums.
    pub total: Row,
    /// Mails sent, by kind.
    pub sent: BTreeMap<String, i64>,
    /// Mails received, by what they came to.
    pub received: BTreeMap<String, i64>,
    /// Lines in the ledger, whose chain holds.
    pub ledger_lines: i64,
    /// Every check that does not hold; none is as it should be.
    pub wrong: Vec<Check>,
    /// How many checks were made.
    pub checks: usize,
    /// What went wrong on the way.
    pub problems: Vec<String>,
}

impl Table {
    /// Whether everything adds up.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong.is_empty() && self.problems.is_empty()
    }
}

/// Reads one row for each association of the config.
pub fn rows(c: &Connection, config: &Config) -> Result<Vec<Row>, StoreError> {
    let season = &config.relance.season.id;
    let mut rows = Vec::new();
    for association in &config.associations {
        rows.push(members(c, config, &association.code)?);
    }
    let mut row = |code: &str, f: &mut dyn FnMut(&mut Row)| {
        if let Some(row) = rows.iter_mut().find(|r| r.association == code) {
            f(row);
        }
    };
    for (code, kind, state, n) in overview::messages(c)? {
        row(&code, &mut |r| match (kind.as_str(), state.as_str()) {
            ("notice", "sent") => r.notices += n,
            ("reminder", "sent") => r.reminders += n,
            ("last-call", "sent") => r.last_calls += n,
            ("forward", "sent") => r.to_desk += n,
            _ => {}
        });
    }
    for (code, state, door, n) in overview::renewals(c, season)? {
        row(&code, &mut |r| match (state.as_str(), door.as_str()) {
            ("pledged" | "paid", "mail") => r.by_reply += n,
            ("pledged" | "paid", _) => r.by_link += n,
            ("not-renewing", _) => r.not_renewing += n,
            _ => r.open += n,
        });
    }
    for (code, n) in overview::stopped(c)? {
        row(&code, &mut |r| r.stopped += n);
    }
    for (code, n) in overview::bounced(c)? {
        row(&code, &mut |r| r.bounces += n);
    }
    for row in &mut rows {
        row.cents_promised = invoices::outstanding_cents(c, season, &row.association)?;
    }
    Ok(rows)
}

fn members(c: &Connection, config: &Config, code: &str) -> Result<Row, StoreError> {
    let season = &config.relance.season.id;
    let mut row = Row { association: code.to_owned(), ..Row::default() };
    let Some(association) = config.association(code) else { return Ok(row) };
    let mut after = 0;
    loop {
        let members = people::of_association(c, code, after, READ_AT_ONCE)?;
        let Some(last) = members.last() else { return Ok(row) };
        after = last.id.0;
        for member in &members {
            row.members += 1;
            let renewal = renewals::find(c, member.id, code, season)?;
            // Nobody could ask them; their cover has an outcome all the same.
            if renewal.as_ref().is_some_and(|r| r.state == RenewalState::Open)
                && (!member.is_active() || member.email.is_none())
            {
                row.open -= 1;
            }
            if !member.is_active() {
                row.not_active += 1;
            } else if !billing::is_billed(config, member, association) {
                row.billed_elsewhere += 1;
            } else {
                let unreached = if member.email.is_none() {
                    &mut row.no_email
                } else if member.suspended && got_nothing(c, member.id, code)? {
                    &mut row.dead_address
                } else {
                    continue;
                };
                *unreached += 1;
                // They owe as others do, and are counted here instead of among the open ones.
                if renewals::find(c, member.id, code, season)?.is_some() {
                    row.open -= 1;
                }
            }
        }
    }
}

fn got_nothing(c: &Connection, person: PersonId, code: &str) -> Result<bool, StoreError> {
    let steps = messages::steps_of(c, (person, person), 0, FiringId(0))?;
    Ok(!steps.values().flatten().any(|step| step.issuer == code))
}

/// The sum of all rows.
#[must_use]
pub fn total(rows: &[Row]) -> Row {
    let mut all = Row { association: "all".into(), ..Row::default() };
    for row in rows {
        for (sum, n) in all.numbers_mut().into_iter().zip(row.clone().numbers_mut()) {
            *sum += *n;
        }
    }
    all
}

/// Every count that can be made in two ways, for each row.
#[must_use]
pub fn checks(rows: &[Row], expected: &Expected) -> Vec<Check> {
    let mut checks = Vec::new();
    for row in rows {
        let code = &row.association;
        let mut check = |what: &str, expected: i64, found: i64| {
            checks.push(Check { what: format!("{code}: {what}"), expected, found });
        };
        let elsewhere = row.billed_elsewhere + row.not_active + row.no_email + row.dead_address;
        let answered = row.by_link + row.by_reply + row.not_renewing;
        check("everybody is accounted for", row.members, elsewhere + answered + row.open);
        let count = |should: Should| {
            let own = |((issuer, _), what): &(&(String, String), &Should)| {
                issuer == code && **what == should
            };
            i64::try_from(expected.answers.iter().filter(own).count()).unwrap_or(i64::MAX)
        };
        check("renewed on the page", count(Should::Link), row.by_link);
        check("renewed by answering", count(Should::Reply), row.by_reply);
        check("not renewing", count(Should::Leave), row.not_renewing);
        let stopped = expected.stopped.iter().filter(|(issuer, _)| issuer == code).count();
        check("stopped", i64::try_from(stopped).unwrap_or(i64::MAX), row.stopped);
    }
    checks
}

impl Row {
    fn numbers_mut(&mut self) -> [&mut i64; 16] {
        [
            &mut self.members,
            &mut self.billed_elsewhere,
            &mut self.not_active,
            &mut self.no_email,
            &mut self.dead_address,
            &mut self.notices,
            &mut self.reminders,
            &mut self.last_calls,
            &mut self.by_link,
            &mut self.by_reply,
            &mut self.not_renewing,
            &mut self.open,
            &mut self.stopped,
            &mut self.to_desk,
            &mut self.bounces,
            &mut self.cents_promised,
        ]
    }
}

/// Heads of the columns, two lines each.
const HEADS: [(&str, &str); 17] = [
    ("", ""),
    ("", "members"),
    ("billed", "elsewh."),
    ("not", "active"),
    ("no", "email"),
    ("dead", "addr."),
    ("", "notices"),
    ("remin-", "ders"),
    ("last", "calls"),
    ("by", "link"),
    ("by", "reply"),
    ("not", "renew."),
    ("", "open"),
    ("", "stopped"),
    ("to", "desk"),
    ("", "bounced"),
    ("promised", "$"),
];

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Season {}: {} people\n", self.season, self.people)?;
        for line in [HEADS.map(|h| h.0), HEADS.map(|h| h.1)] {
            writeln!(f, "{}", columns(&line.map(str::to_owned)))?;
        }
        for row in self.associations.iter().chain([&self.total]) {
            let mut row = row.clone();
            let cents = row.cents_promised;
            let mut texts = vec![row.association.clone()];
            texts.extend(row.numbers_mut().into_iter().map(|n| n.to_string()));
            let mut texts: [String; 17] = texts.try_into().unwrap_or_default();
            texts[16] = format!("{}.{:02}", cents / 100, cents % 100);
            writeln!(f, "{}", columns(&texts))?;
        }
        let list = |map: &BTreeMap<String, i64>| {
            map.iter().map(|(k, n)| format!("{n} {k}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "\nSent: {}", list(&self.sent))?;
        writeln!(f, "Received: {}", list(&self.received))?;
        writeln!(f, "The ledger's chain holds over {} lines.", self.ledger_lines)?;
        if self.holds() {
            writeln!(
                f,
                "All {} checks hold: everybody and every mail is accounted for.",
                self.checks
            )?;
        }
        for check in &self.wrong {
            writeln!(f, "WRONG: {}: {} and {}", check.what, check.expected, check.found)?;
        }
        for problem in &self.problems {
            writeln!(f, "WRONG: {problem}")?;
        }
        Ok(())
    }
}

fn columns(texts: &[String; 17]) -> String {
    let mut line = String::new();
    for (at, text) in texts.iter().enumerate() {
        let width = match at {
            0 => 5,
            16 => 11,
            _ => 8,
        };
        let _ =
            if at == 0 { write!(line, "{text:<width$}") } else { write!(line, "{text:>width$}") };
    }
    line.trim_end().to_owned()
}
