//! Owns forgetting in time: which columns are emptied of rows that are old enough, a bounded number
//! at a time. Rows stay: that something happened, when and about what, is not forgotten.

use rusqlite::Connection;

use super::StoreError;
use crate::domain::retention::Kept;

/// One table's part: which rows still name somebody and are old (`?1`: before this instant), and
/// what becomes of them.
struct Part {
    table: &'static str,
    /// The table's key.
    key: &'static str,
    old: &'static str,
    /// `SET …`; empty: the row goes.
    set: &'static str,
}

const fn parts(kept: Kept) -> &'static [Part] {
    match kept {
        Kept::Inbound => &[
            Part {
                table: "inbound",
                key: "id",
                old: "received < ?1 AND outcome <> 'backlog'
                  AND (sender <> '' OR sender_name <> '' OR subject <> '' OR text <> '')",
                set: "sender = '', sender_name = '', subject = '', header_id = '', text = ''",
            },
            // That it waited for a desk.
            Part { table: "waiting_mail", key: "inbound", old: "settled_at < ?1", set: "" },
        ],
        Kept::Attempts => &[Part {
            table: "attempt",
            key: "mid",
            old: "started_at < ?1 AND address <> ''
              AND message NOT IN (SELECT id FROM message WHERE state IN ('sending', 'unknown'))",
            set: "address = '', domain = '', relay_text = '', subject = ''",
        }],
        Kept::Checkouts => &[
            Part {
                table: "checkout",
                key: "id",
                old: "changed_at < ?1 AND url <> ''",
                set: "url = ''",
            },
            Part { table: "webhook", key: "(provider, event)", old: "at < ?1", set: "" },
        ],
        Kept::Tasks => &[
            Part {
                table: "task",
                key: "id",
                old: "closed_at < ?1 AND (data <> '{}' OR outcome <> '')",
                set: "data = '{}', outcome = ''",
            },
            Part { table: "deed", key: "ledger", old: "at < ?1 AND note <> ''", set: "note = ''" },
        ],
        Kept::Corrections => &[
            Part {
                table: "correction",
                key: "id",
                old: "at < ?1 AND state NOT IN ('standing', 'conflict')
                  AND (was <> '' OR value <> '' OR listed <> '')",
                set: "was = '', value = '', listed = ''",
            },
            Part {
                table: "address_change",
                key: "id",
                old: "at < ?1 AND state <> 'waiting' AND (was <> '' OR address <> '')",
                set: "was = '', address = ''",
            },
        ],
    }
}

/// How many rows are due to be forgotten.
pub fn due(c: &Connection, kept: Kept, before_ms: i64) -> Result<i64, StoreError> {
    let mut all = 0;
    for part in parts(kept) {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", part.table, part.old);
        all += c.prepare_cached(&sql)?.query_row([before_ms], |r| r.get::<_, i64>(0))?;
    }
    Ok(all)
}

/// Forgets up to `limit` of them. Returns how many.
pub fn forget(
    c: &Connection,
    kept: Kept,
    before_ms: i64,
    limit: usize,
) -> Result<usize, StoreError> {
    let mut done = 0;
    for part in parts(kept) {
        let Part { table, key, old, set } = part;
        let columns = key.trim_matches(['(', ')']);
        let these = format!("{key} IN (SELECT {columns} FROM {table} WHERE {old} LIMIT ?2)");
        let sql = if set.is_empty() {
            format!("DELETE FROM {table} WHERE {these}")
        } else {
            format!("UPDATE {table} SET {set} WHERE {these}")
        };
        let left = i64::try_from(limit - done).unwrap_or(i64::MAX);
        done += c.prepare_cached(&sql)?.execute((before_ms, left))?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_number_at_a_time_and_only_what_is_old() {
        let mut c = Connection::open_in_memory().unwrap();
        crate::store::migrate::run(&mut c, 0).unwrap();
        for n in 0..10 {
            c.execute(
                "INSERT INTO inbound (mailbox, validity, key, digest, mark, received, at, kind,
                   outcome, sender, text)
                 VALUES ('m', 0, ?1, x'', x'', ?2, ?2, 'reply', 'to-desk:question', 'a@b.test', 't')",
                (n.to_string(), n * 100),
            )
            .unwrap();
            c.execute(
                "INSERT INTO webhook VALUES ('demo', ?1, 'paid', ?2)",
                (n.to_string(), n * 100),
            )
            .unwrap();
        }
        assert_eq!(due(&c, Kept::Inbound, 500).unwrap(), 5);
        assert_eq!(forget(&c, Kept::Inbound, 500, 3).unwrap(), 3);
        assert_eq!(forget(&c, Kept::Inbound, 500, 3).unwrap(), 2);
        assert_eq!(due(&c, Kept::Inbound, 500).unwrap(), 0);
        let count = |sql: &str| c.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM inbound WHERE text = 't'"), 5);
        assert_eq!(count("SELECT count(*) FROM inbound"), 10, "that it came stays");
        assert_eq!(forget(&c, Kept::Checkouts, 500, 100).unwrap(), 5);
        assert_eq!(count("SELECT count(*) FROM webhook"), 5);
    }

    #[test]
    fn every_kind_can_be_forgotten() {
        let mut c = Connection::open_in_memory().unwrap();
        crate::store::migrate::run(&mut c, 0).unwrap();
        for kept in Kept::ALL {
            assert_eq!(due(&c, kept, 1).unwrap(), 0);
            assert_eq!(forget(&c, kept, 1, 10).unwrap(), 0);
        }
    }
}
