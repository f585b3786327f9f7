//! Any octets are a member list: read to the end, the same however they come in.
#![no_main]

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use relance::config::Config;
use relance::members::{Reader, RowOutcome};

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let sample = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../config"));
    Config::load(sample).expect("the sample configuration is sound")
});

/// Columns of every list here, so that rows are reached; a list of its own columns too.
const NAMES: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli";

fuzz_target!(|octets: &[u8]| {
    let Some((&mode, rest)) = octets.split_first() else { return };
    let list = match mode % 4 {
        0 => rest.to_vec(),
        1 => [NAMES.as_bytes(), b"\n", rest].concat(),
        2 => [NAMES.replace(',', ";").as_bytes(), b"\r\n", rest].concat(),
        _ => [NAMES.as_bytes(), b",since,zone,postal_code,country,status,home\n", rest].concat(),
    };
    let whole = read(&list[..]);
    check(&whole);
    // UTF-16 is told by what stands in the first chunk.
    if !list.iter().take(64).any(|octet| *octet == 0) {
        let dribbled = read(Dribble(&list, usize::from(mode / 4) % 7 + 1));
        assert_eq!(whole, dribbled);
    }
});

/// The rows, and the fault that ended them.
fn read(input: impl Read) -> (Vec<RowOutcome>, Option<String>) {
    let mut rows = Vec::new();
    let mut reader = match Reader::new(input, &CONFIG) {
        Ok(reader) => reader,
        Err(fault) => return (rows, Some(fault.to_string())),
    };
    loop {
        match reader.next_row() {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return (rows, None),
            Err(fault) => return (rows, Some(fault.to_string())),
        }
    }
}

fn check((rows, _): &(Vec<RowOutcome>, Option<String>)) {
    let mut before = 1;
    for row in rows {
        let line = match row {
            RowOutcome::Accepted { line, row } => {
                let address = row.email.as_ref().map_or("a@b", |email| email.as_str());
                assert!(address.is_ascii() && address.contains('@'), "{address}");
                let name = row.given_name.as_str();
                assert!(!name.is_empty() && !name.contains(char::is_control), "{name:?}");
                *line
            }
            RowOutcome::Refused { line, refusals } => {
                assert!(!refusals.is_empty());
                assert!(refusals.iter().all(|refusal| !refusal.why.is_empty()));
                *line
            }
        };
        assert!(line > before, "line {line} after {before}");
        before = line;
    }
}

/// A reader that gives a few octets at a time.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(out.len());
        self.0.read(&mut out[..count])
    }
}
