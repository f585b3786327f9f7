use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::words::Lang;
use crate::members::Status;

const HEAD: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli";
const ROW: &str = "1001,Hélène,Roy,helene@example.ca,fr,QC,CIP,full,yes";

fn config() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| {
        Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap()
    });
    &CONFIG
}

fn all(bytes: &[u8], config: &Config) -> Result<Vec<RowOutcome>, CsvFault> {
    let mut reader = Reader::new(bytes, config)?;
    let mut out = Vec::new();
    while let Some(outcome) = reader.next_row()? {
        out.push(outcome);
    }
    Ok(out)
}

fn accepted(text: &str) -> MemberRow {
    let out = all(text.as_bytes(), config()).unwrap();
    match out.into_iter().next() {
        Some(RowOutcome::Accepted { row, .. }) => *row,
        other => panic!("{other:?}"),
    }
}

/// One row with `value` in `column` (added where the least list has it not).
fn with(column: &str, value: &str) -> String {
    let mut names: Vec<&str> = HEAD.split(',').collect();
    let mut values: Vec<&str> = ROW.split(',').collect();
    if let Some(at) = names.iter().position(|n| *n == column) {
        values[at] = value;
    } else {
        names.push(column);
        values.push(value);
    }
    format!("{}\n{}\n", names.join(","), values.join(","))
}

