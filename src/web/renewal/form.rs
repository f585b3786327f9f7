//! Owns reading the renewal's form: what it asks for, or everything that is wrong with it. Touches
//! neither store nor page.

use jiff::civil::Date;

use super::Shown;
use crate::compose::{FormFault, Longest, REASON_CHARS_MAX, Typed};
use crate::config::{CardProvider, Config};
use crate::domain::answer::{Answer, Choice, Declared, Employer, Situation};
use crate::domain::correction::{self, Change, Fault, Field, Proof, VALUE_CHARS_MAX};
use crate::domain::desk;
use crate::domain::offer::{self, Lack, Offer};
use crate::domain::words::Cover;
use crate::members::address;
use crate::members::name::{DisplayName, is_dangerous};

/// Longest nonce taken: ours have 22 characters.
const NONCE_OCTETS_MAX: usize = 64;
/// Longest quote taken: some amounts.
const QUOTE_OCTETS_MAX: usize = 512;

/// What a form asks for.
pub(super) enum Asked {
    /// An answer to the page that it was sent from.
    Answer { answer: Box<Answer>, version: i64, nonce: String, quote: String },
    /// Corrections alone.
    Correct(Vec<Change>),
    /// No reminder before that day.
    RemindOn(Date),
    /// The insurance questions alone, for a renewal that is answered.
    Declare(Declared),
    /// Pay what is owed by card.
    Pay,
    /// The last answer taken back.
    Undo,
    /// Nothing: what is on record stays.
    Keep,
    /// A desk: no more reminders.
    Stop,
    /// A desk: reminders again.
    Start,
    /// A desk: the link to the member's own page, to the address on file.
    Link,
}

impl Asked {
    /// What the ledger calls it when a desk did it.
    pub const fn did(&self) -> &'static str {
        match self {
            Self::Answer { answer, .. } => answer.choice.as_str(),
            Self::Correct(_) => "correct",
            Self::RemindOn(_) => "remind",
            Self::Declare(_) => "declare",
            Self::Pay => "pay",
            Self::Undo => "undo",
            Self::Keep => "keep",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Link => "link",
        }
    }
}

/// Reads a form. `may_prove`: nobody has guessed wrongly too often about this member.
pub(super) fn read(
    shown: &Shown,
    config: &Config,
    may_prove: bool,
    typed: &Typed,
) -> Result<Asked, Vec<FormFault>> {
    let behalf = shown.behalf().is_some();
    let reading = Reading { shown, config, may_prove, typed, behalf };
    let asked = reading.asked();
    let unsigned = match asked {
        Ok(Asked::Keep) => Vec::new(),
        _ if behalf => signature(typed),
        _ => Vec::new(),
    };
    match asked {
        asked if unsigned.is_empty() => asked,
        asked => {
            Err(in_order(unsigned.into_iter().chain(asked.err().into_iter().flatten()).collect()))
        }
    }
}

/// What is wrong with how a desk signs for a member.
fn signature(typed: &Typed) -> Vec<FormFault> {
    let mut faults = desk::signature(typed.get("staff"), typed.get("desk_note"), false);
    if desk::Channel::parse(typed.get("channel")).is_none() {
        faults.push(desk::Fault::NoChannel);
    }
    faults.into_iter().map(FormFault::Signature).collect()
}

struct Reading<'a> {
    shown: &'a Shown,
    config: &'a Config,
    may_prove: bool,
    typed: &'a Typed,
    /// Whether a desk has the page: it signs, and is no stranger whom a notice was passed on to.
    behalf: bool,
}

