//! Before the season somebody edits the config in a hurry. `relance check` says everything that
//! is wrong at once, each with its file, line, path and cure, and the daemon does not start on it.
//! In the season somebody renames a step that has fired: that would mail everybody again.

use std::fs;

use toml::{Table, Value};

use crate::support::daemon::Site;
use crate::support::rehearsal::{Rehearsal, START, rows};
use crate::support::relay::Relay;

const SCHEDULES: &str = "schedules.toml";

fn schedule(table: &mut Table, n: usize) -> &mut Table {
    table["schedule"][n].as_table_mut().unwrap()
}

fn set(site: &Site, n: usize, key: &str, value: impl Into<Value>) {
    let value = value.into();
    site.config.edit(SCHEDULES, |table| {
        schedule(table, n).insert(key.into(), value);
    });
}

#[test]
fn the_sample_is_whole() {
    let site = Site::new();
    let text = site.cli(&["check"]).ok();
    assert!(text.contains("no fault"), "{text}");
    let report: serde_json::Value =
        serde_json::from_str(&site.cli(&["check", "--json"]).ok()).unwrap();
    assert_eq!(report["faults"].as_array().unwrap().len(), 0);
    assert!(!report["warnings"].as_array().unwrap().is_empty());
}

/// These rules in the first schedules, and one fault of each other kind.
fn break_everything(site: &Site, rules: &[(&str, &str)]) {
    for (n, (rule, _)) in rules.iter().enumerate() {
        set(site, n, "cron", *rule);
    }
    set(site, 6, "zone", "America/Ottawa");
    set(site, 7, "evrey", "day");
    set(site, 8, "association", "OPQ");
    set(site, 9, "kind", "nag");
    set(site, 10, "late_hours_max", "soon");
    set(site, 11, "id", "mppi-notice");
    site.config.set("smtp.prot", 2525);
    site.config.set("smtp.host", "relay.example.ca");
    site.config.set("admin.listen", "0.0.0.0:9125");
    site.config.set("season.cover_until", "2026-10-01".parse::<toml::value::Datetime>().unwrap());
    site.config.edit("associations.toml", |table| {
        let first = table["association"][0].as_table_mut().unwrap();
        first.remove("website");
        first["desk"].as_table_mut().unwrap().insert("email".into(), "desk".into());
    });
}

#[test]
fn every_fault_is_said_at_once() {
    let site = Site::new();
    let rules = [
        ("0 9 2 11 1-5", "day of week"),
        ("0 0 9 8 12 *", "seconds"),
        ("0 9 30 2 *", "never fires"),
        ("30 3 3 11 *", "4"),
        ("0 9 2 8 *", "never fires"),
        ("whenever", "five"),
    ];
    break_everything(&site, &rules);
    let done = site.cli(&["check", "--json"]);
    assert_eq!(done.code(), 1);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let faults = report["faults"].as_array().unwrap();
    let of = |file: &str, path: &str| {
        let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
        let found = faults.iter().find(|f| f["file"] == file && text(&f["path"]) == path);
        let found = found.unwrap_or_else(|| panic!("nothing about {path}: {faults:#?}"));
        assert!(!text(&found["cure"]).is_empty(), "{path}: a fault has a cure");
        format!("{} {}", text(&found["problem"]), text(&found["cure"]))
    };
    for (n, (rule, why)) in rules.iter().enumerate() {
        let said = of(SCHEDULES, &format!("schedule[{n}].cron"));
        assert!(said.contains(why), "{rule}: {said}");
    }
    for (file, path, why) in [
        (SCHEDULES, "schedule[6].zone", "America/Ottawa"),
        (SCHEDULES, "schedule[7].evrey", "not a known key"),
        (SCHEDULES, "schedule[8].association", "OPPI"),
        (SCHEDULES, "schedule[9].kind", "last-call"),
        (SCHEDULES, "schedule[10].late_hours_max", "number"),
        ("relance.toml", "smtp.prot", "port"),
        ("relance.toml", "smtp.tls", "another machine"),
        ("relance.toml", "admin.listen", "loopback"),
        ("relance.toml", "season.cover_until", "not after opens"),
        ("associations.toml", "association[0].website", "missing"),
        ("associations.toml", "association[0].desk.email", "desk"),
    ] {
        let said = of(file, path);
        assert!(said.contains(why), "{path}: {said}");
    }
    let twice = faults.iter().filter(|f| f["problem"].to_string().contains("mppi-notice"));
    assert_eq!(twice.count(), 1, "one id for two schedules is said once");

    let shown = site.cli(&["check"]);
    for fault in faults {
        let path = fault["path"].as_str().unwrap();
        let line = fault["line"].as_u64().map_or(String::new(), |n| format!(", line {n}"));
        let told = format!("{}{line}, {path}:", fault["file"].as_str().unwrap());
        assert_eq!(shown.stdout.matches(&told).count(), 1, "{told}\n{}", shown.stdout);
    }
    let why = site.try_start(&[], &[]).expect_err("it does not run on that");
    for path in ["schedule[0].cron", "smtp.prot", "association[0].website"] {
        assert!(why.contains(path), "the daemon says all of it too: {why}");
    }
}