fn refusal(text: &str) -> Vec<Refusal> {
    let out = all(text.as_bytes(), config()).unwrap();
    match out.into_iter().next() {
        Some(RowOutcome::Refused { refusals, .. }) => refusals,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_row() {
    let row = accepted(
        "Status;member_no;Given Name;family_name;email;email2;language;province;association;\
         category;pli;phone;street;city;postal_code;country;employer;zone;home;since\r\n\
         on leave;A-7/2; Anne ;O’Neil;Anne@EXAMPLE.ca;;en-CA;yt;pibc;FULL;Oui;867-555-0100;\
         \"1 Main; rear\";Whitehorse;y1a1a1;ca;City of X;America/Whitehorse;no;2015-09-01",
    );
    assert_eq!(row.member_no, "A-7/2");
    assert_eq!((row.given_name.as_str(), row.family_name.as_str()), ("Anne", "O’Neil"));
    assert_eq!(row.email.unwrap().as_str(), "Anne@example.ca");
    assert_eq!(row.email2, None);
    assert_eq!(row.language, Some(Lang::En));
    assert_eq!(row.province.unwrap().code, "YT");
    assert_eq!((row.association.as_str(), row.category.as_str()), ("PIBC", "full"));
    assert!(row.pli);
    assert_eq!(row.status, Status::OnLeave);
    assert_eq!(row.street.as_deref(), Some("1 Main; rear"));
    assert_eq!(row.postal_code.as_deref(), Some("Y1A 1A1"));
    assert_eq!(row.country, "CA");
    assert_eq!(row.zone.as_deref(), Some("America/Whitehorse"));
    assert_eq!(row.home, Some(false));
    assert_eq!(row.since, Some(jiff::civil::date(2015, 9, 1)));
}

#[test]
fn what_may_be_empty_or_abroad() {
    assert_eq!(accepted(&with("email", "")).email, None);
    assert_eq!(accepted(&with("language", "")).language, None);
    assert_eq!(accepted(&with("status", "")).status, Status::Active);
    let head = format!("{HEAD},country,postal_code");
    let row = accepted(&format!("{head}\n7,A,B,a@example.com,,,CIP,student,,us,90210\n"));
    assert_eq!((row.province, row.pli, row.country.as_str()), (None, false, "US"));
    assert_eq!(row.postal_code.as_deref(), Some("90210"));
}

#[test]
fn refused_rows_say_field_and_cure() {
    let huge = "x".repeat(1_000_000);
    for (column, value, want) in [
        ("member_no", "", "1 to 32 letters"),
        ("member_no", "10 01", "without blanks"),
        ("given_name", " ", "Is empty; a name is needed."),
        ("family_name", "\"Roy\nBcc: x\"", "line break, control"),
        ("family_name", "R\u{0}y", "U+0000"),
        ("family_name", &huge, "Has 1000000 octets; at most 1000."),
        ("email", "helene", "is not of the form name@domain"),
        ("email", "hélène@example.ca", "has “é” before the @"),
        ("email2", "a@b", "not a domain name"),
        ("language", "de", "write en, fr or nothing"),
        ("province", "Québec", "write one of YT, NT"),
        ("province", "", "outside Canada leave it empty"),
        ("association", "ICU", "write one of CIP, OPPI"),
        ("category", "fellow", "is no category of CIP: write one of full, candidate"),
        ("pli", "maybe", "write yes or no"),
        ("pli", "", "Is empty: write yes or no."),
        ("postal_code", "K1A 0B", "K1A 0B1"),
        ("country", "Canada", "two letters"),
        ("country", "US", "Must be empty outside Canada"),
        ("status", "dead", "active, on-leave, honorary, deceased, resigned"),
        ("zone", "Eastern", "IANA name"),
        ("home", "perhaps", "write yes or no"),
        ("since", "2015", "a date like"),
        ("since", "2015-02-30", "a date like"),
    ] {
        let found = refusal(&with(column, value));
        let field = if (column, value) == ("country", "US") { "province" } else { column };
        assert_eq!(found.len(), 1, "{column}: {found:?}");
        assert_eq!(found[0].field, field);
        assert!(found[0].why.contains(want), "{column}: {}", found[0].why);
        assert!(found[0].why.ends_with('.') && found[0].why.len() < 400, "{}", found[0].why);
    }
    let bad = format!("{HEAD}\n1001,A,B,a@example.ca,en,ON,OPPI,student,yes\n");
    assert!(refusal(&bad)[0].why.contains("category student has no insurance"));
}

#[test]
fn all_reasons_of_a_row_at_once() {
    let found = refusal(&format!("{HEAD}\n,A,B,x,de,ZZ,CIP,none,si\n"));
    let fields: Vec<_> = found.iter().map(|r| r.field).collect();
    assert_eq!(fields, ["member_no", "email", "language", "province", "pli", "category"]);
}

#[test]
fn wrong_count_of_values() {
    let out = all(format!("{HEAD}\n1,2,3\n{ROW}\n{ROW},\n").as_bytes(), config()).unwrap();
    let RowOutcome::Refused { line: 2, refusals } = &out[0] else { panic!("{out:?}") };
    assert!(refusals[0].why.starts_with("Has 3 values, and the first line names 9"));
    assert!(matches!(out[1], RowOutcome::Accepted { line: 3, .. }));
    assert!(matches!(out[2], RowOutcome::Refused { line: 4, .. }));
}

/// Whatever ends lines, whichever rows are blank or broken over lines.
#[test]
fn line_numbers_are_those_of_an_editor() {
    let text =
        format!("\u{feff}{HEAD}\n{ROW}\n\n\n{ROW}\nbad\n1,\"x\ny\",R,,fr,QC,CIP,full,yes\n{ROW}");
    for end in ["\n", "\r\n", "\r"] {
        let out = all(text.replace('\n', end).as_bytes(), config()).unwrap();
        let lines: Vec<_> = out
            .iter()
            .map(|o| match o {
                RowOutcome::Accepted { line, .. } => (*line, true),
                RowOutcome::Refused { line, .. } => (*line, false),
            })
            .collect();
        assert_eq!(lines, [(2, true), (5, true), (6, false), (7, false), (9, true)], "{end:?}");
    }
}

#[test]
fn files_that_are_no_list() {
    let fault = |bytes: &[u8]| all(bytes, config()).unwrap_err().to_string();
    let utf16: Vec<u8> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(fault(&[&[0xff, 0xfe], &utf16[..]].concat()).contains("UTF-16"));
    assert!(fault(&utf16).contains("UTF-16"));
    let latin1 = format!("{HEAD}\n{}\n{ROW}", ROW.replace('é', "e").replace("Roy", "R?y"));
    let bytes: Vec<u8> = latin1.bytes().map(|b| if b == b'?' { 0xe9 } else { b }).collect();
    assert!(fault(&bytes).starts_with("line 2: not UTF-8"));
    assert!(fault(b"").contains("empty"));
    assert!(fault(b"\n\n").contains("empty"));
    assert!(fault(b"\nname\tage\n").starts_with("line 2: Column “name"));
    assert!(fault(b"member_no,emial\n1,2").contains("Did you mean “email”?"));
    let open = format!("{HEAD}\n{ROW}\n\"{}", format!("{ROW}\n").repeat(100));
    assert!(fault(open.as_bytes()).starts_with("line 3: a quotation mark"));
    let short = format!("{HEAD}\n{ROW}\n1,\"A,B");
    assert!(fault(short.as_bytes()).starts_with("line 3: a quotation mark"));
    let endless = format!("{HEAD}\n{ROW}\n\"");
    let mut reader = Reader::new(endless.as_bytes().chain(io::repeat(b'x')), config()).unwrap();
    assert!(reader.next_row().unwrap().is_some());
    assert!(matches!(reader.next_row(), Err(CsvFault::Unclosed(3))));
}

/// A list without end: rows are made as they are read, and none is kept.
#[test]
fn blank_lines_before_the_names_change_nothing() {
    struct Dribble<'a>(&'a [u8]);
    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut out[..1])
        }
    }
    for before in ["\n", "\u{feff}\r\n\n", "\n\n\n"] {
        let text = format!("{before}member_no;pli;given_name,x\n");
        let told = |fault: Option<CsvFault>| fault.expect("unknown columns").to_string();
        let whole = told(Reader::new(text.as_bytes(), config()).err());
        assert!(whole.contains("“given_name,x”"), "{whole}");
        assert_eq!(told(Reader::new(Dribble(text.as_bytes()), config()).err()), whole);
    }
}

