//! Owns what a mail to the verify address comes to: somebody doubts a mail and asks whether we
//! sent it. Pure. The answer goes to an address on file and nowhere else: of the member whose
//! message it is, or, for a mail that is not ours, of the member who asks. Whoever is neither is
//! the desk's to answer, so that nobody learns from us whom we write to.

use super::mailroom::MailAct;
use crate::inbox::reading::{Kind, Reading};

/// What the store knows of the message whose mark was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Whether it went to a member who has an address on file now.
    pub answerable: bool,
}

/// Whether the mail was sent to the verify address by a person. What a machine reports is taken
/// as a report, whatever address it stands on.
#[must_use]
pub fn asks(reading: &Reading, verify_address: &str) -> bool {
    let to_us = reading.addressed.iter().any(|a| a.eq_ignore_ascii_case(verify_address));
    to_us && matches!(reading.kind, Kind::Reply | Kind::Other | Kind::Complaint)
}

/// Decides. `marked`: the message of ours that it quotes or attaches; `sender_on_file`: whether a
/// member can be answered at the address in From.
#[must_use]
pub fn decide(reading: &Reading, marked: Option<Marked>, sender_on_file: bool) -> MailAct {
    if reading.own_loop {
        return MailAct::Keep("own-mail");
    }
    // “This is abuse” in the form of a report: it must not stop the member's own reminders.
    if reading.kind == Kind::Complaint || reading.unreadable.is_some() {
        return MailAct::ToDesk("verify");
    }
    if reading.no_answer {
        return MailAct::Keep("list-or-bulk");
    }
    match marked {
        Some(Marked { answerable: true }) => MailAct::Verify { ours: true },
        None if sender_on_file => MailAct::Verify { ours: false },
        _ => MailAct::ToDesk("verify"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::reading::Unreadable;

    const US: &str = "verify@reply.test";

    #[test]
    fn whom_it_is_for() {
        let mail = |kind, to: &str| Reading {
            kind,
            addressed: vec!["x@y.test".into(), to.into()],
            ..Reading::default()
        };
        for (reading, want) in [
            (mail(Kind::Other, "Verify@Reply.test"), true),
            (mail(Kind::Reply, US), true),
            (mail(Kind::Complaint, US), true),
            (mail(Kind::Bounce, US), false),
            (mail(Kind::AutoReply, US), false),
            (mail(Kind::Other, "r+abc@reply.test"), false),
        ] {
            assert_eq!(asks(&reading, US), want, "{reading:?}");
        }
    }

    #[test]
    fn who_is_answered() {
        let plain = Reading::default();
        let ours = Some(Marked { answerable: true });
        let desk = MailAct::ToDesk("verify");
        let is = |ours| MailAct::Verify { ours };
        let table: [(&str, Reading, Option<Marked>, bool, MailAct); 9] = [
            ("ours", plain.clone(), ours, false, is(true)),
            ("ours, by a member", plain.clone(), ours, true, is(true)),
            (
                "ours, nobody to answer",
                plain.clone(),
                Some(Marked { answerable: false }),
                true,
                desk.clone(),
            ),
            ("not ours", plain.clone(), None, true, is(false)),
            ("not ours, a stranger", plain.clone(), None, false, desk.clone()),
            (
                "a machine",
                Reading { no_answer: true, ..plain.clone() },
                ours,
                true,
                MailAct::Keep("list-or-bulk"),
            ),
            (
                "our own",
                Reading { own_loop: true, ..plain.clone() },
                ours,
                true,
                MailAct::Keep("own-mail"),
            ),
            (
                "a report",
                Reading { kind: Kind::Complaint, no_answer: true, ..plain.clone() },
                ours,
                true,
                desk.clone(),
            ),
            (
                "not readable",
                Reading { unreadable: Some(Unreadable::TooLarge), ..plain },
                None,
                true,
                desk,
            ),
        ];
        for (name, reading, marked, on_file, want) in table {
            assert_eq!(decide(&reading, marked, on_file), want, "{name}");
        }
    }
}
