//! Owns the words of systems that report in plain text: the one place to add a dialect. Every
//! phrase is folded (lower case, no accents). The engine is in `prose`.

/// Lines after which the returned mail follows. Matched anywhere in one folded line.
pub const CUTS: &[&str] = &[
    // qmail, Yahoo
    "--- below this line is a copy of",
    "--- below the next line is a copy of",
    "--- enclosed are the original headers",
    // Exim, GMX, mail.ru
    "this is a copy of the message",
    "this is a copy of your message",
    "the header of the original message is following",
    "the body of the message is",
    // Postfix without MIME, Sendmail 8 without MIME
    "----- unsent message follows",
    "--- returned message follows",
    "--- returned message ---",
    "--- original message",
    "---original message",
    "-- original message",
    "original message follows",
    "original message headers",
    "message header follows",
    "message headers follow",
    "--- message header",
    "message text follows",
    "--- the original message",
    // OpenSMTPD, DragonFly, Courier
    "below is a copy of the original message",
    "a copy of the original message below this line",
    "the message headers are as follows",
    // Domino, MailEnable, Exchange, X.400 gateways
    "returned message -----",
    "start of returned mail",
    "returned mail follows",
    "returned mail -----",
    "unsent message below",
    "undelivered message follows",
    "header of the returned message",
    "headers of the original message",
    "original mail header",
    "old message:",
    "message from your host follows",
    "the unsent message follows",
    "copy of original message",
    "a copy of your message follows",
    "the first lines of your message",
    // French
    "message d'origine",
    "message original",
    "copie du message",
    "en-tetes du message",
];

/// Field names that open a returned header in the middle of a text without any marker.
pub const CUT_FIELDS: &[&str] =
    &["received:", "return-path:", "dkim-signature:", "x-received:"];

/// Labels before a recipient: `Label: address`. Matched at a line's beginning.
pub const LABELS: &[&str] = &[
    "recipient", "recipients", "recipient address", "intended recipient", "failed recipient",
    "failed recipients", "failed addresses", "rcpt to", "email address", "e-mail address",
    "final-recipient", "original-recipient", "envelope-to", "destination", "address", "mailbox",
    "to", "delivery to", "your message to", "user", "email", "could not deliver message to",
    "the following recipient", "not delivered to", "undeliverable to", "failed to", "for",
    "unknown user", "unknown recipient", "invalid recipient", "your mail to", "your email to",
    "user unknown", "invalid final delivery userid", "user's mailbox is full", "mailbox full", "mailbox is full", "destinataire",
    "adresse", "unable to deliver to", "no such user", "mail delivery failed to", "message to",
];

/// Phrases that run into a recipient in prose. The address must follow within a few words.
pub const LEADS: &[&str] = &[
    "delivering your mail to", "could not be delivered to", "couldn't be delivered to",
    "cannot be delivered to", "can't be delivered to", "was not delivered to",
    "wasn't delivered to", "not be delivered to", "unable to deliver", "failed to deliver",
    "rejected recipient", "rejected your message to", "delivery to", "deliver to", "delivered to",
    "your message to", "your mail to", "your email to", "message sent to", "mail sent to",
    "email sent to", "message for", "mail for", "addressed to", "rcpt to", "recipient", "mailbox",
    "user", "the address", "the account", "le message a", "votre message a", "remis a",
    "following address", "failed permanently", "sent to", "email to", "mail to", "message to",
];

/// Subjects of reports.
pub const SUBJECTS: &[&str] = &[
    "undeliver", "failure notice", "returned mail", "returned email", "delivery fail",
    "delivery status", "delivery notif", "delivery problem", "delivery error", "delivery report",
    "non-deliver", "nondeliver", "not delivered", "could not be delivered", "mail fail",
    "mail system error", "message status", "can't be delivered", "couldn't be delivered",
    "cannot be delivered", "returned to sender", "returning to sender", "return to sender",
    "unable to deliver", "user unknown", "unknown user", "processing error", "error sending your mail",
    "delivery has failed", "delivery delayed", "delayed mail", "delivery delay", "rejected",
    "delivery incomplete", "mail delivery", "message delivery", "warning: could not send",
    "mail could not be", "error mail", "bounced", "failed mail", "non remis", "non delivre",
    "echec de la remise", "echec de remise", "avis de non-remise", "remise impossible",
    "notification d'etat de remise", "notification d'echec", "message retourne", "undelivrable",
    "probleme de remise", "errors from", "nicht zugestellt", "unzustellbar", "no se puede entregar",
    "mail undeliverable", "unreachable", "mailbox full", "mail rejection", "mail not delivered",
    "there was an error sending", "email delivery", "mail refused", "mail error",
];

