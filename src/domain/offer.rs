//! Owns what a member can choose from on the page of a renewal, what each choice costs, and what an
//! answer lacks. Knows no form: faults name what is missing, the page says where.

use jiff::ToSpan;
use jiff::civil::Date;

use super::answer::{Answer, Choice};
use super::bill::{Bill, Line, LineKind};
use super::billing::{self, Terms};
use super::insurance::{self, Standing, standing};
use super::member::Member;
use super::money::Cents;
use super::words::Cover;
use crate::config::{Association, Config, SeasonSection};

/// Days that lie between a reminder that was put off and the deadline.
const REMIND_BEFORE_DAYS: i64 = 7;

/// How insurance goes with this renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insurance {
    /// Neither covered nor entitled here.
    None,
    /// Part of the membership.
    Included,
    /// The member has it and may decline it.
    Covered,
    /// The member may take it.
    Entitled,
}

/// A body whose dues may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional {
    /// Code of the body.
    pub code: String,
    /// What its dues come to, taxes included.
    pub dues: Cents,
    /// Whether insurance goes with it.
    pub insurance_too: bool,
}

/// What the page of one renewal offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is owed if nothing is left out and the cover stays as it is.
    pub bill: Bill,
    /// Insurance.
    pub insurance: Insurance,
    /// What is owed with insurance kept or taken, where that can be chosen.
    pub keep: Option<Bill>,
    /// What is owed without it, where that can be chosen.
    pub decline: Option<Bill>,
    /// Bodies that may be left out.
    pub optional: Vec<Optional>,
    /// Ids of the insurance questions to be answered, in order.
    pub questions: Vec<String>,
    /// Version of their wording.
    pub questions_version: String,
}

/// What `member` can choose from; `None` where `issuer` bills them for nothing.
#[must_use]
pub fn offer(
    config: &Config,
    member: &Member,
    issuer: &Association,
    plain: &Terms<'_>,
) -> Option<Offer> {
    let by = |cover, dropped: &[String]| {
        billing::bill(config, member, issuer, &Terms { cover, dropped, ..*plain })
    };
    let bill = by(None, &[])?;
    let insurance = match standing(config, member, &issuer.code) {
        Standing::Without => Insurance::None,
        Standing::Covered if insurance::may_decline(config, member) => Insurance::Covered,
        Standing::Covered => Insurance::Included,
        Standing::Entitled => Insurance::Entitled,
    };
    let chosen = matches!(insurance, Insurance::Covered | Insurance::Entitled);
    let priced = |cover| if chosen { by(Some(cover), &[]) } else { None };
    let optional = issuer.optional_bodies.iter().filter_map(|code| {
        let own = |l: &&Line| l.supplier == *code && l.kind == LineKind::Dues;
        bill.lines.iter().find(own)?;
        let insurance_too = issuer.insurance_needs.contains(code) && insurance != Insurance::None;
        let dues = bill.lines.iter().filter(own).map(Line::total).sum();
        Some(Optional { code: code.clone(), dues, insurance_too })
    });
    let asked = config.relance.insurance.as_ref().filter(|_| insurance != Insurance::None);
    Some(Offer {
        insurance,
        keep: priced(Cover::Keep),
        decline: priced(Cover::Decline),
        optional: optional.collect(),
        questions: asked
            .map(|a| a.questions.iter().map(|q| q.id.clone()).collect())
            .unwrap_or_default(),
        questions_version: asked.map(|a| a.questions_version.clone()).unwrap_or_default(),
        bill,
    })
}

impl Offer {
    /// Whether insurance is spoken of at all.
    #[must_use]
    pub fn speaks_of_insurance(&self) -> bool {
        self.insurance != Insurance::None
    }

    /// Whether there is cover that can go on or end.
    #[must_use]
    pub const fn bill_insures(&self) -> bool {
        matches!(self.insurance, Insurance::Included | Insurance::Covered)
    }

    /// Whether cover must be chosen.
    #[must_use]
    pub const fn asks_cover(&self) -> bool {
        matches!(self.insurance, Insurance::Covered | Insurance::Entitled)
    }

    /// Every amount that the page shows, in one text: a page that showed others must be shown
    /// again before anything is taken from it.
    #[must_use]
    pub fn quote(&self) -> String {
        let total = |bill: &Option<Bill>| bill.as_ref().map_or(0, |b| b.total().get());
        let mut text =
            format!("{}-{}-{}", self.bill.total().get(), total(&self.keep), total(&self.decline));
        for one in &self.optional {
            text = format!("{text}-{}{}", one.code, one.dues.get());
        }
        text
    }
}

/// The last day to which a reminder may be put off: early enough that one still comes before the
/// last call. `None` where that day has come.
#[must_use]
pub fn remind_until(season: &SeasonSection, today: Date) -> Option<Date> {
    let until = season.declare_by.checked_sub(REMIND_BEFORE_DAYS.days()).ok()?;
    (until > today).then_some(until)
}

/// What an answer given on the page lacks, or has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Insurance: kept or declined.
    Cover,
    /// The question with that place.
    Question(usize),
    /// What changed.
    Situation,
    /// What changed, in words: “other” alone tells a desk nothing.
    Note,
    /// An employer gets an invoice; a card is for whoever pays at once.
    EmployerByCard,
}

/// What is missing in an answer given on the page. A reply or a desk may leave insurance open; a
/// member who has the questions before them answers them.
#[must_use]
pub fn lacks(offer: &Offer, answer: &Answer) -> Vec<Lack> {
    let mut found = Vec::new();
    if answer.choice == Choice::Situation {
        match answer.situation {
            None => found.push(Lack::Situation),
            Some(super::answer::Situation::Other) if answer.note.is_empty() => {
                found.push(Lack::Note);
            }
            Some(_) => {}
        }
    }
    if !answer.choice.renews() {
        return found;
    }
    let gone = offer.optional.iter().any(|o| o.insurance_too && answer.dropped.contains(&o.code));
    if offer.asks_cover() && !gone && answer.cover.is_none() {
        found.push(Lack::Cover);
    }
    if !gone && answer.cover != Some(Cover::Decline) {
        let said = answer.declared.as_ref().map_or(&[][..], |d| &d.answers);
        found.extend(unanswered(offer, said).map(Lack::Question));
    }
    if answer.employer.is_some() && answer.choice == Choice::Card {
        found.push(Lack::EmployerByCard);
    }
    found
}

/// Places of the questions that have no answer.
pub fn unanswered<'a>(
    offer: &'a Offer,
    said: &'a [(String, bool)],
) -> impl Iterator<Item = usize> + 'a {
    let missing = offer.questions.iter().enumerate();
    missing.filter(|(_, id)| !said.iter().any(|(known, _)| known == *id)).map(|(n, _)| n)
}
