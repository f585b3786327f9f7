//! Owns the finding of SMTP reply codes (RFC 5321 §4.2) and enhanced status codes (RFC 3463) in
//! a server's words. Never takes version numbers, IP addresses or dates for codes.

/// How much an enhanced code says: nothing but its class, its subject, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// `5.0.0`.
    Class,
    /// `5.7.0`.
    Subject,
    /// `5.1.1`.
    Full,
}

/// What a code says beyond its class.
#[must_use]
pub fn detail(status: &str) -> Detail {
    let mut pieces = status.split('.').skip(1);
    match (pieces.next(), pieces.next()) {
        (Some("0"), Some("0")) | (None, _) => Detail::Class,
        // Expired is what came of the cause that another code may tell.
        (_, Some("0")) | (Some("4"), Some("7")) => Detail::Subject,
        _ => Detail::Full,
    }
}

/// The enhanced code that says most; of equals, the first. Class 4 or 5 only.
#[must_use]
pub fn enhanced(text: &str) -> Option<&str> {
    let mut best: Option<(Detail, &str)> = None;
    let bytes = text.as_bytes();
    for dot in memchr::memchr_iter(b'.', bytes) {
        let Some(code) = enhanced_at(text, dot) else { continue };
        let says = detail(code);
        if best.is_none_or(|(known, _)| says > known) {
            best = Some((says, code));
        }
    }
    best.map(|(_, code)| code)
}

/// The code whose first dot stands at `dot`.
fn enhanced_at(text: &str, dot: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let start = dot.checked_sub(1)?;
    if !matches!(bytes[start], b'4' | b'5') {
        return None;
    }
    if let Some(before) = start.checked_sub(1) {
        let byte = bytes[before];
        // `550-5.1.1` is a code, `mx-5.1.1` is a name.
        let dashed = byte == b'-' && before > 0 && !bytes[before - 1].is_ascii_digit();
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'@' | b'_') || dashed {
            return None;
        }
    }
    let subject = digits(bytes, dot + 1)?;
    if bytes.get(subject) != Some(&b'.') {
        return None;
    }
    let end = digits(bytes, subject + 1)?;
    match bytes.get(end) {
        Some(b) if b.is_ascii_alphanumeric() || *b == b'_' || *b == b'@' => return None,
        Some(b'.') if bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric) => return None,
        _ => {}
    }
    text.get(start..end)
}

/// Whether a text is a code of class 2 and nothing else.
#[must_use]
pub fn is_success(text: &str) -> bool {
    let bytes = text.as_bytes();
    let subject = text.starts_with("2.").then(|| digits(bytes, 2)).flatten();
    let dot = subject.filter(|at| bytes.get(*at) == Some(&b'.'));
    dot.and_then(|at| digits(bytes, at + 1)) == Some(bytes.len())
}

/// Where one to three digits from `at` end.
fn digits(bytes: &[u8], at: usize) -> Option<usize> {
    let count = bytes[at..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    (1..=3).contains(&count).then_some(at + count)
}

/// The first reply code of class 4 or 5.
#[must_use]
pub fn reply(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    for (at, window) in bytes.windows(3).enumerate() {
        if !matches!(window[0], b'4' | b'5')
            || !matches!(window[1], b'0'..=b'7')
            || !window[2].is_ascii_digit()
        {
            continue;
        }
        let before = at.checked_sub(1).map(|i| bytes[i]);
        let bad_before =
            before.is_some_and(|b| b.is_ascii_alphanumeric() || b".-/@_=+,".contains(&b));
        let rest = &bytes[at + 3..];
        let good_after = match rest {
            []
            | [b' ' | b'-']
            | [b':' | b'\n' | b']' | b')' | b',' | b'>' | b'<' | b'"' | b'#' | b';', ..] => true,
            [b' ' | b'-', next, ..] => !unit_follows(rest) && *next != b'k',
            _ => false,
        };
        if !bad_before && good_after {
            return text.get(at..at + 3)?.parse().ok();
        }
    }
    None
}

/// Whether a number counts something: `451 bytes`, `500 messages`.
fn unit_follows(rest: &[u8]) -> bool {
    const UNITS: [&[u8]; 8] =
        [b" byte", b" octet", b" hour", b" minute", b" second", b" message", b" MB", b" mail"];
    UNITS
        .iter()
        .any(|unit| rest.len() >= unit.len() && rest[..unit.len()].eq_ignore_ascii_case(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_numbers_are_not() {
        for (text, status, code) in [
            ("550 5.1.1 <a@x.test>... User unknown", Some("5.1.1"), Some(550)),
            ("550-5.7.26 not authenticated", Some("5.7.26"), Some(550)),
            ("no mailbox (#5.1.1)", Some("5.1.1"), None),
            ("554 5.0.0 then 4.4.7", Some("4.4.7"), Some(554)),
            ("Exim 4.69 at 192.0.2.5, 5.5.2653.12", None, None),
            ("host 4.5.6.7 said: 450 wait", None, Some(450)),
            ("500 messages a day, 451 bytes", None, None),
            ("mx-5.1.1.example", None, None),
            ("", None, None),
        ] {
            assert_eq!((enhanced(text), reply(text)), (status, code), "{text}");
        }
        for (text, want) in
            [("2.0.0", true), ("2.1.25", true), ("2.", false), ("2.0", false), ("2.0.0<b>", false)]
        {
            assert_eq!(is_success(text), want, "{text}");
        }
    }
}
