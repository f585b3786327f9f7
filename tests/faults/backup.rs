//! Owns comparing a backup with the store that it was made of while the daemon went on.

use std::fs;
use std::path::Path;

use crate::support::db;

/// What is wrong with it: it is whole, marked as a copy, says what the store said at some instant,
/// and has nothing beside it.
pub fn faults(file: &Path, store: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    if !file.exists() {
        return vec!["there is no backup".to_owned()];
    }
    let found = db::query(file, "PRAGMA quick_check(1)");
    if found != ["\"ok\""] {
        faults.push(format!("a backup is damaged: {found:?}"));
    }
    if db::query(file, "SELECT count(*) FROM meta WHERE key = 'held'") != ["1"] {
        faults.push("a backup is not marked as a copy".to_owned());
    }
    let lines = "SELECT seq, hash FROM ledger ORDER BY seq";
    let (copied, kept) = (db::query(file, lines), db::query(store, lines));
    if copied.is_empty() || !kept.starts_with(&copied) {
        faults.push(format!("a backup has {} lines that the store has not", copied.len()));
    }
    let beside = fs::read_dir(file.parent().expect("a folder")).expect("a folder").flatten();
    let names = beside.map(|entry| entry.file_name().to_string_lossy().into_owned());
    for left in names.filter(|name| name.contains(".part")) {
        faults.push(format!("of a backup that died {left} is left"));
    }
    faults
}
