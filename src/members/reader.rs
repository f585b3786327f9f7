//! Owns the stream of rows: encoding, separator, line numbers. Memory is bounded by one row,
//! however long the list.

use std::io::{self, Chain, Cursor, Read};

use csv::{ByteRecord, ReaderBuilder, StringRecord};

use super::columns::Layout;
use super::feed::{Feed, Gauge};
use super::reading;
use super::row::{MemberRow, Refusal};
use super::sheet::unguarded;
use crate::config::Config;
use crate::store::absent::Absent;

/// One row's share of memory: twenty fields of the longest kind are far smaller. What is larger
/// is a quotation mark that was never closed.
pub const ROW_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// A row over more lines than this is a quotation mark that was never closed: from there on
/// nothing in the file can be trusted.
pub const ROW_LINES_MAX: u64 = 20;
/// The first line is looked for in so many octets.
const HEAD_OCTETS_MAX: usize = 64 * 1024;
/// Of each value of a refused row so much is kept, for the list of refused rows.
const CELL_CHARS_MAX: usize = 2000;

/// Why a list as a whole is not read, or no further. Nothing of it should be used.
#[derive(Debug, thiserror::Error)]
pub enum CsvFault {
    /// The file cannot be read.
    #[error("line {line}: cannot be read: {source}")]
    Io {
        /// Line reached.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
    /// UTF-16.
    #[error("line 1: the file is UTF-16; save it as “CSV UTF-8”")]
    Utf16,
    /// Some other encoding.
    #[error(
        "line {0}: not UTF-8 (an accented letter saved in another encoding?); save the file as \
         “CSV UTF-8”"
    )]
    NotUtf8(u64),
    /// Nothing in it.
    #[error("line 1: the file is empty; its first line must name the columns")]
    Empty,
    /// The columns are not right; one sentence for each thing that is wrong.
    #[error("line {line}: {}", wrong.join(" "))]
    Columns {
        /// Line of the column names.
        line: u64,
        /// What is wrong with them.
        wrong: Vec<String>,
    },
    /// A row over many lines or megabytes.
    #[error(
        "line {0}: a quotation mark is opened in or after this line and not closed; close it, or \
         write it twice (\"\") where it belongs to the text"
    )]
    Unclosed(u64),
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowOutcome {
    /// A membership.
    Accepted {
        /// Line on which the row begins, from 1.
        line: u64,
        /// The row.
        row: Box<MemberRow>,
    },
    /// Not used; the list may go on.
    Refused {
        /// Line on which the row begins, from 1.
        line: u64,
        /// Every reason.
        refusals: Vec<Refusal>,
    },
}

/// Reads a member list row by row.
pub struct Reader<'a, R: Read> {
    rows: csv::Reader<Feed<Chain<Cursor<Vec<u8>>, R>>>,
    gauge: Gauge,
    layout: Layout,
    config: &'a Config,
    record: ByteRecord,
    names: Vec<String>,
    cells: StringRecord,
}

impl<R: Read> std::fmt::Debug for Reader<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("line", &self.rows.position().line()).finish_non_exhaustive()
    }
}

impl<'a, R: Read> Reader<'a, R> {
    /// Reads the first line. Comma or semicolon, LF or CR LF, a byte order mark or none.
    pub fn new(mut input: R, config: &'a Config) -> Result<Self, CsvFault> {
        let head = head(&mut input)?;
        let separator = separator(&head);
        let gauge = Gauge::new(ROW_OCTETS_MAX);
        let feed = Feed::new(Cursor::new(head).chain(input), gauge.clone());
        let rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(feed);
        let mut reader = Self {
            rows,
            gauge,
            layout: Layout::none(),
            config,
            record: ByteRecord::new(),
            names: Vec::new(),
            cells: StringRecord::new(),
        };
        let Some((line, names)) = reader.next_record()? else { return Err(CsvFault::Empty) };
        reader.layout =
            Layout::of(names.iter()).map_err(|wrong| CsvFault::Columns { line, wrong })?;
        reader.names = reader.own(&names);
        Ok(reader)
    }

    /// The columns as the first line names them, without that of reasons.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that the list leaves out.
    #[must_use]
    pub fn absent(&self) -> Absent {
        self.layout.absent()
    }

    /// The values of the last row as they stand in the list, each cut to 2000 characters.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        self.own(&self.cells)
    }

    fn own(&self, record: &StringRecord) -> Vec<String> {
        let own = record.iter().enumerate().filter(|(at, _)| Some(*at) != self.layout.reasons());
        own.map(|(_, value)| value.chars().take(CELL_CHARS_MAX).collect()).collect()
    }

    /// The next row, `None` after the last. After a fault there is nothing more.
    pub fn next_row(&mut self) -> Result<Option<RowOutcome>, CsvFault> {
        let Some((line, mut record)) = self.next_record()? else { return Ok(None) };
        if self.layout.reasons().is_some() {
            record = record.iter().map(unguarded).collect();
        }
        let read = if record.len() == self.layout.width() {
            reading::read(&record, &self.layout, self.config)
        } else {
            let why = format!(
                "Has {} values, and the first line names {} columns: put values that hold a \
                 separator in quotation marks.",
                record.len(),
                self.layout.width()
            );
            Err(vec![Refusal { field: "", why }])
        };
        self.cells = record;
        Ok(Some(match read {
            Ok(row) => RowOutcome::Accepted { line, row: Box::new(row) },
            Err(refusals) => RowOutcome::Refused { line, refusals },
        }))
    }

    /// The next record and the line on which it begins.
    fn next_record(&mut self) -> Result<Option<(u64, StringRecord)>, CsvFault> {
        self.gauge.renew(ROW_OCTETS_MAX);
        let before = self.rows.position().line();
        match self.rows.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(_) if self.gauge.is_spent() => return Err(CsvFault::Unclosed(before)),
            Err(e) => {
                return Err(CsvFault::Io { line: before, source: io::Error::other(e) });
            }
        }
        // The feed ends the last line too: only an open quotation mark reaches past it.
        if self.gauge.is_past_end() {
            return Err(CsvFault::Unclosed(before));
        }
        // Each record ends with one LF, which has been counted.
        let inside = self.record.as_slice().split(|b| *b == b'\n').count() as u64;
        let line = self.rows.position().line().saturating_sub(inside);
        if inside > ROW_LINES_MAX {
            return Err(CsvFault::Unclosed(line));
        }
        match StringRecord::from_byte_record(self.record.clone()) {
            Ok(text) => Ok(Some((line, text))),
            Err(_) => Err(CsvFault::NotUtf8(line)),
        }
    }
}

/// The first line with anything in it at least, without a byte order mark.
fn head(input: &mut impl Read) -> Result<Vec<u8>, CsvFault> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    let has_names = |head: &[u8]| after_mark(head).trim_ascii_start().contains(&b'\n');
    while head.len() < HEAD_OCTETS_MAX && !has_names(&head) {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => head.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(CsvFault::Io { line: 1, source }),
        }
    }
    // Without a mark, UTF-16 shows by the empty half of each plain letter.
    let marked = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    if marked || head.iter().take(64).any(|b| *b == 0) {
        return Err(CsvFault::Utf16);
    }
    head.drain(..head.len() - after_mark(&head).len());
    Ok(head)
}

fn after_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head)
}

/// A semicolon where the first line has more of them than commas.
fn separator(head: &[u8]) -> u8 {
    let text = head.trim_ascii_start();
    let line = text.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let count = |separator: u8| line.split(|b| *b == separator).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

#[cfg(test)]
mod tests;
