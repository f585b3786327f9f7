//! The desk exports its member list from a spreadsheet and takes it in: with its byte order mark,
//! semicolons and CRLF; a second time; with rows that are wrong; with an accent saved in another
//! encoding; with the power cut in the middle; and while the daemon is at work. Nothing is done
//! twice, nothing half, and each refused row says why.

use crate::support::db;
use crate::support::rehearsal::{COLUMNS, Rehearsal, START, can_die, list, row, rows};
use crate::support::relay::Relay;

/// Everything that a list can say, without the random parts.
const PEOPLE: &str = "SELECT p.member_no, p.given_name, p.family_name, p.email, p.email2,
    p.language, p.province, p.zone, p.status, p.phone, p.street, p.city, p.postal_code, p.country,
    p.employer, m.association, m.category, m.pli, m.home, m.since, m.missing
    FROM person p LEFT JOIN membership m ON m.person = p.id
    ORDER BY p.member_no, m.association";

fn federation() -> Rehearsal {
    // Nothing is ever sent: any port will do.
    Rehearsal::of_all(&Relay::start())
}

fn counts(report: &serde_json::Value) -> [u64; 4] {
    ["rows", "added", "changed", "unchanged"].map(|key| report[key].as_u64().unwrap())
}

#[test]
fn a_list_from_a_spreadsheet_is_taken_once() {
    let federation = federation();
    let text = format!(
        "\u{feff}{}\r\n1;Zoé;Lebœuf;ZOE@Club.test;fr;QC;cip;full;oui\r\n\
         2;Ann;\"O'Hara; Jr\";ann@club.test;en;ON;OPPI;Full;yes\r\n\
         2;Ann;\"O'Hara; Jr\";ann@club.test;en;ON;CIP;full;no\r\n\
         3;Bo;Li;;;BC;PIBC;student;\r\n",
        COLUMNS.replace(',', ";")
    );
    let file = federation.file("list.csv", &text);
    let report = federation.json(&["import", "--dry-run", &file]);
    assert_eq!(counts(&report), [4, 4, 0, 0]);
    assert!(!federation.site.state().exists(), "a dry run makes nothing");

    let report = federation.json(&["import", &file]);
    assert_eq!(counts(&report), [4, 4, 0, 0]);
    assert_eq!(report["refused"].as_array().unwrap().len(), 0);
    let people = federation.query(PEOPLE);
    assert_eq!(people.len(), 4);
    assert!(people[0].contains("\"Zoé\" | \"Lebœuf\" | \"ZOE@club.test\""), "{}", people[0]);
    assert!(people[0].contains("\"fr\" | \"QC\""), "{}", people[0]);
    assert!(people[1].contains("\"O'Hara; Jr\""), "{}", people[1]);
    assert_eq!(federation.number("SELECT count(*) FROM person"), 3, "one person, two bodies");

    assert_eq!(counts(&federation.json(&["import", &file])), [4, 0, 0, 4]);
    assert_eq!(federation.query(PEOPLE), people, "a second time changes nothing");

    let moved = text.replace("ann@club.test", "ann.ohara@club.test");
    let more = format!("{moved}4;Di;Roy;di@club.test;;;API;full;yes\r\n")
        .replace(";;;API", ";;NS;API")
        .replace("\r\n", "\n");
    let file = federation.file("list-2.csv", more);
    let before = db::dump(&federation.store());
    let dry = federation.json(&["import", "--dry-run", &file]);
    assert_eq!(db::dump(&federation.store()), before, "a dry run changes nothing");
    let report = federation.json(&["import", &file]);
    // Ann's two rows differ from the store; applying the first mends what both say of her.
    assert_eq!(counts(&dry), [5, 1, 1, 3]);
    assert_eq!(counts(&report), [5, 1, 1, 3]);
    assert_eq!(federation.number("SELECT count(*) FROM person"), 4);
    let ann = "SELECT DISTINCT email FROM person WHERE member_no = '2'";
    assert_eq!(federation.query(ann), ["\"ann.ohara@club.test\""]);
    let text = federation.cli(&["import", &file]).ok();
    assert!(text.contains("5 rows: 0 added, 0 changed, 5 unchanged, 0 refused"), "{text}");
}

