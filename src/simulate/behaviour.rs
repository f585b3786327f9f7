//! Owns how invented people behave in a simulated season: a file of shares, and from it what one
//! member does with one mail. Pure; the same file and number give the same deed.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::config::StepKind;

/// Nobody takes longer than so many weeks to send a cheque.
const WEEKS_MAX: u32 = 6;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Another number, other people.
    #[serde(default)]
    pub seed: u64,
    /// Employers among whom those are spread who have theirs pay.
    #[serde(default = "employers")]
    pub employers: u32,
    /// What they do, in per cent of those who get mail; the rest ignores it.
    pub shares: Shares,
    /// What becomes of what they promised, in per cent of whoever pays by cheque; the rest never
    /// comes.
    #[serde(default)]
    pub cheque: Cheques,
    /// How the insurance questions are answered on the page, in per cent of those who are asked;
    /// the rest leaves them out.
    #[serde(default)]
    pub declaration: Declarations,
    /// By which mail they do it, in per cent of those who do anything.
    #[serde(default)]
    pub when: When,
}

/// A few dozen members of a provincial body each.
const fn employers() -> u32 {
    20
}

/// `[cheque]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cheques {
    /// What is owed comes.
    pub full: u8,
    /// Half of it comes.
    pub part: u8,
    /// More comes.
    pub too_much: u8,
    /// It comes, and the bank sends it back.
    pub bounced: u8,
}

/// `[declaration]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declarations {
    /// Yes to every question: somebody has to look.
    pub yes: u8,
    /// No to every question.
    pub no: u8,
}

/// `[shares]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shares {
    /// Renew on the page, by cheque or invoice.
    pub invoice: u8,
    /// Renew on the page, by card.
    pub card: u8,
    /// Renew on the page, and have the employer pay.
    pub employer: u8,
    /// Say that they do not renew.
    pub not_renewing: u8,
    /// Say that something changed.
    pub situation: u8,
    /// Renew by answering the mail.
    pub reply: u8,
    /// Their mail comes back.
    pub bounce: u8,
}

/// `[when]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// At the notice.
    pub notice: u8,
    /// At the first reminder.
    pub reminder: u8,
    /// At the last call.
    pub last_call: u8,
    /// Once the membership has lapsed.
    pub lapse: u8,
}

impl Default for When {
    fn default() -> Self {
        Self { notice: 50, reminder: 30, last_call: 20, lapse: 0 }
    }
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Renews by cheque or invoice.
    Invoice,
    /// Renews by card.
    Card,
    /// Renews, and the employer pays.
    Employer,
    /// Does not renew.
    NotRenewing,
    /// Something changed.
    Situation,
    /// Answers the mail: renew.
    Reply,
    /// The mail comes back.
    Bounce,
}

/// What comes of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cheque {
    /// All.
    Full,
    /// Half.
    Part,
    /// More.
    TooMuch,
    /// All, and back it goes.
    Bounced,
}

/// Why a behaviour file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BehaviourError {
    /// Not the shape.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// Too many.
    #[error("[{table}]: the shares add up to {sum} per cent; 100 is everybody")]
    Sum {
        /// Table.
        table: &'static str,
        /// Sum.
        sum: u32,
    },
    /// Too few: somebody would act at no time.
    #[error("[when]: the shares add up to {0} per cent, not 100")]
    When(u32),
}

impl Behaviour {
    /// Reads a behaviour file.
    pub fn parse(text: &str) -> Result<Self, BehaviourError> {
        let read: Self = toml::from_str(text)?;
        for (table, sum) in [
            ("shares", total(&read.shares.list())),
            ("cheque", total(&read.cheque.list())),
            ("declaration", total(&read.declaration.list())),
        ] {
            if sum > 100 {
                return Err(BehaviourError::Sum { table, sum });
            }
        }
        let when = total(&read.when.list());
        if when != 100 {
            return Err(BehaviourError::When(when));
        }
        Ok(read)
    }

    /// What a member does with a mail of that kind; `None`: nothing. Somebody who meant to act by
    /// a mail that never comes to them acts by the next that does.
    #[must_use]
    pub fn deed(&self, member_no: &str, kind: StepKind) -> Option<Deed> {
        let deed = self.deed_of(member_no)?;
        if deed == Deed::Bounce {
            return Some(deed);
        }
        let from = pick(&self.when.list(), self.draw(member_no, "when"))?;
        (rank(kind)? >= rank(from)?).then_some(deed)
    }

    /// What a member does once they do it; `None`: nothing all season.
    #[must_use]
    pub fn deed_of(&self, member_no: &str) -> Option<Deed> {
        pick(&self.shares.list(), self.draw(member_no, "what"))
    }

    /// What comes of the promise of whoever is named so; `None`: nothing.
    #[must_use]
    pub fn cheque(&self, payer: &str) -> Option<Cheque> {
        pick(&self.cheque.list(), self.draw(payer, "cheque"))
    }

    /// How many weeks after the promise the cheque comes.
    #[must_use]
    pub fn weeks(&self, payer: &str) -> i64 {
        1 + i64::from(self.number(payer, "weeks") % WEEKS_MAX)
    }

    /// Whether a member answers every question by yes or by no; `None`: they leave them out.
    #[must_use]
    pub fn declares(&self, member_no: &str) -> Option<bool> {
        pick(&self.declaration.list(), self.draw(member_no, "declaration"))
    }

