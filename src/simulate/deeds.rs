//! Owns doing what an invented member does: the same actions as the doors', with the mail that
//! they got for evidence.

use rusqlite::Connection;

use super::behaviour::{Behaviour, Deed};
use crate::actions::checkouts::{self, Opening};
use crate::actions::{Action, Applied, Context, Door, Evidence, apply, view_of_renewal};
use crate::card::{About, Session};
use crate::domain::answer::{Answer, Choice, Declared, Employer, Situation};
use crate::domain::checkout::Word;
use crate::domain::offer::Insurance;
use crate::domain::suppression::Fault;
use crate::domain::words::{Cover, Lang};
use crate::ids::{CheckoutId, PayerId, Random, RenewalId};
use crate::store::messages::Reached;
use crate::store::{StoreError, invoices};

/// The provider whose page charges nobody.
const PROVIDER: &str = "demo";
/// As a mail server words it: no such user.
const NO_USER: &str = "5.1.1";

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    /// Nothing: it was not taken.
    Nothing,
    /// Something that is done with.
    Acted,
    /// Promised that this one pays.
    Promised(From),
}

/// Who sends a cheque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// The member, for one renewal.
    Member(RenewalId),
    /// An employer, for all that it owes an association.
    Payer(PayerId),
}

/// One member's turn.
pub(super) struct Turn<'a> {
    pub context: &'a Context,
    pub behaviour: &'a Behaviour,
    pub mail: &'a Reached,
    pub at: jiff::Timestamp,
    pub random: &'a Random,
}

impl Turn<'_> {
    /// Does it, in the caller's transaction.
    pub(super) fn act(&self, c: &Connection, deed: Deed) -> Result<Did, StoreError> {
        let (context, mail) = (self.context, self.mail);
        let door = if matches!(deed, Deed::Reply | Deed::Bounce) { Door::Mail } else { Door::Web };
        let mid = Some(mail.mid);
        let evidence = Evidence { door, mid, lang: Lang::En, at: self.at, answers: "" };
        let done = match deed {
            Deed::Invoice | Deed::Employer => self.answer(c, Choice::Invoice, &evidence)?,
            Deed::NotRenewing => self.answer(c, Choice::NotRenewing, &evidence)?,
            Deed::Situation => self.answer(c, Choice::Situation, &evidence)?,
            Deed::Reply => {
                let answer = &Answer::plain(Choice::Invoice);
                let action = Action::Answer { renewal: mail.renewal, answer, form: None };
                apply(c, context, &action, &evidence)?
            }
            Deed::Card => {
                self.answer(c, Choice::Card, &evidence)?;
                pay(c, context, mail, &evidence, self.random)?
            }
            Deed::Bounce => {
                let action = Action::Bounced {
                    mid: mail.mid,
                    status: NO_USER,
                    fault: Fault::Address,
                    vouched: true,
                    doubted: false,
                };
                apply(c, context, &action, &evidence)?
            }
        };
        Ok(match (done, deed) {
            (Applied::Done, Deed::Invoice | Deed::Reply | Deed::Employer) => {
                let owed = invoices::standing(c, mail.renewal)?;
                let payer = owed.first().and_then(|i| i.payer);
                match (owed.is_empty(), payer) {
                    (true, _) => Did::Acted,
                    (_, Some(payer)) => Did::Promised(From::Payer(payer)),
                    (_, None) => Did::Promised(From::Member(mail.renewal)),
                }
            }
            (Applied::Done, _) => Did::Acted,
            _ => Did::Nothing,
        })
    }

    /// Sends the page's form, with what it asks for beside the choice.
    fn answer(
        &self,
        c: &Connection,
        choice: Choice,
        evidence: &Evidence<'_>,
    ) -> Result<Applied, StoreError> {
        let (renewal, number) = (self.mail.renewal, &self.mail.member_no);
        let mut answer = Answer::plain(choice);
        let view = view_of_renewal(c, self.context, renewal, self.at)?;
        let offer = view.and_then(|view| view.offer).filter(|_| choice.renews());
        if let Some(offer) = offer {
            answer.cover = offer.asks_cover().then_some(match offer.insurance {
                Insurance::Entitled => Cover::Decline,
                _ => Cover::Keep,
            });
            answer.declared =
                self.behaviour.declares(number).filter(|_| offer.asks_questions()).map(|yes| {
                    Declared {
                        questions: offer.questions_version.clone(),
                        answers: offer.questions.iter().map(|id| (id.clone(), yes)).collect(),
                    }
                });
        }
        let deed = self.behaviour.deed_of(number);
        if deed == Some(Deed::Situation) {
            answer.situation = Some(Situation::Retired);
        }
        if deed == Some(Deed::Employer) {
            let n = self.behaviour.employer(number);
            answer.employer = Some(Employer {
                name: format!("Example Employer {n}"),
                email: format!("payables{n}@employers.example"),
                purchase_order: String::new(),
            });
        }
        let action = Action::Answer { renewal, answer: &answer, form: None };
        apply(c, self.context, &action, evidence)
    }
}

/// Presses “pay by card” and pays what the page asks for.
fn pay(
    c: &Connection,
    context: &Context,
    mail: &Reached,
    evidence: &Evidence<'_>,
    random: &Random,
) -> Result<Applied, StoreError> {
    let id = CheckoutId::draw(random);
    let opening = checkouts::open(c, context, mail.renewal, PROVIDER, id, evidence)?;
    let Opening::Call(row) = opening else { return Ok(Applied::Nothing) };
    let session = Session { id: format!("simulated-{}", mail.mid), url: String::new() };
    if !checkouts::opened(c, row.id, &session, evidence)? {
        return Ok(Applied::Nothing);
    }
    let word = Word::Paid { cents: row.amount.get(), currency: row.currency.clone() };
    let (payment, paid_at) = (Some(format!("payment-{}", mail.mid)), Some(evidence.at));
    let about = About { checkout: row.id, session: session.id, word, payment, at: paid_at };
    checkouts::tell(c, context, PROVIDER, &about, evidence)
}
