mod cases;

use std::path::Path;

use self::cases::CASES;
use super::{is_example, registrable};
use crate::config::reference::File::{self, Associations as A, Relance as R, Schedules as S};
use crate::config::{Config, Fault, Warning, check};

/// The shipped sample in a folder of its own, with replacements (file, old, new).
fn sample(changes: &[(File, &str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for file in File::ALL {
        let mut text = std::fs::read_to_string(shipped.join(file.name())).unwrap();
        for (_, old, new) in changes.iter().filter(|(of, ..)| *of == file) {
            assert!(text.contains(old), "{}: {old}", file.name());
            text = text.replacen(old, new, 1);
        }
        std::fs::write(dir.path().join(file.name()), text).unwrap();
    }
    dir
}

fn faults(changes: &[(File, &str, &str)]) -> Vec<Fault> {
    check(sample(changes).path(), None).1
}

fn warnings(changes: &[(File, &str, &str)]) -> Vec<Warning> {
    let (_, faults, warnings) = check(sample(changes).path(), None);
    assert_eq!(faults, []);
    warnings
}

#[test]
fn the_sample_passes_as_shipped() {
    let config = Config::load(sample(&[]).path()).unwrap();
    let codes: Vec<_> = config.associations.iter().map(|a| a.code.as_str()).collect();
    assert_eq!(codes, ["CIP", "OPPI", "PIBC", "APPI", "SPPI", "MPPI", "API"]);
    let billing: Vec<_> = config
        .associations
        .iter()
        .filter(|a| a.bills_for == ["CIP"])
        .map(|a| a.code.as_str())
        .collect();
    assert_eq!(billing, ["OPPI", "PIBC", "APPI"]);
    let warned: Vec<_> = warnings(&[]).into_iter().map(|w| w.0.path).collect();
    for path in ["season.sample_data", "web.base_url", "inbox.password_file"] {
        assert!(warned.iter().any(|w| w == path), "{path}: {warned:?}");
    }
    let unexpected: Vec<_> = warned
        .iter()
        .filter(|w| {
            !w.ends_with(".from_address")
                && !["season.sample_data", "web.base_url", "mail.bounce_domain"]
                    .contains(&w.as_str())
                && !["mail.reply_domain", "inbox.password_file"].contains(&w.as_str())
        })
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

/// Each step of the sample goes out once, on a working day, at nine in the association's zone.
#[test]
fn the_sample_mails_on_working_mornings() {
    use crate::scheduler::calendar::of_schedule;
    let config = Config::load(sample(&[]).path()).unwrap();
    for schedule in &config.schedules {
        let association = config.association(&schedule.association).unwrap();
        let (after, until) = ("2026-11-01T07:00:00Z", "2027-07-01T00:00:00Z");
        let firings: Vec<_> = of_schedule(
            schedule,
            &config.relance.season,
            &association.zone,
            after.parse().unwrap(),
            until.parse().unwrap(),
        )
        .unwrap()
        .into_iter()
        .map(|(local, _)| local)
        .collect();
        assert_eq!(firings.len(), 1, "{}", schedule.id);
        assert!(firings[0].weekday().to_monday_one_offset() <= 5, "{}", schedule.id);
        assert_eq!((firings[0].hour(), firings[0].minute()), (9, 0));
    }
}

#[test]
fn one_change_one_fault() {
    for &(file, old, new, path, want) in CASES {
        let found = faults(&[(file, old, new)]);
        let about = found.iter().find(|f| f.path == path && f.file == file.name());
        let text = about.map(ToString::to_string).unwrap_or_default();
        assert!(
            text.to_lowercase().contains(&want.to_lowercase()),
            "{new}: {path} {want}\n{found:#?}"
        );
        // A missing section or a code that others refer to has consequences; nothing else has.
        let follows = new == "[webb]" || new.contains("code = \"cip\"") || new.contains("CPI");
        assert!(follows || found.len() == 1, "{new}\n{found:#?}");
    }
}

#[test]
fn warnings_of_the_calendar() {
    let closure = "#[[association.desk.closure]]\n#from = 2026-12-24\n#until = 2027-01-01";
    let closed = "[[association.desk.closure]]\nfrom = 2026-12-24\nuntil = 2027-01-01";
    for (change, path, want) in [
        ((A, closure, closed), "association[0].desk.closure[0].from", "declare_by (2026-12-31)"),
        (
            (S, "0 9 17 12 *", "0 11 8 12 *"),
            "schedule[2].cron",
            "is due on 2026-12-08, as “reminder-1”",
        ),
        ((S, "0 9 17 12 *", "0 9 2 1 *"), "schedule[2].cron", "after season.declare_by"),
    ] {
        let found = warnings(&[change]);
        let about = found.iter().find(|w| w.0.path == path).map(ToString::to_string);
        assert!(about.as_ref().is_some_and(|w| w.contains(want)), "{path}: {about:?}");
    }
}

#[test]
fn a_desk_without_a_digest_is_warned_of() {
    let config = Config::load(sample(&[]).path()).unwrap();
    assert_eq!(config.digests.len(), config.associations.len());
    assert!(config.digests.iter().all(|d| !d.quiet));
    let change =
        (S, "association = \"CIP\"\n# As a schedule", "association = \"API\"\n# As a schedule");
    let told = warnings(&[change]);
    assert!(
        told.iter().any(|w| w.0.path == "digest" && w.0.problem == "has none for CIP"),
        "{told:?}"
    );
}

#[test]
fn every_fault_of_every_file_at_once() {
    let found = faults(&[
        (R, "[federation]", "[federation]\ncolour = \"red\"\nnam = 1"),
        (R, "national = \"CIP\"", ""),
        (R, "opens = 2026-11-01", "opens = \"soon\""),
        (R, "port = 25", "port = \"25\""),
        (R, "port = 143", "port = 70000"),
        (A, "zone = \"America/Toronto\"", "zone = 5"),
        (A, "email = \"membership@cip.example.ca\"", "email = \"membership\""),
        (A, "language = \"en\"", "language = \"de\""),
        (S, "cron = \"0 9 2 11 *\"", "crom = \"0 9 2 11 *\""),
        (S, "kind = \"reminder\"", "kind = true"),
    ]);
    let paths: Vec<_> = found.iter().map(|f| format!("{} {}", f.file, f.path)).collect();
    for path in [
        "relance.toml federation.colour",
        "relance.toml federation.nam",
        "relance.toml federation.national",
        "relance.toml season.opens",
        "relance.toml smtp.port",
        "relance.toml inbox.port",
        "associations.toml association[0].zone",
        "associations.toml association[0].desk.email",
        "associations.toml association[0].language",
        "schedules.toml schedule[0].crom",
        "schedules.toml schedule[0].cron",
        "schedules.toml schedule[1].kind",
    ] {
        assert!(paths.iter().any(|p| p == path), "{path}\n{paths:#?}");
    }
    assert_eq!(found.len(), 12, "{paths:#?}");
    let crom = found.iter().find(|f| f.path == "schedule[0].crom").unwrap();
    let line = crom.line.unwrap();
    assert_eq!(
        crom.to_string(),
        format!(
            "schedules.toml, line {line}, schedule[0].crom: is not a known key. Did you mean “cron”?"
        )
    );
    assert!(serde_json::to_string(crom).unwrap().contains("\"path\":\"schedule[0].crom\""));
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let dir =
        sample(&[(R, "id = \"2027\"", "id = 2027\"\nx = = 1"), (S, "0 9 2 11 *", "0 0 2 11 *")]);
    std::fs::write(dir.path().join("associations.toml"), b"name = \"\xe9\"").unwrap();
    let (config, found, _) = check(dir.path(), None);
    assert!(config.is_none());
    let text: Vec<_> = found.iter().map(ToString::to_string).collect();
    let text = text.join("\n\n");
    assert!(text.contains("id = 2027\"") && text.contains('^'), "{text}");
    assert!(text.contains("x = = 1"), "both syntax errors: {text}");
    assert!(text.contains("not UTF-8 in line 1"), "{text}");
    assert!(text.contains("schedule[0].cron: can fire at 00:00"), "{text}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(check(empty.path(), None).1.len(), 3);
}

/// The first line of the sample `relance.toml` that begins so, from 1.
fn line_of(start: &str) -> Option<usize> {
    let sample = include_str!("../../../config/relance.toml");
    sample.lines().position(|line| line.starts_with(start)).map(|n| n + 1)
}

#[test]
fn one_bad_date_hides_nothing_else() {
    let found = faults(&[
        (R, "declare_by = 2026-12-31", "declare_by = 2026-02-30"),
        (R, "port = 25", "prt = 25"),
        (R, "name = {", "name = 1 # {"),
    ]);
    let about: Vec<_> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
    assert_eq!(
        about,
        [
            ("federation.name", line_of("name = {")),
            ("", line_of("declare_by")),
            ("smtp.prt", line_of("port = 25"))
        ],
        "{found:#?}"
    );
}

proptest::proptest! {
    /// The sample with a piece cut out or doubled: never a panic, and never a configuration
    /// beside a fault.
    #[test]
    fn no_file_panics(file in 0usize..3, at in 0.0f64..1.0, len in 0usize..60, double: bool) {
        let dir = sample(&[]);
        let path = dir.path().join(File::ALL[file].name());
        let text: Vec<char> = std::fs::read_to_string(&path).unwrap().chars().collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
                 reason = "a place in a short text")]
        let start = (at * text.len() as f64) as usize;
        let end = (start + len).min(text.len());
        let piece: String = text[start..end].iter().collect();
        let middle = if double { piece.repeat(2) } else { String::new() };
        let head: String = text[..start].iter().collect();
        let tail: String = text[end..].iter().collect();
        std::fs::write(&path, head + &middle + &tail).unwrap();
        let (config, faults, _) = check(dir.path(), None);
        proptest::prop_assert_eq!(config.is_some(), faults.is_empty());
    }
}

#[test]
fn wrong_tables_and_lists() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("relance.toml", "season = 5\n");
    write("associations.toml", "association = [1, {code = \"X\", category = []}]\n");
    write("schedules.toml", "schedule = []\n");
    let (_, found, _) = check(dir.path(), None);
    let has = |path: &str, problem: &str| {
        found.iter().any(|f| f.path == path && f.problem.contains(problem))
    };
    assert!(has("season", "is the number 5"), "{found:#?}");
    assert!(has("web", "is missing"));
    assert!(has("association[0]", "is the number 1"));
    assert!(has("association[1].category", "has no entry"));
    assert!(has("association[1].name", "is missing"));
    assert!(has("schedule", "has no entry"));
    assert!(!found.iter().any(|f| f.path.starts_with("season.")), "{found:#?}");
}

#[test]
fn cycles_of_billing() {
    let found = faults(&[(A, "#bills_for = []", "bills_for = [\"PIBC\"]")]);
    let paths: Vec<_> = found.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["association[0].bills_for", "association[2].bills_for"]);
}

