//! Owns the acts on reminders: stopping, starting again, complaining. What is mandatory is never
//! stopped here.

use rusqlite::Connection;
use serde_json::json;

use super::{Applied, Context, Evidence, association, letters, note, person};
use crate::compose::Said;
use crate::ids::{MessageId, PersonId};
use crate::store::{StoreError, people};

/// Stops an association's reminders.
pub(super) fn stop(
    c: &Connection,
    context: &Context,
    id: PersonId,
    issuer: &str,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let changed = people::unsubscribe(c, id, issuer, evidence.at.as_millisecond())?;
    settle(c, context, id, issuer, changed, ("unsubscribed", Said::Unsubscribed), evidence)
}

/// Lets them go out again.
pub(super) fn start(
    c: &Connection,
    context: &Context,
    id: PersonId,
    issuer: &str,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let changed = people::resubscribe(c, id, issuer)?;
    settle(c, context, id, issuer, changed, ("resubscribed", Said::Resubscribed), evidence)
}

fn settle(
    c: &Connection,
    context: &Context,
    id: PersonId,
    issuer: &str,
    changed: bool,
    (kind, said): (&str, Said),
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    if !changed {
        return Ok(Applied::Already);
    }
    association(context, issuer)?;
    let (member, subject) = person(c, id)?;
    let data = json!({
        "issuer": issuer,
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    let seq = note(c, context, &subject, kind, &data, evidence)?;
    let renewal = match evidence.mid {
        Some(mid) => letters::origin(c, mid)?.and_then(|m| m.renewal),
        None => None,
    };
    let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
    letters::say(c, context, &act, (said, None), evidence)?;
    Ok(Applied::Done)
}

/// A complaint stops the category at once, without a word to the person: they asked for less
/// mail.
pub(super) fn complained(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = letters::origin(c, mid)? else { return Ok(Applied::Nothing) };
    let Some(id) = view.person else { return Ok(Applied::Nothing) };
    let changed = people::unsubscribe(c, id, &view.issuer, evidence.at.as_millisecond())?;
    if !changed {
        return Ok(Applied::Already);
    }
    let (_, subject) = person(c, id)?;
    let data = json!({"issuer": view.issuer, "mid": mid.to_string()});
    note(c, context, &subject, "complained", &data, evidence)?;
    Ok(Applied::Done)
}
