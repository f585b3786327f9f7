//! Owns the real browser: pages on loopback, checked with axe at two widths. The checks are
//! `tests/browser/axe.mjs`; this starts it and says what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `tests/run` lays the pinned modules, unless `RELANCE_BROWSER_MODULES` names another.
fn modules() -> PathBuf {
    std::env::var_os("RELANCE_BROWSER_MODULES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser"), PathBuf::from)
}

/// What is missing on this machine to open a page; empty: nothing.
pub fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if !Path::new("/usr/bin/chromium").exists() {
        missing.push("package chromium missing".into());
    }
    if Command::new("node").arg("--version").output().is_err() {
        missing.push("package nodejs missing".into());
    }
    if !modules().join("node_modules/playwright-core").exists() {
        missing.push("browser modules missing (tests/run installs them)".into());
    }
    missing
}

/// Opens each page, leaves pictures in `pictures`. Gives the report, as an error where a page
/// did not load, is too wide, or has a fault that axe finds.
pub fn check(urls: &[String], pictures: &Path) -> Result<String, String> {
    let out = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/axe.mjs"))
        .arg(pictures)
        .args(urls)
        .env("RELANCE_BROWSER_MODULES", modules())
        .output()
        .map_err(|e| e.to_string())?;
    let mut report = String::from_utf8_lossy(&out.stdout).into_owned();
    report += &String::from_utf8_lossy(&out.stderr);
    if out.status.success() { Ok(report) } else { Err(report) }
}
