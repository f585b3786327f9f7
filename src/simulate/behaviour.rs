//! Owns how invented people behave in a simulated season: a file of shares, and from it what one
//! member does with one mail. Pure; the same file and number give the same deed.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::config::StepKind;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Another number, other people.
    #[serde(default)]
    pub seed: u64,
    /// What they do, in per cent of those who get mail; the rest ignores it.
    pub shares: Shares,
    /// By which mail they do it, in per cent of those who do anything.
    #[serde(default)]
    pub when: When,
}

/// `[shares]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shares {
    /// Renew on the page, by cheque or invoice.
    pub invoice: u8,
    /// Renew on the page, by card.
    pub card: u8,
    /// Say that they do not renew.
    pub not_renewing: u8,
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
    /// Does not renew.
    NotRenewing,
    /// Answers the mail: renew.
    Reply,
    /// The mail comes back.
    Bounce,
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
        let sum: u32 = read.shares.list().iter().map(|(share, _)| u32::from(*share)).sum();
        if sum > 100 {
            return Err(BehaviourError::Sum { table: "shares", sum });
        }
        let when: u32 = read.when.list().iter().map(|(share, _)| u32::from(*share)).sum();
        if when != 100 {
            return Err(BehaviourError::When(when));
        }
        Ok(read)
    }

    /// What a member does with a mail of that kind; `None`: nothing. Somebody who meant to act by
    /// a mail that never comes to them acts by the next that does.
    #[must_use]
    pub fn deed(&self, member_no: &str, kind: StepKind) -> Option<Deed> {
        let deed = pick(&self.shares.list(), self.draw(member_no, "what"))?;
        if deed == Deed::Bounce {
            return Some(deed);
        }
        let from = pick(&self.when.list(), self.draw(member_no, "when"))?;
        (rank(kind)? >= rank(from)?).then_some(deed)
    }

    /// 0 to 99.
    fn draw(&self, member_no: &str, of: &str) -> u8 {
        let digest = Sha256::digest(format!("{}/{of}/{member_no}", self.seed).as_bytes());
        let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        u8::try_from(number % 100).unwrap_or(0)
    }
}

impl Shares {
    fn list(self) -> [(u8, Deed); 5] {
        [
            (self.invoice, Deed::Invoice),
            (self.card, Deed::Card),
            (self.not_renewing, Deed::NotRenewing),
            (self.reply, Deed::Reply),
            (self.bounce, Deed::Bounce),
        ]
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
            ("[shares]\ninvoice = 60\n[when]\nnotice = 10", "add up to 60 per cent, not 100"),
            ("[shares]\ninvoice = -1", "invoice"),
        ] {
            let fault = Behaviour::parse(text).unwrap_err().to_string();
            assert!(fault.contains(want), "{text}: {fault}");
        }
        assert_eq!(Behaviour::parse("[shares]").unwrap().deed("1", StepKind::Notice), None);
    }
}