/// A row that is wrong in one way: its text, the field it is refused for, and a part of why.
fn wrong_rows() -> Vec<(String, &'static str, &'static str)> {
    let tail = ",en,ON,CIP,full,yes,,,,,";
    let good = |n: u32| format!("{n},A,B,a{n}@club.test{tail}");
    let with = |n: u32, from: &str, to: &str| good(n).replacen(from, to, 1);
    let huge = "x".repeat(1 << 20);
    vec![
        ("1,2,3".to_owned(), "", "Has 3 values"),
        (with(11, "11", ""), "member_no", "1 to 32 letters"),
        (with(12, ",A,", ",,"), "given_name", "empty"),
        (with(13, ",B,", ",\"B\nBcc: x@club.test\","), "family_name", "U+000A"),
        (with(14, "@club.test", " at club"), "email", "a14 at club"),
        (with(15, ",en,", ",de,"), "language", "en, fr or nothing"),
        (with(16, ",ON,", ",Ontario,"), "province", "BC"),
        (with(17, ",CIP,", ",RAIC,"), "association", "CIP, OPPI"),
        (with(18, ",full,", ",lion,"), "category", "no category of CIP"),
        (with(19, ",yes,", ",,"), "pli", "write yes or no"),
        (with(20, ",full,yes", ",student,yes"), "pli", "no insurance"),
        (with(21, ",yes,,,,,", ",yes,asleep,,,,"), "status", "resigned"),
        (with(22, ",yes,,,,,", ",yes,,Toronto,,,"), "zone", "America/Toronto"),
        (with(23, ",yes,,,,,", ",yes,,,maybe,,"), "home", "yes or no"),
        (with(24, ",yes,,,,,", ",yes,,,,last year,"), "since", "2015-09-01"),
        (with(25, ",yes,,,,,", ",yes,,,,,12345"), "postal_code", "K1A 0B1"),
        (with(26, ",A,", &format!(",{huge},")), "given_name", "at most 1000"),
        (with(90, ",A,B,", ",Other,Person,"), "member_no", "another person in the store"),
        (with(91, ",A,B,", ",Other,Person,"), "member_no", "another person in an earlier row"),
        (with(91, "CIP,full,yes,,,,", "OPPI,full,yes,,,yes,"), "home", "at home"),
        (with(91, ",full,", ",candidate,"), "association", "already"),
    ]
}

