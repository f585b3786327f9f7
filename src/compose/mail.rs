//! Owns the parts of one message: subject, text and HTML, a half in each language.

use tera::{Context, Value};

use super::format;
use super::frame::{named, put};
use super::text::{self, clean, fenced};
use super::{ComposeError, DeskNote, DeskTopic, Forwarded, Inner, MailFacts, MailKind};
use crate::config::CardProvider;
use crate::domain::desk::Channel;
use crate::domain::words::Lang;

/// Names of the mail templates, one folder each.
pub(super) const KINDS: &[&str] = &[
    "notice",
    "reminder",
    "last-call",
    "lapse",
    "payment-reminder",
    "confirmation",
    "invoice",
    "receipt",
    "payer-invoice",
    "payer-receipt",
    "payer-returned",
    "paid-by-payer",
    "refund",
    "fresh-link",
    "confirm-request",
    "address-change",
    "forward",
    "desk-answer",
    "desk-note",
    "digest",
    "verify-answer",
    "insurance-follow-up",
    "declaration-recorded",
    "cover-ended",
    "cover-pending",
    "certificate",
];

/// Reasons for which a mail comes to a desk; each has its words.
pub(super) const FORWARD_REASONS: &[&str] = &[
    "question",
    "unverified",
    "no-token",
    "expired",
    "complaint",
    "unparsed",
    "too-large",
    "verify",
];

/// Between the two languages of a subject.
const SUBJECT_SEPARATOR: &str = " | ";

/// Characters kept of a foreign subject or sender: headers stay short, and so does the list
/// in which the desk reads them.
const FOREIGN_LINE_CHARS_MAX: usize = 150;

/// What mime puts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// In both languages, without control characters.
    pub subject: String,
    /// Not wrapped, without marks, LF line ends.
    pub text: String,
    /// Complete document; none for a text-only message.
    pub html: Option<String>,
    /// Language that comes first.
    pub first: Lang,
}

/// One language's share of a message.
#[derive(Debug, Clone)]
pub(super) struct Half {
    /// Subject in that language.
    pub subject: String,
    /// Text, not wrapped, with marks.
    pub text: String,
    /// Fragment of HTML, with marks.
    pub html: String,
}

