//! A backup is made while the daemon sends, and is whole. Put back in the place of the store it
//! mails nothing, says why, and takes members' answers all the same.

use std::os::unix::fs::PermissionsExt;

use crate::support::club::{ALICE, BEFORE_NOTICE, BENOIT, Club, sent_to, taken};
use crate::support::daemon::Daemon;
use crate::support::http;
use crate::support::rehearsal::{Rehearsal, SOON, can_die, rows};
use crate::support::relay::Relay;
use crate::support::{db, wait_until};

/// Puts a backup in the place of the daemon's store.
pub fn restore(club: &Club, backup: &str) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(club.site.state().join(format!("relance.db{suffix}")));
    }
    std::fs::copy(backup, club.database()).unwrap();
}

/// Starts a daemon that will not be ready, and waits until readiness says that it is held for
/// this reason.
pub fn start_held(club: &Club, instant: &str, why: &str) -> Daemon {
    let daemon = club.site.spawn(&["--clock", instant], &[]);
    held(club, why);
    daemon
}

/// Waits until readiness says that everything is held for this reason.
pub fn held(club: &Club, why: &str) {
    wait_until(&format!("held: {why}"), SOON, || {
        let ready = http::get(club.site.admin, "/readyz").ok()?;
        let says = ready.body.contains("hold: nothing is sent") && ready.body.contains(why);
        (ready.status == 503 && says).then_some(())
    });
}

/// A backup of the club's store as it is, beside it.
pub fn backup(club: &Club, name: &str) -> String {
    let file = club.site.dir().join(name).display().to_string();
    let told = club.site.cli(&["backup", &file]).ok();
    assert!(told.contains("keys.toml (without it no link that was mailed works)"), "{told}");
    file
}

#[test]
fn made_while_the_daemon_sends() {
    const MEMBERS: u32 = 300;
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, MEMBERS, "CIP"));
    let _daemon = cip.start("2026-11-02T13:59:58Z");
    let all = usize::try_from(MEMBERS).unwrap();
    let mut heads = Vec::new();
    let mut amid = 0;
    loop {
        // Counted once: the last may arrive between two looks.
        let had = relay.taken().len();
        if had == all {
            break;
        }
        relay.wait_for(1 + had, SOON);
        let file = cip.file(&format!("never-{}", heads.len()), "");
        std::fs::remove_file(&file).unwrap();
        let made = cip.json(&["backup", &file]);
        assert_eq!(made["keys_fit"], true, "{made}");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let kept = db::query(file.as_ref(), "SELECT value FROM meta WHERE key = 'held'");
        assert!(kept[0].contains("copy"), "{kept:?}");
        let sent = db::query(file.as_ref(), "SELECT count(*) FROM message WHERE state = 'sent'");
        let sent: usize = sent[0].parse().unwrap();
        amid += usize::from(sent > 0 && sent < all);
        heads.push(made["head"].as_str().unwrap().to_owned());
        let again = cip.cli(&["backup", &file]);
        assert!(again.stderr.contains("overwrites nothing"), "{}", again.stderr);
        assert_ne!(again.code(), 0);
    }
    assert!(amid > 0, "none of {} was made while mail went out", heads.len());
    cip.settle();
    for head in heads {
        cip.cli(&["audit", "verify", "--head", &head]).ok();
    }
    assert_eq!(relay.taken().len(), all, "each member once");
    let left = std::fs::read_dir(cip.site.dir()).unwrap();
    let parts = left.filter(|e| e.as_ref().unwrap().path().extension() == Some("part".as_ref()));
    assert_eq!(parts.count(), 0);
}

#[test]
fn put_back_it_mails_nothing_and_takes_answers() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay).at_the_notice(&[ALICE, BENOIT]);
    let stop = taken(&relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    let file = backup(&club, "kept.db");
    let now = club.now().to_string();
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &file);
    let sent = relay.taken().len();
    club.daemon = Some(start_held(&club, &now, "this store is a copy"));
    assert!(club.daemon.as_ref().unwrap().output().contains("a backup of"));
    let doctor = club.site.cli(&["doctor", "--offline"]);
    assert_ne!(doctor.code(), 0);
    assert!(doctor.stdout.contains("nothing is sent, and the mailbox is left alone"));
    // An answer is kept; its confirmation and the calendar wait.
    assert_eq!(club.post(&stop, &[("act", "unsubscribe")]).status, 303);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
    club.jump("2026-11-20T12:00:00-05:00");
    assert_eq!(relay.taken().len(), sent, "{}", club.messages());
    assert_eq!(club.query("SELECT count(*) FROM firing WHERE step <> 'notice'"), ["0"]);
    let done = club.json(&["adopt"]);
    assert_eq!(done["reason"], "copy");
    held_no_more(&club);
    club.rest();
    assert!(club.site.cli(&["audit", "verify"]).ok().contains("the chain holds"));
    assert_ne!(club.site.cli(&["adopt"]).code(), 0, "nothing holds it any more");
    assert_eq!(sent_to(&relay, "benoit").len(), 1, "a missed reminder waits for the desk");
}

