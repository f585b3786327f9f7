//! Owns opening a renewal's page by code. What the page's links derive from is written once a
//! renewal and day, however often the code is typed.

use rusqlite::Connection;
use serde_json::json;

use super::{Context, Evidence, note, person};
use crate::domain::{season, sign_in};
use crate::ids::{MessageId, PersonId};
use crate::store::capabilities::{self, Capability, SIGN_IN};
use crate::store::renewals;
use crate::store::{StoreError, people};

/// Opens the pages of somebody who proved to be that member: code of the association that bills,
/// and id of the message from which the page's links derive; the home's first. Empty: the season
/// is not open, or nobody bills them.
pub fn sign_in(
    c: &Connection,
    context: &Context,
    id: PersonId,
    evidence: &Evidence<'_>,
) -> Result<Vec<(String, MessageId)>, StoreError> {
    let season = &context.config.relance.season;
    let open = season::is_open(season, evidence.at);
    let Some(member) = people::by_id(c, id)?.filter(|m| open && m.is_active()) else {
        return Ok(Vec::new());
    };
    let (_, subject) = person(c, id)?;
    let at_ms = evidence.at.as_millisecond();
    let day = evidence.at.strftime("%Y-%m-%d");
    let mut pages = Vec::new();
    for issuer in sign_in::issuers(&context.config, &member) {
        // Who has no working address was planned for no notice: this is their first page.
        let renewal = renewals::open(c, id, &issuer, &season.id, at_ms)?;
        let cause = format!("{SIGN_IN}/{}/{day}", renewal.0);
        let mid = context.ring.message_id(&cause, 1);
        let new = Capability {
            cause: &cause,
            kind: SIGN_IN,
            mid,
            of: Some((id, renewal)),
            issuer: &issuer,
            payload: "{}",
        };
        if capabilities::keep(c, &new, at_ms)? {
            let data = json!({
                "issuer": issuer, "renewal": renewal.0, "mid": mid.to_string(),
                "door": evidence.door.as_str(),
            });
            note(c, context, &subject, "signed-in", &data, evidence)?;
        }
        pages.push((issuer, mid));
    }
    Ok(pages)
}
