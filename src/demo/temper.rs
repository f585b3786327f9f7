//! Owns how the demo's people behave: what each does with a mail, by their number and the seed
//! alone. Pure; [`super::act`] does it.

use super::mailbox::Opened;
use super::members::pick;
use super::post::{Reply, Style};
use super::report::Trouble;
use crate::domain::words::Lang;

/// What somebody does with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Leaves it.
    Nothing,
    /// Opens the link and renews.
    Renew,
    /// The same, and presses the button twice.
    RenewTwice,
    /// Renews and takes it back.
    TakeBack,
    /// Opens the page twice, renews in one and leaves in the other; keeps the first answer.
    ConflictKeep,
    /// The same, and takes the second answer.
    ConflictReplace,
    /// Opens the link and says that they do not renew.
    Leave,
    /// Answers that they renew.
    ReplyRenew,
    /// Answers so from an address that is not on file.
    ReplyElsewhere,
    /// Answers something that a person must read.
    Ask,
    /// Answers STOP.
    ReplyStop,
    /// Presses the mail program's own “unsubscribe” (RFC 8058).
    OneClick,
    /// Is away: a machine answers.
    Away,
    /// Comes back.
    Bounce(Trouble),
    /// Presses “spam”.
    Complain,
    /// A scanner opens every link, in every way that asks for nothing.
    Scan,
    /// Confirms what a mail asks to confirm.
    Confirm,
    /// The desk answers the question.
    DeskAnswer,
}

/// `(share in a hundred, deed)`; what is left of a hundred does nothing.
type Shares = &'static [(u64, Deed)];

const NOTICE: Shares = &[
    (34, Deed::Renew),
    (2, Deed::RenewTwice),
    (2, Deed::TakeBack),
    (1, Deed::ConflictKeep),
    (1, Deed::ConflictReplace),
    (8, Deed::ReplyRenew),
    (2, Deed::ReplyElsewhere),
    (3, Deed::Leave),
    (6, Deed::Ask),
    (2, Deed::OneClick),
    (2, Deed::ReplyStop),
    (4, Deed::Away),
    (2, Deed::Bounce(Trouble::NoUser)),
    (1, Deed::Bounce(Trouble::NoUserExchange)),
    (2, Deed::Bounce(Trouble::Full)),
    (1, Deed::Bounce(Trouble::Delayed)),
    (2, Deed::Complain),
    (4, Deed::Scan),
];
const REMINDER: Shares = &[
    (36, Deed::Renew),
    (11, Deed::ReplyRenew),
    (4, Deed::Leave),
    (3, Deed::Ask),
    (2, Deed::ReplyStop),
    (3, Deed::Away),
    (2, Deed::Bounce(Trouble::Full)),
    (5, Deed::Scan),
];
const LAST_CALL: Shares =
    &[(48, Deed::Renew), (12, Deed::ReplyRenew), (4, Deed::Leave), (3, Deed::Ask)];
/// In the last days before the deadline.
const LATE: Shares =
    &[(14, Deed::Renew), (4, Deed::ReplyRenew), (8, Deed::ReplyStop), (3, Deed::Leave)];
/// After it.
const TOO_LATE: Shares = &[(4, Deed::Renew), (3, Deed::ReplyRenew)];
const CONFIRM_REQUEST: Shares = &[(75, Deed::Confirm)];
const FORWARD: Shares = &[(70, Deed::DeskAnswer)];
const CONFIRMATION: Shares = &[(3, Deed::Away)];

/// What the member with that number does with a mail of that kind; `late` and `too-late` are
/// moments without a mail.
pub fn deed(number: &str, kind: &str) -> Deed {
    let shares = match kind {
        "notice" => NOTICE,
        "reminder" => REMINDER,
        "last-call" => LAST_CALL,
        "late" => LATE,
        "too-late" => TOO_LATE,
        "confirm-request" => CONFIRM_REQUEST,
        "forward" => FORWARD,
        "confirmation" => CONFIRMATION,
        _ => return Deed::Nothing,
    };
    let mut left = pick(number, kind, 100);
    for (share, deed) in shares {
        if left < *share {
            return *deed;
        }
        left -= share;
    }
    Deed::Nothing
}

