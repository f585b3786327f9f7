//! The shipped unit under a real systemd, with stand-ins for the daemon.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::systemd;

/// Says READY, as the daemon does, again after SIGHUP, and waits for SIGTERM. Perl is part of every Debian.
const READY: &str = r#"#!/usr/bin/perl
use IO::Socket::UNIX; use Socket;
my $manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET}) or die $!;
$SIG{TERM} = sub { exit 0 };
$| = 1;
$SIG{HUP} = sub { $manager->send("RELOADING=1"); $manager->send("READY=1"); print "relance.reloaded\n" };
$manager->send("READY=1\nSTATUS=standing in");
while (1) { sleep 10; $manager->send("WATCHDOG=1") }
"#;
const NEVER_READY: &str = "#!/bin/sh\nexit 0\n";

#[test]
fn the_unit_runs_what_says_ready_and_fails_what_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("stand-in");
    let config = dir.path().join("config");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("relance.toml"), "").unwrap();
    let run = |script: &str| {
        fs::write(&binary, script).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        systemd::run_or_skip(&binary, &config)
    };
    let Some(report) = run(READY) else { return };
    let report = report.unwrap();
    assert!(report.contains("status: standing in"), "{report}");
    assert!(report.ends_with("systemd: all is well\n"), "{report}");
    let report = run(NEVER_READY).expect("it ran before").unwrap_err();
    assert!(report.contains("BAD: started: 1"), "{report}");
}