/// Whoever offers insurance says who insures and what is asked; a club without it says nothing.
#[test]
fn insurance_is_there_where_it_is_offered() {
    let dir = sample(&[]);
    let path = dir.path().join("relance.toml");
    let mut table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    table.remove("insurance");
    std::fs::write(&path, table.to_string()).unwrap();
    let (_, found, _) = check(dir.path(), None);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].path.as_str(), found[0].line), ("insurance", None));
    assert!(found[0].problem.contains("CIP, OPPI"), "{found:#?}");
    let path = dir.path().join("associations.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("pli = \"optional\"", "").replace("\npremium_cents = ", "\n#");
    std::fs::write(&path, text).unwrap();
    let (config, found, _) = check(dir.path(), None);
    assert_eq!(found, []);
    assert!(config.unwrap().relance.insurance.is_none());
}

#[test]
fn what_is_only_worth_knowing() {
    for (file, old, new, path, want) in [
        (
            R,
            "#unpaid_pledge_ends",
            "unpaid_pledge_ends",
            "insurance.unpaid_pledge_ends",
            "changes nothing",
        ),
        (R, "authserv_id = \"mx.cip.example.ca\"", "", "mail.authserv_id", "confirmed by mail"),
        (R, "#link_days = 150", "link_days = 30", "season.link_days", "before declare_by"),
        (R, "source = \"imap\"", "source = \"none\"", "inbox.source", "not read"),
        (
            R,
            "#templates_dir = \"/etc/relance",
            "templates_dir = \"/nowhere",
            "words.templates_dir",
            "not there",
        ),
        (
            R,
            "listen = \"127.0.0.1:8080\"",
            "listen = \"0.0.0.0:8080\"",
            "season.sample_data",
            "invented",
        ),
        (A, "link_base = \"https://renew.cip.example.ca\"", "", "season.sample_data", "invented"),
        (
            A,
            "premium_cents = 18500",
            "premium_cents = 0",
            "association[0].category[0].premium_cents",
            "has insurance",
        ),
        (
            A,
            "code = \"retired\"",
            "code = \"senior\"",
            "association[1].bills_for[0]",
            "no category retired",
        ),
        (S, "0 9 2 11 *", "0 9 * 11 Mon-Fri", "schedule[0].cron", "fires 21 times"),
        (S, "0 9 17 12 *", "0 9 5 1 *", "schedule[2].cron", "after season.declare_by"),
    ] {
        let found = warnings(&[(file, old, new)]);
        let about = found.iter().find(|w| w.0.path == path);
        assert!(about.is_some_and(|w| w.to_string().contains(want)), "{new}\n{found:#?}");
    }
}

