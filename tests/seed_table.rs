//! The table of `docs/seed.md` names stories that exist: a folder of `tests/scenarios/`, and a test
//! function somewhere in it.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use std::fs;
use std::path::{Path, PathBuf};

/// Fewer would mean that the table is not read as it is written.
const ROWS_MIN: usize = 20;

/// A row: its first cell, the stories that it names, its last cell.
struct Row {
    what: String,
    stories: Vec<(String, String)>,
    note: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/seed.md")).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.contains("shown by"));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [what, _, shown, note] = cells[..] else { panic!("not four cells: {line}") };
    let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
    assert_eq!(named.len() % 2, 0, "a folder and a function each: {line}");
    let stories = named.chunks(2).map(|pair| (pair[0].into(), pair[1].into())).collect();
    Row { what: what.into(), stories, note: note.into() }
}

/// Every file of a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Whether a text has a test of that name.
fn tests(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = format!("fn {name}()");
    lines.iter().enumerate().any(|(at, line)| {
        let above = || lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        line.starts_with(&head) && above().any(|line| *line == "#[test]")
    })
}

#[test]
fn every_story_that_is_named_exists() {
    let (rows, stories) = (rows(), root().join("tests/scenarios"));
    assert!(rows.len() >= ROWS_MIN, "{} rows", rows.len());
    let run = fs::read_to_string(root().join("tests/scenarios.rs")).unwrap();
    let mut missing = Vec::new();
    for (folder, function) in rows.iter().flat_map(|row| &row.stories) {
        let found = files(&stories.join(folder))
            .iter()
            .any(|file| tests(&fs::read_to_string(file).unwrap(), function));
        // A folder that no binary takes in runs nothing.
        if !found || !run.contains(&format!("scenarios/{folder}/mod.rs")) {
            missing.push(format!("{folder} {function}"));
        }
    }
    assert!(missing.is_empty(), "no such story: {missing:#?}");
}

#[test]
fn what_no_story_shows_is_said_to_be_not_shown() {
    for row in rows().iter().filter(|row| row.stories.is_empty()) {
        assert!(row.note.starts_with("Not shown"), "{}", row.what);
    }
}
