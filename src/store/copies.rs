//! Owns a copy of the store in which nobody real can be written to: made while the daemon goes on,
//! every address in it replaced.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension};

use super::{FILE, StoreError, migrate, open_reader, open_writable};

/// Pages copied at a time: between two steps the daemon may write.
const PAGES_AT_ONCE: std::ffi::c_int = 1000;

/// Columns that hold an address to which something may be sent.
const ADDRESSES: [(&str, &str); 5] = [
    ("person", "email"),
    ("person", "email2"),
    ("payer", "email"),
    ("address_change", "was"),
    ("address_change", "address"),
];

/// Copies the store of one state folder into another by SQLite's own online backup, and brings
/// the copy to this binary's schema.
pub fn copy(from: &Path, to: &Path, now_ms: i64) -> Result<(), StoreError> {
    let source = open_reader(&from.join(FILE))?;
    let mut copy = open_writable(&to.join(FILE))?;
    Backup::new(&source, &mut copy)?.run_to_completion(
        PAGES_AT_ONCE,
        std::time::Duration::ZERO,
        None,
    )?;
    migrate::run(&mut copy, now_ms)
}

/// Replaces every address by what `instead` makes of it, the same for the same one.
pub fn replace_addresses(
    c: &Connection,
    instead: impl Fn(&str) -> String,
) -> Result<(), StoreError> {
    for (table, column) in ADDRESSES {
        let select = format!(
            "SELECT id, {column} FROM {table} WHERE id > ?1 AND {column} IS NOT NULL ORDER BY id LIMIT 1"
        );
        let update = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
        let mut after = 0i64;
        loop {
            let next: Option<(i64, String)> = c
                .prepare_cached(&select)?
                .query_row([after], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            let Some((id, address)) = next else { break };
            c.prepare_cached(&update)?.execute((id, instead(&address)))?;
            after = id;
        }
    }
    // What is known against an address stays known against its stand-in.
    let known: Vec<String> = c
        .prepare("SELECT address FROM address")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for address in known {
        c.prepare_cached("UPDATE address SET address = ?2 WHERE address = ?1")?
            .execute((&address, instead(&address)))?;
    }
    Ok(())
}