#[test]
fn secrets_are_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let dir = sample(&[]);
    let credentials = tempfile::tempdir().unwrap();
    let about = |credentials_dir: Option<&Path>, dir: &Path| {
        let (config, _, warnings) = check(dir, credentials_dir);
        assert!(config.is_some());
        warnings.into_iter().find(|w| w.0.path == "inbox.password_file").map(|w| w.to_string())
    };
    assert!(
        about(None, dir.path()).unwrap().contains("$CREDENTIALS_DIRECTORY is not set. Start it")
    );
    assert!(about(Some(credentials.path()), dir.path()).unwrap().contains("cannot be read"));
    let file = credentials.path().join("imap-password");
    std::fs::write(&file, "hush\n").unwrap();
    assert_eq!(about(Some(credentials.path()), dir.path()), None);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let path = format!("password_file = \"{}\"", file.display());
    let dir = sample(&[(R, "password_file = \"imap-password\"", &path)]);
    assert!(about(None, dir.path()).unwrap().contains("every user can read"));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(about(None, dir.path()), None);
}

#[test]
fn domains() {
    for (domain, want) in [
        ("renew.oppi.example.ca", "example.ca"),
        ("example.ca", "example.ca"),
        ("a.planners.on.ca", "planners.on.ca"),
        ("on.ca", "on.ca"),
        ("ca", "ca"),
        ("x.y.co.uk", "y.co.uk"),
    ] {
        assert_eq!(registrable(domain), want);
    }
    assert!(is_example("a.example.ca") && is_example("x.test") && !is_example("planners.ca"));
}

#[test]
fn what_the_card_section_warns_of() {
    let about = |changes: &[(File, &str, &str)]| {
        let warned = warnings(changes).into_iter().filter(|w| w.0.path.starts_with("card."));
        warned.map(|w| w.to_string()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(about(&[]), "");
    let demo = about(&[(R, "#provider = \"none\"", "provider = \"demo\"")]);
    assert!(demo.contains("charges nobody"), "{demo}");
    let stripe = about(&[(
        R,
        "#provider = \"none\"",
        "provider = \"stripe\"\nsecret_key_file = \"k\"\nwebhook_secret_file = \"w\"\napi_base = \"http://127.0.0.1:1\"",
    )]);
    for words in ["card.secret_key_file", "card.webhook_secret_file", "a test server on this"] {
        assert!(stripe.contains(words), "{words}: {stripe}");
    }
}
