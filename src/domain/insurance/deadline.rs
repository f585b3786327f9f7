//! Owns the decision at the deadline.

use jiff::Timestamp;

use super::{Answered, Cover, Declared, Facts, Finding, Outcome, Received, Rules, Said, Why};
use crate::domain::words::RenewalState;

/// What becomes of cover, as known at `as_of`: before the deadline, what it would come to if
/// nothing more happened.
#[must_use]
pub fn outcome(facts: &Facts, rules: &Rules, as_of: Timestamp) -> Finding {
    let known = Known::of(facts, rules, as_of);
    let (outcome, why) = match known.wish() {
        Wish::None(why) => (Outcome::Interrupted, why),
        Wish::Declined(why) => (Outcome::Declined, why),
        Wish::Desk(why) => (Outcome::Pending, why),
        Wish::Cover => known.wanted(),
    };
    Finding {
        outcome,
        why,
        answer: known.answer.cloned(),
        declaration: known.declaration.cloned(),
        payment: known.paid.cloned(),
        late: known.late,
    }
}

/// What a member made known in time.
enum Wish {
    None(Why),
    Declined(Why),
    Desk(Why),
    Cover,
}

/// The facts as of one instant, those in time apart from those too late.
struct Known<'a> {
    facts: &'a Facts,
    rules: &'a Rules,
    as_of: Timestamp,
    /// The last answer before the deadline.
    answer: Option<&'a Answered>,
    /// When an answer came after it.
    late: Option<Timestamp>,
    declaration: Option<&'a Declared>,
    /// With which the premium was paid in full, whenever.
    paid: Option<&'a Received>,
}

impl<'a> Known<'a> {
    fn of(facts: &'a Facts, rules: &'a Rules, as_of: Timestamp) -> Self {
        let answers = || facts.answers.iter().filter(move |a| a.at <= as_of);
        let answer = answers().rfind(|a| a.at < rules.deadline);
        let late = answers().rfind(|a| a.at >= rules.deadline && a.said != Said::TakenBack);
        let declared = || facts.declarations.iter().filter(move |d| d.complete && d.at <= as_of);
        let in_time = declared().rfind(|d| d.at < rules.deadline);
        let declaration = in_time.or_else(|| declared().rfind(|d| d.at < rules.declarations_end));
        let paid = paid(facts, as_of, None);
        Self { facts, rules, as_of, answer, late: late.map(|a| a.at), declaration, paid }
    }

    fn wish(&self) -> Wish {
        let paid = paid(self.facts, self.as_of, Some(self.rules.deadline));
        let Some(answer) = self.answer else {
            return match paid {
                Some(_) => Wish::Cover,
                None => self.silent(),
            };
        };
        // Whoever pays the premium after such an answer has changed their mind.
        let paid_since = paid.is_some_and(|p| p.at >= answer.at);
        match answer.said {
            Said::NotRenewing if !paid_since => Wish::Declined(Why::NotRenewing),
            _ if answer.cover == Some(Cover::Decline) && !paid_since => {
                Wish::Declined(Why::NoCoverWanted)
            }
            Said::Situation => self.situation(),
            Said::Card if paid.is_none() => Wish::None(Why::CardNotPaid),
            Said::TakenBack if paid.is_none() => self.silent(),
            _ => Wish::Cover,
        }
    }

    fn silent(&self) -> Wish {
        if !self.facts.asked {
            return Wish::Desk(Why::NotAsked);
        }
        Wish::None(if self.late.is_some() { Why::AnsweredLate } else { Why::NoAnswer })
    }

    /// A situation that changed in time holds everything until the desk has decided.
    fn situation(&self) -> Wish {
        match self.facts.state {
            Some(RenewalState::Pledged | RenewalState::Paid) => Wish::Cover,
            Some(RenewalState::NotRenewing) => Wish::Declined(Why::NotRenewing),
            Some(RenewalState::Lapsed) => Wish::None(Why::Lapsed),
            Some(RenewalState::Open | RenewalState::WithDesk) | None => Wish::Desk(Why::WithDesk),
        }
    }

    /// Cover is wanted, in time.
    fn wanted(&self) -> (Outcome, Why) {
        if self.facts.declares && self.declaration.is_none() {
            let over = self.as_of >= self.rules.declarations_end;
            let outcome = if over { Outcome::Interrupted } else { Outcome::Pending };
            return (outcome, Why::NotDeclared);
        }
        // After the broker's day neither a payment nor a bounce changes anything by itself.
        let end = self.rules.pledges_end.filter(|end| self.as_of >= *end);
        if paid(self.facts, self.as_of, end).is_some() {
            return (Outcome::Kept, Why::Paid);
        }
        if end.is_some() && self.facts.premium_cents > 0 {
            return (Outcome::Interrupted, Why::PledgeUnpaid);
        }
        (Outcome::Kept, Why::Intent)
    }
}

/// The payment with which the premium was paid in full, counting what came and went before
/// `before` and is known at `as_of`. A cheque that bounces later does not undo the intent that it
/// showed.
fn paid(facts: &Facts, as_of: Timestamp, before: Option<Timestamp>) -> Option<&Received> {
    if facts.premium_cents <= 0 {
        return None;
    }
    let mut sum = 0i64;
    let mut full = None;
    for received in facts.received.iter().filter(|r| r.recorded <= as_of) {
        if before.is_some_and(|end| received.at >= end) {
            continue;
        }
        let was_full = sum >= facts.premium_cents;
        sum = sum.saturating_add(received.cents);
        if sum < facts.premium_cents {
            full = None;
        } else if !was_full {
            full = Some(received);
        }
    }
    full
}
