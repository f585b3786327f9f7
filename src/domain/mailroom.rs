//! Owns what a mail that came in does: which act, on whose authority. Pure: the facts are a
//! [`Reading`], the token found in it, and what the store knows of that token's message.
//!
//! A reply acts only with a token made for replying, unexpired, from an address on file, with an
//! aligned pass of our own MX (RFC 8601); without all of that, a confirmation is mailed to the
//! address on file. Nothing is ever dropped: whatever no rule takes goes to the desk.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::answer::Choice;
use super::authentication::aligned_pass;
use super::suppression::Fault;
use crate::inbox::reading::{Command, Kind, Reading, Unreadable};
use crate::link::Purpose;

/// Close to the deadline, a reply that ends something is confirmed by mail first.
pub const CONFIRM_BEFORE_DEADLINE_DAYS: i64 = 7;

/// A token found in a mail, whose signature was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What it is for.
    pub purpose: Purpose,
    /// Whether its time is over: it attributes still, and acts no more.
    pub expired: bool,
}

/// What the store knows of the message that a token belongs to.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one attempt")]
pub struct Known {
    /// Whether it went to a desk (a forwarded question) rather than to a member.
    pub to_desk: bool,
    /// Whether it went to who pays in a member's place: they renew nothing and stop nothing.
    pub to_payer: bool,
    /// The address that this attempt went to, lower case.
    pub sent_to: String,
    /// The member's addresses on file, lower case; a desk's for a desk's message.
    pub on_file: Vec<String>,
    /// Whether there is a renewal to answer.
    pub has_renewal: bool,
    /// Whether a report about this attempt was counted already.
    pub bounced: bool,
}

/// What to do with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailAct {
    /// Keep it and count it, nothing more. The word says why.
    Keep(&'static str),
    /// The attempt came back.
    Bounced {
        /// RFC 3463 status, may be empty.
        status: String,
        /// Where the fault lies.
        fault: Fault,
        /// Whether our own envelope token vouches for it, so that hard suspends at once.
        vouched: bool,
    },
    /// Complained of: stop what can be stopped.
    Complained,
    /// Answer the renewal.
    Answer(Choice),
    /// Stop this association's reminders.
    Stop,
    /// Explain how this works.
    Help,
    /// Mail a confirmation to the address on file; its link does it.
    ConfirmFirst(Wish),
    /// A desk's answer to a forwarded mail: pass it to the member.
    DeskAnswer,
    /// Somebody asks whether a mail is ours: tell the address on file.
    Verify {
        /// Whether it is.
        ours: bool,
    },
    /// Forward it to the desk. The word says why.
    ToDesk(&'static str),
}

/// What a reply asked for, and a link then confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Renew, paying by cheque or on invoice.
    Renew,
    /// No more reminders.
    Stop,
}

/// Decides. `found` and `known` are `None` where no token verified, or its message is not ours.
#[must_use]
pub fn decide(
    reading: &Reading,
    found: Option<Found>,
    known: Option<&Known>,
    authserv_id: &str,
    deadline: Timestamp,
    now: Timestamp,
) -> MailAct {
    if reading.own_loop && reading.kind != Kind::Bounce && reading.kind != Kind::Complaint {
        return MailAct::Keep("own-mail");
    }
    match reading.kind {
        Kind::Bounce => bounced(reading, found, known),
        Kind::Report => MailAct::Keep("report"),
        Kind::Complaint => match (found, known) {
            (Some(found), Some(known)) if asks_to_stop(reading, known) => {
                if trusted(reading, found, known, authserv_id) {
                    MailAct::Stop
                } else {
                    MailAct::ConfirmFirst(Wish::Stop)
                }
            }
            // A desk's provider complains of a member's words, not of our reminders.
            (_, Some(known)) if known.to_desk => MailAct::Keep("complaint-of-a-desk"),
            // A Message-ID travels with every copy and authorises nothing.
            (Some(found), Some(_)) if !found.expired && found.purpose != Purpose::Ref => {
                MailAct::Complained
            }
            _ => MailAct::ToDesk("complaint"),
        },
        Kind::AutoReply => MailAct::Keep("auto-reply"),
        Kind::Reply | Kind::Other if reading.unreadable.is_some() => {
            MailAct::ToDesk(if reading.unreadable == Some(Unreadable::TooLarge) {
                "too-large"
            } else {
                "unparsed"
            })
        }
        Kind::Reply | Kind::Other => {
            let (Some(found), Some(known)) = (found, known) else {
                return if reading.no_answer {
                    MailAct::Keep("list-or-bulk")
                } else {
                    MailAct::ToDesk("no-token")
                };
            };
            replied(reading, found, known, authserv_id, deadline, now)
        }
    }
}

