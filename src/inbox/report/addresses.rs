//! Owns the finding of addresses in a line of text. Never says what an address stands for.

use crate::inbox::guard::RECIPIENTS_MAX;
use crate::inbox::mime::address;

/// Longest domain literal `[192.0.2.1]`, as any domain (RFC 5321 §4.5.3.1.2).
const LITERAL_OCTETS_MAX: usize = 255;

/// The addresses in a line with where each stands, no more than are worth looking at.
#[must_use]
pub fn addresses(line: &str) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for at in memchr::memchr_iter(b'@', line.as_bytes()) {
        if found.len() >= RECIPIENTS_MAX {
            break;
        }
        let local = |c: char| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
        let domain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
        let before = &line[..at];
        let mut start = before
            .rfind(|c: char| !local(c))
            .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        if before.ends_with('"') && before.len() > 1 {
            start = before[..at - 1].rfind('"').unwrap_or(start);
        }
        let after = &line[at + 1..];
        let len = if after.starts_with('[') {
            let reach = after.floor_char_boundary(LITERAL_OCTETS_MAX);
            after[..reach].find(']').map_or(0, |i| i + 1)
        } else {
            after.find(|c: char| !domain(c)).unwrap_or(after.len())
        };
        let end = at + 1 + after[..len].trim_end_matches(['.', '-', '_']).len();
        if found.last().is_some_and(|(_, last, _)| *last > start) {
            continue;
        }
        let mut open =
            line[start..at].trim_start_matches(['\'', '`', '*', '-', '=', '|', '.', '/']);
        // X.400: `dda:SMTP=a@b`.
        if open.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("smtp=")) {
            open = &open[5..];
        }
        start = at - open.len();
        let dotted = line[at + 1..end].contains('.') || line[at + 1..end].eq("localhost");
        if let Some(address) = address(&line[start..end]).filter(|_| dotted) {
            found.push((start, end, address));
        }
    }
    found
}
