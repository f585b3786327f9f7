//! What is kept about a member can be told, given to the membership system, given to the member,
//! and forgotten: afterwards no file of the state has a name, an address or a telephone number of
//! theirs, the chain of acts still holds, and the next list does not bring them back.

use std::path::Path;

use crate::support::club::{Club, taken};
use crate::support::relay::Relay;

const COLUMNS: &str = "member_no,given_name,family_name,email,language,province,association,\
                       category,pli,phone,street,city,postal_code,employer";
const ZELDA: &str = "Z-7741,Zelda,Quillfeather,zelda.q@quill.test,en,ON,CIP,full,yes,416-555-0177,\
                     77 Hawthorn Row,Guelphville,K1A 0B1,Inkwell & Daughters\n";
const BENOIT: &str = "B-1,Benoît,Roy,benoit@club.test,fr,QC,CIP,full,yes,,,,,\n";
/// Whatever of hers must not be found again.
const HERS: [&str; 9] = [
    "Z-7741",
    "Zelda",
    "Quillfeather",
    "zelda.q",
    "quill.test",
    "416-555-0177",
    "Hawthorn",
    "Inkwell",
    "secret garden",
];

fn list(club: &Club, name: &str, rows: &[&str]) -> String {
    let path = club.site.dir().join(name);
    std::fs::write(&path, format!("{COLUMNS}\n{}", rows.concat())).unwrap();
    path.display().to_string()
}

/// A season with Zelda: her notice, her question to the desk, her answer, and one address of hers
/// that a person put on the list.
fn season(relay: &Relay) -> Club {
    let mut club = Club::with_relay(relay);
    let all = list(&club, "members.csv", &[ZELDA, BENOIT]);
    club.site.cli(&["import", &all]).ok();
    club.start("2026-11-02T08:00:00-05:00");
    club.next();
    let notice = taken(relay, "zelda.q", "Here is your notice");
    let raw = format!(
        "From: Zelda Quillfeather <zelda.q@quill.test>\nTo: {}\nSubject: Re: my secret garden\n\
         Message-ID: <q1@quill.test>\nIn-Reply-To: {}\n\n\
         Does the secret garden count as planning? Call 416-555-0177. Zelda\n",
        notice.header("Reply-To").unwrap(),
        notice.header("Message-ID").unwrap(),
    );
    club.arrive("q1", &raw);
    club.wait_for("SELECT count(*) FROM inbound", "1");
    club.rest();
    let page = notice.path_with("/r/").unwrap();
    let why = "Zelda goes to the secret garden";
    let form = [("choice", "not-renewing"), ("reason", why), ("proof", "K1A 0B1")];
    assert_eq!(club.submit(&page, &form).status, 303);
    club.rest();
    club
}

/// The files of the state folder that have one of these texts.
fn found_in_state(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if !entry.file_type().unwrap().is_file() {
            continue;
        }
        let octets = std::fs::read(entry.path()).unwrap();
        for text in texts {
            if octets.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text.as_bytes())) {
                found.push(format!("{}: {text}", entry.file_name().to_string_lossy()));
            }
        }
    }
    found
}

#[test]
fn a_timeline_tells_what_happened_in_order() {
    let relay = Relay::start();
    let club = season(&relay);
    let text = club.site.cli(&["member", "show", "Z-7741"]).ok();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in\n{text}"));
    assert!(at("mail notice to zelda.q@quill.test: sent") < at("came in: to-desk:unverified"));
    assert!(at("came in: to-desk:unverified") < at("mail forward to the desk: sent"));
    assert!(at("mail forward to the desk: sent") < at("answered not-renewing"));
    assert!(at("answered not-renewing") < at("mail confirmation to zelda.q@quill.test: sent"));
    at("renewal    CIP 2027: not-renewing");
    at("no reminder  CIP: answered");
    let shown = club.json(&["member", "show", "Z-7741"]);
    assert_eq!(shown["person"]["phone"], "416-555-0177");
    assert_eq!(shown["excluded"]["CIP"]["reminder"], "answered");
    let times: Vec<i64> = shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["at_ms"].as_i64().unwrap())
        .collect();
    assert!(times.len() > 5 && times.is_sorted());
    assert_eq!(club.site.cli(&["member", "show", "nobody"]).code(), 1);
}

#[test]
fn the_membership_system_reads_events_from_a_cursor() {
    let relay = Relay::start();
    let club = season(&relay);
    let read = |since: &str| {
        let text = club.site.cli(&["export", "--since", since, "--json"]).ok();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let all = read("0");
    let names: Vec<&str> = all.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["not-renewing"]);
    assert_eq!(all[0]["member_no"], "Z-7741");
    assert_eq!(all[0]["issuer"], "CIP");
    let cursor = all[0]["cursor"].to_string();

    let notice = taken(&relay, "benoit", "Voici votre avis");
    assert_eq!(
        club.submit(&notice.path_with("/u/").unwrap(), &[("act", "unsubscribe")]).status,
        303
    );
    assert_eq!(
        club.submit(&notice.path_with("/r/").unwrap(), &[("choice", "invoice")]).status,
        303
    );
    club.rest();
    let more = read(&cursor);
    let names: Vec<&str> = more.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert!(names.contains(&"unsubscribed") && names.contains(&"renewed"), "{names:?}");
    assert_eq!(read(&cursor), more, "the same again");
    let ids = |events: &[serde_json::Value]| {
        events.iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&read("0")), [ids(&all), ids(&more)].concat(), "ids are stable");

    let csv = club.site.cli(&["export", "--since", "0"]).ok();
    assert!(csv.starts_with("id,cursor,at,event,member_no,issuer,season,state,"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + all.len() + more.len());
}