    /// Whose employee a member is, from 1.
    #[must_use]
    pub fn employer(&self, member_no: &str) -> u32 {
        1 + self.number(member_no, "employer") % self.employers.max(1)
    }

    /// 0 to 99.
    fn draw(&self, member_no: &str, of: &str) -> u8 {
        u8::try_from(self.number(member_no, of) % 100).unwrap_or(0)
    }

    fn number(&self, member_no: &str, of: &str) -> u32 {
        let digest = Sha256::digest(format!("{}/{of}/{member_no}", self.seed).as_bytes());
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl Shares {
    fn list(self) -> [(u8, Deed); 7] {
        [
            (self.invoice, Deed::Invoice),
            (self.card, Deed::Card),
            (self.employer, Deed::Employer),
            (self.not_renewing, Deed::NotRenewing),
            (self.situation, Deed::Situation),
            (self.reply, Deed::Reply),
            (self.bounce, Deed::Bounce),
        ]
    }
}

impl Cheques {
    fn list(self) -> [(u8, Cheque); 4] {
        [
            (self.full, Cheque::Full),
            (self.part, Cheque::Part),
            (self.too_much, Cheque::TooMuch),
            (self.bounced, Cheque::Bounced),
        ]
    }
}

impl Declarations {
    fn list(self) -> [(u8, bool); 2] {
        [(self.yes, true), (self.no, false)]
    }
}

impl When {
    fn list(self) -> [(u8, StepKind); 4] {
        [
            (self.notice, StepKind::Notice),
            (self.reminder, StepKind::Reminder),
            (self.last_call, StepKind::LastCall),
            (self.lapse, StepKind::Lapse),
        ]
    }
}

fn total<T>(shares: &[(u8, T)]) -> u32 {
    shares.iter().map(|(share, _)| u32::from(*share)).sum()
}

fn pick<T: Copy>(shares: &[(u8, T)], draw: u8) -> Option<T> {
    let mut upto = 0u32;
    shares.iter().find_map(|(share, of)| {
        upto += u32::from(*share);
        (u32::from(draw) < upto).then_some(*of)
    })
}

/// The order of the season; a reminder to pay asks for no answer.
const fn rank(kind: StepKind) -> Option<u8> {
    match kind {
        StepKind::Notice => Some(0),
        StepKind::Reminder => Some(1),
        StepKind::LastCall => Some(2),
        StepKind::Lapse => Some(3),
        StepKind::PaymentReminder => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_to() {
        let text = "seed = 7\n[shares]\ninvoice = 40\ncard = 20\nbounce = 1\n[when]\nnotice = 60\nreminder = 40\nlast_call = 0";
        let behaviour = Behaviour::parse(text).unwrap();
        let people: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
        let count =
            |kind, deed| people.iter().filter(|no| behaviour.deed(no, kind) == Some(deed)).count();
        let near =
            |found: usize, want: usize| assert!(found.abs_diff(want) < 150, "{found} {want}");
        near(count(StepKind::Notice, Deed::Invoice), 2400);
        near(count(StepKind::Reminder, Deed::Invoice), 4000);
        near(count(StepKind::Reminder, Deed::Card), 2000);
        near(count(StepKind::Notice, Deed::Bounce), 100);
        assert_eq!(count(StepKind::PaymentReminder, Deed::Invoice), 0);
        assert_eq!(count(StepKind::Lapse, Deed::Reply), 0);
        let money = Cheques { full: 70, part: 10, too_much: 5, bounced: 5 };
        let behaviour = Behaviour {
            cheque: money,
            declaration: Declarations { yes: 3, no: 90 },
            employers: 4,
            ..behaviour
        };
        let come = |what| people.iter().filter(|no| behaviour.cheque(no) == what).count();
        near(come(Some(Cheque::Full)), 7000);
        near(come(Some(Cheque::Bounced)), 500);
        near(come(None), 1000);
        near(people.iter().filter(|no| behaviour.declares(no) == Some(false)).count(), 9000);
        near(people.iter().filter(|no| behaviour.employer(no) == 4).count(), 2500);
        assert!(people.iter().all(|no| (1..=6).contains(&behaviour.weeks(no))));
        let other = Behaviour { seed: 8, ..behaviour.clone() };
        assert!(people.iter().any(|no| {
            behaviour.deed(no, StepKind::Notice) != other.deed(no, StepKind::Notice)
        }));
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (text, want) in [
            ("", "shares"),
            ("[shares]\ninvoice = 60\ncard = 50", "add up to 110"),
            ("[shares]\ncheque = 60", "cheque"),
            ("[shares]\n[cheque]\nfull = 60\nbounced = 41", "[cheque]: the shares add up to 101"),
            ("[shares]\n[declaration]\nmaybe = 60", "maybe"),
            ("[shares]\ninvoice = 60\n[when]\nnotice = 10", "add up to 60 per cent, not 100"),
            ("[shares]\ninvoice = -1", "invoice"),
        ] {
            let fault = Behaviour::parse(text).unwrap_err().to_string();
            assert!(fault.contains(want), "{text}: {fault}");
        }
        assert_eq!(Behaviour::parse("[shares]").unwrap().deed("1", StepKind::Notice), None);
    }
}