#[test]
fn each_refused_row_says_where_and_why() {
    let federation = federation();
    federation.import(&["90,A,B,a90@club.test,en,ON,CIP,full,yes".to_owned()]);
    let wrong = wrong_rows();
    let mut text = format!("{COLUMNS},status,zone,home,since,postal_code\n");
    text += "91,A,B,a91@club.test,en,ON,CIP,full,yes,,,yes,,\n";
    let mut lines = Vec::new();
    for (row, _, _) in &wrong {
        lines.push(text.matches('\n').count() + 1);
        text += row;
        text += "\n";
    }
    text += "99,Last,Good,a91@club.test,en,ON,CIP,full,yes,,,,,\n";
    let file = federation.file("wrong.csv", &text);
    let done = federation.cli(&["import", "--json", &file]);
    assert_eq!(done.code(), 1, "refused rows are a failure that a script must see");
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let refused = report["refused"].as_array().unwrap();
    let found: Vec<String> =
        refused.iter().map(|r| format!("{} {}", r["line"], r["field"])).collect();
    assert_eq!(refused.len(), wrong.len(), "{found:#?}");
    for (((row, field, why), line), refused) in wrong.iter().zip(lines).zip(refused) {
        let row: String = row.chars().take(100).collect();
        assert_eq!(refused["line"].as_u64(), Some(line as u64), "{row}");
        assert_eq!(refused["field"], *field, "{row}");
        assert!(refused["why"].as_str().unwrap().contains(why), "{row}: {}", refused["why"]);
    }
    let rows = u64::try_from(wrong.len()).unwrap() + 2;
    assert_eq!(counts(&report), [rows, 2, 0, 0], "what is right is taken in");
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].as_str().unwrap().contains("91, 99 share one address"), "{warnings:?}");

    let rejects = std::fs::read_to_string(report["rejects_file"].as_str().unwrap()).unwrap();
    let columns = format!("refused_because,{COLUMNS},status,zone,home,since,postal_code\n");
    assert!(rejects.starts_with(&columns), "{rejects}");
    let mut listed = csv::ReaderBuilder::new().flexible(true).from_reader(rejects.as_bytes());
    assert_eq!(listed.records().count(), wrong.len());
    assert!(rejects.len() < 100_000, "of a huge row only the beginning is kept");
    let shown = federation.cli(&["import", "--dry-run", &file]).stdout;
    assert!(shown.contains("line 3: Has 3 values"), "{shown}");
    assert!(shown.contains("line 13: pli: Is empty"), "{shown}");
}

#[test]
fn refused_rows_are_mended_in_their_own_list() {
    let federation = federation();
    let text = format!(
        "{COLUMNS},phone,employer\n1,A,B,a@club.test,en,ON,CIP,lion,yes,+1 514 555 0142,=SUM(A1)\n\
         2,C,D,c at club,de,ON,CIP,full,yes,,\n3,E,F,e@club.test,en,ON,CIP,full,yes,,\n"
    );
    let file = federation.file("list.csv", &text);
    let done = federation.cli(&["import", "--json", &file]);
    assert_eq!(done.code(), 1);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let rejects = report["rejects_file"].as_str().unwrap().to_owned();
    assert!(rejects.ends_with("list.rejects.csv"), "{rejects}");
    let listed = std::fs::read_to_string(&rejects).unwrap();
    assert_eq!(listed.lines().count(), 3, "a row once, with all its reasons: {listed}");
    assert!(listed.contains("'+1 514 555 0142,'=SUM(A1)"), "{listed}");
    assert!(listed.contains("email: ") && listed.contains(" / language: "), "{listed}");

    // One of the two is mended: what is left takes the list's place.
    std::fs::write(&rejects, listed.replace(",lion,", ",full,")).unwrap();
    let done = federation.cli(&["import", "--json", &rejects]);
    assert_eq!(done.code(), 1, "{}", done.stderr);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(counts(&report), [2, 1, 0, 0]);
    assert_eq!(report["rejects_file"].as_str(), Some(rejects.as_str()));
    let listed = std::fs::read_to_string(&rejects).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let mended = listed.replace("c at club,de", "c@club.test,fr");
    std::fs::write(&rejects, mended).unwrap();
    assert_eq!(counts(&federation.json(&["import", &rejects])), [1, 1, 0, 0]);
    let kept = "SELECT phone, employer FROM person WHERE member_no = '1'";
    assert_eq!(federation.query(kept), ["\"+1 514 555 0142\" | \"=SUM(A1)\""]);
}