#[test]
fn a_member_is_given_everything() {
    let relay = Relay::start();
    let club = season(&relay);
    let out = club.site.dir().join("hers");
    club.site.cli(&["member", "export", "Z-7741", "--out", &out.display().to_string()]).ok();
    let data = std::fs::read_to_string(out.join("data.json")).unwrap();
    let text = std::fs::read_to_string(out.join("data.txt")).unwrap();
    for hers in HERS {
        assert!(data.contains(hers) && text.contains(hers), "{hers}");
    }
    let parsed: serde_json::Value = serde_json::from_str(&data).unwrap();
    for table in ["person", "membership", "renewal", "answer", "message", "attempt", "inbound"] {
        assert!(parsed["records"][table].as_array().is_some_and(|r| !r.is_empty()), "{table}");
    }
    assert!(!data.contains("benoit@club.test"), "and nobody else's");
    let file = club.site.dir().join("hers.json");
    club.site.cli(&["member", "export", "Z-7741", "--out", &file.display().to_string()]).ok();
    assert!(std::fs::read_to_string(file).unwrap().contains("Quillfeather"));
    assert!(club.ledger().ends_with("given-out\ngiven-out\n"));
}

#[test]
fn who_is_forgotten_is_nowhere_and_stays_so() {
    let relay = Relay::start();
    let club = season(&relay);
    club.site.cli(&["suppression", "add", "zelda.q@quill.test", "--reason", "asked us"]).ok();
    let state = club.site.state();
    assert!(!found_in_state(&state, &HERS).is_empty(), "the search finds what is there");
    let sums = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM answer),
        (SELECT count(*) FROM inbound), (SELECT count(*) FROM renewal WHERE state = 'not-renewing')";
    let before = club.query(sums);

    let erase = |why: &str, more: &[&str]| {
        let args = [&["member", "erase", "Z-7741", "--why", why], more].concat();
        club.site.cli(&args)
    };
    assert_eq!(erase("asked by letter", &[]).code(), 1, "nobody can be asked");
    let named = erase("Ms. Quillfeather asked", &["--yes"]);
    assert_eq!(named.code(), 1);
    assert!(named.stderr.contains("say it without"), "{}", named.stderr);
    let done = erase("asked by letter, 2026-11-20", &["--yes"]).ok();
    assert!(done.starts_with("erased"), "{done}");
    assert!(!done.contains("could not be cleared"), "{done}");

    // In the database, its log, the keys; not even the daemon, which ran all the while, keeps it.
    assert_eq!(found_in_state(&state, &HERS), Vec::<String>::new());
    assert_eq!(club.query(sums), before, "amounts and states stay");
    club.site.cli(&["audit", "verify"]).ok();
    let output = club.daemon.as_ref().unwrap().output();
    // The number is the log's only handle, and the log the machine's to rotate.
    assert!(HERS[1..].iter().all(|hers| !output.contains(hers)), "{output}");
    assert_eq!(club.site.cli(&["member", "show", "Z-7741"]).code(), 1);

    // The next list does not bring her back, and says so.
    let all = list(&club, "members.csv", &[ZELDA, BENOIT]);
    let text = club.site.cli(&["import", &all]).ok();
    assert!(text.contains("line 2: this member was erased and is not taken"), "{text}");
    assert_eq!(club.json(&["import", "--dry-run", &all])["erased"], serde_json::json!([2]));
    std::fs::remove_file(&all).unwrap();
    assert_eq!(found_in_state(&state, &HERS), Vec::<String>::new());

    // Somebody else with her address gets no mail there either.
    let heir = "H-2,Hal,Heir,Zelda.Q@quill.test,en,ON,CIP,full,yes,,,,,\n";
    let heirs = list(&club, "heir.csv", &[heir]);
    club.site.cli(&["import", &heirs]).ok();
    let suspended = "SELECT count(*) FROM address WHERE suspended_at IS NOT NULL";
    assert_eq!(club.query(suspended), ["1"]);

    // Where she comes back of her own will, her number is let in again.
    assert_eq!(club.site.cli(&["member", "readmit", "Z-9"]).code(), 1);
    club.site.cli(&["member", "readmit", "Z-7741"]).ok();
    let all = list(&club, "members.csv", &[ZELDA]);
    assert_eq!(club.json(&["import", &all])["added"], 1);
    club.site.cli(&["audit", "verify"]).ok();
}
