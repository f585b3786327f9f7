//! Scores the reader on the evaluation corpora where `RELANCE_CORPORA` names their folder, with
//! the scorers that come with them. The floors are the figures reached, in per mille.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Group and figure of the scorer, and its floor in per mille.
const BOUNCES: &[(&str, &str, u64)] = &[
    ("ALL", "is_bounce", 998),
    ("ALL", "kind", 998),
    ("ALL", "rcpt", 995),
    ("ALL", "status_lax", 987),
    ("ALL", "class", 986),
    ("ALL", "hard", 971),
    ("kind:autoreply", "kind", 1000),
    ("kind:complaint", "kind", 1000),
    ("ALL", "complaint_rcpt", 1000),
    ("kind:reply", "is_bounce", 1000),
];
const REPLIES: &[(&str, &str, u64)] = &[
    ("EN+FR", "exact", 967),
    ("EN+FR", "no_leak", 983),
    ("lang:fr", "exact", 1000),
    ("ALL", "exact", 957),
];

/// Runs one scorer and lists the figures below their floors.
fn below(
    folder: &Path,
    scorer: &str,
    truth: &str,
    option: &str,
    floors: &[(&str, &str, u64)],
) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let command = format!("{} inspect {option}", env!("CARGO_BIN_EXE_relance"));
    let run = Command::new("python3")
        .current_dir(folder)
        .args([
            scorer,
            "--root",
            ".",
            "--truth",
            truth,
            "--taskset",
            "",
            "--cmd",
            &command,
            "--json",
        ])
        .arg(file.path())
        .output()
        .expect("python3 runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(file.path()).expect("scores");
    let result: Value = serde_json::from_str(&text).expect("scores as JSON");
    let mut found = Vec::new();
    for (group, figure, floor) in floors {
        let pair = &result["metrics"][group][figure];
        let (hits, all) = (pair[0].as_u64().unwrap_or(0), pair[1].as_u64().unwrap_or(0));
        if all == 0 || hits * 1000 < floor * all {
            found.push(format!("{group} {figure}: {hits} of {all}, floor {floor} per mille"));
        }
    }
    found
}

#[test]
fn corpora_score_no_less_than_they_did() {
    let Some(folder) = std::env::var_os("RELANCE_CORPORA") else {
        println!("skipped: RELANCE_CORPORA names no folder with the evaluation corpora");
        return;
    };
    let folder = Path::new(&folder);
    let mut faults = below(folder, "score_bounces.py", "truth_bounces.jsonl", "--json", BOUNCES);
    faults.extend(below(folder, "score_replies.py", "truth_replies.jsonl", "--replies", REPLIES));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
