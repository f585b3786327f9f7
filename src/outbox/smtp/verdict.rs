//! Owns what a reply, or its absence, means at each stage: whose fault it is, and whether the
//! message may have left.

use super::Keep;
use super::reply::{Reply, one_line};
use crate::outbox::transport::{Outcome, RelayReply};
use crate::tls;

/// `Ok` where the reply is of that class; else what it means at that stage.
pub(super) fn expect(stage: &'static str, reply: &Reply, class: u16) -> Result<(), Outcome> {
    let told = told(stage, reply);
    match (reply.code / 100, stage) {
        (got, _) if got == class => Ok(()),
        (5, "rcpt" | "data" | "final") => Err(Outcome::Refused(told)),
        // RFC 1870 §6.1: this message is too large. The relay is well.
        (5, "mail") if reply.code == 552 => Err(Outcome::Refused(told)),
        (5, _) => Err(Outcome::RelayDown(told)),
        (4, _) => Err(Outcome::Deferred(told)),
        (_, "final") => Err(Outcome::Unknown(format!("{} {}", told.code, told.text))),
        _ => Err(Outcome::Deferred(told)),
    }
}

/// A plain no, after which the connection lives on. 421 announces its end (RFC 5321 §3.8).
pub(super) fn is_refusal(reply: &Reply) -> bool {
    matches!(reply.code / 100, 4 | 5) && reply.code != 421
}

/// What the relay said.
pub(super) fn told(stage: &'static str, reply: &Reply) -> RelayReply {
    RelayReply { code: reply.code, status: reply.status(), text: reply.text(), stage }
}

/// What the socket said, or we found.
pub(super) fn broken(stage: &'static str, text: &str) -> RelayReply {
    RelayReply { code: 0, status: String::new(), text: one_line(text), stage }
}

/// No reply came of the stage.
pub(super) fn unanswered(stage: &'static str, text: &str) -> Outcome {
    match stage {
        "final" => Outcome::Unknown(one_line(text)),
        _ => Outcome::Deferred(broken(stage, text)),
    }
}

/// The connection or its TLS failed; only a person cures a certificate that is not trusted.
pub(super) fn not_connected(stage: &'static str, error: &std::io::Error) -> Outcome {
    let reply = broken(stage, &error.to_string());
    if tls::is_distrust(error) { Outcome::RelayDown(reply) } else { Outcome::Deferred(reply) }
}

/// Any end of a transaction that takes the connection with it.
pub(super) fn dropped(outcome: Outcome) -> (Outcome, Keep) {
    (outcome, Keep::Drop)
}
