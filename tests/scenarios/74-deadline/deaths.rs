//! The process dies amid the covered, whose cover the deadline settles chunk by chunk.

use super::{DEADLINE, LAST_MINUTE, MORNING, Story, UP_AGAIN, begin_with};
use crate::support::club::sent_to;
use crate::support::rehearsal::can_die;

/// Enough for several chunks: of 32 at least each, and of a few milliseconds.
const COVERED: u32 = 110;
const OUTCOMES: &str = "SELECT count(*) FROM outcome";

#[test]
fn each_is_settled_once_whatever_dies_meanwhile() {
    if !can_die() {
        return;
    }
    let mut story = begin_with(COVERED, LAST_MINUTE);
    story.post(1, "invoice");
    story.declare(1);
    story.reply(2, "RENOUVELER", "Thu, 31 Dec 2026 23:59:10 -0500");
    story.post(3, "not-renewing");
    story.cip.settle();
    story.daemon.take().unwrap().stop();

    story.cip.dies_at(UP_AGAIN, "cover.chunk");
    assert_eq!(story.cip.number(OUTCOMES), 0, "its commit was still to come");
    story.cip.dies_at(UP_AGAIN, "cover.chunk#2");
    let amid = story.cip.number(OUTCOMES);
    assert!(0 < amid && amid < i64::from(COVERED), "{amid}");
    story.daemon = Some(story.cip.start(UP_AGAIN));
    story.cip.settle();
    settled_once(&story);
    told_once(&story);
    story.cip.cli(&["audit", "verify"]).ok();
}

fn settled_once(story: &Story) {
    let list = story.list(&[]);
    assert_eq!((&list["status"], &list["covered"]), (&"settled".into(), &COVERED.into()));
    assert_eq!(
        list["totals"],
        serde_json::json!({"kept": 1, "interrupted": COVERED - 3, "declined": 1, "pending": 1})
    );
    let numbers = list["members"].as_array().unwrap().iter().map(|m| m["member_no"].as_str());
    let different: std::collections::BTreeSet<_> = numbers.collect();
    assert_eq!(different.len(), usize::try_from(COVERED).unwrap());
    let rows = "SELECT count(*), count(DISTINCT renewal), max(version) FROM outcome";
    assert_eq!(story.cip.query(rows), [format!("{COVERED} | {COVERED} | 1")]);
    let lines = "SELECT count(*), count(DISTINCT subject) FROM ledger WHERE kind = 'cover-outcome'";
    assert_eq!(story.cip.query(lines), [format!("{COVERED} | {COVERED}")]);
    let passes = "SELECT count(*) FROM ledger WHERE kind = 'cover-pass'
                  AND json_extract(data, '$.stage') = 'deadline'";
    assert_eq!(story.cip.number(passes), 1, "the desk's totals stand there once");
    let late = format!(
        "SELECT count(*) FROM ledger WHERE kind = 'cover-outcome' AND at < {}",
        DEADLINE.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    );
    assert_eq!(story.cip.number(&late), 0);
}

/// In the morning whoever lost cover, or has an answer to give, hears of it once, and the desk has
/// one note.
fn told_once(story: &Story) {
    let mails = |n: u32| sent_to(&story.relay, &format!("m{n}@club.test")).len();
    let before: Vec<usize> = (1..=COVERED).map(mails).collect();
    story.cip.jump(MORNING);
    let came: Vec<usize> = (1..=COVERED).zip(before).map(|(n, before)| mails(n) - before).collect();
    assert_eq!((came[0], came[2]), (0, 0), "they knew when they answered");
    assert!(came[3..].iter().chain([&came[1]]).all(|news| *news == 1), "{came:?}");
    let told = "SELECT count(*), count(DISTINCT person) FROM message
                WHERE kind = 'cover-ended' AND state = 'sent'";
    let ended = COVERED - 3;
    assert_eq!(story.cip.query(told), [format!("{ended} | {ended}")]);
    let notes = sent_to(&story.relay, "membership@cip.example.ca");
    let notes = notes.iter().filter(|mail| mail.text.contains("relance insurance list"));
    assert_eq!(notes.count(), 1);
}
