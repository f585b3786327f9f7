//! Owns taking one read mail in: attribute, decide, act and keep, all in the caller's
//! transaction, together with the mailbox's cursor. A mail that was taken in before changes
//! nothing.

use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::attribute::{Attribution, attribute, redact};
use super::reading::{Kind, Reading};
use super::verify;
use super::vouching::count_unvouched;
use crate::actions::payers::is_for_payer;
use crate::actions::{self, Action, Context, Door, Evidence};
use crate::domain::answer::Answer;
use crate::domain::mailroom::{self, Known, MailAct};
use crate::domain::season;
use crate::domain::suppression::Fault;
use crate::domain::words::Lang;
use crate::ids::{MessageId, PersonId};
use crate::outbox::hold_sick_firing;
use crate::store::inbounds::{self, NewInbound};
use crate::store::messages::MessageView;
use crate::store::{StoreError, attempts, messages, people, renewals, revoked};

/// A person's words are kept up to here for the desk.
const TEXT_CHARS_MAX: usize = 20_000;

/// One mail, read.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Its place in the mailbox.
    pub key: String,
    /// IMAP UID; 0 for a Maildir.
    pub uid: i64,
    /// When our mail server had it.
    pub received: Timestamp,
    /// SHA-256 of the raw octets.
    pub digest: [u8; 32],
    /// What it turned out to be.
    pub reading: Reading,
}

impl Arrived {
    /// From the raw octets and what was read in them.
    #[must_use]
    pub fn new(raw: &super::source::RawMail, reading: Reading) -> Self {
        Self {
            key: raw.key.clone(),
            uid: i64::from(raw.uid),
            received: raw.received,
            digest: Sha256::digest(&raw.raw).into(),
            reading,
        }
    }
}

/// Which mailbox, as the cursor names it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The mailbox's name in the store.
    pub mailbox: String,
    /// UIDVALIDITY; 0 for a Maildir.
    pub validity: i64,
}

/// What a token leads to.
struct Origin {
    attribution: Attribution,
    message: MessageView,
    known: Known,
}

/// What a mail came to, and what it is about as far as a log may say: ids and numbers, never a
/// name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// A word of `docs/mailroom.md`, or `seen`.
    pub outcome: String,
    /// The attempt whose token came back.
    pub message: Option<MessageId>,
    /// Number of the member whom that message is about.
    pub member_no: Option<String>,
}

impl From<&str> for Taken {
    fn from(outcome: &str) -> Self {
        Self { outcome: outcome.into(), ..Self::default() }
    }
}

/// Takes one mail in. Returns what it came to.
pub fn take_in(
    c: &Connection,
    context: &Context,
    place: &Place,
    mail: &Arrived,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let seen = inbounds::seen_key(c, &place.mailbox, place.validity, &mail.key)?;
    let taken = if seen { "seen".into() } else { fresh(c, context, place, mail, now)? };
    if mail.uid > 0 {
        inbounds::advance(c, &place.mailbox, place.validity, mail.uid)?;
    }
    Ok(taken)
}

