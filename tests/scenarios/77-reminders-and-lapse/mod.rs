//! A season to its end: reminders stop the moment somebody answers, a day of one's own is kept to,
//! nobody gets two steps on one day, an outage leaves only the latest step, whoever promised to pay
//! is reminded of that, and whoever never answered lapses, with one mail and one line in the
//! ledger.

use relance::store::Direct;

use crate::support::letters::{Letter, deliver};
use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START, row, rows};
use crate::support::relay::{Relay, Taken};

const AUTHSERV: &str = "mx.cip.example.ca";

/// Recipients and subjects of what went out since `before`, by recipient.
fn since(relay: &Relay, before: usize) -> Vec<(String, String)> {
    let mut all: Vec<_> = relay.taken()[before..].iter().map(told).collect();
    all.sort();
    all
}

fn told(taken: &Taken) -> (String, String) {
    (taken.to[0].clone(), Mail::read(&taken.bytes).subject)
}

fn recipients(relay: &Relay, before: usize) -> Vec<String> {
    since(relay, before)
        .into_iter()
        .map(|(to, _)| to)
        .filter(|to| to.ends_with("@club.test"))
        .collect()
}

fn club(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| format!("m{n}@club.test")).collect()
}

/// Sets a column of a renewal, as the member's page does.
fn ask_to_remind(cip: &Rehearsal, number: &str, day: &str) {
    let mut direct = Direct::open(&cip.site.state(), 0).unwrap();
    let changed = direct.write(|c| {
        Ok(c.execute(
            "UPDATE renewal SET remind_on = ?2
             WHERE person = (SELECT id FROM person WHERE member_no = ?1)",
            (number, day),
        )?)
    });
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn a_season_to_its_end() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    let mut list = rows(1, 4, "CIP");
    list.push(row(5, "", "CIP"));
    cip.import(&list);
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    assert_eq!(recipients(&relay, 0), club(&[1, 2, 3, 4]));

    let to_two = relay.taken().into_iter().find(|t| t.to[0] == "m2@club.test").unwrap();
    let letter = Letter::reply(&to_two, AUTHSERV, "renew-2", "RENEW");
    deliver(&maildir, "1", &letter.bytes(), "2026-11-02T14:10:00Z");
    cip.wait_for("SELECT state FROM renewal WHERE person = 2", &["\"pledged\""]);
    cip.settle();

    let mut before = relay.taken().len();
    cip.jump("2026-12-08T14:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1, 3, 4]), "who answered hears no more");
    before = relay.taken().len();
    cip.jump("2026-12-17T14:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1, 3, 4]));

    // The day to pay by passes: once, to whoever promised. (What became of cover is told as well:
    // that is another story.)
    for day in ["2027-02-12T14:00:00Z", "2027-03-01T14:00:00Z", "2027-03-02T15:00:00Z"] {
        cip.jump(day);
    }
    let paying = "SELECT person, kind, count(*) FROM message
                  WHERE kind IN ('payment-reminder', 'invoice') AND state = 'sent'
                  GROUP BY person, kind ORDER BY kind";
    let (copy, reminder) = ("2 | \"invoice\" | 1", "2 | \"payment-reminder\" | 1");
    assert_eq!(cip.query(paying), [copy, reminder]);

    before = relay.taken().len();
    cip.jump("2027-04-01T13:00:00Z");
    let lapsed = since(&relay, before);
    assert_eq!(recipients(&relay, before), club(&[1, 3, 4]));
    assert!(lapsed.iter().all(|(_, subject)| subject.contains("has lapsed")), "{lapsed:?}");
    let told = relay.taken().into_iter().rfind(|t| t.to[0] == "m1@club.test").unwrap();
    let told = Mail::read(&told.bytes);
    assert!(told.text.contains("Until June\u{a0}30, 2027 you can renew"), "{}", told.text);
    assert!(told.text.contains("Pour obtenir votre réintégration"), "both languages");
    let states = "SELECT state, count(*) FROM renewal GROUP BY state ORDER BY state";
    assert_eq!(cip.query(states), ["\"lapsed\" | 4", "\"pledged\" | 1"], "no mail, and lapsed too");
    let lines = "SELECT count(*) FROM ledger WHERE kind = 'lapsed'";
    assert_eq!(cip.number(lines), 4);

    before = relay.taken().len();
    cip.jump("2027-04-02T15:00:00Z");
    cip.jump("2027-05-01T15:00:00Z");
    assert_eq!(recipients(&relay, before), Vec::<String>::new(), "once");
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn who_promises_late_is_reminded_late() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let maildir = cip.read_maildir();
    cip.import(&rows(1, 2, "CIP"));
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    let notice = relay.taken().into_iter().find(|t| t.to[0] == "m2@club.test").unwrap();
    cip.jump("2027-02-12T14:00:00Z");
    cip.jump("2027-02-20T15:00:00Z");
    let letter = Letter::reply(&notice, AUTHSERV, "renew-2", "RENEW");
    deliver(&maildir, "1", &letter.bytes(), "2027-02-20T15:10:00Z");
    cip.wait_for("SELECT state FROM renewal WHERE person = 2", &["\"pledged\""]);
    cip.settle();
    let reminders = "SELECT count(*) FROM message WHERE kind = 'payment-reminder'";
    // Thirty days to pay, and as long after that as everybody has.
    cip.jump("2027-04-02T15:00:00Z");
    assert_eq!(cip.number(reminders), 0);
    cip.jump("2027-04-03T15:00:00Z");
    assert_eq!(cip.number(reminders), 1);
    let told = relay.taken().into_iter().rfind(|t| t.to[0] == "m2@club.test").unwrap();
    let told = Mail::read(&told.bytes);
    assert!(told.text.contains("To be paid by March\u{a0}22, 2027"), "{}", told.text);
    cip.jump("2027-04-04T15:00:00Z");
    assert_eq!(cip.number(reminders), 1, "once");
}

#[test]
fn on_a_day_of_ones_own() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 3, "CIP"));
    let _daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    ask_to_remind(&cip, "2", "2026-12-10");
    // The day of the reminder itself: their own comes in its place.
    ask_to_remind(&cip, "3", "2026-12-08");
    let mut before = relay.taken().len();
    cip.jump("2026-12-08T14:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1, 3]));
    before = relay.taken().len();
    assert_eq!(cip.next(), "2026-12-10T14:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[2]));
    let cause = "SELECT cause FROM message WHERE cause LIKE 'remind/%'";
    let own = ["\"remind/2027/CIP/2/2026-12-10\"", "\"remind/2027/CIP/3/2026-12-08\""];
    assert_eq!(cip.query(&format!("{cause} ORDER BY cause")), own);
    before = relay.taken().len();
    cip.jump("2026-12-11T15:00:00Z");
    assert_eq!(recipients(&relay, before), Vec::<String>::new());
    cip.jump("2026-12-17T14:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1, 2, 3]), "the last call waits for nobody");
}

/// Gives CIP reminders on these days of December.
fn reminders(cip: &Rehearsal, days: &[u8]) {
    cip.site.config.edit("schedules.toml", |table| {
        let schedules = table["schedule"].as_array_mut().unwrap();
        schedules.retain(|s| s["kind"].as_str() != Some("reminder"));
        for day in days {
            let text = format!(
                "id = \"cip-reminder-{day}\"\nassociation = \"CIP\"\nstep = \"reminder-{day}\"\n\
                 kind = \"reminder\"\noffset = {{ days = {}, before = \"declare_by\" }}",
                31 - day
            );
            schedules.push(toml::Value::Table(text.parse().unwrap()));
        }
    });
}

#[test]
fn an_outage_leaves_the_latest() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    reminders(&cip, &[4, 8, 11]);
    cip.import(&rows(1, 3, "CIP"));
    let daemon = cip.start(START);
    cip.jump("2026-11-02T14:00:00Z");
    assert_eq!(daemon.stop().code(), Some(0));
    let before = relay.taken().len();
    let _daemon = cip.start("2026-12-11T20:00:00Z");
    cip.settle();
    assert_eq!(recipients(&relay, before), club(&[1, 2, 3]), "one each");
    let firings = cip.json(&["firing", "list"]);
    let of = |schedule: &str| {
        let all = firings.as_array().unwrap();
        let firing = all.iter().find(|f| f["schedule"] == schedule).unwrap();
        (
            firing["state"].as_str().unwrap().to_owned(),
            firing["reason"].as_str().unwrap().to_owned(),
        )
    };
    for overtaken in ["cip-reminder-4", "cip-reminder-8"] {
        assert_eq!(of(overtaken), ("cancelled".into(), "superseded by cip-reminder-11".into()));
    }
    assert_eq!(of("cip-reminder-11"), ("done".into(), String::new()));
    let text = cip.cli(&["firing", "list"]).ok();
    assert!(text.contains("superseded by cip-reminder-11"), "{text}");
}

#[test]
fn a_last_call_after_its_deadline_is_nothing() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 3, "CIP"));
    let daemon = cip.start(START);
    cip.jump("2026-12-08T14:00:00Z");
    assert_eq!(daemon.stop().code(), Some(0));
    let before = relay.taken().len();
    // The sample's last call goes out when nobody answers; not after midnight of the 31st.
    let _daemon = cip.start("2027-01-02T15:00:00Z");
    cip.settle();
    cip.jump("2027-01-08T15:00:00Z");
    // The notice had given way to the reminder of the same outage. They are told what became of
    // their cover, each once, and no more.
    assert_eq!(recipients(&relay, before), club(&[1, 2, 3]));
    let kinds = "SELECT kind, count(*) FROM message WHERE recipient = 'member'
                 GROUP BY kind ORDER BY kind";
    assert_eq!(cip.query(kinds), ["\"cover-ended\" | 3", "\"reminder\" | 3"]);
    let firing = "SELECT state, reason FROM firing WHERE schedule = 'cip-last-call'";
    assert_eq!(cip.query(firing), ["\"cancelled\" | \"its deadline has passed\""]);
}

