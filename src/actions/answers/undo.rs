//! Owns taking an answer back, and putting reminders off.

use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::super::invoices::{self, BillTo};
use super::super::{Applied, Context, Door, Evidence, letters, note, person};
use super::{After, settle, view_of_renewal};
use crate::compose::Said;
use crate::domain::words::{RenewalState, TaskKind};
use crate::domain::{answer, season};
use crate::ids::{MessageId, RenewalId};
use crate::store::renewals::{self, AnswerRow};
use crate::store::{StoreError, tasks};

/// The last answer is taken back: the renewal is open again.
pub(in crate::actions) fn take_back(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(view) = view_of_renewal(c, context, id, evidence.at)? else {
        return Ok(Applied::Nothing);
    };
    let renewal = &view.row.renewal;
    if answer::standing(&view.given).is_none() {
        return Ok(Applied::Already);
    }
    let deadline = season::deadline_of(&context.config.relance.season, &view.member);
    if !answer::may_undo(view.state_to_undo(), view.given.last(), deadline, evidence.at) {
        return Ok(Applied::TooLate);
    }
    let row = AnswerRow {
        nonce: "",
        choice: None,
        reason: "",
        cover: None,
        dropped: &[],
        situation: None,
        body: "",
        door: evidence.door.as_str(),
        language: evidence.lang.as_str(),
        mid: evidence.mid.map(MessageId::to_i64),
        at_ms: evidence.at.as_millisecond(),
    };
    let (at_ms, state) = (evidence.at.as_millisecond(), RenewalState::Open);
    let version = renewals::keep_answer(c, renewal, state, &row)?;
    let to = BillTo::member(&view.member);
    let document = match renewal.state {
        // What a desk has was not touched.
        RenewalState::WithDesk => None,
        _ => invoices::on_answer(c, context, &view.row, &view.member, None, &to, evidence)?,
    };
    tasks::close_for(c, id, TaskKind::Situation, "relance", "taken back", at_ms)?;
    let after = After {
        kind: "taken-back",
        state,
        version,
        said: Said::Undone,
        answer: None,
        bill: None,
        document: document.as_ref(),
    };
    settle(c, context, &view, &after, evidence)?;
    Ok(Applied::Done)
}

/// No reminder before that day; the last call before the deadline comes anyway.
pub(in crate::actions) fn remind_on(
    c: &Connection,
    context: &Context,
    id: RenewalId,
    day: Date,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let Some(row) = renewals::by_id(c, id)? else { return Ok(Applied::Nothing) };
    if row.renewal.state != RenewalState::Open {
        return Ok(Applied::Closed);
    }
    if renewals::remind_on(c, id)? == Some(day) {
        return Ok(Applied::Already);
    }
    renewals::set_remind_on(c, id, day)?;
    let (member, subject) = person(c, row.person)?;
    let data = json!({
        "issuer": row.issuer,
        "season": row.season,
        "renewal": id.0,
        "day": day.to_string(),
        "door": evidence.door.as_str(),
        "mid": evidence.mid.map(|m| m.to_string()),
    });
    let seq = note(c, context, &subject, "remind-on", &data, evidence)?;
    // Who chooses the day on their own page sees it there.
    if matches!(evidence.door, Door::Behalf { .. }) {
        let (renewal, issuer) = (Some(id), row.issuer.as_str());
        let act = letters::Act { seq, member: &member, subject: &subject, renewal, issuer };
        letters::say(c, context, &act, (Said::RemindLater, None), evidence)?;
    }
    Ok(Applied::Done)
}
