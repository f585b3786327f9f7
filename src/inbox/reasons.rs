//! Owns the list of reasons why a mail came back, and the tables that tell them: phrases of
//! servers, and RFC 3463 codes. A new server's words are added to [`TABLE`], in the row of their
//! reason; nothing else changes.

use std::sync::LazyLock;

use super::phrases::Phrases;

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
    /// Refused by the recipient's own filter, or after its address was taken.
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
use Weight::{Claim, Likely, Sure, Vague};

/// Phrases by reason. Of several found, the heaviest wins, then the row that stands first.
const TABLE: &[((Weight, Reason), &[&str])] = &[
    ((Sure, R::Virus), &["virus", "malware", "infected", "blocked attachment", "worm was found"]),
    (
        (Sure, R::SenderRefused),
        &[
            "domain of sender", "sender address rejected", "sender domain", "sender rejected",
            "sender verify", "sender denied", "invalid sender", "bad sender", "unknown sender",
            "sender unknown", "domain of the sender",
        ],
    ),
    (
        (Sure, R::MailboxFull),
        &[
            "mailbox full", "mailbox is full", "mailbox too full", "mailbox is too full",
            "box full", "inbox is full", "inbox full", "over quota", "overquota", "quota exceeded",
            "exceeded quota", "exceeds quota", "quota is full", "exceed the quota", "over the quota",
            "exceeded storage", "out of storage", "storage quota", "disk quota", "over its quota",
            "quota exceed", "mail quota", "exceeded his", "exceeds the quota", "quota has been",
            "over their quota", "exceeded its quota", "exceeded the disk", "insufficient storage",
            "maximum mailbox", "mailbox size limit", "mailbox has exceeded", "is over the maximum",
            "too much mail stored", "not enough storage space", "mailbox exceeds",
            "no space left in mailbox", "storage limit", "recipient's quota", "mailfolder is full",
            "user has exhausted allowed storage", "boite pleine", "boite aux lettres pleine",
            "quota depasse", "is receiving mail at a rate that", "message quota",
            "has exceeded the limit", "exceeded mailbox", "account is full", "has reached its limit",
            "space shortage", "lacks space", "would exceed quota", "delivery: quota",
            "mailbox would exceed", "exceeded the local limit",
            "mailbox size exceeded", "has no space", "retry timeout exceeded quota", "not enough disk space in mailbox",
        ],
    ),
    (
        (Sure, R::Moved),
        &[
            "has moved to", "user has moved", "no longer here; try", "changed address", "new address is",
            "address has changed", "user not local; please try", "a change d'adresse",
            "has been replaced by", "user has been moved", "recipient has moved",
        ],
    ),
    (
        (Sure, R::Inactive),
        &[
            "mailbox disabled", "mailbox is disabled", "account disabled", "account is disabled",
            "account has been disabled", "account that you tried to reach is disabled",
            "mailbox is inactive", "mailbox inactive", "account inactive", "account is inactive",
            "user is inactive", "inactive user", "recipient is inactive", "suspended",
            "not active", "account has been locked", "account is locked", "is locked",
            "has been deactivated", "deactivated mailbox", "disabled recipient", "user disabled",
            "mailbox temporarily disabled", "temporarily unavailable for this user",
            "recipient disabled", "mailbox is frozen", "account expired", "inactive account",
            "disabled or discontinued", "recipient account disabled", "is currently disabled",
            "compte desactive", "compte suspendu", "mailbox currently suspended", "user is disabled",
            "mailbox not currently active", "reach is inactive", "reach is disabled", "temporary locked",
            "temporarily locked", "user(s) account is disabled",
        ],
    ),
    (
        (Sure, R::UnknownUser),
        &[
            // Said by the very server that keeps the mailboxes.
            "unrouteable address", "unroutable address", "no mailbox here by that name",
            "unknown local-part", "unknown local part", "no such local user", "unknown local user",
            "no account by that name", "there is no account", "adrecipientnotfound",
            "recipient address rejected: access denied", "not found by smtp address lookup",
            "there is no user by that name", "no mailbox by that name", "mailbox not found",
            "invalid mailbox", "user not found", "have a yahoo.com account", "adresse destinataire invalide",
            "adresse d'au moins un destinataire invalide", "name is not recognized",
            "does not have an account", "invalid final delivery",
        ],
    ),
    (
        (Sure, R::Filtered),
        &["recipient preferences", "email preferences of the person", "preferences of the recipient"],
    ),
    (
        (Sure, R::Policy),
        &["may not exist, or you may not have", "might not exist or you do not have"],
    ),
    ((Sure, R::Network), &["unexpected name server reply", "name server reply"]),
    (
        (Sure, R::UnknownHost),
        &[
            "domain does not exist", "the account or domain may not exist", "no such domain", "unknown domain",
            "unknown host", "host unknown", "domain not found", "host not found", "indicated no smtp service",
            "not accepting network messages", "domain is not reachable", "no mx found", "domain doesn't exist",
            "domain name does not exist", "host or domain name not found",
        ],
    ),
    (
        (Claim, R::UnknownUser),
        &[
            "doesn't have a", "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient",
            "no such account", "no such address", "no such email",
            "unknown recipient", "recipient unknown", "unknown local", "unknown address",
            "address unknown", "unknown mailbox", "mailbox unknown", "unknown account",
            "unknown to address", "unknown virtual", "does not exist", "dosn't exist",
            "doesn't exist", "not exist", "doesnt exist", "do not exist", 
            "invalid recipient", "invalid user", "invalid address", "invalid local",
            "recipient invalid", "recipient not found",
            "recipnotfound", "recipientnotfound", "account not found",
            "address not found", "couldn't be found", "could not be found", "wasn't found",
            "was not found at", "mailbox does not", "no user by that name", "user doesn't",
            "not a valid user", "not a valid mailbox", "not a valid recipient", "not listed in",
            "not our customer", "no mailbox found", "mailbox unavailable or not local",
             "isn't an account", 
            "not a known user", "is not a local", "user is unknown", "no valid recipients",
            "no longer available", "no longer on server", "no longer valid", "no longer in use",
            "no longer working", "no longer works", "is no longer", 
            "not listed in public", "not in my mailserver", "address rejected: undeliverable", "undeliverable address",
            "recipient address rejected: user", "unknown in", "bad address", "bad recipient",
            "bad destination mailbox", "mail is not accepted for this recipient", "user no longer",
            "address is invalid", "adresse invalide", "destinataire inconnu", "utilisateur inconnu",
            "adresse inconnue", "n'existe pas", "inexistant", 
            "address error", "no one here by that", "user name unknown", "empfaenger unbekannt",
            "mailbox name not allowed", "isn't listed", "not a recognized", "unknown person",
            "recipient does not", "account has been closed", "delivery attempt failed; user",
            "email account that you tried to reach", "possibly incorrect", "no local user",
            "has been terminated", "user left", "is not a user", "account deleted", "user reject",
            "mailbox deleted", "can't find user", "cannot find your recipient", "not known here",
            "not known at this", "spelling of the recipient", "the recipient cannot be verified",
            "invalid email address", "requested mailbox is unknown",
            "the mailbox is not available on this system", "nobody by that name",
            "recipient address is not valid", "recipient is not exist", "address does not",
            "user-not-found", "unknown username", "user account is unavailable",
            "account is unavailable", "not yet registered", "mailbox of the recipient is unavailable",
        ],
    ),
    (
        (Sure, R::UnknownHost),
        &[
            "no such host", 
            "bad destination host",
            "couldn't find any host", "name or service not known", "unrouteable mail domain",
            "unroutable mail domain", "nxdomain", 
             "couldn't be resolved", "cannot find mail server",
            "domain name not found", "no dns record",
            "invalid domain", "does not accept mail", "nullmx", "null mx", "smtp protocol diference",
            "domain does not accept", "domain isn't in my list",
            "no route to domain", "all relevant mx records point to non-existent", "mx points to localhost",
            "dns error", "unknown dns", "dns lookup failure", "no mx record",
            "cannot resolve", "could not resolve", "couldn't find a mail exchanger",
            "hote inconnu", "domaine inconnu", "lookup failed", "could not be resolved",
            "no valid mail exchanger", "illegal host/domain name", "no mail server", "domain name is not",
            "has no mail exchanger", "does not receive mail", "no mail hosts",
        ],
    ),
    (
        (Sure, R::TooBig),
        &[
            "message size exceeds", "message too large", "message too big", "message is too large",
            "message is too big", "exceeds size", "size exceeds", "size limit", "too large",
            "maximum message size", "message length exceeds", "exceeded maximum size",
            "larger than the", "message file too big", "exceeds administrative",
        ],
    ),
    (
        (Sure, R::Authentication),
        &[
            "spf ", "dkim", "dmarc", "sender policy framework", "not authenticated",
            "authentication required", "unauthenticated", "authentication-", "unauthorized sender",
            "must be authenticated", "authentication checks", "domain policy", "is not authorized to send",
            "not a permitted sender", "openspf", "authentication failed", "level of authentication",
            "authentication level", "dane ",
        ],
    ),
    (
        (Sure, R::RateLimited),
        &[
            "rate limit", "ratelimit", "rate-limit", "too many", "throttl", "rate that prevents",
            "exceeded the rate", "sending rate", "try again more slowly", "hourly limit", "daily limit",
            "limit on the number", "unusual rate", "concurrent connections", "limit exceeded",
            "exceeded the allowed", "too fast", "too frequent", "quota for the hour",
        ],
    ),
    (
        (Sure, R::Expired),
        &[
            "delivery time expired", "message expired", "retry timeout exceeded", "retry time not reached",
            "in the queue too long", "been in the queue", "envelope expired", "timeout exceeded",
            "retry timeout", "retries exceeded", "too long", "maximum delivery attempts",
            "delivery attempts", "giving up", "gave up", "could not be delivered for", "expired",
            "queue lifetime", "within the time limit", "unable to deliver in", "undeliverable for",
        ],
    ),
    (
        (Sure, R::Blocked),
        &[
            "blacklist", "blocklist", "black list", "block list", "rbl", "dnsbl", "spamhaus", "spamcop",
            "barracuda", "reputation", "ptr record", "reverse dns", "rdns", "reverse lookup",
            "no ptr", "client host", "blocked using", "is blocked", "ip address", "banned",
            "proofpoint", "sorbs", "cannot find your hostname", "your ip", "ip name lookup",
            "cannot find your reverse", "helo", "ehlo", "access denied, banned", "service refused",
            "postmaster.live", "abusix", "temporarily deferred due to", "unresolvable relay",
            "network you're on", "sending mta", "sending ip", "bad dns", "dynamic ip", "connection refused by",
            "blocked by", "your network", "connections not accepted from", "refused to talk to me",
            "not allowed to connect", "no matching rdns", "connection dropped due to",
        ],
    ),
    (
        (Sure, R::Spam),
        &[
            "spam", "junk mail", "bulk mail", "unsolicited", "appears to be junk", "blocked by filter",
            "rejected by filter", "url in the message", "urls in", "phish", "mail rejete",
            "message identified as", "bulk-mail", "message contains suspicious", "listed in uribl",
            "blacklisted url", "high-probability", "ofr_", "message looks like", "content filter",
        ],
    ),
    (
        (Sure, R::RelayDenied),
        &[
            "relay denied", "relaying denied", "relay access denied", "unable to relay", "not permitted to relay",
            "no relaying", "relaying not", "relay not permitted", "not a gateway", "relaying mail",
            "isn't in my list of allowed rcpthosts", "we do not relay", "relaying to", "cannot relay",
            "relay prohibited", "does not relay", "open relay", "rcpthosts",
        ],
    ),
    (
        (Sure, R::SenderRefused),
        &[
            "sender address", "from address", "envelope sender", "sender was rejected",
            "sender's", "mail from", "sender is", "backscatter", "sender not",
        ],
    ),
    ((Likely, R::UnknownUser), &["mailbox unavailable"]),
    (
        (Likely, R::Content),
        &[
            "message content", "content rejected", "attachment", "header error", "malformed", "8-bit",
            "message header", "invalid header", "not rfc compliant", "rfc 5322", "rfc5322", "rfc 2822",
            "message refused", "duplicate header", "non-compliant", "missing header", "bare lf",
        ],
    ),
    (
        (Likely, R::Filtered),
        &[
            "filtered", "blocked by the recipient", "not accepting mail from", "refuses to accept",
            "due to extended inactivity", "rejected by recipient", "recipient's policy",
            "recipient refuses", "user refuses", "are not accepted by", "refused by recipient",
            "resolver.rst", "recipient rejected your", "doesn't accept mail from",
        ],
    ),
    (
        (Likely, R::Policy),
        &[
            "policy", "not allowed", "not permitted", "prohibited", "not authorized", "access denied",
            "unauthorized", "permission", "members-only", "restricted", "moderat", "you are not",
            "security", "administrative prohibition", "blocked", "forbidden", "access control",
        ],
    ),
    (
        (Likely, R::Network),
        &[
            "timed out", "timeout", "connection refused", "could not connect", "couldn't connect",
            "connection reset", "no route to host", "network is unreachable", "network error",
            "unable to connect", "connection lost", "lost connection", "host is unreachable",
            "no answer from host", "wasn't able to establish an smtp connection", "connection was dropped",
            "connection died", "not responding", "unreachable", "deferred: connection",
            "remote host is", "cannot contact", "server is down", "bad connection", "host is down",
            "temporary failure in name", "dns server", "starttls", "tls ", "hop count", "loops back",
            "routing loop", "mail loop", "too many hops",
        ],
    ),
    (
        (Likely, R::Server),
        &[
            "local configuration", "system error", "internal error", "internal server", "server error",
            "i/o error", "disk full", "system full", "insufficient system", "out of memory", "local error",
            "temporary failure", "temporary error", "try again later", "try later", "server configuration",
            "resources temporarily", "service unavailable", "service not available", "service currently",
            "unable to contact", "can't create output", "command died", "pipe to", "child process",
            "error writing", "cannot open", "ldap", "mailer error", "input/output", "local delivery failed",
            "unknown mailer error", "system config", "temporarily unavailable", "greylist", "graylist",
            "configuration error", "database", "cannot allocate", "temporary local problem", "exit status",
        ],
    ),
    (
        (Likely, R::Protocol),
        &[
            "syntax error", "command not", "unrecognized command", "bad sequence", "protocol error",
            "unimplemented", "not implemented", "parameters not", "command unrecognized", "5.5.0 ",
        ],
    ),
    (
        (Vague, R::UnknownUser),
        &[
            "recipient rejected", "recipient address rejected", "address rejected", "recipient refused",
            "mailbox not available", "unavailable mailbox",
            "not deliverable", "recipient error",
        ],
    ),
    (
        (Vague, R::Policy),
        &["rejected", "refused", "denied", "unacceptable", "not accepted", "not acceptable"],
    ),
];