#[test]
fn rows_of_one_person_that_disagree_are_told_and_the_first_counts() {
    let federation = federation();
    let text = format!(
        "{COLUMNS},phone,city\n1,Ann,Lee,ann@club.test,en,ON,OPPI,full,yes,,Guelph\n\
         2,Bo,Li,bo@club.test,en,ON,CIP,full,yes,,\n\
         1,Ann,Lee-Roy,ann@work.test,en,ON,CIP,full,no,555-0142,\n\
         3,Ann,Lee,ann@club.test,en,ON,CIP,full,no,,\n"
    );
    let file = federation.file("list.csv", &text);
    let dry = federation.json(&["import", "--dry-run", &file]);
    let report = federation.json(&["import", &file]);
    for report in [&dry, &report] {
        assert_eq!(counts(report), [4, 4, 0, 0]);
        assert_eq!(
            report["disagreements"],
            serde_json::json!([{
                "member_no": "1", "line": 2, "other_line": 4, "fields": ["family_name", "email"],
            }])
        );
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains("members 1, 3 have one name and one address"), "{warnings}");
    }
    let ann = "SELECT family_name, email, phone, city FROM person WHERE member_no = '1'";
    let first = ["\"Lee\" | \"ann@club.test\" | \"555-0142\" | \"Guelph\""];
    assert_eq!(federation.query(ann), first, "what only the later row says is kept");
    let text = federation.cli(&["import", &file]).ok();
    let told = "lines 2 and 4, member 1: not the same family_name, email; line 2 counts";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("4 rows: 0 added, 0 changed, 4 unchanged"), "{text}");
    assert_eq!(counts(&federation.json(&["import", "--dry-run", &file])), [4, 0, 0, 4]);
}

/// All that a list may leave out, as its first line and as a row says it.
const MAY: &str = "email2,phone,street,city,postal_code,country,status,employer,zone,home,since";
const SAID: &str =
    "two@club.test,555-0142,1 Elm,Guelph,K1A 0B1,CA,on-leave,Acme,America/Toronto,yes,2015-09-01";

/// A list of these rows with more columns, in which all say the same.
fn wider(rows: &[String], columns: &str, cells: &str) -> String {
    let lines = list(rows).replace('\n', &format!(",{cells}\n"));
    lines.replacen(&format!("{COLUMNS},{cells}"), &format!("{COLUMNS},{columns}"), 1)
}

