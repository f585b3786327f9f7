//! Owns the few facts about the store itself: when it was made, on which host, whether its
//! calendar is simulated, whether the relay is stopped.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

/// When the store was made, in milliseconds: firings before it are not ours.
pub const CREATED_AT: &str = "created-at";
/// `yes` where the calendar of this store travels; for ever.
pub const SIMULATED: &str = "simulated";
/// Identity of the host that made it.
pub const HOST: &str = "host";
/// Why the relay is stopped; absent while it works.
pub const RELAY_STOPPED: &str = "relay-stopped";
/// The calendar's last reading, where it travels: a restart goes on from there.
pub const CALENDAR: &str = "calendar";
/// How many mails in a row that people wrote came without our own MX's `Authentication-Results`.
pub const WITHOUT_RESULTS: &str = "mails-without-results";

/// The value, if any.
pub fn get(c: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(c.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |r| r.get(0))
        .optional()?)
}

/// Sets or replaces.
pub fn set(c: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute([key, value])?;
    Ok(())
}

/// Removes; nothing where there is none.
pub fn remove(c: &Connection, key: &str) -> Result<(), StoreError> {
    c.execute("DELETE FROM meta WHERE key = ?1", [key])?;
    Ok(())
}

/// `value` where the key is new, else what stands there.
pub fn get_or_set(c: &Connection, key: &str, value: &str) -> Result<String, StoreError> {
    if let Some(kept) = get(c, key)? {
        return Ok(kept);
    }
    set(c, key, value)?;
    Ok(value.to_owned())
}

/// The calendar's instant where it travels, else `system`.
pub fn calendar(c: &Connection, system: Timestamp) -> Result<Timestamp, StoreError> {
    Ok(get(c, CALENDAR)?.and_then(|text| text.parse().ok()).unwrap_or(system))
}
