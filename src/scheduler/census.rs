//! Owns counting whom steps would reach, page by page, as the store stands: for the forecast, and
//! for the gate before a mailing. Never writes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::Connection;
use serde::Serialize;

use crate::config::{Association, Config};
use crate::domain::bill::{Bill, LineKind};
use crate::domain::billing::Terms;
use crate::domain::eligibility::{self, Excluded, Promise, Step};
use crate::domain::gate::Count;
use crate::domain::words::{Lang, RenewalState};
use crate::store::{StoreError, people, pledges, renewals};

/// Members read at once.
pub const READ_AT_ONCE: i64 = 1000;

/// Recipients by the language that comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recipients {
    /// All of them.
    pub total: u64,
    /// English first.
    pub en: u64,
    /// French first.
    pub fr: u64,
}

/// Whom one step reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Who would get it.
    pub recipients: Recipients,
    /// How many would not, by reason.
    pub excluded: BTreeMap<&'static str, u64>,
    /// Who would not, by number, where the names are asked for.
    pub members: Vec<(String, &'static str)>,
}

impl Tally {
    /// What the gate compares.
    #[must_use]
    pub fn count(&self) -> Count {
        let answered = self.excluded.get(Excluded::Answered.as_str()).copied().unwrap_or(0);
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Count { recipients: whole(self.recipients.total), answered: whole(answered) }
    }
}

/// What an association may expect of those who have not said no, in cents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Code of the association that bills.
    pub association: String,
    /// Members whom it bills.
    pub members: u64,
    /// Dues, its own and those of bodies that it bills for.
    pub dues_cents: i64,
    /// Premiums.
    pub premium_cents: i64,
    /// Fees for being late.
    pub penalty_cents: i64,
    /// Taxes on all of that.
    pub tax_cents: i64,
    /// All of it.
    pub total_cents: i64,
}

/// One association's count on its way.
#[derive(Debug, Clone)]
pub struct Census<'a> {
    config: &'a Config,
    issuer: &'a Association,
    steps: Vec<Step>,
    terms: Terms<'static>,
    names: bool,
    after: i64,
    /// By step, in the order asked for.
    pub tallies: Vec<Tally>,
    /// Money.
    pub expected: Expected,
}

impl<'a> Census<'a> {
    /// Begins, with the fees and taxes of `day`.
    #[must_use]
    pub fn new(config: &'a Config, issuer: &'a Association, steps: Vec<Step>, day: Date) -> Self {
        let tallies = vec![Tally::default(); steps.len()];
        let terms = Terms::on(config, day);
        let expected = Expected { association: issuer.code.clone(), ..Expected::default() };
        Self { config, issuer, steps, terms, names: false, after: 0, tallies, expected }
    }

    /// Keeps the number of everybody who is left out.
    #[must_use]
    pub fn with_names(mut self, names: bool) -> Self {
        self.names = names;
        self
    }

    /// Goes on after a person's row.
    #[must_use]
    pub fn from(mut self, after: i64) -> Self {
        self.after = after;
        self
    }

    /// The last person counted.
    #[must_use]
    pub const fn after(&self) -> i64 {
        self.after
    }

    /// Counts the next page; whether there was one.
    pub fn page(&mut self, c: &Connection) -> Result<bool, StoreError> {
        let code = &self.issuer.code;
        let members = people::of_association(c, code, self.after, READ_AT_ONCE)?;
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Ok(false);
        };
        self.after = last.id.0;
        let season = &self.config.relance.season.id;
        let renewals = renewals::of_persons(c, code, season, (first.id, last.id))?;
        for member in &members {
            let renewal = renewals.get(&member.id);
            let promise = match renewal {
                Some(r) if r.state == RenewalState::Pledged => pledges::of_renewal(c, r.id)?,
                _ => Promise::default(),
            };
            let owed = eligibility::owing(self.config, self.issuer, member, &self.terms);
            if let Ok(bill) = &owed
                && renewal.is_none_or(|r| r.state != RenewalState::NotRenewing)
            {
                self.expect(bill);
            }
            for (step, tally) in self.steps.iter().zip(&mut self.tallies) {
                let verdict = owed.as_ref().map_err(|why| *why).and_then(|bill| {
                    let (config, issuer) = (self.config, self.issuer);
                    eligibility::reaches(config, issuer, *step, member, bill, renewal, promise)
                });
                match verdict {
                    Ok(()) => {
                        let to = &mut tally.recipients;
                        to.total += 1;
                        match member.reads(self.issuer.language) {
                            Lang::En => to.en += 1,
                            Lang::Fr => to.fr += 1,
                        }
                    }
                    Err(why) => {
                        *tally.excluded.entry(why.as_str()).or_default() += 1;
                        if self.names {
                            tally.members.push((member.member_no.clone(), why.as_str()));
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    fn expect(&mut self, bill: &Bill) {
        let expected = &mut self.expected;
        expected.members += 1;
        for line in &bill.lines {
            let cents = line.amount.get();
            match line.kind {
                LineKind::Dues => expected.dues_cents += cents,
                LineKind::Premium => expected.premium_cents += cents,
                LineKind::Penalty => expected.penalty_cents += cents,
            }
            expected.tax_cents += line.taxes.iter().map(|tax| tax.amount.get()).sum::<i64>();
        }
        expected.total_cents += bill.total().get();
    }
}
