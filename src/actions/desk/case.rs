//! Owns reading the case behind a desk's link: what it is about now, and what can be decided.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::{Context, payers};
use super::firing::{self, Reach};
use super::{conflict, credit, gather};
use crate::domain::desk::Case;
use crate::domain::digest::{Act, HeldFiring, TaskLine, Unreachable, Who};
use crate::domain::invoice::Invoice;
use crate::domain::money::Cents;
use crate::domain::words::{MessageState, TaskKind};
use crate::ids::{FiringId, InvoiceId, MessageRow, PersonId};
use crate::store::corrections::Correction;
use crate::store::desk::{self, LinkRow};
use crate::store::firings::FiringState;
use crate::store::inbounds::InboundRow;
use crate::store::messages::MessageView;
use crate::store::tasks::Task;
use crate::store::{
    StoreError, addresses, attempts, firings, inbounds, invoices, messages, payments, people,
    renewals,
};

/// The case behind a link that was not used, as it stands now.
#[derive(Debug, Clone)]
pub enum CaseView {
    /// A mailing that stands still.
    Firing {
        /// The line.
        line: HeldFiring,
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
    /// A member's situation changed.
    Situation {
        /// The line.
        line: TaskLine,
        /// What the member said, or how the list differs: `retired`, `membership-gone`.
        what: String,
        /// The member's own words; empty for none.
        words: String,
        /// Code of their category now.
        category: String,
    },
    /// The list contradicts what a member corrected.
    Conflict {
        /// The line.
        line: TaskLine,
        /// The correction, with what the list has.
        one: Correction,
    },
    /// Money that settles nothing.
    Credit {
        /// The line.
        line: TaskLine,
        /// How much of it.
        waits: Cents,
        /// The member's open invoices, with what is owed of each.
        open: Vec<(String, Cents)>,
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
            Self::Situation { .. } => Case::Situation,
            Self::Conflict { .. } => Case::Conflict,
            Self::Credit { waits, .. } => Case::Credit { waits: *waits },
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
        Act::Task => super::open_line(c, link)?.map(|task| open_task(c, &task)).transpose()?,
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
    let (held, since_ms) = desk::held_of(c, id)?;
    let line = gather::held_firing(context, &row, held, since_ms);
    Ok(stands.then_some(CaseView::Firing { line, reach }))
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

/// A line, with what its decision is about.
fn open_task(c: &Connection, task: &Task) -> Result<CaseView, StoreError> {
    let line = gather::task_line(c, task)?;
    match task.kind {
        TaskKind::Situation => situation(c, task, line),
        TaskKind::Conflict => Ok(match conflict::behind(c, task)? {
            Some(one) if !one.listed.is_empty() => CaseView::Conflict { line, one },
            _ => CaseView::Task(line),
        }),
        TaskKind::Credit | TaskKind::DoublePayment => waiting_money(c, task, line),
        _ => awaited_money(c, task, line),
    }
}

fn situation(c: &Connection, task: &Task, line: TaskLine) -> Result<CaseView, StoreError> {
    let text = |name: &str| task.data[name].as_str().unwrap_or_default().to_owned();
    let (Some(renewal), Some(person)) = (task.renewal, task.person) else {
        return Ok(CaseView::Task(line));
    };
    let words = match task.data["version"].as_i64() {
        Some(version) => renewals::words_of(c, renewal, version)?,
        None => String::new(),
    };
    let member = people::by_id(c, person)?;
    let place = member.as_ref().and_then(|m| m.membership(&task.issuer));
    let category = place.map_or_else(String::new, |m| m.category.clone());
    let said = text("situation");
    let what = if said.is_empty() { text("change") } else { said };
    Ok(CaseView::Situation { line, what, words, category })
}

fn waiting_money(c: &Connection, task: &Task, line: TaskLine) -> Result<CaseView, StoreError> {
    let Some(payment) = credit::behind(task) else { return Ok(CaseView::Task(line)) };
    let waits = payments::unapplied(c, payment)?;
    if waits <= Cents::ZERO {
        return Ok(CaseView::Task(line));
    }
    let mut open = Vec::new();
    if let Some(renewal) = task.renewal {
        for invoice in invoices::standing(c, renewal)? {
            let owed = owed_of(c, &invoice)?;
            open.extend(owed.map(|owed| (invoice.number, owed)));
        }
    }
    Ok(CaseView::Credit { line, waits, open })
}

/// What is left to be paid of an invoice; `None` for nothing.
fn owed_of(c: &Connection, invoice: &Invoice) -> Result<Option<Cents>, StoreError> {
    Ok(Some(payers::left(c, invoice)?).filter(|left| *left > Cents::ZERO))
}

/// A line; with the invoice that it waits for, where it waits for money.
fn awaited_money(c: &Connection, task: &Task, line: TaskLine) -> Result<CaseView, StoreError> {
    let money =
        matches!(task.kind, TaskKind::ExpectedCheque | TaskKind::Overdue | TaskKind::SaysPaid);
    let Some(renewal) = task.renewal.filter(|_| money) else { return Ok(CaseView::Task(line)) };
    for invoice in invoices::standing(c, renewal)? {
        if let Some(owed) = owed_of(c, &invoice)? {
            return Ok(CaseView::Money { line, invoice: invoice.id, owed });
        }
    }
    Ok(CaseView::Task(line))
}
