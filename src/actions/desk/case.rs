//! Owns reading the case behind a desk's link: what it is about now, and what can be decided.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::Context;
use super::firing::{self, Reach};
use super::gather;
use crate::domain::desk::Case;
use crate::domain::digest::{Act, TaskLine, Unreachable, Who};
use crate::domain::money::Cents;
use crate::domain::words::{MessageState, TaskKind};
use crate::ids::{FiringId, InvoiceId, MessageRow, PersonId, TaskId};
use crate::store::desk::{self, LinkRow};
use crate::store::firings::{FiringRow, FiringState};
use crate::store::inbounds::InboundRow;
use crate::store::messages::MessageView;
use crate::store::tasks::Task;
use crate::store::{
    StoreError, addresses, attempts, firings, inbounds, invoices, messages, payments, people, tasks,
};

/// The case behind a link that was not used, as it stands now.
#[derive(Debug, Clone)]
pub enum CaseView {
    /// A mailing that stands still.
    Firing {
        /// The firing.
        row: FiringRow,
        /// Whom it would reach.
        reach: Reach,
    },
    /// A message in doubt.
    Message {
        /// The message.
        view: MessageView,
        /// To whom; `None`: to a desk.
        who: Option<Who>,
        /// When the attempt began.
        tried: Option<Timestamp>,
    },
    /// An address that nothing is mailed to.
    Address {
        /// The member.
        line: Unreachable,
        /// Numbers of the other members behind the same address.
        shared: Vec<String>,
    },
    /// A line of another part.
    Task(TaskLine),
    /// Money that is expected, or said to be paid, on an invoice that stands.
    Money {
        /// The line.
        line: TaskLine,
        /// The invoice.
        invoice: InvoiceId,
        /// What of it is still owed.
        owed: Cents,
    },
    /// A kept mail.
    Mail(InboundRow),
    /// There is nothing to decide any more.
    Settled,
}

impl CaseView {
    /// As far as a decision depends on it; `None` where nothing is to be decided.
    #[must_use]
    pub fn case(&self) -> Option<Case> {
        Some(match self {
            Self::Firing { reach, .. } => Case::Firing { count: reach.total },
            Self::Message { .. } => Case::Message,
            Self::Address { .. } => Case::Address,
            Self::Task(line) => Case::Task(line.kind),
            Self::Money { line, owed, .. } => Case::Money { kind: line.kind, owed: *owed },
            Self::Mail(_) => Case::Mail,
            Self::Settled => return None,
        })
    }
}

/// Reads the case behind a link.
pub fn look(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    now: Timestamp,
) -> Result<CaseView, StoreError> {
    let target = link.handle.target;
    let found = match link.handle.act {
        Act::Firing => mailing(c, context, FiringId(target), now)?,
        Act::Message => message(c, MessageRow(target))?,
        Act::Address => address(c, PersonId(target))?,
        Act::Task => match tasks::by_id(c, TaskId(target))? {
            Some(task) if task.closed_ms.is_none() => Some(open_task(c, &task)?),
            _ => None,
        },
        Act::Mail if desk::is_waiting(c, target)? => {
            inbounds::by_id(c, target)?.map(CaseView::Mail)
        }
        Act::Mail | Act::Member | Act::LastDay => None,
    };
    Ok(found.unwrap_or(CaseView::Settled))
}

fn mailing(
    c: &Connection,
    context: &Context,
    id: FiringId,
    now: Timestamp,
) -> Result<Option<CaseView>, StoreError> {
    let Some(row) = firings::by_id(c, id)? else { return Ok(None) };
    let reach = firing::reach(c, context, &row, now)?;
    // A mailing that would reach nobody is still one that somebody must end.
    let stands = row.state == FiringState::Held || reach.total > 0;
    Ok(stands.then_some(CaseView::Firing { row, reach }))
}

fn message(c: &Connection, id: MessageRow) -> Result<Option<CaseView>, StoreError> {
    let Some(view) = messages::by_id(c, id)? else { return Ok(None) };
    if view.state != MessageState::Unknown {
        return Ok(None);
    }
    let who = gather::who(c, view.person)?;
    let last = attempts::of_message(c, id)?.pop();
    let tried = last.and_then(|a| Timestamp::from_millisecond(a.started_ms).ok());
    Ok(Some(CaseView::Message { view, who, tried }))
}

fn address(c: &Connection, id: PersonId) -> Result<Option<CaseView>, StoreError> {
    let Some(email) = people::by_id(c, id)?.and_then(|m| m.email) else { return Ok(None) };
    let Some((reason, since_ms)) = addresses::suspension(c, &email)? else { return Ok(None) };
    let Some(line) = gather::unreachable(c, id, reason, since_ms)? else { return Ok(None) };
    let mut shared = Vec::new();
    for other in addresses::sharing(c, &email)?.into_iter().filter(|other| *other != id) {
        shared.extend(people::by_id(c, other)?.map(|m| m.member_no));
    }
    Ok(Some(CaseView::Address { line, shared }))
}

/// A line; with the invoice that it waits for, where it waits for money.
fn open_task(c: &Connection, task: &Task) -> Result<CaseView, StoreError> {
    let line = gather::task_line(c, task)?;
    let money =
        matches!(task.kind, TaskKind::ExpectedCheque | TaskKind::Overdue | TaskKind::SaysPaid);
    let Some(renewal) = task.renewal.filter(|_| money) else { return Ok(CaseView::Task(line)) };
    for invoice in invoices::standing(c, renewal)? {
        let paid: Cents = payments::applied_to(c, invoice.id)?.iter().map(|a| a.amount).sum();
        let left = invoice.bill.total().get() - paid.get();
        let owed = Cents::new(left).filter(|left| *left > Cents::ZERO);
        if let Some(owed) = owed {
            return Ok(CaseView::Money { line, invoice: invoice.id, owed });
        }
    }
    Ok(CaseView::Task(line))
}
