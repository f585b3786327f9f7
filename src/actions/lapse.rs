//! Owns the act by which a membership lapses: nobody answered, and its day is over.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::Context;
use crate::config::StepKind;
use crate::domain::eligibility;
use crate::domain::words::RenewalState;
use crate::store::firings::FiringRow;
use crate::store::renewals::RenewalRow;
use crate::store::{StoreError, ledger, renewals};

/// What became of an open renewal at its lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapsed {
    /// It lapsed, and mail reaches the member.
    Reachable,
    /// It lapsed; the desk has to write a letter.
    Unreachable,
    /// It stays open: the member left, died, is on leave, or another body bills.
    Not,
}

/// Lapses one open renewal, in the caller's transaction, with its ledger line.
pub fn lapse(
    c: &Connection,
    context: &Context,
    firing: &FiringRow,
    row: &RenewalRow,
    now: Timestamp,
) -> Result<Lapsed, StoreError> {
    let issuer = super::association(context, &row.issuer)?;
    let (member, subject) = super::person(c, row.person)?;
    if !eligibility::lapses(&context.config, issuer, &member, &row.renewal)
        || !renewals::lapse(c, row.renewal.id, now.as_millisecond())?
    {
        return Ok(Lapsed::Not);
    }
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": row.renewal.id.0,
        "version": row.renewal.version,
        "state": RenewalState::Lapsed.as_str(),
        "schedule": firing.schedule,
        "local": firing.local,
    });
    ledger::append(c, &context.ring, now.as_millisecond(), &subject, "lapsed", &data)?;
    let reachable = eligibility::reachable(StepKind::Lapse, &member).is_ok();
    Ok(if reachable { Lapsed::Reachable } else { Lapsed::Unreachable })
}
