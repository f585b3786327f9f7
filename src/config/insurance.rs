//! Owns the shape of `[insurance]` in `relance.toml`: who insures, what is asked, and what the
//! broker has decided for the deadline. Every doc comment below is the config reference's text
//! for its key.

use jiff::civil::Date;
use serde::Deserialize;

use super::Text;
use crate::domain::words::Lang;

/// `[insurance]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuranceSection {
    /// The insurer's name in both languages.
    pub insurer: Text,
    /// The broker's name in both languages.
    pub broker: Text,
    /// Where members learn what the insurance is: the recording of the broker's webinar, say.
    #[serde(default)]
    pub webinar_url: Option<String>,
    /// What changes in the insurance this year, in both languages: whoever carries it or may take
    /// it reads it in notice, reminders and last call, and on the page before the questions.
    #[serde(default)]
    pub news: Option<Text>,
    /// Who follows up the answers that call for it; left out: the desk of the association that
    /// bills the member.
    #[serde(default)]
    pub contact: Option<InsuranceContact>,
    /// Who issues the certificate of insurance, in both languages; left out: the broker.
    #[serde(default)]
    pub certificate_by: Option<Text>,
    /// Within how many working days after the premium was received the certificate comes.
    #[serde(default = "default_certificate_days")]
    pub certificate_days: u32,
    /// Name of this wording of the questions, part of every declaration: a new one for each
    /// change of a text.
    pub questions_version: String,
    /// What a member declares before cover is renewed.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// Last day, inclusive, on which a pending declaration may still be made; left out: until the
    /// season's `lapses`. Cover whose declaration is still missing then is interrupted.
    #[serde(default)]
    pub declaration_until: Option<Date>,
    /// What happens to cover when a pledge stays unpaid: `keep`, or `interrupt` once
    /// `unpaid_pledge_ends` is over.
    #[serde(default)]
    pub overdue_pledge: OverduePledge,
    /// Last day, inclusive, on which an unpaid pledge keeps cover, where `overdue_pledge` is
    /// `interrupt`.
    #[serde(default)]
    pub unpaid_pledge_ends: Option<Date>,
    /// When a mail counts as received: `mx`, the time in the trace line that our own MX wrote on
    /// top, or `internaldate`, when the mailbox had it.
    #[serde(default)]
    pub mail_counts_by: MailCountsBy,
}

fn default_certificate_days() -> u32 {
    10
}

/// `[insurance.contact]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuranceContact {
    /// What members call them, in both languages.
    pub name: Text,
    /// Their address: they are told that an answer calls for follow-up, never which.
    pub email: String,
    /// Language of what is written to them.
    #[serde(default = "default_contact_language")]
    pub language: Lang,
}

const fn default_contact_language() -> Lang {
    Lang::En
}

/// One `[[insurance.question]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Lasting name of the question, part of every declaration.
    pub id: String,
    /// What is asked, in both languages; answered by yes or no.
    pub text: Text,
    /// The answer that calls for follow-up: `yes` or `no`. It never blocks.
    #[serde(default)]
    pub follow_up_on: YesNo,
}

/// An answer to an insurance question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YesNo {
    /// Yes.
    #[default]
    Yes,
    /// No.
    No,
}

/// What becomes of cover on an unpaid pledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverduePledge {
    /// It stays until a person decides.
    #[default]
    Keep,
    /// It is interrupted after a day that the broker named.
    Interrupt,
}

/// Which clock says when a mail was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailCountsBy {
    /// The topmost trace line (RFC 5321 §4.4): our own MX wrote it.
    #[default]
    Mx,
    /// IMAP's INTERNALDATE; for a Maildir the file's time.
    Internaldate,
}
