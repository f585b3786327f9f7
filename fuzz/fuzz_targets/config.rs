//! Any text is a configuration file: every fault is said, with a cure, and nothing panics.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use relance::config::check;

const FILES: [&str; 3] = ["relance.toml", "associations.toml", "schedules.toml"];

/// The sample configuration.
static SAMPLE: LazyLock<[String; 3]> = LazyLock::new(|| {
    let sample = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../config"));
    FILES.map(|name| std::fs::read_to_string(sample.join(name)).expect("a sample file"))
});

/// A folder of this process: in memory, where the system has one.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("relance-fuzz-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    for (name, text) in FILES.iter().zip(&*SAMPLE) {
        std::fs::write(folder.join(name), text).expect("a sample file is copied");
    }
    folder
});

fuzz_target!(|octets: &[u8]| {
    let Some((&mode, rest)) = octets.split_first() else { return };
    let file = usize::from(mode) % FILES.len();
    let sample = &SAMPLE[file];
    // The file alone, or a piece of the sample replaced by it.
    let text = match (usize::from(mode) / FILES.len(), rest) {
        (choice, [at, more @ ..]) if choice % 4 > 0 => {
            let lines: Vec<&str> = sample.split_inclusive('\n').collect();
            let at = (usize::from(*at) * 3 + choice) % lines.len();
            let end = (at + choice % 4 - 1).min(lines.len());
            [lines[..at].concat().as_bytes(), more, b"\n", lines[end..].concat().as_bytes()]
                .concat()
        }
        _ => rest.to_vec(),
    };
    let path = FOLDER.join(FILES[file]);
    std::fs::write(&path, text).expect("the folder can be written to");
    let (config, faults, _) = check(&FOLDER, None);
    assert_eq!(config.is_some(), faults.is_empty(), "a configuration, or what is wrong with it");
    for fault in &faults {
        assert!(!fault.to_string().trim().is_empty());
    }
    std::fs::write(&path, sample).expect("the folder can be written to");
});