fn bounced(reading: &Reading, found: Option<Found>, known: Option<&Known>) -> MailAct {
    let (Some(found), Some(known)) = (found, known) else {
        return MailAct::Keep("bounce-of-nothing-of-ours");
    };
    if found.expired {
        return MailAct::Keep("bounce-expired");
    }
    if known.bounced {
        return MailAct::Keep("bounce-counted");
    }
    // The report's recipient must match where it names one: a bounce token can be seen by
    // whoever the mail was forwarded to.
    let named: Vec<_> = reading.recipients.iter().filter(|r| !r.address.is_empty()).collect();
    let about = named.iter().find(|r| r.address.eq_ignore_ascii_case(&known.sent_to));
    let reported = match (about, named.is_empty()) {
        (Some(reported), _) => Some(*reported),
        (None, true) => reading.recipients.first(),
        (None, false) => return MailAct::Keep("bounce-of-another-address"),
    };
    let Some(reported) = reported else { return MailAct::Keep("bounce-without-recipient") };
    MailAct::Bounced {
        status: reported.status.clone(),
        fault: Fault::of(reported.hard, reported.reason),
        vouched: found.purpose == Purpose::Bounce,
    }
}

fn replied(
    reading: &Reading,
    found: Found,
    known: &Known,
    authserv_id: &str,
    deadline: Timestamp,
    now: Timestamp,
) -> MailAct {
    if reading.no_answer {
        return MailAct::Keep("list-or-bulk");
    }
    let trusted = trusted(reading, found, known, authserv_id);
    let known_sender = is_on_file(reading, known)
        && aligned_pass(&reading.authentication_results, authserv_id, &reading.from);
    if known.to_desk {
        return match found.purpose {
            _ if trusted => MailAct::DeskAnswer,
            // The desk wrote to somebody else and we got a copy: it has its own words already.
            Purpose::Ref if is_on_file(reading, known) => MailAct::Keep("desk-elsewhere"),
            _ => MailAct::ToDesk("unverified"),
        };
    }
    if known.to_payer {
        return MailAct::ToDesk(if known_sender { "question" } else { "unverified" });
    }
    let wish = match reading.reply.as_ref().and_then(|r| r.command) {
        Some(Command::Renew | Command::Cheque) if known.has_renewal => Wish::Renew,
        Some(Command::Stop) => Wish::Stop,
        Some(Command::Help) if trusted => return MailAct::Help,
        // The desk must know whose words it may take for the member's.
        _ => return MailAct::ToDesk(if known_sender { "question" } else { "unverified" }),
    };
    if found.expired {
        return MailAct::ToDesk("expired");
    }
    let near = deadline > now
        && deadline.duration_since(now)
            < SignedDuration::from_hours(24 * CONFIRM_BEFORE_DEADLINE_DAYS);
    match wish {
        _ if !trusted => MailAct::ConfirmFirst(wish),
        Wish::Stop if near => MailAct::ConfirmFirst(wish),
        Wish::Stop => MailAct::Stop,
        Wish::Renew => MailAct::Answer(Choice::Invoice),
    }
}

