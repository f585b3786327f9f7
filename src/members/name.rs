//! Owns what an acceptable name is: one that can stand in a header, a page and a letter. Never
//! changes a letter of it; what nobody sees in it falls away.

use std::fmt;

/// Longer than any name on a member list; short enough for one header line with its encoding.
pub const NAME_CHARS_MAX: usize = 100;

/// A name without control or direction characters, trimmed, not empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct DisplayName(String);

/// Why a text is not an acceptable name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing there.
    #[error("is empty; a name is needed")]
    Empty,
    /// A character that could forge a header or hide text.
    #[error("has a control or text-direction character (U+{0:04X}); write the name alone")]
    Control(u32),
    /// Longer than [`NAME_CHARS_MAX`].
    #[error("has {0} characters; at most 100 are accepted")]
    Long(usize),
}

impl DisplayName {
    /// Checks and trims.
    pub fn new(text: &str) -> Result<Self, NameFault> {
        let text: String = seen(text);
        let text = text.trim_matches([' ', '\u{a0}']);
        if text.is_empty() {
            return Err(NameFault::Empty);
        }
        if let Some(c) = text.chars().find(|c| is_dangerous(*c)) {
            return Err(NameFault::Control(u32::from(c)));
        }
        let chars = text.chars().count();
        if chars > NAME_CHARS_MAX {
            return Err(NameFault::Long(chars));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text without what has no width: copied from a web page, it makes one name two, and a search
/// finds neither. The joiners stay between letters of scripts that need them.
fn seen(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let other_script = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic() && *c > '\u{24f}');
    let keep = |at: usize| match chars[at] {
        '\u{200c}' | '\u{200d}' => {
            at > 0 && other_script(chars.get(at - 1)) && other_script(chars.get(at + 1))
        }
        c => !matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'
                ..='\u{2064}' | '\u{feff}'
        ),
    };
    (0..chars.len()).filter(|at| keep(*at)).map(|at| chars[at]).collect()
}

/// Control characters, line separators, the marks that turn the direction of text around (Unicode
/// UAX #9 §2), with which a name could pass for another, and characters for private use, of which
/// no two programs show the same.
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e000}'..='\u{f8ff}')
}

/// The name for comparing: lower case, accents off the Latin letters of English and French,
/// blanks and punctuation gone.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
        match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' => out.push('a'),
            'ç' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ñ' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' => out.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(DisplayName::new(" Hélène O’Neil ").unwrap().as_str(), "Hélène O’Neil");
        assert_eq!(DisplayName::new(" "), Err(NameFault::Empty));
        assert_eq!(DisplayName::new("a\r\nBcc: x"), Err(NameFault::Control(13)));
        assert_eq!(DisplayName::new("a\u{202e}b"), Err(NameFault::Control(0x202e)));
        assert_eq!(DisplayName::new(&"x".repeat(101)), Err(NameFault::Long(101)));
        for text in ["Zo\u{200b}é", "\u{feff}Zoé\u{200e}", "Zo\u{200d}é", "\u{200b} Zo\u{ad}é"]
        {
            assert_eq!(DisplayName::new(text).unwrap().as_str(), "Zoé", "{text:?}");
        }
        let joined = "می\u{200c}رزا";
        assert_eq!(DisplayName::new(joined).unwrap().as_str(), joined);
        assert_eq!(DisplayName::new("\u{200b}"), Err(NameFault::Empty));
    }

    #[test]
    fn folding() {
        for (a, b) in [
            ("Hélène", "HELENE"),
            ("O’Neil", "o'neil"),
            ("Jean-Luc", "jean luc"),
            ("Lebœuf", "Leboeuf"),
            // A combining accent is no letter and falls away.
            ("He\u{301}le\u{300}ne", "Hélène"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("Roy"), folded("Ray"));
    }
}
