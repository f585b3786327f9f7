//! Owns the list of reasons why a mail came back, and what tells them: phrases of servers
//! (`words/reasons.txt`, where a new server's words are added) and RFC 3463 codes.

use std::sync::LazyLock;

use super::phrases::{Phrases, REASONS, section, sections};

/// Why a recipient got nothing, as a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No such mailbox.
    UnknownUser,
    /// No such domain, or one that takes no mail.
    UnknownHost,
    /// The person's address changed.
    Moved,
    /// The mailbox exists and is switched off for now.
    Inactive,
    /// The mailbox or its quota is full.
    MailboxFull,
    /// The mail is larger than allowed.
    TooBig,
    /// Too many mails, connections or recipients in a time.
    RateLimited,
    /// SPF, DKIM or DMARC did not pass, or a login was wanted.
    Authentication,
    /// Taken for spam by what it says.
    Spam,
    /// Taken for malware.
    Virus,
    /// Refused for its form or what it holds.
    Content,
    /// Refused for the sending server: block list, reputation, missing reverse name.
    Blocked,
    /// Refused for the sender's address.
    SenderRefused,
    /// The server does not relay for us.
    RelayDenied,
    /// A rule of the recipient or the site refuses this mail.
    Policy,
    /// Refused by a filter of the recipient's; or said to be unknown without proof: no code
    /// X.1.x, not in answer to RCPT.
    Filtered,
    /// Not delivered within the time allowed.
    Expired,
    /// The server could not be reached.
    Network,
    /// The server's own fault: disk, configuration, loop.
    Server,
    /// A command was wrong.
    Protocol,
    /// Still being tried.
    Delayed,
    /// Delivered, relayed or expanded: nothing failed.
    Delivered,
    /// Nothing said that is known here.
    Unknown,
}

impl Reason {
    /// The stable word; the list of the documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown-user",
            Self::UnknownHost => "unknown-host",
            Self::Moved => "moved",
            Self::Inactive => "inactive",
            Self::MailboxFull => "mailbox-full",
            Self::TooBig => "too-big",
            Self::RateLimited => "rate-limited",
            Self::Authentication => "authentication",
            Self::Spam => "spam",
            Self::Virus => "virus",
            Self::Content => "content",
            Self::Blocked => "blocked",
            Self::SenderRefused => "sender-refused",
            Self::RelayDenied => "relay-denied",
            Self::Policy => "policy",
            Self::Filtered => "filtered",
            Self::Expired => "expired",
            Self::Network => "network",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
        }
    }

    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::UnknownUser,
        Self::UnknownHost,
        Self::Moved,
        Self::Inactive,
        Self::MailboxFull,
        Self::TooBig,
        Self::RateLimited,
        Self::Authentication,
        Self::Spam,
        Self::Virus,
        Self::Content,
        Self::Blocked,
        Self::SenderRefused,
        Self::RelayDenied,
        Self::Policy,
        Self::Filtered,
        Self::Expired,
        Self::Network,
        Self::Server,
        Self::Protocol,
        Self::Delayed,
        Self::Delivered,
        Self::Unknown,
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
    }

    /// Whether the address itself is dead.
    #[must_use]
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::UnknownUser | Self::UnknownHost | Self::Moved)
    }
}

/// How far a phrase decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Beats the status code.
    Sure,
    /// As `Sure`, but proves a dead address only with a code X.1.x or in answer to RCPT:
    /// filters and carriers also say "user unknown", after they took the address.
    Claim,
    /// Asked where the code says nothing particular.
    Likely,
    /// Asked where nothing else is known.
    Vague,
}

impl Weight {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "sure" => Self::Sure,
            "claim" => Self::Claim,
            "likely" => Self::Likely,
            "vague" => Self::Vague,
            _ => return None,
        })
    }

    /// Heavier first.
    const fn tier(self) -> u8 {
        match self {
            Self::Sure | Self::Claim => 0,
            Self::Likely => 1,
            Self::Vague => 2,
        }
    }
}

use Reason as R;
use Weight::{Claim, Likely, Sure};

/// What a section of the table decides: how far, its place, for which reason. Less is heavier.
type Rank = (u8, usize, Weight, Reason);

static SEARCH: LazyLock<Phrases<Rank>> = LazyLock::new(|| {
    let sections = sections(REASONS).into_iter().enumerate();
    let rows: Vec<(Rank, Vec<String>)> = sections
        .filter_map(|(at, (name, phrases))| {
            let (weight, reason) = name.split_once(' ')?;
            let (weight, reason) = (Weight::parse(weight)?, Reason::parse(reason)?);
            Some(((weight.tier(), at, weight, reason), phrases))
        })
        .collect();
    Phrases::new(&rows)
});

