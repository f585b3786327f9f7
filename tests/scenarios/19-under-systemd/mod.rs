//! The package is installed: the shipped unit, with the real binary and the sample config, under
//! a real systemd. It comes up, says READY, survives a SIGKILL and ends on stop.

use std::path::Path;

use crate::support::daemon::Site;
use crate::support::systemd;

#[test]
fn the_unit_runs_the_daemon() {
    // As shipped but for its ports. No mail server listens in there: that is no reason to fail.
    let site = Site::new();
    let binary = Path::new(env!("CARGO_BIN_EXE_relance"));
    let Some(report) = systemd::run_or_skip(binary, site.config.path()) else { return };
    let report = report.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.ends_with("systemd: all is well\n"), "{report}");
}
