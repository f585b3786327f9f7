//! Owns quoted-printable (RFC 2045 §6.7) for text. Pure.

/// Longest encoded line, without its CRLF.
const COLUMNS_MAX: usize = 76;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes lines that end in LF or CRLF. Each stands for itself, so that what is encoded in turn
/// may be put together, as long as it was cut after a line's end.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else {
            quote_line(line.as_bytes(), out);
            continue;
        };
        quote_line(line.strip_suffix('\r').unwrap_or(line).as_bytes(), out);
        out.extend_from_slice(b"\r\n");
    }
}

/// Whether an octet stands for itself inside a line.
const fn is_literal(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'<' | b'>'..=b'~')
}

fn quote_line(line: &[u8], out: &mut Vec<u8>) {
    let mut column = 0;
    let Some((&end, line)) = line.split_last() else { return };
    for &byte in line {
        // One column is kept for the `=` of a soft line break.
        put(byte, is_literal(byte), COLUMNS_MAX - 1, &mut column, out);
    }
    // White space at a line's end would be lost on the way.
    let literal = is_literal(end) && !matches!(end, b'\t' | b' ');
    put(end, literal, COLUMNS_MAX, &mut column, out);
}

fn put(byte: u8, literal: bool, columns: usize, column: &mut usize, out: &mut Vec<u8>) {
    let width = if literal { 1 } else { 3 };
    if *column + width > columns {
        out.extend_from_slice(b"=\r\n");
        *column = 0;
    }
    *column += width;
    if literal {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use lettre::message::Body;
    use lettre::message::header::ContentTransferEncoding;
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        quote(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_break_where_they_must() {
        let long = "x".repeat(76);
        for (text, encoded) in [
            ("", String::new()),
            ("a = é \n", "a =3D =C3=A9=20\r\n".to_owned()),
            (" \n\t\r\n", "=20\r\n=09\r\n".to_owned()),
            (&long, long.clone()),
            (&format!("{long}y\n"), format!("{}=\r\nxy\r\n", &long[1..])),
            (&format!("{} \n", &long[2..]), format!("{}=\r\n=20\r\n", &long[2..])),
            (&format!("{} \n", &long[3..]), format!("{}=20\r\n", &long[3..])),
        ] {
            assert_eq!(quoted(text), encoded, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn lettre_encodes_alike(
            text in prop_oneof!["[ a=é\t\r]{0,90}(\r?\n[ -~é]{60,90}){0,3}\n?", any::<String>()],
        ) {
            let encoding = ContentTransferEncoding::QuotedPrintable;
            let body = Body::new_with_encoding(text.clone(), encoding).unwrap();
            prop_assert_eq!(quoted(&text).into_bytes(), body.into_vec());
        }
    }
}
