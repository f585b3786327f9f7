//! Owns doing what an invented member does: the same actions as the doors', with the mail that
//! they got for evidence.

use rusqlite::Connection;

use super::behaviour::Deed;
use crate::actions::checkouts::{self, Opening};
use crate::actions::{Action, Applied, Context, Door, Evidence, apply};
use crate::card::{About, Session};
use crate::domain::answer::Choice;
use crate::domain::checkout::Word;
use crate::domain::suppression::Fault;
use crate::domain::words::Lang;
use crate::ids::{CheckoutId, Random};
use crate::store::messages::Reached;
use crate::store::{StoreError, renewals};

/// The provider whose page charges nobody.
const PROVIDER: &str = "demo";
/// As a mail server words it: no such user.
const NO_USER: &str = "5.1.1";

/// Does it, in the caller's transaction. Returns whether it did anything.
pub(super) fn act(
    c: &Connection,
    context: &Context,
    mail: &Reached,
    deed: Deed,
    at: jiff::Timestamp,
    random: &Random,
) -> Result<bool, StoreError> {
    let door = if matches!(deed, Deed::Reply | Deed::Bounce) { Door::Mail } else { Door::Web };
    let evidence = Evidence { door, mid: Some(mail.mid), lang: Lang::En, at, answers: "" };
    let done = match deed {
        Deed::Invoice => answer(c, context, mail, Choice::Invoice, &evidence)?,
        Deed::NotRenewing => answer(c, context, mail, Choice::NotRenewing, &evidence)?,
        Deed::Reply => {
            let renewal = mail.renewal;
            let action =
                Action::Answer { renewal, choice: Choice::Invoice, reason: "", form: None };
            apply(c, context, &action, &evidence)?
        }
        Deed::Card => pay(c, context, mail, &evidence, random)?,
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
    Ok(done == Applied::Done)
}

fn answer(
    c: &Connection,
    context: &Context,
    mail: &Reached,
    choice: Choice,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(row) = renewals::by_id(c, mail.renewal)? else { return Ok(Applied::Nothing) };
    let nonce = mail.mid.to_string();
    let form = Some((row.renewal.version, nonce.as_str()));
    let action = Action::Answer { renewal: mail.renewal, choice, reason: "", form };
    apply(c, context, &action, evidence)
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
    let about = About { checkout: row.id, session: session.id, word, payment: None, at: None };
    checkouts::tell(c, context, PROVIDER, &about, evidence)
}
