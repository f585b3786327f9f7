//! Reads every sample mail under `tests/fixtures/inbox` and compares what it turns out to be with
//! the `X-Expect-…` lines at its top.

use std::fs;
use std::path::Path;

use relance::inbox::read::read;
use relance::inbox::reading::{Command, Kind, Reading};

/// The expectations at a mail's top, and the mail below them.
fn part(raw: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut expected = Vec::new();
    let mut rest = raw;
    while rest.starts_with(b"X-Expect-") {
        let end = rest.iter().position(|&b| b == b'\n').expect("a line end");
        let line = std::str::from_utf8(&rest[9..end]).expect("ASCII").trim_end();
        let (name, value) = line.split_once(':').expect("a colon");
        expected.push((name.to_owned(), value.trim().to_owned()));
        rest = &rest[end + 1..];
        while rest.starts_with(b" ") {
            let end = rest.iter().position(|&b| b == b'\n').expect("a line end");
            let more = std::str::from_utf8(&rest[..end]).expect("ASCII").trim();
            let (_, value) = expected.last_mut().expect("a field");
            value.push(' ');
            value.push_str(more);
            rest = &rest[end + 1..];
        }
    }
    (expected, rest)
}

/// Expected text stands as a subject would, so that a mail of any charset can hold it.
fn decoded(value: &str) -> String {
    read(format!("Subject: {value}\n\n").as_bytes(), false).subject
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Bounce => "bounce",
        Kind::Report => "report",
        Kind::Complaint => "complaint",
        Kind::AutoReply => "autoreply",
        Kind::Reply => "reply",
        Kind::Other => "other",
    }
}

/// What one expectation finds instead; `None` where it is met.
fn differs(name: &str, value: &str, reading: &Reading) -> Option<String> {
    let reply = reading.reply.as_ref();
    let found = match name {
        "Kind" => kind_word(reading.kind).to_owned(),
        "Back-On" => reading.back_on.clone().unwrap_or_default(),
        "Reply" => reply.map(|reply| reply.text.replace('\n', "\\n")).unwrap_or_default(),
        "Command" => {
            reply.and_then(|reply| reply.command).map_or("none", Command::as_str).to_owned()
        }
        "Lang" => {
            reply.and_then(|reply| reply.lang).map_or("none", |lang| lang.as_str()).to_owned()
        }
        "Reference" => {
            reading.references.iter().find(|id| *id == value).cloned().unwrap_or_default()
        }
        "Addressed" => reading.addressed.iter().find(|a| *a == value).cloned().unwrap_or_default(),
        "Recipient" => {
            let all = reading.recipients.iter().map(|r| {
                let status = if r.status.is_empty() { "-" } else { &r.status };
                format!("{} {status} {} {}", r.address, r.hard, r.reason)
            });
            let all: Vec<String> = all.collect();
            if all.iter().any(|one| one == value) { value.to_owned() } else { all.join(", ") }
        }
        _ => panic!("no expectation is called {name}"),
    };
    (found != decoded(value)).then_some(found)
}

#[test]
fn sample_mails_are_read_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbox");
    let mut faults = Vec::new();
    let (mut count, mut french) = (0, 0);
    for entry in fs::read_dir(folder).expect("the samples") {
        let path = entry.expect("a sample").path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let raw = fs::read(&path).expect("a sample");
        let (expected, mail) = part(&raw);
        assert!(!expected.is_empty(), "{name} expects nothing");
        let reading = read(mail, false);
        count += 1;
        french += usize::from(name.starts_with("fr-"));
        let listed = expected.iter().filter(|(name, _)| name == "Recipient").count();
        if listed != reading.recipients.len() {
            faults.push(format!("{name}: {} recipients", reading.recipients.len()));
        }
        for (field, value) in &expected {
            if let Some(found) = differs(field, value, &reading) {
                faults.push(format!("{name}: {field}\n   want {value}\n   got  {found}"));
            }
        }
    }
    assert!(faults.is_empty(), "of {count} samples:\n{}", faults.join("\n"));
    assert!(french >= 40, "only {french} French samples");
}

/// What a genuine report is read as, in the words of its row.
fn told(reading: &Reading) -> String {
    let recipients = reading.recipients.iter().map(|r| {
        let hard = if r.hard { "hard" } else { "soft" };
        format!("{} {} {hard} {}", r.address, r.status, r.reason)
    });
    let back = reading.back_on.iter().map(|date| format!("back on {date}"));
    recipients.chain(back).collect::<Vec<_>>().join("; ")
}

#[test]
fn genuine_reports_are_read_as_their_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbox/genuine");
    let table = fs::read_to_string(folder.join("README.md")).expect("the table");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut faults = Vec::new();
    for row in &rows {
        let [name, _, _, kind, recipients] = row[..] else { panic!("five columns: {row:?}") };
        let name = name.trim_matches('`');
        let raw = fs::read(folder.join(format!("{name}.eml"))).expect("a report of the table");
        let reading = read(&raw, false);
        let got = (kind_word(reading.kind), told(&reading));
        if got != (kind, recipients.to_owned()) {
            faults.push(format!("{name}: {got:?}"));
        }
        // By these a notice of ours is found.
        let envelope = reading.addressed.iter().any(|a| a == "avis+bounce-genuine@bounce.test");
        let referred = reading.references.contains(&format!("{name}@cip.example.ca"));
        if !envelope || !referred || !reading.no_answer {
            faults.push(format!("{name}: {:?} {:?}", reading.addressed, reading.references));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let mails = fs::read_dir(folder).expect("the reports").flatten();
    let mails = mails.filter(|e| e.path().extension().is_some_and(|e| e == "eml")).count();
    assert_eq!(mails, rows.len(), "every report has its row");
}
