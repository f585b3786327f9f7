//! Owns the decoding of bodies and encoded words: base64, quoted-printable (RFC 2045), charsets,
//! RFC 2047. Lenient: broken input gives what can be read of it, never an error.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Decodes quoted-printable; a broken `=` stays as it is.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(&octet) = body.get(at) {
        at += 1;
        if octet != b'=' {
            out.push(octet);
            continue;
        }
        match (body.get(at), body.get(at + 1)) {
            (Some(b'\n'), _) => at += 1,
            (Some(b'\r'), Some(b'\n')) => at += 2,
            (Some(&high), Some(&low)) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    at += 2;
                }
                // White space between a soft break's `=` and the line end was added in transit.
                _ if high == b' ' || high == b'\t' => {
                    let end = body[at..].iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r'));
                    match end {
                        Some(skip) if body[at + skip] == b'\n' => at += skip + 1,
                        _ => out.push(octet),
                    }
                }
                _ => out.push(octet),
            },
            _ => {}
        }
    }
    out
}

fn hex(octet: u8) -> Option<u8> {
    (octet as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Decodes base64, skipping every octet outside its alphabet.
pub fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &octet in body {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        held = (held << 6 | u32::from(value)) & 0x00FF_FFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits).to_le_bytes()[0]);
        }
    }
    out
}

/// Text of octets in a charset; an unknown or wrong charset falls back to UTF-8, then to
/// Windows-1252, which has a character for every octet.
pub fn charset<'a>(octets: &'a [u8], name: &str) -> Cow<'a, str> {
    let plain = octets.is_ascii() && !octets.contains(&0x1B);
    if plain || name.is_empty() || name.eq_ignore_ascii_case("utf-8") || name == "us-ascii" {
        if let Ok(text) = std::str::from_utf8(octets) {
            return Cow::Borrowed(text);
        }
        // One broken sequence in UTF-8 text must not turn the whole text into Windows-1252.
        if name.eq_ignore_ascii_case("utf-8") {
            return String::from_utf8_lossy(octets);
        }
    }
    if let Some(decode) = charset_decoder(name.as_bytes()).filter(|_| name.len() <= 45) {
        return Cow::Owned(decode(octets));
    }
    match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => charset_decoder(b"windows-1252")
            .map_or_else(|| String::from_utf8_lossy(octets), |decode| Cow::Owned(decode(octets))),
    }
}

/// Decodes the encoded words of an unfolded field value. Octets of adjacent words in one charset
/// are joined first: many programs split characters between words.
pub fn encoded_words(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut held: Option<(String, Vec<u8>)> = None;
    let mut rest = value;
    // Beyond the last end no word ends: looking for one from each beginning takes quadratic time.
    let last_end = value.rfind("?=").unwrap_or(0);
    while let Some(start) = rest.find("=?") {
        let before = &rest[..start];
        if value.len() - rest.len() + start > last_end {
            break;
        }
        let Some((name, octets, after)) = encoded_word(&rest[start + 2..]) else {
            flush(&mut held, &mut out);
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        let joined = held.is_some() && before.trim().is_empty();
        if !joined {
            flush(&mut held, &mut out);
            out.push_str(before);
        }
        match &mut held {
            Some((same, kept)) if same.eq_ignore_ascii_case(name) => kept.extend(octets),
            _ => {
                flush(&mut held, &mut out);
                held = Some((name.to_owned(), octets));
            }
        }
        rest = after;
    }
    flush(&mut held, &mut out);
    out.push_str(rest);
    out
}

fn flush(held: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((name, octets)) = held.take() {
        out.push_str(&charset(&octets, &name));
    }
}

/// `charset?B?text?=` and what follows it.
fn encoded_word(text: &str) -> Option<(&str, Vec<u8>, &str)> {
    let (name, text) = text.split_once('?')?;
    let (coding, text) = text.split_once('?')?;
    let name = name.split('*').next().unwrap_or(name);
    let named = !name.is_empty() && name.len() <= 45 && !name.contains(' ');
    if !named || !matches!(coding, "B" | "b" | "Q" | "q") {
        return None;
    }
    let (body, after) = text.split_once("?=")?;
    // A Q word may itself start with `=`: `?Q?=C3` ends at the next `?=` that is no `?=C3`.
    let (body, after) = if body.is_empty() && coding.eq_ignore_ascii_case("q") {
        let end = text[1..].find("?=").map(|at| at + 1)?;
        (&text[..end], &text[end + 2..])
    } else {
        (body, after)
    };
    let octets = if coding.eq_ignore_ascii_case("b") {
        base64(body.as_bytes())
    } else {
        let spaced: Vec<u8> = body.bytes().map(|b| if b == b'_' { b' ' } else { b }).collect();
        quoted_printable(&spaced)
    };
    Some((name, octets, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (body, want) in [
            ("a=3Db=\r\nc", "a=bc"),
            ("a=\nb= \t\nc", "abc"),
            ("50 =% =G1 end=", "50 =% =G1 end"),
            ("=C3=A9", "é"),
        ] {
            assert_eq!(String::from_utf8_lossy(&quoted_printable(body.as_bytes())), want);
        }
        for (body, want) in
            [("aGVsbG8=", "hello"), ("aGVs\r\nbG8", "hello"), ("a*G!VsbG8====", "hello"), ("", "")]
        {
            assert_eq!(String::from_utf8_lossy(&base64(body.as_bytes())), want);
        }
    }

    #[test]
    fn words() {
        for (value, want) in [
            ("=?UTF-8?B?w6k=?= a", "é a"),
            ("=?utf-8?B?4g==?=  =?UTF-8?Q?=82=AC?=", "€"),
            ("=?iso-8859-1?Q?R=E9ponse_automatique?=", "Réponse automatique"),
            ("=?utf-8?Q?=C3=A9t=C3=A9?= fin", "été fin"),
            ("=?NONE?B?VEVTVA=?=", "TEST"),
            ("a =? b", "a =? b"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ] {
            assert_eq!(encoded_words(value), want, "{value}");
        }
    }

    #[test]
    fn charsets() {
        assert_eq!(charset(b"\xE9t\xE9", "iso-8859-1"), "été");
        assert_eq!(charset(b"\xE9t\xE9", "no-such-set"), "été");
        assert_eq!(charset("é".as_bytes(), "no-such-set"), "é");
        assert_eq!(charset(b"\x1B$B%(%i!<\x1B(B", "iso-2022-jp"), "エラー");
    }
}