/// What the text of a report says.
pub const STATEMENTS: &[&str] = &[
    "could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered",
    "not be delivered", "was not delivered", "wasn't delivered", "been delivered", "unable to deliver",
    "undeliverable", "delivery failed", "delivery failure", "failed to deliver", "delivery has failed",
    "failed permanently", "permanent error", "permanent fatal error", "did not reach",
    "delivery error", "deliver your message", "could not deliver", "error delivering",
    "error while attempting to deliver", "delivery to the following", "was undeliverable",
    "has been returned", "returned to you", "had delivery errors", "delivery attempt",
    "trouble delivering", "problem delivering", "no valid recipients", "user unknown",
    "non-delivery", "rejected recipient", "mail delivery", "delivering your mail",
    "invalid user address", "invalid recipient", "does not exist", "wasn't able to deliver",
    "transcript of session", "failure reasons", "mailbox is full", "mailbox full", "over quota",
    "address(es) failed", "following address failed", "following errors", "unknown user",
    "addresses had", "delivery of your message", "no such user", "not accepting mail",
    "your message was rejected", "message was rejected", "is not accepting", "was not sent",
    "n'a pas pu etre remis", "n'a pas ete remis", "impossible de remettre", "n'a pas pu etre delivre",
    "n'a pas pu etre distribue", "n'a pu etre remis", "echec de la remise", "n'est pas parvenu",
    "konnte nicht zugestellt", "no se ha podido entregar", "error occurred while trying to deliver",
    "not been delivered", "message delivery", "will be retried", "could not be sent", "error occurred",
    "failed addresses", "group you tried to contact", "returned because", "has been blocked",
    "unreachable", "was not able to deliver", "not reach", "email delivery",
];

/// The mail is still being tried.
pub const DELAYS: &[&str] = &[
    "will be retried", "will retry", "will continue to try", "will keep trying", "still trying",
    "will try again", "delivery attempts will continue", "do not need to resend",
    "don't need to resend", "do not need to resend", "no need to resend", "not necessary to resend",
    "no action is required on your part", "has been delayed", "delivery is delayed",
    "message is delayed", "was delayed", "warning message only", "this is a warning",
    "not yet been delivered", "not been delivered yet", "keep trying until", "delivery delayed",
    "temporarily delayed", "has not been delivered to", "retardee", "sera retente", "sera reessaye",
    "still in the queue", "will be reattempted", "delayed delivery",
];

/// The mail arrived.
pub const ARRIVALS: &[&str] = &[
    "successfully delivered", "successful delivery", "has been successfully", "was delivered to",
    "has been delivered to", "relayed to", "successfully relayed", "delivery to the following recipients was successful",
    "delivery succeeded", "a ete remis aux destinataires", "remis avec succes",
];

/// Local parts and display names of the programs that report.
pub const DAEMONS: &[&str] = &[
    "mailer-daemon", "mailerdaemon", "mailer daemon", "maildaemon", "mail-daemon", "postmaster", "post_master",
    "mdaemon", "mail delivery", "mail.delivery", "delivery subsystem", "mail deliver system",
    "mail system", "system administrator", "mailer_daemon", "microsoftexchange", "mail-delivery",
    "mail administrator", "delivery system", "bounce", "mailadmin", "internet mail delivery",
    "e-mail interconnect", "administrateur systeme", "poostmaster",
];

#[cfg(test)]
mod tests {
    use crate::inbox::text::fold;

    #[test]
    fn phrases_are_folded() {
        for table in [
            super::CUTS, super::LABELS, super::LEADS, super::SUBJECTS, super::STATEMENTS,
            super::DELAYS, super::ARRIVALS, super::DAEMONS,
        ] {
            for phrase in table {
                assert_eq!(&fold(phrase), phrase);
            }
        }
    }
}
