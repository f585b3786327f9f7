//! Owns acting for a member who called, came by or wrote a letter: the same acts as the member's
//! own page, with the desk's name, the channel and the time as evidence. The member is mailed.

use rusqlite::Connection;

use super::super::{self as actions, Action, Applied, Context, Door, Evidence, Sent};
use super::{By, sign};
use crate::config::Association;
use crate::domain::answer::{Answer, Choice};
use crate::domain::desk::Channel;
use crate::domain::member::Member;
use crate::ids::PersonId;
use crate::store::desk::LinkRow;
use crate::store::{StoreError, people, renewals};

/// What a member asked a desk to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// An answer to the renewal.
    Answer(Choice),
    /// No more reminders.
    Stop,
    /// Reminders again.
    Start,
}

impl Wanted {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer(choice) => choice.as_str(),
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }

    /// The wish with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "stop" => Some(Self::Stop),
            "start" => Some(Self::Start),
            text => Choice::parse(text).map(Self::Answer),
        }
    }
}

/// The member with that number, if the association has them.
pub fn member_of(
    c: &Connection,
    issuer: &Association,
    member_no: &str,
) -> Result<Option<Member>, StoreError> {
    let member = people::by_number(c, member_no.trim())?;
    Ok(member.filter(|m| m.membership(&issuer.code).is_some()))
}

/// Does what a member asked for. The renewal is opened where the season's notice has not come yet.
#[expect(clippy::too_many_arguments, reason = "the act, its form, and who vouches for it")]
pub fn apply(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    person: PersonId,
    wanted: Wanted,
    channel: Channel,
    form: (i64, &str),
    by: &By,
) -> Result<Applied, StoreError> {
    let Some(member) = people::by_id(c, person)? else { return Ok(Applied::Nothing) };
    let issuer = actions::association(context, &link.issuer)?;
    if member.membership(&issuer.code).is_none() {
        return Ok(Applied::Nothing);
    }
    let evidence = Evidence {
        door: Door::Behalf(channel),
        mid: None,
        lang: member.reads(issuer.language),
        at: by.at,
        answers: "",
    };
    let (answer, sent);
    let action = match wanted {
        Wanted::Answer(choice) => {
            let season = &context.config.relance.season.id;
            let at_ms = by.at.as_millisecond();
            let renewal = renewals::open(c, person, &issuer.code, season, at_ms)?;
            // The desk reads the amounts as they are now to whoever is on the line.
            let quote = actions::view_of_renewal(c, context, renewal, by.at)?
                .and_then(|view| view.offer.map(|offer| offer.quote()))
                .unwrap_or_default();
            answer = Answer::plain(choice);
            sent = quote;
            let (version, nonce) = form;
            let form = Some(Sent { version, nonce, quote: &sent });
            Action::Answer { renewal, answer: &answer, form }
        }
        Wanted::Stop => Action::Unsubscribe { person, issuer: &issuer.code },
        Wanted::Start => Action::Resubscribe { person, issuer: &issuer.code },
    };
    let applied = actions::apply(c, context, &action, &evidence)?;
    if applied == Applied::Done {
        sign(c, context, link, Some(person), wanted.as_str(), by)?;
    }
    Ok(applied)
}
