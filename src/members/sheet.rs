//! Owns a CSV file that people open in a spreadsheet: nothing in it is reckoned. What a member list
//! holds may come from anybody's form, and a spreadsheet takes `=…` for a formula, which may fetch
//! what it likes and send where it likes.
//!
//! Separated by commas (RFC 4180). A spreadsheet set for French parts cells at semicolons instead:
//! what stands behind one is guarded too.

use std::borrow::Cow;
use std::io::Write;

/// What a spreadsheet would reckon rather than show, at the beginning of a cell.
const RECKONED: [char; 4] = ['=', '+', '-', '@'];
/// Looked past for it: some spreadsheets trim, and one that parts cells elsewhere than we do takes
/// quotation marks for part of the value.
const PASSED: [char; 4] = ['\'', '"', ' ', '\u{a0}'];
/// Where another cell may begin, for whoever does not part at commas.
const ENDS: [char; 4] = [';', '\t', '\r', '\n'];

/// A sheet that is being written.
#[derive(Debug)]
pub struct Sheet<W: Write>(csv::Writer<W>);

impl<W: Write> Sheet<W> {
    /// An empty one.
    pub fn new(out: W) -> Self {
        Self(csv::WriterBuilder::new().flexible(true).from_writer(out))
    }

    /// Writes a row. Numbers stay numbers, below zero too; every other cell is shown as it is.
    pub fn row<T: AsRef<str>>(
        &mut self,
        cells: impl IntoIterator<Item = T>,
    ) -> Result<(), csv::Error> {
        for cell in cells {
            self.0.write_field(guarded(cell.as_ref()).as_bytes())?;
        }
        self.0.write_record(None::<&[u8]>)
    }

    /// Everything is written out.
    pub fn finish(self) -> Result<W, std::io::Error> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// A value that a spreadsheet shows and does not reckon.
fn guarded(value: &str) -> Cow<'_, str> {
    if is_number(value) || !value.split_inclusive(ENDS).any(is_reckoned) {
        return value.into();
    }
    let parts = value.split_inclusive(ENDS).map(|p| [if is_reckoned(p) { "'" } else { "" }, p]);
    parts.flatten().collect::<String>().into()
}

/// The value that was guarded, of a list that we wrote ourselves.
#[must_use]
pub fn unguarded(value: &str) -> Cow<'_, str> {
    let marked = |part: &str| part.strip_prefix('\'').is_some_and(is_reckoned);
    if !value.split_inclusive(ENDS).any(marked) {
        return value.into();
    }
    let parts = value.split_inclusive(ENDS);
    parts.map(|part| &part[usize::from(marked(part))..]).collect::<String>().into()
}

fn is_reckoned(cell: &str) -> bool {
    cell.trim_start_matches(PASSED).starts_with(RECKONED)
}

/// Money and counts, as we write them.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+1 514 555 0142", "'+1 514 555 0142"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\t'=1"),
            ("\r=1", "\r'=1"),
            ("a\n=1", "a\n'=1"),
            ("\"=1", "'\"=1"),
            (" =1", "' =1"),
            ("'=1", "''=1"),
            ("Roy;=HYPERLINK(A1)", "Roy;'=HYPERLINK(A1)"),
            (";;@A1;b", ";;'@A1;b"),
            ("-", "'-"),
            ("-1.", "'-1."),
            ("--1", "'--1"),
            ("-1;-2", "'-1;'-2"),
        ] {
            assert_eq!(guarded(cell), shown);
        }
        let shown = ["", "Camille", "1 = 1", "a@members.example", "7K2QX-9ZB4M", "-12.50", "-3"];
        for cell in shown {
            assert_eq!(guarded(cell), cell);
        }
    }

    /// What a spreadsheet makes of a file: cells, parted where it thinks they part.
    fn opened(file: &[u8], separator: u8) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(separator).has_headers(false).flexible(true);
        let records = reader.from_reader(file).into_records();
        records.flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    proptest! {
        #[test]
        fn a_guarded_value_comes_back(value in "['=+@;\t\r\n 0-9.a-]{0,8}") {
            let shown = guarded(&value).into_owned();
            prop_assert_eq!(unguarded(&shown), value);
        }

        #[test]
        fn whatever_parts_the_cells_none_is_a_formula(
            rows in prop::collection::vec(prop::collection::vec("['=+@;,\"|\t\r\n a1-]{0,9}", 3), 1..5)
        ) {
            let mut sheet = Sheet::new(Vec::new());
            for row in &rows {
                sheet.row(row).unwrap();
            }
            let file = sheet.finish().unwrap();
            for separator in [b',', b';'] {
                for cell in opened(&file, separator) {
                    let first = cell.trim_start_matches([' ', '"', '\t', '\r', '\n']);
                    // What parts at semicolons takes our commas for text behind the number, and a
                    // lone quotation mark and line end for text before it: still a number.
                    let number = first.split(',').next().is_some_and(is_number);
                    prop_assert!(!first.starts_with(RECKONED) || number, "{:?}", cell);
                }
            }
        }
    }
}
