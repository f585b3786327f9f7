//! How the daemon gets its secrets and its folder: from systemd's credentials, never from a folder
//! of somebody else's, never with keys that others can read; and each refusal says the cure.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::{Act, Relay, Rule, Stage};
use crate::support::skip;

/// Nobody's user id on a usual machine.
const SOMEBODY: u32 = 4243;

fn refusal(cip: &Rehearsal, envs: &[(&str, &str)]) -> String {
    cip.site.try_start(&["--clock", START], envs).expect_err("it does not start on that")
}

#[test]
fn a_bare_name_is_a_credential_of_systemd() {
    let relay = Relay::start();
    // AUTH is offered while a rule for it stands.
    relay.rule(Rule::at(Stage::Auth, Act::Wait(std::time::Duration::ZERO)));
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.set("smtp.username", "relance");
    cip.site.config.set("smtp.password_file", "smtp-password");
    cip.import(&rows(1, 1, "CIP"));
    let why = refusal(&cip, &[]);
    assert!(why.contains("“smtp-password” is a bare name"), "{why}");
    assert!(why.contains("LoadCredential="), "{why}");

    let credentials = cip.site.dir().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let shown = credentials.display().to_string();
    let envs = [("CREDENTIALS_DIRECTORY", shown.as_str())];
    let why = refusal(&cip, &envs);
    assert!(why.contains("smtp-password cannot be read"), "{why}");
    fs::write(credentials.join("smtp-password"), "").unwrap();
    let why = refusal(&cip, &envs);
    assert!(why.contains("is empty; write the secret into it"), "{why}");

    fs::write(credentials.join("smtp-password"), "a horse nobody knows\n").unwrap();
    let daemon = cip.start_with(START, &[], &envs);
    cip.next();
    assert_eq!(relay.taken().len(), 1);
    let said = daemon.output();
    assert!(!said.contains("horse"), "a secret is in no log: {said}");
    let check = cip.site.cli_with(&["check"], &envs).ok();
    assert!(!check.contains("password_file"), "{check}");
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let cip = Rehearsal::of_cip(&Relay::start());
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let state = cip.site.state();
    if chown(&state, Some(SOMEBODY), Some(SOMEBODY)).is_err() {
        return skip("not root");
    }
    let before: Vec<_> = fs::read_dir(&state).unwrap().flatten().map(|e| e.file_name()).collect();
    let list = cip.file("members.csv", crate::support::rehearsal::list(&rows(1, 1, "CIP")));
    for args in
        [&["import", list.as_str()][..], &["forecast"], &["outbox", "list"], &["key", "new"]]
    {
        let done = cip.cli(args);
        assert_eq!(done.code(), 1, "{args:?}");
        let why = format!("belongs to user id {SOMEBODY}");
        assert!(done.stderr.contains(&why), "{args:?}: {}", done.stderr);
        assert!(done.stderr.contains("sudo -u"), "{args:?}: {}", done.stderr);
    }
    assert!(refusal(&cip, &[]).contains("belongs to user id"));
    let after: Vec<_> = fs::read_dir(&state).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(before, after, "nothing was made in it");
    chown(&state, Some(0), Some(0)).unwrap();
    cip.import(&rows(1, 1, "CIP"));
}

#[test]
fn keys_that_others_can_read_are_no_keys() {
    let cip = Rehearsal::of_cip(&Relay::start());
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let keys = cip.site.state().join("keys.toml");
    let mode = |mode: u32| fs::set_permissions(&keys, fs::Permissions::from_mode(mode)).unwrap();
    let made = fs::read(&keys).unwrap();
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    for open in [0o644, 0o640, 0o604] {
        mode(open);
        let why = refusal(&cip, &[]);
        assert!(why.contains(&format!("(mode {open:o}); run: chmod 600 ")), "{why}");
        let doctor = cip.cli(&["doctor", "--offline"]);
        assert_eq!(doctor.code(), 1);
        assert!(doctor.stdout.contains("chmod 600"), "{}", doctor.stdout);
    }
    mode(0o600);
    // Damaged keys are never replaced by new ones: every link that was mailed would die.
    fs::write(&keys, "no keys").unwrap();
    let why = refusal(&cip, &[]);
    assert!(why.contains("not a key file") && why.contains("backup"), "{why}");
    fs::remove_file(&keys).unwrap();
    fs::write(&keys, &made).unwrap();
    mode(0o600);
    assert_eq!(cip.start(START).stop().code(), Some(0));
}

#[test]
fn keys_that_are_gone_are_not_made_anew_beside_an_old_store() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 1, "CIP"));
    let daemon = cip.start(START);
    cip.next();
    assert_eq!(daemon.stop().code(), Some(0));
    fs::remove_file(cip.site.state().join("keys.toml")).unwrap();
    let why = refusal(&cip, &[]);
    assert!(why.contains("backup"), "{why}");
}

#[test]
fn a_calendar_never_travels_near_anybody_real() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let real = "1,A,B,a@planner.ca,en,ON,CIP,full,yes".to_owned();
    cip.import(&[real]);
    assert!(refusal(&cip, &[]).contains("planner.ca is not in a reserved domain"));

    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.set("smtp.host", "192.0.2.1");
    cip.site.config.set("smtp.tls", "implicit");
    assert!(refusal(&cip, &[]).contains("192.0.2.1 is not on loopback"));

    let cip = Rehearsal::of_cip(&relay);
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let why = cip.site.try_start(&[], &[]).expect_err("a simulation stays one");
    assert!(why.contains("stays a simulation"), "{why}");

    let cip = Rehearsal::of_cip(&relay);
    assert_eq!(cip.site.start().stop().code(), Some(0));
    assert!(refusal(&cip, &[]).contains("was made with the real calendar"));
    assert_eq!(cip.cli(&["clock", "next"]).code(), 1, "nobody is there to ask");
}
