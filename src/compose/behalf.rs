//! Owns what a member's own page says besides, when a desk has it open in the member's place: for
//! whom, who signs for it and how the member asked. Never shows anything that the member's page
//! would not take.

use tera::{Context, Value};

use super::Inner;
use super::frame::put;
use super::mail::foreign_line;
use super::page_forms::Typed;
use super::text::clean;
use crate::domain::desk::{Channel, NOTE_CHARS_MAX, STAFF_CHARS_MAX};
use crate::domain::digest::Who;
use crate::domain::words::RenewalState;

/// For whom a desk acts, as it sees them.
#[derive(Debug, Clone, Copy)]
pub struct Behalf<'a> {
    /// Who: number, name, telephone.
    pub who: &'a Who,
    /// Address on file; empty for none.
    pub address: &'a str,
    /// Where the renewal stands.
    pub state: RenewalState,
    /// Whether reminders are stopped.
    pub stopped: bool,
}

impl Inner {
    /// Values of the part that only a desk sees; `None` on a member's own page.
    pub(super) fn put_behalf(context: &mut Context, behalf: Option<&Behalf<'_>>, typed: &Typed) {
        context.insert_value("behalf", Value::from(behalf.is_some()));
        let Some(behalf) = behalf else { return };
        put(context, "phone_on_file", &foreign_line(&behalf.who.phone));
        put(context, "address_on_file", &foreign_line(behalf.address));
        put(context, "renewal_state", behalf.state.as_str());
        context.insert_value("stopped", Value::from(behalf.stopped));
        let channels: Vec<&str> = Channel::ALL.iter().map(|c| c.as_str()).collect();
        context.insert_value("channels", Value::from_serializable(&channels));
        for name in ["staff", "channel", "desk_note"] {
            put(context, name, &clean(typed.get(name), name == "desk_note"));
        }
        for (name, most) in
            [("staff_chars_max", STAFF_CHARS_MAX), ("note_chars_max", NOTE_CHARS_MAX)]
        {
            context.insert_value(name, Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
        }
    }
}
