//! Owns turning a waiting message into octets: facts from one read snapshot, links and addresses
//! from its id, and the look in the claiming transaction whether all that still holds.

mod gather;
mod write;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::Context;
use crate::compose::{Composed, Composer};
use crate::domain::billing::Terms;
use crate::domain::eligibility;
use crate::ids::MessageId;
use crate::store::StoreError;
use crate::store::messages::MessageView;

use gather::{Facts, facts, facts_for, whom};
use write::Writer;

pub use write::CONFIRM_LINK_DAYS;

pub(super) use gather::overtaken;

/// Stands in a preview for the address that a member has not.
const NO_ADDRESS: &str = "no-address@members.example";

/// A message ready to be claimed.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The row as it was read.
    pub view: MessageView,
    /// Id of this attempt.
    pub mid: MessageId,
    /// Where it goes.
    pub address: String,
    /// Envelope sender.
    pub from: String,
    /// Message-ID without angle brackets.
    pub header_id: String,
    /// The octets and their digest.
    pub composed: Composed,
    /// Version of template and words.
    pub template: String,
    /// Version of the renewal that it shows.
    pub renewal_version: Option<i64>,
}

/// What drafting came to.
#[derive(Debug)]
pub enum Drafted {
    /// Ready.
    Letter(Box<Letter>),
    /// Not to be sent: the reason goes into the row.
    Cancel(&'static str),
    /// Cannot be composed: a person must look.
    Hold(String),
}

/// Composes a message from a read snapshot.
pub fn draft(
    c: &Connection,
    context: &Context,
    composer: &Composer,
    view: MessageView,
    now: Timestamp,
) -> Result<Drafted, StoreError> {
    Ok(match facts(c, context, &view, now)? {
        Ok(facts) => compose(context, composer, view, &facts, now),
        Err(drafted) => drafted,
    })
}

/// Composes a step as it would look, whether or not the member gets it: for showing, never for
/// sending. `context` has keys of its own, so that no link in it opens anything.
pub fn preview(
    c: &Connection,
    context: &Context,
    composer: &Composer,
    view: MessageView,
    now: Timestamp,
) -> Result<Drafted, StoreError> {
    let Some(issuer) = context.config.association(&view.issuer) else {
        return Ok(Drafted::Hold(format!("association {} is not configured", view.issuer)));
    };
    let (member, renewal) = whom(c, &view)?;
    let Some(person) = &member else { return Ok(Drafted::Cancel("not-here")) };
    let terms = Terms::at(&context.config, issuer, now);
    let bill = match eligibility::owing(&context.config, issuer, person, &terms) {
        Ok(bill) => bill,
        Err(why) => return Ok(Drafted::Cancel(why.as_str())),
    };
    let address = person.email.clone().unwrap_or_else(|| NO_ADDRESS.into());
    let to = (address, Some(bill), None);
    let facts = facts_for(c, context, &view, issuer, (member, renewal), to, now)?;
    Ok(compose(context, composer, view, &facts, now))
}

fn compose(
    context: &Context,
    composer: &Composer,
    view: MessageView,
    facts: &Facts<'_>,
    now: Timestamp,
) -> Drafted {
    let mid = context.ring.message_id(&view.cause, view.attempt);
    let letter = Writer { context, view: &view, facts, mid, now };
    match letter.compose(composer) {
        Ok((composed, template, header_id)) => Drafted::Letter(Box::new(Letter {
            mid,
            address: facts.address.clone(),
            from: letter.envelope_from(),
            header_id,
            composed,
            template,
            renewal_version: facts.renewal.as_ref().map(|r| r.version),
            view,
        })),
        Err(why) => Drafted::Hold(why),
    }
}
