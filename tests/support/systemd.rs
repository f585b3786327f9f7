//! Owns running a binary as the shipped unit under a real systemd: `tests/systemd/run`.

use std::path::Path;
use std::process::Command;

use super::skip;

/// Exit status by which the script says that something is missing on this machine.
const SKIPPED: i32 = 77;

/// Runs `binary` with the files of `config` as `/etc/relance`, and checks its whole life.
/// Gives the report, as an error where a check failed; `None` and a note where it was skipped.
pub fn run_or_skip(binary: &Path, config: &Path) -> Option<Result<String, String>> {
    let out = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systemd/run"))
        .args([binary, config])
        .output()
        .expect("bash is there");
    let report = String::from_utf8_lossy(&out.stdout).into_owned()
        + String::from_utf8_lossy(&out.stderr).as_ref();
    if out.status.code() == Some(SKIPPED) {
        skip(report.trim_end().trim_start_matches("SKIPPED "));
        return None;
    }
    Some(if out.status.success() { Ok(report) } else { Err(report) })
}
