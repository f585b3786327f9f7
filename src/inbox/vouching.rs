//! Owns the watch over our own mail server's word on senders: how many mails in a row came without
//! it, for `relance doctor`. Never decides on a mail.

use rusqlite::Connection;

use super::reading::{Kind, Reading};
use crate::actions::Context;
use crate::domain::authentication::is_ours;
use crate::store::{StoreError, meta};

/// Counts mails in a row that people wrote and our own MX said nothing of: where it says nothing of
/// any, it does not verify senders, and a field that a sender wrote could stand topmost.
pub(super) fn count_unvouched(
    c: &Connection,
    context: &Context,
    reading: &Reading,
) -> Result<(), StoreError> {
    let id = &context.config.relance.mail.authserv_id;
    let written = matches!(reading.kind, Kind::Reply | Kind::Other) && !reading.own_loop;
    if id.is_empty() || !written || reading.unreadable.is_some() {
        return Ok(());
    }
    if is_ours(&reading.authentication_results, id) {
        return meta::remove(c, meta::WITHOUT_RESULTS);
    }
    let before = meta::get(c, meta::WITHOUT_RESULTS)?.and_then(|n| n.parse::<u64>().ok());
    meta::set(c, meta::WITHOUT_RESULTS, &(before.unwrap_or(0) + 1).to_string())
}
