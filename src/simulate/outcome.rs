//! Owns what a simulated season came to, by association.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::Deeds;
use crate::actions::Context;
use crate::store::books::{self, Discrepancy, Totals};
use crate::store::{StoreError, firings, invoices, ledger, outcomes, overview, renewals};

/// One association's season.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its code.
    pub association: String,
    /// Mails sent to members and desks, by kind.
    pub sent: BTreeMap<String, i64>,
    /// Renewals by state at the end.
    pub renewals: BTreeMap<String, i64>,
    /// Mails that came back.
    pub bounced: i64,
    /// Promised and not paid, in cents.
    pub promised_cents: i64,
    /// What became of cover, by outcome.
    pub cover: BTreeMap<String, i64>,
}

/// A firing as it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fired {
    /// Schedule's id.
    pub schedule: String,
    /// Nominal local time.
    pub local: String,
    /// `done`, or what became of it.
    pub state: &'static str,
    /// To how many it went.
    pub recipients: i64,
    /// Why it did not go.
    pub reason: String,
}

/// The whole season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Season's id.
    pub season: String,
    /// Firings in order.
    pub firings: Vec<Fired>,
    /// By association.
    pub associations: Vec<Row>,
    /// What people did.
    pub deeds: u64,
    /// What people tried and was not taken, such as answers after the end.
    pub refused: u64,
    /// Cheques that came, and those that banks sent back.
    pub cheques: u64,
    /// What the books come to.
    pub books: Vec<Totals>,
    /// What in them does not add up.
    pub discrepancies: Vec<Discrepancy>,
    /// Where the ledger's chain breaks, if it does.
    pub ledger_broken_at: Option<i64>,
    /// Messages that were neither sent nor cancelled.
    pub unsettled: i64,
}

impl Outcome {
    /// Reads it from the copy. `head`: the line after which the play's own keys made the ledger.
    pub(super) fn read(
        c: &Connection,
        context: &Context,
        deeds: Deeds,
        head: i64,
    ) -> Result<Self, StoreError> {
        let config = &context.config;
        let season = &config.relance.season.id;
        let mut rows: Vec<Row> = config
            .associations
            .iter()
            .map(|a| Row { association: a.code.clone(), ..Row::default() })
            .collect();
        let mut unsettled = 0;
        let mut row = |code: &str, put: &mut dyn FnMut(&mut Row)| {
            if let Some(row) = rows.iter_mut().find(|r| r.association == code) {
                put(row);
            }
        };
        for (code, kind, state, n) in overview::messages(c)? {
            match state.as_str() {
                "sent" => row(&code, &mut |r| *r.sent.entry(kind.clone()).or_default() += n),
                "cancelled" => {}
                _ => unsettled += n,
            }
        }
        for (code, state, n) in renewals::tally(c, season)? {
            row(&code, &mut |r| *r.renewals.entry(state.clone()).or_default() += n);
        }
        for (code, n) in overview::bounced(c)? {
            row(&code, &mut |r| r.bounced += n);
        }
        for row in &mut rows {
            row.promised_cents = invoices::outstanding_cents(c, season, &row.association)?;
            row.cover = outcomes::totals(c, season, &row.association)?.into_iter().collect();
        }
        let fired = firings::all(c)?.into_iter().filter(|f| f.season == *season);
        let firings = fired
            .map(|f| Fired {
                state: f.state.as_str(),
                schedule: f.schedule,
                local: f.local,
                recipients: f.planned,
                reason: f.reason,
            })
            .collect();
        Ok(Self {
            season: season.clone(),
            firings,
            associations: rows,
            deeds: deeds.done,
            refused: deeds.refused,
            cheques: deeds.cheques,
            books: books::totals(c, season)?,
            discrepancies: books::discrepancies(c)?,
            ledger_broken_at: ledger::verify_from(c, &context.ring, head)?.err().map(|b| b.seq),
            unsettled,
        })
    }
}
