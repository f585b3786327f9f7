//! Owns what a page or a mail shows of a renewal: whose it is, what they can choose, what is owed.
//! Reads, and never writes.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::{Context, invoices};
use crate::compose::Bill;
use crate::domain::answer::{self, Given};
use crate::domain::billing::{self, Terms};
use crate::domain::correction::OnFile;
use crate::domain::member::{Member, Renewal};
use crate::domain::offer::{self, Offer};
use crate::domain::words::{Cover, RenewalState};
use crate::ids::RenewalId;
use crate::store::renewals::{self, RenewalRow};
use crate::store::{StoreError, corrections as corrected, declarations, people};

/// A renewal with all that a page or a mail shows of it.
#[derive(Debug, Clone)]
pub struct RenewalView {
    /// The renewal.
    pub row: RenewalRow,
    /// Whose.
    pub member: Member,
    /// Their own data.
    pub on_file: OnFile,
    /// What they can choose from as of now; `None` where the membership went elsewhere meanwhile.
    pub offer: Option<Offer>,
    /// What is owed: by its invoices where there are any, else by the answer that stands, else as
    /// of now.
    pub owed: Option<Bill>,
    /// Accepted answers, oldest first.
    pub given: Vec<Given>,
}

impl RenewalView {
    /// The state by which taking back is weighed: a renewal that owes nothing is `paid` at once, and
    /// can be taken back as a pledge can.
    #[must_use]
    pub fn state_to_undo(&self) -> RenewalState {
        let free = self.owed.as_ref().is_some_and(|b| b.total().get() <= 0);
        match self.row.renewal.state {
            RenewalState::Paid if free => RenewalState::Pledged,
            state => state,
        }
    }
}

/// Reads a renewal for showing; `None` where it is not here.
pub fn view_of_renewal(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    now: Timestamp,
) -> Result<Option<RenewalView>, StoreError> {
    let Some(row) = renewals::by_id(c, id)? else { return Ok(None) };
    let Some(member) = people::by_id(c, row.person)? else { return Ok(None) };
    view(c, context, row, member, now).map(Some)
}

/// As [`view_of_renewal`], of a member: where the season's renewal was not opened yet, as it will be,
/// under a row that is nobody's.
pub fn view_of_member(
    c: &Connection,
    context: &Context,
    member: Member,
    issuer: &str,
    now: Timestamp,
) -> Result<RenewalView, StoreError> {
    let season = &context.config.relance.season.id;
    let renewal = renewals::find(c, member.id, issuer, season)?.unwrap_or(Renewal {
        id: RenewalId(0),
        state: RenewalState::Open,
        version: 0,
        remind_on: None,
    });
    let (person, issuer, season) = (member.id, issuer.to_owned(), season.clone());
    view(c, context, RenewalRow { renewal, person, issuer, season }, member, now)
}

fn view(
    c: &Connection,
    context: &Context,
    row: RenewalRow,
    member: Member,
    now: Timestamp,
) -> Result<RenewalView, StoreError> {
    let id = row.renewal.id;
    let on_file = corrected::on_file(c, row.person)?;
    let given = renewals::answers(c, id)?;
    let mut offer = offered(context, &row, &member, now);
    if let Some(offer) = &mut offer {
        offer.declared = is_declared(c, id, offer)?;
    }
    let owed = match invoices::standing_bill(c, id)? {
        Some(issued) => Some(issued),
        None => owed_now(context, &row, &member, answer::standing(&given), now),
    };
    Ok(RenewalView { row, member, on_file, offer, owed, given })
}

/// Whether every question of the offer was answered last, in the wording of now.
fn is_declared(c: &Connection, id: RenewalId, offer: &Offer) -> Result<bool, StoreError> {
    let last = declarations::of(c, id)?.pop();
    Ok(last.is_some_and(|last| {
        let answered = |id: &String| last.answers.iter().any(|(known, _)| known == id);
        last.questions == offer.questions_version && offer.questions.iter().all(answered)
    }))
}

/// What is owed by the answer that stands.
fn owed_now(
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    given: Option<&Given>,
    now: Timestamp,
) -> Option<Bill> {
    let (cover, dropped) = given.map_or((None, &[][..]), |g| (g.cover, &g.dropped));
    priced(context, &row.issuer, member, cover, dropped, now)
}

pub(super) fn offered(
    context: &Context,
    row: &RenewalRow,
    member: &Member,
    now: Timestamp,
) -> Option<Offer> {
    let issuer = context.config.association(&row.issuer)?;
    let terms = Terms::at(&context.config, issuer, now);
    offer::offer(&context.config, member, issuer, &terms)
}

/// What a renewal is billed by those terms.
pub(super) fn priced(
    context: &Context,
    issuer: &str,
    member: &Member,
    cover: Option<Cover>,
    dropped: &[String],
    now: Timestamp,
) -> Option<Bill> {
    let issuer = context.config.association(issuer)?;
    let plain = Terms::at(&context.config, issuer, now);
    billing::bill(&context.config, member, issuer, &Terms { cover, dropped, ..plain })
}
