//! The machine is down at nine o'clock. Up again within the step's bound the notices go out late;
//! after it they are held: `firing list` and `doctor` show them, a person lets them go or ends
//! them, and where nobody answers the config decides.

use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::{Relay, Taken};

const FIRING: &str = "SELECT state, reason FROM firing WHERE schedule = 'cip-notice'";

/// Mails to members: the desk gets a note of its own when something is held.
fn to_members(relay: &Relay) -> usize {
    relay.taken().iter().filter(|mail| !is_to_desk(mail)).count()
}

fn is_to_desk(mail: &Taken) -> bool {
    mail.to.iter().any(|to| to.starts_with("membership@"))
}

/// Starts and stops a day before the notice, and comes back at `up`.
fn down_until(up: &str, if_unanswered: &str) -> (Relay, Rehearsal, crate::support::daemon::Daemon) {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.site.config.set_each("schedules.toml", "schedule", "if_unanswered", if_unanswered);
    cip.import(&rows(1, 3, "CIP"));
    assert_eq!(cip.start(START).stop().code(), Some(0));
    let daemon = cip.start(up);
    cip.settle();
    (relay, cip, daemon)
}

#[test]
fn within_the_bound_it_goes_out_late() {
    // 24 hours less a minute after 9:00 in Toronto.
    let (relay, cip, _daemon) = down_until("2026-11-03T13:59:00Z", "cancel");
    assert_eq!(to_members(&relay), 3);
    assert_eq!(cip.query(FIRING), ["\"done\" | \"\""]);
    cip.jump("2026-11-04T15:00:00Z");
    assert_eq!(to_members(&relay), 3, "late is still once");
}

#[test]
fn after_it_a_person_lets_it_go() {
    let (relay, cip, _daemon) = down_until("2026-11-03T14:01:00Z", "cancel");
    assert_eq!(to_members(&relay), 0);
    assert_eq!(cip.query(FIRING), ["\"held\" | \"late\""]);
    let note = relay.taken().into_iter().find(is_to_desk).expect("the desk is told");
    let note = crate::support::mail::Mail::read(&note.bytes);
    assert!(note.text.contains("relance firing approve"), "{}", note.text);
    let firing = &cip.json(&["firing", "list"])[0];
    assert_eq!(firing["state"], "held");
    assert_eq!(firing["local"], "2026-11-02T09:00");
    assert_eq!(firing["utc"], "2026-11-02T14:00:00Z");
    let number = firing["firing"].to_string();
    let doctor = cip.cli(&["doctor", "--offline"]).stdout;
    assert!(doctor.contains("cip-notice of 2026-11-02T09:00 is held: late"), "{doctor}");
    assert!(doctor.contains(&format!("relance firing approve {number}")), "{doctor}");

    let decided = cip.json(&["firing", "approve", &number]);
    assert_eq!(decided, serde_json::json!({"firing": firing["firing"], "decided": "approved"}));
    relay.wait_for(4, crate::support::rehearsal::SOON);
    cip.settle();
    assert_eq!(cip.query(FIRING), ["\"done\" | \"approved\""]);
    assert_eq!(to_members(&relay), 3);
    let again = cip.cli(&["firing", "approve", &number]);
    assert_eq!(again.code(), 1);
    assert!(again.stderr.contains("not held"), "{}", again.stderr);
    cip.cli(&["audit", "verify"]).ok();
}

#[test]
fn or_ends_it() {
    let (relay, cip, _daemon) = down_until("2026-11-03T14:01:00Z", "send");
    cip.cli(&["firing", "cancel", "1"]).ok();
    cip.jump("2026-11-12T15:00:00Z");
    assert_eq!(cip.query(FIRING), ["\"cancelled\" | \"cancelled by a person\""]);
    assert_eq!(to_members(&relay), 0, "nobody's silence brings it back");
}

#[test]
fn where_nobody_answers_the_config_decides() {
    for (rule, state, mails) in [("send", "done", 3), ("cancel", "cancelled", 0)] {
        let (relay, cip, _daemon) = down_until("2026-11-03T14:01:00Z", rule);
        let until: jiff::Timestamp = cip.next().parse().unwrap();
        // 72 hours after it was found, whatever was next before.
        let found: jiff::Timestamp = "2026-11-03T14:01:00Z".parse().unwrap();
        let hours = until.duration_since(found).as_secs_f64() / 3600.0;
        assert!((72.0..72.1).contains(&hours), "{hours} h");
        cip.settle();
        assert_eq!(to_members(&relay), mails, "{rule}");
        let ended = cip.query(FIRING);
        assert!(
            ended[0].starts_with(&format!("\"{state}\" | \"late, nobody answered")),
            "{ended:?}"
        );
        cip.jump("2026-11-10T15:00:00Z");
        assert_eq!(to_members(&relay), mails, "{rule}");
    }
}

#[test]
fn two_steps_missed_are_each_decided_by_their_own_bound() {
    // Down from the start until after the reminder: the notice is long late, the reminder is not.
    let (relay, cip, _daemon) = down_until("2026-12-08T20:00:00Z", "cancel");
    let states = "SELECT schedule, state FROM firing ORDER BY id";
    assert_eq!(cip.query(states), ["\"cip-notice\" | \"held\"", "\"cip-reminder-1\" | \"done\""]);
    assert_eq!(to_members(&relay), 3);
}
