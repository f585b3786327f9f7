//! Owns the list by which a desk spends the last day before the deadline: whom to call, and what
//! stands still. Read anew each time that it is opened.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::Context;
use super::gather::{news, who, who_is};
use crate::config::Association;
use crate::domain::digest::{Listing, Section, Who};
use crate::domain::insurance::{Standing, standing};
use crate::domain::season;
use crate::domain::words::RenewalState;
use crate::store::digests::Mark;
use crate::store::{StoreError, desk, people, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 500;
/// Lines of each list: more calls than one desk makes in a day.
pub const LINES_MAX: usize = 400;

/// The last day, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDay {
    /// Covered members who have not answered.
    pub undecided: Vec<Who>,
    /// How many more there are.
    pub more: i64,
    /// Who renewed since midnight, in the deadline's zone, and when.
    pub renewed_today: Vec<(Who, Timestamp)>,
    /// Messages in doubt and mailings that stand still.
    pub listings: Vec<Listing>,
}

/// Reads it.
pub fn last_day(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    now: Timestamp,
) -> Result<LastDay, StoreError> {
    let config = &context.config;
    let season = &config.relance.season;
    let (mut undecided, mut all, mut after) = (Vec::new(), 0i64, 0);
    loop {
        let members = people::of_association(c, &issuer.code, after, READ_AT_ONCE)?;
        let Some(last) = members.last() else { break };
        after = last.id.0;
        for member in &members {
            let covered =
                member.is_active() && standing(config, member, &issuer.code) == Standing::Covered;
            let state = renewals::find(c, member.id, &issuer.code, &season.id)?.map(|r| r.state);
            if covered && state.is_none_or(|s| s == RenewalState::Open) {
                all += 1;
                if undecided.len() < LINES_MAX {
                    undecided.push(who_is(c, member)?);
                }
            }
        }
    }
    let midnight = season::zone(&season.deadline_zone)
        .and_then(|zone| now.to_zoned(zone).start_of_day().ok())
        .map_or(now, |day| day.timestamp());
    let mut renewed_today = Vec::new();
    let since_ms = midnight.as_millisecond();
    for (person, at_ms) in desk::renewed_since(c, &issuer.code, &season.id, since_ms, LINES_MAX)? {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(now);
        renewed_today.extend(who(c, Some(person))?.map(|who| (who, at)));
    }
    let mark = Mark { at_ms: now.as_millisecond(), ..Mark::default() };
    let mut listings = news(c, context, issuer, (mark, mark), false, LINES_MAX)?.listings;
    listings.retain(|l| matches!(l.section, Section::Firings | Section::InDoubt));
    let more = all - i64::try_from(undecided.len()).unwrap_or(i64::MAX);
    Ok(LastDay { undecided, more, renewed_today, listings })
}
