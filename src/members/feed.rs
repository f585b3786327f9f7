//! Owns the bytes on their way to the CSV parser: every line end becomes one LF, so that lines
//! can be counted, the last line has one too, and no single row can take more than its share of
//! memory, however many rows there are.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

const CHUNK_OCTETS: usize = 8 * 1024;

/// What a feed and its owner share, since the parser stands between them.
#[derive(Debug, Clone)]
pub(super) struct Gauge(Rc<State>);

#[derive(Debug)]
struct State {
    /// Octets that may still be read for the current row.
    octets_left: Cell<usize>,
    /// Whether more was asked for than there is.
    past_end: Cell<bool>,
}

impl Gauge {
    pub fn new(octets: usize) -> Self {
        Self(Rc::new(State { octets_left: Cell::new(octets), past_end: Cell::new(false) }))
    }

    /// A new row begins.
    pub fn renew(&self, octets: usize) {
        self.0.octets_left.set(octets);
    }

    /// Whether the row has used up its share.
    pub fn is_spent(&self) -> bool {
        self.0.octets_left.get() == 0
    }

    /// Whether the parser, after the last line end, asked for more: for a row that it then still
    /// gives, the end came within a quotation.
    pub fn is_past_end(&self) -> bool {
        self.0.past_end.get()
    }
}

/// A reader over another.
#[derive(Debug)]
pub(super) struct Feed<R> {
    input: R,
    raw: Vec<u8>,
    at: usize,
    after_cr: bool,
    ended: bool,
    gauge: Gauge,
}

impl<R: Read> Feed<R> {
    pub fn new(input: R, gauge: Gauge) -> Self {
        Self { input, raw: Vec::new(), at: 0, after_cr: false, ended: false, gauge }
    }

    /// Whether there are raw bytes to look at.
    fn fill(&mut self) -> io::Result<bool> {
        if self.at == self.raw.len() {
            self.raw.resize(CHUNK_OCTETS, 0);
            let read = loop {
                match self.input.read(&mut self.raw) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.at = 0;
            self.raw.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(!self.raw.is_empty())
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.gauge.0.past_end.set(self.ended);
        let mut written = 0;
        while written == 0 && !out.is_empty() && !self.ended {
            if self.gauge.is_spent() {
                return Err(io::Error::other("row too large"));
            }
            if !self.fill()? {
                self.ended = true;
                out[0] = b'\n';
                return Ok(1);
            }
            while self.at < self.raw.len() && written < out.len() {
                let byte = self.raw[self.at];
                self.at += 1;
                let second_half = byte == b'\n' && self.after_cr;
                self.after_cr = byte == b'\r';
                if !second_half {
                    out[written] = if byte == b'\r' { b'\n' } else { byte };
                    written += 1;
                }
            }
        }
        let left = &self.gauge.0.octets_left;
        left.set(left.get().saturating_sub(written));
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_one() {
        for (text, want) in
            [("a\r\nb\nc\rd", "a\nb\nc\nd\n"), ("a\r\r\nb\n", "a\n\nb\n\n"), ("", "\n")]
        {
            // One octet at a time splits every CR LF.
            for chunk in [1, 100] {
                let mut out = Vec::new();
                let mut feed = Feed::new(text.as_bytes(), Gauge::new(1000));
                let mut buffer = vec![0; chunk];
                loop {
                    let n = feed.read(&mut buffer).unwrap();
                    if n == 0 {
                        break;
                    }
                    out.extend_from_slice(&buffer[..n]);
                }
                assert_eq!(String::from_utf8(out).unwrap(), want, "{text:?}");
            }
        }
    }

    #[test]
    fn a_row_has_its_share() {
        let gauge = Gauge::new(10);
        let mut feed = Feed::new(io::repeat(b'x'), gauge.clone());
        let mut buffer = [0; 10];
        assert_eq!(feed.read(&mut buffer).unwrap(), 10);
        assert!(feed.read(&mut buffer).is_err());
        gauge.renew(10);
        assert!(feed.read(&mut buffer).is_ok());
    }
}
