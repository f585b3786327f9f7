//! Before a mailing the desk asks who would get it. The forecast counts by language and by
//! reason, says that CIP mails nobody whose dues stand on another body's invoice, and is what then
//! really goes out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::mail::Mail;
use crate::support::rehearsal::{Rehearsal, START};
use crate::support::relay::Relay;

/// Number, address, language, province, association, category, insurance, status.
const MEMBERS: [&str; 14] = [
    // OPPI bills CIP: one mail, from OPPI.
    "1,a1@club.test,en,ON,OPPI,full,yes,active",
    "1,a1@club.test,en,ON,CIP,full,yes,active",
    "2,a2@club.test,fr,ON,OPPI,full,no,active",
    "2,a2@club.test,fr,ON,CIP,full,no,active",
    // SPPI sends its own invoice: two mails.
    "3,a3@club.test,en,SK,SPPI,candidate,no,active",
    "3,a3@club.test,en,SK,CIP,candidate,yes,active",
    // CIP's own, in Quebec: French, though nobody said so.
    "4,a4@club.test,,QC,CIP,full,yes,active",
    "5,a5@club.test,en,QC,CIP,full,no,active",
    "6,,en,QC,CIP,full,yes,active",
    "7,a7@club.test,en,QC,CIP,full,yes,deceased",
    "8,a8@club.test,en,QC,CIP,full,yes,on-leave",
    "9,a9@club.test,fr,QC,CIP,student,no,active",
    "10,a10@club.test,,NB,API,full,yes,active",
    "11,a11@club.test,fr,MB,MPPI,retired,no,active",
];

fn federation(relay: &Relay) -> Rehearsal {
    let federation = Rehearsal::of_all(relay);
    let mut text = format!("{},status\n", crate::support::rehearsal::COLUMNS);
    for member in MEMBERS {
        let (number, rest) = member.split_once(',').unwrap();
        let _ = writeln!(text, "{number},Given{number},Family{number},{rest}");
    }
    let file = federation.file("members.csv", text);
    federation.cli(&["import", &file]).ok();
    federation
}

#[test]
fn it_counts_by_language_and_by_reason() {
    let relay = Relay::start();
    let federation = federation(&relay);
    let forecast = federation.json(&["forecast", "--from", "2026-10-25"]);
    let all = forecast["firings"].as_array().unwrap();
    assert_eq!(all.len(), 35, "five steps of seven bodies");
    assert_eq!(
        all[0],
        serde_json::json!({
            "schedule": "cip-notice", "association": "CIP", "step": "notice",
            "local": "2026-11-02T09:00", "zone": "America/Toronto",
            "utc": "2026-11-02T14:00:00Z",
            "recipients": {"total": 4, "en": 2, "fr": 2},
            "excluded": {"billed-elsewhere": 2, "no-address": 1, "not-active": 2},
        })
    );
    let counted = |schedule: &str| {
        let found = all.iter().find(|f| f["schedule"] == schedule).unwrap();
        (found["recipients"].to_string(), found["excluded"].to_string())
    };
    let count = |total: u8, en: u8, fr: u8| {
        serde_json::json!({"total": total, "en": en, "fr": fr}).to_string()
    };
    assert_eq!(counted("oppi-notice"), (count(2, 1, 1), "{}".into()));
    assert_eq!(counted("pibc-notice"), (count(0, 0, 0), "{}".into()));
    assert_eq!(counted("api-notice").0, count(1, 1, 0));
    // Cover that could end: who carries insurance on that body's bill.
    let last = counted("cip-last-call");
    assert!(last.1.contains("\"not-insured\":"), "{last:?}");
    let one_day = federation.json(&["forecast", "--from", "2026-11-03", "--to", "2026-11-03"]);
    assert_eq!(one_day["firings"].as_array().unwrap().len(), 1);
    // Who is left out is told by number on demand.
    let named = federation.json(&["forecast", "--from", "2026-11-02", "--members"]);
    let left_out = named["firings"][0]["members"].as_array().unwrap();
    assert!(left_out.contains(&serde_json::json!(["1", "billed-elsewhere"])), "{left_out:?}");
    assert!(left_out.contains(&serde_json::json!(["6", "no-address"])), "{left_out:?}");
    // What OPPI's invoices come to, CIP's dues on them included.
    let money = forecast["expected"].as_array().unwrap();
    let oppi = money.iter().find(|m| m["association"] == "OPPI").unwrap();
    assert_eq!(oppi["members"], 2);
    let cents = |key: &str| oppi[key].as_i64().unwrap();
    assert!(cents("dues_cents") > 0 && cents("premium_cents") > 0, "{oppi}");
    let parts = ["dues_cents", "premium_cents", "penalty_cents", "tax_cents"].map(cents);
    assert_eq!(parts.iter().sum::<i64>(), cents("total_cents"));
    let text = federation.cli(&["forecast", "--from", "2026-11-02", "--to", "2026-11-02"]).ok();
    for part in ["2026-11-02 09:00", "cip-notice", "to 4 (en 2, fr 2)", "2 billed-elsewhere"] {
        assert!(text.contains(part), "{text}");
    }
    let none = federation.cli(&["forecast", "--from", "2027-05-01"]).ok();
    assert!(none.contains("nothing is due"), "{none}");
}

/// The steps of the season that reached members: that cover ended is told as well, and no step.
fn to_members(relay: &Relay) -> Vec<crate::support::relay::Taken> {
    let mut all = relay.taken();
    all.retain(|t| t.to[0].ends_with("@club.test"));
    all.retain(|t| !Mail::read(&t.bytes).text.contains("liability insurance cover with"));
    all
}

#[test]
fn it_is_what_then_goes_out() {
    let relay = Relay::start();
    let federation = federation(&relay);
    let _daemon = federation.start(START);
    let forecast = federation.json(&["forecast"]);
    let mut foretold = BTreeMap::new();
    let mut by_day: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for firing in forecast["firings"].as_array().unwrap() {
        let count = |key: &str| firing["recipients"][key].as_u64().unwrap();
        foretold.insert(firing["schedule"].as_str().unwrap().to_owned(), count("total"));
        let day = by_day.entry(firing["utc"].as_str().unwrap().to_owned()).or_default();
        *day = (day.0 + count("en"), day.1 + count("fr"));
    }
    // Nobody answers: the whole season goes as foretold.
    let mut before = 0;
    for (at, (en, fr)) in by_day {
        federation.jump(&at);
        let taken = to_members(&relay);
        let french = taken[before..]
            .iter()
            .filter(|t| Mail::read(&t.bytes).html.contains("<html lang=\"fr"))
            .count();
        let count = taken.len() - before;
        assert_eq!((count as u64, french as u64), (en + fr, fr), "{at}");
        before = taken.len();
    }
    let sent = federation.query(
        "SELECT f.schedule, count(m.id) FROM firing f LEFT JOIN message m
           ON m.firing = f.id AND m.state = 'sent' GROUP BY f.schedule ORDER BY f.schedule",
    );
    let foretold: Vec<String> = foretold.iter().map(|(k, n)| format!("\"{k}\" | {n}")).collect();
    assert_eq!(sent, foretold);
    let cip = "SELECT count(*) FROM message m JOIN person p ON p.id = m.person
               WHERE m.issuer = 'CIP' AND p.member_no IN ('1', '2')";
    assert_eq!(federation.number(cip), 0, "who is billed by OPPI hears nothing from CIP");
}
