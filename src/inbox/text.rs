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
/// characters.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push('\t'),
            c if c.is_control() || is_unseen(c) => {}
            c => out.push(c),
        }
    }
    out
}

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
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_whitespace() {
                if !space {
                    out.push(' ');
                }
                space = true;
                continue;
            }
            out.push(c.to_ascii_lowercase());
            space = false;
        } else if c.is_whitespace() {
            if !space {
                out.push(' ');
            }
            space = true;
        } else {
            fold_char(c, &mut out);
            space = false;
        }
    }
    out
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
        ] {
            assert_eq!(fold(text), want);
        }
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        assert_eq!(clean_line(" Jean\u{202E}\0 \u{200B}\r\n Roy "), "Jean Roy");
        assert_eq!(clean_text("a\r\nb\rc\0\u{FEFF}"), "a\nb\nc");
    }
}
