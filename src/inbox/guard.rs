//! Owns the bounds of reading one mail, and the octets made ready for it: one line end, one byte
//! order. Never looks at what a mail says.

use std::borrow::Cow;

use super::source::RAW_OCTETS_MAX;

/// Header octets that are read; real ones stay below 64 KiB even with long DKIM and ARC sets.
pub const HEADER_OCTETS_MAX: usize = 256 * 1024;
/// Fields of one header that are read.
pub const FIELDS_MAX: usize = 1000;
/// How deep multiparts are entered: mail programs stay below 6.
pub const DEPTH_MAX: u8 = 20;
/// Leaf parts that are read; what follows is attachments.
pub const PARTS_MAX: usize = 200;
/// Octets of one text part that are looked at: a report says its piece at the beginning.
pub const TEXT_OCTETS_MAX: usize = 128 * 1024;
/// Octets of a report's text that the text rules look at.
pub const REPORT_TEXT_MAX: usize = 32 * 1024;
/// Lines of a person's mail that are looked at.
pub const REPLY_LINES_MAX: usize = 4000;
/// Recipients taken from one report.
pub const RECIPIENTS_MAX: usize = 100;
/// Longest Message-ID that is kept: no longer one fits a line (RFC 5322 §2.1.1) of an answer.
pub const ID_OCTETS_MAX: usize = 900;
/// Addresses and ids kept of each kind.
pub const ADDRESSES_MAX: usize = 100;

/// The octets to read: cut at [`RAW_OCTETS_MAX`], UTF-16 turned into UTF-8, and line ends made
/// LF where only CR is used. True where something was cut off.
pub fn ready(raw: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let cut = raw.len() > RAW_OCTETS_MAX;
    let raw = &raw[..raw.len().min(RAW_OCTETS_MAX)];
    let wide = match raw {
        [0xFF, 0xFE, rest @ ..] => Some(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Some(utf16(rest, u16::from_be_bytes)),
        _ => None,
    };
    let text = wide.map_or(Cow::Borrowed(raw), |text| Cow::Owned(text.into_bytes()));
    if !text.contains(&b'\n') && text.contains(&b'\r') {
        let lines = text.iter().map(|&b| if b == b'\r' { b'\n' } else { b }).collect();
        return (Cow::Owned(lines), cut);
    }
    (text, cut)
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = octets.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_byte_order_are_made_one() {
        let (lines, cut) = ready(b"A: b\r\rtext\r");
        assert_eq!((&*lines, cut), (&b"A: b\n\ntext\n"[..], false));
        let wide: Vec<u8> = [0xFEFF]
            .into_iter()
            .chain("A: é\n".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(&*ready(&wide).0, "A: é\n".as_bytes());
        let long = vec![b'x'; RAW_OCTETS_MAX + 1];
        let (kept, cut) = ready(&long);
        assert_eq!((kept.len(), cut), (RAW_OCTETS_MAX, true));
    }
}
