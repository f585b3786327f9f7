//! Owns a desk's decision where a member's correction and the member list disagree.

use rusqlite::Connection;
use serde_json::json;

use super::super::{Context, Door, Evidence, association, letters, note, person};
use super::{By, open_line};
use crate::compose::Said;
use crate::domain::desk::Deed;
use crate::store::corrections::{self, Correction};
use crate::store::desk::LinkRow;
use crate::store::tasks::{self, Task};
use crate::store::{StoreError, renewals};

/// The correction behind a line, while it contradicts the list.
pub(super) fn behind(c: &Connection, task: &Task) -> Result<Option<Correction>, StoreError> {
    let (Some(person), Some(id)) = (task.person, task.data["correction"].as_i64()) else {
        return Ok(None);
    };
    Ok(corrections::standing(c, person)?.into_iter().find(|one| one.id == id))
}

/// Keeps the member's value or takes the list's, closes the line and tells the member. `false`
/// where there is nothing to decide any more.
pub(super) fn settle(
    c: &Connection,
    context: &Context,
    link: &LinkRow,
    deed: Deed,
    by: &By,
) -> Result<bool, StoreError> {
    let Some(task) = open_line(c, link)? else { return Ok(false) };
    let (Some(id), Some(one)) = (task.person, behind(c, &task)?) else { return Ok(false) };
    let issuer = association(context, &link.issuer)?;
    let (member, subject) = person(c, id)?;
    let lang = member.reads(issuer.language);
    let evidence = Evidence { door: Door::Desk, mid: None, lang, at: by.at, answers: "" };
    let data = json!({"issuer": link.issuer, "field": one.field.as_str(), "kept": deed.as_str()});
    let seq = note(c, context, &subject, "conflict-decided", &data, &evidence)?;
    let said = if deed == Deed::Ours {
        corrections::stand_by(c, &one)?;
        Said::CorrectionKept
    } else {
        corrections::give_up(c, id, &one)?;
        Said::CorrectionDropped
    };
    tasks::close(c, task.id, &by.deed.staff, deed.as_str(), by.at.as_millisecond())?;
    // The address may be another by now.
    let (member, _) = person(c, id)?;
    let season = &context.config.relance.season.id;
    let renewal = renewals::find(c, id, &link.issuer, season)?.map(|r| r.id);
    let issuer = link.issuer.as_str();
    let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
    letters::say(c, context, &act, (said, None), &evidence)?;
    Ok(true)
}
