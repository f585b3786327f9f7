//! Owns the rules of a travelling calendar: only on a store made with one, only with recipients
//! in reserved domains, only with servers on loopback or Maildirs. What was simulated once is so
//! for ever.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::config::{CardProvider, Config, InboxSource, Transport};
use crate::domain::reserved::is_nobodys;
use crate::store::{StoreError, meta, people};

/// Why a calendar may not travel here, or a plain one may not run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedError {
    /// The store has a real calendar.
    #[error(
        "--clock: this state was made with the real calendar; a travelling one needs a state folder of its own (--state)"
    )]
    Real,
    /// The store's calendar travels.
    #[error(
        "this state was made with a travelling calendar and stays a simulation; start it with --clock, or use another --state"
    )]
    Simulated,
    /// Somebody could get mail.
    #[error("--clock: {0} is not in a reserved domain: a simulation mails nobody real")]
    RealAddress(String),
    /// A server elsewhere.
    #[error("--clock: {0} is not on loopback: a simulation uses local servers or Maildirs")]
    RealServer(String),
    /// Nobody is charged, and members would be told that they have paid.
    #[error(
        "card.provider is demo, which charges nobody: it is for simulations only (--clock); write \"stripe\" or \"none\""
    )]
    DemoCard,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the rules and marks a new store. `clock`: the start that was asked for.
pub fn admit(
    c: &Connection,
    config: &Config,
    clock: Option<Timestamp>,
    now_ms: i64,
) -> Result<(), SimulatedError> {
    let new = meta::get(c, meta::CREATED_AT)?.is_none();
    let simulated = meta::get(c, meta::SIMULATED)?.is_some();
    match (clock.is_some(), simulated) {
        (true, false) if !new => return Err(SimulatedError::Real),
        (false, true) => return Err(SimulatedError::Simulated),
        (false, false) if config.relance.card.provider == CardProvider::Demo => {
            return Err(SimulatedError::DemoCard);
        }
        _ => {}
    }
    if clock.is_some() {
        harmless(c, config)?;
        meta::get_or_set(c, meta::SIMULATED, "yes")?;
    }
    meta::get_or_set(c, meta::CREATED_AT, &now_ms.to_string())?;
    Ok(())
}

/// Makes a copy a simulation for ever: it mails nobody real, and its calendar begins at `start`.
pub fn mark_copy(c: &Connection, config: &Config, start: Timestamp) -> Result<(), SimulatedError> {
    harmless(c, config)?;
    meta::set(c, meta::SIMULATED, "yes")?;
    meta::set(c, meta::CALENDAR, &start.to_string())?;
    Ok(meta::remove(c, meta::HOST)?)
}

fn harmless(c: &Connection, config: &Config) -> Result<(), SimulatedError> {
    let relance = &config.relance;
    let smtp = relance.smtp.transport == Transport::Smtp;
    let imap = relance.inbox.source == InboxSource::Imap;
    for (used, host) in [(smtp, &relance.smtp.host), (imap, &relance.inbox.host)] {
        if used && !crate::config::reference::is_loopback(host) {
            return Err(SimulatedError::RealServer(host.clone()));
        }
    }
    let card = &relance.card;
    let host = crate::config::reference::url_host(&card.api_base);
    if card.provider == CardProvider::Stripe && !crate::config::reference::is_loopback(host) {
        return Err(SimulatedError::RealServer(host.to_owned()));
    }
    if let Some(address) = people::outside_reserved(c)? {
        return Err(SimulatedError::RealAddress(address));
    }
    for association in &config.associations {
        if !is_nobodys(&association.desk.email) {
            return Err(SimulatedError::RealAddress(association.desk.email.clone()));
        }
    }
    Ok(())
}