/// Folder of the templates.
pub(super) fn template_name(kind: &MailKind<'_>) -> &'static str {
    match kind {
        MailKind::Step(step) => step.as_str(),
        MailKind::Confirmation(_) => "confirmation",
        MailKind::Invoice(_) => "invoice",
        MailKind::Receipt(_) => "receipt",
        MailKind::PayerInvoice(_) => "payer-invoice",
        MailKind::PayerReceipt(..) => "payer-receipt",
        MailKind::PayerReturned(..) => "payer-returned",
        MailKind::PaidByPayer(_) => "paid-by-payer",
        MailKind::Refund(_) => "refund",
        MailKind::FreshLink => "fresh-link",
        MailKind::ConfirmRequest(_) => "confirm-request",
        MailKind::AddressChange { .. } => "address-change",
        MailKind::Forward(_) => "forward",
        MailKind::DeskAnswer(_) => "desk-answer",
        MailKind::DeskNote(_) => "desk-note",
        MailKind::Digest(_) => "digest",
        MailKind::VerifyAnswer(_) => "verify-answer",
        MailKind::InsuranceFollowUp => "insurance-follow-up",
        MailKind::DeclarationRecorded => "declaration-recorded",
        MailKind::Cover(news) => news.template(),
        MailKind::Certificate(_) => "certificate",
    }
}

impl Inner {
    /// Renders everything that the message says. Its facts have passed [`require`].
    pub(super) fn parts(&self, facts: &MailFacts<'_>) -> Result<Parts, ComposeError> {
        match &facts.kind {
            MailKind::Forward(mail) => return self.forward(facts, mail),
            MailKind::DeskNote(note) => return self.desk_note(facts, note),
            MailKind::Digest(mail) => return self.digest(facts, mail),
            _ => {}
        }
        let first = facts.prefer;
        let halves = [self.half(facts, first, true)?, self.half(facts, first.other(), false)?];
        let subject = format!("{}{SUBJECT_SEPARATOR}{}", halves[0].subject, halves[1].subject);

        let words = &self.engine.words;
        let mut shell = Context::new();
        put(&mut shell, "lang_tag", first.locale());
        put(&mut shell, "other_tag", first.other().locale());
        put(&mut shell, "subject", &subject);
        put(&mut shell, "other_below", &words.say(first.other(), "other-below", &[])?);
        put(&mut shell, "other_name", &words.say(first.other(), "language-name", &[])?);
        put(&mut shell, "first", &halves[0].text);
        put(&mut shell, "second", &halves[1].text);
        let text = self.engine.render("mail/shell.txt", &shell)?;
        put(&mut shell, "first", &halves[0].html);
        put(&mut shell, "second", &halves[1].html);
        let html = self.engine.render("mail/shell.html", &shell)?;
        Ok(Parts {
            subject,
            text: text::unmarked(&text),
            html: Some(text::marks_to_html(&html)),
            first,
        })
    }

    /// One language's share. `leads`: whether it stands first.
    pub(super) fn half(
        &self,
        facts: &MailFacts<'_>,
        lang: Lang,
        leads: bool,
    ) -> Result<Half, ComposeError> {
        let kind = template_name(&facts.kind);
        let mut context = self.values(facts, lang)?;
        context.insert_value("first_half", Value::from(leads));
        Ok(Half {
            subject: self.subject(kind, lang, &context)?,
            text: self.engine.render(&format!("{kind}/body.txt"), &context)?,
            html: self.engine.render(&format!("{kind}/body.html"), &context)?,
        })
    }

    fn values(&self, facts: &MailFacts<'_>, lang: Lang) -> Result<Context, ComposeError> {
        let mut context = self.frame(facts.issuer, lang)?;
        self.put_person(&mut context, lang, facts.person.as_ref())?;
        match &facts.invoice {
            Some(invoice) => self.put_invoice(&mut context, lang, facts.issuer, invoice)?,
            None => self.put_bill(&mut context, lang, facts.bill.as_ref())?,
        }
        context.insert_value("document", Value::from(facts.invoice.is_some()));
        if let Some(pay_by) = facts.pay_by {
            let calendar = self.engine.words.calendar(lang);
            put(&mut context, "pay_by", &format::date(lang, calendar, pay_by));
        }
        put(&mut context, "renew", &facts.links.renew);
        put(&mut context, "payer_link", &facts.links.payer);
        put(&mut context, "unsubscribe", &facts.links.unsubscribe);
        put(&mut context, "confirm", &facts.links.confirm);
        context.insert_value("step", Value::from(matches!(facts.kind, MailKind::Step(_))));
        self.put_help(&mut context, lang, facts.home);
        put(&mut context, "channel", facts.channel.map_or("", Channel::as_str));
        let about_cover = matches!(
            facts.kind,
            MailKind::Cover(_) | MailKind::Certificate(_) | MailKind::DeclarationRecorded
        );
        context.insert_value("about_cover", Value::from(about_cover));
        let card = facts.relance.card.provider != CardProvider::None;
        context.insert_value("card", Value::from(card));
        let insurance = facts.relance.insurance.as_ref();
        let questions = insurance.is_some_and(|i| !i.questions.is_empty());
        context.insert_value("questions", Value::from(questions));
        let news = insurance.and_then(|i| i.news.as_ref()).filter(|_| facts.insurance_news);
        put(&mut context, "insurance_news", &news.map(|n| named(n, lang)).unwrap_or_default());
        let step_name = if let MailKind::Step(step) = facts.kind { step.as_str() } else { "" };
        put(&mut context, "step_name", step_name);
        self.put_kind(&mut context, facts, lang)?;
        Ok(context)
    }

    /// What only this kind of mail says.
    fn put_kind(
        &self,
        context: &mut Context,
        facts: &MailFacts<'_>,
        lang: Lang,
    ) -> Result<(), ComposeError> {
        match &facts.kind {
            MailKind::Confirmation(said) | MailKind::ConfirmRequest(said) => {
                put(context, "said", said.as_str());
                // The page behind the link can take back an answer, nothing else.
                context.insert_value("answered", Value::from(said.is_answer()));
            }
            MailKind::AddressChange { address, old_side } => {
                put(context, "address", &clean(address, false));
                context.insert_value("old_side", Value::from(*old_side));
            }
            MailKind::Receipt(receipt) => self.put_receipt(context, lang, receipt),
            MailKind::Invoice(why) => put(context, "why", why.as_str()),
            MailKind::DeskAnswer(answer) => {
                let answer = clean(answer, true);
                put(context, "answer", answer.trim());
                // Outlook knows no `white-space: pre-wrap`.
                let lines: Vec<Value> = answer.trim().lines().map(Value::normal_string).collect();
                context.insert_value("answer_lines", Value::from(lines));
            }
            MailKind::VerifyAnswer(sent) => {
                context.insert_value("ours", Value::from(sent.is_some()));
                if let Some(sent) = sent {
                    let at = self.instant(lang, sent.at, &facts.issuer.zone)?;
                    put(context, "sent", &at);
                    put(context, "original", &foreign_line(sent.subject));
                    put(context, "address", sent.address_masked);
                }
            }
            MailKind::Cover(news) => put(context, "news", news.as_str()),
            MailKind::Certificate(url) => {
                put(context, "certificate", &clean(url, false));
                put(context, "certificate_host", &clean(super::frame::host(url), false));
            }
            MailKind::PayerInvoice(account) => self.put_account(context, lang, account),
            MailKind::PayerReceipt(paid, account) | MailKind::PayerReturned(paid, account) => {
                self.put_paid(context, lang, paid);
                self.put_account(context, lang, account);
            }
            MailKind::Refund(paid) => self.put_paid(context, lang, paid),
            MailKind::PaidByPayer(name) => put(context, "payer", &clean(name, false)),
            MailKind::Step(_)
            | MailKind::FreshLink
            | MailKind::InsuranceFollowUp
            | MailKind::DeclarationRecorded
            | MailKind::Forward(_)
            | MailKind::DeskNote(_)
            | MailKind::Digest(_) => {}
        }
        Ok(())
    }

    pub(super) fn subject(
        &self,
        kind: &str,
        lang: Lang,
        context: &Context,
    ) -> Result<String, ComposeError> {
        let subject = self.engine.render(&format!("{kind}/subject.txt"), context)?;
        let subject = clean(subject.trim(), false);
        // A header has no lines to keep whole, and English without U+00A0 stays plain ASCII.
        Ok(if lang == Lang::En { subject.replace('\u{a0}', " ") } else { subject })
    }

    /// Text only, in the desk's language only.
    fn forward(&self, facts: &MailFacts<'_>, mail: &Forwarded<'_>) -> Result<Parts, ComposeError> {
        let lang = facts.issuer.desk.language;
        let why = FORWARD_REASONS.iter().find(|r| **r == mail.why);
        let why =
            why.ok_or(ComposeError::MissingFact { kind: "forward", fact: "a known reason" })?;
        let mut context = self.values(facts, lang)?;
        put(&mut context, "why", why);
        put(&mut context, "from", &foreign_line(mail.from));
        put(&mut context, "subject", &foreign_line(mail.subject));
        put(&mut context, "fenced", &fenced(mail.text));
        let zone = &facts.issuer.zone;
        put(&mut context, "received", &self.instant(lang, mail.received, zone)?);
        self.for_desk("forward", lang, &context)
    }

    /// Text only, in the desk's language only.
    fn desk_note(&self, facts: &MailFacts<'_>, note: &DeskNote<'_>) -> Result<Parts, ComposeError> {
        let lang = note.lang.unwrap_or(facts.issuer.desk.language);
        let mut context = self.values(facts, lang)?;
        put(&mut context, "topic", note.topic.as_str());
        put(&mut context, "code", &facts.issuer.code);
        for (name, n) in ["kept", "interrupted", "declined", "pending"].into_iter().zip(note.totals)
        {
            put(&mut context, name, &n.to_string());
        }
        for (name, value) in [
            ("address", note.address),
            ("unreached", note.unreached),
            ("shared", note.shared),
            ("phone", note.phone),
            ("other_address", note.other_address),
            ("employer", note.employer),
        ] {
            put(&mut context, name, &foreign_line(value));
        }
        put(&mut context, "step_name", &self.mailing(lang, note.step)?);
        put(&mut context, "firing", &note.firing.to_string());
        let zone = &facts.issuer.zone;
        let due = note.due.map(|at| self.instant(lang, at, zone)).transpose()?;
        put(&mut context, "due", &due.unwrap_or_default());
        self.for_desk("desk-note", lang, &context)
    }

    fn for_desk(&self, kind: &str, lang: Lang, context: &Context) -> Result<Parts, ComposeError> {
        let text = self.engine.render(&format!("{kind}/body.txt"), context)?;
        Ok(Parts {
            subject: self.subject(kind, lang, context)?,
            text: text::unmarked(&text),
            html: None,
            first: lang,
        })
    }
}

/// One cleaned and bounded line of foreign text.
pub(super) fn foreign_line(text: &str) -> String {
    clean(text, false).chars().take(FOREIGN_LINE_CHARS_MAX).collect()
}

/// Refuses a message that would go out with an empty link or name.
pub(super) fn require(facts: &MailFacts<'_>) -> Result<(), ComposeError> {
    let kind = template_name(&facts.kind);
    let (needs_person, link) = match facts.kind {
        MailKind::Step(_) | MailKind::FreshLink | MailKind::PayerInvoice(_) => {
            (true, Some(("a renewal link", &facts.links.renew)))
        }
        MailKind::Confirmation(_)
        | MailKind::Invoice(_)
        | MailKind::Receipt(_)
        | MailKind::InsuranceFollowUp
        | MailKind::DeclarationRecorded
        | MailKind::PaidByPayer(_)
        | MailKind::Certificate(_) => (true, None),
        MailKind::PayerReceipt(..) | MailKind::PayerReturned(..) => {
            (false, Some(("a payer's link", &facts.links.payer)))
        }
        MailKind::AddressChange { .. } => {
            (false, Some(("a confirmation link", &facts.links.confirm)))
        }
        MailKind::ConfirmRequest(_) => (false, Some(("a confirmation link", &facts.links.confirm))),
        MailKind::DeskNote(note) => {
            let of_a_member =
                matches!(note.topic, DeskTopic::AddressSuspended | DeskTopic::InsuranceFollowUp);
            (of_a_member, None)
        }
        MailKind::Cover(_) => (true, Some(("a renewal link", &facts.links.renew))),
        MailKind::Forward(_)
        | MailKind::DeskAnswer(_)
        | MailKind::Digest(_)
        | MailKind::Refund(_)
        | MailKind::VerifyAnswer(_) => (false, None),
    };
    if matches!(facts.kind, MailKind::Step(_) | MailKind::Receipt(_)) && facts.bill.is_none() {
        return Err(ComposeError::MissingFact { kind, fact: "a bill" });
    }
    let insures = matches!(
        facts.kind,
        MailKind::InsuranceFollowUp
            | MailKind::DeclarationRecorded
            | MailKind::Cover(_)
            | MailKind::Certificate(_)
    );
    if insures && facts.relance.insurance.is_none() {
        return Err(ComposeError::MissingFact { kind, fact: "the config's [insurance]" });
    }
    let document = matches!(facts.kind, MailKind::Invoice(_) | MailKind::PayerInvoice(_));
    if document && facts.invoice.is_none() {
        return Err(ComposeError::MissingFact { kind, fact: "an invoice" });
    }
    if needs_person && facts.person.is_none() {
        return Err(ComposeError::MissingFact { kind, fact: "a member" });
    }
    match link {
        Some((fact, url)) if url.is_empty() => Err(ComposeError::MissingFact { kind, fact }),
        _ => Ok(()),
    }
}