#[test]
fn a_column_that_a_list_leaves_out_keeps_what_is_stored() {
    let federation = federation();
    let people = rows(1, 12, "CIP");
    let full = federation.file("full.csv", wider(&people, MAY, SAID));
    federation.cli(&["import", &full]).ok();
    let before = federation.query(PEOPLE);
    assert!(before[0].contains("\"K1A 0B1\"") && before[0].contains("on-leave"), "{}", before[0]);

    // The nine columns that a list must have, and nothing else.
    let least = federation.file("least.csv", list(&people));
    let dry = federation.json(&["import", "--dry-run", &least]);
    assert_eq!(counts(&dry), [12, 0, 0, 12]);
    let mut absent: Vec<&str> =
        dry["absent_columns"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    let mut may: Vec<&str> = MAY.split(',').collect();
    absent.sort_unstable();
    may.sort_unstable();
    assert_eq!(absent, may);
    assert_eq!(counts(&federation.json(&["import", &least])), [12, 0, 0, 12]);
    assert_eq!(federation.query(PEOPLE), before);

    // A second association for one of them, and who came back, are no reason to forget either.
    let more = format!("{}\n{}", list(&people), row(1, "m1@club.test", "OPPI"));
    let more = federation.file("more.csv", more);
    assert_eq!(counts(&federation.json(&["import", &more])), [13, 1, 0, 12]);
    let one = federation.file("one.csv", list(&people[1..]));
    assert_eq!(federation.json(&["import", "--complete", &one])["missing"], 2);
    federation.cli(&["import", &least]).ok();
    let cip =
        |rows: Vec<String>| rows.into_iter().filter(|r| r.contains("CIP")).collect::<Vec<_>>();
    assert_eq!(cip(federation.query(PEOPLE)), before);

    // A column that is there, and empty, empties.
    let empty = federation.file("empty.csv", wider(&people, "phone", ""));
    let dry = federation.cli(&["import", "--dry-run", &empty]).ok();
    for told in [
        "columns that this list does not have: email2, street, ",
        "what is stored of them stays",
        "values of 12 members would change: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 2 more",
    ] {
        assert!(dry.contains(told), "{told}: {dry}");
    }
    assert_eq!(cip(federation.query(PEOPLE)), before, "a dry run changes nothing");
    let done = federation.json(&["import", &empty]);
    assert_eq!(counts(&done), [12, 0, 12, 0]);
    let kept = "SELECT DISTINCT phone, postal_code, status FROM person";
    assert_eq!(federation.query(kept), ["\"\" | \"K1A 0B1\" | \"on-leave\""]);
}

#[test]
fn a_column_that_a_list_leaves_out_says_nothing_of_a_correction() {
    let federation = federation();
    let with = |phone: &str| {
        federation.file("phone.csv", wider(&[row(1, "m1@club.test", "CIP")], "phone", phone))
    };
    federation.cli(&["import", &with("555-0001")]).ok();
    let corrected = "UPDATE person SET phone = '555-0002';
         INSERT INTO correction (person, field, was, value, state, at, ledger)
         SELECT id, 'phone', '555-0001', '555-0002', 'standing', 1, 1 FROM person";
    let db = rusqlite::Connection::open(federation.store()).unwrap();
    db.execute_batch(corrected).unwrap();
    drop(db);
    let least = federation.file("least.csv", list(&[row(1, "m1@club.test", "CIP")]));
    let correction = "SELECT phone, state FROM correction JOIN person ON person.id = person";
    for file in [&least, &with("555-0001")] {
        let dry = federation.json(&["import", "--dry-run", file]);
        assert_eq!(counts(&dry), [1, 0, 0, 1], "the member's own word stands");
        assert_eq!(counts(&federation.json(&["import", file])), [1, 0, 0, 1]);
        assert_eq!(federation.query(correction), ["\"555-0002\" | \"standing\""]);
    }
}

#[test]
fn what_nobody_sees_in_a_name_falls_away() {
    let federation = federation();
    let with = |name: &str| format!("1,{name},Roy,z@club.test,fr,QC,CIP,full,yes");
    federation.import(&[with("Zo\u{200b}é\u{feff}")]);
    assert_eq!(federation.query("SELECT given_name FROM person"), ["\"Zoé\""]);
    let file = federation.file("again.csv", list(&[with("Zoé")]));
    assert_eq!(counts(&federation.json(&["import", &file])), [1, 0, 0, 1]);
}

#[test]
fn a_list_in_another_encoding_is_refused_as_a_whole() {
    let federation = federation();
    federation.import(&rows(1, 2, "CIP"));
    let before = db::dump(&federation.store());
    // Four hundred rows are read before the one that is not UTF-8.
    let mut bytes = list(&rows(1000, 400, "CIP")).into_bytes();
    bytes.extend_from_slice(b"2000,Ren\xe9,Roy,r@club.test,fr,QC,CIP,full,yes\n");
    for (name, bytes, why) in [
        ("latin-1.csv", bytes, "line 402: not UTF-8"),
        ("utf-16.csv", vec![0xff, 0xfe, b'm', 0], "UTF-16"),
        ("open.csv", format!("{COLUMNS}\n1,\"A,B\n").into_bytes(), "quotation mark"),
        ("empty.csv", Vec::new(), "the file is empty"),
        ("columns.csv", b"member_no,name\n1,A\n".to_vec(), "is not known"),
    ] {
        let file = federation.file(name, bytes);
        let done = federation.cli(&["import", &file]);
        assert_eq!(done.code(), 1, "{name}");
        assert!(done.stderr.contains(why), "{name}: {}", done.stderr);
        assert_eq!(db::dump(&federation.store()), before, "{name}: nothing of it is kept");
    }
}

#[test]
fn who_is_not_in_a_complete_list_is_over_unless_rows_were_refused() {
    let federation = federation();
    let all = rows(1, 4, "CIP");
    federation.import(&all);
    let missing = "SELECT member_no FROM person p JOIN membership m ON m.person = p.id
                   WHERE m.missing = 1 ORDER BY member_no";
    let partly = federation.file("partly.csv", list(&all[..2]));
    federation.cli(&["import", &partly]).ok();
    assert_eq!(federation.query(missing).len(), 0, "a list that is not complete ends nothing");

    // A typing error must not end a membership.
    let typo = federation.file("typo.csv", list(&all).replace("4,Given4", "4,"));
    let report = federation.json(&["import", "--complete", &typo]);
    assert_eq!(report["refused"].as_array().unwrap().len(), 1);
    assert_eq!(federation.query(missing).len(), 0);
    let warned = report["warnings"].to_string();
    assert!(warned.contains("no membership was ended"), "{warned}");

    let report = federation.json(&["import", "--complete", &partly]);
    assert_eq!(report["missing"], 2);
    assert_eq!(report["ended"], serde_json::json!([["3", "CIP"], ["4", "CIP"]]), "and who");
    assert_eq!(federation.query(missing), ["\"3\"", "\"4\""]);
    assert_eq!(federation.json(&["import", "--complete", &partly])["missing"], 0);
    let whole = federation.file("whole.csv", list(&all));
    let report = federation.json(&["import", "--complete", &whole]);
    assert_eq!(counts(&report), [4, 2, 0, 2], "who comes back is back");
    assert_eq!(federation.query(missing).len(), 0);
}

#[test]
fn an_import_that_dies_goes_on_as_if_it_had_been_one() {
    if !can_die() {
        return;
    }
    let mut all = rows(1, 1200, "CIP");
    all.push(row(1, "m1@club.test", "OPPI"));
    let whole = federation();
    whole.import(&all);
    for point in ["import.begun", "import.chunk#2"] {
        let cut = federation();
        let file = cut.file("members.csv", list(&all));
        let died = cut.site.cli_with(&["import", &file], &[("RELANCE_DIE_AT", point)]);
        assert_eq!(died.code(), -1, "{point}");
        let half = cut.number("SELECT count(*) FROM membership");
        assert!(half < 1201, "{point}: {half}");
        cut.cli(&["import", &file]).ok();
        assert_eq!(cut.query(PEOPLE), whole.query(PEOPLE), "{point}");
        assert_eq!(counts(&cut.json(&["import", &file])), [1201, 0, 0, 1201], "{point}");
    }
}

#[test]
fn a_corrected_list_takes_the_place_of_one_that_died() {
    if !can_die() {
        return;
    }
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    let first = cip.file("first.csv", list(&rows(1, 250, "CIP")));
    let died = cip.site.cli_with(&["import", &first], &[("RELANCE_DIE_AT", "import.chunk")]);
    assert_eq!(died.code(), -1);
    // The planner must not wait for ever for a list that nobody will import again.
    let corrected = cip.file("corrected.csv", list(&rows(1, 130, "CIP")));
    cip.cli(&["import", "--complete", &corrected]).ok();
    let _daemon = cip.start(START);
    cip.next();
    assert_eq!(relay.taken().len(), 130);
}

#[test]
fn a_list_comes_in_while_the_daemon_serves() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 20, "CIP"));
    let _daemon = cip.start(START);
    let file = cip.file("members.csv", list(&rows(1, 600, "CIP")));
    std::thread::scope(|scope| {
        let import = scope.spawn(|| cip.cli(&["import", &file]).ok());
        let mut served = 0;
        while !import.is_finished() {
            assert_eq!(cip.ready().0, 200);
            served += 1;
        }
        assert!(import.join().unwrap().contains("580 added, 0 changed, 20 unchanged"));
        assert!(served > 0);
    });
    cip.next();
    let mut to: Vec<String> = relay.taken().into_iter().flat_map(|taken| taken.to).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), relay.taken().len()), (600, 600));
}
