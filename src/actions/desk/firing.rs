//! Owns a desk's decision on a mailing that stands still, and how many members it would reach.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::super::Context;
use crate::domain::billing::Terms;
use crate::domain::eligibility;
use crate::domain::words::Lang;
use crate::ids::FiringId;
use crate::outbox::step_of;
use crate::store::firings::{self, FiringRow, FiringState};
use crate::store::{StoreError, desk, ledger, messages, people, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 500;

/// Lets a mailing go, or ends it. `false` where neither it nor anything of it is held.
pub(super) fn decide(
    c: &Connection,
    context: &Context,
    id: FiringId,
    approve: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let (state, reason, kind) = if approve {
        (FiringState::Planning, firings::APPROVED, "firing-approved")
    } else {
        (FiringState::Cancelled, "cancelled by a person", "firing-cancelled")
    };
    let at_ms = at.as_millisecond();
    let released = firings::release(c, id, state, reason)?;
    let held = if approve {
        messages::release_firing(c, id, at_ms)?
    } else {
        messages::cancel_firing(c, id, reason, at_ms)?
    };
    if approve && held > 0 {
        firings::approve(c, id)?;
    }
    if !released && held == 0 {
        return Ok(false);
    }
    let data = json!({"firing": id.0, "messages": held});
    ledger::append(c, &context.ring, at_ms, "", kind, &data)?;
    Ok(true)
}

/// Whom a mailing would reach, by the language that comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// English first.
    pub en: i64,
    /// French first.
    pub fr: i64,
}

impl Reach {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> i64 {
        self.en + self.fr
    }
}

/// Whom what is held of a firing would reach now: its held messages, or, where it was not planned
/// yet, everybody who would get it.
pub(super) fn reach(
    c: &Connection,
    context: &Context,
    firing: &FiringRow,
    now: Timestamp,
) -> Result<Reach, StoreError> {
    let config = &context.config;
    let Some(issuer) = config.association(&firing.issuer) else { return Ok(Reach::default()) };
    let mut reach = Reach::default();
    let mut add = |lang| match lang {
        Lang::En => reach.en += 1,
        Lang::Fr => reach.fr += 1,
    };
    if firing.state != FiringState::Held {
        for person in desk::held_persons(c, firing.id)? {
            add(people::by_id(c, person)?.map_or(issuer.language, |m| m.reads(issuer.language)));
        }
        return Ok(reach);
    }
    let Some(step) = step_of(&firing.kind) else { return Ok(reach) };
    let terms = Terms::at(config, issuer, now);
    let mut after = 0;
    loop {
        let members = people::of_association(c, &firing.issuer, after, READ_AT_ONCE)?;
        let Some(last) = members.last() else { return Ok(reach) };
        after = last.id.0;
        for member in &members {
            let renewal = renewals::find(c, member.id, &firing.issuer, &firing.season)?;
            if eligibility::decide(config, issuer, step, member, renewal.as_ref(), &terms).is_ok() {
                add(member.reads(issuer.language));
            }
        }
    }
}