/// What a server was answering when it refused, where the report says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The recipient's address.
    Rcpt,
    /// The message itself: the address had been taken.
    Data,
    /// Not known.
    Unknown,
}

static STAGE: LazyLock<Phrases<Stage>> = LazyLock::new(|| {
    let rows = [(Stage::Rcpt, "stage rcpt"), (Stage::Data, "stage data")];
    Phrases::new(&rows.map(|(stage, name)| (stage, section(REASONS, name))))
});

/// The stage that a report's folded words name first.
#[must_use]
pub fn stage(folded: &str) -> Stage {
    STAGE.find(folded).next().map_or(Stage::Unknown, |(stage, _, _)| stage)
}

/// Reason of an RFC 3463 code where it says more than its class; subject and detail only, the
/// class is read apart.
fn by_code(code: &str) -> Option<Reason> {
    let detail = code.get(2..)?;
    Some(match detail {
        "1.1" | "1.0" | "1.3" | "1.351" => R::UnknownUser,
        "1.2" | "1.10" | "4.4" => R::UnknownHost,
        "1.6" => R::Moved,
        "1.7" | "1.8" => R::SenderRefused,
        "2.1" => R::Inactive,
        "2.2" => R::MailboxFull,
        "2.3" | "3.4" => R::TooBig,
        "3.0" | "3.1" | "3.2" | "3.5" | "4.3" | "4.5" | "4.6" => R::Server,
        "4.1" | "4.2" => R::Network,
        "4.7" => R::Expired,
        "5.1" | "5.2" | "5.4" | "5.0" => R::Protocol,
        "5.3" => R::RateLimited,
        "6.0" | "6.1" | "6.2" | "6.3" | "6.4" | "6.5" => R::Content,
        "7.1" => R::Policy,
        "7.8" | "7.9" | "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.25" | "7.26" | "7.30" => {
            R::Authentication
        }
        _ => return None,
    })
}

/// The reason that a server's folded words and the status code give together.
#[must_use]
pub fn reason(folded: &str, status: &str, stage: Stage) -> Reason {
    let best = SEARCH.find(folded).map(|(rank, _, _)| rank).min_by_key(|rank| (rank.0, rank.1));
    let said = best.map(|(_, _, weight, reason)| (weight, reason));
    let coded = by_code(status);
    match (said, coded) {
        (Some((_, said)), Some(R::SenderRefused)) if said.is_dead() => R::SenderRefused,
        (Some((Claim | Likely, R::UnknownUser)), _) => claimed(coded, stage),
        (Some((Sure, reason)), _) | (Some((_, reason)), None) => reason,
        (Some((Likely, reason)), Some(code)) if !code.is_dead() => reason,
        (_, Some(code)) => code,
        (None, None) => R::Unknown,
    }
}

/// What becomes of a claim that the user is unknown.
fn claimed(coded: Option<Reason>, stage: Stage) -> Reason {
    match (coded, stage) {
        (Some(R::UnknownUser), _) | (_, Stage::Rcpt) => R::UnknownUser,
        (Some(code @ (R::Moved | R::UnknownHost)), _) => code,
        _ => R::Filtered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::text::fold;

    #[test]
    fn words_and_codes_together() {
        for (words, status, want) in [
            ("550 5.1.1 <a@x.test>... User unknown", "5.1.1", R::UnknownUser),
            ("552 Mailbox full", "", R::MailboxFull),
            ("Boîte aux lettres pleine", "5.2.2", R::MailboxFull),
            ("550 rejected", "5.1.1", R::UnknownUser),
            ("550 User unknown (in reply to RCPT TO command)", "", R::UnknownUser),
            ("550 User unknown (in reply to end of DATA command)", "", R::Filtered),
            ("Domain of sender address x does not exist", "5.1.8", R::SenderRefused),
            ("550 Recipient address rejected", "", R::UnknownUser),
            ("Host or domain name not found", "5.4.4", R::UnknownHost),
            ("554 5.7.1 blocked using zen.spamhaus.org", "5.7.1", R::Blocked),
            ("", "5.2.2", R::MailboxFull),
            ("", "", R::Unknown),
            ("connection timed out", "4.4.1", R::Network),
        ] {
            let folded = fold(words);
            assert_eq!(reason(&folded, status, stage(&folded)), want, "{words}");
        }
    }

    #[test]
    fn every_section_is_known() {
        for (name, _) in sections(REASONS) {
            let (weight, reason) = name.split_once(' ').expect("two words");
            let known = Weight::parse(weight).is_some() && Reason::parse(reason).is_some();
            assert!(known || weight == "stage", "[{name}]");
        }
    }
}