/// Waits until the daemon is ready again.
pub fn held_no_more(club: &Club) {
    wait_until("ready", SOON, || {
        http::get(club.site.admin, "/readyz").ok().filter(|ready| ready.status == 200)
    });
}

#[test]
fn another_start_does_not_end_it() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.import(&[ALICE]);
    club.start(BEFORE_NOTICE);
    let file = backup(&club, "kept.db");
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &file);
    for _ in 0..2 {
        let held = start_held(&club, "2026-11-02T09:00:00-05:00", "this store is a copy");
        assert_eq!(held.stop().code(), Some(0));
    }
    assert_eq!(relay.taken().len(), 0);
}

/// Has the store lack a migration.
pub fn outdate(club: &Club) {
    let older = rusqlite::Connection::open(club.database()).unwrap();
    older.execute_batch("DROP TABLE relay_log; DELETE FROM migration WHERE number = 9").unwrap();
}

#[test]
fn before_a_migration_the_store_is_backed_up() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.import(&[ALICE]);
    club.start(BEFORE_NOTICE);
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    outdate(&club);
    club.start(BEFORE_NOTICE);
    club.next();
    assert_eq!(sent_to(&relay, "alice").len(), 1);
    let folder = club.site.state().join("backups");
    let made: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    let name = made[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("relance-schema"), "{name}");
    assert_eq!(db::query(&made[0], "SELECT count(*) FROM person"), ["1"]);
    assert_eq!(db::query(&made[0], "SELECT count(*) FROM meta WHERE key = 'held'"), ["1"]);
    // Put back it is migrated again, and held.
    assert_eq!(club.daemon.take().unwrap().stop().code(), Some(0));
    restore(&club, &made[0].display().to_string());
    let held = start_held(&club, "2026-11-02T20:00:00-05:00", "before its migration from schema");
    assert_eq!(held.stop().code(), Some(0));
    assert_eq!(sent_to(&relay, "alice").len(), 1);
}

#[test]
fn a_store_that_another_process_keeps_is_refused_plainly() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.import(&[ALICE]);
    let other = rusqlite::Connection::open(club.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = club.site.cli(&["run"]);
    assert_ne!(refused.code(), 0);
    assert!(refused.stderr.contains("another process keeps it locked"), "{}", refused.stderr);
    // A backup needs nobody's leave.
    backup(&club, "beside.db");
}

/// Whatever stands in the folder afterwards is a whole copy, and the next start goes on.
#[test]
fn who_dies_at_a_migration_or_its_backup_goes_on_at_the_next_start() {
    if !can_die() {
        return;
    }
    for point in ["backup.copied", "backup.named", "store.migrating#9", "store.migrated#9"] {
        let relay = Relay::start();
        let mut club = Club::with_relay(&relay);
        club.import(&[ALICE]);
        outdate(&club);
        club.site.dies_at(&["--clock", BEFORE_NOTICE], point);
        club.start(BEFORE_NOTICE);
        club.next();
        assert_eq!(sent_to(&relay, "alice").len(), 1, "{point}");
        let folder = std::fs::read_dir(club.site.state().join("backups")).unwrap();
        let made: Vec<_> = folder.map(|e| e.unwrap().path()).collect();
        assert!((1..=2).contains(&made.len()), "{point}: {made:?}");
        for file in made {
            assert_eq!(file.extension(), Some("db".as_ref()), "{point}: {}", file.display());
            assert_eq!(db::query(&file, "SELECT count(*) FROM person"), ["1"]);
            let held = "SELECT count(*) FROM meta WHERE key = 'held'";
            assert_eq!(db::query(&file, held), ["1"], "{point}");
        }
        club.site.cli(&["audit", "verify"]).ok();
    }
}
