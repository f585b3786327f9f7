//! Owns the acts of a desk: what a link of a digest does, once, in somebody's name. The ledger's
//! line has a digest of the name; the name itself stands beside it and can be erased.

mod behalf;
mod case;
mod conflict;
mod credit;
mod firing;
mod gather;
mod last_day;
mod links;
mod money;
pub mod outbox;
mod situation;
pub mod write;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest as _, Sha256};

pub use behalf::{Asked, apply as act_for_member, member_of};
pub use case::{CaseView, look};
pub use firing::Reach;
pub use gather::gather;
pub use last_day::{LastDay, last_day};
pub use links::{open_door, url};
pub use write::{DigestFacts, to_tell};

use super::{Applied, Context};
use crate::domain::desk::{Deed, Received};
use crate::domain::digest::Act;
use crate::domain::money::Cents;
use crate::ids::{FiringId, MessageId, MessageRow, PersonId, TaskId};
use crate::store::desk::{self, LinkRow};
use crate::store::tasks::{self, Task};
use crate::store::{StoreError, addresses, ledger, messages, people};

/// Octets of a deed's salt.
pub const SALT_OCTETS: usize = 16;

/// Who acts for a desk, and what they say of it.
#[derive(Debug, Clone)]
pub struct By {
    /// Name, channel and note.
    pub deed: desk::Deed,
    /// For the digest that the ledger has of them.
    pub salt: [u8; SALT_OCTETS],
    /// When the form was complete.
    pub at: Timestamp,
}

impl By {
    /// What the ledger keeps of who it was.
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        for part in [&self.deed.staff, &self.deed.channel, &self.deed.note] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        HEXLOWER.encode(&hash.finalize())
    }
}

/// The line behind a link, while it is open.
fn open_line(c: &Connection, link: &LinkRow) -> Result<Option<Task>, StoreError> {
    Ok(tasks::by_id(c, TaskId(link.handle.target))?.filter(|task| task.closed_ms.is_none()))
}

/// What a desk decided, with what was typed for it.
#[derive(Debug, Clone)]
pub enum Order {
    /// A decision that needs nothing more.
    Plain(Deed),
    /// A mailing goes out to so many.
    Send(i64),
    /// Money came in, with its number.
    Received(Received, String),
    /// The member is in the category with that code.
    Category(String),
    /// Money is applied to the invoice with that number.
    Applied(String),
    /// So much money was paid back on that day.
    Refunded(Cents, Date),
}

impl Order {
    /// The decision.
    #[must_use]
    pub const fn deed(&self) -> Deed {
        match self {
            Self::Plain(deed) => *deed,
            Self::Send(_) => Deed::Send,
            Self::Received(..) => Deed::Received,
            Self::Category(_) => Deed::Category,
            Self::Applied(_) => Deed::Applied,
            Self::Refunded(..) => Deed::Refunded,
        }
    }
}

/// Does what a link is good for, and spends it. `Already`: it was spent before; `Nothing`: there
/// is nothing to decide any more.
pub fn act(
    c: &Connection,
    context: &Context,
    id: MessageId,
    order: &Order,
    by: &By,
) -> Result<Applied, StoreError> {
    let Some(link) = desk::link_by_id(c, id)? else { return Ok(Applied::Nothing) };
    if link.used_ms.is_some() {
        return Ok(Applied::Already);
    }
    let person = about(c, &link)?;
    if !carry_out(c, context, &link, order, by)? {
        return Ok(Applied::Nothing);
    }
    let did = order.deed().as_str();
    let seq = sign(c, context, &link, person, did, by)?;
    desk::use_link(c, id, did, seq, by.at.as_millisecond())?;
    Ok(Applied::Done)
}

/// Whose affair it is.
fn about(c: &Connection, link: &LinkRow) -> Result<Option<PersonId>, StoreError> {
    let target = link.handle.target;
    Ok(match link.handle.act {
        Act::Address => Some(PersonId(target)),
        Act::Message => messages::by_id(c, MessageRow(target))?.and_then(|m| m.person),
        Act::Task => tasks::by_id(c, TaskId(target))?.and_then(|t| t.person),
        Act::Firing | Act::Mail | Act::Member | Act::LastDay => None,
    })
}

/// Whether there was anything to do.
fn carry_out(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    order: &Order,
    by: &By,
) -> Result<bool, StoreError> {
    let (target, at_ms) = (link.handle.target, by.at.as_millisecond());
    match (link.handle.act, order.deed()) {
        (Act::Firing, Deed::Send | Deed::Cancel) => {
            let count = if let Order::Send(count) = order { Some(*count) } else { None };
            firing::decide(c, context, FiringId(target), count, by)
        }
        (Act::Message, deed @ (Deed::Left | Deed::Resend | Deed::Cancel)) => {
            let verdict = match deed {
                Deed::Left => outbox::Verdict::Sent,
                Deed::Resend => outbox::Verdict::Resend,
                _ => outbox::Verdict::Cancelled,
            };
            let done = outbox::resolve(c, &context.ring, MessageRow(target), verdict, by.at)?;
            Ok(done == outbox::Resolved::Done)
        }
        (Act::Address, Deed::Lift) => {
            let member = people::by_id(c, PersonId(target))?;
            let Some(address) = member.and_then(|m| m.email) else { return Ok(false) };
            addresses::lift(c, &address)
        }
        (Act::Task, Deed::Done | Deed::Dropped) => {
            tasks::close(c, TaskId(target), &by.deed.staff, &by.deed.note, at_ms)
        }
        (Act::Task, deed) => match order {
            Order::Received(received, reference) => {
                money::receive(c, context, link, *received, reference, by)
            }
            Order::Category(code) => situation::rule(c, context, link, (deed, code), by),
            Order::Applied(number) => credit::apply(c, context, link, number, by),
            Order::Refunded(amount, on) => credit::pay_back(c, context, link, (*amount, *on), by),
            Order::Plain(Deed::Ours | Deed::Theirs) => conflict::settle(c, context, link, deed, by),
            Order::Plain(_) => situation::rule(c, context, link, (deed, ""), by),
            Order::Send(_) => Ok(false),
        },
        (Act::Mail, Deed::Answered) => desk::settle_waiting(c, target, at_ms),
        _ => Ok(false),
    }
}

/// The ledger's line of a desk's act, with who did it beside it.
fn sign(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    person: Option<PersonId>,
    did: &str,
    by: &By,
) -> Result<i64, StoreError> {
    let at_ms = by.at.as_millisecond();
    let subject = person.map(|id| people::contact(c, id)).transpose()?;
    let data = json!({
        "issuer": link.issuer,
        "act": link.handle.act.as_str(),
        "target": link.handle.target,
        "did": did,
        "link": link.id.to_string(),
        "by": by.digest(),
    });
    let subject = subject.map_or_else(String::new, |p| p.subject);
    let seq = ledger::append(c, &context.ring, at_ms, &subject, "desk-acted", &data)?;
    desk::keep_deed(c, seq, &link.issuer, person, &by.deed, &by.salt, at_ms)?;
    Ok(seq)
}
