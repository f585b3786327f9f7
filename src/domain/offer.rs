//! Owns what a member can choose from on the page of a renewal, what each choice costs, and what an
//! answer lacks. Knows no form: faults name what is missing, the page says where.

use jiff::ToSpan;
use jiff::civil::Date;

use super::answer::{Answer, Choice, Situation};
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
    /// Whether all of them are answered already: they are not asked, nor shown, again.
    pub declared: bool,
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
        declared: false,
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

    /// Whether there are questions that wait for their answers.
    #[must_use]
    pub fn asks_questions(&self) -> bool {
        !self.declared && !self.questions.is_empty()
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

/// What is missing in an answer given on the page. An intent to pay is never turned away because
/// insurance was passed over: cover then stays as it is, and the questions wait. But whoever began
/// with insurance is told what is missing there.
#[must_use]
pub fn lacks(offer: &Offer, answer: &Answer) -> Vec<Lack> {
    let mut found = Vec::new();
    if answer.choice == Choice::Situation {
        match answer.situation {
            None => found.push(Lack::Situation),
            Some(Situation::Other) if answer.note.is_empty() => found.push(Lack::Note),
            Some(_) => {}
        }
    }
    if !answer.choice.renews() {
        return found;
    }
    let gone = offer.optional.iter().any(|o| o.insurance_too && answer.dropped.contains(&o.code));
    let said = answer.declared.as_ref().map_or(&[][..], |d| &d.answers);
    let begun = !said.is_empty() || answer.cover == Some(Cover::Keep);
    if begun && !gone {
        if offer.asks_cover() && answer.cover.is_none() {
            found.push(Lack::Cover);
        }
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
    let missing = offer.questions.iter().enumerate().filter(|_| !offer.declared);
    missing.filter(|(_, id)| !said.iter().any(|(known, _)| known == *id)).map(|(n, _)| n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::answer::{Declared, Employer};
    use crate::domain::billing::tests::{federation, member};

    fn terms() -> Terms<'static> {
        let on = jiff::civil::date(2026, 11, 3);
        Terms { on, late: false, cover: None, dropped: &[] }
    }

    fn of(places: &[&str], issuer: &str) -> Offer {
        let config = federation();
        let issuer = config.association(issuer).unwrap();
        offer(&config, &member(places), issuer, &terms()).unwrap()
    }

    #[test]
    fn what_is_offered() {
        for (places, issuer, insurance, asks, questions) in [
            (&["CIP+"][..], "CIP", Insurance::Covered, true, 2),
            (&["CIP"], "CIP", Insurance::Entitled, true, 2),
            (&["OPPI+", "CIP"], "OPPI", Insurance::Covered, true, 2),
            (&["SPPI+", "CIP+"], "CIP", Insurance::None, false, 0),
        ] {
            let offer = of(places, issuer);
            assert_eq!(offer.insurance, insurance, "{places:?}");
            assert_eq!((offer.asks_cover(), offer.questions.len()), (asks, questions));
            assert_eq!(offer.keep.is_some(), asks);
            if let (Some(keep), Some(decline)) = (&offer.keep, &offer.decline) {
                assert!(keep.insures() && !decline.insures());
                assert!(keep.total() > decline.total());
            }
        }
    }

    #[test]
    fn a_quote_changes_with_every_amount() {
        let (covered, entitled) = (of(&["CIP+"], "CIP"), of(&["CIP"], "CIP"));
        assert_ne!(covered.quote(), entitled.quote());
        assert_eq!(covered.quote(), of(&["CIP+"], "CIP").quote());
        let mut dearer = covered.clone();
        dearer.decline.as_mut().unwrap().lines[0].amount = Cents::new(1).unwrap();
        assert_ne!(dearer.quote(), covered.quote());
    }

    #[test]
    fn what_an_answer_lacks() {
        let offer = of(&["CIP+"], "CIP");
        let plain = Answer::plain(Choice::Invoice);
        let declared = |n: usize| {
            let answers = offer.questions.iter().take(n).map(|id| (id.clone(), false)).collect();
            Some(Declared { questions: offer.questions_version.clone(), answers })
        };
        let employer = Some(Employer {
            name: "Ville d’Exemple".into(),
            email: "compta@example.org".into(),
            purchase_order: String::new(),
        });
        let (keep, decline) = (Some(Cover::Keep), Some(Cover::Decline));
        let situation = |kind, note: &str| Answer {
            situation: kind,
            note: note.into(),
            ..Answer::plain(Choice::Situation)
        };
        let table = [
            ("passed over", plain.clone(), vec![]),
            (
                "kept, nothing answered",
                Answer { cover: keep, ..plain.clone() },
                vec![Lack::Question(0), Lack::Question(1)],
            ),
            (
                "one of two",
                Answer { cover: keep, declared: declared(1), ..plain.clone() },
                vec![Lack::Question(1)],
            ),
            (
                "answered, not chosen",
                Answer { declared: declared(2), ..plain.clone() },
                vec![Lack::Cover],
            ),
            ("whole", Answer { cover: keep, declared: declared(2), ..plain.clone() }, vec![]),
            ("declined", Answer { cover: decline, ..plain.clone() }, vec![]),
            (
                "an employer by card",
                Answer { choice: Choice::Card, employer, ..plain },
                vec![Lack::EmployerByCard],
            ),
            ("no situation", situation(None, "x"), vec![Lack::Situation]),
            ("other, in no words", situation(Some(Situation::Other), ""), vec![Lack::Note]),
            ("retired", situation(Some(Situation::Retired), ""), vec![]),
            ("leaving", Answer::plain(Choice::NotRenewing), vec![]),
        ];
        for (name, answer, want) in table {
            assert_eq!(lacks(&offer, &answer), want, "{name}");
        }
    }

    #[test]
    fn a_reminder_cannot_be_put_off_to_the_deadline() {
        let season = federation().relance.season;
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(remind_until(&season, day("2026-11-03")), Some(day("2026-12-24")));
        assert_eq!(remind_until(&season, day("2026-12-24")), None);
    }
}
