//! Owns the forms of text that rules compare: cleaned of what cannot be seen, and folded (lower
//! case, no accents, one space). Never decides anything.

/// Without control, zero-width and bidirectional characters, white space as one space: for names
/// and subjects, where such characters only deceive.
#[must_use]
pub fn clean_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_unseen(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A body's text with LF line ends, without NUL, control, zero-width and bidirectional
/// characters. Whole runs of what stays are copied: this sees every octet of every text.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let run = rest.bytes().position(|b| !STAYS[usize::from(b)]).unwrap_or(rest.len());
        out.push_str(&rest[..run]);
        rest = &rest[run..];
        let Some(c) = rest.chars().next() else { return out };
        rest = &rest[c.len_utf8()..];
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_control() || is_unseen(c) => {}
            c => out.push(c),
        }
    }
}

/// Octets of UTF-8 that are or belong to characters which [`clean_text`] keeps: printable ASCII,
/// tab, LF, and beyond ASCII every octet but the first ones of characters that may go.
const STAYS: [bool; 256] = {
    let mut stays = [true; 256];
    let mut octet = 0;
    while octet < 0x20 {
        stays[octet] = octet == 0x09 || octet == 0x0A;
        octet += 1;
    }
    stays[0x7F] = false;
    // U+0080 to U+00BF, U+0600, U+1000, U+2000, U+F000, U+C0000 and what follows each.
    let leads = [0xC2, 0xD8, 0xE1, 0xE2, 0xEF, 0xF3];
    let mut at = 0;
    while at < leads.len() {
        stays[leads[at]] = false;
        at += 1;
    }
    stays
};

/// Characters that take no room, or turn the direction of what follows.
pub fn is_unseen(c: char) -> bool {
    c == '\u{AD}'
        || ('\u{200B}'..='\u{200F}').contains(&c)
        || ('\u{202A}'..='\u{202E}').contains(&c)
        || ('\u{2060}'..='\u{206F}').contains(&c)
        || c == '\u{FEFF}'
        || c == '\u{180E}'
        || c == '\u{61C}'
        || ('\u{E0000}'..='\u{E007F}').contains(&c)
}

/// Lower case, French and other Latin accents off, typographic quotes and dashes plain, white
/// space (line ends too) as one space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    let mut rest = text;
    loop {
        // Runs of ASCII with single spaces stay as they are, but for their case.
        let mut run = 0;
        for b in rest.bytes() {
            if !b.is_ascii() || b.is_ascii_whitespace() && (b != b' ' || space) {
                break;
            }
            space = b == b' ';
            run += 1;
        }
        let (kept, after) = rest.split_at(run);
        out.push_str(kept);
        let Some(c) = after.chars().next() else { break };
        rest = &after[c.len_utf8()..];
        if !c.is_whitespace() {
            fold_char(c, &mut out);
            space = false;
        } else if !space {
            out.push(' ');
            space = true;
        }
    }
    out.make_ascii_lowercase();
    out
}

/// The same without joining white space, and where in it each character of the text begins.
#[must_use]
pub fn fold_in_step(text: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len());
    let mut starts = Vec::with_capacity(text.len());
    for c in text.chars() {
        starts.push(out.len());
        match c {
            c if c.is_whitespace() => out.push(' '),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => fold_char(c, &mut out),
        }
    }
    (out, starts)
}

fn fold_char(c: char, out: &mut String) {
    let plain = match c {
        'à'..='å' | 'À'..='Å' => "a",
        'ç' | 'Ç' => "c",
        'è'..='ë' | 'È'..='Ë' => "e",
        'ì'..='ï' | 'Ì'..='Ï' => "i",
        'ñ' | 'Ñ' => "n",
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' => "o",
        'ù'..='ü' | 'Ù'..='Ü' => "u",
        'ý' | 'ÿ' | 'Ý' => "y",
        'œ' | 'Œ' => "oe",
        'æ' | 'Æ' => "ae",
        '\u{2018}' | '\u{2019}' | '\u{2BC}' | '\u{B4}' | '\u{60}' => "'",
        '\u{201C}' | '\u{201D}' | '«' | '»' => "\"",
        '\u{2010}'..='\u{2015}' => "-",
        // A combining accent after its letter.
        '\u{300}'..='\u{36F}' => "",
        c => {
            if !is_unseen(c) {
                out.extend(c.to_lowercase());
            }
            return;
        }
    };
    out.push_str(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_text_compares() {
        for (text, want) in [
            ("Réponse  AUTOMATIQUE\n:", "reponse automatique :"),
            ("L’œuvre e\u{301}crite", "l'oeuvre ecrite"),
            ("a\u{200B}b\u{A0}c", "ab c"),
            (" A\t\r\n \u{A0} B  C ", "a b c "),
            ("a \u{301}\nb\u{B}c", "a  b\u{b}c"),
        ] {
            assert_eq!(fold(text), want);
        }
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        assert_eq!(clean_line(" Jean\u{202E}\0 \u{200B}\r\n Roy "), "Jean Roy");
        for (text, want) in [
            ("a\r\nb\rc\0\u{FEFF}", "a\nb\nc"),
            ("\u{85}é\u{AD}\u{A0}\u{7F}\u{61C}ا", "é\u{A0}ا"),
            ("’\u{2028}\u{202E}\t\u{200B}€\u{180E}ᠠ", "’\n\t€ᠠ"),
            ("ﻢ\u{E0041}\u{E0100}😀", "ﻢ\u{E0100}😀"),
        ] {
            assert_eq!(clean_text(text), want, "{text:?}");
        }
    }

    #[test]
    fn steps_lead_back_to_the_text() {
        let text = "L’œuvre\u{301}\t É";
        let (folded, starts) = fold_in_step(text);
        assert_eq!(folded, "l'oeuvre  e");
        assert_eq!(starts, [0, 1, 2, 4, 5, 6, 7, 8, 8, 9, 10]);
    }
}
