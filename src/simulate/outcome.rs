//! Owns what a simulated season came to, by association.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use crate::config::Config;
use crate::store::{StoreError, firings, invoices, overview, renewals};

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
    /// Messages that were neither sent nor cancelled.
    pub unsettled: i64,
}

impl Outcome {
    /// Reads it from the copy.
    pub(super) fn read(
        c: &Connection,
        config: &Config,
        deeds: u64,
        refused: u64,
    ) -> Result<Self, StoreError> {
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
        Ok(Self { season: season.clone(), firings, associations: rows, deeds, refused, unsettled })
    }
}
