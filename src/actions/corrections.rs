//! Owns corrections of a member's own data: applied at once, except a new address for mail, which
//! counts only when it is confirmed from both ends.

use rusqlite::Connection;
use serde_json::json;

use super::payload::{Payload, Side};
use super::{Applied, Context, Door, Evidence, letters, note, person};
use crate::compose::Said;
use crate::domain::correction::{Change, Field};
use crate::domain::member::Member;
use crate::ids::{PersonId, RenewalId};
use crate::store::corrections::{self, AddressChange};
use crate::store::{StoreError, addresses, people, renewals};

/// New addresses asked for on one day: more than anybody has, too few to have us write to strangers.
const NEW_ADDRESSES_PER_DAY_MAX: i64 = 3;

/// A correction without an answer.
pub(super) fn correct(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    changes: &[Change],
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(row) = renewals::by_id(c, renewal)? else { return Ok(Applied::Nothing) };
    let kept = keep(c, context, row.person, &row.issuer, Some(renewal), changes, evidence)?;
    let Some(seq) = kept else { return Ok(Applied::Already) };
    // A new address has mails of its own. Who corrects something on their own page sees it there.
    let told = changes.iter().all(|change| change.field == Field::Email);
    if matches!(evidence.door, Door::Behalf { .. }) && !told {
        let (member, subject) = person(c, row.person)?;
        let (renewal, issuer) = (Some(renewal), row.issuer.as_str());
        let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
        letters::say(c, context, &act, (Said::Corrected, None), evidence)?;
    }
    Ok(Applied::Done)
}

/// Applies changes. Returns their line in the ledger; `None` where there was none: a form that is
/// sent again finds its own values on file.
pub(super) fn keep(
    c: &Connection,
    context: &Context,
    id: PersonId,
    issuer: &str,
    renewal: Option<RenewalId>,
    changes: &[Change],
    evidence: &Evidence<'_>,
) -> Result<Option<i64>, StoreError> {
    let on_file = corrections::on_file(c, id)?;
    let waiting = corrections::waiting(c, id)?;
    let known = |change: &Change| {
        on_file.get(change.field) == change.value
            || waiting
                .as_ref()
                .is_some_and(|w| change.field == Field::Email && w.address == change.value)
    };
    let changes: Vec<&Change> = changes.iter().filter(|change| !known(change)).collect();
    if changes.is_empty() {
        return Ok(None);
    }
    let (member, subject) = person(c, id)?;
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let data = json!({
        "issuer": issuer,
        "fields": fields,
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    let seq = note(c, context, &subject, "corrected", &data, evidence)?;
    let at_ms = evidence.at.as_millisecond();
    for change in changes {
        if change.field == Field::Email {
            let who = format!("new-address/{subject}");
            if !letters::within_cap(c, context, &who, NEW_ADDRESSES_PER_DAY_MAX, evidence.at)? {
                continue;
            }
            let was = member.email.as_deref().unwrap_or_default();
            let asked = corrections::ask_address(c, id, issuer, was, &change.value, at_ms)?;
            ask_both(c, &member, issuer, renewal, asked, seq, evidence)?;
        } else {
            corrections::keep(c, id, change.field, &change.value, at_ms, seq)?;
        }
    }
    Ok(Some(seq))
}

/// Mails both addresses. The old one is told even where its word is not needed.
fn ask_both(
    c: &Connection,
    member: &Member,
    issuer: &str,
    renewal: Option<RenewalId>,
    change: i64,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let sides: &[(Side, &str)] = if member.email.is_some() {
        &[(Side::New, "address-change"), (Side::Old, "address-change-old")]
    } else {
        &[(Side::New, "address-change")]
    };
    for &(side, kind) in sides {
        let payload = Payload { change: Some(change), side: Some(side), ..Payload::default() };
        let parts = letters::Parts { seq, kind, member, renewal, issuer, payload: &payload };
        letters::to_member(c, &parts, evidence)?;
    }
    Ok(())
}

/// One of the two addresses says yes or no.
pub(super) fn confirm(
    c: &Connection,
    context: &Context,
    change: i64,
    side: Side,
    yes: bool,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(asked) = corrections::address_change(c, change)? else { return Ok(Applied::Nothing) };
    if asked.state != "waiting" {
        return Ok(if asked.state == "done" { Applied::Already } else { Applied::Closed });
    }
    let at_ms = evidence.at.as_millisecond();
    let (member, subject) = person(c, asked.person)?;
    let said = |kind, data: &serde_json::Value| note(c, context, &subject, kind, data, evidence);
    if !yes {
        corrections::end_address(c, change, "refused")?;
        said("address-refused", &json!({"issuer": asked.issuer, "by": side.as_str()}))?;
        return Ok(Applied::Done);
    }
    let already = match side {
        Side::New => asked.address_confirmed,
        Side::Old => asked.was_confirmed,
    };
    if already {
        return Ok(Applied::Already);
    }
    corrections::confirm_address(c, change, side == Side::New, at_ms)?;
    let data = json!({"issuer": asked.issuer, "by": side.as_str()});
    let seq = said("address-confirmed", &data)?;
    let now = corrections::address_change(c, change)?.unwrap_or(asked);
    if now.address_confirmed && (now.was_confirmed || !is_reached(c, &now, &member)?) {
        take(c, context, &now, &subject, seq, evidence)?;
    }
    Ok(Applied::Done)
}

/// Whether somebody at the old address could still say no: it is the one on file, and mail to it
/// arrives.
fn is_reached(c: &Connection, change: &AddressChange, member: &Member) -> Result<bool, StoreError> {
    let on_file = member.email.as_deref() == Some(change.was.as_str());
    Ok(on_file && !change.was.is_empty() && !addresses::is_suspended(c, &change.was)?)
}

/// The new address counts from now on.
fn take(
    c: &Connection,
    context: &Context,
    change: &AddressChange,
    subject: &str,
    seq: i64,
    evidence: &Evidence<'_>,
) -> Result<(), StoreError> {
    let at_ms = evidence.at.as_millisecond();
    corrections::keep(c, change.person, Field::Email, &change.address, at_ms, seq)?;
    corrections::end_address(c, change.id, "done")?;
    let member = people::by_id(c, change.person)?
        .ok_or_else(|| StoreError::GiveUp("an address of a person who is not here".into()))?;
    let act = letters::Act { seq, member: &member, subject, renewal: None, issuer: &change.issuer };
    letters::say(c, context, &act, (Said::AddressChanged, None), evidence)
}
