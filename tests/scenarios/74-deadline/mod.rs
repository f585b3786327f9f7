//! Midnight of 31 December in the East. Who answered in the last minute keeps cover, who answers
//! in the next one does not; a reply that our mail server had before midnight counts although the
//! daemon was down and read it an hour later. The insurer's list adds up, and says why for each.

mod deaths;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::club::{hidden, sent_to};
use crate::support::daemon::Daemon;
use crate::support::http;
use crate::support::letters::{Letter, deliver, no_such_user};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row};
use crate::support::relay::{Relay, Taken};

const MX: &str = "mx.cip.example.ca";
/// A minute before the deadline: the calendar runs on while a scenario works.
const LAST_MINUTE: &str = "2027-01-01T04:59:00Z";
const DEADLINE: &str = "2027-01-01T05:00:00Z";
/// The daemon is up again.
const UP_AGAIN: &str = "2027-01-01T06:00:00Z";
const MORNING: &str = "2027-01-01T14:01:00Z";

struct Story {
    relay: Relay,
    cip: Rehearsal,
    maildir: PathBuf,
    daemon: Option<Daemon>,
}

/// Eight covered members, the even ones French; of three steps that were late the last call went
/// out, and nobody has answered.
fn begin(until: &str) -> Story {
    begin_with(8, until)
}

/// As [`begin`], with so many members.
fn begin_with(members: u32, until: &str) -> Story {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    let rows: Vec<String> = (1..=members)
        .map(|n| {
            let row = row(n, &format!("m{n}@club.test"), "CIP");
            if n % 2 == 0 { row.replace(",en,ON,", ",fr,QC,") } else { row }
        })
        .collect();
    cip.import(&rows);
    let daemon = Some(cip.start(START));
    cip.jump("2026-12-20T15:00:00Z");
    if until > "2026-12-20" {
        cip.jump(until);
    }
    Story { relay, cip, maildir, daemon }
}

impl Story {
    fn last_call(&self, n: u32) -> Taken {
        let to = format!("m{n}@club.test");
        let taken = self.relay.taken();
        let theirs = taken.into_iter().rfind(|mail| mail.to.iter().any(|t| t.contains(&to)));
        theirs.unwrap_or_else(|| panic!("nothing went to {to}"))
    }

