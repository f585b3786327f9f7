//! Owns what a payment settles: its allocation over the lines of invoices, taking that back, and what
//! part of a line's taxes a part payment carries. Money that settles nothing stays with its payment
//! until the desk decides.

use serde::{Deserialize, Serialize};

use super::bill::{Bill, Line, LineKind};
use super::invoice::Invoice;
use super::money::Cents;
use super::words::vocabulary;
use crate::ids::InvoiceId;

vocabulary! {
    /// Lines by what a payment settles first; the config gives the order.
    Rank {
        /// The insurance premium.
        Premium = "premium",
        /// Dues of the body that issued the invoice.
        OwnDues = "own-dues",
        /// Dues of the bodies for which it bills.
        OtherDues = "other-dues",
        /// What being late costs.
        Penalty = "penalty" }
}

vocabulary! {
    /// In which order a payment for several invoices goes over them.
    Across {
        /// One invoice after another: a payer's oldest first, or as they were named.
        Invoices = "oldest",
        /// All at once: what settles first on every one of them, then the next.
        Lines = "lines" }
}

vocabulary! {
    /// How money came.
    Method {
        /// By card, through a payment provider.
        Card = "card",
        /// By cheque.
        Cheque = "cheque",
        /// By electronic transfer.
        Transfer = "transfer",
        /// Into the association's membership system, which tells us.
        Ams = "ams" }
}

vocabulary! {
    /// Why money went back.
    Reversal {
        /// The bank returned the cheque.
        Bounced = "bounced",
        /// We paid it back.
        Refund = "refund",
        /// The card's holder had it taken back.
        Chargeback = "chargeback" }
}

impl Rank {
    /// The rank of a line on an invoice of `issuer`.
    #[must_use]
    pub fn of(issuer: &str, line: &Line) -> Self {
        match line.kind {
            LineKind::Premium => Self::Premium,
            LineKind::Penalty => Self::Penalty,
            LineKind::Dues if line.supplier == issuer => Self::OwnDues,
            LineKind::Dues => Self::OtherDues,
        }
    }
}

/// A line that a payment can settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Its invoice.
    pub invoice: InvoiceId,
    /// Its place there, from 1.
    pub line: i64,
    /// What it is, for the order.
    pub rank: Rank,
    /// What it comes to, taxes included.
    pub total: Cents,
    /// What was paid of it so far.
    pub settled: Cents,
}

/// What of a payment goes to one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// Its invoice.
    pub invoice: InvoiceId,
    /// Its place there, from 1.
    pub line: i64,
    /// How much; less than nothing takes back.
    pub amount: Cents,
}

/// Sums of whole cents stay far from the bounds of [`Cents`] here: both sides were checked.
fn cents(value: i64) -> Cents {
    Cents::new(value).unwrap_or_default()
}

/// The lines of an invoice, with what was paid of each so far (by its place, from 1).
#[must_use]
pub fn owed(invoice: &Invoice, settled: impl Fn(i64) -> Cents) -> Vec<Owed> {
    (1i64..)
        .zip(&invoice.bill.lines)
        .map(|(line, l)| Owed {
            invoice: invoice.id,
            line,
            rank: Rank::of(&invoice.issuer, l),
            total: l.total(),
            settled: settled(line),
        })
        .collect()
}

/// Spreads `amount` over the lines: by the config's order of ranks, and within a rank in the order
/// of `owed`. Never more on a line than it still owes; what is left settles nothing.
#[must_use]
pub fn allocate(amount: Cents, owed: &[Owed], order: &[Rank]) -> Vec<Allocation> {
    let mut left = amount.get().max(0);
    let mut allocations = Vec::new();
    let ranked = order.iter().flat_map(|rank| owed.iter().filter(move |o| o.rank == *rank));
    for line in ranked {
        let open = (line.total.get() - line.settled.get()).max(0);
        let share = open.min(left);
        if share > 0 {
            left -= share;
            let amount = cents(share);
            allocations.push(Allocation { invoice: line.invoice, line: line.line, amount });
        }
    }
    allocations
}

/// Spreads `amount` over the lines of several invoices, which stand in `owed` one after another.
#[must_use]
pub fn spread(amount: Cents, owed: &[Owed], order: &[Rank], across: Across) -> Vec<Allocation> {
    if across == Across::Lines {
        return allocate(amount, owed, order);
    }
    let mut left = amount.get();
    let mut allocations = Vec::new();
    for lines in owed.chunk_by(|a, b| a.invoice == b.invoice) {
        let own = allocate(cents(left), lines, order);
        left -= sum(&own).get();
        allocations.extend(own);
    }
    allocations
}

/// What takes `amount` of a payment back: first what settles nothing (`unapplied`), then its
/// allocations (`applied`, net, in the order in which they were made) from the last to the first.
/// All that there is at most.
#[must_use]
pub fn take_back(amount: Cents, unapplied: Cents, applied: &[Allocation]) -> Vec<Allocation> {
    let mut left = (amount.get() - unapplied.get().max(0)).max(0);
    let mut taken = Vec::new();
    for allocation in applied.iter().rev() {
        let share = allocation.amount.get().max(0).min(left);
        if share > 0 {
            left -= share;
            taken.push(Allocation { amount: cents(-share), ..*allocation });
        }
    }
    taken
}

/// What allocations come to.
#[must_use]
pub fn sum(allocations: &[Allocation]) -> Cents {
    allocations.iter().map(|a| a.amount).sum()
}

/// The part of a line that a payment settles, with the part of its taxes: `share` of its total
/// after `before` was settled. Rounded so that the parts of all payments come to the line.
#[must_use]
pub fn part(line: &Line, before: Cents, share: Cents) -> Line {
    let total = line.total().get();
    let (from, to) = (before.get(), before.get() + share.get());
    let cut = |amount: Cents| {
        let so_far = |paid| amount.share(paid, total).get();
        cents(so_far(to) - so_far(from))
    };
    let mut taxes = line.taxes.clone();
    for tax in &mut taxes {
        tax.amount = cut(tax.amount);
    }
    let taxed: i64 = taxes.iter().map(|t| t.amount.get()).sum();
    Line { amount: cents(share.get() - taxed), taxes, ..line.clone() }
}

/// What one payment settles of an invoice, as lines with their taxes. `before`: what was settled of
/// each line before it.
#[must_use]
pub fn settled_bill(
    invoice: &Invoice,
    shares: &[Allocation],
    before: impl Fn(i64) -> Cents,
) -> Bill {
    let lines = (1i64..).zip(&invoice.bill.lines).filter_map(|(n, line)| {
        let own = shares.iter().filter(|a| a.invoice == invoice.id && a.line == n);
        let share: Cents = own.map(|a| a.amount).sum();
        (share != Cents::ZERO).then(|| part(line, before(n), share))
    });
    Bill { lines: lines.collect() }
}

#[cfg(test)]
mod tests;
