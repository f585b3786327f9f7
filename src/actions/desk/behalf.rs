//! Owns acting for a member who called, came by or wrote a letter: the very acts of the member's own
//! page, with the desk's name, the channel and the time as evidence. The member is mailed.

use rusqlite::Connection;

use super::super::{Applied, Context, Door, Evidence, association};
use super::{By, sign};
use crate::config::Association;
use crate::domain::desk::Channel;
use crate::domain::member::Member;
use crate::domain::words::Lang;
use crate::ids::{PersonId, RenewalId};
use crate::store::desk::LinkRow;
use crate::store::{StoreError, people, renewals};

/// The member with that number, if the association has them.
pub fn member_of(
    c: &Connection,
    issuer: &Association,
    member_no: &str,
) -> Result<Option<Member>, StoreError> {
    let member = people::by_number(c, member_no.trim())?;
    Ok(member.filter(|m| m.membership(&issuer.code).is_some()))
}

/// For whom a desk acts, and how it was asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The member.
    pub person: PersonId,
    /// How they asked.
    pub channel: Channel,
    /// Language of the page that was read out to them.
    pub lang: Lang,
}

/// Does what a member asked for: `act`, on their renewal, which is opened where the season's notice
/// has not come yet. `did` names it in the ledger. `Nothing`: the member is not this desk's.
pub fn apply(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    asked: Asked,
    did: &str,
    by: &By,
    act: impl FnOnce(RenewalId, &Evidence<'_>) -> Result<Applied, StoreError>,
) -> Result<Applied, StoreError> {
    let issuer = association(context, &link.issuer)?;
    let member = people::by_id(c, asked.person)?;
    if member.is_none_or(|m| m.membership(&issuer.code).is_none()) {
        return Ok(Applied::Nothing);
    }
    let evidence = Evidence {
        door: Door::Behalf { channel: asked.channel, staff: &by.deed.staff },
        mid: None,
        lang: asked.lang,
        at: by.at,
        answers: "",
    };
    let (season, at_ms) = (&context.config.relance.season.id, by.at.as_millisecond());
    let renewal = renewals::open(c, asked.person, &issuer.code, season, at_ms)?;
    let applied = act(renewal, &evidence)?;
    if applied == Applied::Done {
        sign(c, context, link, Some(asked.person), did, by)?;
    }
    Ok(applied)
}
