//! Owns what every command needs that acts for a desk: config, keys, the store, and the hour that
//! counts.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::Place;
use crate::actions::{Context, Door, Evidence};
use crate::clock::Clock;
use crate::config::Association;
use crate::domain::money::Cents;
use crate::domain::season;
use crate::domain::words::Lang;
use crate::ids::InvoiceId;
use crate::store::{Direct, StoreError, invoices, meta, read_once};

/// A command that acts for a desk.
pub(super) struct Acting {
    pub dir: PathBuf,
    pub context: Context,
}

impl Acting {
    pub fn new(place: &Place) -> anyhow::Result<Self> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        Ok(Self { dir, context: Context { config: Arc::new(config), ring: Arc::new(ring) } })
    }

    /// The association with that code.
    pub fn association(&self, code: &str) -> anyhow::Result<&Association> {
        let all: Vec<&str> =
            self.context.config.associations.iter().map(|a| a.code.as_str()).collect();
        self.context
            .config
            .association(code)
            .with_context(|| format!("{code} is no association; known: {}", all.join(", ")))
    }

    /// One read.
    pub fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> anyhow::Result<T> {
        Ok(read_once(&self.dir, f)?)
    }

    /// One act, in one transaction; the daemon is told to look.
    pub fn act<T>(
        &self,
        f: impl FnOnce(&Connection, &Evidence<'_>) -> Result<T, StoreError>,
    ) -> anyhow::Result<T> {
        let mut store = Direct::open(&self.dir, Clock::system().now().as_millisecond())?;
        let done = store.write(|c| f(c, &evidence(now(c)?)))?;
        let _ = crate::daemon::control::ask(&self.dir, "wake");
        Ok(done)
    }

    /// Today where an association is.
    pub fn today(&self, association: &Association) -> anyhow::Result<Date> {
        let now = self.read(now)?;
        let zone = season::zone(&association.zone).unwrap_or(TimeZone::UTC);
        Ok(zone.to_datetime(now).date())
    }

    /// Rows of invoices by their numbers.
    pub fn invoices(&self, numbers: &[String]) -> anyhow::Result<Vec<InvoiceId>> {
        numbers
            .iter()
            .map(|number| {
                let found = self.read(|c| invoices::by_number(c, number))?;
                found.map(|i| i.id).with_context(|| format!("there is no invoice {number}"))
            })
            .collect()
    }
}

/// The store's own calendar where it travels, else the machine's.
pub(super) fn now(c: &Connection) -> Result<Timestamp, StoreError> {
    meta::calendar(c, Clock::system().now())
}

fn evidence(at: Timestamp) -> Evidence<'static> {
    Evidence { door: Door::Desk, mid: None, lang: Lang::En, at, answers: "" }
}

/// An amount on the command line.
pub(super) fn amount(text: &str) -> Result<Cents, String> {
    Cents::parse(text).ok_or_else(|| "write dollars and cents like 962.55".to_owned())
}

/// A day on the command line.
pub(super) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day like 2026-12-01".to_owned())
}