#[test]
fn words_of_ones_own_must_say_the_same_in_both_languages() {
    let site = Site::new();
    let dir = site.dir().join("locales");
    let own = |lang: &str, text: &str| {
        fs::create_dir_all(dir.join(lang)).unwrap();
        fs::write(dir.join(lang).join("mail.ftl"), text).unwrap();
    };
    let sample = |lang: &str| {
        let path = format!("{}/locales/{lang}/mail.ftl", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(path).unwrap()
    };
    site.config.set("words.locales_dir", dir.display().to_string());
    own("en-CA", &sample("en-CA"));
    own("fr-CA", &sample("fr-CA"));
    site.cli(&["check"]).ok();

    let check = |why: &str| {
        let done = site.cli(&["check"]);
        assert_eq!(done.code(), 1, "{why}: {}", done.stdout);
        assert!(done.stdout.contains(why), "{why}: {}", done.stdout);
        assert_eq!(site.cli(&["check", "--json"]).code(), 1);
    };
    own("fr-CA", &format!("{}\nonly-here = Bonjour\n", sample("fr-CA")));
    check("only-here");
    let id = sample("fr-CA").lines().find_map(|line| {
        let (id, rest) = line.split_once(" = ")?;
        (!line.starts_with([' ', '#']) && rest.contains("{ $")).then(|| id.to_owned())
    });
    let id = id.expect("a message with a variable");
    let other = sample("fr-CA")
        .lines()
        .map(|line| match line.strip_prefix(&format!("{id} = ")) {
            Some(_) => format!("{id} = Rien"),
            None => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    own("fr-CA", &other);
    check(&id);
    own("fr-CA", "no fluent at all {\n");
    check("mail.ftl");
    let why = site.try_start(&[], &[]).expect_err("it does not run on that");
    assert!(why.contains("mail.ftl"), "{why}");
}

#[test]
fn a_template_of_ones_own_must_have_a_name_and_words_that_exist() {
    let site = Site::new();
    let dir = site.dir().join("templates");
    fs::create_dir_all(dir.join("notice")).unwrap();
    site.config.set("words.templates_dir", dir.display().to_string());
    for (name, text, why) in [
        ("notice/boddy.txt", "", "boddy.txt"),
        ("notice/body.txt", "{{ t(id=\"no-such-word\") }}", "no-such-word"),
        ("notice/body.txt", "Please pay", "Please"),
        ("notice/body.txt", "{{ t(id=", "body.txt"),
    ] {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        let done = site.cli(&["check"]);
        assert_eq!(done.code(), 1, "{text}: {}", done.stdout);
        assert!(done.stdout.contains(why), "{text}: {}", done.stdout);
        fs::remove_file(&path).unwrap();
    }
    site.cli(&["check"]).ok();
}

#[test]
fn a_step_that_has_fired_keeps_its_name() {
    let relay = Relay::start();
    let cip = Rehearsal::of_cip(&relay);
    cip.import(&rows(1, 1, "CIP"));
    let daemon = cip.start(START);
    cip.next();
    drop(daemon);
    assert_eq!(relay.taken().len(), 1);
    let site = &cip.site;
    site.cli(&["check"]).ok();
    for (key, new, old) in [("step", "first-notice", "notice"), ("id", "cip-first", "cip-notice")] {
        set(site, 0, key, new);
        let done = site.cli(&["check"]);
        assert_eq!(done.code(), 1, "{key}");
        let why = "has fired step \u{201c}notice\u{201d} and is gone or renamed";
        assert!(done.stdout.contains("cip-notice") && done.stdout.contains(why), "{}", done.stdout);
        set(site, 0, key, old);
        site.cli(&["check"]).ok();
    }
    // A step that has not fired yet may have any name.
    set(site, 1, "step", "second");
    site.cli(&["check"]).ok();
}
