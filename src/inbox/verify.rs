//! Owns the mail of people who doubt a mail: which message of ours it quotes or attaches, and who
//! can be answered. The act is decided by `domain::verify`; nothing in such a mail is a command,
//! and no token in it proves anything but that we made it.

use rusqlite::Connection;

use super::quoted::tokens;
use super::reading::Reading;
use crate::actions::Context;
use crate::domain::mailroom::MailAct;
use crate::domain::verify::{self, Marked};
use crate::ids::{MessageId, MessageRow, PersonId};
use crate::link::Token;
use crate::store::{StoreError, addresses, attempts, messages, people};

/// What was found.
pub(super) struct Doubt {
    /// What it comes to.
    pub act: MailAct,
    /// Who is answered.
    pub person: Option<PersonId>,
    /// Attempt and row of the message that it quotes.
    pub about: Option<(MessageId, MessageRow)>,
}

/// Reads a mail to the verify address; `None` for any other.
pub(super) fn read(
    c: &Connection,
    context: &Context,
    reading: &Reading,
) -> Result<Option<Doubt>, StoreError> {
    if !verify::asks(reading, &context.config.relance.mail.verify_address()) {
        return Ok(None);
    }
    let marked = marked(c, context, reading)?;
    let sender = reachable(c, addresses::sharing(c, &reading.from)?)?;
    let person = match &marked {
        Some((_, _, member)) => *member,
        None => sender,
    };
    let known = marked.as_ref().map(|(_, _, member)| Marked { answerable: member.is_some() });
    let act = verify::decide(reading, known, sender.is_some());
    Ok(Some(Doubt { act, person, about: marked.map(|(mid, row, _)| (mid, row)) }))
}

/// The first message of ours in the mail: id of its attempt, row, and its member where one can be
/// answered.
type Found = (MessageId, MessageRow, Option<PersonId>);

fn marked(
    c: &Connection,
    context: &Context,
    reading: &Reading,
) -> Result<Option<Found>, StoreError> {
    let locals = reading.references.iter().chain(&reading.addressed);
    let locals = locals.filter_map(|id| id.split('@').next()?.rsplit('+').next());
    let texts = reading.quoted.iter().map(String::as_str).chain(locals);
    for token in texts.flat_map(tokens).filter_map(|text| Token::read(text, &context.ring).ok()) {
        let Some(attempt) = attempts::by_mid(c, token.message)? else { continue };
        // A page that was opened by code has links too, and no mail.
        if attempt.header_id.is_empty() {
            continue;
        }
        let Some(message) = messages::by_id(c, attempt.message)? else { continue };
        let person = message.person.filter(|_| !message.to_desk);
        let person = reachable(c, person.into_iter().collect())?;
        return Ok(Some((token.message, message.id, person)));
    }
    Ok(None)
}

/// The first of them that has an address on file.
fn reachable(c: &Connection, persons: Vec<PersonId>) -> Result<Option<PersonId>, StoreError> {
    for id in persons {
        if people::by_id(c, id)?.is_some_and(|m| m.email.is_some()) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