static SEARCH: LazyLock<Phrases<usize>> = LazyLock::new(|| {
    let rows: Vec<_> = TABLE.iter().enumerate().map(|(at, (_, row))| (at, *row)).collect();
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

const STAGES: &[(Stage, &[&str])] = &[
    (Stage::Rcpt, &["in reply to rcpt", ">>> rcpt", "after rcpt", "rcpt to", "rcpt command", "[rcpt_to]", "our rcpt", "rcpt host", "554 rcpt", "550 rcpt", "no valid recipients", "does not like recipient"]),
    (Stage::Data, &["end of data", ">>> data", "after data", "in reply to data", "after i sent the message"]),
];

static STAGE: LazyLock<Phrases<Stage>> = LazyLock::new(|| Phrases::new(STAGES));

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
    let mut found: Option<(u8, usize)> = None;
    for (row, _, _) in SEARCH.find(folded) {
        let rank = (TABLE[row].0.0.tier(), row);
        if found.is_none_or(|best| rank < best) {
            found = Some(rank);
        }
    }
    let said = found.map(|(_, row)| TABLE[row].0);
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
        (Some(R::UnknownUser), _) => R::UnknownUser,
        (Some(R::Policy), Stage::Data) => R::Filtered,
        (_, Stage::Rcpt) => R::UnknownUser,
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
    fn phrases_are_folded_and_stand_once() {
        let mut seen = std::collections::HashSet::new();
        for (_, row) in TABLE {
            for phrase in *row {
                assert_eq!(fold(phrase).trim(), phrase.trim(), "{phrase}");
                assert!(seen.insert(phrase), "{phrase} stands twice");
            }
        }
    }
}
