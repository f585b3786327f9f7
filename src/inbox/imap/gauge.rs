//! Owns a limit on what a server may send in answer to one command. A literal's announcement
//! (`{123}` at a line's end, RFC 3501 §4.3) is judged before its octets come, since the parser
//! above makes room for all of it at once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose reader gives up once the allowance is spent.
#[derive(Debug)]
pub(super) struct Gauge<S> {
    inner: S,
    scan: Scan,
}

/// Where in the server's text we are.
#[derive(Debug, Default)]
struct Scan {
    /// Octets the server may still send.
    left: u64,
    /// Octets of a literal still to come: they are mail, not protocol.
    literal: u64,
    /// The number between braces, where one may be an announcement.
    announced: Option<u64>,
    /// Whether the brace is closed, so that a line's end makes it an announcement.
    closed: bool,
}

impl<S> Gauge<S> {
    /// Nothing may be read before [`Gauge::allow`].
    pub fn new(inner: S) -> Self {
        Self { inner, scan: Scan::default() }
    }

    /// Sets what the server may send from here on, in octets.
    pub fn allow(&mut self, octets: u64) {
        self.scan.left = octets;
    }

    /// The stream below.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl Scan {
    /// Looks at what came; `false` once it is too much.
    fn pass(&mut self, mut octets: &[u8]) -> bool {
        let Some(left) = self.left.checked_sub(octets.len() as u64) else { return false };
        self.left = left;
        while let [first, rest @ ..] = octets {
            if self.literal > 0 {
                let skip = usize::try_from(self.literal).unwrap_or(usize::MAX).min(octets.len());
                self.literal -= skip as u64;
                octets = &octets[skip..];
                continue;
            }
            self.step(*first);
            octets = rest;
            // What the literal's octets here already used up is counted twice: in our favour.
            if self.literal > self.left.saturating_add(octets.len() as u64) {
                return false;
            }
        }
        true
    }

    fn step(&mut self, octet: u8) {
        self.announced = match (octet, self.announced) {
            (b'{', _) => {
                self.closed = false;
                Some(0)
            }
            (b'0'..=b'9', Some(n)) if !self.closed => {
                Some(n.saturating_mul(10).saturating_add(u64::from(octet - b'0')))
            }
            (b'}', Some(n)) if !self.closed => {
                self.closed = true;
                Some(n)
            }
            (b'\r', Some(n)) if self.closed => Some(n),
            (b'\n', Some(n)) if self.closed => {
                self.literal = n;
                None
            }
            _ => None,
        };
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gauge<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        Poll::Ready(if this.scan.pass(&buf.filled()[before..]) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::FileTooLarge, "the server sends more than was asked"))
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gauge<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn announcements_are_judged_before_their_octets() {
        let cases: &[(&str, u64, bool)] = &[
            ("* OK hello\r\n", 100, true),
            ("* OK hello\r\n", 5, false),
            ("* 1 FETCH (BODY[] {900}\r\n", 100, false),
            ("* 1 FETCH (BODY[] {18446744073709551616}\r\n", 100, false),
            ("* 1 FETCH (BODY[] {4}\r\nabcd)\r\n", 100, true),
            ("* 1 FETCH (BODY[] {8}\r\n{999}\r\n\n)\r\n", 100, true),
            ("* 1 FETCH (BODY[] {1}\r\nx UID {999}\r\n", 100, false),
            ("* OK {999} is no literal\r\n", 100, true),
            ("* OK {9 99}\r\n", 100, true),
        ];
        for &(text, left, want) in cases {
            let mut scan = Scan { left, ..Scan::default() };
            assert_eq!(scan.pass(text.as_bytes()), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn how_the_octets_are_cut_makes_no_difference(
            text in "[{}0-9a\r\n]{0,40}", cuts in proptest::collection::vec(0usize..40, 0..5)
        ) {
            let whole = Scan { left: 60, ..Scan::default() }.pass(text.as_bytes());
            let mut scan = Scan { left: 60, ..Scan::default() };
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let parts = cuts.windows(2).all(|w| scan.pass(&text.as_bytes()[w[0]..w[1]]));
            prop_assert_eq!(whole, parts);
        }
    }
}