impl Reading<'_> {
    fn asked(&self) -> Result<Asked, Vec<FormFault>> {
        let card = self.config.relance.card.provider != CardProvider::None;
        match self.typed.get("act") {
            "undo" => Ok(Asked::Undo),
            "keep" => Ok(Asked::Keep),
            "pay" if card && !self.behalf => Ok(Asked::Pay),
            "correct" => self.corrections(),
            "declare" => self.declaration(),
            "remind" => self.reminder().map(Asked::RemindOn).map_err(|fault| vec![fault]),
            "stop" if self.behalf => Ok(Asked::Stop),
            "start" if self.behalf => Ok(Asked::Start),
            "link" if self.behalf => Ok(Asked::Link),
            "" | "replace" => self.answer(),
            _ => Err(vec![FormFault::UnknownChoice]),
        }
    }

    fn corrections(&self) -> Result<Asked, Vec<FormFault>> {
        let (changes, mut faults) = self.changes();
        if changes.is_empty() && faults.is_empty() {
            faults.push(FormFault::NothingChanged);
        }
        faults.extend((!changes.is_empty()).then(|| self.proof()).flatten());
        if faults.is_empty() { Ok(Asked::Correct(changes)) } else { Err(faults) }
    }

    fn declaration(&self) -> Result<Asked, Vec<FormFault>> {
        let Some(offer) = &self.shown.view.offer else { return Ok(Asked::Keep) };
        if !offer.asks_questions() {
            return Ok(Asked::Keep);
        }
        let declared = self.declared(offer);
        let said = declared.as_ref().map_or(&[][..], |d| &d.answers);
        let missing = offer::unanswered(offer, said).map(Lack::Question).map(fault_of);
        let mut faults: Vec<FormFault> = missing.collect();
        faults.extend(self.proof());
        match declared {
            Some(declared) if faults.is_empty() => Ok(Asked::Declare(declared)),
            _ => Err(in_order(faults)),
        }
    }

    fn reminder(&self) -> Result<Date, FormFault> {
        let until = offer::remind_until(&self.config.relance.season, self.shown.today);
        let day: Date =
            self.typed.get("remind_on").trim().parse().map_err(|_| FormFault::RemindOn)?;
        let good = day > self.shown.today && until.is_some_and(|until| day <= until);
        if good { Ok(day) } else { Err(FormFault::RemindOn) }
    }

    fn answer(&self) -> Result<Asked, Vec<FormFault>> {
        let choice = match self.typed.get("choice") {
            "" => return Err(vec![FormFault::NoChoice]),
            // A card is the member's alone.
            text => Choice::parse(text)
                .filter(|choice| *choice != Choice::Card || !self.behalf)
                .ok_or_else(|| vec![FormFault::UnknownChoice])?,
        };
        let version = self.typed.get("version").parse().map_err(|_| vec![FormFault::Incomplete])?;
        let (nonce, quote) = (self.typed.get("nonce"), self.typed.get("quote"));
        if nonce.is_empty() || nonce.len() > NONCE_OCTETS_MAX || quote.len() > QUOTE_OCTETS_MAX {
            return Err(vec![FormFault::Incomplete]);
        }
        let (changes, mut faults) = self.changes();
        let mut answer = Answer { changes, ..Answer::plain(choice) };
        match choice {
            Choice::Invoice | Choice::Card => self.renewing(&mut answer, &mut faults),
            Choice::NotRenewing => answer.note = self.note("reason", Longest::Reason, &mut faults),
            Choice::Situation => {
                answer.situation = Situation::parse(self.typed.get("situation"));
                answer.note = self.note("note", Longest::Note, &mut faults);
            }
        }
        if let Some(offer) = &self.shown.view.offer {
            faults.extend(offer::lacks(offer, &answer).into_iter().map(fault_of));
        }
        if self.needs_proof(&answer) {
            faults.extend(self.proof());
        }
        if !faults.is_empty() {
            return Err(in_order(faults));
        }
        let (nonce, quote) = (nonce.to_owned(), quote.to_owned());
        Ok(Asked::Answer { answer: Box::new(answer), version, nonce, quote })
    }

    /// What stands beside a renewal: insurance, what is left out, who pays.
    fn renewing(&self, answer: &mut Answer, faults: &mut Vec<FormFault>) {
        let Some(offer) = &self.shown.view.offer else { return };
        if offer.asks_cover() {
            answer.cover = Cover::parse(self.typed.get("cover"));
        }
        let optional = offer.optional.iter().map(|o| &o.code);
        let dropped = optional.filter(|code| self.typed.all("drop").any(|d| d == code.as_str()));
        answer.dropped = dropped.cloned().collect();
        if answer.cover != Some(Cover::Decline) {
            // What is declined is not declared.
            answer.declared = self.declared(offer);
        }
        match self.employer() {
            Ok(employer) => answer.employer = employer,
            Err(found) => faults.extend(found),
        }
    }

    /// The questions as far as they were answered; `None` where none was.
    fn declared(&self, offer: &Offer) -> Option<Declared> {
        let answers: Vec<(String, bool)> = offer
            .questions
            .iter()
            .filter_map(|id| match self.typed.get(&format!("q-{id}")) {
                "yes" => Some((id.clone(), true)),
                "no" => Some((id.clone(), false)),
                _ => None,
            })
            .collect();
        let questions = offer.questions_version.clone();
        (!answers.is_empty()).then_some(Declared { questions, answers })
    }

    fn employer(&self) -> Result<Option<Employer>, Vec<FormFault>> {
        let field = |name| self.typed.get(name).trim();
        let (name, email) = (field("employer_name"), field("employer_email"));
        let order = field("purchase_order");
        if [name, email, order].iter().all(|text| text.is_empty()) {
            return Ok(None);
        }
        let name = DisplayName::new(name).map_err(|_| FormFault::EmployerName);
        let email = address::normalise(email).map_err(|_| FormFault::EmployerEmail);
        let plain: String = order.chars().filter(|c| !is_dangerous(*c)).collect();
        match (name, email) {
            (Ok(name), Ok(email)) => Ok(Some(Employer {
                name: name.as_str().to_owned(),
                email: email.as_str().to_owned(),
                purchase_order: plain.chars().take(VALUE_CHARS_MAX).collect(),
            })),
            (name, email) => Err(name.err().into_iter().chain(email.err()).collect()),
        }
    }

    fn note(&self, field: &str, longest: Longest, faults: &mut Vec<FormFault>) -> String {
        let note = self.typed.get(field).trim();
        if note.chars().count() > usize::try_from(REASON_CHARS_MAX).unwrap_or(usize::MAX) {
            faults.push(FormFault::ReasonTooLong(longest));
        }
        note.to_owned()
    }

    fn changes(&self) -> (Vec<Change>, Vec<FormFault>) {
        let typed = |field: Field| self.typed.get(field.as_str());
        match correction::changes(&self.shown.view.on_file, typed) {
            Ok(changes) => (changes, Vec::new()),
            Err(faults) => {
                let faults = faults.into_iter().map(|(field, fault)| match fault {
                    Fault::Shape | Fault::ProvinceNeeded => FormFault::Correction(field),
                    Fault::Long => FormFault::TooLong(field),
                });
                (Vec::new(), faults.collect())
            }
        }
    }

    /// A notice is easily passed on: what is the member's own, or ends their cover, asks who it is.
    fn needs_proof(&self, answer: &Answer) -> bool {
        let ends_cover = answer.cover == Some(Cover::Decline)
            && self.shown.view.offer.as_ref().is_some_and(Offer::bill_insures);
        !answer.changes.is_empty()
            || answer.declared.is_some()
            || ends_cover
            || answer.choice == Choice::NotRenewing
    }

    fn proof(&self) -> Option<FormFault> {
        if self.behalf {
            return None;
        }
        let typed = self.typed.get("proof");
        let view = &self.shown.view;
        let asked = Proof::of(&view.on_file.postal_code);
        if typed.trim().is_empty() {
            Some(FormFault::Proof(asked))
        } else if !self.may_prove {
            Some(FormFault::ProofTooOften)
        } else if correction::proves(typed, &view.on_file.postal_code, &view.member.member_no) {
            None
        } else {
            Some(FormFault::ProofWrong(asked))
        }
    }
}

fn fault_of(lack: Lack) -> FormFault {
    match lack {
        Lack::Cover => FormFault::Cover,
        Lack::Question(n) => FormFault::Question(u8::try_from(n + 1).unwrap_or(u8::MAX)),
        Lack::Situation => FormFault::Situation,
        Lack::Note => FormFault::Note,
        Lack::EmployerByCard => FormFault::EmployerByCard,
    }
}

/// As the page shows the fields, from top to bottom.
fn in_order(mut faults: Vec<FormFault>) -> Vec<FormFault> {
    faults.sort_by_key(|fault| match fault {
        FormFault::Signature(_) => 0,
        FormFault::Correction(_) | FormFault::TooLong(_) | FormFault::NothingChanged => 1,
        FormFault::Situation | FormFault::Note | FormFault::ReasonTooLong(Longest::Note) => 2,
        FormFault::Cover => 3,
        FormFault::Question(_) => 4,
        FormFault::Proof(_) | FormFault::ProofWrong(_) | FormFault::ProofTooOften => 5,
        _ => 6,
    });
    faults
}
