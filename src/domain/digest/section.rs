//! Owns the sections of a digest that hold lines: their order, and how many lines each has.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Item;
use crate::domain::words::TaskKind;

/// The sections that hold lines, the most urgent first: what stands still, then whom nobody can
/// reach, then what members wait for, then the desk's own books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Mailings that wait for a decision.
    Firings,
    /// Messages in doubt.
    InDoubt,
    /// Addresses that bounce.
    Unreachable,
    /// Changed situations.
    Situations,
    /// Answers to the insurance questions to follow up.
    Insurance,
    /// Members to call.
    Calls,
    /// Mails that wait for an answer.
    Mails,
    /// Members who say that they have paid.
    SaysPaid,
    /// Intents to pay that are overdue.
    Overdue,
    /// Paid twice, and money applied to nothing.
    Credits,
    /// Where list and member disagree.
    Conflicts,
    /// Cheques and transfers to come.
    Expected,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 12] = [
        Self::Firings,
        Self::InDoubt,
        Self::Unreachable,
        Self::Situations,
        Self::Insurance,
        Self::Calls,
        Self::Mails,
        Self::SaysPaid,
        Self::Overdue,
        Self::Credits,
        Self::Conflicts,
        Self::Expected,
    ];

    /// Stable text form, for templates and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firings => "firings",
            Self::InDoubt => "in-doubt",
            Self::Unreachable => "unreachable",
            Self::Situations => "situations",
            Self::Insurance => "insurance",
            Self::Calls => "calls",
            Self::Mails => "mails",
            Self::SaysPaid => "says-paid",
            Self::Overdue => "overdue",
            Self::Credits => "credits",
            Self::Conflicts => "conflicts",
            Self::Expected => "expected",
        }
    }

    /// The section in which a line of another part stands.
    #[must_use]
    pub const fn of(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Situation => Self::Situations,
            TaskKind::Insurance => Self::Insurance,
            TaskKind::ExpectedCheque => Self::Expected,
            TaskKind::SaysPaid => Self::SaysPaid,
            TaskKind::Credit | TaskKind::DoublePayment => Self::Credits,
            TaskKind::Conflict => Self::Conflicts,
            TaskKind::Call => Self::Calls,
            TaskKind::Forward => Self::Mails,
            TaskKind::Overdue => Self::Overdue,
        }
    }
}

/// One section with its lines, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Which.
    pub section: Section,
    /// At most [`super::LINES_MAX`].
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: i64,
}

/// Brings lines into order: sections by urgency, empty ones left out, each with its first lines
/// and the number of the rest. `found` gives for a section its oldest lines and how many there
/// are in all; `most` is how many of them are listed.
#[must_use]
pub fn listings(mut found: BTreeMap<Section, (Vec<Item>, i64)>, most: usize) -> Vec<Listing> {
    Section::ALL
        .into_iter()
        .filter_map(|section| {
            let (mut items, all) = found.remove(&section)?;
            items.truncate(most);
            let more = (all - count(&items)).max(0);
            (!items.is_empty()).then_some(Listing { section, items, more })
        })
        .collect()
}

pub(super) fn count(items: &[Item]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}