fn fresh(
    c: &Connection,
    context: &Context,
    place: &Place,
    mail: &Arrived,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let mark = mark(context, mail);
    if inbounds::seen_content(c, &mail.digest, &mark)? {
        keep(c, place, mail, &mark, "duplicate", (None, None), "", now)?;
        return Ok("duplicate".into());
    }
    let reading = &mail.reading;
    count_unvouched(c, context, reading)?;
    if let Some(doubt) = verify::read(c, context, reading)? {
        let outcome = doubted(c, context, place, mail, &mark, &doubt, now)?;
        return taken(c, outcome, (doubt.about.map(|(mid, _)| mid), doubt.person));
    }
    let origin = origin(c, context, reading, now)?;
    let act = mailroom::decide(
        reading,
        origin.as_ref().map(|o| o.attribution.found),
        origin.as_ref().map(|o| &o.known),
        &context.config.relance.mail.authserv_id,
        season::deadline(&context.config.relance.season),
        mail.received.min(now),
    );
    let outcome = name(&act);
    let text = match &act {
        MailAct::ToDesk(_) | MailAct::DeskAnswer => text(context, reading),
        // Tells who looks for an answer when there can be one; nothing else of the note is kept.
        MailAct::Keep(_) => reading.back_on.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let about = origin.as_ref().map(|o| (o.attribution.mid, o.message.person));
    let about = about.map_or((None, None), |(mid, person)| (Some(mid), person));
    let row = keep(c, place, mail, &mark, &outcome, about, &text, now)?;
    if let Some(row) = row {
        carry_out(c, context, mail, row, &act, origin.as_ref(), now)?;
    }
    taken(c, outcome, about)
}

fn taken(
    c: &Connection,
    outcome: String,
    (message, person): (Option<MessageId>, Option<PersonId>),
) -> Result<Taken, StoreError> {
    let member = person.map(|id| people::by_id(c, id)).transpose()?.flatten();
    Ok(Taken { outcome, message, member_no: member.map(|m| m.member_no) })
}

/// A mail of somebody who doubts one: only the question is answered, whatever else it says.
fn doubted(
    c: &Connection,
    context: &Context,
    place: &Place,
    mail: &Arrived,
    mark: &[u8],
    doubt: &verify::Doubt,
    now: Timestamp,
) -> Result<String, StoreError> {
    let outcome = name(&doubt.act);
    let reading = &mail.reading;
    let words = matches!(doubt.act, MailAct::ToDesk(_)).then(|| text(context, reading));
    let about = doubt.about.map(|(mid, _)| mid);
    let kept = (about, doubt.person);
    let row = keep(c, place, mail, mark, &outcome, kept, &words.unwrap_or_default(), now)?;
    let Some(row) = row else { return Ok(outcome) };
    let evidence = Evidence {
        door: Door::Mail,
        mid: about,
        lang: reading.reply.as_ref().and_then(|r| r.lang).unwrap_or(Lang::En),
        at: mail.received.min(now),
        answers: &reading.message_id,
    };
    let message = doubt.about.map(|(_, message)| message);
    let action = match (&doubt.act, doubt.person) {
        (MailAct::Verify { ours }, Some(person)) => {
            Action::Verify { person, about: about.filter(|_| *ours) }
        }
        (MailAct::ToDesk(why), _) => Action::Forward { inbound: row, message, why },
        _ => return Ok(outcome),
    };
    actions::apply(c, context, &action, &evidence)?;
    Ok(outcome)
}

/// Message-ID, From and text under a key; the octets' digest where a mail has none of them.
fn mark(context: &Context, mail: &Arrived) -> [u8; 32] {
    let r = &mail.reading;
    let text = r.reply.as_ref().map_or("", |reply| reply.text.as_str());
    if r.message_id.is_empty() {
        return context.ring.mark("inbound-octets", &mail.digest);
    }
    let parts = [r.message_id.as_str(), &r.from, &r.subject, text].join("\0");
    context.ring.mark("inbound", parts.as_bytes())
}

fn origin(
    c: &Connection,
    context: &Context,
    reading: &Reading,
    now: Timestamp,
) -> Result<Option<Origin>, StoreError> {
    let Some(mut attribution) = attribute(reading, &context.ring, now) else { return Ok(None) };
    attribution.found.expired |= revoked::is_revoked(c, attribution.mid)?;
    let Some(attempt) = attempts::by_mid(c, attribution.mid)? else {
        tracing::error!(message = %attribution.mid, "inbox.token_of_nothing_here");
        return Ok(None);
    };
    let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
    let written = matches!(reading.kind, Kind::Reply | Kind::Other);
    if written && message.to_desk && message.kind != "forward" {
        // An answer to a note of ours is for no member: it goes to the national desk.
        return Ok(None);
    }
    let on_file = if message.to_desk {
        context
            .config
            .association(&message.issuer)
            .map(|a| a.desk.email.clone())
            .into_iter()
            .collect()
    } else {
        addresses(c, message.person)?
    };
    // What comes after the season is for the desk to read: there is nothing to answer any more.
    let renewal = message.renewal.map(|id| renewals::by_id(c, id)).transpose()?.flatten();
    let season = &context.config.relance.season;
    let has_renewal = renewal.is_some_and(|row| season::takes_answers(season, &row.season, now));
    let known = Known {
        to_desk: message.to_desk,
        to_payer: is_for_payer(&message.kind),
        sent_to: attempt.address.clone(),
        on_file,
        has_renewal,
        bounced: attempt.bounced_ms.is_some(),
    };
    Ok(Some(Origin { attribution, message, known }))
}

fn addresses(c: &Connection, person: Option<PersonId>) -> Result<Vec<String>, StoreError> {
    let Some(id) = person else { return Ok(Vec::new()) };
    let first = people::by_id(c, id)?.and_then(|m| m.email);
    let second = people::contact(c, id)?.email2;
    Ok(first.into_iter().chain(second).collect())
}

/// The word under which a mail is kept and counted; `docs/mailroom.md` lists them all.
pub(super) fn name(act: &MailAct) -> String {
    match act {
        MailAct::Keep(why) => format!("kept:{why}"),
        MailAct::Bounced { fault: Fault::Address, .. } => "bounced-hard".into(),
        MailAct::Bounced { .. } => "bounced-soft".into(),
        MailAct::Complained => "complained".into(),
        MailAct::Answer(choice) => format!("answered:{}", choice.as_str()),
        MailAct::Stop => "stopped".into(),
        MailAct::Help => "helped".into(),
        MailAct::ConfirmFirst(_) => "asked-to-confirm".into(),
        MailAct::DeskAnswer => "desk-answer".into(),
        MailAct::Verify { ours: true } => "verified:ours".into(),
        MailAct::Verify { ours: false } => "verified:not-ours".into(),
        MailAct::ToDesk(why) => format!("to-desk:{why}"),
    }
}

/// The new words, without our tokens; for what could not be read, a line that says so.
fn text(context: &Context, reading: &Reading) -> String {
    let words = reading.reply.as_ref().map_or("", |r| r.text.as_str());
    redact(&words.chars().take(TEXT_CHARS_MAX).collect::<String>(), &context.ring)
}

#[expect(clippy::too_many_arguments, reason = "the columns of a kept mail")]
fn keep(
    c: &Connection,
    place: &Place,
    mail: &Arrived,
    mark: &[u8],
    outcome: &str,
    (mid, person): (Option<MessageId>, Option<PersonId>),
    text: &str,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let r = &mail.reading;
    // Who wrote is kept only where a desk must answer.
    let desk = outcome.starts_with("to-desk") || outcome == "desk-answer";
    let row = NewInbound {
        mailbox: &place.mailbox,
        validity: place.validity,
        key: &mail.key,
        digest: &mail.digest,
        mark,
        received_ms: mail.received.as_millisecond(),
        kind: kind(r.kind),
        outcome,
        mid,
        person,
        sender: if desk { &r.from } else { "" },
        sender_name: if desk { &r.from_name } else { "" },
        subject: if desk { &r.subject } else { "" },
        header_id: if desk { &r.message_id } else { "" },
        text,
    };
    inbounds::keep(c, &row, now.as_millisecond())
}

pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Bounce => "bounce",
        Kind::Report => "report",
        Kind::Complaint => "complaint",
        Kind::AutoReply => "autoreply",
        Kind::Reply => "reply",
        Kind::Other => "other",
    }
}