    /// Chooses on the page behind the last call's link.
    fn post(&self, n: u32, choice: &str) {
        let link = Mail::read(&self.last_call(n).bytes).path_with("/r/").expect("a link");
        let page = http::get(self.cip.site.web, &link).expect("the daemon answers");
        let number = n.to_string();
        let fields =
            [&hidden(&page.body)[..], &[("choice", choice), ("proof", number.as_str())]].concat();
        let answer = http::post_form(self.cip.site.web, &link, &fields).expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    fn undo(&self, n: u32) {
        let link = Mail::read(&self.last_call(n).bytes).path_with("/r/").expect("a link");
        let page = http::get(self.cip.site.web, &link).expect("the daemon answers");
        let fields = [&hidden(&page.body)[..], &[("act", "undo")]].concat();
        let answer = http::post_form(self.cip.site.web, &link, &fields).expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// A reply that our mail server had at that local time.
    fn reply(&self, n: u32, words: &str, had: &str) {
        let trace = format!("Received: from m{n}.club.test by {MX} with ESMTPS; {had}");
        let letter = Letter::reply(&self.last_call(n), MX, &format!("r{n}"), words);
        let raw = [trace.as_bytes(), b"\n", &letter.bytes()].concat();
        deliver(&self.maildir, &format!("{n}.reply"), &raw, LAST_MINUTE);
    }

    /// The same, of a sender whom our server cannot vouch for.
    fn doubted(&self, n: u32, words: &str, had: &str) {
        let trace = format!("Received: from m{n}.club.test by {MX} with ESMTPS; {had}");
        let mut letter = Letter::reply(&self.last_call(n), MX, &format!("d{n}"), words);
        letter.headers = letter.headers.replace("dmarc=pass", "dmarc=fail");
        let raw = [trace.as_bytes(), b"\n", &letter.bytes()].concat();
        deliver(&self.maildir, &format!("{n}.doubted"), &raw, LAST_MINUTE);
    }

    fn bounce(&self, n: u32) {
        let sent = self.last_call(n);
        let raw = no_such_user(&sent, &format!("report-{n}"));
        deliver(&self.maildir, &format!("{n}.bounce"), raw.as_bytes(), LAST_MINUTE);
    }

    fn declare(&self, n: u32) {
        let number = n.to_string();
        let args = [
            "insurance",
            "declare",
            &number,
            "--staff",
            "Ann Desk",
            "--answer",
            "claims=no",
            "--answer",
            "circumstances=no",
        ];
        self.cip.cli(&args).ok();
    }

    fn list(&self, more: &[&str]) -> Value {
        self.cip.json(&[&["insurance", "list"], more].concat())
    }
}

/// Without line breaks and no-break spaces.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `member outcome why` of each, in order.
fn told(list: &Value) -> Vec<String> {
    let members = list["members"].as_array().expect("members");
    members
        .iter()
        .map(|m| {
            let word = |key: &str| m[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", word("member_no"), word("outcome"), word("why"))
        })
        .collect()
}

#[test]
fn midnight_decides_and_the_list_adds_up() {
    let mut story = begin(LAST_MINUTE);
    story.post(1, "invoice");
    story.declare(1);
    story.reply(2, "RENOUVELER", "Thu, 31 Dec 2026 23:59:10 -0500");
    story.post(3, "not-renewing");
    story.bounce(8);
    story.cip.settle();
    let now: jiff::Timestamp = story.cip.cli(&["clock", "now"]).ok().trim().parse().unwrap();
    assert!(now < DEADLINE.parse().unwrap(), "the last minute was too short: {now}");

    let before = story.list(&[]);
    assert_eq!((&before["status"], &before["covered"]), (&"provisional".into(), &8.into()));
    let desk = story.cip.json(&["insurance", "last-day", "--issuer", "CIP"]);
    let to_call: Vec<&str> = desk[0]["undecided"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["why"].as_str().unwrap())
        .collect();
    assert_eq!(
        to_call,
        ["not-declared", "no-answer", "no-answer", "no-answer", "no-answer", "no-answer"]
    );
    assert_eq!(desk[0]["pledged_today"], serde_json::json!(["1", "2"]));

    // Down over midnight. Two replies arrive meanwhile: before it and after it.
    story.daemon.take().unwrap().stop();
    story.reply(4, "RENOUVELER", "Thu, 31 Dec 2026 23:59:58 -0500");
    story.reply(5, "RENEW", "Fri, 1 Jan 2027 00:00:00 -0500");
    story.daemon = Some(story.cip.start(UP_AGAIN));
    story.cip.settle();
    story.post(6, "invoice");
    story.cip.settle();

    let list = story.list(&[]);
    assert_eq!(
        told(&list),
        [
            "1 kept intent",
            "2 pending not-declared",
            "3 declined not-renewing",
            "4 pending not-declared",
            "5 interrupted answered-late",
            "6 interrupted answered-late",
            "7 interrupted no-answer",
            "8 interrupted no-answer",
        ]
    );
    assert_eq!(list["status"], "settled");
    assert_eq!(
        list["totals"],
        serde_json::json!({"kept": 1, "interrupted": 4, "declined": 1, "pending": 2})
    );
    assert_eq!(list["members"][3]["answered"], "2027-01-01T04:59:58Z", "when our MX had it");
    assert_eq!(list["members"][7]["last_call"], "bounced 5.1.1");
    let csv = story.cip.cli(&["insurance", "list", "--csv"]).ok();
    assert_eq!(csv.lines().count(), 9, "{csv}");
    story.cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn who_lost_cover_is_told_in_the_morning_and_the_desk_has_its_list() {
    let story = begin(LAST_MINUTE);
    story.reply(1, "RENEW", "Thu, 31 Dec 2026 23:59:10 -0500");
    story.reply(2, "RENOUVELER", "Thu, 31 Dec 2026 23:59:10 -0500");
    story.cip.settle();
    story.cip.jump(DEADLINE);
    let told = |n: u32, words: &str| {
        let mails = sent_to(&story.relay, &format!("m{n}@club.test"));
        let mut texts = mails.into_iter().map(|mail| flat(&mail.text));
        texts.find(|text| text.contains(words))
    };
    assert!(told(7, "cover with").is_none(), "not in the night");
    story.cip.jump(MORNING);
    for (n, first, second) in [
        (7, "insurance cover with Example Insurance Company of Canada", "est interrompue"),
        (8, "auprès de Compagnie d’assurance Exemple du Canada", "is interrupted"),
        (1, "your answers to the two questions", "vos réponses aux deux questions"),
        (2, "Il reste une étape : vos deux réponses", "One step is left: your two answers"),
    ] {
        let text = told(n, first).unwrap_or_else(|| panic!("{n}: {first}"));
        assert!(text.find(first) < text.find(second), "{n}: {text}");
    }
    let desk = sent_to(&story.relay, "membership@cip.example.ca").pop().expect("the desk's note");
    assert!(desk.text.contains("interrupted: 6"), "{}", desk.text);
    assert!(desk.text.contains("relance insurance list --issuer CIP"), "{}", desk.text);
    let ended = "SELECT count(*) FROM message WHERE kind = 'cover-ended' AND state = 'sent'";
    assert_eq!(story.cip.query(ended), ["6"]);
}

/// Our mail server cannot vouch for a reply of the last minute; the address on file confirms it
/// two days later. The click says who wrote; when is what the trace says.
#[test]
fn a_reply_in_time_may_be_confirmed_after_it() {
    let story = begin(LAST_MINUTE);
    story.doubted(1, "RENEW", "Thu, 31 Dec 2026 23:58:20 -0500");
    story.cip.settle();
    story.cip.jump(DEADLINE);
    story.doubted(2, "RENOUVELER", "Fri, 1 Jan 2027 00:00:00 -0500");
    story.cip.settle();
    story.cip.jump("2027-01-02T15:00:00Z");
    for n in [1, 2] {
        let mails = sent_to(&story.relay, &format!("m{n}@club.test"));
        let link = mails.iter().find_map(|mail| mail.path_with("/c/")).expect("a request");
        let page = http::get(story.cip.site.web, &link).expect("the daemon answers");
        let fields = [&hidden(&page.body)[..], &[("act", "confirm")]].concat();
        let answer = http::post_form(story.cip.site.web, &link, &fields).expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    story.cip.settle();
    let list = story.list(&[]);
    let want = ["1 pending not-declared", "2 interrupted answered-late"];
    assert_eq!(told(&list)[..2], want.map(str::to_owned));
    assert_eq!(list["members"][0]["answered"], "2027-01-01T04:58:20Z");
    assert_eq!(list["members"][0]["revised"], 1);
}

/// A reply in time reaches us after its member has also pressed the button, too late. The button
/// takes nothing from the reply; a reply that came before what was taken back brings nothing back.
#[test]
fn a_reply_in_time_counts_though_the_page_was_quicker() {
    let story = begin("2026-12-31T20:00:00Z");
    // Two answers on one day, the first taken back: the second counts. Then a reply of between
    // them arrives, and one of before.
    for (n, last) in [(2, "invoice"), (3, "undo")] {
        story.post(n, "invoice");
        if n == 2 {
            story.undo(n);
        }
        story.cip.jump(&format!("2026-12-31T2{n}:00:00Z"));
        if last == "undo" { story.undo(n) } else { story.post(n, last) }
    }
    story.cip.jump("2027-01-01T05:00:30Z");
    story.post(4, "invoice");
    story.cip.settle();
    assert_eq!(told(&story.list(&[]))[3], "4 interrupted answered-late");
    story.reply(2, "RENOUVELER", "Thu, 31 Dec 2026 16:00:00 -0500");
    story.reply(3, "RENEW", "Thu, 31 Dec 2026 16:00:00 -0500");
    story.reply(4, "RENOUVELER", "Thu, 31 Dec 2026 23:59:58 -0500");
    story.cip.settle();
    let words = "SELECT count(*) FROM earlier_word";
    crate::support::wait_until("three replies", crate::support::club::SOON, || {
        (story.cip.query(words) == ["3"]).then_some(())
    });
    story.cip.settle();
    let list = story.list(&[]);
    assert_eq!(
        told(&list)[1..4],
        ["2 pending not-declared", "3 interrupted no-answer", "4 pending not-declared"]
            .map(str::to_owned)
    );
    assert_eq!(list["members"][3]["answered"], "2027-01-01T04:59:58Z");
    assert_eq!(list["members"][3]["by"], "mail");
    let invoices = "SELECT count(*) FROM invoice WHERE kind = 'invoice'";
    assert_eq!(story.cip.query(invoices), ["4"], "a word read late makes none");
    story.cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn after_the_final_list_come_addenda() {
    let story = begin(LAST_MINUTE);
    story.reply(2, "RENOUVELER", "Thu, 31 Dec 2026 23:59:10 -0500");
    story.cip.settle();
    let too_early = story.cip.cli(&["insurance", "list", "--final"]);
    assert_eq!(too_early.code(), 1, "{}", too_early.stdout);
    story.cip.jump("2027-01-04T15:00:00Z");
    // A command's calendar is not behind what the daemon has written.
    let kept = story.cip.query("SELECT value FROM meta WHERE key = 'calendar'");
    let kept: jiff::Timestamp = kept[0].trim_matches('"').parse().unwrap();
    assert!(story.cip.number("SELECT max(at) FROM ledger") <= kept.as_millisecond());
    let last = story.list(&["--final"]);
    assert_eq!((&last["status"], &last["covered"]), (&"final".into(), &8.into()));
    assert_eq!(story.cip.cli(&["insurance", "list", "--final"]).code(), 1, "nothing new");

    story.declare(2);
    story.cip.settle();
    let more = story.list(&["--final"]);
    assert_eq!((&more["status"], &more["covered"]), (&"addendum".into(), &1.into()));
    assert_eq!(told(&more), ["2 kept intent"]);
    let as_it_was = story.list(&["--as-of", "2027-01-02T12:00:00Z"]);
    assert_eq!(as_it_was["totals"]["pending"], 1);
    let lines = story.cip.query("SELECT count(*) FROM ledger WHERE kind = 'insurance-list'");
    assert_eq!(lines, ["2"]);

    // Certificates: one bad row and nothing is taken in.
    let file = story.cip.file("c.csv", "member_no,url\n2,https://certificates.example/2\n99,x\n");
    assert_eq!(story.cip.cli(&["insurance", "certificates", "import", &file]).code(), 1);
    let file = story.cip.file("c.csv", "member_no,url\n2,https://certificates.example/2\n");
    for _ in 0..2 {
        story.cip.cli(&["insurance", "certificates", "import", &file]).ok();
    }
    story.cip.settle();
    let mails = sent_to(&story.relay, "m2@club.test");
    let mails: Vec<_> =
        mails.iter().filter(|m| m.text.contains("https://certificates.example/2")).collect();
    assert_eq!(mails.len(), 1, "once");
    assert!(mails[0].subject.starts_with("Votre certificat"), "{}", mails[0].subject);
    story.cip.cli(&["audit", "verify"]).ok();
}
