//! Owns who has to be written to on paper for a step: billed and without an answer, and no mail
//! reaches them. Never writes.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::config::{Association, Config, Schedule, StepKind};
use crate::domain::bill::Bill;
use crate::domain::billing::Terms;
use crate::domain::eligibility::{self, Excluded, Step};
use crate::domain::member::{Member, Renewal};
use crate::domain::words::RenewalState;
use crate::ids::PersonId;
use crate::store::people::{PersonRow, Postal};
use crate::store::{StoreError, people, pledges, renewals};

/// Members read at once.
const READ_AT_ONCE: i64 = 500;

/// One letter.
#[derive(Debug, Clone)]
pub struct PaperLetter {
    /// To whom.
    pub member: Member,
    /// Random id and telephone.
    pub contact: PersonRow,
    /// Where it goes.
    pub postal: Postal,
    /// What is owed.
    pub bill: Bill,
    /// Why no mail goes.
    pub why: Excluded,
}

/// Hands every letter of an association's step over, by row of the person.
pub fn each<E: From<StoreError>>(
    c: &Connection,
    config: &Config,
    (issuer, schedule): (&Association, &Schedule),
    now: Timestamp,
    mut letter: impl FnMut(PaperLetter) -> Result<(), E>,
) -> Result<(), E> {
    let terms = Terms::at(config, issuer, now);
    let step =
        Step { kind: schedule.kind, audience: schedule.audience(), day: terms.on, nominal: None };
    let mut after = 0;
    loop {
        let members = people::of_association(c, &issuer.code, after, READ_AT_ONCE)?;
        let (Some(first), Some(last)) = (members.first(), members.last()) else { return Ok(()) };
        after = last.id.0;
        let range: (PersonId, PersonId) = (first.id, last.id);
        let season = &config.relance.season.id;
        let renewals = renewals::of_persons(c, &issuer.code, season, range)?;
        for member in members {
            let renewal = renewals.get(&member.id);
            let Some(why) = why(c, config, issuer, step, &member, renewal)? else { continue };
            let Ok(bill) = eligibility::owing(config, issuer, &member, &terms) else { continue };
            let contact = people::contact(c, member.id)?;
            let postal = people::postal(c, member.id)?;
            letter(PaperLetter { member, contact, postal, bill, why })?;
        }
    }
}

/// Why a member who should get the step gets no mail of it; `None` where a mail reaches them, or
/// the step is not for them.
fn why(
    c: &Connection,
    config: &Config,
    issuer: &Association,
    step: Step,
    member: &Member,
    renewal: Option<&Renewal>,
) -> Result<Option<Excluded>, StoreError> {
    let promise = match renewal {
        Some(r) if r.state == RenewalState::Pledged => pledges::of_renewal(c, r.id)?,
        _ => eligibility::Promise::default(),
    };
    let verdict = match step.kind {
        // Once it has lapsed; before that nothing has happened of which a letter could tell.
        StepKind::Lapse => {
            let terms = Terms::on(config, step.day);
            eligibility::told_of_lapse(config, issuer, member, renewal, &terms)
        }
        _ => eligibility::decide(config, issuer, step, member, renewal, promise),
    };
    Ok(verdict.err().filter(|why| why.needs_a_letter()))
}
