//! Owns keeping `docs/mailroom.md` true: every word that the mailroom uses stands in a table of
//! it, and no table has a word that the mailroom does not use.

use std::collections::BTreeSet;

use super::apply::{kind, name};
use super::complaint;
use super::reading::{Command, Kind, Reading, Reply, Reported, Unreadable};
use super::reasons::Reason;
use super::reply::command::KEYS;
use crate::domain::mailroom::{Found, Known, decide};
use crate::domain::suppression::{
    Fault, HALF_LIFE_DAYS, OURS, SAME_TROUBLE_DAYS, SCORE_HARD, SCORE_LIMIT, SCORE_OURS, SCORE_SOFT,
};
use crate::domain::verify::{self, Marked};
use crate::link::Purpose;

const PAGE: &str = include_str!("../../docs/mailroom.md");

/// The rows of the table under a heading, cells trimmed, marks of code taken off.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    })
    .collect()
}

/// The first cells of that table.
fn words(heading: &str) -> BTreeSet<String> {
    table(heading).into_iter().map(|row| row[0].clone()).collect()
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

const KINDS: [Kind; 6] =
    [Kind::Bounce, Kind::Report, Kind::Complaint, Kind::AutoReply, Kind::Reply, Kind::Other];

#[test]
fn kinds() {
    assert_eq!(words("Kinds"), set(KINDS.map(kind)));
}

#[test]
fn reasons() {
    let rows: Vec<(String, String)> =
        table("Reasons").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let fault = |reason: &Reason| match Fault::of(reason.is_dead(), reason.as_str()) {
        Fault::Address => "hard".to_owned(),
        Fault::Mailbox => "soft".to_owned(),
        Fault::Ours => "ours".to_owned(),
    };
    let all: Vec<_> = Reason::ALL.iter().map(|r| (r.as_str().to_owned(), fault(r))).collect();
    assert_eq!(rows, all);
    assert_eq!(rows.iter().filter(|(_, fault)| fault == "ours").count(), OURS.len());
    let complaints = complaint::WORDS.iter().copied().chain(["complaint"]);
    assert_eq!(words("Complaints"), set(complaints));
}

#[test]
fn commands() {
    let rows = table("Commands");
    assert_eq!(rows.len(), KEYS.len());
    for (row, (command, keys)) in rows.iter().zip(KEYS) {
        assert_eq!(row[0], command.as_str());
        let listed = row[1].split(", ").chain(row[2].split(", "));
        assert_eq!(set(listed), set(keys.iter().copied()), "{}", command.as_str());
    }
}

#[test]
fn scores() {
    for (value, unit) in [
        (SCORE_HARD, "for a hard report"),
        (SCORE_SOFT, "for a soft one"),
        (SCORE_OURS, "where the fault"),
        (SCORE_LIMIT, "or more"),
    ] {
        assert!(PAGE.contains(&format!("{value:.1} {unit}")), "{value} {unit}");
    }
    assert!(PAGE.contains(&format!("every {HALF_LIFE_DAYS} days")));
    assert!(PAGE.contains(&format!("within {SAME_TROUBLE_DAYS} days")));
}

/// Everything that a mail can come to: every kind of reading with every kind of token.
#[test]
fn outcomes() {
    let at = |text: &str| text.parse().unwrap();
    let (deadline, now) = (at("2027-01-01T05:00:00Z"), at("2026-11-10T12:00:00Z"));
    let purposes = [Purpose::Bounce, Purpose::Reply, Purpose::Ref];
    let tokens = purposes.iter().flat_map(|purpose| {
        [false, true].map(|expired| Some(Found { purpose: *purpose, expired }))
    });
    let tokens: Vec<_> = tokens.chain([None]).collect();
    // What is done later than deciding, or before it.
    let mut found = set(["duplicate", "backlog"]);
    for reading in readings() {
        for token in &tokens {
            for known in knowns() {
                let known = token.and(Some(&known));
                let act = decide(&reading, *token, known, "mx.test", deadline, now);
                found.insert(name(&act));
            }
        }
    }
    for reading in readings() {
        for (marked, on_file) in [(None, false), (None, true), (Some(true), false)] {
            let marked = marked.map(|answerable| Marked { answerable });
            found.insert(name(&verify::decide(&reading, marked, on_file)));
        }
    }
    assert_eq!(words("Outcomes"), found);
}

fn knowns() -> Vec<Known> {
    let flags = [false, true];
    let all = flags.into_iter().flat_map(|to_desk| flags.map(|bounced| (to_desk, bounced)));
    all.map(|(to_desk, bounced)| Known {
        to_desk,
        to_payer: false,
        bounced,
        sent_to: "a@club.test".into(),
        on_file: vec!["a@club.test".into()],
        has_renewal: true,
    })
    .collect()
}

fn readings() -> Vec<Reading> {
    let reported = |address: &str, hard, reason| {
        vec![Reported { address: address.into(), status: String::new(), hard, reason }]
    };
    let recipients = [
        vec![],
        reported("", true, "unknown-user"),
        reported("a@club.test", false, "mailbox-full"),
        reported("b@club.test", true, "unknown-user"),
        reported("a@club.test", false, "opt-out"),
    ];
    let commands = KEYS.iter().map(|(command, _)| Some(*command)).chain([None]);
    let commands: Vec<Option<Command>> = commands.collect();
    let unreadable = [None, Some(Unreadable::TooLarge), Some(Unreadable::Unparsed)];
    let passes = "mx.test; dmarc=pass header.from=club.test";
    let mut all = Vec::new();
    for kind in KINDS {
        for unreadable in unreadable {
            for recipients in &recipients {
                for command in &commands {
                    for flags in 0..16 {
                        let from = if flags & 1 == 0 { "a@club.test" } else { "x@club.test" };
                        let results = if flags & 2 == 0 { vec![passes.into()] } else { vec![] };
                        all.push(Reading {
                            kind,
                            unreadable,
                            recipients: recipients.clone(),
                            from: from.into(),
                            authentication_results: results,
                            no_answer: flags & 4 != 0,
                            own_loop: flags & 8 != 0,
                            reply: Some(Reply { command: *command, ..Reply::default() }),
                            ..Reading::default()
                        });
                    }
                }
            }
        }
    }
    all
}
