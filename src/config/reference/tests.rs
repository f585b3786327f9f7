use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{File, Form, Key, Need, children, markdown};
use crate::config::shape::literal;
use crate::config::{Association, Digest, InsuranceSection, Relance, Schedule, TaxConfig};

const SAMPLES: [(File, &str); 3] = [
    (File::Relance, include_str!("../../../config/relance.toml")),
    (File::Associations, include_str!("../../../config/associations.toml")),
    (File::Schedules, include_str!("../../../config/schedules.toml")),
];

/// `docs/config.md` is printed, never written: run this test with `RELANCE_PRINT_REFERENCE=1`.
#[test]
fn the_printed_reference_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.md");
    if std::env::var_os("RELANCE_PRINT_REFERENCE").is_some() {
        std::fs::write(&path, markdown()).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == markdown(), "docs/config.md is out of date");
    for key in File::ALL.iter().flat_map(|f| f.keys()) {
        if !matches!(key.form, Form::Table | Form::Tables) {
            assert!(markdown().contains(&format!("| `{}` |", key.name())), "{}", key.path);
        }
    }
}

/// A line `#key = …` or `#[table]` of a sample is a key commented out; `# Text` is prose.
fn uncommented(sample: &str) -> String {
    sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

/// Every value at `shape` (a path of the key list) in the file.
fn values<'a>(value: &'a Value, shape: &str) -> Vec<&'a Value> {
    shape.split('.').fold(vec![value], |found, part| {
        let (name, list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let inner = found.into_iter().filter_map(|value| value.get(name));
        if list { inner.filter_map(Value::as_array).flatten().collect() } else { inner.collect() }
    })
}

#[test]
fn the_samples_hold_every_key_and_every_default() {
    for (file, sample) in SAMPLES {
        let live = Value::Table(sample.parse().unwrap());
        let whole = Value::Table(uncommented(sample).parse().unwrap());
        for key in file.keys() {
            let shown = values(&whole, key.path);
            assert!(!shown.is_empty(), "{} misses {}", file.name(), key.path);
            let set = values(&live, key.path).len();
            if let Need::Default(default) = key.need
                && shown.len() > set
            {
                assert!(shown.contains(&&literal(default)), "{}: {}", file.name(), key.path);
            }
        }
    }
}

/// A table with every key at its example, or only the required ones.
fn filled(file: File, parent: &str, all: bool) -> Table {
    children(file, parent)
        .filter(|key| all || key.need == Need::Required)
        .map(|key| (key.name().to_owned(), example(file, key, all)))
        .collect()
}

fn example(file: File, key: &Key, all: bool) -> Value {
    match key.form {
        Form::Table => Value::Table(filled(file, key.path, all)),
        Form::Tables => Value::Array(vec![Value::Table(filled(file, key.path, all))]),
        _ => literal(key.example),
    }
}

fn read<T: DeserializeOwned>(table: Table) -> T {
    T::deserialize(table).unwrap()
}