const RENEW_EN: &[&str] = &[
    "RENEW",
    "Renew please, I will pay by cheque.",
    "Hello,\n\nYes, please renew my membership.\n\nThanks",
    "renew",
    "I would like to renew by cheque.",
];
const RENEW_FR: &[&str] = &[
    "RENOUVELER",
    "Bonjour,\n\nJe souhaite renouveler mon adhésion.\n\nMerci",
    "Renouveler, par chèque svp",
    "renouvellement",
];
const ASK_EN: &[&str] = &[
    "I do not want to renew.",
    "My employer pays this year. Can you send them the invoice?",
    "I am on parental leave until June. What should I do?",
    "Should I renew if I retire in January?",
    "I already paid last week, why do I get this?",
    "My address has changed, could you correct it?",
];
const ASK_FR: &[&str] = &[
    "Je ne veux pas renouveler.",
    "Mon employeur paie. Pouvez-vous lui envoyer la facture?",
    "Je suis en congé parental jusqu’en juin. Que dois-je faire?",
    "Est-ce que je dois renouveler si je prends ma retraite en janvier?",
    "Mon adresse a changé, pourriez-vous la corriger?",
];
const STOP_EN: &[&str] = &["STOP", "Stop the reminders please", "unsubscribe"];
const STOP_FR: &[&str] = &["ARRÊT", "Désabonnement svp", "Arrêter les rappels, merci"];

/// What they write.
pub fn words(number: &str, deed: Deed, lang: Lang) -> &'static str {
    let list = match (deed, lang) {
        (Deed::ReplyRenew | Deed::ReplyElsewhere, Lang::En) => RENEW_EN,
        (Deed::ReplyRenew | Deed::ReplyElsewhere, Lang::Fr) => RENEW_FR,
        (Deed::ReplyStop, Lang::En) => STOP_EN,
        (Deed::ReplyStop, Lang::Fr) => STOP_FR,
        (_, Lang::En) => ASK_EN,
        (_, Lang::Fr) => ASK_FR,
    };
    let at = usize::try_from(pick(number, "words", list.len() as u64)).unwrap_or_default();
    list.get(at).copied().unwrap_or_default()
}

/// What a machine answers for somebody away (RFC 3834).
pub fn out_of_office(mail: &Opened, lang: Lang) -> Reply<'_> {
    let (subject, words) = away(lang);
    Reply {
        to: mail,
        from: &mail.envelope.to,
        words,
        lang,
        style: Style::Outlook,
        subject,
        header: "Auto-Submitted: auto-replied\r\nPrecedence: auto_reply\r\n",
    }
}

/// Subject and words of a machine that answers for somebody away.
const fn away(lang: Lang) -> (&'static str, &'static str) {
    match lang {
        Lang::En => (
            "Automatic reply: out of office",
            "I am out of the office until Monday with limited access to email.",
        ),
        Lang::Fr => (
            "Réponse automatique : absence du bureau",
            "Je suis absent du bureau jusqu’à lundi et je lirai votre message à mon retour.",
        ),
    }
}

/// What a desk answers to a question.
pub const fn desk_answer(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Hello,\n\nThank you for writing. We will look into it and call you this week.",
        Lang::Fr => {
            "Bonjour,\n\nMerci de votre message. Nous vérifions et vous appelons cette semaine."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fit_and_differ() {
        for shares in [NOTICE, REMINDER, LAST_CALL, LATE, TOO_LATE, FORWARD] {
            assert!(shares.iter().map(|(share, _)| share).sum::<u64>() <= 100);
        }
        let of = |kind: &'static str| (0..400).map(move |n: u32| deed(&n.to_string(), kind));
        let dead = of("notice").filter(|d| matches!(d, Deed::Bounce(Trouble::NoUser))).count();
        assert!((1..40).contains(&dead), "{dead}");
        assert!(of("notice").eq(of("notice")));
        assert!(of("desk-answer").all(|d| d == Deed::Nothing));
    }
}
