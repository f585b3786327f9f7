//! Owns a desk's links: their ids, their rows and their addresses.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::super::Context;
use crate::config::Association;
use crate::domain::digest::{Act, Handle};
use crate::ids::MessageId;
use crate::link::{Purpose, Token};
use crate::store::{StoreError, desk};

/// The id of a link: computed from what it came with and what it is good for, as an attempt's is.
pub(super) fn id_of(context: &Context, cause: &str, handle: Handle) -> MessageId {
    let text = format!("desk/{cause}/{}/{}", handle.act.as_str(), handle.target);
    context.ring.message_id(&text, 1)
}

/// Makes the link of a cause to one act, once. Returns its id.
pub(super) fn make(
    c: &Connection,
    context: &Context,
    cause: &str,
    handle: Handle,
    issuer: &str,
    digest: Option<i64>,
    at: Timestamp,
) -> Result<MessageId, StoreError> {
    let id = id_of(context, cause, handle);
    desk::add_link(c, id, handle, issuer, digest, at.as_millisecond())?;
    Ok(id)
}

/// Makes a link by which a desk acts for its members, good until `until`. Returns its address.
pub fn open_door(
    c: &Connection,
    context: &Context,
    issuer: &Association,
    at: Timestamp,
    until: Timestamp,
) -> Result<String, StoreError> {
    let handle = Handle { act: Act::Member, target: 0 };
    let cause = format!("door/{}/{at}", issuer.code);
    let id = make(c, context, &cause, handle, &issuer.code, None, at)?;
    Ok(url(context, issuer, id, until))
}

/// The address of a link, expiring at `until`.
#[must_use]
pub fn url(context: &Context, issuer: &Association, id: MessageId, until: Timestamp) -> String {
    let base = issuer.link_base.as_deref().unwrap_or(&context.config.relance.web.base_url);
    let token = Token { purpose: Purpose::Desk, message: id, expires_h: Token::hours(until) };
    format!("{base}/d/{}", token.to_url(&context.ring))
}

/// When the links of a digest made at `at` expire.
pub(super) fn expiry(context: &Context, at: Timestamp) -> Timestamp {
    let days = i64::from(context.config.relance.desk.link_days);
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
}