#[test]
fn two_associations_on_one_day() {
    let relay = Relay::start();
    let both = Rehearsal::of_all(&relay);
    both.keep(&["CIP", "SPPI"]);
    // SPPI's reminder comes on the day of CIP's.
    both.site.config.edit("schedules.toml", |table| {
        for schedule in table["schedule"].as_array_mut().unwrap() {
            if schedule["id"].as_str() == Some("sppi-reminder-1") {
                schedule["cron"] = "0 10 8 12 *".into();
            }
        }
    });
    both.import(&[row(1, "m1@club.test", "CIP"), row(1, "m1@club.test", "SPPI")]);
    let _daemon = both.start(START);
    both.jump("2026-12-01T15:00:00Z");
    let mut before = relay.taken().len();
    both.jump("2026-12-08T20:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1]), "one mail a day");
    before = relay.taken().len();
    both.jump("2026-12-09T17:00:00Z");
    assert_eq!(recipients(&relay, before), club(&[1]), "the other the next day");
    before = relay.taken().len();
    both.jump("2026-12-10T17:00:00Z");
    assert_eq!(recipients(&relay, before), Vec::<String>::new());
}

#[test]
fn nobody_lapses_without_a_notice() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 2, "CIP"));
    // The daemon begins after everything but the lapse.
    let _daemon = cip.start("2027-03-20T12:00:00Z");
    cip.jump("2027-04-01T13:00:00Z");
    assert_eq!(recipients(&relay, 0), Vec::<String>::new());
    let firing = "SELECT state, reason FROM firing WHERE schedule = 'cip-lapse'";
    assert_eq!(cip.query(firing), ["\"held\" | \"no notice of this season has gone out\""]);
}