#[test]
fn rows_stream() {
    struct Rows(usize);
    impl Read for Rows {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let row = if self.0 == 0 { format!("{HEAD}\n") } else { format!("{ROW}\n") };
            self.0 += 1;
            out[..row.len()].copy_from_slice(row.as_bytes());
            Ok(row.len())
        }
    }
    let mut reader = Reader::new(Rows(0), config()).unwrap();
    for line in 2..20_000 {
        let Some(RowOutcome::Accepted { line: at, .. }) = reader.next_row().unwrap() else {
            panic!("line {line}")
        };
        assert_eq!(at, line);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = all(&bytes, config());
    }

    #[test]
    fn no_rows_panic(text in "[a-zé0-9@.,;\"\r\n\u{0}\u{202e}-]{0,200}", rows in 0usize..4) {
        let text = format!("{HEAD}\n{}{text}", format!("{ROW}\n").repeat(rows));
        if let Ok(out) = all(text.as_bytes(), config()) {
            let good = out.iter().filter(|o| matches!(o, RowOutcome::Accepted { .. })).count();
            prop_assert!(good >= rows);
        }
    }

    /// Whatever stands in a name comes out of the file as it went in, or is refused.
    #[test]
    fn names_survive(name in "[ -~é’,;\"]{1,40}", semicolon: bool) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(if semicolon { b';' } else { b',' })
            .from_writer(Vec::new());
        writer.write_record(HEAD.split(',')).unwrap();
        let mut values: Vec<&str> = ROW.split(',').collect();
        values[2] = &name;
        writer.write_record(&values).unwrap();
        let out = all(&writer.into_inner().unwrap(), config()).unwrap();
        match &out[..] {
            [RowOutcome::Accepted { row, .. }] => {
                prop_assert_eq!(row.family_name.as_str(), name.trim());
            }
            [RowOutcome::Refused { refusals, .. }] => {
                prop_assert_eq!(name.trim(), "");
                prop_assert_eq!(refusals[0].field, "family_name");
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn a_list_of_refused_rows_gives_the_values_of_the_first_list() {
    let head = HEAD.replace("member_no", "refused_because,member_no") + ",phone,employer";
    let text = format!("{head}\n\"=why\",{ROW},'+1 514 555 0142,'=SUM(A1)\nx,1,2,'',3\n");
    let config = config();
    let mut reader = Reader::new(text.as_bytes(), config).unwrap();
    assert_eq!(reader.names().first().map(String::as_str), Some("member_no"));
    let Some(RowOutcome::Accepted { row, .. }) = reader.next_row().unwrap() else { panic!() };
    assert_eq!(row.phone.as_deref(), Some("+1 514 555 0142"));
    assert_eq!(row.employer.as_deref(), Some("=SUM(A1)"));
    assert!(matches!(reader.next_row(), Ok(Some(RowOutcome::Refused { line: 3, .. }))));
    assert_eq!(reader.cells(), ["1", "2", "''", "3"]);
}