fn first(file: File, list: &str, all: bool) -> Table {
    match filled(file, "", all).remove(list) {
        Some(Value::Array(mut items)) => items.remove(0).as_table().unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

/// Each key is a field, each example fits its form, each stated default is the struct's own.
#[test]
fn keys_and_structs_agree() {
    for key in File::ALL.iter().flat_map(|f| f.keys()) {
        if !matches!(key.form, Form::Table | Form::Tables | Form::Text | Form::Prose) {
            assert_eq!(key.form.check(&mut literal(key.example)), Ok(()), "{}", key.path);
        }
    }
    let _: Relance = read(filled(File::Relance, "", true));
    let _: Association = read(first(File::Associations, "association", true));
    let _: Schedule = read(first(File::Schedules, "schedule", true));
    let _: Digest = read(first(File::Schedules, "digest", true));
    let _: TaxConfig = read(filled(File::Associations, "tax[]", false));
    same_defaults::<Relance>(File::Relance, filled(File::Relance, "", false), "");
    let least = filled(File::Relance, "insurance", false);
    same_defaults::<InsuranceSection>(File::Relance, least, "insurance");
    let association = first(File::Associations, "association", false);
    same_defaults::<Association>(File::Associations, association, "association[]");
    let schedule = first(File::Schedules, "schedule", false);
    same_defaults::<Schedule>(File::Schedules, schedule, "schedule[]");
    let mut digest = first(File::Schedules, "digest", true);
    digest.retain(|name, _| name != "zone" && name != "quiet");
    same_defaults::<Digest>(File::Schedules, digest, "digest[]");
}

fn same_defaults<T: DeserializeOwned + std::fmt::Debug>(file: File, least: Table, top: &str) {
    let mut explicit = least.clone();
    set_defaults(file, &mut explicit, top);
    assert_ne!(least, explicit);
    assert_eq!(format!("{:?}", read::<T>(least)), format!("{:?}", read::<T>(explicit)));
}

/// Whether a table cannot stand with nothing but defaults in it.
fn needs_more(file: File, key: &Key) -> bool {
    children(file, key.path).any(|child| child.need == Need::Required)
}

fn set_defaults(file: File, table: &mut Table, shape: &str) {
    for key in children(file, shape) {
        match (key.form, key.need) {
            // Left out, it is not there at all: its own defaults are looked at by themselves.
            (Form::Table, Need::Optional) if needs_more(file, key) => {}
            (Form::Table, _) => {
                let inner = table.entry(key.name()).or_insert(Value::Table(Table::new()));
                set_defaults(file, inner.as_table_mut().unwrap(), key.path);
            }
            (Form::Tables, _) => {
                let items = table.get_mut(key.name()).and_then(Value::as_array_mut);
                for item in items.into_iter().flatten() {
                    set_defaults(file, item.as_table_mut().unwrap(), key.path);
                }
            }
            (_, Need::Default(value)) => {
                table.insert(key.name().into(), literal(value));
            }
            _ => {}
        }
    }
}

/// serde names the fields it knows when it meets a stranger: they must be the list's.
#[test]
fn every_field_is_in_the_list() {
    for file in File::ALL {
        let tables = file.keys().filter(|k| matches!(k.form, Form::Table | Form::Tables));
        let top = (file == File::Relance).then_some("");
        for shape in top.into_iter().chain(tables.map(|k| k.path)) {
            let known: BTreeSet<String> =
                children(file, shape).map(|k| k.name().to_owned()).collect();
            assert_eq!(fields(file, shape), known, "{} {shape}", file.name());
        }
    }
}

fn fields(file: File, shape: &str) -> BTreeSet<String> {
    let mut whole = Value::Table(filled(file, "", true));
    let mut at = &mut whole;
    for part in shape.split('.').filter(|p| !p.is_empty()) {
        at = at.get_mut(part.trim_end_matches("[]")).unwrap();
        if let Value::Array(_) = at {
            at = at.get_mut(0).unwrap();
        }
    }
    at.as_table_mut().unwrap().insert("stranger".into(), true.into());
    let error = match file {
        File::Relance => Relance::deserialize(whole).unwrap_err(),
        File::Associations if shape.starts_with("tax") => {
            TaxConfig::deserialize(whole["tax"][0].clone()).unwrap_err()
        }
        File::Associations => {
            Association::deserialize(whole["association"][0].clone()).unwrap_err()
        }
        File::Schedules if shape.starts_with("digest") => {
            Digest::deserialize(whole["digest"][0].clone()).unwrap_err()
        }
        File::Schedules => Schedule::deserialize(whole["schedule"][0].clone()).unwrap_err(),
    };
    let (_, expected) = error.message().split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of the list are those on the structs' fields.
#[test]
fn the_doc_comments_say_the_same() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (file, source) in [
        (
            File::Relance,
            concat!(
                include_str!("../main_file.rs"),
                include_str!("../insurance.rs"),
                include_str!("../payment.rs"),
                include_str!("../retention.rs"),
                include_str!("../card_section.rs")
            ),
        ),
        (
            File::Associations,
            concat!(include_str!("../associations.rs"), include_str!("../taxes.rs")),
        ),
        (File::Schedules, include_str!("../schedules.rs")),
    ] {
        let comments: Vec<&str> =
            source.lines().filter_map(|l| l.trim().strip_prefix("///")).collect();
        let comments = words(&comments.join(" "));
        for key in file.keys() {
            assert!(comments.contains(&words(key.doc)), "{}: {}", key.path, key.doc);
        }
    }
}