/// Whether the sender is one to whom the message went, or who stands in the file.
fn is_on_file(reading: &Reading, known: &Known) -> bool {
    known.on_file.iter().any(|a| a.eq_ignore_ascii_case(&reading.from))
        || known.sent_to.eq_ignore_ascii_case(&reading.from)
}

/// A mail of the member's own mail program, sent by the `mailto` of List-Unsubscribe: not a
/// complaint that a provider passes on.
fn asks_to_stop(reading: &Reading, known: &Known) -> bool {
    !known.to_desk
        && !known.to_payer
        && is_on_file(reading, known)
        && reading.recipients.iter().all(|r| r.reason == "opt-out")
}

/// Token, age, sender and our own MX's word, all of them.
fn trusted(reading: &Reading, found: Found, known: &Known, authserv_id: &str) -> bool {
    found.purpose == Purpose::Reply
        && !found.expired
        && is_on_file(reading, known)
        && aligned_pass(&reading.authentication_results, authserv_id, &reading.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::reading::{Reply, Reported};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reply(command: Option<Command>) -> Reading {
        Reading {
            kind: Kind::Reply,
            from: "alice@club.test".into(),
            authentication_results: vec![
                "mx.relance.test; dmarc=pass header.from=club.test".into(),
            ],
            reply: Some(Reply { text: "…".into(), command, lang: None }),
            ..Reading::default()
        }
    }

    fn known() -> Known {
        Known {
            sent_to: "alice@club.test".into(),
            on_file: vec!["alice@club.test".into()],
            has_renewal: true,
            ..Known::default()
        }
    }

    const REPLY: Found = Found { purpose: Purpose::Reply, expired: false };

    fn run(reading: &Reading, found: Option<Found>, known: Option<&Known>, now: &str) -> MailAct {
        decide(reading, found, known, "mx.relance.test", at("2027-01-01T05:00:00Z"), at(now))
    }

    #[test]
    fn replies() {
        let november = "2026-11-10T12:00:00Z";
        let renew = reply(Some(Command::Renew));
        let k = known();
        let yes = MailAct::Answer(Choice::Invoice);
        assert_eq!(run(&renew, Some(REPLY), Some(&k), november), yes);
        let confirm = MailAct::ConfirmFirst(Wish::Renew);
        let stranger = Reading { from: "mallory@club.test".into(), ..renew.clone() };
        assert_eq!(run(&stranger, Some(REPLY), Some(&k), november), confirm);
        let unproven = Reading { authentication_results: vec![], ..renew.clone() };
        assert_eq!(run(&unproven, Some(REPLY), Some(&k), november), confirm);
        let by_ref = Found { purpose: Purpose::Ref, expired: false };
        assert_eq!(run(&renew, Some(by_ref), Some(&k), november), confirm);
        let expired = Found { expired: true, ..REPLY };
        assert_eq!(run(&renew, Some(expired), Some(&k), november), MailAct::ToDesk("expired"));
        assert_eq!(run(&renew, None, None, november), MailAct::ToDesk("no-token"));
        let question = reply(None);
        assert_eq!(run(&question, Some(REPLY), Some(&k), november), MailAct::ToDesk("question"));
        let whose = Reading { from: "mallory@club.test".into(), ..question };
        assert_eq!(run(&whose, Some(REPLY), Some(&k), november), MailAct::ToDesk("unverified"));
        let stop = reply(Some(Command::Stop));
        assert_eq!(run(&stop, Some(REPLY), Some(&k), november), MailAct::Stop);
        let late = run(&stop, Some(REPLY), Some(&k), "2026-12-28T12:00:00Z");
        assert_eq!(late, MailAct::ConfirmFirst(Wish::Stop));
        // An employer who answers with one of our words means the invoice, not the member.
        let payer = Known { to_payer: true, on_file: vec![], ..known() };
        for command in [Command::Renew, Command::Cheque, Command::Stop, Command::Help] {
            let act = run(&reply(Some(command)), Some(REPLY), Some(&payer), november);
            assert_eq!(act, MailAct::ToDesk("question"), "{command:?}");
        }
        let bulk = Reading { no_answer: true, ..renew };
        assert_eq!(run(&bulk, Some(REPLY), Some(&k), november), MailAct::Keep("list-or-bulk"));
    }

    #[test]
    fn bounces() {
        let now = "2026-11-10T12:00:00Z";
        let report = |address: &str| Reading {
            kind: Kind::Bounce,
            recipients: vec![Reported {
                address: address.into(),
                status: "5.1.1".into(),
                hard: true,
                reason: "userunknown",
            }],
            ..Reading::default()
        };
        let found = Some(Found { purpose: Purpose::Bounce, expired: false });
        let hard =
            |vouched| MailAct::Bounced { status: "5.1.1".into(), fault: Fault::Address, vouched };
        let k = known();
        assert_eq!(run(&report("ALICE@club.test"), found, Some(&k), now), hard(true));
        assert_eq!(run(&report(""), found, Some(&k), now), hard(true));
        let by_ref = Some(Found { purpose: Purpose::Ref, expired: false });
        assert_eq!(run(&report("alice@club.test"), by_ref, Some(&k), now), hard(false));
        let other = run(&report("bob@club.test"), found, Some(&k), now);
        assert_eq!(other, MailAct::Keep("bounce-of-another-address"));
        let counted = Known { bounced: true, ..known() };
        let again = run(&report("alice@club.test"), found, Some(&counted), now);
        assert_eq!(again, MailAct::Keep("bounce-counted"));
        let expired = Some(Found { purpose: Purpose::Bounce, expired: true });
        let old = run(&report("alice@club.test"), expired, Some(&k), now);
        assert_eq!(old, MailAct::Keep("bounce-expired"));
    }

    #[test]
    fn complaints_and_wishes_to_stop() {
        let now = "2026-11-10T12:00:00Z";
        let k = known();
        let complaint = |from: &str, reason| Reading {
            kind: Kind::Complaint,
            no_answer: true,
            from: from.into(),
            recipients: vec![Reported { reason, ..Reported::default() }],
            authentication_results: vec![
                "mx.relance.test; dmarc=pass header.from=club.test".into(),
            ],
            ..Reading::default()
        };
        let own = complaint("alice@club.test", "opt-out");
        assert_eq!(run(&own, Some(REPLY), Some(&k), now), MailAct::Stop);
        let unproven = Reading { authentication_results: vec![], ..own.clone() };
        let confirm = MailAct::ConfirmFirst(Wish::Stop);
        assert_eq!(run(&unproven, Some(REPLY), Some(&k), now), confirm);
        let provider = complaint("fbl@provider.test", "abuse");
        assert_eq!(run(&provider, Some(REPLY), Some(&k), now), MailAct::Complained);
        let desk = MailAct::ToDesk("complaint");
        assert_eq!(run(&provider, None, None, now), desk);
        let by_ref = Found { purpose: Purpose::Ref, expired: false };
        assert_eq!(run(&provider, Some(by_ref), Some(&k), now), desk);
        let expired = Found { expired: true, ..REPLY };
        assert_eq!(run(&provider, Some(expired), Some(&k), now), desk);
        let of_desk = Known { to_desk: true, ..known() };
        let kept = MailAct::Keep("complaint-of-a-desk");
        assert_eq!(run(&provider, Some(REPLY), Some(&of_desk), now), kept);
    }

    #[test]
    fn desks() {
        let now = "2026-11-10T12:00:00Z";
        let k = Known { to_desk: true, ..known() };
        let answer = reply(None);
        assert_eq!(run(&answer, Some(REPLY), Some(&k), now), MailAct::DeskAnswer);
        let copy = Found { purpose: Purpose::Ref, expired: false };
        assert_eq!(run(&answer, Some(copy), Some(&k), now), MailAct::Keep("desk-elsewhere"));
        let stranger = Reading { from: "mallory@club.test".into(), ..answer };
        assert_eq!(run(&stranger, Some(REPLY), Some(&k), now), MailAct::ToDesk("unverified"));
    }
}