fn carry_out(
    c: &Connection,
    context: &Context,
    mail: &Arrived,
    row: i64,
    act: &MailAct,
    origin: Option<&Origin>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mid = origin.map(|o| o.attribution.mid);
    let lang = mail.reading.reply.as_ref().and_then(|r| r.lang).unwrap_or(Lang::En);
    let evidence = Evidence {
        door: Door::Mail,
        mid,
        lang,
        at: mail.received.min(now),
        answers: &mail.reading.message_id,
    };
    let applied = |action: &Action<'_>| actions::apply(c, context, action, &evidence).map(drop);
    if let Some(origin) = origin {
        prove(c, context, mail, origin, act, &evidence)?;
    }
    let Some(origin) = origin else {
        return match act {
            MailAct::ToDesk(why) => applied(&Action::Forward { inbound: row, message: None, why }),
            _ => Ok(()),
        };
    };
    let (message, mid) = (origin.message.id, origin.attribution.mid);
    match act {
        // A doubt is answered before anything is attributed.
        MailAct::Keep(_) | MailAct::Verify { .. } => Ok(()),
        MailAct::Bounced { status, fault, vouched } => {
            let doubted = hold_sick_firing(c, context, origin.message.firing, now)?;
            let (fault, vouched) = (*fault, *vouched);
            applied(&Action::Bounced { mid, status, fault, vouched, doubted })
        }
        MailAct::Complained => applied(&Action::Complained { mid }),
        MailAct::Answer(choice) => match origin.message.renewal {
            Some(renewal) => {
                applied(&Action::Answer { renewal, answer: &Answer::plain(*choice), form: None })
            }
            None => Ok(()),
        },
        MailAct::Stop => match origin.message.person {
            Some(person) => {
                applied(&Action::Unsubscribe { person, issuer: &origin.message.issuer })
            }
            None => Ok(()),
        },
        MailAct::Help => applied(&Action::Help { message }),
        MailAct::ConfirmFirst(wish) => applied(&Action::AskToConfirm { message, wish: *wish }),
        MailAct::DeskAnswer => applied(&Action::DeskAnswer { inbound: row, message }),
        MailAct::ToDesk(why) => {
            applied(&Action::Forward { inbound: row, message: Some(message), why })
        }
    }
}

/// A token that came back proves that its message left; a person's reply lifts a suspension too.
fn prove(
    c: &Connection,
    context: &Context,
    mail: &Arrived,
    origin: &Origin,
    act: &MailAct,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let r = &mail.reading;
    let written = matches!(r.kind, Kind::Reply | Kind::Other) && r.unreadable.is_none();
    let human = written && !r.no_answer && !matches!(act, MailAct::Keep(_));
    let what = if human { "reply" } else { "returned" };
    let proof = Action::Proof { mid: origin.attribution.mid, what, human };
    actions::apply(c, context, &proof, evidence).map(drop)
}
